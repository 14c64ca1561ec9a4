"""Sphinx extension: what one of the sixteen steps changes in the one before it, out of the files themselves.

    :::{step-difference} 7
    :::

shows the lines that solutions/gradus/steps/step07.py adds to and takes from step06.py, with three lines around them, and the
whole file folded under it. The text at a file's beginning is left out: what it says stands in the chapter. Removed lines
are `<del>`, new ones `<ins>`, and each line says which line of which file it is, so that a test can apply what a page shows.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FOLDER = "solutions/gradus/steps"
LAST = 16
AROUND = 3  # unchanged lines shown before and after a change


class StepDifference(SphinxDirective):
    """The difference of a step to the one before it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = self.arguments[0]
        if not text.isdecimal() or not 1 <= int(text) <= LAST:
            raise self.error(f"step-difference: the step must be a number from 1 to {LAST}, got {text!r}")
        n = int(text)
        files = [Path(self.env.srcdir) / FOLDER / f"step{i:02}.py" for i in (n - 1, n) if i]
        for file in files:
            self.env.note_dependency(str(file))
        *before, after = [file.read_text(encoding="utf-8") for file in files]
        return [nodes.raw("", page_part(n, before[0] if before else "", after), format="html")]


def page_part(n: int, before: str, after: str) -> str:
    """The difference and the whole file, as HTML."""
    what = f"What step {n} changes in step {n - 1}" if before else "The whole of step 1"
    whole = highlight(after, PythonLexer(), HtmlFormatter(cssclass="highlight"))
    rows = "".join(difference(before, after))
    return f"""<figure class="step-difference" data-step="{n}">
<figcaption>{what}: <code>gradus/steps/step{n:02}.py</code></figcaption>
<div class="highlight" tabindex="0" role="region" aria-label="{what}"><pre>{rows}</pre></div>
<details><summary>The whole file, {len(after.splitlines())} lines</summary>{whole}</details>
</figure>"""


def difference(before: str, after: str) -> Iterator[str]:
    """Lines of HTML: what stays around a change, what goes, what comes, and a line where something is passed over."""
    old, new = before.splitlines(), after.splitlines()
    old_html, new_html = coloured(before), coloured(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    shown = False
    for group in matcher.get_grouped_opcodes(AROUND):
        lines = list(group_lines(group, old_html, new_html, text_lines(before), text_lines(after)))
        if all(text.startswith("<span") for text in lines):
            continue  # a change of the text at the beginning only
        if shown:
            yield '<span class="gap">⋯</span>'
        shown = True
        yield from lines[without_empty_ends(lines)]


def group_lines(
    group: list[tuple[str, int, int, int, int]], old: list[str], new: list[str], old_from: int, new_from: int
) -> Iterator[str]:
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                if j >= new_from:  # what stood in the text at the beginning of the old file is new in the code
                    yield line("span", i, j, new[j]) if i >= old_from else line("ins", None, j, new[j])
        else:
            yield from (line("del", i, None, old[i]) for i in range(i1, i2) if i >= old_from)
            yield from (line("ins", None, j, new[j]) for j in range(j1, j2) if j >= new_from)


def without_empty_ends(lines: list[str]) -> slice:
    """Where the lines are that stand between the empty unchanged ones at both ends."""
    kept = [i for i, text in enumerate(lines) if not text.endswith("</span> </span>\n")]
    return slice(kept[0], kept[-1] + 1)


def line(tag: str, i: int | None, j: int | None, html: str) -> str:
    numbers = "".join(f' data-{name}="{k + 1}"' for name, k in (("old", i), ("new", j)) if k is not None)
    sign = {"del": "−", "ins": "+"}.get(tag, " ")
    return (
        f'<{tag} class="code-line"{numbers}><span class="sign" aria-hidden="true">{sign}</span>{html or " "}</{tag}>\n'
    )


def text_lines(source: str) -> int:
    """How many lines the text at the beginning of a file takes, with the empty line after it."""
    body = ast.parse(source).body
    if not body or ast.get_docstring(ast.parse(source)) is None:
        return 0
    return (body[0].end_lineno or 0) + 1


def coloured(source: str) -> list[str]:
    """The lines of a Python source as HTML, each whole in itself."""
    if not source:
        return []
    html = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    lines = html.splitlines()
    return lines if len(lines) == len(source.splitlines()) else [escape(text) for text in source.splitlines()]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("step-difference", StepDifference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
