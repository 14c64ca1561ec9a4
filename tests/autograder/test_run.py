"""A grading run: whose verdicts, in which order, written where; and that nothing a submission or a judge does stops it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from small_course import (
    NAME,
    POINTS,
    RIGHT,
    STUB,
    SWAPPED,
    answered,
    find,
    gradebook_rows,
    released_course,
    submit,
)  # fmt: skip

from autograder.grading import run as module
from autograder.grading.course import Course, UsageError
from autograder.grading.journal import Journal
from autograder.grading.result import RECORD_KEYS
from autograder.grading.run import Options, grade
from autograder.grading.student_markdown import as_written, harmless
from autograder.sandbox.jail import name_of
from autograder.sandbox.starting import best

CLASS = {
    "anna": answered(words="It <b>falls</b> <script>alert(1)</script>."),
    "bert": answered(SWAPPED, words="It grows."),
    "carl": answered(None),
    "dora": b"\x00 this is no notebook",
    "emil": answered(f"{STUB}    return (shape"),
}
EXPECTED = {
    "anna": ("pass", POINTS, None),
    "bert": ("wrong", 0, "swapped"),
    "carl": ("missing", 0, None),
    "dora": ("malformed", 0, None),
    "emil": ("raised", 0, None),
    "fritz": ("missing", 0, None),  # a folder without a notebook
}


def hand_in(root: Path) -> None:
    for student, notebook in CLASS.items():
        submit(root, student, notebook)
    (root / "submitted" / "fritz" / NAME).mkdir(parents=True)
    (root / "submitted" / "gina").mkdir()  # has not handed in this assignment
    (root / "submitted" / "README").write_text("no student")


@pytest.fixture
def course(tmp_path):
    return released_course(tmp_path)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that was graded: (course, outcome)."""
    course = released_course(tmp_path_factory.mktemp("run"))
    hand_in(course.root)
    return course, run(course, results=course.root / "results.jsonl")


def run(course, *, processes=2, **told):
    told = {"unsafe": True, **told}  # on whatever machine this is tested
    return grade(course, Options(processes=processes, **told))


def verdicts(outcome) -> dict[str, tuple]:
    return {r.student: (r.verdict, r.score, r.misconception) for r in outcome.results}


# ------------------------------------------------------------------ what comes of a run


def test_every_submission_gets_its_verdict(graded):
    assert verdicts(graded[1]) == EXPECTED
    assert graded[1].complete


def test_the_results_file_holds_one_object_a_verdict_with_the_agreed_keys_in_a_fixed_order(graded):
    course, outcome = graded
    lines = [json.loads(line) for line in (course.root / "results.jsonl").read_text().splitlines()]
    assert [line["student"] for line in lines] == sorted(EXPECTED)
    assert all(tuple(line) == RECORD_KEYS for line in lines)
    assert {line["student"]: line["score"] for line in lines} == {s: score for s, (_, score, _) in EXPECTED.items()}
    assert lines == [r.to_record() for r in outcome.results]


def test_the_gradebook_holds_the_same_marks_and_an_answer_in_words_waits(graded):
    rows = gradebook_rows(graded[0])
    assert {s: row["compute_fans"]["auto"] for s, row in rows.items()} == {
        s: score for s, (_, score, _) in EXPECTED.items()
    }
    assert {s for s, row in rows.items() if row[f"explain_{NAME}"]["by_hand"]} == {"anna", "bert"}


def test_the_notebook_for_the_formgrader_shows_the_verdicts_and_no_html_of_the_students(graded):
    text = graded[0].notebook("autograded", "anna", NAME).read_text()
    notebook = json.loads(text)
    [output] = find(notebook, "compute_fans")["outputs"]
    assert (output["output_type"], output["data"]["text/plain"]) == ("execute_result", repr(float(POINTS)))
    shown = find(notebook, f"explain_{NAME}")["source"]
    assert as_written(shown) == "It <b>falls</b> <script>alert(1)</script>."
    assert re.search("<[a-z/]", shown) is None
    assert "<script" not in text
    [output] = find(json.loads(graded[0].notebook("autograded", "bert", NAME).read_text()), "compute_fans")["outputs"]
    assert (output["output_type"], output["ename"]) == ("error", "wrong")
    assert find(json.loads(graded[0].notebook("autograded", "dora", NAME).read_text()), "compute_fans-code")[
        "source"
    ].endswith("raise NotImplementedError  # your code here")


