"""When a submission was received, and who is believed."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest
import toy

from autograder.intake.receipts import Receipt, latest_receipts, parse_time, trusts_timestamps, write_receipts


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """(source folder, assignment)."""
    root = tmp_path_factory.mktemp("source")
    with toy.declared_exercises():
        yield root / "toy", toy.toy_assignment(root)


STAMP = datetime(2026, 11, 20, 11, 30)


def test_timestamp_txt_is_believed_only_where_the_course_says_so(read, folder):
    (folder / "timestamp.txt").write_text("2026-11-20 11:30:00.000000 UTC")
    assert read(trust_timestamp=True).received == STAMP
    got = read()
    assert got.received is None
    assert "timestamp.txt was not believed" in got.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "",
        b"\xff",
        "9" * 3000,
        "2026-13-40 11:30:00 UTC",
        "2026-11-20 11:30:00 /etc/passwd",
        "2026-11-20 11:30:00 ../x",
        "2026-11-20 11:30:00 -",
        "0001-01-01 00:00:00 CET",
        "2026-11-20 11:30:00 Europe",
        "1 2 3 4",
    ],
)
def test_a_timestamp_that_is_no_time_gives_no_time(read, folder, text):
    (folder / "timestamp.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert read(trust_timestamp=True).received is None


@pytest.mark.parametrize("text", ["2026-11-20 11:30:00.000000 UTC", "2026-11-20T11:30:00", "2026-11-20 12:30:00+01:00",
                                  "2026-11-20 12:30:00 Europe/Berlin", "2026-11-20 12:30:00.5 CET", "2026-11-20 06:30:00 -0500",
                                  "2026-11-20 03:30:00 PST"])  # fmt: skip
def test_times_are_read_as_nbgrader_writes_them(text):
    assert parse_time(text).replace(microsecond=0) == STAMP


def test_the_receipt_of_what_was_collected_wins_over_timestamp_txt_while_the_notebook_is_the_same(
    read, folder, tmp_path
):
    path = tmp_path / "receipts.jsonl"
    sha256 = hashlib.sha256((folder / "toy.ipynb").read_bytes()).hexdigest()
    write_receipts(path, [Receipt("ada", "toy", datetime(2020, 1, 1), "old", "a.zip")])
    write_receipts(path, [Receipt("ada", "toy", STAMP, sha256, "b.zip")])
    with path.open("a") as file:
        file.write('{"student": "ada", "assig')  # the machine was switched off
    receipt = latest_receipts(path)["ada", "toy"]
    (folder / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    assert read(receipt=receipt, trust_timestamp=True).received == STAMP
    (folder / "toy.ipynb").write_text("{}")
    assert read(receipt=receipt).received is None


def test_the_shipped_configuration_trusts_the_exchange_and_an_empty_one_does_not(tmp_path):
    from small_course import released_course
    from traitlets.config import Config

    assert trusts_timestamps(released_course(tmp_path).config)
    assert not trusts_timestamps(Config())
