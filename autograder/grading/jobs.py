"""What crosses to a judge and back: a `Job`, a `Graded`, and both as JSON bytes for judges on other machines.

Nothing that comes from a submission is ever unpickled: over a network go texts, numbers and the submitted bytes.
A job says which checks and which software its verdicts are to hang on, and a judge that has others refuses it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from autograder.assignment import Assignment, Slot
from autograder.grading.environment import environment
from autograder.grading.result import Result, Task
from autograder.intake.package import Package
from autograder.judging import Answer

__all__ = ["Graded", "Job", "OtherVersion", "graded_from_bytes", "graded_to_bytes", "job_from_bytes", "job_to_bytes",
           "result_from", "result_to"]  # fmt: skip


class OtherVersion(Exception):
    """A judge has other checks or other software than the run it is to judge for; the text says which."""


@dataclass(frozen=True)
class Job:
    """A submission to be judged.

    Attributes:
        number: its place in the run.
        template: the student's version of its assignment, as JSON.
        earlier: verdicts on exercises that are not judged now.
        known: the verdicts, where they are known already: then no code runs, and only the notebook is written.
        repeat: how often to judge it.
        unsafe: judge it also where submissions cannot be confined.
    """

    number: int
    task: Task
    template: str
    earlier: tuple[Result, ...] = ()
    known: tuple[Result, ...] = ()
    repeat: int = 1
    unsafe: bool = False


@dataclass(frozen=True)
class Graded:
    """What came of it.

    Attributes:
        results: one an exercise.
        notebook: for ``autograded/``, as JSON.
        untouched: grade_ids of the cells that are as they were handed out; None where nobody could look.
        versions: what the submission says it was checked with, "" where it says nothing; not to be relied on.
        log: what the judge logged meanwhile, for the run's log.
    """

    results: tuple[Result, ...]
    notebook: str
    untouched: frozenset[str] | None
    versions: str = ""
    log: tuple[str, ...] = ()


def job_to_bytes(job: Job) -> bytes:
    """A job as JSON."""
    task, package = job.task, job.task.package
    content = None if package.content is None else packed(package.content)
    record = {
        "checks_sha256": task.assignment.checks_sha256, "environment": environment(),
        "number": job.number, "template": job.template, "repeat": job.repeat, "unsafe": job.unsafe,
        "earlier": [result_to(r) for r in job.earlier], "known": [result_to(r) for r in job.known],
        "student": task.student, "seeds": dict(task.seeds), "only_exercise": task.only_exercise,
        "assignment": asdict(task.assignment),
        "package": {
            **{f.name: getattr(package, f.name) for f in fields(package)},
            "content": content, "files": {name: packed(data) for name, data in package.files.items()},
            "received": package.received and package.received.isoformat(),
        },
    }  # fmt: skip
    return json.dumps(record).encode()


def job_from_bytes(data: bytes) -> Job:
    """The job that `job_to_bytes` was given.

    Raises:
        OtherVersion: the checks or the software of this process are not those of the run.
    """
    record = json.loads(data)
    slots = [Slot(**slot) for slot in record["assignment"]["slots"]]
    assignment = Assignment(**frozen({**record["assignment"], "slots": slots}))
    require_same(assignment, record["checks_sha256"], record["environment"])
    packaged = record["package"]
    package = Package(**frozen({
        **packaged,
        "content": None if packaged["content"] is None else base64.b64decode(packaged["content"]),
        "received": packaged["received"] and datetime.fromisoformat(packaged["received"]),
    }) | {"files": {name: base64.b64decode(text) for name, text in packaged["files"].items()}})  # fmt: skip
    task = Task(record["student"], assignment, package, record["seeds"], record["only_exercise"])
    earlier, known = (tuple(result_from(r) for r in record[name]) for name in ("earlier", "known"))
    return Job(record["number"], task, record["template"], earlier, known, record["repeat"], record["unsafe"])


def graded_to_bytes(graded: Graded) -> bytes:
    """What came of a job, as JSON."""
    untouched = None if graded.untouched is None else sorted(graded.untouched)
    results = [result_to(r) for r in graded.results]
    return json.dumps({**vars(graded), "results": results, "untouched": untouched}).encode()


def graded_from_bytes(data: bytes, job: Job) -> Graded:
    """What came of a job.

    Raises:
        ValueError: it is no answer to this job.
    """
    try:
        record = json.loads(data)
        results = tuple(result_from(r) for r in record["results"])
        untouched = None if record["untouched"] is None else frozenset(record["untouched"])
        graded = Graded(results, record["notebook"], untouched, record["versions"], tuple(record["log"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"graded_from_bytes: not of the expected form: {error!r}") from error
    task = job.task
    expected = [(task.student, task.assignment.name, id, task.assignment.checks_sha256) for id in task.exercises]
    if [(r.student, r.assignment, r.exercise, r.checks_sha256) for r in results] != expected:
        raise ValueError(f"graded_from_bytes: verdicts on something else than {expected}"[:300])
    return graded


def result_to(result: Result) -> dict[str, Any]:
    """A result as plain data, whole."""
    return {**vars(result), "answer": result.answer.to_dict(), "notes": list(result.notes)}


def result_from(record: Mapping[str, Any]) -> Result:
    """What `result_to` gave, as a result again.

    Raises:
        ValueError, TypeError: it is none.
    """
    return Result(**{**record, "answer": Answer.from_dict(record["answer"]), "notes": tuple(record["notes"])})


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def frozen(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with tuples where JSON has lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}


def require_same(assignment: Assignment, checks_sha256: str, software: str) -> None:
    if assignment.checks_sha256 != checks_sha256:
        here, there = assignment.checks_sha256[:12], checks_sha256[:12]
        raise OtherVersion(
            f"it has another version of what judges {assignment.name}: {here}, the grading run has {there}"
        )
    if environment() != software:
        raise OtherVersion(f"it runs {environment()}, the grading run {software}")
