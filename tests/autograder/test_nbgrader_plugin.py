"""Stock nbgrader with the shipped configuration gives the judge's marks, whatever the notebooks claim, and stops for none."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_course import (
    NAME,
    POINTS,
    RIGHT,
    STUB,
    SWAPPED,
    answered,
    command,
    find,
    gradebook_rows,
    released_course,
    submit,
)

from autograder.grading.audit import PENALTY, changes
from autograder.grading.course import Course, UsageError
from autograder.grading.jobs import Job
from autograder.grading.journal import Index, Journal, one_run_at_a_time
from autograder.grading.run import Options, grade
from autograder.grading.without_verdict import without_verdict
from autograder.nbgrader_plugin import enter, task_of
from autograder.reports.feedback import feedback

WORDS = f"explain_{NAME}"
DUE = datetime(2026, 3, 1, 12, 0)
PARTIAL = f"def compute_fans(shape):\n    if shape == (784, 10):\n        return 0, 0\n{RIGHT.partition(chr(10))[2]}"
LATE = """
from nbgrader.plugins import LateSubmissionPlugin

class HalfAPointAnHour(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * total_seconds_late / 3600
"""


def right(**claims: Any) -> dict[str, Any]:
    return answered(words="It falls.", **claims)


def with_metadata(change: Callable[[dict[str, Any]], Any], *ids: str, code: str | None = RIGHT) -> dict[str, Any]:
    """A submission in which the cells' nbgrader metadata was tampered with."""
    notebook = answered(code, words="It falls.")
    for id in ids:
        meta = find(notebook, id)["metadata"]
        meta["nbgrader"] = change(copy.deepcopy(meta["nbgrader"]))
    return notebook


def without(*ids: str) -> dict[str, Any]:
    notebook = right()
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in ids]
    return notebook


def doubled(id: str) -> dict[str, Any]:
    notebook = right()
    twin = copy.deepcopy(find(notebook, id))
    twin["id"] = "twin"
    notebook["cells"].append(twin)
    return notebook


def never_run(notebook: dict[str, Any]) -> dict[str, Any]:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]
    return notebook


def forged() -> dict[str, Any]:
    notebook = answered(SWAPPED)
    find(notebook, "compute_fans")["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/plain": repr(float(POINTS))},
        }
    ]
    return notebook


# name -> (what was handed in, the mark on compute_fans)
CLASS: dict[str, tuple[dict[str, Any] | bytes, float]] = {
    "right": (right(), POINTS),
    "partial": (answered(PARTIAL), 1.5),
    "wrong": (answered(SWAPPED, words="It grows."), 0),
    "untouched": (answered(None), 0),
    "garbage bytes": (b"\x00\xff\xfe not json", 0),
    "empty file": (b"", 0),
    "deep json": (b"[" * 200_000, 0),
    "a list": (b"[1, 2]", 0),
    "lone surrogate": (json.dumps(right()).replace("It falls.", "It \\udcff falls.").encode(), POINTS),
    "duplicate check": (doubled("compute_fans"), POINTS),
    "duplicate answer": (doubled("compute_fans-code"), POINTS),
    "schema 99": (with_metadata(lambda m: m | {"schema_version": 99}, "compute_fans", "compute_fans-code"), POINTS),
    "schema gone": (with_metadata(lambda m: {"grade_id": m["grade_id"]}, "compute_fans", "compute_fans-code"), POINTS),
    "metadata a string": (with_metadata(lambda m: "mine", "compute_fans", "compute_fans-code"), POINTS),
    "check deleted": (without("compute_fans"), POINTS),
    "answers deleted": (without("compute_fans-code", WORDS), 0),
    "check made ungraded": (with_metadata(lambda m: m | {"grade": False}, "compute_fans", code=None), 0),
    "answer made graded": (with_metadata(lambda m: m | {"grade": True, "points": 9}, "compute_fans-code"), POINTS),
    "words made a check": (with_metadata(lambda m: m | {"solution": False, "locked": True}, WORDS), POINTS),
    "points nan": (with_metadata(lambda m: m | {"points": "NaN"}, "compute_fans"), POINTS),
    "never run": (never_run(answered(None)), 0),
    "forged output": (forged(), 0),
    "format 5": (right() | {"nbformat": 5}, 0),
    "minor 99": (right() | {"nbformat_minor": 99}, POINTS),
    "html": (answered(words="<img src=x onerror=alert(1)>"), POINTS),
}


