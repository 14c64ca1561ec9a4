"""Exercises of an assignment's training: judged after the others, in a process that has more and knows what has passed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import toy

from autograder.assignment import load_assignment
from autograder.grading.jobs import Job, job_from_bytes, job_to_bytes
from autograder.grading.result import Task, seeds_of
from autograder.notebook import CheckFailed, check, passed

TRAINING = {"exercises": ["Tally"], "provides": ["gradus.clipping"]}
NO_GRADUS = "def double(x):\n    import gradus.clipping\n    return 2 * x"
WHAT_IS_THERE = "from gradus.clipping import clip_by_norm"
IF_PASSED = """from autograder import passed
class Tally:
    def __init__(self, start):
        self.total = start
    def add(self, x):
        self.total = self.total + (x if passed("double") and not passed("countdown") and not passed("Tally") else 0)
        return self"""


@pytest.fixture(scope="module", autouse=True)
def _toys():
    with toy.declared_exercises():
        yield


def written(folder: Path, training: dict, answers: dict[str, str] | None = None) -> dict:
    made = toy.notebook(answers)
    made["metadata"] = {"autograder": {"provides": [], "training": training}}
    (folder / "toy").mkdir(exist_ok=True)
    (folder / "toy" / "toy.ipynb").write_text(json.dumps(made))
    return made


@pytest.fixture
def assignment(tmp_path):
    written(tmp_path, TRAINING)
    return load_assignment("toy", tmp_path)


def verdicts(results):
    return {id: r.verdict for id, r in results.items()}


def test_the_training_is_told_what_the_judge_found(assignment):
    """Tally adds only if `double` has passed and `countdown` has not."""
    wrong = {"countdown": "def countdown(n):\n    return []", "Tally": IF_PASSED}
    got = toy.graded(toy.notebook(wrong), assignment)
    assert verdicts(got) == {"double": "pass", "apply_twice": "pass", "countdown": "wrong", "Tally": "pass"}
    got = toy.graded(toy.notebook(wrong | {"double": toy.STUBS["double"]}), assignment)
    assert got["Tally"].verdict == "wrong", "double has not passed"


def test_one_exercise_of_the_training_is_judged_after_all_the_others_without_their_results(assignment):
    wrong = {"countdown": toy.STUBS["countdown"], "Tally": IF_PASSED}
    got = toy.graded(toy.notebook(wrong), assignment, only_exercise="Tally")
    assert verdicts(got) == {"Tally": "pass"}
    assert verdicts(toy.graded(toy.notebook(wrong), assignment, only_exercise="double")) == {"double": "pass"}


def test_what_the_training_provides_is_there_for_no_other_exercise(assignment):
    imports = {"Tally": f"{WHAT_IS_THERE}\n{toy.RIGHT['Tally']}"}
    got = toy.graded(toy.notebook(imports | {"double": NO_GRADUS}), assignment)
    assert got["Tally"].verdict == "pass"
    assert got["double"].verdict == "raised" and "not available in this assignment" in got["double"].message


def test_a_part_that_works_only_where_more_is_provided_does_not_pass(assignment):
    """Also not in the eyes of the training, whose process could run it."""
    got = toy.graded(toy.notebook({"double": NO_GRADUS, "Tally": IF_PASSED}), assignment)
    assert got["double"].score == 0 and got["Tally"].verdict == "wrong"


@pytest.mark.parametrize(
    ("forged", "verdict"),
    [
        ("autograder.PASSED.add('double')", "raised"),
        ("autograder.passed.__self__.add('double')", "raised"),
        ("autograder.PASSED = {'double'}", "wrong"),
        ("autograder.passed.__globals__['PASSED'] = {'double'}", "raised"),
        ("autograder.passed = 'double'.__eq__", "pass"),  # as if it had not asked at all
    ],
)
def test_what_the_judge_has_said_cannot_be_changed_and_what_the_code_tells_itself_changes_the_mark_of_no_part(
    assignment, forged, verdict
):
    answers = {"double": toy.STUBS["double"], "countdown": toy.STUBS["countdown"]}
    got = toy.graded(toy.notebook({**answers, "Tally": f"import autograder\n{forged}\n{IF_PASSED}"}), assignment)
    assert verdicts(got) == {"double": "missing", "apply_twice": "pass", "countdown": "missing", "Tally": verdict}
    assert got["double"].score == got["countdown"].score == 0


def test_an_assignment_with_a_training_survives_its_way_to_another_judge(assignment):
    package = toy.package_of(toy.notebook())
    task = Task("ada", assignment, package, seeds_of(b"secret", package.sha256, assignment))
    assert job_from_bytes(job_to_bytes(Job(0, task, "{}"))).task.assignment == assignment


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"exercises": ["triple"]}, "no check cell 'triple'"),
        ({"exercises": ["double"]}, "must come last"),
        ({"exercises": ["Tally"], "provides": ["os"]}, "modules of gradus, got 'os'"),
    ],
)
def test_a_training_that_cannot_be_is_refused(tmp_path, training, message):
    written(tmp_path, training)
    with pytest.raises(ValueError, match=message):
        load_assignment("toy", tmp_path)


def test_the_hash_of_the_checks_changes_with_those_of_other_topics_that_they_import(tmp_path):
    from autograder.assignment import files_of_checks

    for name, source in {"one": "from autograder.checks import _one_more, other", "_one_more": "", "other": "import numpy",
                         "third": ""}.items():  # fmt: skip
        (tmp_path / f"{name}.py").write_text(source)
    assert sorted(p.stem for p in files_of_checks(tmp_path, "one")) == ["_one_more", "one", "other"]
    assert [p.stem for p in files_of_checks(tmp_path, "third")] == ["third"]


def test_in_a_notebook_passed_says_how_the_last_check_went():
    assert passed("double") is False
    check("double", toy.double)
    assert passed("double") is True
    with pytest.raises(CheckFailed):
        check("double", abs)
    assert passed("double") is False
    with pytest.raises(ValueError, match="no exercise 'duoble'; did you mean double"):
        passed("duoble")


def test_both_processes_are_limited(assignment):
    """A loop without an end in a part is stopped in each of the two, and costs the training nothing but that part."""
    forever = {"double": "while True:\n    pass", "Tally": IF_PASSED.replace('passed("double")', "True")}
    got = toy.graded(toy.notebook(forever), assignment, limits=replace(toy.QUICK, cell=1.0))
    assert got["double"].verdict == "time-limit" and got["apply_twice"].verdict == "pass"
    assert got["Tally"].verdict == "wrong", "countdown has passed, and so it adds nothing"
