"""An assignment as the grader knows it: the slots of its source notebook, and what its students may import.

A slot is a cell that nbgrader knows by its `grade_id`. The slots come from the source notebook alone: what a submission
says about locks, points and tests is never asked.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

from autograder import checks
from autograder.checks import of_topic, topics
from autograder.exercise import REGISTRY, Exercise
from autograder.intake.data import data_sha256
from autograder.sandbox.provided import gradus_folder, imported, libraries, sources

__all__ = ["Assignment", "Slot", "accepted", "declared", "load_assignment"]

Kind = Literal["given", "solution", "check", "manual"]
ONLY_SHOWN = ("__init__.py", "answer.py", "notebook.py", "nbgrader_plugin.py")  # decide no verdict
READING = ("cells.py", "data.py", "names.py", "notebook.py", "package.py")  # of intake: what of a submission is judged


@dataclass(frozen=True)
class Slot:
    """A cell of the source notebook.

    Attributes:
        kind: "given" (read-only), "solution" (the student's code), "check" (judged by the machine) or "manual" (by hand).
        grade_id: nbgrader's id; a check's is the id of its exercise.
        source: the cell's text in the source notebook, solution included.
        points: of checks and manual cells, else 0.
        code: whether it is a code cell.
    """

    kind: Kind
    grade_id: str
    source: str
    points: float
    code: bool


@dataclass(frozen=True)
class Assignment:
    """An assignment. Made by `load_assignment`; can be pickled.

    Attributes:
        name: also the name of its folder, its notebook and the topic of its checks.
        slots: in the order of the source notebook.
        provides: the gradus modules a student's code may import: ("gradus.data", …).
        source_sha256: of the source notebook's bytes.
        data_sha256: of the files beside it, which submissions are given.
        accepts: patterns of the files that a student may hand in beside the notebook: ("*.csv", "figures/*.png").
        trained: exercises that are judged in a second process, after all others: it is told which of these have passed.
        training_provides: what that process provides in place of `provides`.
    """

    name: str
    slots: tuple[Slot, ...]
    provides: tuple[str, ...]
    source_sha256: str
    data_sha256: str
    accepts: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()
    training_provides: tuple[str, ...] = ()

    @property
    def exercises(self) -> tuple[str, ...]:
        """Ids of the exercises (the checks), in the order of the notebook."""
        return tuple(s.grade_id for s in self.slots if s.kind == "check")

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules to be loaded before a submission runs: those that the notebook imports as it is handed out."""
        return self.imports_with(self.provides)

    def imports_with(self, provides: tuple[str, ...]) -> tuple[str, ...]:
        """The same where other modules are provided."""
        return libraries_of(tuple(s.source for s in self.slots if s.kind == "given" and s.code), provides)

    @property
    def checks_sha256(self) -> str:
        """Hash of all that decides a verdict: the topic's checks, the judging core, gradus, the source notebook and
        the files beside it."""
        told = f"{code_sha256(self.name)} {self.source_sha256} {self.data_sha256}"
        return hashlib.sha256(told.encode()).hexdigest()


libraries_of = cache(libraries)


@cache
def code_sha256(topic: str) -> str:
    """Hash of the code that judges a topic. Read once: the code in memory does not change either."""
    here = Path(__file__).parent
    files = [p for p in here.glob("*.py") if p.name not in ONLY_SHOWN]
    files += [
        *here.glob("sandbox/*.py"),
        *(here / "intake" / name for name in READING),
        here / "grading" / "submission.py",
    ]
    digest = hashlib.sha256()
    of_checks = [(Path(f), files_of_checks(Path(f), topic)) for f in checks.__path__]
    for root, found in ((here, files), *of_checks, (gradus_folder(), gradus_folder().rglob("*.py"))):
        for path in sorted(p for p in found if p.is_file()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def files_of_checks(folder: Path, topic: str) -> list[Path]:
    """The files of a topic's checks in a folder, with those of other topics that they import."""
    found: dict[Path, None] = {}
    waiting = [folder / f"{topic}.py", *folder.glob(f"_{topic}_*.py")]
    while waiting:
        path = waiting.pop()
        if path not in found and path.is_file():
            found[path] = None
            names = imported(f"{checks.__name__}.{path.stem}", path.read_text(encoding="utf-8"), False)
            waiting += [folder / f"{n.split('.')[2]}.py" for n in names if n.startswith(f"{checks.__name__}.")]
    return list(found)


def declared(topic: str) -> dict[str, Exercise]:
    """The declared exercises of a topic, by id."""
    return of_topic(topic) if topic in topics() else {i: ex for i, ex in REGISTRY.items() if ex.topic == topic}


def load_assignment(name: str, folder: str | Path) -> Assignment:
    """Read ``folder/NAME/NAME.ipynb``, the source notebook with solutions.

    Args:
        name: of the assignment: "initialization".
        folder: where the assignments lie: "solutions/assignments".

    Raises:
        FileNotFoundError: there is no such notebook.
        ValueError: it is not an nbgrader source notebook whose checks are declared exercises with the same points, or the
            files beside it are more than a submission can be given.
    """
    path = Path(folder) / name / f"{name}.ipynb"
    content = path.read_bytes()
    try:
        notebook = json.loads(content)
        slots = tuple(slot for cell in notebook["cells"] if (slot := slot_of(cell)))
        provides = tuple(notebook["metadata"].get("autograder", {}).get("provides", ()))
        accepts = notebook["metadata"].get("autograder", {}).get("accepts", [])
        training = notebook["metadata"].get("autograder", {}).get("training", {})
        trained, training_provides = tuple(training.get("exercises", ())), tuple(training.get("provides", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"load_assignment: {path} is not an nbgrader source notebook: {error!r}") from error
    require_patterns(name, accepts)
    ids = [s.grade_id for s in slots]
    for grade_id in ids:
        if ids.count(grade_id) > 1:
            raise ValueError(f"load_assignment: {name}: grade_id {grade_id!r} is used twice")
    exercises = declared(name)
    for slot in slots:
        if slot.kind == "check":
            compare_with_declaration(name, slot, exercises)
    sources(provides)  # a ValueError where one does not exist
    sources(training_provides)
    checked = [s.grade_id for s in slots if s.kind == "check"]
    if unknown := sorted(set(trained) - set(checked)):
        raise ValueError(f"load_assignment: {name}: metadata.autograder.training: no check cell {unknown[0]!r}")
    if checked[len(checked) - len(trained) :] != list(trained):
        raise ValueError(
            f"load_assignment: {name}: metadata.autograder.training: its exercises must come last, in order"
        )
    try:
        beside = data_sha256(path.parent)
    except ValueError as error:
        raise ValueError(f"load_assignment: {name}: {error}") from None
    return Assignment(
        name, slots, provides, hashlib.sha256(content).hexdigest(), beside, tuple(accepts), trained, training_provides
    )


def require_patterns(name: str, accepts: Any) -> None:
    """Hold the patterns of accepted files to what `accepted` understands, before a student's file depends on them."""
    if not isinstance(accepts, list):
        raise ValueError(
            f"load_assignment: {name}: metadata.autograder.accepts must be a list of patterns, got {accepts!r}"
        )
    for pattern in accepts:
        parts = pattern.split("/") if isinstance(pattern, str) else [""]
        if any(part in ("", ".", "..", "**") or "\\" in part for part in parts) or pattern.endswith(".ipynb"):
            raise ValueError(f"load_assignment: {name}: metadata.autograder.accepts: a pattern must be a relative path such as "
                             f"'*.csv' or 'data/*.txt', without '..' and '**' and of no notebook, got {pattern!r}")  # fmt: skip


def accepted(path: str, accepts: Iterable[str]) -> bool:
    """Whether a student's file may go along: a pattern has as many parts as the path, and each fits its own."""
    parts = path.split("/")
    patterns = [pattern.split("/") for pattern in accepts]
    return any(len(p) == len(parts) and all(map(fnmatchcase, parts, p)) for p in patterns)


def slot_of(cell: dict[str, Any]) -> Slot | None:
    """The slot that a cell of the source notebook is, or None for a cell that nbgrader does not know."""
    meta = cell.get("metadata", {}).get("nbgrader")
    if not meta:
        return None
    kind: Kind
    if meta.get("task") or (meta["grade"] and meta["solution"]):
        kind = "manual"
    elif meta["grade"]:
        kind = "check"
    else:
        kind = "solution" if meta["solution"] else "given"
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    return Slot(kind, meta["grade_id"], source, float(meta.get("points") or 0), cell["cell_type"] == "code")


def compare_with_declaration(name: str, slot: Slot, exercises: dict[str, Exercise]) -> None:
    """Hold a check cell against the exercise it belongs to: id, points, and the objects it passes."""
    where = f"load_assignment: {name}: check cell {slot.grade_id!r}"
    ex = exercises.get(slot.grade_id)
    if ex is None:
        raise ValueError(f"{where} is no exercise declared in autograder/checks/{name}.py")
    if slot.points != ex.points:
        raise ValueError(f"{where} has {slot.points:g} points, its exercise {ex.points}")
    wanted = f'check("{ex.id}", {", ".join(ex.names)})'
    try:
        written = ast.unparse(ast.parse(slot.source))
    except SyntaxError:
        written = ""
    if written != ast.unparse(ast.parse(wanted)):
        raise ValueError(f"{where} must hold {wanted} and nothing else, got {slot.source!r}"[:400])
