"""What is done to a run: killed, run twice, its files changed under its hands. The marks must be those of a quiet one [I]."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from arena import EXERCISES, HONEST, NAME, RIGHT, WRONG, notebook
from attacked_course import confined_here, environment, results_of, template

UNCONFINED = Path(__file__).with_name("unconfined")
CLASS = {f"{kind}-{i}": {**RIGHT, **HONEST[kind]} for i in range(2) for kind in HONEST}
ALL_WRONG = {e: code.replace("told()", "pass") for e, code in WRONG.items()}


class Course:
    """A course folder of the test's own, and the command line in it."""

    def __init__(self, base: Path) -> None:
        original, markers = template()
        shutil.copytree(original, base, symlinks=True)
        self.base, self.env = base, environment(base, markers)
        self.unsafe = [] if confined_here() else ["--unsafe"]

    @property
    def root(self) -> Path:
        return self.base / "course"

    def hand_in(self, students: Mapping[str, Mapping[str, str] | dict[str, Any]]) -> None:
        for student, answers in students.items():
            made = answers if "cells" in answers else notebook(dict(answers))
            path = self.path(student)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(made))

    def path(self, student: str) -> Path:
        return self.root / "submitted" / student / NAME / f"{NAME}.ipynb"

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        told = [sys.executable, "-m", "autograder.cli", *words, *(self.unsafe if words[0] == "grade" else [])]
        return subprocess.Popen(
            told, cwd=self.root, env=self.env | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *words: str, code: int | None = 0, **more: str) -> str:
        ran = self.start(*words, **more)
        said = ran.communicate(timeout=200)[0]
        assert code is None or ran.returncode == code, f"{words}: {ran.returncode}\n{said}"
        return said

    def grade(self, *words: str, code: int | None = 0, **more: str) -> str:
        return self.run("grade", NAME, "--jobs", "2", "--results", "results.jsonl", *words, code=code, **more)

    def verdicts(self) -> dict[str, dict[str, tuple[Any, ...]]]:
        """All of the results but the seconds."""
        return {s: {e: tuple(v for k, v in r.items() if k != "seconds") for e, r in own.items()}
                for s, own in results_of(self.base).items()}  # fmt: skip

    def book(self) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.root / "gradebook.db", timeout=30)) as db:
            return sorted(db.execute(
                "select s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade from grade g "
                "join base_cell c on c.id = g.cell_id join submitted_notebook n on n.id = g.notebook_id "
                "join submitted_assignment s on s.id = n.assignment_id"
            ).fetchall(), key=str)  # fmt: skip

    def marks(self, student: str) -> dict[str, float]:
        return {name: auto for who, name, auto, *_ in self.book() if who == student and name in EXERCISES}


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path / "base")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The class graded undisturbed: its verdicts and its gradebook."""
    course = Course(tmp_path_factory.mktemp("quiet") / "base")
    course.hand_in(CLASS)
    course.grade()
    return course.verdicts(), course.book()


def differences(course: Course, quiet: tuple[Any, Any]) -> list[str]:
    """Where verdicts and gradebook differ from those of a quiet run."""
    verdicts, book = quiet
    now = course.verdicts()
    found = [f"{s} {e}: {now.get(s, {}).get(e)} instead of {v}" for s, own in verdicts.items() for e, v in own.items()
             if now.get(s, {}).get(e) != v]  # fmt: skip
    return found + [f"gradebook: {row}" for row in {*course.book()} ^ {*book}]


# ------------------------------------------------------------------ grading again


@pytest.mark.slow
def test_a_worse_submission_lowers_the_mark_whatever_it_leaves_out(course):
    course.hand_in({"anna": RIGHT})
    course.grade()
    assert set(course.marks("anna").values()) == {2.0}
    made = notebook(ALL_WRONG)
    made["cells"] = [c for c in made["cells"] if not c["source"].startswith("check(")]
    course.hand_in({"anna": made})
    course.grade("--resume")
    assert course.marks("anna") == dict.fromkeys(EXERCISES, 0.0)
    course.path("anna").unlink()
    course.grade("--resume")
    assert course.marks("anna") == dict.fromkeys(EXERCISES, 0.0)


@pytest.mark.slow
def test_to_grade_twice_changes_nothing(course, quiet):
    course.hand_in(CLASS)
    for _ in range(2):
        course.grade()
        assert differences(course, quiet) == []


FISHING = {**RIGHT, "double": "import os\ndef double(x):\n    return x + x if os.urandom(1)[0] < 200 else x"}


@pytest.mark.slow
def test_to_hand_in_the_same_again_is_no_second_chance(course):
    course.hand_in({"anna": FISHING})
    course.grade()
    first = course.verdicts()
    for _ in range(3):
        course.hand_in({"anna": FISHING})
        said = course.grade("--resume")
        assert "1 of 1 submissions had been judged before" in said
        assert course.verdicts() == first


@pytest.mark.slow
def test_a_changed_check_makes_old_verdicts_stale(course):
    course.hand_in({"anna": HONEST["other"] | {e: c for e, c in RIGHT.items() if e not in HONEST["other"]}})
    course.grade()
    checks = course.base / "checks" / f"{NAME}.py"
    checks.write_text(checks.read_text().replace("    return 2 * x", "    return 3 * x"))
    assert "had been judged before" not in course.grade("--resume")
    assert course.marks("anna")["double"] == 0.0


# ------------------------------------------------------------------ cut, locked, at the same time


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in range(1, 6))])
def test_a_journal_cut_anywhere_leads_to_the_same_gradebook(course, quiet, seed):
    """Cut in the middle of a line, as by a crash or a full disk; and with lines of nonsense in it [A167]."""
    course.hand_in(CLASS)
    course.grade()
    journal = course.root / ".autograder" / "journal.jsonl"
    content = journal.read_bytes()
    rng = random.Random(seed)
    cut = content[: rng.randrange(len(content))]
    journal.write_bytes(cut + (rng.randbytes(50) + b'\n{"key": 7}\n[]\nnull\n\xff\n' if seed % 2 else b""))
    for path in (course.root / "gradebook.db", *course.root.glob("results.jsonl")):
        path.unlink()
    course.grade("--resume")
    assert differences(course, quiet) == []


@pytest.mark.slow
def test_several_runs_at_once_lose_nothing(course, quiet):
    course.hand_in(CLASS)
    runs = [course.start("grade", NAME, "--jobs", "1", "--resume", "--results", "results.jsonl") for _ in range(3)]
    said = [(run.communicate(timeout=200)[0], run.returncode) for run in runs]
    assert {code for _, code in said} <= {0, 2} and 0 in [code for _, code in said], said
    assert all("another grading run" in text for text, code in said if code == 2), said
    course.grade("--resume")
    assert differences(course, quiet) == []


@pytest.mark.slow
def test_a_locked_gradebook_loses_nothing(course, quiet):
    course.hand_in(CLASS)
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db", isolation_level=None)) as db:
        db.execute("begin exclusive")
        course.grade(code=None)
        db.execute("rollback")
    course.grade("--resume")
    assert differences(course, quiet) == []


@pytest.mark.slow
def test_a_clock_that_is_wrong_changes_no_mark(course, quiet):
    """Files from 1970 and from 2099, and a journal written in the year 2099."""
    course.hand_in(CLASS)
    everything = [p for p in course.root.rglob("*") if p.is_file()]
    for year, path in zip([0, 4_070_908_800] * len(everything), everything, strict=False):
        os.utime(path, (year, year))
    course.grade()
    journal = course.root / ".autograder" / "journal.jsonl"
    lines = [
        json.dumps({**json.loads(line), "time": "2099-01-01T00:00:00+00:00"})
        for line in journal.read_text().splitlines()
    ]
    journal.write_text("\n".join(lines) + "\n")
    os.utime(journal, (0, 0))
    course.grade("--resume")
    assert differences(course, quiet) == []
    course.hand_in({"right-0": ALL_WRONG})
    os.utime(course.path("right-0"), (0, 0))
    course.grade("--resume")
    assert course.marks("right-0") == dict.fromkeys(EXERCISES, 0.0)


# ------------------------------------------------------------------ changed under the grader's hands


def change_for_ever(path: Path, contents: Sequence[bytes], stop: threading.Event) -> None:
    """Replace a file as fast as it goes: by another, by a link, by nothing, and by writing into it."""
    rng = random.Random(0)
    while not stop.is_set():
        fresh = path.with_name(".fresh")
        with contextlib.suppress(OSError):
            match rng.randrange(4):
                case 0:
                    path.write_bytes(rng.choice(contents))
                case 1:
                    fresh.symlink_to("/etc/passwd")
                    fresh.replace(path)
                case 2:
                    path.unlink()
                case _:
                    fresh.write_bytes(rng.choice(contents))
                    fresh.replace(path)
        time.sleep(rng.random() / 200)


def test_what_is_graded_is_what_was_there_when_it_was_read(course):
    """The verdict belongs to the bytes whose SHA-256 it names, and these are kept [A152]."""
    contents = [json.dumps(notebook(answers)).encode() for answers in (RIGHT, ALL_WRONG)]
    students = [f"s{i}" for i in range(8)]
    course.hand_in(dict.fromkeys(students, RIGHT))
    stop = threading.Event()
    threads = [threading.Thread(target=change_for_ever, args=(course.path(s), contents, stop)) for s in students]
    for thread in threads:
        thread.start()
    try:
        course.grade()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    kept = course.root / ".autograder" / "submissions"
    for student, own in results_of(course.base).items():
        assert set(own) == set(EXERCISES)
        [sha256] = {r["submission_sha256"] for r in own.values()}
        verdicts = {r["verdict"] for r in own.values()}
        if sha256 == "":
            assert verdicts <= {"missing", "malformed"}, student
            continue
        content = (kept / sha256[:2] / f"{sha256}.ipynb").read_bytes()
        right = {contents[0]: {"pass"}, contents[1]: {"wrong", "raised"}}.get(content, {"malformed"})
        assert verdicts <= right, student


@pytest.mark.slow
def test_without_confinement_nothing_is_graded(course):
    course.hand_in({"anna": RIGHT})
    course.unsafe = []
    course.env["PYTHONPATH"] = str(UNCONFINED)
    assert "--unsafe" in course.grade(code=2)
    assert course.book() == [] and not (course.root / "results.jsonl").exists()
    course.grade("--unsafe")
    assert {r["isolation"] for own in results_of(course.base).values() for r in own.values()} == {"process"}


@pytest.mark.slow
def test_a_time_that_a_student_wrote_is_believed_only_where_the_course_says_so(course):
    """Else the receipt of the collector counts alone [A149]."""
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Intake.trust_timestamps = False\n")
    course.hand_in({"anna": ALL_WRONG})
    course.path("anna").with_name("timestamp.txt").write_text("1970-01-01 00:00:00 UTC")
    archive = course.base / "late.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(f"ben/{NAME}/{NAME}.ipynb", json.dumps(notebook(ALL_WRONG)))
        made.writestr(f"ben/{NAME}/timestamp.txt", "1970-01-01 00:00:00 UTC")
    course.run("collect", str(archive), "--received", "2026-11-21T18:00:00+00:00")
    course.grade()
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as db:
        assert dict(db.execute("select student_id, timestamp from submitted_assignment")) == {
            "anna": None, "ben": "2026-11-21 18:00:00.000000"}  # fmt: skip


@pytest.mark.slow
def test_a_penalty_never_leads_below_zero(course):
    """Neither on the page, nor in the exported marks, nor in the table [A172]."""
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Intake.trust_timestamps = True\nfrom nbgrader.plugins import BasePlugin\n"
                   "class Hard(BasePlugin):\n    def late_submission_penalty(self, *a): return 1e6\n"
                   "c.AssignLatePenalties.plugin_class = Hard\n")  # fmt: skip
    answers = {**ALL_WRONG, "double": RIGHT["double"]}
    course.hand_in({"anna": answers, "ben": RIGHT})
    for student in ("anna", "ben"):
        course.path(student).with_name("timestamp.txt").write_text("2030-01-01 00:00:00 UTC")
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as db:
        db.execute("update assignment set duedate = '2020-01-01 00:00:00.000000'")
        db.commit()
    said = course.grade()
    course.run("feedback")
    course.run("export", code=None)
    page = (course.root / "feedback" / "ben" / NAME / f"{NAME}.html").read_text()
    exported = (course.root / "grades.csv").read_text()
    assert "less" in page and "late" in page, "there was a penalty at all"
    for text in (said, page, exported):
        assert not any(number in text for number in ("-999", "-100", "−999", "-1e")), text[-500:]
