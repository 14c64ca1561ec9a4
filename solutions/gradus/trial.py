"""Claims on trial: an experiment says in its last line whether it supports what the book concludes from it.

    claim("INIT-19", holds=ratio < 1e-12, measured=f"layer 20 sees {ratio:.0e} of the signal")
    number("growth", growth, ".1e")

``claim`` raises when the experiment does not support the verdict: the build of the book and the test that runs the
notebook then fail. Otherwise both store what was measured in the notebook, for the book's prose and for its page *Claims
on trial*, and show it below the cell. Nothing more than IPython is needed to see it in JupyterLab, and nothing at all in
a plain script; storing needs myst_nb, which builds the book.

What is stored. ``myst_nb.glue(key, value, display=False)`` writes one output to the cell:
    output_type                      display_data
    metadata.scrapbook.name          the key: "claim-INIT-19", or "growth"
    metadata.scrapbook.mime_prefix   "application/papermill.record/", put before each of the following:
    data["text/plain"]               what was measured, as it is to be read: one line without markup; a number in quotes
    data["text/html"]                for claims only: the box that is shown below the cell
myst_nb takes the prefix off. Prose says {glue:text}`growth` or {glue:text}`claim-INIT-19`; an extension finds the same
under ``glue_data[key]["data"]["text/plain"]`` of the page. A key may be used once a page.

Three tools that many experiments need stand here, too: ``table`` shows what was found, ``outcome`` shows an error as text,
``complex_slopes`` finds derivatives without any backward.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arguments import describe, fail, fail_type, require_bool, require_callable

__all__ = ["Claim", "Number", "Table", "claim", "complex_slopes", "number", "outcome", "table"]

CLAIM_ID = re.compile(r"[A-Z]+-\d+")
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, repr=False)
class Claim:
    """A statement of the notes and what an experiment measured about it; shows itself as a small box."""

    id: str
    measured: str

    def __repr__(self) -> str:
        return self.measured

    def _repr_html_(self) -> str:
        style = "border-left: 4px solid #0072B2; padding: .2em .8em; margin: .5em 0"
        return (
            f'<div class="claim-measured" style="{style}">'
            f"<strong>{self.id}</strong> · measured: {html.escape(self.measured)}</div>"
        )


@dataclass(frozen=True, repr=False)
class Number:
    """A measured number, written as prose writes it."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of text in columns; shows itself as a table on the page."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


def claim(id: str, *, holds: bool, measured: str) -> Claim:
    """Put a claim on trial: raise if the experiment does not support the book's verdict on it, else keep what it measured.

    Args:
        id: id of the statement, "INIT-19".
        holds: what the verdict rests on, worked out from the experiment: True if the verdict stands. It is about the
            verdict, not the statement: where the book says "does not hold", holds is True if the experiment shows that.
        measured: the figures, one line of plain text for a reader who sees the claim but not the experiment.

    Returns:
        The claim, which shows itself when it is the value of a cell's last line. Stored under the key "claim-ID".

    Raises:
        AssertionError: holds is False.
        TypeError: an argument is of the wrong type.
        ValueError: id is not of the form INIT-19, or measured is empty or longer than a line.
    """
    _require_match(CLAIM_ID, "such as INIT-19", id=id)
    require_bool(holds=holds)
    if not isinstance(measured, str):
        fail_type(f"measured must be text, got {describe(measured)}")
    if not measured.strip() or len(measured.splitlines()) > 1:
        fail(f"measured must be one line of text, got {describe(measured)}")
    measured = measured.strip()
    if not holds:
        raise AssertionError(f"{id}: the experiment no longer supports the verdict on this claim; measured: {measured}")
    value = Claim(id, measured)
    _glue(f"claim-{id}", value)
    return value


