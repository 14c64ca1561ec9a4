"""From the bytes of a notebook to the text of its cells: the one place where a student's bytes are parsed.

It runs in the sandbox, before any of the student's code, and so needs nothing but the standard library. Sizes, depth and
counts are measured before anything is built of them. Outputs, kernel, tags, locks and points are left behind here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["MAX_BYTES", "Malformed", "read_cells"]

MAX_BYTES = 20 * 2**20  # of the notebook
MAX_SOURCE = 2**20  # characters of one cell
MAX_TOTAL = 4 * 2**20  # characters of all cells together, written as JSON: what has to travel to the judge
MAX_CELLS = 2_000
MAX_DEPTH = 60  # of nested JSON
MAX_MARKS = 2_000_000  # values and brackets of the JSON: what its objects cost in memory
MAX_NOTES = 50
MAX_OUTPUT = 200_000  # characters of an output in which a check's answer is looked for

TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]},]', re.DOTALL)
NAME = re.compile("[ -~]{1,100}")  # a grade_id, a cell's id
SURROGATE = re.compile("[\ud800-\udfff]")
HIDING = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
LOOKALIKE = re.compile("[\u0400-\u052f\u0530-\u058f\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]")
LATIN = re.compile("[A-Za-z]")
VERSIONS = re.compile(r"checks [0-9a-f]{8}(?: · (?:gradus|NumPy|Python) [\w.+]{1,24}){1,3}")


class Malformed(Exception):
    """The submission cannot be read as a notebook of the assignment; the text says why."""


def read_cells(content: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """The cells of a notebook, of whatever format.

    Args:
        content: the bytes of the file.

    Returns:
        The cells in the order of the file, and notes on what was odd. A cell is
        ``{"cell_type": str, "id": str | None, "grade_id": str | None, "source": str}``; one that holds the answer of a check has
        "versions" as well, the versions that the answer names (believed by nobody: a student can write there what he likes).

    Raises:
        Malformed: it is too large, or no notebook. Nothing else is raised, but MemoryError where memory is short.
    """
    if len(content) > MAX_BYTES:
        raise Malformed(f"it has more than {MAX_BYTES // 2**20} MB")
    notes: list[str] = []
    cells = []
    room = MAX_TOTAL
    for number, cell in enumerate(raw_cells(parse(content), notes), 1):
        made = {
            "cell_type": name_or_none(cell.get("cell_type")) or "", "id": name_or_none(cell.get("id")),
            "grade_id": grade_id_of(cell), "source": text_of(cell, number, notes),
        }  # fmt: skip
        if versions := versions_of(cell):
            made["versions"] = versions
        size = len(json.dumps(made["source"])) if made["source"] else 0
        if size > room:
            notes.append(f"Cell {number} was left out: all cells together have more than {MAX_TOTAL // 2**20} MB.")
            made["source"], size = "", 0
        room -= size
        cells.append(made)
    if len(notes) > MAX_NOTES:
        notes[MAX_NOTES - 1 :] = [f"There are {len(notes) - MAX_NOTES + 1} more notes of this kind."]
    return cells, notes


# ------------------------------------------------------------------ the notebook


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


def raw_cells(notebook: dict[str, Any], notes: list[str]) -> list[dict[str, Any]]:
    """The cells as dicts; what is no cell is an empty one."""
    version = notebook.get("nbformat", 4)
    if version in (2, 3):
        cells = upgraded(notebook)
        notes.append(f"The notebook was written in the old format {version}.")
    elif version == 4:
        cells = notebook.get("cells")
    else:
        raise Malformed(f"its format is {str(version)[:20]!r}, not 4")
    if not isinstance(cells, list):
        raise Malformed("it has no cells")
    if len(cells) > MAX_CELLS:
        raise Malformed(f"it has {len(cells)} cells, more than {MAX_CELLS}")
    return [cell if isinstance(cell, dict) else {} for cell in cells]


def upgraded(notebook: dict[str, Any]) -> list[Any]:
    """The cells of a notebook of the formats 2 and 3, which has worksheets and calls the code of a cell its input."""
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list) or not all(
        isinstance(s, dict) and isinstance(s.get("cells"), list) for s in sheets
    ):
        raise Malformed("it is written in an old format and cannot be converted")
    return [modern(cell) if isinstance(cell, dict) else {} for sheet in sheets for cell in sheet["cells"]]


def modern(cell: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    if kind == "code":
        return {**cell, "source": cell.get("input", "")}
    return {**cell, "cell_type": kind if kind == "raw" else "markdown"}  # "heading" and "html" are no more


# ------------------------------------------------------------------ one cell


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
        for found, what in (
            (SURROGATE.search(source), "characters that are no Unicode"),
            (HIDING.search(source), "invisible characters"),
            (mixes_alphabets(source), "words of letters that only look Latin"),
            ("\0" in source, "null bytes"),
        ):
            if found:
                notes.append(f"Cell {number} holds {what}.")
    return SURROGATE.sub("\ufffd", source).replace("\0", "\ufffd")


def mixes_alphabets(source: str) -> bool:
    """Whether a word has Latin letters beside others that look like them, as a name does that passes for another."""
    if source.isascii() or not LOOKALIKE.search(source):
        return False
    return any(LOOKALIKE.search(word[0]) and LATIN.search(word[0]) for word in re.finditer(r"\w+", source))


def grade_id_of(cell: dict[str, Any]) -> str | None:
    """The grade_id that the cell claims."""
    meta = cell.get("metadata")
    meta = meta.get("nbgrader") if isinstance(meta, dict) else None
    return name_or_none(meta.get("grade_id")) if isinstance(meta, dict) else None


def name_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) and NAME.fullmatch(value) else None


def versions_of(cell: dict[str, Any]) -> str:
    """The versions that a check's answer among the outputs names, or ""."""
    outputs = cell.get("outputs")
    for text in texts_of(outputs if isinstance(outputs, list) else []):
        if found := VERSIONS.search(text[:MAX_OUTPUT]):
            return found[0]
    return ""


def texts_of(outputs: list[Any]) -> Iterator[str]:
    for output in outputs[:20]:
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        data = data if isinstance(data, dict) else {}
        for text in (data.get("text/html"), data.get("text/plain"), output.get("evalue"), output.get("traceback")):
            if isinstance(text, list):
                text = "\n".join(line[:MAX_OUTPUT] for line in text[:200] if isinstance(line, str))
            if isinstance(text, str):
                yield text
