"""One submission in, one verdict an exercise out: accidents, attacks, and the two laws.

Law 1: silence, crash or absence is never a pass. Law 2: one submission never changes another's result.
The numbers in brackets are those of the list of attacks that the grader must survive.
"""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import pytest
import toy

from autograder.grading import submission as module
from autograder.grading.result import Result, Task, seeds_of
from autograder.grading.submission import examine
from autograder.intake.package import Package
from autograder.sandbox import starting
from autograder.sandbox.jail import name_of
from autograder.sandbox.starting import best

FULL = dict.fromkeys(toy.RIGHT, ("pass", 2.0))


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    with toy.declared_exercises():
        yield toy.toy_assignment(tmp_path_factory.mktemp("source"))


@pytest.fixture
def grade(assignment):
    return lambda made=None, **more: toy.graded(toy.notebook() if made is None else made, assignment, **more)


def marks(results):
    return {id: (r.verdict, r.score) for id, r in results.items()}


def but(**changed):
    """Full marks but for these exercises."""
    return FULL | changed


# ------------------------------------------------------------------ results


def test_a_right_submission_gets_full_marks_with_everything_on_record(grade, assignment):
    results = grade()
    assert marks(results) == FULL
    record = results["double"].to_record()
    assert list(record) == ["student", "assignment", "exercise", "verdict", "score", "max_score", "message",
                            "misconception", "seconds", "isolation", "submission_sha256", "checks_sha256", "seed"]  # fmt: skip
    assert json.loads(json.dumps(record)) == record
    assert record["isolation"] == name_of(best())
    assert len(record["submission_sha256"]) == 64 and record["checks_sha256"] == assignment.checks_sha256
    assert results["double"].answer.score == 2
    assert pickle.loads(pickle.dumps(results["double"])) == results["double"]


def test_the_untouched_notebook_is_missing_everywhere(grade):
    assert marks(grade(toy.notebook(toy.STUBS))) == dict.fromkeys(toy.RIGHT, ("missing", 0.0))


def test_a_mistake_is_named_with_its_sentence(grade):
    got = grade(toy.notebook({"double": "def double(x): return x**2"}))["double"]
    assert (got.verdict, got.misconception) == ("wrong", "squared")
    assert got.message == "This is the square: add the number to itself instead."


def test_one_exercise_can_be_judged_alone_with_the_same_verdict(grade):
    made = toy.notebook({"countdown": "def countdown(n): return list(range(n))"})
    whole, alone = grade(made), grade(made, only_exercise="countdown")
    assert list(alone) == ["countdown"]
    assert replace(alone["countdown"], seconds=0) == replace(whole["countdown"], seconds=0)
    with pytest.raises(ValueError, match="no exercise 'nothing'"):
        grade(made, only_exercise="nothing")


def test_seeds_differ_by_submission_exercise_secret_and_reseed_and_are_the_same_again(grade):
    first = {id: r.seed for id, r in grade().items()}
    assert {id: r.seed for id, r in grade().items()} == first
    another = toy.notebook({"double": "def double(x): return x + x  # ada"})
    others = [grade(reseed=1), grade(another), grade(secret=b"another secret")]
    seeds = [*first.values(), *(r.seed for other in others for r in other.values())]
    assert len(set(seeds)) == 16


def test_a_submission_judged_twice_the_same_is_no_different_from_one_judged_once(assignment):
    once, twice = (examine(task(assignment, toy.notebook()), toy.QUICK, times) for times in (1, 2))
    assert [replace(r, seconds=0) for r in twice.results] == [replace(r, seconds=0) for r in once.results]


def test_of_verdicts_that_differ_the_lowest_counts_and_a_note_says_so(assignment):
    """A function that is right in one process and wrong in the next earns nothing by another try [A170]."""
    fickle = "import os\nright = os.urandom(1)[0] % 2\ndef double(x): return 2 * x if right else x"
    made = task(assignment, toy.notebook({"double": fickle}))
    [result, *others] = examine(made, toy.QUICK, times=16).results
    assert (result.verdict, result.score) == ("wrong", 0.0)
    assert result.notes[-1].startswith("Not the same when judged again: double was ")
    assert all((r.verdict, r.notes) == ("pass", ()) for r in others)


