"""The student's version of an assignment: solutions cut out, outputs removed, read-only cells locked.

nbgrader makes it and enters the assignment into the gradebook; here is said when that has to be done again, and what was
wrong when it could not be done.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.assignment import load_assignment
from autograder.grading.course import CONFIG, Course, UsageError
from autograder.grading.light_imports import import_nbgrader

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Released", "files_of", "release", "released_version", "student_version"]


@dataclass(frozen=True)
class Released:
    """What became of one assignment.

    Attributes:
        name: of the assignment.
        folder: where the student's version lies.
        files: what students get: the notebook and what goes with it, by name.
        made: False where everything was up to date already.
    """

    name: str
    folder: Path
    files: tuple[str, ...]
    made: bool


def release(course: Course, names: Iterable[str]) -> Iterator[Released]:
    """Make the student's version of assignments, where the source or the gradebook has changed since the last time.

    Args:
        names: of assignments, as `Course.assignments` gives them.

    Yields:
        one line of report an assignment.

    Raises:
        UsageError: an assignment cannot be released; the text says why.
    """
    for name in names:
        try:
            load_assignment(name, course.folder("source"))
        except ValueError as error:
            raise UsageError(f"{name} cannot be released: {error}") from error
        made = not up_to_date(course, name)
        if made:
            refuse_lost_cells(course, name)
            generate(course, name)
            remember(course, name)
        folder = course.folder("release", ".", name)
        yield Released(name, folder, tuple(str(p.relative_to(folder)) for p in files_of(folder)), made)


def student_version(course: Course, name: str) -> NotebookNode:
    """The student's version as nbgrader makes it, in memory."""
    import_nbgrader("preprocessors")
    import nbformat
    from nbgrader import preprocessors

    notebook, resources = nbformat.read(course.source(name), as_version=4), {}
    for step in (preprocessors.LockCells, preprocessors.ClearSolutions, preprocessors.ClearOutput,
                 preprocessors.ComputeChecksums):  # fmt: skip
        notebook, resources = step(config=course.config).preprocess(notebook, resources)
    return notebook


def released_version(course: Course, name: str) -> str:
    """The student's version as JSON: the released notebook where it is up to date, for which nbgrader is not needed."""
    if stamps(course).get(name) != stamp_of(course, name):
        return json.dumps(student_version(course, name))
    notebook = json.loads(course.notebook("release", ".", name).read_bytes())
    for cell in notebook["cells"]:
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
    return json.dumps(notebook)


def generate(course: Course, name: str) -> None:
    """Let nbgrader make the student's version and enter it into the gradebook.

    Raises:
        UsageError: with what nbgrader said.
    """
    import_nbgrader("converters")
    from nbgrader.converters import GenerateAssignment
    from nbgrader.utils import capture_log

    with course.gradebook():  # a new database is made here, where a fault can be told
        pass
    converter = GenerateAssignment(coursedir=course.directory(assignment_id=name), config=course.config)
    converter.log, converter.force = quiet_log(), True
    outcome = capture_log(converter)
    if not outcome["success"]:
        said = [line for line in outcome.get("log", "").splitlines() if line.startswith(("[ERROR]", "[CRITICAL]"))]
        reasons = [line for line in outcome.get("log", outcome["error"]).splitlines() if "Error: " in line]
        raise UsageError(f"{name} cannot be released: " + "; ".join([*reasons[-1:], *said[:1]])[:600])


def quiet_log() -> logging.Logger:
    """A log for nbgrader that nobody reads unless something fails."""
    log = logging.getLogger("autograder.nbgrader")
    log.propagate = False
    log.setLevel(logging.INFO)
    if not logging.getLogger(
        "tornado.application"
    ).hasHandlers():  # nbgrader's gradebook tells errors there, with tracebacks
        logging.getLogger("tornado.application").addHandler(logging.NullHandler())
    return log


def refuse_lost_cells(course: Course, name: str) -> None:
    """nbgrader neither adds nor removes cells once there are submissions; say so before anything is overwritten."""
    from nbgrader.api import MissingEntry

    with course.gradebook() as gradebook:
        try:
            notebook = gradebook.find_notebook(name, name)
        except MissingEntry:
            return
        if not notebook.submissions:
            return
        before = {cell.name for cell in notebook.source_cells}
        after = set(checksums(student_version(course, name)))
    if before != after:
        changes = [f"new: {', '.join(sorted(after - before))}"] if after - before else []
        changes += [f"gone: {', '.join(sorted(before - after))}"] if before - after else []
        raise UsageError(
            f"{name} cannot be released: its cells have changed ({'; '.join(changes)}) and the gradebook {course.db_shown} "
            f"holds submissions of it. Keep the cells, or take the submissions out with: nbgrader db assignment remove "
            f"{name} --force"
        )


def up_to_date(course: Course, name: str) -> bool:
    """Whether neither source nor student's version nor gradebook changed since the last release."""
    import nbformat
    from nbgrader.api import MissingEntry

    stamp = stamps(course).get(name)
    if stamp is None or stamp != stamp_of(course, name):
        return False
    released = nbformat.read(course.notebook("release", ".", name), as_version=4)
    with course.gradebook() as gradebook:
        try:
            cells = gradebook.find_notebook(name, name).source_cells
        except MissingEntry:
            return False
        return {c.name: c.checksum for c in cells} == checksums(released)


def checksums(notebook: NotebookNode) -> dict[str, str]:
    """nbgrader's checksum of each cell that it knows."""
    marked = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {m["grade_id"]: m.get("checksum", "") for m in marked if m["grade"] or m["solution"] or m["locked"]}


def remember(course: Course, name: str) -> None:
    path = course.state / "released.json"
    fresh = path.with_name(f"released.{os.getpid()}")
    fresh.write_text(json.dumps({**stamps(course), name: stamp_of(course, name)}, indent=1))
    fresh.replace(path)


def stamps(course: Course) -> dict[str, dict[str, str]]:
    try:
        return json.loads((course.state / "released.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}


def stamp_of(course: Course, name: str) -> dict[str, str]:
    """Hashes of what goes into the student's version, and of what came out."""
    source, made = course.folder("source", ".", name), course.folder("release", ".", name)
    return {"source": digest(source, course.root / CONFIG), "release": digest(made)}


def digest(folder: Path, *more: Path) -> str:
    total = hashlib.sha256()
    for path in [*files_of(folder), *more]:
        name = path.relative_to(folder) if path.is_relative_to(folder) else path.name
        total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def files_of(folder: Path) -> list[Path]:
    """The files of an assignment, without an editor's leavings."""
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(p for p in found if not {".ipynb_checkpoints", "__pycache__"} & set(p.parts))
