"""`autograder collect` on archives made to harm [A145, A146]: only submissions are written, and an honest one is found."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archive_attacks import ARCHIVES, CONTENT, DAMAGED, built
from arena import NAME
from attacked_course import environment, snapshot, template

SECONDS = 60.0
MEMORY = 3 * 2**30
NEARLY_ALIKE = {"twins.zip", "twins.tar"}  # ids that differ in case alone are two students, as in nbgrader


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder, and what was in it before."""
    import shutil

    original, markers = template()
    base = tmp_path_factory.mktemp("collect") / "base"
    shutil.copytree(original, base, symlinks=True)
    return base, environment(base, markers)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if "bomb" in n or "entries" in n else []) for n in ARCHIVES]
)
def test_an_archive_does_no_harm(course, name, tmp_path):
    base, env = course
    archive, into = tmp_path / name, tmp_path / "into"
    archive.write_bytes(built(name))
    before, around = snapshot(base), set(tmp_path.rglob("*"))
    started = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "collect", str(archive), "--into", str(into), "--course", "course"], cwd=base,
        env=env, capture_output=True, text=True, timeout=SECONDS, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )  # fmt: skip
    assert ran.returncode in (0, 1, 2), ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr, ran.stderr
    assert all(c.isprintable() or c == "\n" for c in ran.stdout + ran.stderr)
    assert time.monotonic() - started < SECONDS
    assert snapshot(base) == before
    made = set(tmp_path.rglob("*")) - around - {into}
    assert all(p.is_relative_to(into) for p in made)
    assert [
        str(p)
        for p in made
        if p.is_symlink() or not (p.is_dir() or p.is_file()) or (p.is_file() and p.stat().st_nlink > 1)
    ] == []
    files = [p.relative_to(into) for p in made if p.is_file()]
    assert [str(p) for p in files if len(p.parts) < 3 or p.parts[1] != NAME] == []
    assert [str(p) for p in files if p.parts[0].startswith((".", "-", " ")) or not p.parts[0].isprintable()] == []
    assert not any(Path("/tmp").glob("escaped*"))
    if name not in DAMAGED:
        assert json.loads((into / "anna" / NAME / f"{NAME}.ipynb").read_bytes()) == json.loads(CONTENT)
    names = [str(p) for p in files]
    assert len(names) == len({name.casefold() for name in names}) or name in NEARLY_ALIKE, "one file over another"
