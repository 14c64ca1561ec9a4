"""Copies of what was graded."""

from __future__ import annotations

import hashlib
import stat

import pytest

from autograder.intake.package import Package, digest
from autograder.intake.store import Damaged, keep, kept

CONTENT = b'{"cells": []}'


def package(content: bytes | None = CONTENT, **own: bytes) -> Package:
    sha256 = "" if content is None else digest(content, own)
    return Package(content, sha256, "", "", {**own, "data.csv": b"the instructor's"}, (), None, tuple(own))


def test_a_copy_is_named_by_its_bytes_and_not_to_be_written_to(tmp_path):
    name = hashlib.sha256(CONTENT).hexdigest()
    path = keep(package(), tmp_path)
    assert path == tmp_path / name[:2] / f"{name}.ipynb"
    assert path.read_bytes() == CONTENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert kept(name, tmp_path) == (CONTENT, {})


def test_the_same_submission_is_kept_once(tmp_path):
    first = keep(package(), tmp_path).stat()
    second = keep(package(), tmp_path).stat()
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_companions_of_the_student_are_kept_with_the_notebook_and_the_instructor_s_are_not(tmp_path):
    one, two = package(notes=b"a"), package(notes=b"b")
    keep(one, tmp_path)
    keep(two, tmp_path)
    assert kept(one.sha256, tmp_path) == (CONTENT, {"notes": b"a"})
    assert kept(two.sha256, tmp_path) == (CONTENT, {"notes": b"b"})
    assert len(list(tmp_path.rglob("*.ipynb"))) == 1


def test_nothing_is_kept_where_nothing_could_be_read(tmp_path):
    assert keep(package(None), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_was_changed_is_noticed_when_it_is_read_and_mended_when_it_is_kept_again(tmp_path):
    made = package(notes=b"a")
    path = keep(made, tmp_path)
    path.chmod(0o644)
    path.write_bytes(b"{}")
    with pytest.raises(Damaged, match="not those it is named by"):
        kept(made.sha256, tmp_path)
    keep(made, tmp_path)
    assert kept(made.sha256, tmp_path) == (CONTENT, {"notes": b"a"})


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"notebook": 7, "files": []}'])
def test_a_damaged_list_of_files_is_noticed(tmp_path, text):
    made = package(notes=b"a")
    keep(made, tmp_path)
    [listed] = tmp_path.rglob("*.json")
    listed.chmod(0o644)
    listed.write_bytes(text)
    with pytest.raises(Damaged):
        kept(made.sha256, tmp_path)


def test_a_list_that_names_other_files_is_noticed(tmp_path):
    one, two = package(notes=b"a"), package(notes=b"b")
    keep(one, tmp_path)
    keep(two, tmp_path)
    lists = {p.stem: p for p in tmp_path.rglob("*.json")}
    lists[one.sha256].chmod(0o644)
    lists[one.sha256].write_bytes(lists[two.sha256].read_bytes())
    with pytest.raises(Damaged, match="another submission"):
        kept(one.sha256, tmp_path)


def test_what_is_not_kept_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        kept("0" * 64, tmp_path)


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(fd, *more, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(OSError, match="No space"):
        keep(package(), tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
