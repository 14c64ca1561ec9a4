"""Recorded exercises in this process, beside those that they were recorded from."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from autograder import checks
from autograder.closed.bundle import client_modules
from autograder.closed.recording import Recording, record
from autograder.exercise import REGISTRY, Exercise
from autograder.handle import local
from autograder.judging import Answer, judge
from autograder.sandbox.provided import sources


def recorded(topic: str, exercises: Sequence[Exercise], provides: tuple[str, ...] = ()) -> Recording:
    """A recording as a kit has it."""
    provided = [m for m, (package, source) in sources(provides).items() if source or not package]
    return record(topic, exercises, {*client_modules(), *provided} - {"autograder"})


@contextmanager
def replayed(recording: Recording, topic: str, folder: Path) -> Iterator[dict[str, Exercise]]:
    """The exercises of a recording, loaded from a folder into this process."""
    before, folders = dict(REGISTRY), list(checks.__path__)
    for name, content in recording.files.items():
        (folder / name).write_bytes(content)
    REGISTRY.clear()
    checks.__path__.append(str(folder))
    try:
        spec = importlib.util.spec_from_file_location(f"recorded_{topic}", folder / f"{topic}.py")
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        yield dict(REGISTRY)
    finally:
        checks.__path__[:] = folders
        REGISTRY.clear()
        REGISTRY.update(before)
        for name in [n for n in sys.modules if n.startswith("autograder.checks._of_")]:
            del sys.modules[name]
            vars(checks).pop(name.rpartition(".")[2], None)


def answer(ex: Exercise, objects: Sequence[object], seed: int = 7) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(ex, lambda: given, seed=seed)


def shown(found: Answer) -> list:
    """How the cases went that a student may see."""
    return [r for r in found.results if r.group != "hidden"]