def hand_in(root: Path) -> None:
    for student, (notebook, _) in CLASS.items():
        submit(root, student, notebook)
    submit(root, "wrong name", right()).rename(root / "submitted" / "wrong name" / NAME / "final version.ipynb")
    submit(root, "linked", b"").unlink()
    (root / "submitted" / "linked" / NAME / f"{NAME}.ipynb").symlink_to(
        root / "solutions/assignments" / NAME / f"{NAME}.ipynb"
    )
    (root / "submitted" / "right" / NAME / "stolen.txt").symlink_to(
        root / "solutions/assignments" / NAME / f"{NAME}.ipynb"
    )
    for student, hours in (("right", 2), ("partial", 99), ("wrong", -5)):
        time = DUE + timedelta(hours=hours)
        (root / "submitted" / student / NAME / "timestamp.txt").write_text(f"{time} UTC\n")
    for student, text in (("html", "yesterday evening"), ("minor 99", "\xff"), ("check deleted", "9" * 5000)):
        (root / "submitted" / student / NAME / "timestamp.txt").write_text(text, encoding="latin-1")
    (root / "submitted" / "untouched" / NAME / "timestamp.txt").symlink_to("/etc/hostname")


def strict_course(folder: Path) -> Course:
    """A course with a date due and a plugin for late penalties."""
    root = released_course(folder).root
    (root / "latecomers.py").write_text(LATE)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(
            'import sys; sys.path.insert(0, str(here))\nc.AssignLatePenalties.plugin_class = "latecomers.HalfAPointAnHour"\n'
        )
    course = Course.open(root)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    hand_in(root)
    return course


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Course, Course]:
    """The same class graded by ``autograder grade`` and by ``nbgrader autograde``."""
    ours, stock = (strict_course(tmp_path_factory.mktemp(name)) for name in ("ours", "stock"))
    (stock.state / "secret").write_bytes(ours.secret())
    assert grade(ours, Options(processes=2, unsafe=True)).complete
    command(stock.root, "nbgrader", "autograde", NAME)
    return ours, stock


def test_no_notebook_stops_nbgrader_and_each_gets_the_expected_mark(both):
    rows = gradebook_rows(both[1])
    expected = {student: mark for student, (_, mark) in CLASS.items()} | {"wrong name": 0, "linked": 0}
    assert {student: row["compute_fans"]["auto"] for student, row in rows.items()} == expected


def test_nbgrader_and_the_grader_enter_the_same_into_the_gradebook(both):
    ours, stock = (gradebook_rows(course) for course in both)
    assert ours == stock
    assert stock["right"]["penalty"] == 1.0
    assert stock["partial"]["penalty"] == 1.5
    assert stock["wrong"]["penalty"] is None


def test_both_draw_the_same_hidden_inputs(both):
    def seeds(course):
        lines = [json.loads(line) for line in (course.state / "journal.jsonl").read_text().splitlines()]
        return {line["student"]: line["seed"] for line in lines if "seed" in line}

    assert seeds(both[0]) == seeds(both[1])


def test_both_show_the_same_notebook_to_a_person_who_marks_by_hand(both):
    for student in ("right", "wrong", "garbage bytes", "html", "duplicate answer"):
        ours, stock = (json.loads(c.notebook("autograded", student, NAME).read_text())["cells"] for c in both)
        assert [("".join(c["source"]), c.get("outputs") and c["outputs"][0]["output_type"]) for c in ours] == [
            ("".join(c["source"]), c.get("outputs") and c["outputs"][0]["output_type"]) for c in stock
        ]


