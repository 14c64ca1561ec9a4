"""The marks of a class as a table in a terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from autograder.grading.course import printable
from autograder.grading.gradebook import Standing
from autograder.grading.result import Result
from autograder.judging import VERDICTS

__all__ = ["automatic", "counts_line", "marks_table", "verdict_line"]


def automatic(results: Iterable[Result]) -> dict[tuple[str, str], Standing]:
    """(student, assignment) -> what the judged exercises alone come to."""
    parts: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for r in results:
        parts[r.student, r.assignment].append(r)
    return {key: Standing(sum(r.score for r in rs), sum(r.max_score for r in rs), False) for key, rs in parts.items()}


def marks_table(marks: Mapping[tuple[str, str], Standing], assignments: Sequence[str]) -> str:
    """Students down, assignments across, the total last; a star where a mark by hand is still missing.

    Args:
        marks: (student, assignment) -> standing; a pair that is absent was not handed in.
    """
    most = {name: max((s.max_score for (_, a), s in marks.items() if a == name), default=0.0) for name in assignments}
    rows = [["student", *assignments, "total"], ["", *(f"of {most[name]:g}" for name in assignments),
            f"of {sum(most.values()):g}"]]  # fmt: skip
    for student in sorted({student for student, _ in marks}):
        own = [marks.get((student, name)) for name in assignments]
        waiting = any(s and s.waiting for s in own)
        rows.append(
            [printable(student), *(cell(s) for s in own), f"{sum(s.score for s in own if s):g}" + " *"[waiting]]
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *others = (text.ljust(w) if i == 0 else text.rjust(w)
                          for i, (text, w) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        lines.append("  ".join([first, *others]).rstrip())
    lines.insert(2, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    if any(s.waiting for s in marks.values()):
        lines.append("* something is still to be marked by hand")
    return "\n".join(lines)


def cell(standing: Standing | None) -> str:
    return "– " if standing is None else f"{standing.score:g}" + " *"[standing.waiting]


def verdict_line(results: Iterable[Result]) -> str:
    """How often each verdict was given: ``14 pass · 3 wrong · 1 missing``."""
    return counts_line(Counter(r.verdict for r in results))


def counts_line(counts: Mapping[str, int]) -> str:
    """The same of counts by verdict."""
    return " · ".join(f"{counts[v]} {v}" for v in VERDICTS if counts.get(v))
