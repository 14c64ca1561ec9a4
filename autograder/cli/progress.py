"""What a command shows while it works: a bar on a terminal, a line a submission elsewhere."""

from __future__ import annotations

import sys

from autograder.grading.course import printable
from autograder.grading.result import Result, Task
from autograder.reports.marks import verdict_line

__all__ = ["Progress"]


class Progress:
    """A bar on a terminal, a line a submission elsewhere."""

    def __init__(self, verbose: bool) -> None:
        self.verbose, self.total, self.done, self.bar = verbose, 0, 0, None

    def begin(self, submissions: int) -> None:
        self.total = submissions
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=submissions, unit="submission", file=sys.stderr, dynamic_ncols=True, smoothing=0.1)

    def step(self, task: Task, results: tuple[Result, ...]) -> None:
        self.done += 1
        lines = []
        if self.bar is None or self.verbose:
            score, most = sum(r.score for r in results), sum(r.max_score for r in results)
            who = f"{printable(task.student)}  {task.assignment.name}"
            lines.append(
                f"[{self.done:>{len(str(self.total))}}/{self.total}] {who}  {score:g}/{most:g}  {verdict_line(results)}"
            )
        if self.verbose:
            lines += [
                f"    {r.exercise:<32} {r.score:g}/{r.max_score:g}  {r.verdict:<12} {printable(r.message)}"
                for r in results
            ]
            lines += [f"    note: {printable(note)}" for note in dict.fromkeys(n for r in results for n in r.notes)]
        for line in lines:
            print(line) if self.bar is None else self.bar.write(line)
        if self.bar is not None:
            self.bar.update()
        sys.stdout.flush()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
