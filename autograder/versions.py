"""Which checks and packages gave an answer, in one line: a grader can tell later that a student's machine had others.

    checks 1a2b3c4d · gradus 5e6f7a8b · NumPy 2.4.6 · Python 3.11.7

What a student's machine says here is advice: no mark hangs on it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from autograder import checks

__all__ = ["line_of", "versions"]

CORE = (
    "comparison",
    "diagnosis",
    "drawn",
    "exercise",
    "figures",
    "handle",
    "judging",
    "moments",
    "probes",
    "wording",
)  # decide an answer
DIGITS = 8


@cache
def versions(topic: str) -> str:
    """The line for the checks of a topic, "" where the sources are not files that can be read.

    Read once: the code in memory does not change either.

    Args:
        topic: as `Exercise.topic` says: "initialization".
    """
    here = Path(__file__).parent
    spec = importlib.util.find_spec("gradus")
    try:
        of_checks = [here / f"{name}.py" for name in CORE]
        for folder in map(Path, checks.__path__):
            of_checks += [path for path in (folder / f"{topic}.py", *folder.glob(f"_{topic}_*.py")) if path.is_file()]
        of_gradus = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
        return line_of(digest(of_checks), digest(path for folder in of_gradus for path in folder.rglob("*.py")))
    except OSError:
        return ""


def line_of(of_checks: str, of_gradus: str) -> str:
    """The line for hashes that are known already; the packages are those of this process.

    Args:
        of_checks, of_gradus: hexadecimal; the first eight digits are shown.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    return f"checks {of_checks[:DIGITS]} · gradus {of_gradus[:DIGITS]} · NumPy {np.__version__} · Python {python}"


def digest(files: Iterable[Path]) -> str:
    """Hash of files by their names and contents, wherever they lie."""
    found = hashlib.sha256()
    for path in sorted(files, key=lambda path: (path.name, path.parts)):
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode() + content)
    return found.hexdigest()
