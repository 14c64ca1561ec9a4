"""The class report: its numbers are those of journal and gradebook, its figures speak, and anonymised it names nobody."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from in_browser import HARMLESS, look
from small_course import NAME, RIGHT, SWAPPED, answered, released_course, submit
from test_feedback import Tree
from test_journal import result

from autograder.assignment import load_assignment
from autograder.cli import main
from autograder.grading.course import UsageError
from autograder.grading.gradebook import Marks, write_marks
from autograder.grading.journal import Journal
from autograder.judging import Answer, CaseResult
from autograder.reports.class_report import class_reports, pseudonyms

DUE = datetime(2026, 3, 1, 12, 0)
SENTENCE = "You returned (fan_out, fan_in) <b>here</b>."
SECRET = "Anna Quux was here"
RIGHT_ONES = [f"right{i}" for i in range(6)]
SWAPPERS = ["bert", "carl", "dora <i>"]
STUDENTS = [*RIGHT_ONES, *SWAPPERS, "evil", "gone", "looper", "stranger"]


def verdict(student: str, checks: str, name: str, score: float, **more):
    """A result with an answer that fails in a case of its own name."""
    case = CaseResult("a dense layer", "public", False, "wrong", given=SECRET)
    message = more.pop("message", "All right." if name == "pass" else SECRET)
    answer = Answer(
        "compute_fans", 3, score, name, message, more.get("misconception"), () if name == "pass" else (case,)
    )
    return result(
        student, verdict=name, score=score, message=message, answer=answer, checks_sha256=checks, **{"notes": ()} | more
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = released_course(tmp_path_factory.mktemp("report"))
    checks = load_assignment(NAME, made.folder("source")).checks_sha256
    results = [verdict(s, checks, "pass", 3.0, seconds=0.2, submission_sha256=s) for s in RIGHT_ONES]
    results += [verdict(s, checks, "wrong", 1.0, misconception="swapped", message=SENTENCE, seconds=0.2, submission_sha256=s)
                for s in SWAPPERS]  # fmt: skip
    results += [
        verdict("looper", checks, "time-limit", 0.0, seconds=40.0, submission_sha256="l"),
        verdict("stranger", checks, "raised", 0.0, message=f"Your code raised ZeroDivisionError: {SECRET}",
                submission_sha256="s", notes=("Cell 3 holds invisible characters.", f"extra 7: {SECRET}")),
        verdict("evil", "0" * 64, "protocol-violation", 0.0, submission_sha256="e"),
        verdict("gone", checks, "missing", 0.0, submission_sha256=""),
    ]  # fmt: skip
    journal = Journal(made.state / "journal.jsonl")
    journal.judged([replace(results[0], verdict="wrong", score=1.0)])  # the same key got another verdict before
    journal.judged(results)
    with made.gradebook() as gradebook:
        marks = [Marks(r.student, NAME, "ab", (r,), frozenset([f"explain_{NAME}"])) for r in results]
        assert write_marks(made, gradebook, marks) == []
        gradebook.find_assignment(NAME).duedate = DUE
        gradebook.find_submission(NAME, "bert").timestamp = DUE + timedelta(hours=5)
        gradebook.find_grade(f"explain_{NAME}", NAME, NAME, "carl").manual_score = 4.0
        gradebook.add_student("never <came>")
        gradebook.db.commit()
    for student in SWAPPERS:
        submit(made.root, student, answered(SWAPPED), "autograded")
    submit(made.root, "right0", answered(RIGHT), "autograded")
    return made


@pytest.fixture(scope="module")
def reports(course, tmp_path_factory):
    """(the page, the data) by name and anonymised."""
    made = {}
    for kind, anonymous in (("named", False), ("anonymous", True)):
        [page] = class_reports(course, [NAME], tmp_path_factory.mktemp(kind), anonymous)
        made[kind] = page.read_text(), json.loads(page.with_suffix(".json").read_text())
    return made


@pytest.fixture(scope="module")
def data(reports):
    return reports["named"][1]


def test_the_exercise_is_counted_by_what_became_of_it(data):
    [exercise] = data["exercises"]
    assert {k: exercise[k] for k in ("students", "passed", "partial", "failed", "missing")} == {
        "students": 12, "passed": 6, "partial": 3, "failed": 3, "missing": 0}  # fmt: skip
    assert exercise["verdicts"] == {"pass": 6, "wrong": 3, "raised": 1, "time-limit": 1, "protocol-violation": 1}
    assert exercise["mean"] == round((6 * 3 + 3 * 1) / 12, 2)


def test_the_misconceptions_come_with_their_sentence_and_the_students_behind_them(data):
    [exercise] = data["exercises"]
    assert exercise["misconceptions"] == [{"name": "swapped", "sentence": SENTENCE, "students": sorted(SWAPPERS)}]
    assert {o["what"]: o["students"] for o in exercise["others"]} == {
        "raises ZeroDivisionError": ["stranger"], "takes too long": ["looper"],
        "interferes with the grader": ["evil"]}  # fmt: skip


def test_the_marks_are_those_of_the_gradebook(data):
    scores = sorted([3.0] * 6 + [1.0, 1.0 + 4.0, 1.0] + [0.0] * 3)
    marks = data["marks"]
    assert (marks["max"], marks["median"], marks["mean"]) == (7.0, 3.0, round(sum(scores) / 12, 2))
    assert sum(b["students"] for b in marks["bins"]) == data["students"] == 12
    for b in marks["bins"]:
        last = b is marks["bins"][-1]
        assert b["students"] == sum(b["from"] <= s < b["to"] or (last and s == b["to"]) for s in scores)


def test_what_a_person_should_look_at_is_listed(data):
    found = {group["what"]: group for group in data["flagged"]}
    assert [e["student"] for e in found["protocol-violation"]["entries"]] == ["evil"]
    assert found["time-limit"]["entries"] == [{"student": "looper", "exercise": "compute_fans"}]
    assert found["invisible characters in the code"]["students"] == 1
    unstable = next(group for what, group in found.items() if "another verdict" in what)
    assert [e["student"] for e in unstable["entries"]] == ["right0"]
    assert [(e["student"], e["seconds"]) for e in data["slow"]] == [("looper", 40.0)]
    assert data["stale"] == ["evil"]


def test_who_was_late_and_who_handed_in_nothing(data):
    assert data["late"] == [{"student": "bert", "hours": 5.0}]
    assert data["missing"] == ["gone", "never <came>"]


def test_how_the_code_was_kept_apart_is_said(data):
    assert data["isolation"] == [{"level": "process", "students": sorted(STUDENTS)}]


def test_students_who_ran_other_versions_are_grouped(course, data, monkeypatch):
    from autograder.reports import class_data
    from autograder.reports.class_report import other_versions

    [gathered] = class_data.gather(course, [NAME])
    grader = gathered.versions
    numpy = re.search(r"NumPy (\S+)", grader)[1]
    older = grader.replace(f"NumPy {numpy}", "NumPy 1.26.4")
    lines = {"bert": older, "carl": older, "right0": grader, "right1": "NumPy <script> · Python anna", "right2": ""}
    for student, line in lines.items():
        own = gathered.seen[student]
        own["compute_fans"] = replace(own["compute_fans"], versions=line)
    assert other_versions(gathered, sorted) == [
        {"what": "NumPy", "theirs": "1.26.4", "grader": numpy, "students": ["bert", "carl"]}]  # fmt: skip


def test_the_page_needs_nothing_else_and_runs_nothing(reports):
    for page, _ in reports.values():
        tree = Tree(page)
        assert tree.tags.isdisjoint({"script", "img", "iframe", "object", "link", "form", "base", "embed"})
        assert all(value.startswith("#") for name, value in tree.attributes if name in ("href", "src", "action"))
        assert not any(name.startswith("on") for name, _ in tree.attributes)
        assert "default-src 'none'" in dict(tree.attributes)["content"] or "default-src 'none'" in page
        assert "://" not in page and "url(" not in page and "@import" not in page


def test_every_figure_says_in_words_what_it_shows(reports):
    page, _ = reports["named"]
    labels = [value for name, value in Tree(page).attributes if name == "aria-label"]
    assert "6 passed, 3 in part, 3 wrong" in labels
    assert any(label.startswith("Students by points. 0 to") for label in labels)


def test_what_students_and_teachers_wrote_is_text(reports):
    page = reports["named"][0]
    assert "dora <i>" in Tree(page).text and SENTENCE in Tree(page).text
    assert "never <came>" not in page


def test_the_anonymised_report_names_nobody_and_quotes_nobody(reports):
    page, data = reports["anonymous"]
    for text in (page, json.dumps(data), Tree(page).text):
        for student in [*STUDENTS, "never"]:
            assert not re.search(rf"(?<![a-z]){re.escape(student)}(?![a-z])", text), student
        assert SECRET not in text and "Quux" not in text
    assert data["anonymous"] and set(data["exercises"][0]["misconceptions"][0]["students"]) <= {
        f"student {i:02}" for i in range(1, 15)
    }


def test_but_for_the_names_both_reports_say_the_same(reports):
    named, anonymous = (reports[kind][1] for kind in ("named", "anonymous"))
    assert named["marks"] == anonymous["marks"]
    assert [e["verdicts"] for e in named["exercises"]] == [e["verdicts"] for e in anonymous["exercises"]]
    assert [(g["what"], g["students"]) for g in named["flagged"]] == [
        (g["what"], g["students"]) for g in anonymous["flagged"]
    ]


def test_pseudonyms_are_the_same_every_time_and_hang_on_the_secret():
    names = [f"s{i}" for i in range(30)]
    first = pseudonyms(b"a" * 32, names)
    assert first == pseudonyms(b"a" * 32, reversed(names))
    assert sorted(first.values()) == [f"student {i:02}" for i in range(1, 31)]
    assert first != pseudonyms(b"b" * 32, names)
    assert [first[name] for name in names] != sorted(first.values())


def test_the_command_writes_page_and_data_and_says_where(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    assert main(["report"]) == 0
    assert f"report/{NAME}.html" in capsys.readouterr().out
    assert main(["report", NAME, "--anonymous"]) == 0
    assert json.loads((course.root / "report" / "anonymous" / f"{NAME}.json").read_text())["anonymous"]
    assert json.loads((course.root / "report" / f"{NAME}.json").read_text())["anonymous"] is False


def test_without_graded_submissions_there_is_nothing_to_report_on(tmp_path):
    fresh = released_course(tmp_path)
    with pytest.raises(UsageError, match="nothing to report on"):
        list(class_reports(fresh, [NAME]))
    (tmp_path / "file").write_text("")
    assert main(["report", "--course", str(fresh.root), "--out", str(tmp_path / "file" / "x")]) == 2


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_it_loads_nothing_says_nothing_and_fits_a_phone(reports, browser, tmp_path, scheme):
    file = tmp_path / "page.html"
    file.write_text(reports["named"][0])
    assert look(browser, file, scheme) == HARMLESS
