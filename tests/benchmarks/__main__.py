"""How fast is gradus? Its training steps, graphs, activations and layers beside other ways to compute the same.

    python tests/benchmarks [--only PATTERN] [--rounds 40] [--json FILE] [--plot DIR]

Beside it stand NumPy tuned by hand, NumPy as in a textbook, PyTorch, DeZero, HIPS autograd and micrograd. A package that
is not installed is a line in the table. With --plot, figures of how the time grows are drawn into a folder instead.
"""

# ruff: noqa: E402
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported: with more, the figures of a shared machine mean nothing

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

import elementwise
import graphs
import large_steps
import numpy as np
import real_use
import table
import training_steps
from race import Fact, Line, Row, run

GROUPS = (training_steps, graphs, elementwise, large_steps, real_use)


def chosen(pattern: str) -> list[Row | Fact]:
    rows = [row for group in GROUPS for row in group.rows()]
    return [row for row in rows if re.search(pattern, row.name, re.IGNORECASE)]


def reporter(what: str) -> Callable[[str], None]:
    """Shows how far the measuring is, on a terminal."""

    def report(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{what} {text}", end="", file=sys.stderr, flush=True)

    return report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PATTERN", default="", help="rows whose name matches this regular expression")
    parser.add_argument("--rounds", type=int, default=40, help="rounds a row (40)")
    parser.add_argument("--turn", type=float, default=0.01, help="seconds of a contestant's turn in each round (0.01)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, round by round, to this file")
    parser.add_argument("--plot", type=Path, metavar="DIR", help="draw figures of growth into this folder, no table")
    options = parser.parse_args()
    np.ones(3 << 20).sum()  # 24 MB, made and freed: see the header

    if options.plot:
        import growth

        return growth.draw_all(options.plot, reporter)
    rows = chosen(options.only)
    if not rows:
        print(f"no row matches {options.only!r}", file=sys.stderr)
        return 2
    about = table.header(options.rounds)
    print(about, end="\n\n")
    widths = max(len(row.name) for row in rows), max(len(name) for row in rows for name in getattr(row, "makers", [""]))
    print(*table.formatted([table.HEADINGS], *widths), sep="\n", flush=True)
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        report = reporter(f"{number}/{len(rows)} {row.name}")
        found = run(row, options.rounds, options.turn, report)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        cells = [table.cells(line, first=i == 0) for i, line in enumerate(found)]
        print(*table.formatted(cells, *widths), sep="\n", flush=True)
        lines += found
    print("\n" + table.summary(lines))
    if options.json:
        table.write_json(options.json, lines, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
