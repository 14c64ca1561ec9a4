"""Warm processes as the judge holds them: started once for an assignment, lent to one submission at a time.

The pool keeps those that are idle, so that the next submission of the same assignment finds one ready.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autograder.sandbox import cgroup
from autograder.sandbox.jail import LAYERS
from autograder.sandbox.provided import Module

__all__ = ["NotStarted", "Warm", "best", "close_all", "lend"]

# Imports what it needs without running autograder/__init__.py, which would import the judge.
BOOT = """
import sys, types
fd, folder = int(sys.argv[1]), sys.argv[2]
for name in "", ".sandbox", ".intake":
    sys.modules["autograder" + name] = types.ModuleType("autograder" + name)
    sys.modules["autograder" + name].__path__ = [folder + name.replace(".", "/")]
from autograder.sandbox.warm import main
main(fd)
"""
MARK = "AUTOGRADER_PROCESS"  # an environment variable by which processes left behind are found
START = 60.0  # seconds until a warm process must be ready
ANSWER = 20.0  # seconds until it must have forked
IDLE = 3  # warm processes that are kept for later


class NotStarted(Exception):
    """The process for a student's code did not start: a fault of ours, none of that code has run."""


class Warm:
    """A warm process. Use `lend` to get one.

    Attributes:
        layers: those that confine what is forked from it.
        refused: layer -> why the machine does not have it.
    """

    def __init__(self, modules: Mapping[str, Module], imports: Iterable[str], layers: Iterable[str]) -> None:
        wanted = [layer for layer in LAYERS if layer in set(layers)]
        self.mark = secrets.token_hex(16)
        tidy(Path(tempfile.gettempdir()))
        self.folder = Path(tempfile.mkdtemp(prefix=f"autograder-{os.getpid()}-"))
        self.held = os.open(
            self.folder, os.O_RDONLY | os.O_CLOEXEC
        )  # locked for as long as the folder is used: see `tidy`
        fcntl.flock(self.held, fcntl.LOCK_EX)
        self.folder.chmod(0o711 if "uid" in wanted else 0o700)
        for fonts in font_lists():
            with contextlib.suppress(OSError):
                shutil.copy(fonts, self.folder)
        self.group, why = cgroup.make() if "cgroup" in wanted and sys.platform == "linux" else (None, "")
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(START)
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed in close())
        command = [sys.executable, "-sPB", "-Xutf8", "-c", BOOT, str(theirs.fileno()), str(Path(__file__).parents[1])]
        told = {"modules": modules, "imports": list(imports), "layers": wanted, "folder": str(self.folder)}
        try:
            self.popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self.errors, cwd=self.folder,
                env=environment(str(self.folder), self.mark), pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
            theirs.close()
            if self.group:  # before anything is forked: to move a process later takes the kernel 10 ms
                self.group.add(self.popen.pid)
            assert self.popen.stdin
            with contextlib.suppress(BrokenPipeError), self.popen.stdin as pipe:
                pipe.write(json.dumps(told).encode())
            ready = self.answer()[0]
        except BaseException:
            theirs.close()
            self.close()
            raise
        self.control.settimeout(ANSWER)
        self.layers = tuple(ready["layers"] if self.group else [la for la in ready["layers"] if la != "cgroup"])
        self.refused: dict[str, str] = {**ready["refused"], **({"cgroup": why} if why else {})}
        self.deaths = self.memory = 0

    def answer(self) -> tuple[dict[str, Any], list[int]]:
        """The next message of the warm process, and the descriptors that come with it.

        Raises:
            NotStarted: it has ended, or does not answer.
        """
        try:
            data, fds, _, _ = socket.recv_fds(self.control, 60_000, 4)
        except OSError as error:
            data, fds = b"", []
            why = str(error)
        else:
            why = "it ended"
        if data:
            return json.loads(data), fds
        self.errors.seek(0)
        said = self.errors.read()[-4000:].decode(errors="replace").strip()
        raise NotStarted(f"the process for students' code: {why}. {said}")

    def fork(self, sock: int, output: int, limits: list[int]) -> tuple[int, int]:
        """A process for one submission: its number and a descriptor of it (-1 where the system has none).

        Args:
            sock, output: descriptors of its ends of the socket and of the pipe that it prints into.
            limits: bytes of memory, bytes of a file, seconds of CPU.

        Raises:
            NotStarted: it cannot be had.
        """
        try:
            socket.send_fds(self.control, [json.dumps({"op": "fork", "limits": limits}).encode()], [sock, output])
            told, fds = self.answer()
        except OSError as error:
            raise NotStarted(f"the process for students' code: {error}") from error
        pidfd = fds[0] if fds else -1
        self.inner, pid = told["pid"], seen_from_here(told["pid"], pidfd)
        if self.group:
            if limits[0] != self.memory:
                self.memory = limits[0]
                self.group.limit(self.memory)
            self.deaths = self.group.out_of_memory()
        return pid, pidfd

    def end(self, pid: int, pidfd: int) -> int | None:
        """Kill what was forked last, with all it has started, and give this back to the pool; the exit code it had."""
        with contextlib.suppress(ProcessLookupError):
            if pidfd >= 0:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        if (
            "namespaces" not in self.layers and "seccomp" not in self.layers
        ):  # it may have left its group, or made children
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            end_marked(self.mark, self.popen.pid)
        try:
            self.control.send(json.dumps({"op": "wait", "pid": self.inner}).encode())
            code = self.answer()[0]["code"]
        except (OSError, NotStarted):
            self.close()
            return None
        give_back(self)
        return code

    def out_of_memory(self) -> bool:
        """Whether the kernel ended the last fork for its memory."""
        return self.group is not None and self.group.out_of_memory() > self.deaths

    def close(self) -> None:
        """End the warm process. Can be called twice."""
        if self.control.fileno() < 0:
            return
        self.control.close()
        if hasattr(self, "popen"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):  # every wait has an end
                self.popen.wait(timeout=10)
        if self.group:
            self.group.remove()
        self.errors.close()
        os.close(self.held)
        with contextlib.suppress(RecursionError):  # a tree too deep to be walked
            shutil.rmtree(self.folder, ignore_errors=True)


