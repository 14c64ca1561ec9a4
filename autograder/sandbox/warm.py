"""The warm process: everything a notebook imports is loaded in it once; a fork of it runs each submission.

`main` runs in that process. None of a student's code ever does, and it holds nothing that a fork must not see: its
environment is made for it, its arguments say nothing, and what it is told is what an assignment's students may have. It
answers the judge, a fork at a time, on a socket: JSON in one packet each, file descriptors beside it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autograder.sandbox.child import OURS, Child, Provided, own_modules_only
from autograder.sandbox.jail import Jail

__all__ = ["main"]

PACKET = 60_000  # bytes of one message
USUAL = (  # what notebooks and the checks' handles use, and Python and NumPy would load only then
    "collections", "copy", "dataclasses", "functools", "inspect", "itertools", "linecache", "math", "numpy.fft", "numpy.linalg",
    "numpy.ma", "numpy.polynomial", "numpy.random", "operator", "pathlib", "statistics", "string", "time", "traceback", "typing",
)  # fmt: skip


def main(fd: int) -> None:
    """Load what is told, confine, and serve the judge until it hangs up."""
    control = socket.socket(fileno=fd)
    told = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.umask(0o022)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's business
    for name in [n for n in sys.modules if n.partition(".")[0] in OURS]:
        del sys.modules[name]  # from here on, `import autograder` finds the stand-in
    sys.argv[:], sys.orig_argv[:] = [""], [""]
    finder = Provided({name: (package, source) for name, (package, source) in told["modules"].items()})
    own_modules_only(finder)
    for name in (*USUAL, *told["imports"], *(n for n in told["modules"] if n.startswith("gradus"))):
        with contextlib.suppress(Exception):  # not installed, or not needed: a submission that imports it is told
            importlib.import_module(name)
    np.random.seed(0)  # noqa: NPY002  (what the first use sets up)
    draw_once()
    jail = Jail(told["layers"], told["folder"], {})
    if Path("/proc/self/task").is_dir() and len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError(f"one of {told['imports']} started threads: a fork of this process would not have them")
    jail.prepare()
    os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), jail.home))
    gc.collect()
    gc.freeze()  # so that a fork does not write to pages only to count
    tell(control, {"layers": jail.layers, "refused": jail.refused, "pid": os.getpid()})
    serve(control, jail)


def draw_once() -> None:
    """Have matplotlib find its fonts now, where it is loaded."""
    if "matplotlib.pyplot" in sys.modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        figure, axes = pyplot.subplots()
        axes.set_title("a")
        figure.canvas.draw()
        pyplot.close("all")


def tell(control: socket.socket, message: dict[str, Any], fds: list[int] | None = None) -> None:
    socket.send_fds(control, [json.dumps(message).encode()], fds or [])


def serve(control: socket.socket, jail: Jail) -> None:
    """Fork for each submission; say how a fork ended."""
    while True:
        data, fds, _, _ = socket.recv_fds(control, PACKET, 4)
        if not data:
            os._exit(0)
        message = json.loads(data)
        if message["op"] == "fork":
            reap()
            fork(control, jail, message["limits"], *fds)
        else:
            tell(control, {"code": ended(message["pid"])})


def fork(control: socket.socket, jail: Jail, limits: list[int], sock: int, output: int) -> None:
    """A fork that serves the judge at the other end of `sock`, and prints into `output`."""
    pid = jail.fork()
    if pid == 0:
        become(jail, limits, sock, output)
    pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    tell(control, {"pid": pid}, [pidfd] if pidfd >= 0 else [])
    for fd in (sock, output, pidfd):
        if fd >= 0:
            os.close(fd)


def become(jail: Jail, limits: list[int], sock: int, output: int) -> None:
    """What a fork does, to its end."""
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(output, 1)
        os.dup2(output, 2)
        own = os.dup2(sock, 3, inheritable=False) if sock != 3 else 3
        os.closerange(4, 1024)
        child = Child(socket.socket(fileno=own))
        jail.enter(limits)
        child.serve()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}"[:1000].encode(errors="replace"))
    finally:
        os._exit(70)


def ended(pid: int) -> int | None:
    """Exit code of a fork that has ended (negative: the signal), None where nobody knows any more."""
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status)


def reap() -> None:
    """Let go of the forks that nobody asked about."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
