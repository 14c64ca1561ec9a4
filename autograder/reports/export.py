"""Marks as a CSV file for a learning platform: what `standings` says, so the same numbers as everywhere else.

Names and ids come from strangers and go into a spreadsheet: what a spreadsheet would take for a formula is made text by an
apostrophe, control characters are written as escapes, and every text stands in quotes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.grading.course import Course, UsageError, printable
from autograder.grading.gradebook import Standing, standings
from autograder.grading.run import write_whole

__all__ = ["FORMATS", "Exported", "export", "harmless"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MAX_ROSTER = 20 * 2**20
WAITING = "still to be marked by hand"
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("ID number", "Username", "Email address", "First name", "Last name")
KEYS = {  # columns of a class list by which a student is recognised
    "canvas": ("SIS Login ID", "SIS User ID", "ID", "Integration ID"),
    "moodle": ("Username", "ID number", "Email address"),
    "csv": ("student", "Username", "SIS Login ID", "SIS User ID", "ID number", "Email address", "email"),
}
Row = dict[str, Any]


@dataclass
class Exported:
    """What was written.

    Attributes:
        path: the file.
        students: rows in it.
        waiting: (student, assignment) whose mark is not final.
        unknown: graded students that the class list does not have; they are not in the file.
    """

    path: Path
    students: int
    waiting: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Person:
    """A student of the gradebook, "" for what it does not know; `listed` is the row of the class list, if there is one."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    lms: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)


def harmless(text: str) -> str:
    """A text that a spreadsheet shows as it is, on one line."""
    shown = printable(text)
    return "'" + shown if text.startswith(FORMULA) or shown.lstrip().startswith(FORMULA) else shown


def export(
    course: Course, names: Sequence[str], form: str, path: Path | None = None, roster: Path | None = None
) -> Exported:
    """Write the marks of a class.

    Args:
        names: of assignments.
        form: one of FORMATS.
        path: the file; ``grades.csv`` in the course folder where left out.
        roster: a class list as the platform exports it. The file then has its students, in its order, with its ids; a
            Canvas gradebook also says how the assignments are called there.

    Raises:
        UsageError: nothing has been graded, the file's folder is not there, or the class list cannot be used.
    """
    target = path or course.root / "grades.csv"
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UsageError(f"--to: {target} is a folder; name a file" if target.is_dir() else
                         f"--to: there is no folder {target.absolute().parent}")  # fmt: skip
    header, listed = read_roster(roster, KEYS[form]) if roster else ([], [])
    with course.gradebook() as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
        marks = standings(gradebook, [name for name in names if name in known])
        people = [
            Person(s.id, s.first_name or "", s.last_name or "", s.email or "", s.lms_user_id or "")
            for s in gradebook.students
        ]
    if not marks:
        raise UsageError(f"nothing to export: no submission of {', '.join(names)} has been graded yet")
    graded = [name for name in names if any(of == name for _, of in marks)]
    most = {name: max(s.max_score for (_, of), s in marks.items() if of == name) for name in graded}
    unknown: list[str] = []
    if roster:
        people, unknown = matched(people, listed, KEYS[form], {student for student, _ in marks})
    people = people if roster else sorted(people, key=lambda person: person.id)
    columns, rows = FORMATS[form](people, graded, most, marks, header)
    write_whole(target, csv_text(columns, rows))
    there = {person.id for person in people}
    waiting = sorted(key for key, standing in marks.items() if standing.waiting and key[0] in there)
    return Exported(target, len(people), waiting, unknown)


