"""What the probes share. Like them it runs in the sandbox, as text: the standard library is all there is."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Callable

LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {  # of the system calls that the C library has no function for: x86-64, 64-bit ARM
    "add_key": (248, 217), "bpf": (321, 280), "init_module": (175, 105), "io_uring_setup": (425, 425),
    "keyctl": (250, 219), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "perf_event_open": (298, 241), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "userfaultfd": (323, 282),
    "capget": (125, 90), "getpid": (39, 172),
}  # fmt: skip


def checked(result: int) -> int:
    """What a function of the C library returned. Raises OSError where that is -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(name: str, *args: object, also: int = 0) -> int:
    """Call the kernel; `also` is added to the number of the call. Raises OSError where it refuses."""
    machines = ("x86_64", "aarch64")
    if sys.platform != "linux" or platform.machine() not in machines:
        raise OSError(f"no system call {name} is known here")
    number = NUMBERS[name][machines.index(platform.machine())]
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    return checked(LIBC.syscall(ctypes.c_long(number + also), *words))


def apart(attack: Callable[[], object]) -> bool:
    """Try what changes the process it is done in: in a child, or right here where there can be none."""
    try:
        child = os.fork()
    except OSError:
        return bool(attack())
    if not child:
        done = False
        try:
            done = bool(attack())
        finally:
            os._exit(0 if done else 1)
    return os.waitpid(child, 0)[1] == 0


def reads(path: str) -> bool:
    """Whether a file can be read."""
    with open(path, "rb") as file:  # noqa: PTH123
        return len(file.read(1)) == 1


def attempt(name: str, told: dict) -> bool:
    """Whether the attack of this name succeeds. What the machine refuses is an OSError or a MemoryError."""
    try:
        return bool(globals()[name](told))
    except (OSError, MemoryError):
        return False
