"""Marks entered while others are still being judged: one thread writes the gradebook, in batches.

The thread also imports nbgrader and opens the gradebook, so that neither is waited for. It is the only one that writes
there, and only what is in the journal already.
"""

from __future__ import annotations

import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from autograder.grading.course import Course, printable
from autograder.grading.gradebook import Marks, write_marks
from autograder.grading.jobs import Graded, Job
from autograder.grading.journal import Journal
from autograder.grading.light_imports import import_nbgrader
from autograder.grading.release import Released, release

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

__all__ = ["Entering", "write_whole"]

BATCH_SECONDS = 2.0
BATCH_SIZE = 100
WAITING = 200  # submissions that may wait for the gradebook before judging waits, too


class Entering:
    """A thread that enters marks; used in a ``with`` statement, at the end of which all are entered.

    Args:
        names: the assignments; one that the gradebook does not know is released first, and `released` called.
        regrade: see `Marks.regrade`.

    Raises:
        UsageError: the gradebook cannot be opened, or an assignment not be released.
        StorageFailure: the gradebook or the journal cannot be written. Both are raised by `enter` and at the end.
    """

    def __init__(
        self, course: Course, names: Sequence[str], journal: Journal, problem: Callable[[str], None],
        released: Callable[[Released], None], regrade: Literal["", "up", "both ways"] = "",
    ) -> None:  # fmt: skip
        self.course, self.names, self.journal, self.problem = course, names, journal, problem
        self.released, self.regrade = released, regrade
        self.before = journal.last_entered()
        self.waiting: queue.Queue[tuple[Marks, str] | None] = queue.Queue(WAITING)
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self.run, name="gradebook", daemon=True)  # a second Ctrl-C ends it, too

    def __enter__(self) -> Entering:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self.put(None)
        self.thread.join()
        if kind is None:
            self.check()

    def enter(self, job: Job, graded: Graded) -> None:
        """Have the marks entered and the notebook put into ``autograded/``, soon."""
        self.check()
        task, package = job.task, job.task.package
        name = task.assignment.name
        changed = self.before.get((task.student, name), package.sha256) != package.sha256
        marks = Marks(task.student, name, package.sha256, graded.results, graded.untouched, changed, package.received,
                      self.regrade)  # fmt: skip
        self.put((marks, graded.notebook))

    def put(self, item: tuple[Marks, str] | None) -> None:
        while self.thread.is_alive():  # a thread that has failed takes nothing any more
            try:
                return self.waiting.put(item, timeout=0.5)
            except queue.Full:
                continue

    def check(self) -> None:
        if self.failure is not None:
            raise self.failure

    # -------------------------------------------------------------- in the thread

    def run(self) -> None:
        try:
            import_nbgrader()
            for made in release(self.course, self.names):
                if made.made:
                    self.released(made)
            with self.course.gradebook() as gradebook:
                while self.write(gradebook, self.batch()):
                    pass
        except BaseException as error:
            self.failure = error

    def batch(self) -> list[tuple[Marks, str] | None]:
        """What is waiting, or will be within a moment; None at its end where that is all there will be."""
        found = [self.waiting.get()]
        until = time.monotonic() + BATCH_SECONDS
        while found[-1] is not None and len(found) < BATCH_SIZE:
            try:
                found.append(self.waiting.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
        return found

    def write(self, gradebook: Gradebook, batch: Sequence[tuple[Marks, str] | None]) -> bool:
        """Enter a batch, the notebooks first; whether there may be more."""
        made = [item for item in batch if item is not None]
        for marks, notebook in made:
            try:
                keep_notebook(self.course, marks, notebook)
            except OSError as error:
                self.problem(f"{name_of(marks)}: its notebook is not in autograded/: {error}")
        failures = write_marks(self.course, gradebook, [marks for marks, _ in made])
        for marks, why in failures:
            self.problem(f"{name_of(marks)}: its marks are not in the gradebook: {why}")
        failed = [marks for marks, _ in failures]
        self.journal.entered((m.student, m.assignment, m.sha256) for m, _ in made if m not in failed)
        return batch[-1] is not None


def name_of(marks: Marks) -> str:
    return printable(f"{marks.student}/{marks.assignment}")


def keep_notebook(course: Course, marks: Marks, notebook: str) -> None:
    """Put the notebook with its verdicts where nbgrader's formgrader looks for it, the time of submission beside it."""
    target = course.notebook("autograded", marks.student, marks.assignment)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, notebook)
    if marks.timestamp is not None:
        write_whole(target.with_name("timestamp.txt"), f"{marks.timestamp.isoformat(' ')} UTC\n")


def write_whole(path: Path, content: str | Iterable[str]) -> None:
    """Write a file so that it is there as a whole or not at all.

    Args:
        content: the text, or its pieces.
    """
    fd, fresh = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.writelines([content] if isinstance(content, str) else content)
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
