"""What a student sees of an answer, as text and as HTML: first what is right, then the first thing that is wrong.

The same two renderings serve the notebook and the feedback pages. The HTML is escaped throughout and stands without
scripts, links or images, so that it can be shown anywhere; characters that a reader would not see are written as escapes.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

from autograder.judging import Answer, CaseResult

__all__ = ["as_html", "as_text", "escaped", "points_text", "visible"]

WIDTH = 72
SUSPECT = re.compile("[^ -~\n\t]")
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks without ink


def unseen(character: str) -> bool:
    """Whether a reader would not see it: controls, reversed direction, zero width, no Unicode. Wide spaces are seen."""
    if character in BLANK:
        return True
    return not character.isprintable() and unicodedata.category(character) != "Zs"


def visible(text: str) -> str:
    """Text in which everything can be seen: what could not is written as an escape. Lines and tabs stay."""

    def shown(match: re.Match[str]) -> str:
        return match[0].encode("unicode_escape").decode() if unseen(match[0]) else match[0]

    return SUSPECT.sub(shown, text)


def escaped(text: str) -> str:
    """Text as HTML that shows it and does nothing else; escapes of what cannot be seen are marked as ours."""

    def shown(match: re.Match[str]) -> str:
        if not unseen(match[0]):
            return match[0]
        return f'<span class="unseen">{match[0].encode("unicode_escape").decode()}</span>'

    return SUSPECT.sub(shown, escape(text))


def points_text(answer: Answer) -> str:
    """``3 of 5 points``, or where some cases wait for the grader ``public cases: 3 of 4``."""
    if answer.waiting and (answer.results or answer.verdict == "pass"):
        passed = sum(r.passed for r in answer.results)
        return f"public cases: {passed} of {len(answer.results)}; points are decided by the grader"
    return f"{answer.score:g} of {answer.points} point{'s' if answer.points != 1 else ''}"


def split(answer: Answer) -> tuple[list[CaseResult], CaseResult | None, list[CaseResult]]:
    """Passed cases, the first failed one, the other failed ones."""
    failed = [r for r in answer.results if not r.passed]
    return [r for r in answer.results if r.passed], failed[0] if failed else None, failed[1:]


def label(result: CaseResult) -> str:
    return f"{result.name} (hidden)" if result.group == "hidden" else result.name


def details(answer: Answer, first: CaseResult) -> list[str]:
    """The lines under the first failed case: call, expected against given, and the thought that leads on."""
    lines = [first.call] if first.call else []
    if first.expected:
        lines.append(f"{first.part + ': ' if first.part else ''}expected {first.expected}")
        lines.append(f"yours is {first.given}")
    if answer.misconception and answer.message != first.hint:
        lines.append(answer.message)
    elif first.hint:
        lines.append(first.hint)
    return lines + first.trace.splitlines()


def waiting_text(answer: Answer) -> str:
    count = len(answer.waiting)
    return f"… {count} hidden case{'s' if count != 1 else ''} wait{'' if count != 1 else 's'} for the grader"


def reading(answer: Answer) -> str:
    return f'→ {answer.chapter}, "{answer.section}"' if answer.chapter else ""


def as_text(answer: Answer, versions: str = "") -> str:
    """The answer in plain lines, as in a terminal; `versions`, see `autograder.versions`, is the last one."""
    passed, first, others = split(answer)
    lines = [f"{answer.exercise}{points_text(answer):>{max(WIDTH - len(answer.exercise), 1)}}"]
    row = ""
    for result in passed:
        item = f"✓ {label(result)}"
        if row and len(row) + len(item) > WIDTH - 2:
            lines.append(f"  {row.rstrip()}")
            row = ""
        row += f"{item:<{-(-(len(item) + 3) // 24) * 24}}"
    if row:
        lines.append(f"  {row.rstrip()}")
    if first:
        lines.append(f"  ✗ {label(first)}")
        lines += [f"      {line}" for line in details(answer, first)]
    elif answer.verdict != "pass":
        lines.append(f"  ✗ {answer.message}")
    if answer.verdict != "pass" and answer.chapter:
        lines.append(f"      {reading(answer)}")
    lines += [f"  ✗ {label(result)}" for result in others]
    lines += [f"  {waiting_text(answer)}"] if answer.waiting else []
    lines += [f"  note: {note}" for note in answer.notes]
    lines += [f"  {versions}"] if versions else []
    return visible("\n".join(lines))


STYLE = """
.check-answer{font-family:system-ui,sans-serif;font-size:.95em;line-height:1.45;max-width:46em;margin:.3em 0;padding:.6em .9em;
 border:1px solid rgba(128,128,128,.45);border-left:.35em solid #d55e00;border-radius:.3em}
.check-answer.right{border-left-color:#009e73}
.check-answer .head{display:flex;justify-content:space-between;gap:1em;font-weight:600}
div.check-answer.check-answer ul{list-style:none;margin:.4em 0 0;padding:0}
div.check-answer.check-answer ul.passed li{display:inline-block;margin:0 1.4em .1em 0;opacity:.85}
.check-answer .case{margin:.45em 0 .2em;font-weight:600}
.check-answer pre{margin:.2em 0 .2em 1.3em;padding:0;background:none;border:0;color:inherit;white-space:pre-wrap;
 overflow-wrap:anywhere;font-size:.92em}
.check-answer p{margin:.3em 0 .3em 1.3em}
.check-answer .read{opacity:.8}
.check-answer .unseen{border:1px dotted;border-radius:.2em;font-family:monospace;font-size:.85em;opacity:.85}
.check-answer .versions{font-size:.75em;opacity:.65}
"""


def as_html(answer: Answer, *, style: bool = True, versions: str = "") -> str:
    """The answer as an HTML fragment.

    Args:
        style: put the stylesheet before it; a page of many needs it once.
        versions: a last line in small type, see `autograder.versions`.
    """
    passed, first, others = split(answer)
    right = answer.verdict == "pass"
    parts = [f"<style>{STYLE}</style>"] if style else []
    parts.append(f'<div class="check-answer{" right" if right else ""}" role="status">')
    parts.append(f'<div class="head"><span>{escaped(answer.exercise)}</span><span>{points_text(answer)}</span></div>')
    if passed:
        items = "".join(f"<li>✓ {escaped(label(r))}</li>" for r in passed)
        parts.append(f'<ul class="passed">{items}</ul>')
    if first:
        parts.append(f'<div class="case">✗ {escaped(label(first))}</div>')
        code = [first.call] if first.call else []
        if first.expected:
            code += [f"{first.part}:"] if first.part else []
            code += [f"expected  {first.expected}", f"yours is  {first.given}"]
        if code:
            parts.append(f"<pre>{escaped(chr(10).join(code))}</pre>")
        sentence = answer.message if answer.misconception else first.hint
        if sentence:
            parts.append(f"<p>{escaped(sentence)}</p>")
        if first.trace:
            parts.append(f"<pre>{escaped(first.trace)}</pre>")
    elif not right:
        parts.append(f"<p>✗ {escaped(answer.message)}</p>")
    if not right and answer.chapter:
        parts.append(f'<p class="read">{escaped(reading(answer))}</p>')
    if others:
        parts.append("<ul>" + "".join(f"<li>✗ {escaped(label(r))}</li>" for r in others) + "</ul>")
    if answer.waiting:
        parts.append(f"<p>{waiting_text(answer)}</p>")
    parts += [f"<p>note: {escaped(note)}</p>" for note in answer.notes]
    if versions:
        parts.append(f'<p class="versions" data-versions="{escape(versions)}">{escaped(versions)}</p>')
    return "".join([*parts, "</div>"])
