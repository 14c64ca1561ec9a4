"""A file that grows is read once, and a file that was replaced is read anew."""

from __future__ import annotations

import pytest

from autograder.grading.followed import Followed


class Lines(Followed):
    def forget(self) -> None:
        super().forget()
        self.seen = []

    def take(self, place, line):
        self.seen.append((place, line))


@pytest.fixture
def followed(tmp_path):
    return Lines(tmp_path / "file")


def append(followed, text: bytes) -> list[bytes]:
    with followed.path.open("ab") as file:
        file.write(text)
    followed.follow()
    return [line for _, line in followed.seen]


def test_a_file_that_is_not_there_says_nothing(followed):
    followed.follow()
    assert followed.seen == []


def test_each_line_is_taken_once_with_its_place(followed):
    append(followed, b"{1}\n")
    assert append(followed, b"{22}\n{3}\n") == [b"{1}\n", b"{22}\n", b"{3}\n"]
    assert [place for place, _ in followed.seen] == [0, 4, 9]
    followed.follow()
    assert len(followed.seen) == 3


def test_a_line_that_is_still_being_written_is_waited_for(followed):
    assert append(followed, b'{1}\n{"a": ') == [b"{1}\n"]
    assert append(followed, b"2}\n") == [b"{1}\n", b'{"a": 2}\n']


def test_a_line_that_only_lacks_its_end_counts_once(followed):
    assert append(followed, b"{1}") == [b"{1}"]
    assert append(followed, b"\n{2}\n") == [b"{1}", b"\n", b"{2}\n"]


@pytest.mark.parametrize("other", [b"", b"{9}\n", b"{9}\n" * 500])
def test_another_file_in_its_place_is_read_from_its_beginning(followed, other):
    append(followed, b"".join(b"{%d}\n" % i for i in range(100)))
    followed.path.unlink()
    assert append(followed, other) == other.splitlines(keepends=True)
    followed.path.unlink()
    followed.follow()
    assert followed.seen == []
