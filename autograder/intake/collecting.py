"""From archives of a learning platform to ``SUBMITTED/STUDENT/ASSIGNMENT/``, one submission after the other, each as a whole."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from autograder.intake.archive import Caps, Entry, entries
from autograder.intake.names import fault_of
from autograder.intake.package import ATTENDANTS
from autograder.intake.platforms import Handed, Unknown, handed_in, layout_of
from autograder.intake.receipts import Receipt, write_receipts

__all__ = ["Collected", "Order", "collect"]


@dataclass(frozen=True)
class Order:
    """What is to be collected, and where to.

    Attributes:
        into: the folder of the submissions.
        state: the course's ``.autograder``: receipts, and what was replaced.
        assignments: those that files may be of.
        roster: see `handed_in`.
        received: when the archive was received, in UTC without a time zone; None: each file when the archive says.
        replace: put a submission in the place of an earlier one.
        dry_run: write nothing.
    """

    into: Path
    state: Path
    assignments: Collection[str]
    roster: Mapping[str, str] | None = None
    received: datetime | None = None
    replace: bool = False
    dry_run: bool = False
    caps: Caps = field(default_factory=Caps)


@dataclass
class Gathered:
    """The files of one submission: path -> SHA-256."""

    persons: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    time: float = 0.0
    late: bool = False


@dataclass
class Collected:
    """What came of one archive.

    Attributes:
        new, replaced, unchanged: (student, assignment) of submissions.
        refused: (name, why) of files and submissions.
        notes: what else was odd.
        late: how many the platform calls late.
    """

    new: list[tuple[str, str]] = field(default_factory=list)
    replaced: list[tuple[str, str]] = field(default_factory=list)
    unchanged: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    late: int = 0


def collect(archive: Path, order: Order) -> Collected:
    """Collect the submissions in an archive.

    A submission that was there before stays as it is, unless `order.replace` says otherwise: then the older one is kept in
    ``.autograder/replaced/``. What is refused has a reason in the result and keeps nothing else from being collected.

    Raises:
        NotAnArchive: the file is no archive.
        OSError: the archive cannot be opened, or the disk does not take the files.
    """
    found = Collected()
    with staging(order) as stage:
        gathered = gather(archive, order, stage, found)
        ready = [key for key, submission in sorted(gathered.items()) if may_be_placed(key, submission, order, found)]
        if stage is None:
            return found
        receipts = [receipt_of(key, gathered[key], archive, order) for key in ready]
        if receipts:
            write_receipts(order.state / "receipts.jsonl", receipts)
        for key, receipt in zip(ready, receipts, strict=True):
            (stage.joinpath(*key) / "timestamp.txt").write_text(f"{receipt.received} UTC\n")
            place(stage.joinpath(*key), key, order)
    return found


@contextlib.contextmanager
def staging(order: Order) -> Iterator[Path | None]:
    """A folder beside the submissions in which they are made ready; None in a dry run."""
    if order.dry_run:
        yield None
        return
    order.into.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=".collect-", dir=order.into))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def gather(archive: Path, order: Order, stage: Path | None, found: Collected) -> dict[tuple[str, str], Gathered]:
    """Read the archive to its end; write what is somebody's into the stage, if there is one."""
    gathered: dict[tuple[str, str], Gathered] = {}
    with contextlib.closing(entries(archive, order.caps)) as first:  # read until the layout is sure: mostly one file
        layout = layout_of((entry.name for entry in first if not entry.refused), order.assignments)
    for entry in entries(archive, order.caps):
        if entry.refused:
            found.refused.append((entry.name or archive.name, entry.refused))
            continue
        try:
            handed = handed_in(entry.name, layout, order.assignments, order.roster)
            if handed.path in ATTENDANTS:
                found.notes.append(f"{entry.name} was left behind: when a submission came is not for its author to say")
                continue
            if fault := fault_of(handed.student):
                raise Unknown(f"is of a student whose id {fault}")
            add(gathered.setdefault((handed.student, handed.assignment), Gathered()), handed, entry, stage)
        except Unknown as error:
            found.refused.append((entry.name, str(error)))
    return {key: submission for key, submission in gathered.items() if submission.files}


def add(submission: Gathered, handed: Handed, entry: Entry, stage: Path | None) -> None:
    """Add a file to its submission."""
    submission.persons.add(handed.person)
    if len(submission.persons) > 1:
        return  # the whole will be refused
    if any(path.casefold() == handed.path.casefold() for path in submission.files):
        raise Unknown("is a second file of that name of the same submission")
    if stage is not None:
        target = stage / handed.student / handed.assignment / handed.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(entry.content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise Unknown("is called like a folder of the same submission, or the other way round") from None
    submission.files[handed.path] = hashlib.sha256(entry.content).hexdigest()
    submission.time = max(submission.time, entry.time)
    submission.late |= handed.late


def may_be_placed(key: tuple[str, str], submission: Gathered, order: Order, found: Collected) -> bool:
    """Whether a submission goes where it belongs; counts it where it belongs to in the result."""
    student, assignment = key
    name, target = f"{student}/{assignment}", order.into / student / assignment
    if len(submission.persons) > 1:
        found.refused.append((name, f"is of {len(submission.persons)} persons who are called the same: tell them apart with "
                              "--roster"))  # fmt: skip
        return False
    if (order.into / student).is_symlink() or target.is_symlink():
        found.refused.append((name, "would have to be written through a link"))
        return False
    there = target.exists()
    if there and files_in(target) == submission.files:
        found.unchanged.append(key)
        return False
    if there and not order.replace:
        found.refused.append((name, "has been collected before, and differs; --replace puts this one in its place"))
        return False
    if f"{assignment}.ipynb" not in submission.files:
        found.notes.append(
            f"{name}: there is no {assignment}.ipynb among its files ({', '.join(list(submission.files)[:3])})"
        )
    found.late += submission.late
    (found.replaced if there else found.new).append(key)
    return True


def files_in(folder: Path) -> dict[str, str] | None:
    """path -> SHA-256 of a submission that lies there; None where there is anything but files and folders."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            return None
        if path.is_file() and name not in ATTENDANTS:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def receipt_of(key: tuple[str, str], submission: Gathered, archive: Path, order: Order) -> Receipt:
    student, assignment = key
    received = order.received
    if received is None:
        received = datetime.fromtimestamp(submission.time, UTC).replace(tzinfo=None)
    return Receipt(student, assignment, received, submission.files.get(f"{assignment}.ipynb", ""), archive.name)


def place(staged: Path, key: tuple[str, str], order: Order) -> None:
    """Move a submission to its place, the one that is there out of the way."""
    target = order.into.joinpath(*key)
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        aside = order.state.joinpath("replaced", *key)
        aside.mkdir(parents=True, exist_ok=True)
        number = sum(1 for _ in aside.iterdir()) + 1
        while (aside / str(number)).exists():
            number += 1
        shutil.move(target, aside / str(number))
    staged.rename(target)
