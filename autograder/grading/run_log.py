"""The log of a run, for programs and for whoever asks later: one JSON object a line, only ever appended to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from autograder.grading.course import UsageError
from autograder.grading.jobs import Graded, Job

__all__ = ["RunLog"]


class RunLog:
    """The file that a run's events go to; used in a ``with`` statement. None: nothing is written.

    Raises:
        UsageError: it cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self.file: TextIO | None = None
        if path is not None:
            try:
                self.file = path.open("a", encoding="ascii")
            except OSError as error:
                raise UsageError(f"--log: {path} cannot be written: {error.strerror}") from error

    def write(self, event: str, **fields: Any) -> None:
        """Add a line. JSON in ASCII has no control characters but this line's own end; of DEL we see to it."""
        if self.file:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"time": now, "event": event, **fields}).replace("\x7f", "\\u007f")
            self.file.write(line + "\n")
            self.file.flush()

    def judged(self, job: Job, graded: Graded) -> None:
        """What came of a submission, and what its judge had to say."""
        results = graded.results
        self.write(
            "known" if job.known else "judged", student=job.task.student, assignment=job.task.assignment.name,
            submission_sha256=job.task.package.sha256, verdicts={r.exercise: r.verdict for r in results},
            score=sum(r.score for r in results), max_score=sum(r.max_score for r in results),
            seconds=round(sum(r.seconds for r in results), 4), isolation=sorted({r.isolation for r in results}),
            versions=graded.versions, notes=list(dict.fromkeys(n for r in results for n in r.notes)),
        )  # fmt: skip
        for text in graded.log:
            self.write("grader", student=job.task.student, assignment=job.task.assignment.name, text=text)

    def __enter__(self) -> RunLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.write("end" if kind is None else "stopped", **({"why": f"{kind.__name__}: {error}"} if kind else {}))
        if self.file:
            self.file.close()
