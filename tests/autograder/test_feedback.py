"""A student's feedback page: everything that concerns them, nothing that could harm, nothing that is hidden."""

from __future__ import annotations

import json
import platform
import re
from html.parser import HTMLParser

import pytest
from in_browser import HARMLESS, look
from small_course import NAME, POINTS, SWAPPED, answered, cell, find, released_course, submit

from autograder.answer import visible
from autograder.grading.course import UsageError
from autograder.grading.run import Options, grade
from autograder.judging import Answer, CaseResult
from autograder.reports.feedback import feedback, feedback_page
from autograder.reports.redaction import for_students, without_host

WORDS = f"explain_{NAME}"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)> & [link](javascript:alert(3))"
PAYLOADS = {
    "script": "<script>window.PWNED=1</script>",
    "script, encoded": "&lt;script&gt;window.PWNED=1&lt;/script&gt;&#60;script&#62;",
    "handler": "<img src=x onerror=window.PWNED=1><svg/onload=window.PWNED=1><body onload=window.PWNED=1>",
    "end of the place": "</pre></code></details></div></section></textarea></title></style><script>window.PWNED=1</script>",
    "end of an attribute": "\"'><script>window.PWNED=1</script> onmouseover=window.PWNED=1 x=\"",
    "comment and data": "--><!--><![CDATA[<script>window.PWNED=1</script>]]>",
    "beacon": "<img src=http://203.0.113.5/b.png><link rel=stylesheet href=//203.0.113.5/x.css><iframe src=http://203.0.113.5>",
    "style": "<style>body{background:url(http://203.0.113.5/c)}@import 'http://203.0.113.5/d';</style>",
    "link": "<a href=javascript:window.PWNED=1>x</a> [y](javascript:window.PWNED=1) <a href='data:text/html,<script>1'>",
    "svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>window.PWNED=1</script><animate onbegin=window.PWNED=1></svg>",
    "formula": r"$\href{javascript:window.PWNED=1}{x}$ \(\unicode{<img src=x onerror=window.PWNED=1>}\) $$\require{html}$$",
    "notebook": "<base href=http://203.0.113.5/><meta http-equiv=refresh content='0;url=http://203.0.113.5'><form>",
    "template": "{{ 7*7 }}{% include '/etc/passwd' %}${7*7}#{7*7}",
    "terminal": "\x1b[2J\x1b]0;PWNED\x07\x1b]8;;http://203.0.113.5\x1b\\\\x\x9b31m",
    "direction": "\u202e}\u2066// nothing to see\u2069\u2066 if admin:\u200f",
    "invisible": "pass\u200bword\ufeff\u2060\u3164\U000e0041\x08",
}  # fmt: skip
VERSIONS = "checks 01234567 · gradus 89abcdef · NumPy 1.26.4 · Python 3.11.7"
EVE = "eve <script>window.PWNED=1;<img src=x onerror=window.PWNED=1>\u202e"  # a folder's name may have no slash
EVERYTHING = "\n".join(PAYLOADS.values())
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u3164\U000e0000-\U000e007f]"
)
PATHS = (
    "/srv/course/solutions/assignments/x.ipynb",
    "/srv/env/lib/python3.11/site-packages/numpy/core.py",
    "C:\\Users\\me\\a.py",
)
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


def everywhere() -> dict:
    """A submission with every payload in every place that a student can write to."""
    commented = "\n".join(f"# {line}" for line in EVERYTHING.split("\n"))
    made = answered(
        f"{commented}\nclass Odd(Exception):\n    __module__ = {EVERYTHING!r}\n"
        f"Odd.__name__ = Odd.__qualname__ = {EVERYTHING!r}\n"
        f"def compute_fans(shape):\n    raise Odd({EVERYTHING!r})", words=EVERYTHING)  # fmt: skip
    made["cells"].insert(3, cell("code", "mine", commented))
    made["cells"].insert(4, cell("markdown", "mine-too", EVERYTHING, {"tags": [EVERYTHING]}))
    made["cells"].append(cell("code", "the-end", f"text = {EVERYTHING!r}"))
    find(made, "compute_fans")["outputs"] = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": EVERYTHING, "application/javascript": EVERYTHING},
        }
    ]
    made["metadata"]["title"] = made["metadata"]["kernelspec"]["display_name"] = EVERYTHING
    return made


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = released_course(tmp_path_factory.mktemp("feedback"))
    anna = answered(words="It falls.")
    find(anna, "compute_fans")["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/html": f"<p>{VERSIONS}</p>"},
        }
    ]
    submit(course.root, "anna", anna)
    submit(course.root, "bert <b>", answered(SWAPPED, words=ATTACK))
    submit(course.root, "carl", b"garbage")
    evil = answered(f"def compute_fans(shape):\n    raise ValueError({ATTACK!r} + repr(shape))")
    find(evil, "imports")["source"] = ATTACK
    submit(course.root, "dora", evil)
    submit(course.root, EVE, everywhere())
    submit(course.root, "fred", answered(f"def compute_fans(shape):\n    raise OSError({' '.join(PATHS)!r})"))
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
    assert set(graded[1]) == {"anna", "bert <b>", "carl", "dora", EVE, "fred"}


def test_no_script_no_link_outwards_and_nothing_to_be_loaded(graded):
    for student, page in graded[1].items():
        tree = Tree(page)
        assert tree.tags.isdisjoint({"script", "img", "iframe", "object", "link", "form", "svg", "base", "embed"})
        assert all(value.startswith("#") for name, value in tree.attributes if name in ("href", "src", "action"))
        assert not any(name.startswith("on") for name, _ in tree.attributes)
        assert "http-equiv" in dict(tree.attributes)
        assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"" in page.replace("&#39;", "'")
        assert student == EVE or not re.search(r"://|@import|url\(", page)


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