def number(name: str, value: float, fmt: str = ".3g") -> Number:
    """Keep a measured number for the prose: {glue:text}`name` prints it.

    Powers of ten are written out, 1.2e-16 as 1.2 × 10⁻¹⁶, and a minus sign as −.

    Args:
        name: key: letters, digits, - and _, beginning with a letter; unique on its page.
        value: the number.
        fmt: how to format it, as in format(value, fmt).

    Returns:
        The formatted number.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: name or fmt is malformed.
    """
    _require_match(KEY, "of letters, digits, - and _", name=name)
    if isinstance(value, bool | np.bool_) or np.ndim(value) != 0 or np.asarray(value).dtype.kind not in "iuf":
        fail_type(f"value must be a number, got {describe(value)}")
    if not isinstance(fmt, str):
        fail_type(f"fmt must be text, got {describe(fmt)}")
    try:
        text = format(np.asarray(value).item(), fmt)
    except ValueError as error:
        fail(f"fmt must format a number, got {fmt!r}: {error}")
    shown = Number(_typeset(text))
    _glue(name, shown.text)  # as text: glue evaluates what looks like a number, and 0.50 would lose its zero
    return shown


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Table:
    """What was found as a table: the first column to the left, all others to the right, where numbers belong.

    Args:
        head: what stands above the columns. Markdown and formulas are shown as such, here and in the rows.
        rows: each as long as head. Numbers are written as str writes them: format those that are long.

    Returns:
        The table, which shows itself when it is the value of a cell's last line.

    Raises:
        TypeError: head, rows or a row is not a list or tuple.
        ValueError: head is empty, or a row is not as long as head.
    """
    for name, value in (("head", head), ("rows", rows)):
        if not isinstance(value, list | tuple):
            fail_type(f"{name} must be a list, got {describe(value)}")
    if not head:
        fail("head must name one column at least, got none")
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple):
            fail_type(f"rows[{i}] must be a list, got {describe(row)}")
        if len(row) != len(head):
            fail(f"rows[{i}] must have {len(head)} entries, as head has, got {len(row)}")
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return Table("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


def outcome(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives or, as text, the error with which it ends: "ValueError: x must be …".

    Args:
        call: the function to call.
        arguments: what it is called with.

    Raises:
        TypeError: call is not a function. Nothing that it raises comes through.
    """
    require_callable(call=call)
    try:
        return call(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def complex_slopes(step: Any, program: Callable[..., Any], *points: float) -> tuple[float, ...]:
    """The slopes of a program at a point, one for each input, by complex steps (Squire and Trapp 1998).

        f(x + i h) = f(x) + i h f'(x) − h² f''(x)/2 − …
        f'(x) ≈ Im f(x + i h) / h

    With h = 10⁻²⁰ all that follows f' is lost in rounding, and nothing is subtracted: the slope is exact but for the
    rounding of f itself. It takes a forward for each input and no backward, so it can judge one. All functions of the
    program must work with complex numbers; abs and max do not.

    Args:
        step: a module with a class Variable, such as those of gradus.steps.
        program: takes Variables, gives a Variable.
        points: the value of each input.

    Raises:
        TypeError: step has no Variable, program is not a function, or a point is not a number.
    """
    if not callable(getattr(step, "Variable", None)):
        fail_type(f"step must be a module with a class Variable, got {describe(step)}")
    require_callable(program=program)
    for i, point in enumerate(points):
        if np.ndim(point) != 0 or np.asarray(point).dtype.kind not in "iuf":
            fail_type(f"points[{i}] must be a number, got {describe(point)}")
    h = 1e-20
    slopes = []
    for i in range(len(points)):
        xs = [step.Variable(np.array(p + 1j * h * (k == i))) for k, p in enumerate(points)]
        slopes.append(float(np.imag(program(*xs).data) / h))
    return tuple(slopes)


def _typeset(text: str) -> str:
    """A formatted number with powers of ten and minus signs as they are printed."""
    mantissa, e, exponent = text.partition("e")
    if e and exponent.lstrip("+-").isdigit():
        power = str(int(exponent)).translate(SUPERSCRIPTS)
        text = f"10{power}" if mantissa in ("1", "+1") else f"{mantissa} × 10{power}"
    return text.replace("-", "−")


def _require_match(pattern: re.Pattern[str], wanted: str, **named: Any) -> None:
    """Each argument is text of the given form."""
    for name, value in named.items():
        if not isinstance(value, str):
            fail_type(f"{name} must be text, got {describe(value)}")
        if not pattern.fullmatch(value):
            fail(f"{name} must be {wanted}, got {value!r}")


def _glue(key: str, value: Any) -> None:
    """Store a value in the notebook that is running, if one is and the tool that reads it is installed."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return
    try:
        from myst_nb import glue  # type: ignore[import-untyped]
    except ImportError:
        return
    glue(key, value, display=False)
