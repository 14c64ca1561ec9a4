"""One process that runs a student's code, as the judge holds it: started, spoken to, watched, ended.

All limits are kept here, by the judge's clock and count: nothing that the process does or says can lengthen them. Whoever
runs into one is killed, with all processes it has started.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.wire import Inbox, ProtocolViolation

__all__ = ["Limits", "Process", "Stopped"]

# Imports the two modules it needs without running autograder/__init__.py, which would import the judge.
BOOT = """
import sys, types
fd, folder = int(sys.argv[1]), sys.argv[2]
for name, path in ("autograder", folder), ("autograder.sandbox", folder + "/sandbox"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
from autograder.sandbox.child import main
main(fd)
"""
MARK = "AUTOGRADER_PROCESS"  # an environment variable by which processes left behind are found
KEPT = 4000  # bytes of what was printed, for the log when a process does not start


@dataclass(frozen=True)
class Limits:
    """What a student's code may use.

    Attributes:
        call: seconds one call may take, at most; the exercise may declare less.
        cell: seconds one cell may take.
        total: seconds of the whole submission.
        start: seconds the process may take to be ready.
        memory: bytes of address space.
        output: bytes printed during one call or cell.
        file: bytes of one file written.
    """

    call: float = 60.0
    cell: float = 30.0
    total: float = 300.0
    start: float = 60.0
    memory: int = 2 * 2**30
    output: int = 2**20
    file: int = 64 * 2**20


class Stopped(Exception):
    """The process was ended, or has ended; `verdict` is that of whatever was going on."""

    def __init__(self, verdict: str, text: str) -> None:
        super().__init__(text)
        self.verdict, self.text = verdict, text


class Process:
    """A running process. `exchange` is the only way to speak to it; after `Stopped` it is gone."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.printed = 0
        self.output = b""
        self.hung_up = False
        self.inbox = Inbox()
        self.mark = secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="autograder-"))
        for fonts in font_lists():
            with contextlib.suppress(OSError):
                shutil.copy(fonts, self.folder)
        self.sock, theirs = socket.socketpair()
        self.pipe, write = os.pipe()
        command = [sys.executable, "-sPB", "-Xutf8", "-c", BOOT, str(theirs.fileno()), str(Path(__file__).parents[1])]
        try:
            self.popen = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=write, stderr=write, pass_fds=[theirs.fileno()],
                cwd=self.folder, env=self.environment(), start_new_session=True,
            )  # fmt: skip
        except BaseException:
            self.sock.close()
            os.close(self.pipe)
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        finally:
            theirs.close()
            os.close(write)
        self.sock.setblocking(False)
        os.set_blocking(self.pipe, False)
        self.pidfd = os.pidfd_open(self.popen.pid) if hasattr(os, "pidfd_open") else -1
        self.poll = select.poll()
        for fd in (self.sock.fileno(), self.pipe, self.pidfd):
            if fd >= 0:
                self.poll.register(fd, select.POLLIN)

    def environment(self) -> dict[str, str]:
        """All there is in the process's environment: nothing of the judge's own."""
        folder = str(self.folder)
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        return {
            "PATH": os.defpath, "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder, "MPLBACKEND": "agg",
            "MPLCONFIGDIR": folder, "PYTHONHASHSEED": "0", MARK: self.mark, **dict.fromkeys(threads, "1"),
        }  # fmt: skip

    # -------------------------------------------------------------- speaking

    def exchange(self, frame: list[bytes], deadline: float) -> tuple[bytes, memoryview]:
        """Send a frame and wait for the next one.

        Args:
            frame: as `wire.encode` makes it.
            deadline: on `time.monotonic`.

        Raises:
            Stopped: time is up, too much was printed, the process has ended, or it sent what no honest one sends.
        """
        if self.read():
            raise self.stop("protocol-violation", "Stopped: your code sent the grader something it had not asked for.")
        queue = deque(memoryview(piece) for piece in frame if piece)
        try:
            while queue or not self.inbox.complete:
                self.poll.modify(self.sock, select.POLLIN | select.POLLOUT if queue else select.POLLIN)
                left = deadline - time.monotonic()
                events = dict(self.poll.poll(left * 1000 + 1)) if left > 0 else {}
                if not events:
                    raise self.stop("time-limit", "Stopped: time is up.")
                if self.pipe in events:
                    self.drain()
                news = self.sock.fileno() in events and self.read()
                if queue and self.inbox.complete:
                    raise ProtocolViolation("an answer before it could know the question")
                if queue and events.get(self.sock.fileno(), 0) & select.POLLOUT:
                    self.write(queue)
                if (self.hung_up or self.pidfd in events) and not news and not self.inbox.complete:
                    raise self.ended()
            return self.inbox.take()
        except ProtocolViolation as error:
            raise self.stop("protocol-violation", f"Stopped: your code sent the grader {error}.") from None

    def read(self) -> bool:
        """Take what has arrived of a frame; whether that was anything."""
        try:
            count = self.sock.recv_into(self.inbox.space())
        except BlockingIOError:
            return False
        except OSError:
            count = 0
        self.hung_up = not count
        self.inbox.filled(count)
        return count > 0

    def write(self, queue: deque[memoryview]) -> None:
        """Send as much as goes."""
        try:
            sent = self.sock.send(queue[0])
        except BlockingIOError:
            return
        except OSError:
            self.hung_up = True
            return
        rest = queue.popleft()[sent:]
        if rest:
            queue.appendleft(rest)

    def drain(self) -> None:
        """Count what was printed and throw it away."""
        chunk = os.read(self.pipe, 2**16)
        if not chunk:  # closed by the other side
            self.poll.unregister(self.pipe)
        self.output += chunk[: KEPT - len(self.output)]
        self.printed += len(chunk)
        if self.printed > self.limits.output:
            raise self.stop("output-limit", f"Stopped: it printed more than {self.limits.output // 1024:,} KB.")

    # -------------------------------------------------------------- ending

    def ended(self) -> Stopped:
        """The process is gone, or hung up: how."""
        if self.pidfd >= 0:
            exited = select.poll()
            exited.register(self.pidfd, select.POLLIN)
            exited.poll(500)  # to learn how it ended, rather than that it was killed
        stopped = self.stop("crashed", "")
        code = self.popen.returncode or 0
        how = f"exit code {code}" if code >= 0 else signal.strsignal(-code) or f"signal {-code}"
        stopped.text = f"Your code ended the Python process it ran in ({how})."
        return stopped

    def stop(self, verdict: str, text: str) -> Stopped:
        """End the process; the exception to raise."""
        self.kill()
        return Stopped(verdict, text)

    def kill(self) -> None:
        """End the process and all it has started, at once, and remove its folder. Can be called twice."""
        if self.sock.fileno() < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)  # before it is waited for: until then the number is taken
        with contextlib.suppress(subprocess.TimeoutExpired):  # every wait has an end
            self.popen.wait(timeout=10)
        end_marked(self.mark)
        self.sock.close()
        for fd in (self.pipe, self.pidfd):
            if fd >= 0:
                os.close(fd)
        with contextlib.suppress(RecursionError):  # a tree too deep to be walked
            shutil.rmtree(self.folder, ignore_errors=True)


def font_lists() -> list[Path]:
    """Matplotlib's lists of the fonts there are, where this user has them: to make one takes it seconds."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return list(Path(os.environ.get("MPLCONFIGDIR") or Path(caches, "matplotlib")).glob("fontlist-*.json"))


def end_marked(mark: str) -> None:
    """End the processes that left the group: those that carry the mark in their environment (Linux)."""
    wanted = f"{MARK}={mark}".encode()
    for _ in range(50):
        found = False
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(0.01)