def test_a_result_refuses_a_score_or_a_verdict_that_cannot_be(grade):
    good = grade()["double"]
    for change in ({"score": math.nan}, {"score": -0.5}, {"score": 2.5}, {"score": math.inf}, {"verdict": "great"}):
        with pytest.raises(ValueError, match="Result: "):
            replace(good, **change)


# ------------------------------------------------------------------ accidents

LOOP, CRASH = "while True: pass", "import os; os._exit(0)"
ACCIDENTS = {
    "loop in a function": ({"double": f"def double(x):\n    {LOOP}"}, but(double=("time-limit", 0.0))),
    "loop in a cell": ({"double": LOOP}, but(double=("time-limit", 0.0))),
    "8 GB in a function": (
        {"double": "import numpy as np\ndef double(x): return np.ones(10**9) * x"}, but(double=("memory-limit", 0.0))),
    "8 GB in a cell": ({"double": "import numpy as np\ny = np.ones(10**9)"}, but(double=("memory-limit", 0.0))),
    "exit in a function [A026]": ({"double": f"def double(x): {CRASH}"}, but(double=("crashed", 0.0))),
    "exit in a cell": ({"double": CRASH}, but(double=("crashed", 0.0))),
    "SystemExit in a function": ({"double": "def double(x): raise SystemExit(0)"}, but(double=("raised", 0.0))),
    "segfault [A104]": ({"double": "def double(x):\n    import ctypes\n    ctypes.string_at(0)"},
                        but(double=("crashed", 0.0))),
    "flood of output [A101]": ({"double": "def double(x):\n    while True: print('x' * 999)"},
                               but(double=("output-limit", 0.0))),
    "flood in a cell": ({"double": "while True: print('x' * 999)"}, but(double=("output-limit", 0.0))),
    "waits for input [A091]": ({"double": "def double(x): return x * int(input())"}, but(double=("raised", 0.0))),
    "breakpoint [A091]": ({"double": "def double(x):\n    breakpoint()\n    return 2 * x"}, but(double=("raised", 0.0))),
    "syntax error": ({"double": "def double(x) return x"}, but(double=("raised", 0.0))),
    "null byte [A134]": ({"double": "x = 1\0"}, but(double=("raised", 0.0))),
    "nested brackets [A107]": ({"double": "x = " + "(" * 100_000}, but(double=("raised", 0.0))),
    "exception in the cell": ({"double": "x = 1 / 0"}, but(double=("raised", 0.0))),
    "exception after the function": ({"double": toy.RIGHT["double"] + "\ndouble()"}, FULL),
    "long exception [A103]": ({"double": "def double(x): raise ValueError('x' * 10**8)"}, but(double=("raised", 0.0))),
    "exception that cannot be shown": (
        {"double": "class E(Exception):\n    def __str__(self): raise self\ndef double(x): raise E"},
        but(double=("raised", 0.0))),
    "another name": ({"double": "def dubble(x): return 2 * x"}, but(double=("missing", 0.0))),
    "no function": ({"double": "double = 3"}, but(double=("wrong", 0.0))),
    "emptied": ({"double": ""}, but(double=("missing", 0.0))),
    "plots": ({"double": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()\n" + toy.RIGHT["double"]}, FULL),
    "magics": ({"double": "%matplotlib inline\n!pip install numpy\n" + toy.RIGHT["double"]}, FULL),
    "calls check itself": ({"double": toy.RIGHT["double"] + "\ncheck('double', double)\nfrom autograder import check"}, FULL),
    "thread left running": ({"double": "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\n"
                             + toy.RIGHT["double"]}, FULL),
    "later cell spoils an earlier function": ({"Tally": toy.RIGHT["Tally"] + "\ndouble = apply_twice = None"}, FULL),
    "later cell mends an earlier function": (
        {"double": "def double(x): return x", "apply_twice": toy.RIGHT["double"] + "\n" + toy.RIGHT["apply_twice"]},
        but(double=("wrong", 0.0))),
    "everything at once": (
        {"double": LOOP, "apply_twice": CRASH, "countdown": "def countdown(n:", "Tally": toy.RIGHT["Tally"]},
        {"double": ("time-limit", 0.0), "apply_twice": ("crashed", 0.0), "countdown": ("raised", 0.0), "Tally": ("pass", 2.0)}),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCIDENTS)
def test_an_accident_costs_its_own_exercise_and_no_other(grade, name):
    answers, expected = ACCIDENTS[name]
    got = grade(toy.notebook(answers), limits=replace(toy.QUICK, cell=2.0) if LOOP in answers.values() else toy.QUICK)
    assert marks(got) == expected
    assert all(r.message for r in got.values())


def test_a_message_about_a_cell_names_the_student_s_line(grade):
    got = grade(toy.notebook({"double": "x = 1\ny = x / 0\n" + toy.RIGHT["double"]}))["double"]
    assert got.message == "Your code raised ZeroDivisionError: division by zero"
    assert got.answer.results[0].trace == "line 2 of <module>: y = x / 0"


def test_all_time_used_up_is_a_time_limit_and_no_fault(grade):
    slow = f"def double(x):\n    {LOOP}"
    got = grade(toy.notebook({"double": slow}), limits=replace(toy.QUICK, total=0.5))
    assert {r.verdict for r in got.values()} == {"time-limit"}
    assert got["Tally"].message == "Stopped: the notebook took more than 0.5 s in all."


# ------------------------------------------------------------------ files


@pytest.mark.parametrize("content", [b"", b"garbage \xff\0", b"[" * 100_000, b"{}", b'{"nbformat": 4, "cells": [7]}'])
def test_an_unreadable_notebook_is_malformed_with_a_line_for_every_exercise(grade, content):
    got = grade(content)
    assert marks(got) == dict.fromkeys(toy.RIGHT, ("malformed", 0.0))
    assert got["double"].message.startswith("The notebook cannot be read: it")


def task(assignment, made, **more):
    package = made if isinstance(made, Package) else toy.package_of(made)
    return Task("ada", assignment, package, seeds_of(b"secret", package.sha256, assignment), **more)


@pytest.mark.parametrize("verdict", ["missing", "malformed"])
def test_where_nothing_could_be_read_every_exercise_has_a_line_that_says_why(grade, verdict):
    got = grade(Package(None, "", verdict, "It was a pipe.", {}, ("odd",)))
    assert marks(got) == dict.fromkeys(toy.RIGHT, (verdict, 0.0))
    assert {(r.message, r.notes) for r in got.values()} == {("It was a pipe.", ("odd",))}


def test_companion_files_lie_beside_the_notebook_when_it_runs(grade):
    made = toy.package_of(toy.notebook({"double": "factor = int(open('data/factor.txt').read())\n"
                                        "def double(x): return factor * x"}))  # fmt: skip
    assert marks(grade(made))["double"] == ("raised", 0.0)
    assert marks(grade(replace(made, files={"data/factor.txt": b"2"}))) == FULL


def edited(change):
    made = toy.notebook()
    change(made["cells"], lambda grade_id: toy.position(made, grade_id))
    return made


def drop(grade_id):
    return lambda cells, at: cells.pop(at(grade_id))


EDITED = {
    "check deleted [A122]": (drop("double"), FULL),
    "solution deleted": (drop("double-code"), but(double=("missing", 0.0))),
    "imports deleted": (drop("imports"), FULL),
    "solution copied [A119]": (
        lambda cells, at: cells.insert(at("double") + 1, {**cells[at("double-code")], "source": "double = None"}), FULL),
    "solution copied before the check": (
        lambda cells, at: cells.insert(at("double"), {**cells[at("double-code")], "source": "double = None"}),
        but(double=("wrong", 0.0))),
    "check copied": (lambda cells, at: cells.insert(0, dict(cells[at("double")])), FULL),
    "reordered [A124]": (lambda cells, at: cells.reverse(), FULL),
    "checks before solutions": (lambda cells, at: cells.sort(key=lambda c: "code" in c.get("id", "")), FULL),
    "cell of its own patches the check": (
        lambda cells, at: cells.insert(at("double"), toy.cell("import autograder; autograder.check = 1; double = None")),
        but(double=("wrong", 0.0))),
    "tags and metadata [A111-A121]": (
        lambda cells, at: [c["metadata"].update(tags=["skip-execution"], nbgrader={
            **c["metadata"].get("nbgrader", {}), "points": "NaN", "schema_version": 99, "solution": False}) for c in cells],
        FULL),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITED)
def test_an_edited_notebook_is_judged_by_the_source_s_slots(grade, name):
    change, expected = EDITED[name]
    assert marks(grade(edited(change))) == expected


def test_skipping_every_cell_of_the_untouched_notebook_earns_nothing(grade):
    made = toy.notebook(toy.STUBS)
    for cell in made["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "2.0"}}]
    assert {r.score for r in grade(made).values()} == {0.0}


# ------------------------------------------------------------------ faults of ours


def test_a_value_that_the_check_stumbles_over_is_wrong_and_no_fault_of_ours(grade, caplog):
    """What a student's code can bring about at will is never put down to the grader [A177]."""
    got = grade(toy.notebook({"Tally": "class Tally:\n    def __init__(self, x): self.add = 3"}))
    assert marks(got) == but(Tally=("wrong", 0.0))
    assert "'int' object is not callable" in caplog.text, "whoever wrote the check can read what happened"


def test_a_fault_of_ours_is_told_apart_logged_and_costs_no_other_exercise(grade, monkeypatch, caplog):
    judge = module.judge

    def faulty(ex, *args, **kwargs):
        if ex.id == "apply_twice":
            raise RuntimeError("the judge stumbled")
        return judge(ex, *args, **kwargs)

    monkeypatch.setattr(module, "judge", faulty)
    assert marks(grade()) == but(apply_twice=("grader-fault", 0.0))
    assert "the judge stumbled" in caplog.text and "Traceback" in caplog.text
    assert "stumbled" not in grade()["apply_twice"].message


def test_a_process_that_cannot_start_is_a_fault_of_ours_for_every_exercise(grade, monkeypatch, caplog):
    monkeypatch.setattr(starting, "BOOT", "raise SystemExit('no such machine')")
    starting.close_all()
    assert marks(grade()) == dict.fromkeys(toy.RIGHT, ("grader-fault", 0.0))
    assert "no such machine" in caplog.text


def test_a_process_that_cannot_be_started_again_is_a_fault_of_ours_too(grade, monkeypatch):
    """The first one was brought down by the student's code; that there is no second one was not."""
    fork = starting.Warm.fork
    forks = []

    def once(self, *args):
        forks.append(args)
        if len(forks) > 1:
            raise starting.NotStarted("no more of them")
        return fork(self, *args)

    monkeypatch.setattr(starting.Warm, "fork", once)
    got = grade(toy.notebook({"double": f"def double(x): {CRASH}"}))
    assert marks(got) == dict.fromkeys(toy.RIGHT, ("grader-fault", 0.0))


def test_results_say_what_was_odd_about_the_notebook(grade):
    got: Result = grade(edited(drop("double")))["Tally"]
    assert got.notes == ("The cell 'double' was deleted.",)


REMEMBERS = "seen = []\ndef double(x):\n    seen.append(x)\n    return 2 * x"
LATER = {  # what runs after hidden inputs of `double` were seen, and tells of them
    "a later cell": "raise ValueError(repr(seen[-1]))",
    "a later exercise": "def countdown(n):\n    raise ValueError(repr(seen[-1]))\n    yield n",
    "another kind": "def countdown(n):\n    raise MemoryError(repr(seen[-1]))\n    yield n",
}


@pytest.mark.parametrize("name", LATER)
def test_hidden_inputs_of_one_exercise_are_not_told_by_the_exceptions_of_the_next(grade, name):
    got = grade(toy.notebook({"double": REMEMBERS, "countdown": LATER[name]}))
    assert got["double"].verdict == "pass"
    told = json.dumps(got["countdown"].answer.to_dict())
    assert got["countdown"].score == 0 and ("Error" in told)
    assert "array(" not in told and "0." not in told.replace('"score": 0.0', ""), told


def test_exceptions_of_a_later_exercise_are_still_told_in_its_own_words(grade):
    got = grade(
        toy.notebook({"countdown": "def countdown(n):\n    raise ValueError('shapes do not match')\n    yield n"})
    )
    assert "shapes do not match" in got["countdown"].message


def test_a_process_that_tells_too_much_to_be_shown_safely_is_only_named(grade):
    """Where no time is left for a process that has seen nothing, the code's own words are left out."""
    slow = "import time\nseen = []\ndef double(x):\n    seen.append(x)\n    time.sleep(0.15)\n    return 2 * x"
    limits = replace(toy.QUICK, total=2.0)
    got = grade(toy.notebook({"double": slow, "countdown": LATER["a later exercise"]}), limits=limits)
    assert "array(" not in json.dumps(got["countdown"].answer.to_dict())