@cache
def tidy(place: Path) -> None:
    """Remove the folders that graders left here who were killed."""
    for folder in place.glob("autograder-*-*"):
        pid = folder.name.split("-")[1]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            with contextlib.suppress(
                OSError
            ):  # another user's, or in use by a grader whose processes are not seen here
                fd = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
                finally:
                    os.close(fd)


def environment(folder: str, mark: str) -> dict[str, str]:
    """All there is in the environment of students' code: nothing of the judge's own."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {
        "PATH": os.defpath, "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder, "MPLBACKEND": "agg",
        "MPLCONFIGDIR": folder, "PYTHONHASHSEED": "0", MARK: mark, **dict.fromkeys(threads, "1"),
    }  # fmt: skip


def font_lists() -> list[Path]:
    """Matplotlib's lists of the fonts there are, where this user has them: to make one takes it seconds."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return list(Path(os.environ.get("MPLCONFIGDIR") or Path(caches, "matplotlib")).glob("fontlist-*.json"))


def seen_from_here(pid: int, pidfd: int) -> int:
    """The number that a process has here, where the one who told it lives in a namespace of its own."""
    if pidfd >= 0:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
                if line.startswith("Pid:"):
                    return int(line.split()[1])
    return pid


def end_marked(mark: str, but: int) -> None:
    """End the processes that left their group: those that carry the mark in their environment (Linux)."""
    wanted = f"{MARK}={mark}".encode()
    for _ in range(50):
        found = False
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if int(entry.name) != but and wanted in (entry / "environ").read_bytes():
                    state = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0]
                    if state != b"Z":
                        os.kill(int(entry.name), signal.SIGKILL)
                        found = True
        if not found:
            return
        time.sleep(0.01)


# ------------------------------------------------------------------ the pool

Key = tuple[Any, ...]
idle: list[tuple[Key, Warm]] = []
keys: dict[int, Key] = {}
lock = threading.Lock()


def lend(modules: Mapping[str, Module], imports: Iterable[str], layers: Iterable[str]) -> Warm:
    """A warm process for an assignment, an idle one where there is one.

    Args:
        modules: what students may import of this project, as `provided.sources` gives it.
        imports: names of other modules to have loaded.
        layers: of `jail.LAYERS`; those that the machine does not have are left out.

    Raises:
        NotStarted: it does not start.
    """
    key = (tuple(sorted(modules.items())), tuple(imports), tuple(sorted(layers)))
    with lock:
        for place, (known, warm) in enumerate(idle):
            if known == key and warm.popen.poll() is None:
                del idle[place]
                return warm
    warm = Warm(modules, imports, layers)
    keys[id(warm)] = key
    return warm


def give_back(warm: Warm) -> None:
    with lock:
        idle.append((keys[id(warm)], warm))
        old = [idle.pop(0)[1] for _ in range(len(idle) - IDLE)]
    for gone in old:
        gone.close()


@atexit.register
def close_all() -> None:
    """End all idle warm processes."""
    with lock:
        old = [warm for _, warm in idle]
        idle.clear()
    for warm in old:
        warm.close()


def forget() -> None:
    """In a fork of the judge: its warm processes are not this one's."""
    global lock
    lock = threading.Lock()
    for _, warm in idle:
        warm.control.close()
    idle.clear()


os.register_at_fork(after_in_child=forget)


@cache
def best() -> tuple[str, ...]:
    """The layers that this machine can have, found out by trying."""
    try:
        warm = lend({}, (), LAYERS)
    except NotStarted:  # somebody may have killed it
        warm = lend({}, (), LAYERS)
    give_back(warm)
    return warm.layers
