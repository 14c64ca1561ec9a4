"""The few system calls that Python has no name for, as functions that raise OSError."""

from __future__ import annotations

import ctypes
import os
import platform

__all__ = [
    "ARCHITECTURES", "CLONE_NEWIPC", "CLONE_NEWNET", "CLONE_NEWNS", "CLONE_NEWPID", "CLONE_NEWUSER", "CLONE_NEWUTS",
    "MNT_DETACH", "MS_BIND", "MS_NODEV", "MS_NOEXEC", "MS_NOSUID", "MS_PRIVATE", "MS_RDONLY", "MS_REC", "MS_REMOUNT",
    "architecture", "landlock_abi", "mount", "pivot_root", "prctl", "read_only", "setns", "syscall", "umount", "unshare",
]  # fmt: skip

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_SETATTR, LANDLOCK_CREATE_RULESET = 442, 444  # since these numbers all architectures share theirs
ARCHITECTURES = tuple(PIVOT_ROOT)

libc = ctypes.CDLL(None, use_errno=True)


def architecture() -> str:
    """The machine's name, as the tables of system calls are called."""
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())


def checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *args: object) -> int:
    """Any system call, by its number."""
    return checked(libc.syscall(ctypes.c_long(number), *args), f"system call {number}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    encoded = [text.encode() if text is not None else None for text in (source, target, kind)]
    checked(libc.mount(*encoded, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def umount(target: str, flags: int = 0) -> None:
    checked(libc.umount2(target.encode(), flags), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    syscall(PIVOT_ROOT[architecture()], new.encode(), old.encode())


class MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


def read_only(target: str) -> None:
    """Make a mount and all that are mounted in it read-only, without devices and set-user-id programs."""
    attributes = MountAttr(MS_RDONLY | MS_NOSUID | MS_NODEV, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    syscall(
        MOUNT_SETATTR,
        ctypes.c_int(AT_FDCWD),
        target.encode(),
        ctypes.c_uint(AT_RECURSIVE),
        ctypes.byref(attributes),
        size,
    )


def unshare(flags: int) -> None:
    checked(libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    checked(libc.setns(fd, kind), "setns")


def prctl(option: int, *args: int) -> int:
    return checked(libc.prctl(option, *(ctypes.c_ulong(a) for a in (*args, 0, 0, 0, 0)[:4])), f"prctl {option}")


def landlock_abi() -> int:
    """The version of Landlock that the kernel has; 0 where it has none."""
    found = libc.syscall(ctypes.c_long(LANDLOCK_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(1))
    return max(found, 0)
