"""What a student wrote, from the notebook in ``autograded/``: that is the notebook as handed out, with their cells in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.grading.course import Course
from autograder.grading.student_markdown import as_written

__all__ = ["Written", "cells_of_student", "code_cells", "written"]

MAX_NOTEBOOK = 32 * 2**20  # the grader writes these notebooks itself
MAX_SHOWN = 100_000  # characters of code on one page
LEFT_OUT = "… the rest is left out here: it is in your notebook."

Cell = dict[str, Any]


@dataclass
class Written:
    """A student's own words and code.

    Attributes:
        words: grade_id -> the answer to a question marked by hand, where it is not the text that was handed out.
        code: grade_id of a check -> the cells of code before it, down from the last check; "" -> those after the last one.
    """

    words: dict[str, str] = field(default_factory=dict)
    code: dict[str, list[str]] = field(default_factory=dict)


def cells_of_student(course: Course, student: str, name: str) -> list[Cell]:
    """The cells of the notebook in ``autograded/``; none where there is none that can be read."""
    path = course.notebook("autograded", student, name)
    try:
        if path.stat().st_size > MAX_NOTEBOOK:
            return []
        return list(json.loads(path.read_bytes())["cells"])
    except (OSError, ValueError, KeyError):
        return []


def mark_of(cell: Cell) -> dict[str, Any]:
    """What nbgrader knows of a cell; the grader has put it there, not the student."""
    found = cell["metadata"].get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def code_cells(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    """The code that students may write: (grade_id, or the cell's id; source)."""
    return [
        (mark_of(cell).get("grade_id") or cell.get("id", ""), "".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "code" and not mark_of(cell).get("locked")
    ]


def written(cells: Iterable[Cell], stubs: Mapping[str, str], handed_out: Iterable[str]) -> Written:
    """Sort what is the student's own.

    Args:
        cells: of the notebook in ``autograded/``.
        stubs: grade_id -> the cell's text as it was handed out.
        handed_out: the texts of all cells as they were handed out.
    """
    known, found, waiting, room = set(handed_out), Written(), [], MAX_SHOWN
    for cell in cells:
        mark, source = mark_of(cell), "".join(cell["source"])
        grade_id = mark.get("grade_id")
        if grade_id and mark.get("grade") and mark.get("solution"):
            if source != stubs.get(grade_id):
                found.words[grade_id] = as_written(source) if cell["cell_type"] == "markdown" else source
        elif grade_id and mark.get("grade"):
            found.code[grade_id], waiting = waiting, []
        elif cell["cell_type"] == "code" and not mark.get("locked") and source.strip() and source not in known:
            if room > 0:
                waiting.append(source if len(source) <= room else f"{source[:room]}\n{LEFT_OUT}")
            room -= len(source)
    found.code[""] = waiting
    return found
