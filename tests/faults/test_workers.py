"""Workers of a Dask cluster that are lost while a class is judged on them."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from gradebook_dump import dump
from sixty import children, command_of, finish, new_course, start, undisturbed


@pytest.fixture
def cluster(tmp_path) -> Iterator[subprocess.Popen[str]]:
    """`autograder cluster` with two workers."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
    told = [sys.executable, "-W", "ignore", "-m", "autograder.cli", "cluster", "--workers", "2"]
    log = (tmp_path / "cluster.log").open("w")
    started = subprocess.Popen(told, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.communicate()
        log.close()


def workers(cluster: subprocess.Popen[str]) -> list[int]:
    """The processes that judge: all that the cluster's own has started, but for multiprocessing's helper."""
    return [pid for pid in children().get(cluster.pid, []) if "resource_tracker" not in command_of(pid)]


def test_workers_that_are_lost_change_no_mark(cluster, tmp_path):
    address = re.search(r"tcp://[0-9.]+:[0-9]+", "".join(iter(cluster.stdout.readline, "\n")) or "")
    assert address, (tmp_path / "cluster.log").read_text()
    course = new_course(tmp_path)
    rng, lost = random.Random(20_150_206), 0
    run, journal = start(course, "--scheduler", address[0]), course.state / "journal.jsonl"
    while run.poll() is None and lost < 3:
        judged = journal.read_bytes().count(b"\n") if journal.exists() else 0
        if judged > 12 * lost and (found := workers(cluster)):  # after the first verdict, and after some more
            with suppress(ProcessLookupError):
                os.kill(rng.choice(found), signal.SIGKILL)
                lost += 1
        time.sleep(0.02)
    code, said = finish(run)
    assert lost, said
    assert "Traceback" not in said, said
    if code:  # a submission that had lost two workers was set aside
        code, said = finish(start(course, "--scheduler", address[0]))
    assert code == 0, said
    assert dump(course.db_url) == undisturbed().rows
