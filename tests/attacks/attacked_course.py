"""The course that is attacked: its folder with markers in all that is secret, its canaries, and one grading run in it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import harness
from arena import HONEST, NAME, RIGHT, notebook
from ears import Ears
from kit import Trap
from processes import children, gathering, innocent, leftovers, memory

__all__ = ["Arena", "Run", "confined_here", "honest"]

ROOT = Path(__file__).parents[2]
KINDS = ("HOME", "ENV", "SOURCE", "BOOK", "STUDENT", "HIDDEN", "REFERENCE", "COURSE", "CHECKS")
COMMANDS = """
import json, sys
from autograder.cli import main
codes = [main(words) for words in json.loads(sys.argv[1])]
sys.exit(max(codes))
"""


def confined_here() -> bool:
    """Whether this machine can confine submissions."""
    try:
        from autograder.sandbox import jail, starting

        return bool(jail.confined(starting.best()))
    except (ImportError, AttributeError):
        return False


def honest(kind: str) -> harness.Handin:
    """The submission of an honest student; the kinds are those of `arena.HONEST`."""
    made = notebook({**RIGHT, **HONEST[kind]}, words="The curve falls.")
    return harness.Handin(f"honest-{kind}", lambda trap: made)


@functools.cache
def template() -> tuple[Path, dict[str, str]]:
    """A course folder with its assignment released, and the markers in it; made once, to be copied."""
    base = Path(tempfile.mkdtemp(prefix="attacked-course-"))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    markers = {kind: f"MARK-{kind}-{secrets.token_hex(4)}" for kind in KINDS}
    course, source = base / "course", base / "course" / "solutions" / "assignments" / NAME
    source.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    made = notebook(
        {e: f"### BEGIN SOLUTION\n# {markers['SOURCE']}\n{code}\n### END SOLUTION" for e, code in RIGHT.items()}
    )
    made["metadata"] = {"autograder": {"provides": [], "accepts": ["notes*.txt"]},
                        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                        "language_info": {"name": "python"}}  # fmt: skip
    (source / f"{NAME}.ipynb").write_text(json.dumps(made, indent=1))
    (source / "table.csv").write_text("1,2\n3,4\n")
    (base / "checks").mkdir()
    checks = Path(__file__).with_name("arena_checks.py").read_text(encoding="utf-8")
    for kind in ("HIDDEN", "REFERENCE"):
        checks = checks.replace(f"@{kind}@", markers[kind])
    (base / "checks" / f"{NAME}.py").write_text(f"{checks}\n# {markers['CHECKS']}\n")
    home = base / "home"
    for name in (".bashrc", ".ssh/id_ed25519", ".ipython/profile_default/startup/00-mine.py", ".jupyter/jupyter_config.py",
                 ".netrc", ".aws/credentials", ".local/lib/keep.py"):  # fmt: skip
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"# {markers['HOME']}\n")
    (course / ".autograder").mkdir(mode=0o700)
    (course / ".autograder" / "secret").write_bytes(f"{markers['COURSE']}-{'s' * 32}".encode()[:32])
    (base / "mpl").mkdir()
    for found in Path.home().glob(".cache/matplotlib/fontlist-*.json"):
        shutil.copy(found, base / "mpl")
    (base / "tmp").mkdir()
    ran = subprocess.run([sys.executable, "-c", COMMANDS, json.dumps([["release"]])], cwd=course, timeout=120, check=False,
                         env=environment(base, markers), capture_output=True, text=True)  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as db:
        db.execute(
            "insert into student (id, first_name, last_name, email) values ('victim', '', ?, '')", [markers["BOOK"]]
        )
        db.commit()
    return base, markers


def environment(base: Path, markers: Mapping[str, str]) -> dict[str, str]:
    """The grader's environment: what it needs, and secrets that no submission may see."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH")}
    mark = markers["ENV"]
    return kept | {
        "HOME": str(base / "home"), "TMPDIR": str(base / "tmp"), "MPLCONFIGDIR": str(base / "mpl"), "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1", "AUTOGRADER_CHECKS": str(base / "checks"), "PYTHONDONTWRITEBYTECODE": "1",
        "JUPYTERHUB_API_TOKEN": mark, "DATABASE_URL": f"postgresql://grader:{mark}@localhost/course", "COURSE_TOKEN": mark,
    }  # fmt: skip


@dataclass
class Run:
    """What one grading run did.

    Attributes:
        handins: student -> submission, in the order in which they were graded.
        code: exit code of the grader; None where it had to be stopped.
        results: student -> exercise -> record of the results file.
        before, after: the folders that must stay as they are: path -> content's hash or kind.
        heard: what arrived at the sockets that must stay silent.
        left: command lines of processes that outlived the run.
        canary: whether the innocent process is alive.
        proofs: what attacks wrote where nobody needs to write.
        found: paths outside of the course that carry the run's token.
        peak: bytes of memory of the largest process of the run that belongs to the grader.
    """

    base: Path
    trap: Trap
    markers: Mapping[str, str]
    handins: Mapping[str, harness.Handin]
    code: int | None
    seconds: float
    output: str
    results: dict[str, dict[str, dict[str, Any]]]
    before: dict[str, str] = field(repr=False)
    after: dict[str, str] = field(repr=False)
    heard: list[str]
    left: list[str]
    canary: bool
    proofs: list[str]
    found: list[str]
    peak: int

    @property
    def course(self) -> Path:
        return self.base / "course"


