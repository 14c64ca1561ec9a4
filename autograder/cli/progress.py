"""What a command shows while it works: a bar on a terminal, a line a submission elsewhere."""

from __future__ import annotations

import sys
from collections import Counter

from autograder.grading.course import printable
from autograder.grading.result import Result, Task
from autograder.reports.marks import counts_line

__all__ = ["Progress"]


class Progress:
    """A bar on a terminal, with the rate and the time left; a line a submission elsewhere.

    Args:
        verbose: lines on a terminal, too, and the verdict on every exercise.
        cluster: address of the scheduler, where others judge.
    """

    def __init__(self, verbose: bool, cluster: str = "") -> None:
        self.verbose, self.cluster, self.total, self.done, self.bar = verbose, cluster, 0, 0, None

    def begin(self, submissions: int, isolation: str) -> None:
        self.total = submissions
        where = f"judged on the cluster {printable(self.cluster)}" if self.cluster else f"isolation: {isolation}"
        self.say(f"{submissions} submission{'s' if submissions != 1 else ''}, {where}")
        if isolation == "process":
            self.say("WARNING: submissions are not confined: they can read your files and use the network (--unsafe)")
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=submissions, unit="submission", file=sys.stderr, dynamic_ncols=True, smoothing=0.1)

    def step(self, task: Task, results: tuple[Result, ...]) -> None:
        self.done += 1
        if self.bar is None or self.verbose:
            score, most = sum(r.score for r in results), sum(r.max_score for r in results)
            verdicts = counts_line(Counter(r.verdict for r in results))
            place = f"[{self.done:>{len(str(self.total))}}/{self.total}]"
            self.say(f"{place} {printable(task.student)}  {task.assignment.name}  {score:g}/{most:g}  {verdicts}")
        if self.verbose:
            for r in results:
                self.say(f"    {r.exercise:<32} {r.score:g}/{r.max_score:g}  {r.verdict:<12} {printable(r.message)}")
            for note in dict.fromkeys(n for r in results for n in r.notes):
                self.say(f"    note: {printable(note)}")
        if self.bar is not None:
            self.bar.update()
        sys.stdout.flush()

    def say(self, line: str) -> None:
        """Print a line, above the bar where there is one."""
        print(line) if self.bar is None else self.bar.write(line)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
