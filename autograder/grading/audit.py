"""The audit: one line in ``.autograder/audit.jsonl`` for every change of an automatic mark, only ever appended to.

A line is written just before the change is committed. So none is missing after a crash; one may be there twice, because the
change was made again when the run was resumed. Marks that a person gives in the formgrader are not in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any

from autograder.grading.course import Course
from autograder.grading.journal import append_lines

__all__ = ["PENALTY", "Change", "change_from", "changes", "write_down"]

PENALTY = "late penalty"  # stands for a cell's grade_id, which holds no blank


@dataclass(frozen=True)
class Change:
    """A mark that was changed, or that a regrade would have lowered and kept.

    Attributes:
        cell: the grade_id, or `PENALTY`.
        old, new: the automatic mark before and after; None for no mark.
        judged: what the judge said; less than `new` where the higher mark was kept.
        verdict: of the judge; "" where it said nothing about this cell.
        why: the sentence that the student reads.
        submission_sha256, checks_sha256: what was judged, and by what.
        regrade: whether the run was one of ``--exercise``.
        both_ways: whether it was one in which marks may go down, which ends what earlier ones have kept.
        by_hand: whether a person's mark stands in its place anyway.
    """

    student: str
    assignment: str
    cell: str
    old: float | None
    new: float | None
    judged: float | None
    verdict: str
    why: str
    submission_sha256: str
    checks_sha256: str
    regrade: bool = False
    by_hand: bool = False
    both_ways: bool = False


NAMES = {f.name for f in fields(Change)}


def write_down(course: Course, made: Iterable[Change]) -> None:
    """Append changes.

    Raises:
        StorageFailure: they cannot be written.
    """
    append_lines(course.state / "audit.jsonl", map(asdict, made))


def changes(course: Course) -> Iterator[Change]:
    """All changes, oldest first; lines cut short by a crash are left out."""
    path = course.state / "audit.jsonl"
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                if change := change_from(line):
                    yield change


def change_from(line: bytes) -> Change | None:
    """The change of a line; None where a crash cut it short."""
    with suppress(ValueError, TypeError):
        record: dict[str, Any] = json.loads(line)
        return Change(**{name: record[name] for name in NAMES & record.keys()})
    return None
