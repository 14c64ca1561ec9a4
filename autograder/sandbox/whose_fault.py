"""Which of a notebook's failures explains that a name is not there, or is not the one that was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell

__all__ = ["why_missing", "why_old"]

MAX_LINE = 200  # characters


def why_missing(name: str, cells: Sequence[Cell], failures: Mapping[int, StudentFailure]) -> StudentFailure:
    """Why a name is not there: the cell that would have defined it went wrong, or nobody wrote it.

    Args:
        cells: those before the place where it is asked for.
        failures: position of a cell -> how it went wrong.
    """
    start = after_the_last_check(cells)
    word = re.escape(name)
    ways: tuple[Callable[[int, Cell], object], ...] = (
        lambda i, cell: defines(cell.source, name),
        lambda i, cell: i >= start and cell.kind == "solution",
        lambda i, cell: re.search(rf"\b{word}\b", cell.source),
    )
    wrong = {i: failure for i, failure in sorted(failures.items()) if i < len(cells)}
    for would_have in ways:
        for i, failure in wrong.items():
            if would_have(i, cells[i]):
                return failure
    return StudentFailure("missing", text=f"There is no {name} in your notebook.")


def why_old(
    name: str, cells: Sequence[Cell], failures: Mapping[int, StudentFailure], last: int,
    to_bind: Mapping[int, Collection[str]],
) -> StudentFailure | None:  # fmt: skip
    """Why a name still stands for what a cell further up has made: one further down was to make it anew, and went wrong before.

    Without this an exercise whose classes have the names of those of the exercise before would be judged on a mixture of new
    and old ones. A cell that went wrong after it had bound all the names that are asked for is judged by what it has
    bound: a test of the student's own below the classes costs nothing. Nor does a cell beside the solution's, unless it was
    to define the name with class or def and nothing of this exercise's has bound it.

    Args as for `why_missing`, and
        last: position of the cell that has bound the name, −1 where it is not known.
        to_bind: position of a cell that raised -> those names that it binds if it runs to its end. Solutions that went wrong
            in another way (not Python, stopped at a limit and not run again) are searched for lines that look like it.

    Returns:
        What went wrong, or None where nothing says that the name is an old one.
    """
    old = last < after_the_last_check(cells)
    for i in sorted((i for i in failures if last < i < len(cells)), reverse=True):
        source = cells[i].source
        if cells[i].kind != "solution":
            wanted = old and looks_like(CLASS_OR_DEF, source, name)
        else:
            wanted = name in to_bind[i] if i in to_bind else defines(source, name)
        if wanted:
            return failures[i]
    return None


def after_the_last_check(cells: Sequence[Cell]) -> int:
    return max((i + 1 for i, cell in enumerate(cells) if cell.kind == "check"), default=0)


CLASS_OR_DEF = r"^\s*(async\s+def|def|class)\s+{name}\b"
ASSIGNMENT = r"^\s*[(\[]?\s*(\*?[\w.]+\s*,\s*)*\*?{name}\s*(,\s*\*?[\w.]+\s*)*,?\s*[)\]]?\s*(:[^=]*)?=(?!=)"
IMPORT = r"^\s*(from\b.*)?\bimport\b.*\b{name}\b"


def defines(source: str, name: str) -> bool:
    """Whether a line looks as if it defined a name. The text need not be Python."""
    return any(looks_like(form, source, name) for form in (CLASS_OR_DEF, ASSIGNMENT, IMPORT))


def looks_like(form: str, source: str, name: str) -> bool:
    pattern = re.compile(form.format(name=re.escape(name)))
    return any(pattern.search(line) for line in lines_with(name, source))


def lines_with(word: str, source: str) -> list[str]:
    """The lines that hold a word, without those so long that a pattern could search them for ever: the judge does it."""
    return [line for line in source.split("\n") if word in line and len(line) <= MAX_LINE]
