"""`check`: what a student calls under an exercise.

The value of ``check("he_normal", he_normal)`` prints as a plain float, the points, because nbgrader reads the last
line of a test cell so; in JupyterLab it shows itself as HTML. Where nothing was earned an exception with a short, readable
message is raised, so that "Run All" stops there and nbgrader gives 0.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.answer import as_html, as_text
from autograder.exercise import Exercise
from autograder.handle import local
from autograder.judging import Answer, judge
from autograder.versions import versions

__all__ = ["CheckFailed", "Points", "check", "passed"]

PASSED: set[str] = set()  # exercises whose last check found nothing wrong


class CheckFailed(AssertionError):
    """No points at all (or, under ``nbgrader validate``, not all). Shows itself without a stack trace."""

    def __init__(self, answer: Answer, versions: str = "") -> None:
        super().__init__("\n" + as_text(answer, versions))
        self.answer, self.versions = answer, versions

    def _render_traceback_(self) -> list[str]:
        hint = "  (To go on with the other exercises all the same: Run > Run Selected Cell and All Below, from the next one.)"
        shown = as_text(self.answer, self.versions)
        return [shown, hint] if os.environ.get("NBGRADER_EXECUTION") is None else [shown]


class Points:
    """The points of an answer: ``repr`` is that of a float, HTML and text show the whole answer."""

    def __init__(self, answer: Answer, versions: str = "") -> None:
        self.answer, self.versions = answer, versions

    def __repr__(self) -> str:
        return repr(float(self.answer.score))

    def __float__(self) -> float:
        return float(self.answer.score)

    def __str__(self) -> str:
        return as_text(self.answer, self.versions)

    def _repr_html_(self) -> str:
        return as_html(self.answer, versions=self.versions)


def check(exercise_id: str, *objects: Any) -> Points:
    """Try an answer on all cases of an exercise and say what is right, what is wrong, and which mistake was made.

    Args:
        exercise_id: the exercise, "he_normal".
        objects: the functions, classes or values asked for, in the order of the task.

    Returns:
        The points; its HTML is the whole answer.

    Raises:
        CheckFailed: nothing was earned.
        ValueError: there is no such exercise.
        TypeError: another number of objects is asked for.
    """
    ex = find_or_suggest(exercise_id)
    if len(objects) != len(ex.names):
        wanted = ", ".join(ex.names)
        raise TypeError(f'check: call it as check("{ex.id}", {wanted}), got {len(objects)} objects after the name')
    given = tuple(local(o) for o in objects)
    with progress(ex.id) as step, elsewhere():
        answer = judge(ex, lambda: given, seed=notebook_seed(ex.id), progress=step)
    (PASSED.add if answer.verdict == "pass" else PASSED.discard)(ex.id)
    validating = os.environ.get("NBGRADER_EXECUTION") == "validate"
    if answer.score == 0 or (validating and answer.verdict != "pass"):
        raise CheckFailed(answer, versions(ex.topic))
    return Points(answer, versions(ex.topic))


def passed(exercise_id: str) -> bool:
    """Whether the last check of an exercise found nothing wrong. False where it has not been called yet.

    Where a submission is graded it is the grader's own verdict.

    Raises:
        ValueError: there is no such exercise.
    """
    return find_or_suggest(exercise_id).id in PASSED


def find_or_suggest(exercise_id: str) -> Exercise:
    """The exercise, or an error that names the nearest ones."""
    from autograder.checks import exercises

    known = exercises()
    if not isinstance(exercise_id, str):
        raise TypeError(f"check: the first argument is the exercise's name in quotes, got {exercise_id!r}"[:200])
    if exercise_id in known:
        return known[exercise_id]
    near = difflib.get_close_matches(exercise_id, known, n=3, cutoff=0.5)
    raise ValueError(f"check: no exercise {exercise_id!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""))


def notebook_seed(exercise_id: str) -> int:
    """Seed of the hidden cases in a notebook: always the same there, and never one of the grader's."""
    return int.from_bytes(hashlib.sha256(f"notebook:{exercise_id}".encode()).digest()[:8], "big")


@contextlib.contextmanager
def progress(exercise_id: str) -> Iterator[Callable[[int, int], None]]:
    """A function that says in a notebook how far a check is, once it has taken half a second; elsewhere one that is silent."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    start, line = time.monotonic(), None

    def step(done: int, of: int) -> None:
        nonlocal line
        if hasattr(shell, "kernel") and time.monotonic() - start > 0.5:
            text = {"text/plain": f"{exercise_id}: {done} of {of} cases"}
            line = line or shell_display(text, raw=True, display_id=True)
            line.update(text, raw=True)

    shell_display = ipython.display.display if ipython else None
    try:
        yield step
    finally:
        if line:
            line.update({"text/plain": ""}, raw=True)


@contextlib.contextmanager
def elsewhere() -> Iterator[None]:
    """Send everything the student's code prints, also below Python, into the void while it is judged.

    A single line on stderr would make nbgrader give 0.
    """
    with tempfile.TemporaryFile() as sink, Path(os.devnull).open("w") as void:
        saved = []
        for fd in (1, 2):
            with contextlib.suppress(OSError):
                saved.append((fd, os.dup(fd)))
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            for fd, _ in saved:
                os.dup2(sink.fileno(), fd)
            with contextlib.redirect_stdout(void), contextlib.redirect_stderr(void):
                yield
        finally:
            for fd, copy in saved:
                os.dup2(copy, fd)
                os.close(copy)
