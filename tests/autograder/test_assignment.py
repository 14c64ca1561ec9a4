"""Reading the source notebook of an assignment, and what its students may import."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys

import pytest
import toy

from autograder import assignment as module
from autograder.assignment import load_assignment
from autograder.sandbox.provided import gradus_folder, libraries, sources

OWN_TOPIC = """
from autograder.exercise import exercise, hidden
from autograder.probes import args, returns


def triple(x):
    return 3 * x


exercise("triple", triple, points=1, minutes=1, chapter="Own", section="Own",
         cases=[hidden("others", returns(lambda rng: args(rng.normal(size=3))))])
"""


@pytest.fixture(scope="module", autouse=True)
def exercises():
    with toy.declared_exercises():
        yield


def load(folder, notebook):
    path = folder / "toy" / "toy.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook))
    return load_assignment("toy", folder)


def test_the_slots_are_the_cells_that_nbgrader_knows_in_their_order(tmp_path):
    got = load(tmp_path, toy.notebook())
    assert [(s.kind, s.grade_id) for s in got.slots[:3]] == [
        ("given", "imports"), ("solution", "double-code"), ("check", "double")]  # fmt: skip
    assert (got.slots[-1].kind, got.slots[-1].points, got.slots[-1].code) == ("manual", 4, False)
    assert got.exercises == ("double", "apply_twice", "countdown", "Tally")
    assert got.slots[2].points == 2


def test_a_cell_s_text_may_be_a_list_of_lines(tmp_path):
    notebook = toy.notebook()
    notebook["cells"][1]["source"] = ["import numpy as np\n", "import math"]
    assert load(tmp_path, notebook).slots[0].source == "import numpy as np\nimport math"


def test_an_assignment_survives_pickling(tmp_path):
    got = load(tmp_path, toy.notebook())
    assert pickle.loads(pickle.dumps(got)) == got


def change(key, value, grade_id="double"):
    notebook = toy.notebook()
    cell = notebook["cells"][toy.position(notebook, grade_id)]
    (cell if key == "source" else cell["metadata"]["nbgrader"])[key] = value
    return notebook


WRONG = {
    "other points": (change("points", 3), "'double' has 3 points, its exercise 2"),
    "not declared": (change("grade_id", "triple"), "'triple' is no exercise declared in autograder/checks/toy.py"),
    "another name": (
        change("source", 'check("double", dubble)'),
        r'must hold check\("double", double\) and nothing else',
    ),
    "a semicolon": (change("source", 'check("double", double);1'), "nothing else"),
    "no Python": (change("source", 'check("double", double'), "nothing else"),
    "id used twice": (change("grade_id", "double", "countdown"), "'double' is used twice"),
    "provides nonsense": (
        toy.notebook() | {"metadata": {"autograder": {"provides": ["gradus.nothing"]}}},
        "gradus.nothing",
    ),
    "provides others": (
        toy.notebook() | {"metadata": {"autograder": {"provides": ["os"]}}},
        "modules of gradus, got 'os'",
    ),
    "no notebook": ("[]", "not an nbgrader source notebook"),
    "no JSON": ("{", "not an nbgrader source notebook"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_source_notebook_is_refused_with_its_place(tmp_path, what):
    notebook, message = WRONG[what]
    with pytest.raises(ValueError, match=message):
        load(tmp_path, notebook)


def test_an_absent_source_notebook_is_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_assignment("toy", tmp_path)


def test_the_checks_hash_changes_with_the_source_notebook_and_with_the_reference(tmp_path, monkeypatch):
    first = load(tmp_path, toy.notebook())
    assert load(tmp_path, toy.notebook()).checks_sha256 == first.checks_sha256
    assert load(tmp_path, toy.notebook({"double": "def double(x): return 2 * x"})).checks_sha256 != first.checks_sha256

    copy = tmp_path / "gradus"
    copy.mkdir()
    (copy / "initializers.py").write_text("x = 1\n")
    hashes = set()
    for text in ("x = 1\n", "x = 2\n"):
        (copy / "initializers.py").write_text(text)
        monkeypatch.setattr(module, "gradus_folder", lambda: copy)
        module.code_sha256.cache_clear()
        hashes.add(first.checks_sha256)
    module.code_sha256.cache_clear()
    assert len(hashes) == 2


def test_the_checks_hash_changes_with_the_files_beside_the_source_notebook(tmp_path):
    def now():
        return load(tmp_path, toy.notebook()).checks_sha256

    seen = [now()]
    for name, text in (("data.csv", "1,2"), ("data.csv", "1,3"), ("data.csv", ""), ("more/data.csv", "1,3")):
        (tmp_path / "toy" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "toy" / name).write_text(text)
        seen.append(now())
    (tmp_path / "toy" / "data.csv").rename(tmp_path / "toy" / "table.csv")
    seen.append(now())
    assert len(set(seen)) == 6
    (tmp_path / "toy" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "toy" / ".ipynb_checkpoints" / "toy-checkpoint.ipynb").write_text("{}")
    (tmp_path / "toy" / "notes.ipynb").write_text("{}")
    assert now() == seen[-1], "no submission is given these"


def test_an_assignment_whose_files_are_more_than_a_submission_can_be_given_is_refused(tmp_path):
    load(tmp_path, toy.notebook())
    with (tmp_path / "toy" / "data.bin").open("wb") as file:
        file.truncate(32 * 2**20)
    load_assignment("toy", tmp_path)
    with (tmp_path / "toy" / "data.bin").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match=r"load_assignment: toy: the files beside the notebook .* at most 32 MB"):
        load_assignment("toy", tmp_path)
    (tmp_path / "toy" / "data.bin").unlink()
    for i in range(1001):
        (tmp_path / "toy" / f"{i}.txt").touch()
    with pytest.raises(ValueError, match=r"at most 1000 with their folders, got 0\.0 MB and 1001"):
        load_assignment("toy", tmp_path)


def test_only_what_is_provided_and_what_it_needs_is_handed_out():
    got = sources(("gradus.clipping",))
    text = (gradus_folder() / "clipping.py").read_text(encoding="utf-8")
    assert got["gradus.clipping"] == (False, text)
    assert got["gradus"] == (True, ""), "the package itself imports everything"
    assert set(got) == {"autograder", "gradus", "gradus.clipping", "gradus.recurrence", "gradus.arguments"}


def test_without_provided_modules_there_is_no_gradus():
    assert set(sources(())) == {"autograder"}


def test_the_stand_in_for_autograder_holds_a_check_that_does_nothing():
    names: dict = {}
    exec(sources(())["autograder"][1], names)
    assert names["check"]("double", len) is None
    assert names["passed"]("double") is False, "until the judge says so"
    assert {n for n in names if not n.startswith("__")} == {"check", "passed"}


def test_a_course_may_keep_exercises_of_its_own_outside_of_the_package(tmp_path):
    (tmp_path / "own_topic.py").write_text(OWN_TOPIC)
    told = "from autograder.assignment import code_sha256, declared; print(*declared('own_topic'), code_sha256('own_topic'))"
    more = {"AUTOGRADER_CHECKS": f"{tmp_path}", "OMP_NUM_THREADS": "1"}

    def run():
        return subprocess.run(
            [sys.executable, "-c", told], env=os.environ | more, capture_output=True, text=True, check=True
        )

    id, before = run().stdout.split()
    (tmp_path / "own_topic.py").write_text(OWN_TOPIC.replace("points=1", "points=2"))
    assert id == "triple"
    assert run().stdout.split()[1] != before, "a changed check must change the hash that verdicts hang on"


def test_what_the_given_cells_and_the_provided_modules_import_is_loaded_beforehand():
    found = libraries(["import numpy as np\nfrom scipy import stats", "%matplotlib inline", "from autograder import check"],
                      ("gradus.data",))  # fmt: skip
    assert {"numpy", "scipy.stats", "sklearn.datasets", "matplotlib.pyplot"} <= set(found)
    assert not any(name.startswith(("gradus", "autograder", "IPython", "__future__")) or not name for name in found)