class Arena:
    """Grades submissions in course folders of their own.

    Args:
        folder: where these lie; the caller's to remove.
        confined: False takes the isolation away.
    """

    def __init__(self, folder: Path, *, confined: bool = True) -> None:
        self.folder, self.confined, self.runs = folder, confined, 0

    def run(
        self, handins: Sequence[harness.Handin], *, jobs: int = 1, seconds: float = 120.0,
        named: Mapping[str, harness.Handin] | None = None, more: Sequence[Sequence[str]] = (),
    ) -> Run:  # fmt: skip
        """Grade submissions in this order, and make their feedback.

        Args:
            handins: the students are numbered in this order, and graded so.
            jobs: judges at work at once.
            seconds: when the grader is stopped and the run counts as hanging.
            named: further students, by id.
            more: commands that are run after ``grade`` and ``feedback``.
        """
        original, markers = template()
        self.runs += 1
        base = self.folder / f"run{self.runs}"
        shutil.copytree(original, base, symlinks=True)
        (base / "proofs").mkdir(mode=0o777)
        (base / "proofs").chmod(0o777)
        students = {
            f"s{i:04}-{h.name}"[:80] if h.name.startswith("honest") else f"s{i:04}": h for i, h in enumerate(handins)
        }
        students |= dict(named or {})
        students |= {"victim": victim(markers)}  # graded last; its work is what the others must not see
        with Ears(self.folder) as ears, innocent() as canary:
            trap = Trap(secrets.token_hex(5), str(base / "home"), str(base / "course"), str(base / "tmp"), str(base / "proofs"),
                        *ears.addresses, canary.pid, secrets.randbelow(2**30) + 1, self.confined and confined_here())  # fmt: skip
            for student, one in students.items():
                one.put(base / "course" / "submitted" / student / NAME, trap)
            before, start = snapshot(base), time.monotonic()
            code, output, left, peak = self.carry_out(base, markers, jobs, seconds, more)
            took = time.monotonic() - start
            alive = canary.poll() is None
            heard = ears.heard()
        proofs = [p.read_text(errors="replace")[:500] for p in (base / "proofs").rglob("*") if p.is_file()]
        return Run(base, trap, markers, students, code, took, output, results_of(base), before, snapshot(base), heard, left,
                   alive, proofs, strays(trap), peak)  # fmt: skip

    def carry_out(
        self, base: Path, markers: Mapping[str, str], jobs: int, seconds: float, more: Sequence[Sequence[str]]
    ) -> tuple[int | None, str, list[str], int]:
        """Run the commands: their exit code, what they printed, the processes that they left, and the largest one's memory."""
        grade = ["grade", NAME, "--jobs", str(jobs), "--results", "results.jsonl"]
        grade += [] if self.confined and confined_here() else ["--unsafe"]
        env = environment(base, markers)
        if not self.confined:
            env["PYTHONPATH"] = str(Path(__file__).with_name("unconfined"))
        known = children()
        command = [sys.executable, "-c", COMMANDS, json.dumps([grade, ["feedback"], *more])]
        log = (base / "log").open("w+")
        with gathering(), log, subprocess.Popen(command, cwd=base / "course", env=env, stdout=log, stderr=log,
                                                stdin=subprocess.DEVNULL, start_new_session=True) as ran:  # fmt: skip
            code, peak, end = None, 0, time.monotonic() + seconds
            while code is None and time.monotonic() < end:
                peak = max(peak, memory(children().keys() - known.keys()))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    code = ran.wait(0.3)
            if code is None:
                ran.kill()
                ran.wait()
            left = leftovers(known)
            log.seek(0)
            return code, log.read(), left, peak


def victim(markers: Mapping[str, str]) -> harness.Handin:
    made = notebook({e: f"# {markers['STUDENT']}\n{code}" for e, code in RIGHT.items()})
    return harness.Handin("honest-victim", lambda trap: made)


def results_of(base: Path) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in (base / "course" / "results.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.setdefault(record["student"], {})[record["exercise"]] = record
    return found


MADE = (
    "gradebook.db",
    ".autograder",
    "autograded",
    "feedback",
    "results.jsonl",
    "release",
    ".course",
    "report",
    "grades.csv",
)  # by the grader itself


def snapshot(base: Path) -> dict[str, str]:
    """Everything that a run must leave as it is: path -> content; what the grader itself writes is left out."""
    import hashlib

    found = {}
    for top in ("home", "course", "checks", "tmp", "mpl"):
        for path in sorted((base / top).rglob("*")):
            name = path.relative_to(base)
            if top == "course" and name.parts[1] in MADE and name.name != "secret":
                continue
            if path.is_symlink():
                found[str(name)] = f"link {path.readlink()}"
            elif path.is_file():
                found[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                found[str(name)] = "folder" if path.is_dir() else "special"
    return found


def strays(trap: Trap) -> list[str]:
    """What attacks left in places that the whole machine shares; removed here."""
    found = []
    for top in ("/tmp", "/var/tmp", "/dev/shm", "/etc", "/", "/run", str(ROOT), sys.prefix):
        with contextlib.suppress(OSError):
            for path in Path(top).iterdir():
                if trap.token in path.name:
                    found.append(str(path))
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    for kind in ("shm", "msg", "sem"):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]:
                if int(line.split()[0]) == trap.ipc:
                    found.append(f"System V {kind}")
                    subprocess.run(["ipcrm", f"-{kind[0]}", line.split()[1]], check=False, capture_output=True)
    with contextlib.suppress(OSError):
        found += [
            f"key {line.split()[-1]}" for line in Path("/proc/keys").read_text().splitlines() if trap.token in line
        ]
    return found
