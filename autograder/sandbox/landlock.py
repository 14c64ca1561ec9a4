"""Landlock: which files a process may still read or write, from the moment it says so itself.

It needs no privileges and works in containers. What it does not govern (UDP, exec, memory) is left to the other layers.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox.kernel import landlock_abi, syscall

__all__ = ["restrict"]

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
ALL_V1 = (1 << 13) - 1
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # since versions 2, 3 and 5
EXECUTE, WRITE_FILE = 1 << 0, 1 << 1
SCOPES = 0b11  # abstract sockets, signals: since version 6
TCP = 0b11  # bind, connect: since version 4


class RulesetAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "net", "scoped")]


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Give up all files but these, TCP, and signals to processes outside. Cannot be taken back.

    Args:
        readable: files and folders that may be read; writable: folders in which files may be made, changed and removed.

    Raises:
        OSError: the kernel has no Landlock, or `no_new_privs` is not set.
    """
    abi = landlock_abi()
    files = ALL_V1 | (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL_DEV if abi >= 5 else 0)
    asked = RulesetAttr(files, TCP if abi >= 4 else 0, SCOPES if abi >= 6 else 0)
    size = ctypes.c_size_t(24 if abi >= 6 else 16 if abi >= 4 else 8)
    ruleset = syscall(CREATE_RULESET, ctypes.byref(asked), size, ctypes.c_uint(0))
    try:
        for path in readable:
            allow(ruleset, path, READ_FILE | READ_DIR)
        allow(ruleset, "/dev/null", READ_FILE | WRITE_FILE)
        for path in writable:
            allow(ruleset, path, files & ~(EXECUTE | IOCTL_DEV))
        syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def allow(ruleset: int, path: str, rights: int) -> None:
    """Allow rights on a path and all beneath it; a path that is not there needs none."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not Path(path).is_dir():
            rights &= WRITE_FILE | READ_FILE | TRUNCATE
        rule = PathBeneath(rights, fd)
        syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint(0))
    finally:
        os.close(fd)
