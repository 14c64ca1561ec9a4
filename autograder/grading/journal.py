"""The journal: one line a verdict, only ever appended to, on the disk before anything else happens with the verdict.

A run that was killed is taken up again from it (``grade --resume``), and the feedback pages are made from it. A line cut short
by a crash is passed over when the file is read; the next line begins on a line of its own.

It is read without being held in memory: one pass remembers where the verdicts on each submission lie, and a verdict is
parsed when it is asked for.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from autograder.grading.course import UsageError
from autograder.grading.environment import environment
from autograder.grading.followed import Followed
from autograder.grading.result import Result
from autograder.judging import Answer

__all__ = ["Journal", "StorageFailure", "Verdicts", "append_lines", "caught_up", "key_of", "one_run_at_a_time"]

F = TypeVar("F", bound=Followed)
TEXT = rb'"((?:[^"\\]|\\.)*)"'
HEAD = re.compile(rb'\{"key": "[0-9a-f]{64}", "student": ' + TEXT + rb', "assignment": ' + TEXT)
TAIL = re.compile(
    rb', "time": "[-+:.0-9T]+"\}\n?\Z'
)  # a quote inside a text has a backslash before it: this is no text


class StorageFailure(RuntimeError):
    """Something cannot be written down, now or for good; what was written before is whole, and a run can be resumed."""


def key_of(
    student: str, assignment: str, exercise: str, submission_sha256: str, checks_sha256: str, seed: int,
    software: str | None = None,
) -> str:  # fmt: skip
    """All that a verdict depends on, as one hash: the same key, the same verdict.

    Args:
        software: as `environment` gives it; that of this process where left out.
    """
    software = environment() if software is None else software
    parts = [student, assignment, exercise, submission_sha256, checks_sha256, seed, software]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Journal:
    """The file ``.autograder/journal.jsonl`` of a course."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def judged(self, results: Iterable[Result]) -> None:
        """Write verdicts down, one line each.

        Raises:
            StorageFailure: they cannot be written.
        """
        self.append({**record_of(r), "answer": r.answer.to_dict()} for r in results)

    def entered(self, submissions: Iterable[tuple[str, str, str]]) -> None:
        """Write down that the marks of (student, assignment, submission_sha256) are in the gradebook.

        Raises:
            StorageFailure: it cannot be written.
        """
        self.append({"entered": list(s)} for s in submissions)

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        append_lines(self.path, records)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(place in the file, line) of all lines that were written whole, oldest first."""
        if self.path.exists():
            place = 0
            with self.path.open("rb", buffering=2**20) as file:
                for line in file:
                    if TAIL.search(line, max(0, len(line) - 60)):
                        yield place, line
                    place += len(line)

    def records(self) -> Iterator[dict[str, Any]]:
        """All records, oldest first; lines that a crash cut short are left out."""
        for _, line in self.lines():
            with contextlib.suppress(ValueError):
                if isinstance(record := json.loads(line), dict):
                    yield record

    def verdicts(self, assignments: Iterable[str]) -> Iterator[tuple[str, Result]]:
        """(key, result) of all verdicts on these assignments, oldest first."""
        wanted = set(assignments)
        for _, line in self.lines():
            head = HEAD.match(line)
            if head and text_of(head[2]) in wanted and (read := verdict_of(line)):
                yield read

    def latest(self, assignments: Iterable[str]) -> Verdicts:
        """The last verdict on each exercise: (student, assignment) -> exercise -> result."""
        places: dict[tuple[str, str], array[int]] = {}
        names = {name: name for name in assignments}
        for place, line in self.lines():
            head = HEAD.match(line)
            if head and (name := names.get(text_of(head[2]))):
                key = text_of(head[1]), name
                if key not in places:
                    places[key] = array("Q")
                places[key].append(place)
        return Verdicts(self.path, places)

    def of_student(self, student: str, assignment: str) -> list[Result]:
        """All verdicts on whatever a student has handed in of an assignment, oldest first.

        What this process has read of the file before is not read again.

        Raises:
            StorageFailure: it cannot be read.
        """
        index = caught_up(index_of(self.path))
        verdicts = Verdicts(self.path, index.places)
        return (
            [result for _, result in verdicts.each((student, assignment))] if (student, assignment) in verdicts else []
        )

    def entered_last(self, student: str, assignment: str) -> str | None:
        """Hash of the submission of a student whose marks were entered last; None where none were.

        What this process has read of the file before is not read again.

        Raises:
            StorageFailure: it cannot be read.
        """
        return caught_up(index_of(self.path)).entered.get((student, assignment))

    def last_entered(self) -> dict[tuple[str, str], str]:
        """(student, assignment) -> hash of the submission whose marks were entered last."""
        last = {}
        for _, line in self.lines():
            if line.startswith(b'{"entered"'):
                with contextlib.suppress(ValueError):
                    student, assignment, sha256 = json.loads(line)["entered"]
                    last[student, assignment] = sha256
        return last


class Verdicts(Mapping[tuple[str, str], dict[str, Result]]):
    """The verdicts of a journal: (student, assignment) -> exercise -> the last result. Each is read when it is asked for."""

    def __init__(self, path: Path, places: dict[tuple[str, str], array[int]]) -> None:
        self.path, self.places = path, places

    def __getitem__(self, submission: tuple[str, str]) -> dict[str, Result]:
        return {result.exercise: result for result in self.by_key(submission).values()}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __contains__(self, submission: object) -> bool:
        return submission in self.places

    def by_key(self, submission: tuple[str, str]) -> dict[str, Result]:
        """All verdicts on a submission of this student, of whatever bytes, checks and seed: key -> the last result.

        Raises:
            KeyError: there is none.
        """
        found: dict[str, Result] = {}
        for key, result in self.each(submission):
            found.pop(key, None)  # the order is that of the last time
            found[key] = result
        return found

    def each(self, submission: tuple[str, str]) -> Iterator[tuple[str, Result]]:
        """(key, result) of all of them, oldest first.

        Raises:
            KeyError: there is none.
        """
        places = self.places[submission]
        with self.path.open("rb") as file:
            for place in places:
                file.seek(place)
                if read := verdict_of(file.readline()):
                    yield read


class Index(Followed):
    """Where in a journal the verdicts on each submission lie, and whose marks were entered last.

    Attributes:
        places: (student, assignment) -> where the lines with the verdicts begin.
        entered: (student, assignment) -> hash of the submission.
    """

    def forget(self) -> None:
        super().forget()
        self.places: dict[tuple[str, str], array[int]] = {}
        self.entered: dict[tuple[str, str], str] = {}

    def whole(self, line: bytes) -> bool:
        return TAIL.search(line, max(0, len(line) - 60)) is not None

    def take(self, place: int, line: bytes) -> None:
        if not self.whole(line):
            return
        if line.startswith(b'{"entered"'):
            with contextlib.suppress(ValueError):
                student, assignment, sha256 = json.loads(line)["entered"]
                self.entered[student, assignment] = sha256
        elif head := HEAD.match(line):
            self.places.setdefault((text_of(head[1]), text_of(head[2])), array("Q")).append(place)


@cache
def index_of(path: Path) -> Index:
    """The index of a journal; one for this process."""
    return Index(path)


def caught_up(file: F) -> F:
    """A file of this course, with what was appended since it was last read.

    Raises:
        StorageFailure: it cannot be read.
    """
    try:
        file.follow()
    except OSError as error:
        raise StorageFailure(f"{file.path} cannot be read: {error.strerror or error}") from error
    return file


def text_of(quoted: bytes) -> str:
    """The text between the quotes of a JSON string."""
    return json.loads(b'"%s"' % quoted) if b"\\" in quoted else quoted.decode("utf-8", "replace")


def verdict_of(line: bytes) -> tuple[str, Result] | None:
    """(key, result) of a line; None where another version of the grader wrote it."""
    with contextlib.suppress(KeyError, TypeError, ValueError):
        record = json.loads(line)
        return record["key"], result_of(record)
    return None


def record_of(result: Result) -> dict[str, Any]:
    key = key_of(result.student, result.assignment, result.exercise, result.submission_sha256, result.checks_sha256,
                 result.seed)  # fmt: skip
    return {"key": key, **result.to_record(), "notes": list(result.notes), "versions": result.versions,
            "environment": environment()}  # fmt: skip


def result_of(record: dict[str, Any]) -> Result:
    fields = {k: v for k, v in record.items() if k not in ("key", "time", "environment")}
    return Result(**{**fields, "notes": tuple(record["notes"]), "answer": Answer.from_dict(record["answer"])})


def append_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Add records to a file, one JSON object a line with the time at its end, and wait until they are on the disk.

    Raises:
        StorageFailure: the file cannot be written; at most its last line is cut short.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lines = "".join(json.dumps({**record, "time": now}) + "\n" for record in records)
    if not lines:
        return
    try:
        with path.open("ab+", buffering=0) as file, locked(file.fileno()):
            size = os.fstat(file.fileno()).st_size
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            rest = memoryview(("\n" + lines if torn else lines).encode())
            while rest:  # a disk that fills up takes a part first
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFailure(f"{path} cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def locked(fd: int) -> Iterator[None]:
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


@contextlib.contextmanager
def one_run_at_a_time(path: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold the course's lock, so that only one run writes marks.

    Args:
        patience: seconds to wait for it.

    Raises:
        UsageError: another run holds it, or the folder cannot be written.
    """
    try:
        file = path.open("a+")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    until = time.monotonic() + patience
    with file:
        while not taken(file.fileno()):
            if time.monotonic() >= until:
                raise UsageError(f"another grading run is going on in this course ({path} is locked)")
            time.sleep(0.05)
        yield


def taken(fd: int) -> bool:
    """Take a lock that is free; whether it was."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
