"""File names that others have chosen: which of them are refused, and why."""

from __future__ import annotations

import re
import sys
import sysconfig
from functools import cache
from importlib.machinery import PathFinder, all_suffixes
from pathlib import PurePosixPath

__all__ = ["fault_of", "is_hidden", "shadowed", "shown"]

MAX_NAME = 200  # bytes of one part of a path
MAX_PATH = 1_000  # bytes
MAX_PARTS = 10
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LEFT_LYING = re.compile(r"\.[\w~]|(__pycache__|__MACOSX|Thumbs\.db)$")
IMPORTED_AT_START = ("sitecustomize", "usercustomize", "autograder", "gradus")


def fault_of(path: str) -> str:
    """What is wrong with a relative path with "/" between its parts, as in "it " + …; "" where nothing is.

    Refused is what leads out of the folder, what a shell, a terminal or another system could take for something else, and
    what is too long to be written.
    """
    parts = path.split("/")
    checks = (
        (not path, "has no name"),
        (not is_text(path), "has a name that is no Unicode"),
        (not path.isprintable(), "has invisible characters in its name"),
        ("\\" in path, "has a backslash in its name"),
        (path.startswith("/") or path[1:2] == ":", "has an absolute name"),
        (".." in parts, "has a name that leads out of the folder"),
        ("." in parts or "" in parts, "has an empty part in its name"),
        (any(part.startswith("-") for part in parts), "has a name that begins with -"),
        (any(part != part.strip() or part.endswith(".") for part in parts), "has a name that begins or ends with a space "
         "or ends with a dot"),
        (any(DEVICES.fullmatch(part) for part in parts), "is called like a device of Windows"),
        (len(parts) > MAX_PARTS, f"lies more than {MAX_PARTS} folders deep"),
        (too_long(path, parts), "has too long a name"),
    )  # fmt: skip
    return next((fault for wrong, fault in checks if wrong), "")


def is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def too_long(path: str, parts: list[str]) -> bool:
    sizes = [len(part.encode(errors="replace")) for part in parts]
    return sum(sizes) + len(sizes) - 1 > MAX_PATH or max(sizes) > MAX_NAME


def is_hidden(path: str) -> bool:
    """Whether a path is what systems and Jupyter leave lying about: no part of any submission."""
    return any(LEFT_LYING.match(part) for part in path.split("/"))


def shadowed(path: str) -> str:
    """The module of Python or of an installed package whose place a file would take on import; "" where there is none."""
    parts = PurePosixPath(path).parts
    importable = any(path.lower().endswith(suffix) for suffix in all_suffixes())
    names = [*parts[:-1], *([parts[-1].partition(".")[0]] if importable else [])]
    return next((name for name in names if is_module(name.lower())), "")


@cache
def is_module(name: str) -> bool:
    """Whether a module of this name comes with Python or is installed."""
    if name in sys.stdlib_module_names or name in IMPORTED_AT_START:
        return True
    places = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    return name.isidentifier() and PathFinder.find_spec(name, places) is not None


def shown(name: str) -> str:
    """A name as it may be shown: short, without anything that is not printed."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:60])