# ------------------------------------------------------------------ what a student writes stays text


def hostile(graded) -> str:
    return graded[1][EVE]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_is_shown_as_text_wherever_it_stood(graded, payload):
    shown = " ".join(visible(payload).split())
    places = text_of(hostile(graded)).count(shown)
    assert places >= 3, "the code before the exercise, the answer in words, the code after the last exercise"


def test_the_text_of_an_exception_is_shown_as_text(graded):
    page = hostile(graded)
    answer = page[page.index('<div class="check-answer"') : page.index("<details")]
    assert "Your code raised" in answer and "&lt;script&gt;window.PWNED=1&lt;/script&gt;" in answer
    assert set(re.findall(r"<(\w+)", answer)) <= {"div", "span", "ul", "li", "pre", "p"}


def test_no_element_of_a_student_comes_into_being(graded):
    page = hostile(graded)
    tree = Tree(page)
    of_the_page = "html head meta title style body header main footer nav section p h1 h2 div ul li a span strong i details " \
                  "summary pre blockquote"  # fmt: skip
    assert tree.tags <= set(of_the_page.split())
    attributes = "lang charset http-equiv content name class role aria-label aria-hidden style href id open tabindex"
    assert {name for name, _ in tree.attributes} <= set(attributes.split())
    assert not INVISIBLE.search(page)


def test_the_students_code_is_there_folded(graded):
    page = graded[1]["bert <b>"]
    assert "return receptive * shape[-1], receptive * shape[-2]" in text_of(page)
    assert page.count('<details class="code">') == 1
    assert "raise NotImplementedError" not in text_of(graded[1]["carl"])


def test_code_longer_than_a_page_can_bear_is_cut():
    from autograder.reports.written import LEFT_OUT, MAX_SHOWN, written

    long = "x = 1\n" * MAX_SHOWN
    cells = [cell("code", "a", long), cell("code", "b", "y = 2"), cell("code", "c", "handed out")]
    found = written(cells, {}, ["handed out"])
    [shown] = found.code[""]
    assert shown.endswith(LEFT_OUT) and len(shown) <= MAX_SHOWN + len(LEFT_OUT) + 1


def test_paths_and_the_name_of_the_machine_do_not_come_back(graded):
    page = text_of(graded[1]["fred"])
    answer = page[page.index("Your code raised OSError") : page.index("Your code def")]
    assert "…/x.ipynb" in answer and "…/core.py" in answer and "…/a.py" in answer
    assert not re.search(r"/srv|/root|site-packages|Users", answer)
    for page in graded[1].values():
        assert str(graded[0].root) not in page and f" {platform.node()} " not in page


@pytest.mark.parametrize("text, shown", [
    ("[Errno 2] No such file: '/home/me/data.csv'", "[Errno 2] No such file: '…/data.csv'"),
    ('File "/usr/lib/python3.11/json/decoder.py", line 355', 'File "…/decoder.py", line 355'),
    (r"C:\Users\me\x.py failed", "…/x.py failed"),
    ("~/notes/x.txt", "…/x.txt"),
    ("a/b and c / d / e", "a/b and c / d / e"),
    ("loss / n, 3/4, shape (3, 4)/2", "loss / n, 3/4, shape (3, 4)/2"),
    ("see https://numpy.org/doc/stable/x.html", "see https://numpy.org/doc/stable/x.html"),
    ("./data/x.csv ../y/z.csv", "./data/x.csv ../y/z.csv"),
])  # fmt: skip
def test_only_the_folders_of_absolute_paths_are_taken_out(text, shown):
    assert without_host(text) == shown


def test_of_a_hidden_case_nothing_but_its_name_and_its_sentence_is_handed_out():
    told = {
        "call": "f(SECRET)",
        "part": "",
        "expected": "SECRET",
        "given": "SECRET",
        "hint": "The shape is wrong.",
        "trace": "SECRET",
    }
    cases = (
        CaseResult("others", "hidden", False, "wrong", **told),
        CaseResult("a matrix", "public", False, "wrong", **told),
    )
    answer = for_students(Answer("f", 3, 0.0, "wrong", "The shape is wrong.", None, cases))
    hidden, public = answer.results
    assert "SECRET" not in str(hidden) and (hidden.name, hidden.hint) == ("others", "The shape is wrong.")
    assert (public.call, public.expected) == ("f(SECRET)", "SECRET")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_nothing_runs_nothing_is_loaded_and_nothing_is_said(graded, browser, tmp_path, scheme):
    file = tmp_path / "page.html"
    file.write_text(hostile(graded), encoding="utf-8")
    assert look(browser, file, scheme) == HARMLESS


@pytest.mark.browser
def test_the_policy_alone_keeps_scripts_and_beacons_out(graded, browser, tmp_path):
    """Were the escaping to fail, the page's policy would still hold: payloads put in as they are."""
    file = tmp_path / "page.html"
    page = hostile(graded)
    file.write_text(
        page.replace("</main>", "\n".join(p for n, p in PAYLOADS.items() if n != "notebook") + "</main>"),
        encoding="utf-8",
    )
    seen = look(browser, file)
    assert (seen["dialogs"], seen["pwned"]) == ([], False)
    assert any("Content Security Policy" in line for line in seen["console"])


def test_the_versions_that_a_submission_names_reach_the_class_report(graded):
    from autograder.reports.class_data import gather
    from autograder.reports.class_report import report_of

    [data] = gather(graded[0], [NAME])
    others = {one["what"]: one for one in report_of(data, str, anonymous=False)["versions"]["others"]}
    assert (others["NumPy"]["theirs"], others["NumPy"]["students"]) == ("1.26.4", ["anna"])
    assert others["checks"]["theirs"] == "01234567"
