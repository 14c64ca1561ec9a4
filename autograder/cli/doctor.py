"""``autograder doctor``: what submissions could do on this machine."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

__all__ = ["add"]

EXAMPLES = """  autograder doctor                   the table
  autograder doctor --quick           all layers only, as `autograder grade` tests itself before it begins
  autograder doctor --json > here.json"""


def add(commands: Any) -> None:
    made = commands.add_parser(
        "doctor", help="attack the sandbox of this machine and show what holds",
        description="Attack the sandbox of this machine and show what holds: without any layer, behind each layer alone, "
        "behind all together. Everything that is attacked is planted for the purpose. Exit code 1: not confined.",
        epilog=f"examples:\n{EXAMPLES}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.set_defaults(run=run)
    made.add_argument("--json", action="store_true", help="print the findings as JSON")
    made.add_argument("--quick", action="store_true", help="only all layers together; takes a second")


def run(options: argparse.Namespace) -> int:
    from autograder.doctor.table import as_data, as_table, diagnose

    if options.quick:
        return quick(options.json)
    made = diagnose(report)
    report("")
    print(json.dumps(as_data(made), indent=1, ensure_ascii=False) if options.json else as_table(made))
    return 0 if made.confined else 1


def quick(as_json: bool) -> int:
    from autograder.doctor.examination import PROBES, self_test
    from autograder.sandbox import jail
    from autograder.sandbox.starting import best

    layers = best()
    through = self_test(layers)
    confined = jail.confined(layers) and not through
    if as_json:
        print(json.dumps({"level": jail.name_of(layers), "confined": confined, "through": through}))
    else:
        print(f"Level: {jail.name_of(layers)}")
        names = ", ".join(name.replace("_", " ") for name in through)
        print(f"{len(through)} of {len(PROBES)} attacks get through" + (f": {names}" if names else ""))
        print("Confined." if confined else "NOT CONFINED.")
    return 0 if confined else 1


def report(text: str) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
