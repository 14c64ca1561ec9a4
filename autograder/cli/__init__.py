"""The command ``autograder``: release assignments, grade what came back, give feedback.

Exit code 0: everything got a verdict; 1: something could not be judged or recorded; 2: wrong usage, nothing was changed.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from autograder.cli import bundle, cluster, collect, completion, doctor, export, feedback, grade, release, report

__all__ = ["main"]

# In the order of the help; each has `add(commands)`.
COMMANDS = (release, bundle, collect, grade, feedback, report, export, cluster, doctor, completion)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments after the command's name; those of the process where left out.

    Returns:
        The exit code.
    """
    options = parser().parse_args(argv)
    from autograder.grading.course import UsageError
    from autograder.grading.executors import JudgesCannotStart
    from autograder.grading.journal import StorageFailure
    from autograder.sandbox.starting import NotStarted

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="nbgrader")  # of its own making, and no business of whoever grades
        try:
            return options.run(options)
        except UsageError as error:
            print(f"autograder {options.command}: {error}", file=sys.stderr)
            return 2
        except (JudgesCannotStart, NotStarted, StorageFailure) as error:
            print(f"autograder {options.command}: {error}. What was judged before is kept: --resume", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\ninterrupted; what was judged is kept: go on with --resume", file=sys.stderr)
            return 130


def parser() -> argparse.ArgumentParser:
    from autograder import __version__

    top = argparse.ArgumentParser(
        prog="autograder", description="Release assignments, grade submissions, give feedback."
    )
    top.add_argument("--version", action="version", version=f"autograder {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return top
