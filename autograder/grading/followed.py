"""A file of lines that is only appended to, read again and again: each time from where the last time ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

__all__ = ["Followed"]

MARK = 200  # bytes before the place that must be as they were: else it is another file


class Followed(ABC):
    """What a file says, kept up as it grows; a subclass says what a line changes.

    Args:
        path: of the file, which need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.place, self.last = 0, b""

    @abstractmethod
    def take(self, place: int, line: bytes) -> None:
        """Take in a line that begins at this place."""

    def whole(self, line: bytes) -> bool:
        """Whether all of a line without an end is there; otherwise it is read again the next time."""
        return line.endswith(b"}")

    def follow(self) -> None:
        """Take in what was appended since the last time; all of it where the file was replaced.

        Raises:
            OSError: it cannot be read.
        """
        if not self.path.exists():
            self.forget()
            return
        with self.path.open("rb", buffering=2**20) as file:
            file.seek(self.place - len(self.last))
            if file.read(len(self.last)) != self.last:
                self.forget()
                file.seek(0)
            for line in file:
                if not line.endswith(b"\n") and not self.whole(line):
                    break
                self.take(self.place, line)
                self.place += len(line)
                self.last = line[-MARK:]
