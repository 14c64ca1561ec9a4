"""All the verdicts of a run, on disk rather than in memory: a class of 100,000 must not need 100,000 times one submission."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator, Sequence

from autograder.grading.jobs import result_from, result_to
from autograder.grading.result import Result

__all__ = ["Kept"]


class Kept:
    """Verdicts put down as they come, and read in the order of the run. An unnamed file holds them, until this is gone."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  (closed when this object is gone)
        self.places: dict[int, int] = {}  # number of the submission -> where its line begins
        weakref.finalize(self, self.file.close)

    def add(self, number: int, results: Sequence[Result]) -> None:
        """Put down the results of the submission with this place in the run."""
        self.places[number] = self.file.seek(0, 2)
        self.file.write(json.dumps([result_to(r) for r in results]).encode() + b"\n")

    def __iter__(self) -> Iterator[Result]:
        for number in sorted(self.places):
            self.file.seek(self.places[number])
            yield from map(result_from, json.loads(self.file.readline()))