def csv_text(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Rows as CSV: texts made harmless and in quotes, numbers as they are, nothing for what is not there."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow([harmless(column) for column in columns])
    for row in rows:
        values = [row.get(column, "") for column in columns]
        writer.writerow([number(v) if isinstance(v, int | float) else harmless(v) for v in values])
    return file.getvalue()


def number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


# ------------------------------------------------------------------ the formats

POSSIBLE = "    Points Possible"  # what Canvas writes there, blanks included
Marks = Mapping[tuple[str, str], Standing]


def canvas(
    people: Sequence[Person], names: Sequence[str], most: Mapping[str, float], marks: Marks, header: Sequence[str]
) -> tuple[list[str], list[Row]]:
    """The format of the Canvas gradebook. A mark that is not there is left empty: Canvas then keeps the one it has."""
    titles = {name: title_in_canvas(name, header) for name in names}
    rows: list[Row] = [{"Student": POSSIBLE, **{titles[name]: most[name] for name in names}}]
    for person in people:
        full_name = ", ".join(part for part in (person.last, person.first) if part) or person.id
        ids = {"Student": full_name, "ID": person.lms, "SIS User ID": "", "SIS Login ID": person.id, "Section": ""}
        own = {titles[name]: marks[person.id, name].score for name in names if (person.id, name) in marks}
        rows.append({**ids, **{c: person.listed[c] for c in CANVAS if c in person.listed}, **own})
    return [*CANVAS, *titles.values()], rows


def title_in_canvas(name: str, header: Sequence[str]) -> str:
    """The column of an assignment: that of the class list, ``initialization (4711)``, or its name, which makes a new one."""
    return next((column for column in header if column.rpartition(" (")[0] == name or column == name), name)


def moodle(
    people: Sequence[Person], names: Sequence[str], most: Mapping[str, float], marks: Marks, header: Sequence[str]
) -> tuple[list[str], list[Row]]:
    """Columns that Moodle's import offers to map: who, and a grade and a feedback for each assignment."""
    rows = []
    for person in people:
        ids = {"ID number": person.lms, "Username": person.id, "Email address": person.email, "First name": person.first,
               "Last name": person.last}  # fmt: skip
        row: Row = {**ids, **{c: person.listed[c] for c in MOODLE if c in person.listed}}
        for name in names:
            if standing := marks.get((person.id, name)):
                row[f"{name} (Real)"] = standing.score
                row[f"{name} (Feedback)"] = WAITING if standing.waiting else ""
        rows.append(row)
    return [*MOODLE, *(f"{name} ({what})" for name in names for what in ("Real", "Feedback"))], rows


def plain(
    people: Sequence[Person], names: Sequence[str], most: Mapping[str, float], marks: Marks, header: Sequence[str]
) -> tuple[list[str], list[Row]]:
    """A row a student, an assignment a column, then the sum, what it could have been, and what is still to be marked."""
    rows = []
    for person in people:
        own = {name: marks[person.id, name] for name in names if (person.id, name) in marks}
        row: Row = {"student": person.id, "last_name": person.last, "first_name": person.first, "email": person.email}
        row |= {name: standing.score for name, standing in own.items()}
        row |= {"total": sum(standing.score for standing in own.values()), "of": sum(most.values())}
        rows.append(row | {"waiting": ", ".join(name for name, standing in own.items() if standing.waiting)})
    return ["student", "last_name", "first_name", "email", *names, "total", "of", "waiting"], rows


FORMATS: dict[str, Callable[..., tuple[list[str], list[Row]]]] = {"canvas": canvas, "moodle": moodle, "csv": plain}


# ------------------------------------------------------------------ the class list


def read_roster(path: Path, keys: Sequence[str]) -> tuple[list[str], list[dict[str, str]]]:
    """(columns, rows) of a class list.

    Raises:
        UsageError: it cannot be read, is no CSV in UTF-8, or none of its columns says who a student is.
    """
    try:
        if path.stat().st_size > MAX_ROSTER:
            raise UsageError(f"--roster: {path} has more than {MAX_ROSTER // 2**20} MB")
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except OSError as error:
        raise UsageError(f"--roster: {path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--roster: {path} is no CSV file in UTF-8: {error}") from error
    header = [column.strip() for column in rows[0]] if rows else []
    if not set(header) & set(keys):
        raise UsageError(f"--roster: {path} must have one of the columns {', '.join(keys)}; it has "
                         f"{printable(', '.join(header[:8])) or 'none'}")  # fmt: skip
    found = [dict(zip(header, row, strict=False)) for row in rows[1:] if any(row)]
    return header, [row for row in found if any(row.get(key, "").strip() for key in keys)]


def matched(
    people: Sequence[Person], listed: Sequence[dict[str, str]], keys: Sequence[str], graded: set[str]
) -> tuple[list[Person], list[str]]:
    """The people of the class list, and the graded students that are not on it.

    Raises:
        UsageError: two rows are the same student.
    """
    exactly = {person.id: person for person in people}
    times = Counter(person.id.casefold() for person in people)
    nearly = {person.id.casefold(): person for person in people if times[person.id.casefold()] == 1}
    found: list[Person] = []
    taken: set[str] = set()
    for row in listed:
        ids = [row[key].strip() for key in keys if row.get(key, "").strip()]
        candidates = [exactly.get(id) for id in ids] + [nearly.get(id.casefold()) for id in ids]
        person = next((candidate for candidate in candidates if candidate), None)
        if person is not None and person.id in taken:
            raise UsageError(f"--roster: two rows are the student {printable(person.id)}")
        taken |= {person.id} if person else set()
        person = person or Person(ids[0])
        found.append(Person(person.id, person.first, person.last, person.email, person.lms, row))
    return found, sorted(graded - taken)
