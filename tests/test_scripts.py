"""What `make new-exercise` and `make new-chapter` lay out: it runs, and fails the rules of proof until it is filled in."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def copy(tmp_path):
    """The parts of the project that the scripts touch, in a folder of their own."""
    skip = shutil.ignore_patterns("__pycache__")
    for part in ("autograder", "solutions", "tests/autograder", "scripts", "book"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=skip)
    for name in ("_toc.yml", "pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    environment = {"PYTHONPATH": f"{folder}:{folder / 'solutions'}", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    return subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip


def test_a_new_exercise_is_laid_out_with_everything_that_proves_it(copy):
    made = run(copy, "scripts/new_exercise.py", "gradient_noise", "noisy_gradient", "3")
    assert made.returncode == 0, made.stderr
    notebook = nbformat.read(copy / "solutions/assignments/gradient_noise/gradient_noise.ipynb", as_version=4)
    nbformat.validate(notebook)
    tests = [c for c in notebook.cells if c.metadata.nbgrader["grade"]]
    assert [(c.metadata.nbgrader["grade_id"], c.metadata.nbgrader["points"], c.source) for c in tests] == [
        ("noisy_gradient", 3, 'check("noisy_gradient", noisy_gradient)')
    ]
    rules = "tests/autograder/test_proof.py"
    proof = run(copy, "-m", "pytest", rules, "-k", "noisy_gradient and not 1000", "-p", "no:cacheprovider")
    assert proof.returncode == 1, proof.stdout
    assert "noisy_gradient" in proof.stdout and "error" not in proof.stdout.splitlines()[-1]


def test_a_second_exercise_joins_the_first_and_a_third_of_the_same_name_is_refused(copy):
    assert run(copy, "scripts/new_exercise.py", "initialization", "another_one").returncode == 0
    path = "solutions/assignments/initialization/initialization.ipynb"
    old, new = (nbformat.read(folder / path, as_version=4).cells for folder in (ROOT, copy))
    assert len(new) == len(old) + 3 and [c.id for c in new[: len(old)]] == [c.id for c in old]
    again = run(copy, "scripts/new_exercise.py", "initialization", "another_one")
    assert again.returncode == 2 and "declared in autograder/checks/initialization.py already" in again.stderr


@pytest.mark.parametrize("topic, id", [("Gradient Clipping", "x"), ("x", "y; import os")])
def test_a_bad_name_is_refused_and_writes_nothing(copy, topic, id):
    before = sorted(copy.rglob("*"))
    made = run(copy, "scripts/new_exercise.py", topic, id)
    assert made.returncode == 2 and "lower_case" in made.stderr
    assert sorted(p for p in copy.rglob("*") if "__pycache__" not in p.parts) == before


def test_a_new_chapter_has_the_frame_and_stands_in_the_table_of_contents(copy):
    made = run(copy, "scripts/new_chapter.py", "signals", "gradient_noise")
    assert made.returncode == 0, made.stderr
    notebook = nbformat.read(copy / "book/signals/gradient_noise.ipynb", as_version=4)
    nbformat.validate(notebook)
    text = "\n".join(c.source for c in notebook.cells)
    for part in ("objectives", "prerequisites", "minutes", "exercise", "solution", "remember", "assignment"):
        assert f":class: {part}" in text or f":::{{{part}}}" in text, part
    lines = (copy / "_toc.yml").read_text(encoding="utf-8").splitlines()
    place = lines.index("      - file: book/signals/gradient_noise")
    assert "book/signals/" in lines[place - 1]
    assert run(copy, "scripts/new_chapter.py", "signals", "gradient_noise").returncode == 2


def test_the_first_chapter_of_a_part_opens_it(copy):
    toc = (copy / "_toc.yml").read_text(encoding="utf-8")
    start = toc.index("  - caption: II.")
    (copy / "_toc.yml").write_text(toc[:start] + toc[toc.index("  - caption: Back") :], encoding="utf-8")
    assert run(copy, "scripts/new_chapter.py", "reuse", "borrowed_layers").returncode == 0
    text = (copy / "_toc.yml").read_text(encoding="utf-8")
    assert text.index("caption: II. Reusing") < text.index("book/reuse/borrowed_layers") < text.index("caption: Back")


def test_the_shipped_class_is_not_laid_beside_submissions_of_others(tmp_path):
    (tmp_path / "submitted" / "zoe" / "initialization").mkdir(parents=True)
    made = subprocess.run([sys.executable, ROOT / "scripts/make_class.py", "--into", tmp_path / "submitted"],
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert made.returncode == 2 and "'zoe'" in made.stderr
    assert [p.name for p in (tmp_path / "submitted").iterdir()] == ["zoe"]
