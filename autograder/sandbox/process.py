"""One process that runs a student's code, as the judge holds it: begun, spoken to, watched, ended.

All limits are kept here, by the judge's clock and count: nothing that the process does or says can lengthen them. Whoever
runs into one is killed, with all processes it has started.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from autograder.sandbox.starting import Warm
from autograder.sandbox.wire import Inbox, ProtocolViolation

__all__ = ["Limits", "Process", "Stopped"]

KEPT = 4000  # bytes of what was printed, for the log when a process does not start
CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Limits:
    """What a student's code may use.

    Attributes:
        call: seconds one call may take, at most; the exercise may declare less.
        cell: seconds one cell may take.
        total: seconds of the whole submission. Each of these holds for the clock and, a core, for the CPU.
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
    """A running process. `exchange` is the only way to speak to it; after `Stopped` it is gone.

    Args:
        warm: what it is forked from; taken from there, and given back when it is killed.
        limits: what it may use.
    """

    def __init__(self, warm: Warm, limits: Limits) -> None:
        self.warm, self.limits = warm, limits
        self.printed = 0
        self.output = b""
        self.hung_up = False
        self.killed = False  # and not by the judge; by whom is not known
        self.inbox = Inbox()
        self.sock, theirs = socket.socketpair()
        self.pipe, write = os.pipe()
        cpu = round(limits.total) + 60  # the judge's clock comes first; this one is for when the judge is gone
        try:
            self.pid, self.pidfd = warm.fork(theirs.fileno(), write, [limits.memory, limits.file, cpu])
        except BaseException:
            warm.close()
            self.sock.close()
            os.close(self.pipe)
            raise
        finally:
            theirs.close()
            os.close(write)
        self.sock.setblocking(False)
        os.set_blocking(self.pipe, False)
        self.poll = select.poll()
        for fd in (self.sock.fileno(), self.pipe, self.pidfd):
            if fd >= 0:
                self.poll.register(fd, select.POLLIN)

    def cpu(self) -> float:
        """Seconds of CPU that the process has used; 0 where the system does not tell."""
        try:
            return time.clock_gettime((~self.pid << 3) | 2)  # its clock, as clock_getcpuclockid numbers it
        except OSError:
            return 0.0

    # -------------------------------------------------------------- speaking

    def exchange(self, frame: list[bytes], deadline: float, cpu: float = float("inf")) -> tuple[bytes, memoryview]:
        """Send a frame and wait for the next one.

        Args:
            frame: as `wire.encode` makes it.
            deadline: on `time.monotonic`; cpu: on `cpu()`.

        Raises:
            Stopped: time is up, too much was printed, the process has ended, or it sent what no honest one sends.
        """
        if self.read():
            raise self.stop("protocol-violation", "Stopped: your code sent the grader something it had not asked for.")
        rest = self.write(memoryview(b"".join(frame)))  # nearly always all of it goes at once
        try:
            while rest or not self.inbox.complete:
                self.poll.modify(self.sock, select.POLLIN | select.POLLOUT if rest else select.POLLIN)
                left = deadline - time.monotonic()
                wait = min(left, max(cpu - self.cpu(), 0.0) / CORES + 0.01) if cpu < deadline else left
                events = dict(self.poll.poll(wait * 1000 + 1)) if left > 0 else {}
                if not events:
                    if left > wait and self.cpu() < cpu:
                        continue
                    raise self.stop("time-limit", "Stopped: time is up.")
                if self.pipe in events:
                    self.drain()
                news = self.sock.fileno() in events and self.read()
                while news and not self.inbox.complete and self.read():
                    pass
                if rest and self.inbox.complete:
                    raise ProtocolViolation("an answer before it could know the question")
                if rest and events.get(self.sock.fileno(), 0) & select.POLLOUT:
                    rest = self.write(rest)
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

    def write(self, data: memoryview) -> memoryview:
        """Send as much as goes; what is left."""
        try:
            return data[self.sock.send(data) :]
        except BlockingIOError:
            return data
        except OSError:
            self.hung_up = True
            return data

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
        code = self.code or 0
        if code == -signal.SIGKILL and self.warm.out_of_memory():
            return Stopped("memory-limit", "Stopped: your code used more memory than there is for it.")
        self.killed = code == -signal.SIGKILL or self.code is None  # None: the warm process is gone, too
        how = f"exit code {code}" if code >= 0 else signal.strsignal(-code) or f"signal {-code}"
        stopped.text = f"Your code ended the Python process it ran in ({how})."
        return stopped

    def stop(self, verdict: str, text: str) -> Stopped:
        """End the process; the exception to raise."""
        self.kill()
        return Stopped(verdict, text)

    def kill(self) -> None:
        """End the process and all it has started, at once. Can be called twice."""
        if self.sock.fileno() < 0:
            return
        self.code = self.warm.end(self.pid, self.pidfd)
        self.sock.close()
        for fd in (self.pipe, self.pidfd):
            if fd >= 0:
                os.close(fd)
