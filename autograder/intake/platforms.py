"""Whose file is it, and of which assignment? As the names in an archive tell, by the platform that made it.

- Moodle, "Download all submissions": ``Full Name_12345_assignsubmission_file_/FILE``, or the same without the slash. A name has
  no _ there: Moodle writes a space for it;
- Canvas, "Download Submissions": ``lastnamefirstname_LATE_12345_67890_FILE``, where LATE is there or not, 12345 is the student's
  number and 67890 the submission's. A file handed in again is called ``FILE-1``;
- nbgrader and its like: ``STUDENT/ASSIGNMENT/FILE``.

All may lie in further folders. A student chooses what FILE is, folders included, and may call it like somebody else's. So an
archive has one layout, at one depth: the outermost at which anything is called as one of these call files. There the platform
or the instructor has chosen the names. What comes after never tells whose a file is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.intake.names import fault_of

__all__ = ["Handed", "Layout", "Unknown", "handed_in", "layout_of", "read_roster"]

Platform = Literal["Moodle", "Canvas", "nbgrader"]
MOODLE = re.compile(r"(?P<name>[^/_]+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_/?(?P<file>.+)")
CANVAS = re.compile(r"(?P<name>[^/_]+)_(?P<late>LATE_)?(?P<number>\d+)_\d+_(?P<file>[^/]+)")
AGAIN = re.compile(r"(?P<stem>.+)-\d+(?P<suffix>\.[^.]+)")


@dataclass(frozen=True)
class Handed:
    """A file that somebody handed in.

    Attributes:
        student: the folder it goes to.
        person: what tells this person from others of the same archive.
        path: its path in the submission's folder.
        late: the platform says so.
    """

    student: str
    person: str
    assignment: str
    path: str
    late: bool = False


@dataclass(frozen=True)
class Layout:
    """How an archive's files are called.

    Attributes:
        platform: whose way it is.
        depth: how many folders it is wrapped in.
    """

    platform: Platform
    depth: int


class Unknown(Exception):
    """Whose file it is cannot be told; the text says why, as in "it " + …"""


def layout_of(names: Iterable[str], assignments: Collection[str]) -> Layout | None:
    """The layout of an archive with these files, by the outermost platform's names in it; None where there are none.

    Args:
        names: of its files; nothing is wrong with them.
        assignments: the assignments they may be of.
    """
    found: Layout | None = None
    for name in names:
        parts = name.split("/")
        for depth in range(min(len(parts), found.depth if found else len(parts))):
            if platform := platform_of(parts[depth:], assignments):
                found = Layout(platform, depth)
                break
        if found and found.depth == 0:
            break
    return found


def platform_of(parts: list[str], assignments: Collection[str]) -> Platform | None:
    """Who calls files so. No name is of two: after a Moodle name's number comes a word, after a Canvas name's another number."""
    name = "/".join(parts)
    if MOODLE.fullmatch(name):
        return "Moodle"
    if CANVAS.fullmatch(name):
        return "Canvas"
    return "nbgrader" if len(parts) > 2 and parts[1] in assignments else None


def handed_in(
    name: str, layout: Layout | None, assignments: Collection[str], roster: Mapping[str, str] | None
) -> Handed:
    """What the name of a file in an archive says.

    Args:
        name: its name there; nothing is wrong with it.
        layout: of the archive.
        assignments: the assignments it may be of.
        roster: the platform's number or name of a student -> the student's id. Without it the id is the number in Canvas and
            the name in Moodle, with _ for spaces.

    Raises:
        Unknown: no platform names its files so, or not that of the archive, the assignment is not one of these, or the student
            is not in the roster.
    """
    if layout is None:
        raise Unknown(
            "is not called as Canvas, Moodle or nbgrader (STUDENT/ASSIGNMENT/FILE) call files, or is of another assignment"
        )
    parts = name.split("/")[layout.depth :]
    if not parts or platform_of(parts, assignments) != layout.platform:
        wrapped = f", {layout.depth} folders deep" if layout.depth else ""
        raise Unknown(f"is not called as {layout.platform} calls files{wrapped}, as others in the archive are, "
                      "or is of another assignment")  # fmt: skip
    if layout.platform == "nbgrader":
        return Handed((roster or {}).get(parts[0], parts[0]), parts[0], parts[1], "/".join(parts[2:]))
    inner = "/".join(parts)
    if found := MOODLE.fullmatch(inner):
        if found["kind"] != "file":
            raise Unknown("is no file that was handed in, but text typed into the platform")
        student = student_of(roster, found["number"], found["name"], found["name"].replace(" ", "_"))
        return Handed(student, found["number"], *assignment_of(found["file"], assignments))
    found = CANVAS.fullmatch(inner)
    assert found
    student = student_of(roster, found["number"], found["name"], found["number"])
    assignment, path = assignment_of(found["file"], assignments)
    if again := AGAIN.fullmatch(path):
        original = again["stem"] + again["suffix"]
        path = original if original == f"{assignment}.ipynb" else path
    return Handed(student, found["number"], assignment, path, bool(found["late"]))


def assignment_of(file: str, assignments: Collection[str]) -> tuple[str, str]:
    """(assignment, path) of a file: the one that it or the folder it was handed in with is called after, or the only one."""
    folder, _, inner = file.partition("/")
    if inner and folder in assignments:
        return folder, inner
    stem = file.removesuffix(".ipynb")
    again = AGAIN.fullmatch(file)
    for name in (stem, again["stem"] if again else ""):
        if name in assignments:
            return name, file
    if len(assignments) != 1:
        raise Unknown("is called after no assignment; say with --assignment which one it is of")
    return next(iter(assignments)), file


def student_of(roster: Mapping[str, str] | None, number: str, name: str, otherwise: str) -> str:
    if roster is None:
        return otherwise
    for key in (number, name):
        if key in roster and (key == number or not key.isdigit()):  # a name may be chosen: as another's number
            return roster[key]
    raise Unknown(f"is of {number} {name}, who is not in the roster")


def read_roster(path: Path) -> dict[str, str]:
    """A CSV file with the columns "id", the platform's number or name of a student, and "student", the id to use.

    Raises:
        ValueError: it has not these columns, an id stands there twice, or a student's id cannot be the name of a folder.
        OSError: it cannot be read.
    """
    found: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"id", "student"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{path} must have the columns id and student, got {', '.join(rows.fieldnames or ())!r}")
        for row in rows:
            key, student = (row["id"] or "").strip(), (row["student"] or "").strip()
            if found.get(key, student) != student:
                raise ValueError(f"{path}, line {rows.line_num}: {key!r} stands for {found[key]!r} and for {student!r}")
            if fault := fault_of(student) or ("has a / in it" if "/" in student else ""):
                raise ValueError(f"{path}, line {rows.line_num}: the student {student!r} {fault}")
            found[key] = student
    return found
