"""Which of a notebook's failures explains that a name is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell

__all__ = ["why_missing"]

MAX_LINE = 200  # characters


def why_missing(name: str, cells: Sequence[Cell], failures: Mapping[int, StudentFailure]) -> StudentFailure:
    """Why a name is not there: the cell that would have defined it went wrong, or nobody wrote it.

    Args:
        cells: those before the place where it is asked for.
        failures: position of a cell -> how it went wrong.
    """
    start = max((i + 1 for i, cell in enumerate(cells) if cell.kind == "check"), default=0)
    word = re.escape(name)
    definition = re.compile(rf"^\s*(async\s+def|def|class)\s+{word}\b|^[^#=]*\b{word}\b[^#=]*=|\bimport\b.*\b{word}\b")
    ways: tuple[Callable[[int, Cell], object], ...] = (
        lambda i, cell: any(definition.search(line) for line in lines_with(name, cell.source)),
        lambda i, cell: i >= start and cell.kind == "solution",
        lambda i, cell: re.search(rf"\b{word}\b", cell.source),
    )
    wrong = {i: failure for i, failure in sorted(failures.items()) if i < len(cells)}
    for would_have in ways:
        for i, failure in wrong.items():
            if would_have(i, cells[i]):
                return failure
    return StudentFailure("missing", text=f"There is no {name} in your notebook.")


def lines_with(word: str, source: str) -> list[str]:
    """The lines that hold a word, without those so long that a pattern could search them for ever: the judge does it."""
    return [line for line in source.split("\n") if word in line and len(line) <= MAX_LINE]