def test_no_html_and_no_file_of_a_student_reaches_the_instructors_browser(both):
    for course in both:
        assert "<img" not in course.notebook("autograded", "html", NAME).read_text()
        files = {p.name for p in course.folder("autograded", "right", NAME).iterdir()}
        assert files <= {f"{NAME}.ipynb", "figure.txt", "timestamp.txt"}  # "stolen.txt" is a link to the solution


def test_an_answer_in_words_waits_for_a_person_where_there_is_one(both):
    rows = gradebook_rows(both[1])
    waiting = {student for student, row in rows.items() if row[WORDS]["by_hand"]}
    assert {"right", "wrong", "words made a check", "schema 99", "check deleted"} <= waiting
    assert waiting.isdisjoint({"untouched", "garbage bytes", "answers deleted", "wrong name", "partial"})


def test_nbgraders_feedback_is_the_page_of_the_grader(both):
    stock = both[1]
    command(stock.root, "nbgrader", "generate_feedback", NAME)
    pages = {p: p.read_bytes() for p in stock.folder("feedback").glob(f"*/{NAME}/{NAME}.html")}
    assert len(pages) == len(CLASS) + 2
    list(feedback(stock, [NAME]))
    assert {p: p.read_bytes() for p in stock.folder("feedback").glob(f"*/{NAME}/{NAME}.html")} == pages


def test_nbgrader_exports_the_marks_less_the_penalty(both):
    command(both[0].root, "nbgrader", "export")
    header, *lines = ((both[0].root / "grades.csv").read_text()).splitlines()
    rows = {
        row["student_id"]: row for row in (dict(zip(header.split(","), line.split(","), strict=True)) for line in lines)
    }
    assert (rows["right"]["raw_score"], rows["right"]["score"]) == (f"{POINTS:.1f}", f"{POINTS - 1:.1f}")
    assert rows["garbage bytes"]["score"] == "0.0"


@pytest.mark.filterwarnings("ignore")
def test_the_formgraders_button_grades_a_new_submission_and_keeps_what_was_marked_by_hand(tmp_path):
    from nbgrader.apps.api import NbGraderAPI

    course = released_course(tmp_path)
    submit(course.root, "anna", answered(SWAPPED, words="It grows."))
    api = NbGraderAPI(config=course.config)
    assert api.autograde(NAME, "anna")["success"]
    with course.gradebook() as gradebook:
        found = gradebook.find_grade(WORDS, NAME, NAME, "anna")
        found.manual_score, found.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    submit(course.root, "anna", answered(f"{STUB}    return 1", words="It grows after all."))
    assert api.autograde(NAME, "anna")["success"]
    stock = gradebook_rows(course)
    assert stock["anna"]["compute_fans"]["auto"] == 0
    assert stock["anna"][WORDS] == {"auto": None, "manual": 2.5, "by_hand": True}
    submit(course.root, "anna", right())
    grade(course, Options(unsafe=True))
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == POINTS
    assert gradebook_rows(course)["anna"][WORDS] == stock["anna"][WORDS]


@pytest.mark.filterwarnings("ignore")
def test_where_submissions_cannot_be_confined_nbgrader_runs_no_students_code_without_consent(tmp_path, monkeypatch):
    from nbgrader.apps.api import NbGraderAPI

    course = released_course(tmp_path)
    assert "Judge" not in course.config  # the shipped configuration gives no consent
    monkeypatch.setattr(
        "autograder.nbgrader_plugin.proved", lambda state: ((), "submissions are not confined on this machine")
    )
    monkeypatch.setattr("autograder.nbgrader_plugin.grade_job", lambda job: pytest.fail("code was run"))
    submit(course.root, "anna", right())
    said = NbGraderAPI(config=course.config).autograde(NAME, "anna")
    assert not said["success"]
    assert "not confined on this machine" in said["log"]
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] is None
    monkeypatch.undo()
    monkeypatch.setattr(
        "autograder.nbgrader_plugin.proved", lambda state: ((), "submissions are not confined on this machine")
    )
    course.config.Judge.unsafe = True
    assert NbGraderAPI(config=course.config).autograde(NAME, "anna")["success"]
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == POINTS


