"""Every notebook of the book and every solved assignment runs from top to bottom under nbval."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import page_execution
import pytest

pytestmark = [pytest.mark.book, pytest.mark.timeout(3000)]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [*sorted((ROOT / "book").rglob("*.ipynb")), *sorted((ROOT / "solutions/assignments").rglob("*.ipynb"))]
SECONDS = 900  # a minute each on a quiet machine


def run_nbval(path: Path) -> subprocess.CompletedProcess:
    options = [
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:warnings",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(ROOT), *options, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)


@pytest.fixture(scope="module")
def runs():
    """All notebooks, two at a time, with the environment that the book's own build gives them."""
    page_execution.prepare_kernels()
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {path: pool.submit(run_nbval, path) for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbval_passes(runs, path):
    result = runs[path].result()
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs_and_with_speaking_cell_ids(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    ids = [cell["id"] for cell in cells]
    assert len(ids) == len(set(ids))
    assert not [name for name in ids if len(name) == 8 and all(sign in "0123456789abcdef" for sign in name)]
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_that_names_a_figure_says_what_it_shows(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        mystnb = cell["metadata"].get("mystnb", {})
        if "figure" in mystnb:
            assert len(mystnb.get("image", {}).get("alt", "")) >= 40, f"{cell['id']}: mystnb.image.alt"
            assert mystnb["figure"].get("caption"), f"{cell['id']}: mystnb.figure.caption"
