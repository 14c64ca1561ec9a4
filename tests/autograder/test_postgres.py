"""The gradebook on a PostgreSQL server: the same rows as in SQLite, by this grader and by nbgrader, and a restart survived."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import postgres  # scripts/postgres.py
import pytest
from gradebook_dump import dump
from small_course import NAME, SWAPPED, answered, command, gradebook_rows, released_course, submit
from test_gradebook import marks

from autograder.grading.course import Course
from autograder.grading.gradebook import write_marks
from autograder.grading.journal import StorageFailure
from autograder.grading.release import release
from autograder.grading.run import Options, grade


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A server with an empty database. Without PostgreSQL the test is skipped, but with CI=true it fails."""
    if postgres.find() is None:
        message = "no PostgreSQL found: left out are the tests of a gradebook on a server"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    pytest.importorskip("psycopg", reason="the driver is not installed: pip install '.[postgres]'")
    with postgres.running() as started:
        yield started


@pytest.fixture
def course(server, tmp_path) -> Course:
    """A course whose gradebook is an empty database of the server."""
    server.run(
        "dropdb", "--force", "--if-exists", f"--host={server.folder}", f"--username={postgres.NAME}", postgres.NAME
    )
    server.run("createdb", f"--host={server.folder}", f"--username={postgres.NAME}", postgres.NAME)
    return course_on(server.url, released_course(tmp_path).root)


def course_on(url: str, root: Path) -> Course:
    """The course folder, with this gradebook in its configuration."""
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = {url!r}\n")
    return Course.open(root)


def hand_in(root: Path) -> None:
    submit(root, "anna", answered(words="It falls."))
    submit(root, "bert", answered(SWAPPED))
    submit(root, "Ćiro Þór", answered(None, words="λ ≤ 1 — 'so' \"it\" %s"))
    submit(root, "dora", b"\x00 no notebook")
    (root / "submitted" / "anna" / NAME / "timestamp.txt").write_text("2026-03-01 12:00:00.123456 UTC\n")


def run(course: Course, **told) -> None:
    assert grade(course, Options(processes=1, unsafe=True, **told)).complete


def test_a_class_has_the_same_gradebook_in_sqlite_and_in_postgresql(course, tmp_path):
    other = released_course(tmp_path / "sqlite")
    for each in (course, other):
        hand_in(each.root)
        (each.state / "secret").write_bytes(bytes(32))
        run(each)
    rows = dump(course.db_url)
    assert len([row for row in rows if row.startswith("grade:")]) == 8
    assert rows == dump(other.db_url)


def test_a_regrade_keeps_what_a_person_entered_there(course):
    hand_in(course.root)
    run(course)
    with course.gradebook() as gradebook:
        words = gradebook.find_grade(f"explain_{NAME}", NAME, NAME, "anna")
        words.manual_score, words.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    run(course, resume=True)
    assert gradebook_rows(course)["anna"][f"explain_{NAME}"] == {"auto": None, "manual": 2.5, "by_hand": False}


def test_nbgraders_own_commands_work_on_it(course):
    hand_in(course.root)
    command(course.root, "nbgrader", "generate_assignment", NAME, "--force")
    command(course.root, "nbgrader", "autograde", NAME)
    stock = gradebook_rows(course)
    command(course.root, "nbgrader", "export")
    assert (course.root / "grades.csv").read_text().count(f"\n{NAME},") == 4
    run(course)
    assert gradebook_rows(course) == stock


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_between_two_batches_is_not_even_noticed(course, server, how):
    list(release(course, [NAME]))
    with course.gradebook() as gradebook:
        assert write_marks(course, gradebook, [marks("anna")]) == []
        server.stop(how)
        server.start()
        assert write_marks(course, gradebook, [marks("bert")]) == []
    assert set(gradebook_rows(course)) == {"anna", "bert"}


def test_a_server_that_is_away_for_a_moment_is_waited_for(course, server):
    list(release(course, [NAME]))
    with course.gradebook() as gradebook:
        server.stop(signal.SIGQUIT)
        back = threading.Timer(1.0, server.start)
        back.start()
        assert write_marks(course, gradebook, [marks("anna"), marks("bert")]) == []
        back.join()
    assert set(gradebook_rows(course)) == {"anna", "bert"}


def test_a_server_that_stays_away_is_named_without_its_password(course, server):
    list(release(course, [NAME]))
    told = Course(course.root, course.config, course.db_url.replace("course@", "course:hush@"))
    with told.gradebook() as gradebook:
        server.stop()
        with pytest.raises(
            StorageFailure, match=r"gradebook postgresql.*cannot be written: .*stayed so for 0\.3 s"
        ) as caught:
            write_marks(told, gradebook, [marks("anna")], patience=0.3)
        server.start()
    assert "hush" not in str(caught.value)