@pytest.mark.filterwarnings("ignore")
def test_a_failure_of_the_grader_is_no_mark_in_nbgrader_either(tmp_path, monkeypatch):
    from nbgrader.apps.api import NbGraderAPI

    course = released_course(tmp_path)
    monkeypatch.setattr("autograder.grading.submission.judged", lambda *args: 1 / 0)
    submit(course.root, "anna", right())
    assert NbGraderAPI(config=course.config).autograde(NAME, "anna")["success"]
    assert gradebook_rows(course)["anna"]["compute_fans"] == {"auto": None, "manual": None, "by_hand": True}


def test_a_second_run_stops_at_no_time_that_cannot_be_read_and_both_know_the_same_times(both):
    command(both[1].root, "nbgrader", "autograde", NAME)
    times = []
    for course in both:
        with course.gradebook() as gradebook:
            times.append({s.student_id: s.timestamp for s in gradebook.assignment_submissions(NAME)})
    assert times[0] == times[1]
    assert {s for s, time in times[0].items() if time} == {"right", "partial", "wrong"}


def test_the_audit_tells_the_same_changes_either_way(both):
    ours, stock = ({(c.student, c.cell, c.old, c.new, c.why) for c in changes(course)} for course in both)
    assert {c for c in ours if c[0] != "wrong name"} == stock  # an absent notebook's 0 points are entered by nbgrader
    assert ("right", PENALTY, None, 1.0, "") in ours


def enter_nothing(course: Course, student: str) -> None:
    """Enter that a student has earned nothing, without judging him."""
    task = task_of(course, student, NAME)
    enter(course, task, without_verdict(Job(0, task, json.dumps(answered(None))), "wrong", "Nothing."))


def test_no_mark_is_entered_while_a_grading_run_goes_on(tmp_path, monkeypatch):
    course = released_course(tmp_path)
    submit(course.root, "anna", right())
    monkeypatch.setattr("autograder.nbgrader_plugin.PATIENCE", 0.2)
    with one_run_at_a_time(course.state / "lock"), pytest.raises(UsageError, match="another grading run is going on"):
        enter_nothing(course, "anna")
    assert not (course.state / "journal.jsonl").exists()
    assert gradebook_rows(course) == {}


def test_a_run_that_is_about_to_end_is_waited_for(tmp_path):
    course = released_course(tmp_path)
    submit(course.root, "anna", right())
    waiting = threading.Thread(target=enter_nothing, args=(course, "anna"))
    with one_run_at_a_time(course.state / "lock"):
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(20)
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == 0


def test_the_journal_is_read_once_for_a_class_and_not_once_a_submission(tmp_path, monkeypatch):
    course, taken, take = released_course(tmp_path), [], Index.take
    monkeypatch.setattr(Index, "take", lambda self, place, line: (taken.append(place), take(self, place, line)))
    monkeypatch.setattr(Journal, "lines", lambda self: pytest.fail("the whole journal was read"))
    for i in range(12):
        submit(course.root, f"student {i}", right())
        enter_nothing(course, f"student {i}")
    assert len((course.state / "journal.jsonl").read_text().splitlines()) == 24
    assert (sorted(set(taken)), len(taken)) == (taken, 22)  # all but the last student's two lines


def test_nbgrader_lays_a_released_assignment_out_for_the_students(tmp_path):
    course = released_course(tmp_path)
    command(course.root, "nbgrader", "release_assignment", NAME)
    outbound = course.root / ".course/exchange/training_deep_networks/outbound" / NAME
    assert sorted(p.name for p in outbound.iterdir()) == ["figure.txt", f"{NAME}.ipynb"]
    assert "SOLUTION" not in (outbound / f"{NAME}.ipynb").read_text()
