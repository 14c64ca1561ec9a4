"""The journal: one line a verdict, only ever appended to, on the disk before anything else happens with the verdict.

A run that was killed is taken up again from it (``grade --resume``), and the feedback pages are made from it. A line cut short
by a crash is passed over when the file is read; the next line begins on a line of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.grading.course import UsageError
from autograder.grading.result import Result
from autograder.judging import Answer

__all__ = ["Journal", "key_of", "one_run_at_a_time"]


def key_of(student: str, assignment: str, exercise: str, submission_sha256: str, checks_sha256: str, seed: int) -> str:
    """All that a verdict depends on, as one hash: the same key, the same verdict."""
    parts = [student, assignment, exercise, submission_sha256, checks_sha256, seed]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Journal:
    """The file ``.autograder/journal.jsonl`` of a course."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def judged(self, results: Iterable[Result]) -> None:
        """Write verdicts down, one line each."""
        self.append({**record_of(r), "answer": r.answer.to_dict()} for r in results)

    def entered(self, submissions: Iterable[tuple[str, str, str]]) -> None:
        """Write down that the marks of (student, assignment, submission_sha256) are in the gradebook."""
        self.append({"entered": list(s)} for s in submissions)

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Add lines, and wait until they are on the disk."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lines = "".join(json.dumps({**record, "time": now}) + "\n" for record in records)
        with self.path.open("ab+") as file, locked(file.fileno()):
            size = os.fstat(file.fileno()).st_size
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            file.write(("\n" + lines if torn else lines).encode())
            file.flush()
            os.fsync(file.fileno())

    def records(self) -> Iterator[dict[str, Any]]:
        """All records, oldest first; lines that a crash cut short are left out."""
        if self.path.exists():
            with self.path.open("rb") as file:
                for line in file:
                    with contextlib.suppress(ValueError):
                        if isinstance(record := json.loads(line), dict):
                            yield record

    def verdicts(self, assignments: Iterable[str]) -> Iterator[tuple[str, Result]]:
        """(key, result) of all verdicts on these assignments, oldest first."""
        wanted = set(assignments)
        for record in self.records():
            if record.get("assignment") in wanted:
                with contextlib.suppress(KeyError, TypeError, ValueError):  # written by another version
                    yield record["key"], result_of(record)

    def latest(self, assignments: Iterable[str]) -> dict[tuple[str, str], dict[str, Result]]:
        """The last verdict on each exercise: (student, assignment) -> exercise -> result."""
        found: dict[tuple[str, str], dict[str, Result]] = {}
        for _, result in self.verdicts(assignments):
            found.setdefault((result.student, result.assignment), {})[result.exercise] = result
        return found

    def last_entered(self) -> dict[tuple[str, str], str]:
        """(student, assignment) -> hash of the submission whose marks were entered last."""
        lines = (record["entered"] for record in self.records() if "entered" in record)
        return {(student, assignment): sha256 for student, assignment, sha256 in lines}


def record_of(result: Result) -> dict[str, Any]:
    key = key_of(result.student, result.assignment, result.exercise, result.submission_sha256, result.checks_sha256,
                 result.seed)  # fmt: skip
    return {"key": key, **result.to_record(), "notes": list(result.notes)}


def result_of(record: dict[str, Any]) -> Result:
    fields = {k: v for k, v in record.items() if k not in ("key", "time")}
    return Result(**{**fields, "notes": tuple(record["notes"]), "answer": Answer.from_dict(record["answer"])})


@contextlib.contextmanager
def locked(fd: int) -> Iterator[None]:
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


@contextlib.contextmanager
def one_run_at_a_time(path: Path) -> Iterator[None]:
    """Hold the course's lock, so that only one run writes marks.

    Raises:
        UsageError: another run holds it.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"another grading run is going on in this course ({path} is locked)") from None
        yield
