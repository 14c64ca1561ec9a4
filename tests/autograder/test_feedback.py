"""A student's feedback page: everything that concerns them, nothing that could harm, nothing that is hidden."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from small_course import NAME, POINTS, SWAPPED, answered, find, released_course, submit

from autograder.grading.course import UsageError
from autograder.grading.run import Options, grade
from autograder.reports.feedback import feedback, feedback_page

WORDS = f"explain_{NAME}"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)> & [link](javascript:alert(3))"
VOID = {"meta", "br", "img", "hr", "link", "input"}


class Tree(HTMLParser):
    """Tags in use, their attributes, and whether each is closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), [], ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = released_course(tmp_path_factory.mktemp("feedback"))
    submit(course.root, "anna", answered(words="It falls."))
    submit(course.root, "bert <b>", answered(SWAPPED, words=ATTACK))
    submit(course.root, "carl", b"garbage")
    evil = answered(f"def compute_fans(shape):\n    raise ValueError({ATTACK!r} + repr(shape))")
    find(evil, "imports")["source"] = ATTACK
    submit(course.root, "dora", evil)
    (course.root / "submitted" / "anna" / NAME / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    grade(course, Options(unsafe=True, processes=2))
    with course.gradebook() as gradebook:
        words = gradebook.find_grade(WORDS, NAME, NAME, "anna")
        words.manual_score, words.needs_manual_grade = 2.5, False
        gradebook.find_comment(WORDS, NAME, NAME, "anna").manual_comment = f"Well seen. {ATTACK}"
        gradebook.find_comment("compute_fans-code", NAME, NAME, "anna").manual_comment = "A fine loop."
        gradebook.find_grade("compute_fans", NAME, NAME, "dora").manual_score = 1.0
        gradebook.db.commit()
    pages = {path.parent.parent.name: path.read_text() for path in feedback(course, [NAME])}
    return course, pages


def text_of(page: str) -> str:
    return " ".join(Tree(page).text.split())


def test_each_submission_has_a_page_where_nbgrader_looks_for_it(graded):
    assert set(graded[1]) == {"anna", "bert <b>", "carl", "dora"}


def test_no_script_no_link_outwards_and_nothing_to_be_loaded(graded):
    for page in graded[1].values():
        tree = Tree(page)
        assert tree.tags.isdisjoint({"script", "img", "iframe", "object", "link", "form", "svg", "base", "embed"})
        assert all(value.startswith("#") for name, value in tree.attributes if name in ("href", "src", "action"))
        assert not any(name.startswith("on") for name, _ in tree.attributes)
        assert "http-equiv" in dict(tree.attributes)
        assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in page.replace("&#39;", "'")
        assert "://" not in page
        assert "@import" not in page
        assert "url(" not in page


def test_what_a_student_or_an_instructor_wrote_is_shown_as_text(graded):
    _, pages = graded
    assert ATTACK in text_of(pages["bert <b>"])
    assert f"Well seen. {ATTACK}" in text_of(pages["anna"])
    assert "bert <b>" in text_of(pages["bert <b>"])


def test_marks_comments_and_the_total_are_those_of_the_gradebook(graded):
    page = text_of(graded[1]["anna"])
    assert f"{POINTS + 2.5:g} of {POINTS + 4} points" in page
    assert "2.5 of 4 points, marked by hand" in page
    assert "A fine loop." in page
    assert "handed in 2026-03-01 12:00 UTC" in page
    assert page.index("A fine loop.") < page.index("2.5 of 4 points")


def test_the_mistake_is_answered_by_its_sentence_and_its_call(graded):
    page = text_of(graded[1]["bert <b>"])
    assert "W has shape (fan_in, fan_out) here, unlike in PyTorch" in page
    assert "compute_fans((784, 10))" in page
    assert "Counting connections" in page


def test_what_is_still_to_be_marked_is_announced(graded):
    assert "still to be marked" in text_of(graded[1]["bert <b>"])
    assert "still to be marked" not in text_of(graded[1]["anna"])


def test_a_mark_set_by_hand_over_the_judges_is_named_as_such(graded):
    page = text_of(graded[1]["dora"])
    assert f"Your instructor has set this mark: 1 of {POINTS} points" in page
    assert "Your instructor has set this mark" not in graded[1]["bert <b>"]


def test_notes_on_the_notebook_are_shown(graded):
    assert "The read-only cell 'imports' was changed" in text_of(graded[1]["dora"])


def test_an_unreadable_notebook_is_told_so(graded):
    assert "The notebook cannot be read" in text_of(graded[1]["carl"])


def test_hidden_inputs_do_not_come_back_through_the_page(graded):
    """dora's code puts what it was called with into its exception's text."""
    shapes = set(re.findall(r"\(\d+(?:, \d+)+\)", graded[1]["dora"]))
    assert shapes == {"(784, 10)"}


def test_the_page_is_the_same_when_made_again_and_alone(graded):
    course, pages = graded
    assert {s: feedback_page(course, s, NAME) for s in pages} == pages


def test_a_page_needs_a_graded_submission(graded):
    with pytest.raises(UsageError, match=r"no submission of .* by 'nobody'"):
        feedback_page(graded[0], "nobody", NAME)
    with pytest.raises(UsageError, match="--only"):
        list(feedback(graded[0], [NAME], ["nobody"]))


def test_without_a_journal_the_marks_are_given_without_details(graded, tmp_path):
    course, _ = graded
    journal = course.state / "journal.jsonl"
    kept = journal.read_bytes()
    journal.unlink()
    try:
        page = text_of(feedback_page(course, "anna", NAME))
    finally:
        journal.write_bytes(kept)
    assert f"{POINTS} of {POINTS} points. No details were recorded." in page
    assert json.loads(kept.splitlines()[0])
