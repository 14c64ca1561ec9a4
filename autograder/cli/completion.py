"""``autograder completion``: what a shell needs to complete this command."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add"]

SHELLS = ("bash", "zsh", "fish", "tcsh")
ASSIGNMENTS = (
    "find solutions/assignments source -mindepth 1 -maxdepth 1 -type d ! -name '.*' -exec basename {} \\; 2>/dev/null"
)
INTO = {
    "bash": 'eval "$(autograder completion bash)"', "zsh": 'eval "$(autograder completion zsh)"',
    "fish": "autograder completion fish | source", "tcsh": "autograder completion tcsh > ~/.autograder.tcsh",
}  # fmt: skip


def add(commands: Any) -> None:
    examples = "\n".join(f"  {line:<52}{shell}" for shell, line in INTO.items())
    made = commands.add_parser(
        "completion", help="print what a shell needs to complete commands, options and assignments",
        description="Print what a shell needs to complete commands, options and the assignments of the folder one is in.",
        epilog=f"examples, for the shell's start-up file:\n{examples}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.set_defaults(run=run)
    made.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def run(options: argparse.Namespace) -> int:
    from autograder.cli import parser
    from autograder.grading.course import UsageError

    try:
        import shtab
    except ImportError as error:
        raise UsageError("the package shtab is needed; install it with: pip install shtab") from error
    top = parser()
    for action in actions_of(top):
        kind = str(action.metavar or "")
        if kind == "ASSIGNMENT":
            action.complete = shtab.cmd(ASSIGNMENTS)  # type: ignore[attr-defined]
        elif "FILE" in kind or "ARCHIVE" in kind:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif kind in ("DIR", "FOLDER"):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    print(shtab.complete(top, shell=options.shell))
    return 0


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of a parser and of its commands."""
    found = list(parser._actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found += actions_of(command)
    return found
