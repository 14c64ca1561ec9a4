"""The processes of a grading run: an innocent one beside it, what descends from it, and what it leaves behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["children", "gathering", "innocent", "leftovers", "memory"]

SUBREAPER = 36  # of prctl
LIBC = ctypes.CDLL(None)


@contextlib.contextmanager
def innocent() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with the grader."""
    with subprocess.Popen([sys.executable, "-Sc", "import time; time.sleep(3600)"]) as made:
        try:
            yield made
        finally:
            made.kill()


@contextlib.contextmanager
def gathering() -> Iterator[None]:
    """Meanwhile orphans become children of this process, and so can be found."""
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        LIBC.prctl(SUBREAPER, 0, 0, 0, 0)


def children() -> dict[int, str]:
    """All that descends from this process: pid -> command line."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found: dict[int, str] = {}
    for pid in parents:
        at = pid
        while at in parents and at != os.getpid():
            at = parents[at]
        if at == os.getpid() and pid != at:
            with contextlib.suppress(OSError):
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                found[pid] = f"{state} " + Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(
                    errors="replace"
                )
    return found


def memory(pids: Iterable[int]) -> int:
    """Bytes that the largest of these processes has to itself; the sandbox's own users are left out."""
    largest = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{pid}/status").read_text()
            if int(status.partition("Uid:")[2].split()[0]) == os.getuid():
                largest = max(largest, int(status.partition("RssAnon:")[2].split()[0]) * 1024)
    return largest


def leftovers(known: Mapping[int, str], grace: float = 5.0) -> list[str]:
    """Processes of the run that are still there after it, a last moment granted; they are ended here."""
    end = time.monotonic() + grace
    while True:
        for pid in children().keys() - known.keys():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # the dead among them are ours to bury
        left = {pid: text for pid, text in children().items() if pid not in known and text[0] not in "ZX"}
        if not left or time.monotonic() > end:
            break
        time.sleep(0.05)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    return [text[:200] for text in left.values()]
