"""What lies in a submission's folder: the notebook, and the files beside it that go along.

A student may have put anything there. No link is followed, be it the file, the folder of the assignment or that of the student;
pipes and devices are not opened; no more is read than a submission may hold. Of the files beside the notebook only those go
along that the assignment accepts (``metadata.autograder.accepts`` of its source notebook). The files that lie beside the source
notebook go along with every submission, and win over a student's of the same name.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from autograder.assignment import Assignment, accepted
from autograder.intake.cells import MAX_BYTES, Malformed
from autograder.intake.data import MAX_DATA, MAX_LAID, data_files, laid
from autograder.intake.names import fault_of, is_hidden, shadowed, shown
from autograder.intake.receipts import Receipt, received_at

__all__ = ["Package", "digest", "read_file", "read_package"]

MAX_ENTRIES = 1_000  # files and folders that are looked at
MAX_DEPTH = 5  # folders in folders
MAX_FILES = 100  # companions
MAX_NOTES = 30
ATTENDANTS = ("timestamp.txt", "submission_secret.txt")  # nbgrader's own
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Package:
    """A submission as it was handed in, in memory: nothing that happens to its folder now can change it.

    Attributes:
        content: bytes of the notebook; None where there is none that may be read.
        sha256: of the notebook and the companions; "" where there is no content.
        verdict: "" where there is a notebook to be judged, else "missing" or "malformed".
        message: why, as the student reads it.
        files: what lies beside the notebook when it runs: path -> bytes.
        notes: what was odd, for the instructor.
        received: in UTC; None where nobody who is trusted says so.
        own: the paths in `files` that are the student's companions.
    """

    content: bytes | None
    sha256: str
    verdict: str
    message: str
    files: Mapping[str, bytes] = field(repr=False)
    notes: tuple[str, ...]
    received: datetime | None = None
    own: tuple[str, ...] = ()


def read_package(
    folder: Path, assignment: Assignment, data: Path, *, receipt: Receipt | None = None, trust_timestamp: bool = False
) -> Package:
    """Read ``SUBMITTED/STUDENT/ASSIGNMENT``.

    Args:
        folder: that folder; what stands above its student's folder is trusted.
        assignment: what it answers.
        data: the folder of the source notebook.
        receipt: of ``autograder collect``, if there is one.
        trust_timestamp: believe the timestamp.txt that lies there.

    Raises:
        OSError: the files beside the source notebook cannot be read. Nothing is raised because of a submission.
    """
    given = data_files(data)
    try:
        with opened(folder) as fd:
            return contents(fd, assignment, given, receipt, trust_timestamp)
    except FileNotFoundError:
        return Package(None, "", "missing", "Nothing was submitted.", given, ())
    except OSError as error:
        linked = error.errno in (errno.ELOOP, errno.ENOTDIR)
        why = "it does not lie in a folder; links are not followed" if linked else f"{error.strerror}"
        return Package(None, "", "malformed", f"The notebook cannot be read: {why}.", given, ())


def contents(
    fd: int, assignment: Assignment, given: Mapping[str, bytes], receipt: Receipt | None, trust_timestamp: bool
) -> Package:
    """The package in an open folder."""
    name, notes = f"{assignment.name}.ipynb", []
    content, verdict, message = None, "", ""
    try:
        content, links = read_at(name, fd, MAX_BYTES)
        if links > 1:
            notes.append(f"{name} is a hard link: the file has other names elsewhere.")
    except FileNotFoundError:
        verdict = "missing"
    except Malformed as error:
        verdict, message = "malformed", f"The notebook cannot be read: {error}."
    beside = Beside(assignment, given, notes)
    beside.collect(fd)
    if verdict == "missing":
        message = nothing_submitted(name, beside.notebooks)
    elif beside.notebooks:
        notes.append(f"Beside it lies what was not read: {named(beside.notebooks)}.")
    if beside.unwanted:
        notes.append(f"The assignment accepts no such file, it was not used: {named(beside.unwanted)}.")
    stamp = None
    with contextlib.suppress(OSError, Malformed):
        stamp = read_at("timestamp.txt", fd, 1_000)[0]
    received, more = received_at(hashlib.sha256(content or b"").hexdigest(), stamp, receipt, trust_timestamp)
    notes += more
    if len(notes) > MAX_NOTES:
        notes[MAX_NOTES - 1 :] = [f"There are {len(notes) - MAX_NOTES + 1} more notes on its folder."]
    sha256 = "" if content is None else digest(content, beside.own)
    return Package(
        content, sha256, verdict, message, {**beside.own, **given}, tuple(notes), received, tuple(beside.own)
    )


def digest(content: bytes, own: Mapping[str, bytes]) -> str:
    """The SHA-256 that a submission goes by: the notebook's where it has no companions."""
    whole = hashlib.sha256(content)
    if not own:
        return whole.hexdigest()
    told = [whole.hexdigest(), *(f"{hashlib.sha256(own[path]).hexdigest()} {path}" for path in sorted(own))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def nothing_submitted(name: str, others: list[str]) -> str:
    """What to say of an absent notebook: how the notebooks are called that lie in its place."""
    return f"There is no {name}; what was handed in is called {named(others)}." if others else "Nothing was submitted."


def named(paths: list[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(map(shown, paths[:3])) + more


# ------------------------------------------------------------------ companions


class TooMany(Exception):
    """The folder holds more than is looked at."""


class Beside:
    """Collects what lies beside the notebook: `own` companions, other `notebooks`, and what is `unwanted`."""

    def __init__(self, assignment: Assignment, given: Mapping[str, bytes], notes: list[str]) -> None:
        self.assignment, self.given, self.notes = assignment, given, notes
        self.own: dict[str, bytes] = {}
        self.notebooks: list[str] = []
        self.unwanted: list[str] = []
        self.seen = 0
        self.room = MAX_DATA - sum(map(len, given.values()))

    def collect(self, fd: int) -> None:
        """Look at all there is in an open folder; where that is too much, nothing goes along."""
        try:
            self.walk(fd)
        except TooMany:
            self.own.clear()
            self.notes[:] = [f"The folder holds more than {MAX_ENTRIES} files: none beside the notebook was used."]

    def walk(self, fd: int, above: str = "", depth: int = 0) -> None:
        with os.scandir(fd) as entries:
            found = sorted(islice(entries, MAX_ENTRIES + 1 - self.seen), key=lambda entry: entry.name)
        self.seen += len(found)
        if self.seen > MAX_ENTRIES:
            raise TooMany
        for entry in found:
            path = above + entry.name
            if is_hidden(entry.name) or path in ATTENDANTS or path == f"{self.assignment.name}.ipynb":
                continue
            if fault := fault_of(path):
                self.notes.append(f"{shown(path)!r} was left out: it {fault}.")
            elif entry.is_symlink():
                self.notes.append(f"{shown(path)} is a link and was not followed.")
            elif entry.is_dir(follow_symlinks=False):
                self.enter(fd, entry.name, path, depth)
            elif entry.is_file(follow_symlinks=False):
                self.file(fd, entry, path)
            else:
                self.notes.append(f"{shown(path)} is no regular file and was left out.")

    def enter(self, fd: int, name: str, path: str, depth: int) -> None:
        """Look into a folder."""
        if depth == MAX_DEPTH:
            self.notes.append(f"{shown(path)} lies too deep and was left out.")
            return
        with contextlib.suppress(OSError):  # it has just become a link, or is locked
            inner = os.open(name, FOLDER, dir_fd=fd)
            try:
                self.walk(inner, f"{path}/", depth + 1)
            finally:
                os.close(inner)

    def file(self, fd: int, entry: os.DirEntry[str], path: str) -> None:
        """Take a file along, or say why not."""
        size = entry.stat(follow_symlinks=False).st_size
        if path.lower().endswith(".ipynb"):
            self.notebooks.append(path)
        elif path in self.given:
            with contextlib.suppress(OSError, Malformed):
                expected = self.given[path]
                if size != len(expected) or read_at(entry.name, fd, len(expected))[0] != expected:
                    self.notes.append(f"{shown(path)} differs from the instructor's, which was used.")
        elif not accepted(path, self.assignment.accepts):
            self.unwanted.append(path)
        elif any(path.startswith(f"{name}/") or name.startswith(f"{path}/") for name in self.given):
            self.notes.append(f"{shown(path)} was left out: it is in the way of a file of the instructor's.")
        elif module := shadowed(path):
            self.notes.append(f"{shown(path)} was left out: it would take the place of the module {module}.")
        elif size > self.room or len(self.own) == MAX_FILES or laid((*self.given, *self.own, path)) > MAX_LAID:
            self.notes.append(
                f"{shown(path)} was left out: at most {MAX_FILES} files go along, and with the assignment's own "
                f"{MAX_LAID} files and folders of {MAX_DATA // 2**20} MB in all."
            )
        else:
            self.take(fd, entry.name, path)

    def take(self, fd: int, name: str, path: str) -> None:
        try:
            self.own[path], links = read_at(name, fd, self.room)
        except (OSError, Malformed) as error:
            self.notes.append(f"{shown(path)} was left out: {error}.")
            return
        self.room -= len(self.own[path])
        if links > 1:
            self.notes.append(f"{shown(path)} is a hard link: the file has other names elsewhere.")


# ------------------------------------------------------------------ opening


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[int]:
    """The folder STUDENT/ASSIGNMENT, neither part of which may be a link."""
    open_now = []
    try:
        open_now.append(os.open(folder.absolute().parents[1], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for name in folder.absolute().parts[-2:]:
            open_now.append(os.open(name, FOLDER, dir_fd=open_now[-1]))
        yield open_now[-1]
    finally:
        for fd in open_now:
            os.close(fd)


def read_at(name: str | Path, folder: int | None, most: int) -> tuple[bytes, int]:
    """The bytes of a regular file, and how many names it has. Links are not followed, pipes and devices not opened.

    Raises:
        FileNotFoundError: there is no file.
        Malformed: it is not a regular file, has more than `most` bytes, or cannot be opened.
    """
    before = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(before.st_mode):
        raise Malformed("it is not a regular file")
    try:
        fd = os.open(name, FILE, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Malformed(f"it cannot be opened ({error.strerror})") from None
    with os.fdopen(fd, "rb") as file:
        now = os.fstat(fd)
        if not stat.S_ISREG(now.st_mode):
            raise Malformed("it is not a regular file")
        content = b"" if now.st_size > most else file.read(now.st_size + 1)
    if now.st_size > most or len(content) > most:
        raise Malformed(f"it has more than {most // 2**20} MB" if most >= 2**20 else f"it has more than {most} bytes")
    return content, now.st_nlink


def read_file(path: Path) -> bytes:
    """The bytes of a submitted notebook.

    Raises:
        FileNotFoundError: there is no file.
        Malformed: it is not a regular file, or too large.
    """
    return read_at(path, None, MAX_BYTES)[0]
