"""Fuzz what reads a student's bytes.

    python tests/fuzz frames 1000000 [--seed N] [--first I]
    python tests/fuzz notebooks 20000 [--seed N] [--first I]

Every case follows from the seed and its number; a case that must not be is printed with the command that repeats it, exit code 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "autograder"), str(ROOT / "tests" / "fuzz")]

import campaign  # noqa: E402
import frames  # noqa: E402
import notebooks  # noqa: E402

FUZZERS = {"frames": frames.fuzz, "notebooks": notebooks.fuzz}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=FUZZERS)
    parser.add_argument("count", type=int, metavar="COUNT", help="how many cases")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, other cases (1)")
    parser.add_argument("--first", type=int, default=0, metavar="I", help="number of the first case (0)")
    options = parser.parse_args()
    try:
        print(
            f"\n{options.what}, seed {options.seed}: {FUZZERS[options.what](options.count, options.seed, options.first)}"
        )
    except campaign.Found as found:
        print(f"\n{found}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