def test_every_verdict_is_in_the_journal_with_its_answer(graded):
    lines = [json.loads(line) for line in (graded[0].state / "journal.jsonl").read_text().splitlines()]
    judged = [line for line in lines if "answer" in line]
    assert {line["student"] for line in judged} == set(EXPECTED)
    assert {line["isolation"] for line in judged} == {name_of(best())}
    assert {line["entered"][0] for line in lines if "entered" in line} == set(EXPECTED)


def test_what_a_student_adds_between_the_cells_is_shown_where_it_stood(course):
    notebook = answered(words="It falls.")
    own = {"cell_type": "code", "id": "mine", "metadata": {"tags": ["skip-execution"]}, "source": "half = 0.5",
           "execution_count": 3, "outputs": [{"output_type": "stream", "name": "stdout", "text": "forged"}]}  # fmt: skip
    words = {
        "cell_type": "raw",
        "id": "note",
        "metadata": {"raw_mimetype": "text/html"},
        "source": "<script>1</script>",
    }
    place = notebook["cells"].index(find(notebook, "compute_fans-code"))
    notebook["cells"][place:place] = [own, words]
    submit(course.root, "anna", notebook)
    run(course)
    shown = json.loads(course.notebook("autograded", "anna", NAME).read_text())
    sources = [cell["source"] for cell in shown["cells"]]
    assert sources.index("half = 0.5") == sources.index(RIGHT) - 2
    assert harmless("<script>1</script>") in sources
    assert "forged" not in json.dumps(shown)
    assert "skip-execution" not in json.dumps(shown)


# ------------------------------------------------------------------ again, in part, and interrupted


def test_a_resumed_run_judges_only_what_is_new_or_changed_and_leaves_the_same_gradebook(course):
    hand_in(course.root)
    first = run(course)
    rows = gradebook_rows(course)
    again = run(course, resume=True)
    assert (again.resumed, again.results) == (len(EXPECTED), first.results)
    assert gradebook_rows(course) == rows
    submit(course.root, "carl", answered())
    submit(course.root, "gina", answered())
    changed = run(course, resume=True)
    assert changed.resumed == len(EXPECTED) - 1
    assert verdicts(changed) == {**EXPECTED, "carl": ("pass", POINTS, None), "gina": ("pass", POINTS, None)}


def test_a_run_that_was_killed_at_any_moment_is_taken_up_to_the_same_marks(course, tmp_path):
    for i in range(8):
        submit(course.root, f"student {i}", answered([RIGHT, SWAPPED, None][i % 3], words=f"words {i}"))
    whole = run(course)
    expected = gradebook_rows(course)
    for number, lines in enumerate([1, 5]):
        other = released_course(tmp_path / str(number))
        (other.state / "secret").write_bytes(course.secret())
        told = [sys.executable, "-m", "autograder.cli", "grade", "--unsafe", "--jobs", "1", "--submitted",
                str(course.root / "submitted")]  # fmt: skip
        started = subprocess.Popen(told, cwd=other.root, stdout=subprocess.PIPE, start_new_session=True)
        for _ in range(1 + lines):  # the first one says what there is to do
            started.stdout.readline()
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        started.stdout.close()
        outcome = run(other, resume=True, submitted=course.root / "submitted")
        assert lines <= outcome.resumed < 8
        assert [r.to_record() | {"seconds": 0} for r in outcome.results] == [
            r.to_record() | {"seconds": 0} for r in whole.results
        ]
        assert gradebook_rows(other) == expected


def test_a_failure_of_the_grader_is_tried_again_when_a_run_is_resumed(course):
    submit(course.root, "anna", answered())
    [verdict] = run(course).results
    Journal(course.state / "journal.jsonl").judged([replace(verdict, verdict="grader-fault", score=0.0)])
    again = run(course, resume=True)
    assert (again.resumed, verdicts(again)) == (0, {"anna": EXPECTED["anna"]})
    assert run(course, resume=True).resumed == 1


def test_a_mark_given_by_hand_is_looked_at_again_only_when_the_student_hands_in_anew(course):
    submit(course.root, "anna", answered(words="It falls."))
    run(course)
    with course.gradebook() as gradebook:
        words = gradebook.find_grade(f"explain_{NAME}", NAME, NAME, "anna")
        words.manual_score, words.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    run(course)
    assert gradebook_rows(course)["anna"][f"explain_{NAME}"] == {"auto": None, "manual": 2.0, "by_hand": False}
    submit(course.root, "anna", answered(words="It falls, layer by layer."))
    run(course)
    assert gradebook_rows(course)["anna"][f"explain_{NAME}"] == {"auto": None, "manual": 2.0, "by_hand": True}


