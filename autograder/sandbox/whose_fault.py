"""Which of a notebook's failures explains that a name is not there, or is not the one that was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell

__all__ = ["why_missing", "why_old"]

MAX_LINE = 200  # characters
NOT_PYTHON = ("SyntaxError", "IndentationError", "TabError")


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


def why_old(name: str, cells: Sequence[Cell], failures: Mapping[int, StudentFailure]) -> StudentFailure | None:
    """Why a name still stands for what an earlier exercise asked for: the cell that was to define it anew is not Python.

    Args as for `why_missing`. None where nothing says that the name is an old one.
    """
    found = None
    for i in range(after_the_last_check(cells), len(cells)):
        if defines(cells[i].source, name):
            failure = failures.get(i)
            found = failure if failure is not None and failure.kind in NOT_PYTHON else None
    return found


def after_the_last_check(cells: Sequence[Cell]) -> int:
    return max((i + 1 for i, cell in enumerate(cells) if cell.kind == "check"), default=0)


def defines(source: str, name: str) -> bool:
    """Whether a line looks as if it defined a name. The text need not be Python."""
    word = re.escape(name)
    definition = re.compile(rf"^\s*(async\s+def|def|class)\s+{word}\b|^[^#=]*\b{word}\b[^#=]*=|\bimport\b.*\b{word}\b")
    return any(definition.search(line) for line in lines_with(name, source))


def lines_with(word: str, source: str) -> list[str]:
    """The lines that hold a word, without those so long that a pattern could search them for ever: the judge does it."""
    return [line for line in source.split("\n") if word in line and len(line) <= MAX_LINE]
