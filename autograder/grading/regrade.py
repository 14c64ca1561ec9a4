"""One exercise judged anew for a whole class, because its check was wrong: ``autograder grade --exercise ID`` in mid-term.

Nobody loses points through a fault of the check: where the mark that stands was earned by the same submission, it only goes
up. The mark that was kept so belongs to the student, the exercise and the bytes of the submission. Every later run, of one
exercise or of all, resumed or not, gives at least this mark as long as the bytes are the same; another submission starts from
its own verdicts. ``--both-ways`` lets marks go down, too, and ends what was kept.

Which marks were kept is read from the audit, whether a submission has earned a mark from the journal; both are written before
the mark changes, so that a run that was killed and resumed comes to the same marks. Who changed and why is told in
``.autograder/regrades/``, one file for each version of the checks, made from the audit, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from autograder.grading.audit import Change, change_from, changes
from autograder.grading.course import Course, printable
from autograder.grading.followed import Followed
from autograder.grading.journal import caught_up

__all__ = ["KeptMarks", "Regrade", "as_text", "keep", "kept_marks", "mark_after", "regrade_of", "summed_up"]


def mark_after(old: float | None, judged: float | None) -> float | None:
    """The mark after a regrade in which marks only go up; None where there is none.

    Args:
        old: the automatic mark so far.
        judged: what the judge says now; None where it failed.
    """
    known = [mark for mark in (old, judged) if mark is not None]
    return max(known, default=None)


class KeptMarks(Followed):
    """The marks that regrades have kept, as the audit tells."""

    def forget(self) -> None:
        super().forget()
        self.marks: dict[tuple[str, str, str, str], float] = {}

    def take(self, place: int, line: bytes) -> None:
        if b'"regrade": true' not in line or (change := change_from(line)) is None:
            return
        key = change.student, change.assignment, change.cell, change.submission_sha256
        if change.both_ways:
            self.marks.pop(key, None)
        elif change.judged is not None and change.new is not None and change.judged < change.new:
            self.marks[key] = change.new

    def of(self, student: str, assignment: str, exercise: str, submission_sha256: str) -> float | None:
        """The mark that was kept for these bytes; None where none was."""
        return self.marks.get((student, assignment, exercise, submission_sha256))


@cache
def reader_of(path: Path) -> KeptMarks:
    return KeptMarks(path)


def kept_marks(course: Course) -> KeptMarks:
    """The marks that regrades have kept until now. What this process has read of the audit before is not read again.

    Raises:
        StorageFailure: the audit cannot be read.
    """
    return caught_up(reader_of(course.state / "audit.jsonl"))


@dataclass(frozen=True)
class Regrade:
    """Who changed when an exercise was judged anew.

    Attributes:
        exercise: its id.
        checks_sha256: of the checks that it was judged by.
        changes: one a student, by name; with `Change.old` from before the regrade.
    """

    exercise: str
    checks_sha256: str
    changes: tuple[Change, ...]

    def of(self, kind: Literal["up", "down", "kept"]) -> list[Change]:
        """Those whose mark went up or down, or who kept the higher mark."""
        return [c for c in self.changes if kind_of(c) == kind]

    def to_list(self) -> list[dict[str, Any]]:
        """As plain data: {"student", "assignment", "cell", "old", "new", "judged", "verdict", "why", …}."""
        return [{"kind": kind_of(c), **asdict(c)} for c in self.changes]


def kind_of(change: Change) -> str:
    old, new = change.old or 0.0, change.new or 0.0
    return "up" if new > old else "down" if new < old else "kept"


def regrade_of(course: Course, exercise: str, checks_sha256: str) -> Regrade:
    """What regrades of an exercise by these checks have changed, all runs together."""
    found = (c for c in changes(course) if c.regrade and c.cell == exercise and c.checks_sha256 == checks_sha256)
    return Regrade(exercise, checks_sha256, summed_up(found))


def summed_up(made: Iterable[Change]) -> tuple[Change, ...]:
    """One change a student: from the mark before the first to the mark after the last; left out where that is nothing."""
    whole: dict[tuple[str, str], Change] = {}
    for change in made:
        key = change.assignment, change.student
        whole[key] = replace(change, old=whole[key].old) if key in whole else change
    return tuple(whole[key] for key in sorted(whole) if whole[key].old != whole[key].new or lowered(whole[key]))


def lowered(change: Change) -> bool:
    """Whether the judge gave less than the mark that stands."""
    return (change.judged or 0.0) < (change.new or 0.0)


def keep(course: Course, regrade: Regrade) -> Path:
    """Write a regrade down as JSON; the file, ``.autograder/regrades/EXERCISE-CHECKS.json``."""
    folder = course.state / "regrades"
    folder.mkdir(exist_ok=True)
    path = folder / f"{regrade.exercise}-{regrade.checks_sha256[:12]}.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(regrade.to_list(), indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


def as_text(regrade: Regrade) -> str:
    """The regrade for a terminal: who got more, who got less, who would have got less."""
    titles = {"up": "higher", "down": "lower", "kept": "lower by the new check; the higher mark is kept"}
    blocks = [block(title, regrade.of(kind)) for kind, title in titles.items() if regrade.of(kind)]  # type: ignore[arg-type]
    return "\n".join([f"{regrade.exercise}, judged anew:", *(blocks or ["  no mark has changed"])])


def block(title: str, made: Sequence[Change]) -> str:
    width = max(len(printable(c.student)) for c in made)
    lines = [f"  {title}: {len(made)}"]
    for c in made:
        marks = f"{shown(c.old)} -> {shown(c.new if kind_of(c) != 'kept' else c.judged)}"
        hand = " (a mark given by hand stands)" if c.by_hand else ""
        lines.append(f"    {printable(c.student).ljust(width)}  {marks}  {c.verdict}: {printable(c.why)}{hand}")
    return "\n".join(lines)


def shown(mark: float | None) -> str:
    return "–" if mark is None else f"{mark:g}"
