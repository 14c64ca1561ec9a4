"""What several commands share: their common arguments, and how they name things."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["add_command", "positive", "relative"]

WIDTH = 100  # characters of a line of a description


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], help: str, more: str = "", examples: str = ""
) -> argparse.ArgumentParser:
    """A command with what nearly all have: the assignments, the course folder, the gradebook.

    Args:
        commands: what `ArgumentParser.add_subparsers` gave.
        run: carries the command out and returns the exit code.
        help: one line, without a full stop.
        more: further sentences for the command's own help.
        examples: lines that can be copied; shown at the end of its help.
    """
    description = textwrap.fill(f"{help[:1].upper()}{help[1:]}. {more}", WIDTH, break_on_hyphens=False)
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=description,
        epilog=f"examples:\n{examples}" if examples else None, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.set_defaults(run=run)
    made.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="which ones; all of them where left out")
    made.add_argument("--course", default=".", metavar="FOLDER", help="the course folder; this one where left out")
    made.add_argument("--db", metavar="URL", help="another gradebook than the configured one, as an SQLAlchemy address: "
                      "sqlite:///gradebook.db, postgresql://user@host/course")  # fmt: skip
    return made


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of at least 1, got {text!r}")
    return int(text)


def relative(path: Path) -> str:
    """A path as short as it can be said from here."""
    here = Path.cwd()
    return str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)
