"""Running one notebook cell outside of Jupyter: its magics and shell lines, its lines in tracebacks, its names."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from typing import Any

from autograder.handle import failure

__all__ = ["compiled", "namespace", "run", "to_bind"]

TIMED = re.compile(r"%%(time|timeit|capture|prun)\b")  # cell magics around ordinary Python
TIMED_LINE = re.compile(r"\s*%time\s+(?=\S)")  # runs its statement, names and all
ESCAPED = re.compile(r"\s*[%!?].*|\s*[\w.]+\?{1,2}\s*")  # %magic, !shell, ?help, help?
SETTING = re.compile(r"\s*%(matplotlib|config)\b")  # of how a notebook looks: not worth a note
ASSIGNED = re.compile(r"(\s*[\w.\s,]+=\s*)[%!].*")  # files = !ls


class Quiet:
    """Stands for Jupyter's `display` and `get_ipython`: every attribute and every call gives the thing itself."""

    def __getattr__(self, name: str) -> Quiet:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Quiet:
        return self


def namespace() -> dict[str, Any]:
    """What Jupyter puts into a notebook's namespace, without effect."""
    return {"display": Quiet(), "get_ipython": Quiet()}


def python_line(line: str) -> str | None:
    """A line that Jupyter would not hand to Python, as Python; None where it is Python's already."""
    if found := TIMED_LINE.match(line):
        return line[: len(line) - len(line.lstrip())] + line[found.end() :]
    if ESCAPED.fullmatch(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    if found := ASSIGNED.fullmatch(line):
        return f"{found[1]}None"
    return None


def compiled(source: str, filename: str, flags: int = 0) -> tuple[Any, list[str]]:
    """A cell's code (its tree with `ast.PyCF_ONLY_AST`), and a note for each line that was left out because it is Jupyter's.

    Only lines at which Python itself stumbles are touched: a ``%`` inside a text or in a sum that goes on stays as it is.

    Raises:
        SyntaxError: the cell is not Python.
    """
    lines = source.split("\n")
    notes = []
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        notes.append(f"{lines[first].split()[0]} has no effect here.")
        lines = ["", *lines[first + 1 :]] if TIMED.match(lines[first]) else []
        lines = [""] * first + lines
    for _ in range(100):
        try:
            return compile("\n".join(lines), filename, "exec", flags, dont_inherit=True), notes
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            replaced = python_line(lines[at]) if 0 <= at < len(lines) else None
            if replaced is None or replaced == lines[at]:
                raise
            if not SETTING.match(lines[at]):
                notes.append(f"Line {at + 1} has no effect here: {lines[at].strip()[:80]}")
            lines[at] = replaced
    raise SyntaxError("too many lines of this cell are not Python")


def run(source: str, label: str, names: dict[str, Any]) -> list[str]:
    """Run a cell in a namespace; tracebacks find its lines under ``<cell LABEL>``.

    Returns:
        Notes on lines that were left out.

    Raises:
        StudentFailure: it is not Python, or it raised.
    """
    filename = f"<cell {label}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        code, notes = compiled(source, filename)
    except Exception as error:  # also ValueError, MemoryError, RecursionError: the parser's ways to give up
        lost = failure(error)
        if isinstance(error, SyntaxError):
            lost.text = str(error.msg)[:500]
            lost.trace = f"line {error.lineno}: {(error.text or '').strip()}"[:160]
        raise lost from None
    try:
        exec(code, names)
    except BaseException as error:
        raise failure(error) from None
    return notes


def to_bind(source: str) -> set[str] | None:
    """The names that a cell binds if it runs to its end, in whatever branch; None where it is not Python."""
    try:
        tree, _ = compiled(source, "<cell>", ast.PyCF_ONLY_AST)
        return set(bound_in(tree))
    except Exception:  # as in `run`
        return None


def bound_in(node: ast.AST) -> Iterator[str]:
    """Names bound by a statement and those in it, without what is local to a class or a function."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Lambda | ast.comprehension) or (isinstance(node, ast.AnnAssign) and node.value is None):
        return
    else:
        for child in ast.iter_child_nodes(node):
            yield from bound_in(child)
