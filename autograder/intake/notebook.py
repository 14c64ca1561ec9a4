"""From the bytes of a submitted notebook to the cells that will run, in the order in which they will run.

Of a submission only the text of its cells is used. Outputs, kernel, tags, locks and points that it claims are never
looked at; locked cells come from the source notebook, and checks do not run at all. The order is that of the source notebook:

- A solution cell runs where its slot stands, wherever the student has moved it.
- Cells of the student's own (also second copies of a cell) run in the order of the file, each one before the slot
  that follows it there; those at the end run last.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.assignment import Assignment, Slot

__all__ = ["MAX_BYTES", "Cell", "Malformed", "Submission", "read_file", "read_submission"]

MAX_BYTES = 20 * 2**20  # of the notebook
MAX_SOURCE = 2**20  # characters of one cell
MAX_CELLS = 2_000
MAX_DEPTH = 60  # of nested JSON
MAX_MARKS = 2_000_000  # values and brackets of the JSON: what its objects cost in memory

TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]},]', re.DOTALL)
SURROGATE = re.compile("[\ud800-\udfff]")
HIDING = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


class Malformed(Exception):
    """The submission cannot be read as a notebook of the assignment; the text says why."""


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
    """What is left of a submission: cells in the order in which they run, and what was odd about it."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...]
    sha256: str


def read_submission(source: str | Path | bytes, assignment: Assignment) -> Submission:
    """Read a submitted notebook.

    Args:
        source: the file, or its bytes.
        assignment: the assignment it answers.

    Raises:
        FileNotFoundError: there is no file.
        Malformed: it is not a regular file, too large, not a notebook, or holds none of the assignment's cells.
    """
    content = source if isinstance(source, bytes) else read_file(Path(source))
    if len(content) > MAX_BYTES:
        raise Malformed(f"it has more than {MAX_BYTES // 2**20} MB")
    notes: list[str] = []
    cells = cells_of(parse(content), notes)
    return Submission(in_order(cells, assignment, notes), tuple(notes), hashlib.sha256(content).hexdigest())


def read_file(path: Path) -> bytes:
    """The bytes of a regular file; links are not followed, pipes and devices not opened.

    Raises:
        FileNotFoundError: there is no file.
        Malformed: it is not a regular file, or too large.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Malformed("it is not a regular file")
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Malformed("it is not a regular file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Malformed(f"it has more than {MAX_BYTES // 2**20} MB")
    return content


# ------------------------------------------------------------------ bytes to cells


def parse(content: bytes) -> dict[str, Any]:
    """The notebook's JSON, its size in memory and its depth measured before it is built."""
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
    except ValueError:
        raise Malformed("it is not text") from None
    depth = marks = 0
    for match in TOKEN.finditer(text):
        token = match[0]
        if token[0] == '"':
            continue
        marks += 1
        depth += (token in "[{") - (token in "]}")
        if depth > MAX_DEPTH or marks > MAX_MARKS:
            raise Malformed("its JSON is nested too deep" if depth > MAX_DEPTH else "its JSON has too many values")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("it is not JSON") from None
    if not isinstance(notebook, dict):
        raise Malformed("it is not a notebook")
    return notebook


def cells_of(notebook: dict[str, Any], notes: list[str]) -> list[dict[str, Any]]:
    """The cells, each a dict with a text under "source", of a notebook of any format."""
    version = notebook.get("nbformat", 4)
    if version in (2, 3):
        notebook = upgraded(notebook)
        notes.append(f"The notebook was written in the old format {version}.")
    elif version != 4:
        raise Malformed(f"its format is {str(version)[:20]!r}, not 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Malformed("it has no cells")
    if len(cells) > MAX_CELLS:
        raise Malformed(f"it has {len(cells)} cells, more than {MAX_CELLS}")
    dicts = [dict(cell) if isinstance(cell, dict) else {} for cell in cells]
    return [cell | {"source": text_of(cell, number, notes)} for number, cell in enumerate(dicts, 1)]


def upgraded(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook of the formats 2 and 3 in format 4, by nbformat's own conversion."""
    import nbformat  # only for such a notebook

    try:
        return nbformat.convert(nbformat.from_dict(notebook), 4)
    except Exception:  # the conversion checks nothing
        raise Malformed("it is written in an old format and cannot be converted") from None


def text_of(cell: dict[str, Any], number: int, notes: list[str]) -> str:
    """The text of a cell; what cannot be run is replaced, what hides code from a reader is noted."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        notes.append(f"Cell {number} holds no text.")
        return ""
    if len(source) > MAX_SOURCE:
        notes.append(f"Cell {number} has {len(source)} characters and was left out.")
        return ""
    if cell.get("cell_type") == "code":
        for pattern, what in ((SURROGATE, "characters that are no Unicode"), (HIDING, "invisible characters")):
            if pattern.search(source):
                notes.append(f"Cell {number} holds {what}.")
        if "\0" in source:
            notes.append(f"Cell {number} holds null bytes.")
    return SURROGATE.sub("\ufffd", source).replace("\0", "\ufffd")


# ------------------------------------------------------------------ cells to slots


def grade_id_of(cell: dict[str, Any]) -> Any:
    """The grade_id that the cell claims, of whatever type, or None."""
    meta = cell.get("metadata")
    meta = meta.get("nbgrader") if isinstance(meta, dict) else None
    return meta.get("grade_id") if isinstance(meta, dict) else None


def fill(cells: list[dict[str, Any]], slots: dict[str, Slot], notes: list[str]) -> dict[int, str]:
    """Which cell fills which slot: cell's position -> grade_id. By nbgrader's metadata; where a cell lost it, by its id."""
    filled: dict[str, int] = {}
    copies: dict[str, int] = {}
    claims: list[Any] = [grade_id_of(cell) for cell in cells]
    for position, claim in enumerate(claims):
        if isinstance(claim, str) and claim in slots:
            if claim in filled:
                copies[claim] = copies.get(claim, 1) + 1
            filled.setdefault(claim, position)
    for position, cell in enumerate(cells):
        claim = cell.get("id")
        if claims[position] is None and isinstance(claim, str) and claim in slots and claim not in filled:
            filled[claim] = position
            notes.append(f"The cell {claim!r} lost its nbgrader metadata and was found by its id.")
    for grade_id, times in copies.items():
        notes.append(f"{times} cells have the id {grade_id!r}: the first one fills the slot.")
    return {position: grade_id for grade_id, position in filled.items()}


def in_order(cells: list[dict[str, Any]], assignment: Assignment, notes: list[str]) -> tuple[Cell, ...]:
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
        elif cell.get("cell_type") == "code" and not is_check(cell, slots):
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
            if own.get("cell_type") == "code":
                found.append(Cell(slot.kind, slot.grade_id, own["source"]))
            else:
                notes.append(f"The cell {slot.grade_id!r} is no code cell any more.")
    return (*found, *before[None])


def is_check(cell: dict[str, Any], slots: dict[str, Slot]) -> bool:
    """Whether a cell is a second copy of a check."""
    claim = grade_id_of(cell)
    return isinstance(claim, str) and claim in slots and slots[claim].kind == "check"
