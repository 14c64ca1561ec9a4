"""What a student's code may import of this project: the modules an assignment provides, and a stand-in for `autograder`.

The judge sends these modules as text; the process that runs a student's code neither needs nor looks for the others.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

__all__ = ["DRAWING", "TELL", "Module", "gradus_folder", "imported", "libraries", "sources"]

Module = tuple[bool, str]  # (is a package, source)
DRAWING = "matplotlib.pyplot"
NOT_FOR_NOTEBOOKS = ("", "__future__", "autograder", "gradus", "IPython", "ipykernel", "matplotlib_inline")

STUB = '''"""Stands for autograder where a submission is graded: the marks are decided elsewhere."""


def check(*args, **kwargs):
    """Do nothing."""


def passed(exercise_id):
    """Whether an exercise has passed. Until the judge has said which ones, none."""
    return False
'''
# What the judge says, as the source of a cell: a set that does not change. Code that puts a function of its own in its place
# deceives itself; no mark hangs on it.
TELL = "import autograder\nautograder.passed = frozenset({!r}).__contains__"


@cache
def gradus_folder() -> Path:
    """Where the reference package lies; it is not imported."""
    spec = importlib.util.find_spec("gradus")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package gradus is not installed", name="gradus")
    return Path(next(iter(spec.submodule_search_locations)))


def file_of(module: str) -> Path | None:
    """The file of a module of gradus, or None where there is no such module."""
    folder = gradus_folder().joinpath(*module.split(".")[1:])
    files = (folder.with_suffix(".py"), folder / "__init__.py") if module != "gradus" else (folder / "__init__.py",)
    return next((f for f in files if f.is_file()), None)


def imported(module: str, source: str, package: bool) -> Iterator[str]:
    """Names of the modules of gradus that a source text imports, at its top or inside its functions."""
    own_package = module if package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = own_package.split(".")[: len(own_package.split(".")) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


@cache
def sources(provides: tuple[str, ...]) -> dict[str, Module]:
    """The modules of an assignment with everything of gradus that they import, and the stand-in for `autograder`.

    Packages that are not provided themselves are empty: ``import gradus`` alone gives nothing away.

    Args:
        provides: module names: ("gradus.data", "gradus.diagnostics").

    Raises:
        ValueError: one of them is not a module of gradus.
    """
    found: dict[str, Module] = {"autograder": (False, STUB)}
    for name in provides:
        if name.partition(".")[0] != "gradus" or file_of(name) is None:
            raise ValueError(f"sources: provides must name modules of gradus, got {name!r}")
    waiting = list(provides)
    while waiting:
        name = waiting.pop()
        file = file_of(name) if name.partition(".")[0] == "gradus" else None
        if file is None or name in found or (file.name == "__init__.py" and name not in provides):
            continue
        package, source = file.name == "__init__.py", file.read_text(encoding="utf-8")
        found[name] = (package, source)
        waiting += imported(name, source, package)
    for name in parents(found):
        found.setdefault(name, (True, ""))
    return found


def parents(names: Iterable[str]) -> set[str]:
    """All packages that the names lie in."""
    return {".".join(parts[:i]) for name in names for parts in [name.split(".")] for i in range(1, len(parts))}


def libraries(cells: Iterable[str], provides: tuple[str, ...]) -> tuple[str, ...]:
    """Modules of others that an assignment's given cells, and what it provides, import at any place; drawing always.

    To be loaded before a submission is forked; what turns out to be no module, or not to be there, is passed over then.
    A cell that is not plain Python says nothing.
    """
    found = {DRAWING}
    for source in (*cells, *(source for _, source in sources(provides).values())):
        with contextlib.suppress(SyntaxError):
            found |= {name for name in imported("", source, False) if name.partition(".")[0] not in NOT_FOR_NOTEBOOKS}
    return tuple(sorted(found))
