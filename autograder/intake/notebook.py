"""From the cells of a submitted notebook to those that will run, in the order in which they will run.

Of a submission only the text of its cells is used (`autograder.intake.cells`). Locked cells come from the source notebook, and
checks do not run at all. The order is that of the source notebook:

- A solution cell runs where its slot stands, wherever the student has moved it.
- Cells of the student's own (also second copies of a cell) run in the order of the file, each one before the slot
  that follows it there; those at the end run last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.assignment import Assignment, Slot
from autograder.intake import cells as reader
from autograder.intake.cells import MAX_BYTES, Malformed, read_cells
from autograder.intake.package import read_file

__all__ = ["MAX_BYTES", "Cell", "Malformed", "Submission", "arrange", "fill", "read_file", "read_submission"]

MAX_NOTE = 200  # characters


@dataclass(frozen=True)
class Cell:
    """A cell to be run, or (kind "check") the place where an exercise is judged.

    Attributes:
        kind: that of the slot, or "extra" for a cell of the student's own.
        label: the grade_id, or "extra 7" for the seventh cell of the file.
        source: what is run: the student's text in solution slots, the source notebook's in given ones.
    """

    kind: Literal["given", "solution", "manual", "extra", "check"]
    label: str
    source: str


@dataclass(frozen=True)
class Submission:
    """What is left of a submission: cells in the order in which they run, and what was odd about it.

    Attributes:
        sha256: of what was handed in.
        versions: what the student's machine ran, as the saved answer of a check says; "" where none is there.
    """

    cells: tuple[Cell, ...]
    notes: tuple[str, ...]
    sha256: str
    versions: str = ""


def read_submission(source: str | Path | bytes, assignment: Assignment) -> Submission:
    """Read a submitted notebook in this process.

    Args:
        source: the file, or its bytes.
        assignment: the assignment it answers.

    Raises:
        FileNotFoundError: there is no file.
        Malformed: it is not a regular file, too large, not a notebook, or holds none of the assignment's cells.
    """
    content = source if isinstance(source, bytes) else read_file(Path(source))
    cells, notes = read_cells(content)
    return arrange(cells, notes, assignment, hashlib.sha256(content).hexdigest())


def arrange(cells: Any, notes: Any, assignment: Assignment, sha256: str) -> Submission:
    """The submission that cells make up.

    Args:
        cells: what `read_cells` gave, or what another process says that it gave: its form is not believed.
        notes: likewise.
        assignment: the assignment they answer.
        sha256: of what was handed in.

    Raises:
        Malformed: they have not the form that `read_cells` gives them, or hold none of the assignment's cells.
    """
    require_form(cells, notes)
    told: list[str] = list(notes)
    versions = next((cell["versions"] for cell in reversed(cells) if "versions" in cell), "")
    return Submission(in_order(cells, assignment, told), tuple(told), sha256, versions)


# ------------------------------------------------------------------ the form of what another process read


def require_form(cells: Any, notes: Any) -> None:
    fine = type(cells) is list and len(cells) <= reader.MAX_CELLS and all(map(has_form, cells))
    fine = fine and type(notes) is list and len(notes) <= reader.MAX_NOTES
    fine = fine and all(type(note) is str and len(note) <= MAX_NOTE for note in notes)
    if not fine or sum(len(json.dumps(cell["source"])) for cell in cells if cell["source"]) > reader.MAX_TOTAL:
        raise Malformed("what came of reading it has not the form of a notebook")


def has_form(cell: Any) -> bool:
    if type(cell) is not dict or set(cell) - {"versions"} != {"cell_type", "id", "grade_id", "source"}:
        return False
    source, versions = cell["source"], cell.get("versions", "")
    return (
        type(source) is str and len(source) <= reader.MAX_SOURCE and "\0" not in source
        and not reader.SURROGATE.search(source)
        and (cell["cell_type"] == "" or is_name(cell["cell_type"]))
        and all(cell[key] is None or is_name(cell[key]) for key in ("id", "grade_id"))
        and type(versions) is str and (versions == "" or reader.VERSIONS.fullmatch(versions) is not None)
    )  # fmt: skip


def is_name(value: Any) -> bool:
    return type(value) is str and reader.NAME.fullmatch(value) is not None


# ------------------------------------------------------------------ cells to slots


def fill(cells: Sequence[Mapping[str, Any]], slots: Mapping[str, Slot], notes: list[str]) -> dict[int, str]:
    """Which cell fills which slot: cell's position -> grade_id. By nbgrader's metadata; where a cell lost it, by its id."""
    filled: dict[str, int] = {}
    copies: dict[str, int] = {}
    for position, cell in enumerate(cells):
        claim = cell["grade_id"]
        if claim in slots:
            if claim in filled:
                copies[claim] = copies.get(claim, 1) + 1
            filled.setdefault(claim, position)
    for position, cell in enumerate(cells):
        claim = cell["id"]
        if cell["grade_id"] is None and claim in slots and claim not in filled:
            filled[claim] = position
            notes.append(f"The cell {claim!r} lost its nbgrader metadata and was found by its id.")
    for grade_id, times in copies.items():
        notes.append(f"{times} cells have the id {grade_id!r}: the first one fills the slot.")
    return {position: grade_id for grade_id, position in filled.items()}


def in_order(cells: Sequence[Mapping[str, Any]], assignment: Assignment, notes: list[str]) -> tuple[Cell, ...]:
    """The cells to be run and the places of the checks, in the order described at the top of this file."""
    slots = {s.grade_id: s for s in assignment.slots}
    place = fill(cells, slots, notes)
    if slots and not place:
        raise Malformed("it holds none of the assignment's cells")
    at = {grade_id: position for position, grade_id in place.items()}
    before: dict[str | None, list[Cell]] = {}
    waiting: list[Cell] = []
    for position, cell in enumerate(cells):
        if position in place:
            before.setdefault(place[position], []).extend(waiting)
            waiting = []
        elif cell["cell_type"] == "code" and not is_check(cell, slots):
            waiting.append(Cell("extra", f"extra {position + 1}", cell["source"]))
    before[None] = waiting
    order = [at[s.grade_id] for s in assignment.slots if s.grade_id in at]
    if order != sorted(order):
        notes.append("Cells were moved: they run in the order of the assignment.")
    found: list[Cell] = []
    for slot in assignment.slots:
        found += before.get(slot.grade_id, [])
        own = cells[at[slot.grade_id]] if slot.grade_id in at else None
        if own is None and (slot.code or slot.kind != "given"):
            notes.append(f"The cell {slot.grade_id!r} was deleted.")
        elif own and slot.code and slot.kind in ("given", "check") and own["source"].strip() != slot.source.strip():
            notes.append(f"The read-only cell {slot.grade_id!r} was changed: the original counts.")
        if slot.kind == "check":
            found.append(Cell("check", slot.grade_id, ""))
        elif slot.kind == "given" and slot.code:
            found.append(Cell("given", slot.grade_id, slot.source))
        elif slot.code and own is not None:
            if own["cell_type"] == "code":
                found.append(Cell(slot.kind, slot.grade_id, own["source"]))
            else:
                notes.append(f"The cell {slot.grade_id!r} is no code cell any more.")
    return (*found, *before[None])


def is_check(cell: Mapping[str, Any], slots: Mapping[str, Slot]) -> bool:
    """Whether a cell is a second copy of a check."""
    slot = slots.get(cell["grade_id"])
    return slot is not None and slot.kind == "check"
