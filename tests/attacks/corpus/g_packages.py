"""G. Submission package, paths, transport: what lies in a submission's folder. What comes in archives: `archive_attacks.py`."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arena import EXERCISES, NAME, RIGHT, notebook
from harness import Handin, Trap, entry, handin

__all__: list[str] = []

SOURCE = f"solutions/assignments/{NAME}"
NOTHING = dict.fromkeys(EXERCISES, "missing")
BROKEN = dict.fromkeys(EXERCISES, "malformed")
LOOK = """
import glob
for path in sorted(glob.glob("**", recursive=True))[:200]:
    tried(read, path)
assert sorted(glob.glob("**", recursive=True))"""


def laid(name: str, lay: Callable[[Path, Trap], Any], **more: Any) -> Handin:
    """A right notebook whose code reads all there is around it; `lay` puts more into its folder."""
    return handin(name, top=LOOK, right=True, place=lay, **more)


def instead(name: str, lay: Callable[[Path, Trap], Any], verdicts: dict[str, str]) -> Handin:
    """No notebook, but what `lay` puts in its place."""
    return handin(name, raw=lambda trap: None, place=lay, verdicts=verdicts)


def linked(target: str, name: str = "notes.txt") -> Callable[[Path, Trap], None]:
    """A link to something in the course folder, or anywhere."""
    return lambda folder, trap: (folder / name).symlink_to(
        target if target.startswith("/") else Path(trap.course, target)
    )


entry(
    "A141",
    laid("solution", linked(f"{SOURCE}/{NAME}.ipynb")), laid("secret", linked(".autograder/secret")),
    laid("gradebook", linked("gradebook.db")), laid("over the data", linked(f"{SOURCE}/{NAME}.ipynb", "table.csv")),
    laid("home", lambda folder, trap: (folder / "notes.txt").symlink_to(f"{trap.home}/.ssh/id_ed25519")),
    laid("neighbour", linked(f"submitted/victim/{NAME}/{NAME}.ipynb")),
    needs="marker", quick=True,
)  # fmt: skip


def hard_linked(folder: Path, trap: Trap) -> None:
    os.link(folder / f"{NAME}.ipynb", folder / "notes-2.txt")


def student_linked(folder: Path, trap: Trap) -> None:
    """The student's folder itself is a link to another's."""
    (folder / f"{NAME}.ipynb").unlink(missing_ok=True)
    folder.rmdir()
    folder.symlink_to(Path(trap.course, "submitted", "victim", NAME))


entry("A142", instead("to the source", linked(f"{SOURCE}/{NAME}.ipynb", f"{NAME}.ipynb"), BROKEN),
      instead("to a neighbour", linked(f"submitted/victim/{NAME}/{NAME}.ipynb", f"{NAME}.ipynb"), BROKEN),
      instead("to nothing", linked("nowhere", f"{NAME}.ipynb"), BROKEN),
      instead("to itself", lambda folder, trap: (folder / f"{NAME}.ipynb").symlink_to(f"{NAME}.ipynb"), BROKEN),
      quick=True)  # fmt: skip


def loop(folder: Path, trap: Trap) -> None:
    (folder / "notes").mkdir()
    (folder / "notes" / "notes").symlink_to("..")
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")


def special(kind: int) -> Callable[[Path, Trap], None]:
    def lay(folder: Path, trap: Trap) -> None:
        with contextlib.suppress(PermissionError):
            os.mknod(folder / "notes.txt", kind | 0o666, os.makedev(1, 5) if kind == stat.S_IFCHR else 0)

    return lay


def listening(folder: Path, trap: Trap) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.open(folder, os.O_DIRECTORY)
        sock.bind(f"/proc/self/fd/{here}/notes.txt")
        os.close(here)


def deep(folder: Path, trap: Trap) -> None:
    here = os.open(folder, os.O_DIRECTORY)
    for _ in range(40):
        os.mkdir("d" * 60, dir_fd=here)
        inner = os.open("d" * 60, os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def many(folder: Path, trap: Trap) -> None:
    for i in range(5_000):
        (folder / f"notes-{i}.txt").touch()


def fifo_notebook(folder: Path, trap: Trap) -> None:
    os.mkfifo(folder / f"{NAME}.ipynb")


entry(
    "A143",
    laid("folder", linked(SOURCE, "notes")), laid("root", linked("/", "notes")), laid("loops", loop),
    laid("process", linked("/proc/self/environ")), laid("memory", linked("/proc/self/mem")), laid("hard link", hard_linked),
    laid("pipe", special(stat.S_IFIFO)), laid("device", special(stat.S_IFCHR)), laid("socket", listening),
    laid("deep", deep), laid("many", many),
    instead("whole folder", student_linked, BROKEN),
    instead("pipe as notebook", fifo_notebook, BROKEN),
    instead("folder as notebook", lambda folder, trap: (folder / f"{NAME}.ipynb").mkdir(), BROKEN),
)  # fmt: skip

entry("A145", elsewhere=("tests/attacks/test_archives.py::test_an_archive_does_no_harm",
                         "tests/attacks/test_pages.py::test_every_student_of_an_odd_name_has_a_verdict"))  # fmt: skip
entry("A146", elsewhere=("tests/attacks/test_archives.py::test_an_archive_does_no_harm",))


def other_names(folder: Path, trap: Trap) -> None:
    right = json.dumps(notebook(dict(RIGHT)))
    for name in (
        "arena (1).ipynb",
        "ARENA.ipynb",
        "arena.ipynb.bak",
        "copy/arena.ipynb",
        ".ipynb_checkpoints/arena-checkpoint.ipynb",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(right)


entry("A148", handin("wrong, and right ones beside it", place=other_names),
      instead("right ones alone", other_names, NOTHING), quick=True)  # fmt: skip


def stamped(content: bytes) -> Callable[[Path, Trap], None]:
    return lambda folder, trap: (folder / "timestamp.txt").write_bytes(content) and None


entry(
    "A149",
    laid("long ago", stamped(b"1970-01-01 00:00:00 UTC")), laid("huge", stamped(b"9" * 10**7)), laid("no text",
    stamped(b"\xff\0")),
    laid("year 10,000", stamped(b"10000-01-01 00:00:00 UTC")), laid("odd zone",
    stamped(b"2026-01-01 00:00:00 ../../etc/passwd")),
    laid("link", linked(".autograder/secret", "timestamp.txt")),
    elsewhere=("tests/attacks/test_workflow.py::test_a_time_that_a_student_wrote_is_believed_only_where_the_course_says_so",),
)  # fmt: skip


def secret_of_another(folder: Path, trap: Trap) -> None:
    (folder / "submission_secret.txt").write_text("0" * 64)


def own_feedback_only(run: Any) -> list[str]:
    """Each page of feedback lies under its own student and assignment, under no name that a submission has chosen."""
    pages = [p.relative_to(run.course / "feedback").parts for p in (run.course / "feedback").rglob("*") if p.is_file()]
    return [f"files: feedback/{'/'.join(parts)}" for parts in pages
            if parts[0] not in run.handins or parts[1:] != (NAME, f"{NAME}.html")]  # fmt: skip


entry("A151", laid("its secret", secret_of_another), after=own_feedback_only)
entry("A152", elsewhere=("tests/attacks/test_workflow.py::test_what_is_graded_is_what_was_there_when_it_was_read",))


def data(content: bytes) -> Callable[[Path, Trap], None]:
    return lambda folder, trap: (folder / "table.csv").write_bytes(content) and None


READS = "with open('table.csv') as file:\n    assert file.read() == '1,2\\n3,4\\n'\n" + RIGHT["double"]
entry(
    "A154",
    *(handin(name, double=READS, right=True, verdicts={"double": "pass"}, place=lay) for name, lay in {
        "not touched": lambda folder, trap: None, "easier": data(b"0,0\n"), "empty": data(b""), "large": data(bytes(10**8)),
        "link": linked("gradebook.db", "table.csv"), "folder": lambda folder, trap: (folder / "table.csv").mkdir()}.items()),
    quick=True,
)  # fmt: skip
entry("A155", elsewhere=("tests/attacks/test_pages.py::test_no_cell_of_an_export_is_a_formula",))


# ------------------------------------------------------------------ beside the list


def companions(files: dict[str, bytes]) -> Callable[[Path, Trap], None]:
    def lay(folder: Path, trap: Trap) -> None:
        for name, content in files.items():
            with contextlib.suppress(OSError, ValueError):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)

    return lay


HARMFUL = b"import numpy as np\nnp.array_equal = lambda *a: True\nraise SystemExit"
entry(
    "Y030",
    laid("modules", companions({f"{m}.py": HARMFUL for m in ("numpy", "random", "autograder", "sitecustomize", "notes",
    "json")})),
    laid("packages", companions({f"{m}/__init__.py": HARMFUL for m in ("numpy", "gradus", "matplotlib", "encodings")})),
    laid("settings", companions({"matplotlibrc": b"backend: x", ".env": b"A=1", "pyvenv.cfg": b"home = /",
    "conftest.py": HARMFUL,
                                 ".ipython/profile_default/startup/0.py": HARMFUL, "x.pth": b"import os"})),
    laid("names", companions({"notes\n.txt": b"x", "notes\x1b[2J.txt": b"x", "notes<script>.txt": b"x", "-rf": b"x",
    "$(id).txt": b"x",
                              "notes'; drop table grade; --.txt": b"x", "notes\u202etxt.exe": b"x",
                              "notes" + "n" * 240 + ".txt": b"x"})),
    laid("accepted", companions({f"notes-{i}.txt": bytes(10**6) for i in range(60)})),
    laid("same but for case", companions({"notes.txt": b"1", "Notes.txt": b"2", "NOTES.TXT": b"3", "notes-é.txt": b"4",
                                          "notes-e\u0301.txt": b"5", "Table.csv": b"0,0"})),
    title="Companion files that Python, a shell or another system would take for something else",
)  # fmt: skip
entry("Y031", elsewhere=("tests/autograder/test_collect.py::test_an_archive_with_another_s_name_inside_is_its_owner_s",
                         "tests/autograder/test_collect.py::test_what_a_student_s_file_is_called_makes_it_nobody_else_s",
                         "tests/autograder/test_collect.py::test_in_a_tree_of_students_no_file_of_one_is_another_s"),
      title="A file or folder called as the platform calls another student's, so that it is collected as his")  # fmt: skip
