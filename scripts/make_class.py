"""Hand in the class that ships with the project: fill released assignments with the answers in tests/submissions.

    python scripts/make_class.py [--release release] [--into submitted]

``tests/submissions/STUDENT/ASSIGNMENT.py`` holds what a student wrote, cell by cell: ``# %% GRADE_ID`` starts the content of a
cell of the released notebook, ``# %% + GRADE_ID`` an extra cell before it. What a student did to the notebook itself is
said on lines of their own before the first cell:

    # delete: GRADE_ID …        cells that are gone
    # duplicate: GRADE_ID …     cells that were copied and pasted below themselves
    # cut: BYTES                the file ends after so many bytes, as after a failed upload
    # bytes: TEXT               the file holds nothing but this

Only files whose content changed are written. Where other students have handed in nothing is done: the shipped class must not
come into a real gradebook, and `make` grades harmless submissions only.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CELL = re.compile(r"^# %% (\+ )?([A-Za-z0-9_-]+)$")
OPERATION = re.compile(r"^# (delete|duplicate|cut|bytes): (.+)$")


def parse(text: str) -> tuple[list[tuple[str, str]], list[tuple[str, bool, str]]]:
    """The operations of an answer file, and its cells as (grade_id, is extra, source)."""
    operations: list[tuple[str, str]] = []
    cells: list[tuple[str, bool, list[str]]] = []
    for line in text.splitlines():
        if match := CELL.match(line):
            cells.append((match[2], bool(match[1]), []))
        elif cells:
            cells[-1][2].append(line)
        elif match := OPERATION.match(line):
            operations.append((match[1], match[2]))
    return operations, [(grade_id, extra, "\n".join(lines).strip("\n")) for grade_id, extra, lines in cells]


def grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def fill(notebook: dict, text: str) -> bytes:
    """The released notebook as a student hands it in.

    Raises:
        ValueError: an answer names a cell that the assignment does not have.
    """
    operations, answers = parse(text)
    notebook = copy.deepcopy(notebook)
    cells = notebook["cells"]
    for number, (name, extra, source) in enumerate(answers):
        place = next((i for i, cell in enumerate(cells) if grade_id(cell) == name), None)
        if place is None:
            raise ValueError(f"make_class: no cell {name!r} in the assignment")
        if extra:
            kind = {
                "cell_type": "code",
                "execution_count": None,
                "id": f"extra-{number}",
                "metadata": {},
                "outputs": [],
            }
            cells.insert(place, {**kind, "source": source})
        else:
            cells[place]["source"] = source
    data = None
    for what, names in operations:
        if what == "delete":
            cells[:] = [cell for cell in cells if grade_id(cell) not in names.split()]
        elif what == "duplicate":
            for name in names.split():
                place = next(i for i, cell in enumerate(cells) if grade_id(cell) == name)
                cells.insert(place + 1, {**copy.deepcopy(cells[place]), "id": f"{cells[place]['id']}-copy"})
        elif what == "cut":
            data = json.dumps(notebook, indent=1).encode()[: int(names)]
        else:
            data = names.encode()
    return data if data is not None else (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write a file atomically unless it has this content already."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)
    return True


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Hand in the class that ships with the project.")
    parser.add_argument("--release", type=Path, default=ROOT / "release", help="the released assignments")
    parser.add_argument("--into", type=Path, default=ROOT / "submitted", help="where submissions are laid")
    given = parser.parse_args(argv)
    ours = {folder.name for folder in (ROOT / "tests" / "submissions").iterdir() if folder.is_dir()}
    others = (
        sorted(f.name for f in given.into.iterdir() if f.is_dir() and f.name not in ours) if given.into.is_dir() else []
    )
    if others:
        parser.error(
            f"{given.into} holds submissions of others, {others[0]!r} among them: the shipped class is not laid beside them, "
            "nor graded with them. Grade yours with `autograder grade`; `make book` still builds the book"
        )
    written, students, files = 0, set(), 0
    for answer in sorted((ROOT / "tests" / "submissions").glob("*/*.py")):
        student, name = answer.parent.name, answer.stem
        source = given.release / name / f"{name}.ipynb"
        if not source.is_file():
            parser.error(f"{name} is not released: {source} is not there; run autograder release first")
        data = fill(json.loads(source.read_text(encoding="utf-8")), answer.read_text(encoding="utf-8"))
        written += write_if_changed(given.into / student / name / f"{name}.ipynb", data)
        students.add(student)
        files += 1
    print(f"{len(students)} students, {files} submissions in {given.into.name}/ ({written} new or changed)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
