"""A disk that fills up, a database that another program holds: the run waits or stops with a clear word, and can be resumed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from gradebook_dump import dump
from sixty import finish, new_course, start, undisturbed

MEGABYTES = 16


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    told = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(tmp_path)]
    if os.geteuid() or subprocess.run(told, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill_up(folder: Path, left: int) -> Path:
    """A file that leaves so many bytes of the disk."""
    ballast = folder / "ballast"
    free = os.statvfs(folder)
    with ballast.open("wb") as file:
        file.write(bytes(max(0, free.f_bavail * free.f_bsize - left)))
    return ballast


@pytest.mark.parametrize("left", [20_000, 150_000, 400_000])
def test_a_run_that_fills_the_disk_says_so_and_is_resumed_when_there_is_room(small_disk, left):
    course = new_course(small_disk)
    ballast = fill_up(small_disk, left)
    code, said = finish(start(course))
    assert code in (1, 2), said  # 2: it could not even begin
    assert "No space left on device" in said or "disk is full" in said
    assert "--resume" in said or code == 2
    assert "Traceback" not in said
    ballast.unlink()
    code, said = finish(start(course))
    assert code == 0, said
    assert dump(course.db_url) == undisturbed().rows


def test_a_database_that_another_program_holds_is_waited_for(tmp_path):
    course = new_course(tmp_path)
    run = start(course)
    journal = course.state / "journal.jsonl"
    until = time.monotonic() + 60
    while not journal.exists() and run.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    with closing(sqlite3.connect(course.root / "gradebook.db", timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(8)  # longer than SQLite itself waits
        with suppress(sqlite3.OperationalError):
            other.rollback()
    code, said = finish(run)
    assert code == 0, said
    assert dump(course.db_url) == undisturbed().rows
