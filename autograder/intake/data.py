"""The instructor's files beside a source notebook: every submission to the assignment is given them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from autograder.intake.names import is_hidden

__all__ = ["MAX_DATA", "MAX_LAID", "data_files", "data_sha256", "laid"]

MAX_DATA = 32 * 2**20  # bytes of all that is laid beside a submission: half of what its working folder holds
MAX_LAID = 1_000  # files and folders of that
Listed = tuple[tuple[str, Path, int, int], ...]  # name, path, time of the last change, size


def data_files(data: Path) -> Mapping[str, bytes]:
    """The files beside a source notebook, path -> bytes: notebooks and hidden files are none of them."""
    return read_data(listed(data))


def data_sha256(data: Path) -> str:
    """Hash of the files beside a source notebook and of their names.

    Raises:
        ValueError: they are more than a submission can be given.
        OSError: one of them cannot be read.
    """
    found = listed(data)
    size, count = sum(size for *_, size in found), laid(name for name, *_ in found)
    if size > MAX_DATA or count > MAX_LAID:
        raise ValueError(f"the files beside the notebook in {data} must have at most {MAX_DATA // 2**20} MB and be at most "
                         f"{MAX_LAID} with their folders, got {size / 2**20:.1f} MB and {count}")  # fmt: skip
    told = (f"{hashlib.sha256(content).hexdigest()} {name}\n" for name, content in read_data(found).items())
    return hashlib.sha256("".join(told).encode()).hexdigest()


def laid(paths: Iterable[str]) -> int:
    """How many files and folders it takes to lay out files of these relative paths."""
    return len({str(part) for path in paths for part in (PurePosixPath(path), *PurePosixPath(path).parents[:-1])})


def listed(data: Path) -> Listed:
    found = []
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if not is_hidden(name) and path.suffix not in (".ipynb", ".pyc") and path.is_file():
            status = path.stat()
            found.append((name, path, status.st_mtime_ns, status.st_size))
    return tuple(found)


@lru_cache(maxsize=16)
def read_data(files: Listed) -> Mapping[str, bytes]:
    """Read once for all submissions, and again when a file has changed."""
    return {name: path.read_bytes() for name, path, _, _ in files}
