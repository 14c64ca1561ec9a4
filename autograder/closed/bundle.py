"""The student's kit of an assignment: everything that a student needs to work and to check, and no solution.

NAME.ipynb, its data files     as they are released
README.md, requirements.txt    how to set up, check and hand in
autograder/                    `check` with what it needs, and the recorded public cases of this assignment
gradus/                        what the assignment provides, by the same declaration that the sandbox uses; where it trains in a
                               process of its own, what that one provides, too
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from autograder.assignment import Assignment, declared, load_assignment
from autograder.closed.recording import record
from autograder.closed.texts import readme, requirements
from autograder.grading.course import Course, UsageError
from autograder.grading.release import files_of, release
from autograder.sandbox.provided import Module, imported, sources
from autograder.versions import versions

__all__ = ["Kit", "assemble", "make_kit", "write_kit"]

ROOTS = (
    "autograder",
    "autograder.closed.replay",
    "autograder.probes",
    "autograder.moments",
    "autograder.figures",
    "autograder.drawn",
)
VERSIONS = '''

# A kit holds a part of the checks and of gradus; named are those of the open package that it was made from.
def versions(topic: str) -> str:
    """The line for the checks of a topic."""
    return line_of({of_checks!r}, {of_gradus!r})
'''
TRY = """
import sys
sys.path.insert(0, sys.argv[1])
import autograder
from autograder.checks import exercises
assert autograder.__file__.startswith(sys.argv[1]), autograder.__file__
print(*exercises(), sep="\\n")
"""


@dataclass(frozen=True)
class Kit:
    """A kit in memory.

    Attributes:
        name: of the assignment.
        files: path in the kit -> content.
        waiting: (exercise, case) -> why a case that is not hidden waits for the grader all the same.
    """

    name: str
    files: dict[str, bytes]
    waiting: dict[tuple[str, str], str]


def make_kit(course: Course, name: str) -> Kit:
    """Make the kit of an assignment; it is released first where it has changed.

    Raises:
        UsageError: it cannot be released, or a file of its own has the name of one of the kit's.
        RuntimeError: the kit does not work: a fault of ours.
    """
    list(release(course, [name]))
    folder = course.folder("release", ".", name)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}
    return assemble(load_assignment(name, course.folder("source")), files)


def assemble(assignment: Assignment, files: Mapping[str, bytes]) -> Kit:
    """The kit of an assignment whose student's version is these files: the notebook and what goes with it.

    Raises:
        UsageError, RuntimeError: as `make_kit`.
    """
    name = assignment.name
    notebook = files[f"{name}.ipynb"]
    provides = tuple(dict.fromkeys((*assignment.provides, *assignment.training_provides)))
    provided = {module: source for module, source in sources(provides).items() if module != "autograder"}
    client = client_modules()
    known = declared(name)
    shipped = {*client, *(module for module, (package, source) in provided.items() if source or not package)}
    recording = record(name, [known[id] for id in assignment.exercises], shipped)
    client["autograder.versions"] = own_versions(client["autograder.versions"], name)
    made = {path_of(module, package): source.encode() for module, (package, source) in {**client, **provided}.items()}
    made |= {f"autograder/checks/{file}": content for file, content in recording.files.items()}
    made["README.md"] = readme(name, notebook, assignment.accepts)
    made["requirements.txt"] = requirements(notebook, [source for _, source in provided.values()])
    if both := sorted(made.keys() & files.keys()):
        raise UsageError(f"{name} cannot be bundled: its own file {both[0]} has the name of one that every kit has")
    kit = Kit(name, dict(sorted({**files, **made}.items())), recording.waiting)
    try_out(kit, assignment.exercises)
    return kit


def client_modules() -> dict[str, Module]:
    """What `check` needs of this package, by the imports in it."""
    here = Path(__file__).parents[1]
    found: dict[str, Module] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        place = here.joinpath(*name.split(".")[1:])
        file = next((f for f in (place / "__init__.py", place.with_suffix(".py")) if f.is_file()), None)
        if file is None or name in found or name.partition(".")[0] != "autograder":
            continue
        package, source = file.name == "__init__.py", file.read_text(encoding="utf-8")
        found[name] = (package, source)
        waiting += [*imported(name, source, package), name.rpartition(".")[0] or name]
    return found


def own_versions(module: Module, topic: str) -> Module:
    """The module `autograder.versions` of a kit, which names the checks and the gradus of the open package."""
    of_checks, of_gradus = (part.split()[-1] for part in versions(topic).split(" · ")[:2])
    return module[0], module[1] + VERSIONS.format(of_checks=of_checks, of_gradus=of_gradus)


def path_of(module: str, package: bool) -> str:
    return module.replace(".", "/") + ("/__init__.py" if package else ".py")


def try_out(kit: Kit, exercises: tuple[str, ...]) -> None:
    """See that the kit's exercises are there in a process that has nothing but the kit.

    Raises:
        RuntimeError: they are not.
    """
    with tempfile.TemporaryDirectory() as scratch:
        lay_out(kit.files, Path(scratch))
        environment = {k: v for k, v in os.environ.items() if k != "AUTOGRADER_CHECKS"}
        ran = subprocess.run([sys.executable, "-I", "-B", "-c", TRY, scratch], cwd=scratch, env=environment, capture_output=True,
                             text=True, timeout=120, check=False)  # fmt: skip
    if ran.returncode or sorted(ran.stdout.split()) != sorted(exercises):
        raise RuntimeError(f"the kit of {kit.name} does not work: {ran.stdout[-300:]}{ran.stderr[-1500:]}")


# -------------------------------------------------------------------- writing


def write_kit(kit: Kit, to: Path) -> None:
    """Write a kit, whole or not at all.

    Args:
        to: ``….zip``: the archive, replaced where there is one; anything else: a folder, which must be new or empty.

    Raises:
        UsageError: it cannot be written there.
    """
    try:
        to.absolute().parent.mkdir(parents=True, exist_ok=True)
        if to.suffix == ".zip":
            if to.is_dir():
                raise UsageError(f"--to: {to} is a folder; an archive was to be written there")
            descriptor, fresh = tempfile.mkstemp(**beside(to))
            os.close(descriptor)
            in_place(to, lambda fresh: fresh.write_bytes(zipped(kit)), Path(fresh))
            return
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise UsageError(f"--to: {to} exists and is no empty folder; name another one, or remove it first")
        in_place(to, lambda fresh: lay_out(kit.files, fresh), Path(tempfile.mkdtemp(**beside(to))))
    except OSError as error:
        raise UsageError(f"--to: {to} cannot be written: {error.strerror or error}") from error


def beside(path: Path) -> dict[str, str]:
    return {"dir": str(path.absolute().parent), "prefix": f".{path.name}."}


def in_place(to: Path, write: Callable[[Path], object], fresh: Path) -> None:
    """Write into a fresh file or folder and move it to its place; it is removed where that fails."""
    try:
        write(fresh)
        fresh.chmod(0o755 if fresh.is_dir() else 0o644)
        fresh.replace(to)
    except BaseException:
        shutil.rmtree(fresh) if fresh.is_dir() else fresh.unlink(missing_ok=True)
        raise


def lay_out(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def zipped(kit: Kit) -> bytes:
    """The kit as a zip archive of one folder, the same bytes each time."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in kit.files.items():
            entry = zipfile.ZipInfo(f"{kit.name}/{name}")  # of 1980-01-01
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, data)
    return content.getvalue()