def test_reseeding_draws_other_hidden_inputs_for_this_and_all_later_runs(course):
    submit(course.root, "anna", answered())
    [first], [second], [third] = (run(course, reseed=again).results for again in (False, True, False))
    assert first.seed != second.seed == third.seed


def test_a_dry_run_shows_the_marks_and_writes_none(course):
    submit(course.root, "anna", answered())
    outcome = run(course, dry_run=True, results=course.root / "r.jsonl")
    assert verdicts(outcome) == {"anna": ("pass", POINTS, None)}
    assert gradebook_rows(course) == {}
    assert not (course.state / "journal.jsonl").exists()
    assert not course.folder("autograded").exists()
    assert (course.root / "r.jsonl").exists()


def test_one_student_and_one_exercise_can_be_judged_alone(course):
    hand_in(course.root)
    assert verdicts(run(course, only=["bert"])) == {"bert": EXPECTED["bert"]}
    assert verdicts(run(course, only=["anna"], exercise="compute_fans")) == {"anna": EXPECTED["anna"]}
    assert set(gradebook_rows(course)) == {"anna", "bert"}


def test_marks_go_to_another_gradebook_where_one_is_named_and_the_assignment_is_released_there(course):
    submit(course.root, "anna", answered())
    other = Course.open(course.root, f"sqlite:///{course.root}/other.db")
    told: list[str] = []
    grade(other, Options(unsafe=True), released=lambda made: told.append(made.name))
    assert told == [NAME]
    assert gradebook_rows(course) == {}
    assert gradebook_rows(other)["anna"]["compute_fans"]["auto"] == POINTS


# ------------------------------------------------------------------ wrong usage


@pytest.mark.parametrize(
    "told, words",
    [
        ({"assignments": ["initialisation"]}, "no assignment 'initialisation'"),
        ({"submitted": Path("nowhere")}, "cannot be read: .*nowhere: No such file"),
        ({"only": ["nobody"]}, "--only: .* has no folder 'nobody'"),
        ({"exercise": "he_normal"}, "--exercise: no exercise 'he_normal'; there is compute_fans"),
        ({"results": Path("no/such/folder/r.jsonl")}, "--results: there is no folder"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_judged(course, told, words):
    submit(course.root, "anna", answered())
    with pytest.raises(UsageError, match=words):
        run(course, **told)
    assert not (course.state / "journal.jsonl").exists()


def test_a_class_that_handed_in_nothing_is_no_success(course):
    (course.root / "submitted" / "anna").mkdir(parents=True)
    with pytest.raises(UsageError, match=rf"no submissions of {NAME}"):
        run(course)


def test_without_confinement_nothing_is_graded_unless_it_is_asked_for(course, monkeypatch):
    monkeypatch.setattr(module, "best", lambda: ("rlimits",))
    submit(course.root, "anna", answered())
    with pytest.raises(UsageError, match=r"cannot be confined.*could read your files.*--unsafe"):
        grade(course, Options())
    assert gradebook_rows(course) == {}


def test_a_folder_whose_name_is_no_text_is_left_out_and_reported(course):
    submit(course.root, "anna", answered())
    (course.root / "submitted" / os.fsdecode(b"b\xff\x1b[31m") / NAME).mkdir(parents=True)
    outcome = run(course)
    assert verdicts(outcome) == {"anna": EXPECTED["anna"]}
    assert not outcome.complete
    [problem] = outcome.problems
    assert problem.isprintable()


def test_a_link_in_place_of_a_submission_is_not_followed(course):
    submit(course.root, "anna", answered())
    for student, what in (("bert", "notebook"), ("carl", "folder")):
        own = course.root / "submitted" / student
        own.mkdir(parents=True)
        if what == "folder":
            (own / NAME).symlink_to(course.root / "submitted" / "anna" / NAME)
        else:
            (own / NAME).mkdir()
            (own / NAME / f"{NAME}.ipynb").symlink_to(course.source(NAME))
    assert {s: v for s, (v, _, _) in verdicts(run(course)).items()} == {
        "anna": "pass", "bert": "malformed", "carl": "malformed",
    }  # fmt: skip
