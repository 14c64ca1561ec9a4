"""A PostgreSQL server that crashes and comes back while a class is graded into it."""

from __future__ import annotations

import os
import signal
import time

import postgres  # scripts/postgres.py
import pytest
from gradebook_dump import dump
from sixty import finish, new_course, start, undisturbed


def test_a_server_that_crashes_during_a_run_changes_no_mark(tmp_path):
    if postgres.find() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no PostgreSQL found", pytrace=False)
        pytest.skip("no PostgreSQL found")
    pytest.importorskip("psycopg", reason="the driver is not installed: pip install '.[postgres]'")
    with postgres.running() as server:
        course = new_course(tmp_path, server.url)
        pause, crashes = 0.25 * undisturbed().seconds, 0
        run = start(course)
        while run.poll() is None:
            time.sleep(pause)
            if (
                course.state / "journal.jsonl"
            ).exists():  # else the gradebook is being opened, and a run just does not begin
                server.stop(signal.SIGQUIT)
                time.sleep(0.3)
                server.start()
                crashes += 1
        code, said = finish(run)
        assert crashes
        assert "Traceback" not in said
        if code:  # it came back too late, or while something else was asked of it
            assert "--resume" in said, said
            code, said = finish(start(course))
        assert code == 0, said
        assert dump(course.db_url) == undisturbed().rows
