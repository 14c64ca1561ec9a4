"""Whose file is it, and of which assignment? As the names in an archive tell, by the platform that made it.

- nbgrader and its like: ``…/STUDENT/ASSIGNMENT/FILE``;
- Moodle, "Download all submissions": ``Full Name_12345_assignsubmission_file_/FILE``, or the same without the slash;
- Canvas, "Download Submissions": ``lastnamefirstname_LATE_12345_67890_FILE``, where LATE is there or not, 12345 is the student's
  number and 67890 the submission's. A file handed in again is called ``FILE-1``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.intake.names import fault_of

__all__ = ["Handed", "Unknown", "handed_in", "read_roster"]

MOODLE = re.compile(r"(?:[^/]+/)?(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_/?(?P<file>.+)")
CANVAS = re.compile(r"(?:[^/]+/)?(?P<name>[^/_]+)_(?P<late>LATE_)?(?P<number>\d+)_\d+_(?P<file>[^/]+)")
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


class Unknown(Exception):
    """Whose file it is cannot be told; the text says why, as in "it " + …"""


def handed_in(name: str, assignments: Collection[str], roster: Mapping[str, str] | None) -> Handed:
    """What the name of a file in an archive says.

    Args:
        name: its name there; nothing is wrong with it.
        assignments: the assignments it may be of.
        roster: the platform's number or name of a student -> the student's id. Without it the id is the number in Canvas and
            the name in Moodle, with _ for spaces.

    Raises:
        Unknown: no platform names its files so, the assignment is not one of these, or the student is not in the roster.
    """
    parts = name.split("/")
    for i in range(1, len(parts) - 1):
        if parts[i] in assignments:
            student = (roster or {}).get(parts[i - 1], parts[i - 1])
            return Handed(student, parts[i - 1], parts[i], "/".join(parts[i + 1 :]))
    if found := MOODLE.fullmatch(name):
        if found["kind"] != "file":
            raise Unknown("is no file that was handed in, but text typed into the platform")
        student = student_of(roster, (found["number"], found["name"]), found["name"].replace(" ", "_"))
        return Handed(student, found["number"], *assignment_of(found["file"], assignments))
    if found := CANVAS.fullmatch(name):
        student = student_of(roster, (found["number"], found["name"]), found["number"])
        assignment, path = assignment_of(found["file"], assignments)
        if again := AGAIN.fullmatch(path):
            original = again["stem"] + again["suffix"]
            path = original if original == f"{assignment}.ipynb" else path
        return Handed(student, found["number"], assignment, path, bool(found["late"]))
    raise Unknown(
        "is not called as Canvas, Moodle or nbgrader (STUDENT/ASSIGNMENT/FILE) call files, or is of another assignment"
    )


def assignment_of(file: str, assignments: Collection[str]) -> tuple[str, str]:
    """(assignment, path) of a file: the one it is called after, or the only one there is."""
    stem = file.removesuffix(".ipynb")
    again = AGAIN.fullmatch(file)
    for name in (stem, again["stem"] if again else ""):
        if name in assignments:
            return name, file
    if len(assignments) != 1:
        raise Unknown("is called after no assignment; say with --assignment which one it is of")
    return next(iter(assignments)), file


def student_of(roster: Mapping[str, str] | None, keys: tuple[str, ...], otherwise: str) -> str:
    if roster is None:
        return otherwise
    for key in keys:
        if key in roster:
            return roster[key]
    raise Unknown(f"is of {' '.join(keys)}, who is not in the roster")


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
