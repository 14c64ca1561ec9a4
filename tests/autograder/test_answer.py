"""What a student sees of an answer: all of it, as text that does nothing, in the notebook, a terminal and a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from autograder.answer import as_html, as_text, escaped, visible
from autograder.judging import Answer, CaseResult

LINE = "checks 01234567 · gradus 89abcdef · NumPy 2.4.6 · Python 3.11.7"
HOSTILE = "<script>alert(1)</script>\x1b]8;;http://x\x07\u202e\u2066\u200b\ufeff\x00\ud800\u3164 ünï 漢字 \u05d0"


def answer(text: str = "fine", verdict: str = "wrong", **more) -> Answer:
    case = CaseResult(text, "public", False, "wrong", call=f"f({text})", part=text, expected="1", given=text, hint=text,
                      trace=f"line 1: {text}")  # fmt: skip
    fields = {"chapter": "Chapter", "section": "Section", "notes": (text,)} | more
    return Answer("f", 3, 1.5, verdict, text, None, (CaseResult(text, "hidden", True), case), **fields)


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("character, shown", [
    ("\x1b", r"\x1b"), ("\x07", r"\x07"), ("\x00", r"\x00"), ("\r", r"\r"), ("\x9b", r"\x9b"), ("\u202e", r"\u202e"),
    ("\u2067", r"\u2067"), ("\u200b", r"\u200b"), ("\ufeff", r"\ufeff"), ("\u00ad", r"\xad"), ("\u2028", r"\u2028"),
    ("\ud800", r"\ud800"), ("\U000e0041", r"\U000e0041"), ("\u3164", r"\u3164"), ("\ue000", r"\ue000"),
])  # fmt: skip
def test_what_cannot_be_seen_is_written_as_an_escape(character, shown):
    assert visible(f"a{character}b") == f"a{shown}b"
    assert escaped(f"<{character}>") == f'&lt;<span class="unseen">{shown}</span>&gt;'


@pytest.mark.parametrize(
    "text", ["x = 1\n\ty = 2", "naïve Größe", "漢字かな", "עברית العربية", "a\u00a0b\u3000c", "✓ σ² → 0 😀"]
)
def test_what_can_be_seen_stays_as_it_is(text):
    assert visible(text) == escaped(text) == text


def test_nothing_hidden_or_active_is_left_in_text_or_html():
    shown = as_text(answer(HOSTILE), LINE)
    page = Text(as_html(answer(HOSTILE), versions=LINE))
    for text in (shown, page.text):
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\u3164]", text
        )
        assert "<script>alert(1)</script>" in text and "漢字" in text
    assert {tag for tag, _ in page.tags} <= {"style", "div", "span", "ul", "li", "pre", "p"}
    assert not [
        name for _, attributes in page.tags for name in attributes if name not in ("class", "role", "data-versions")
    ]


def test_the_versions_are_the_last_line_and_an_attribute():
    assert as_text(answer(), LINE).splitlines()[-1].strip() == LINE
    page = Text(as_html(answer(), versions=LINE))
    [attributes] = [a for _, a in page.tags if "data-versions" in a]
    assert attributes["data-versions"] == LINE
    assert page.text.endswith(LINE)


def test_without_versions_nothing_is_said_of_them():
    assert "NumPy" not in as_text(answer()) and "data-versions" not in as_html(answer())
