"""seccomp: the system calls a student's process may still make. Everything that is not in the table is refused.

The table is what Python, NumPy and matplotlib need to compute, and to read and write files of their own; no sockets, no new
processes, no privileges, no kernel interfaces beyond. The filter is classic BPF, put together here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from functools import cache

from autograder.sandbox.kernel import architecture, prctl

__all__ = ["install", "program", "supported"]

# name: (number on x86_64, number on aarch64), None where the architecture does not have it
TABLE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "open": (2, None), "close": (3, 57), "stat": (4, None), "fstat": (5, 80),
    "lstat": (6, None), "poll": (7, None), "lseek": (8, 62), "mmap": (9, 222), "mprotect": (10, 226),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65), "writev": (20, 66),
    "access": (21, None), "pipe": (22, None), "select": (23, None), "sched_yield": (24, 124), "mremap": (25, 216),
    "msync": (26, 227), "madvise": (28, 233), "dup": (32, 23), "dup2": (33, None), "pause": (34, None),
    "nanosleep": (35, 101), "getitimer": (36, 102), "alarm": (37, None), "setitimer": (38, 103), "getpid": (39, 172),
    "sendfile": (40, 71), "sendto": (44, 206), "recvfrom": (45, 207), "getsockname": (51, 204), "getsockopt": (55, 209),
    "exit": (60, 93), "wait4": (61, 260), "uname": (63, 160), "fsync": (74, 82),
    "fdatasync": (75, 83), "truncate": (76, 45), "ftruncate": (77, 46), "getcwd": (79, 17), "chdir": (80, 49),
    "fchdir": (81, 50), "rename": (82, None), "mkdir": (83, None), "rmdir": (84, None), "creat": (85, None),
    "unlink": (87, None), "readlink": (89, None), "chmod": (90, None), "fchmod": (91, 52), "umask": (95, 166),
    "gettimeofday": (96, 169), "getrlimit": (97, 163), "getrusage": (98, 165), "sysinfo": (99, 179), "times": (100, 153),
    "getuid": (102, 174), "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177), "getppid": (110, 173),
    "getpgrp": (111, None), "getgroups": (115, 158), "getpgid": (121, 155), "getsid": (124, 156),
    "rt_sigpending": (127, 136), "sigaltstack": (131, 132), "statfs": (137, 43), "fstatfs": (138, 44),
    "getpriority": (140, 141), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126), "gettid": (186, 178), "time": (201, None),
    "futex": (202, 98), "sched_getaffinity": (204, 123), "getdents64": (217, 61), "set_tid_address": (218, 96),
    "fadvise64": (221, 223), "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "exit_group": (231, 94), "waitid": (247, 95), "openat": (257, 56), "mkdirat": (258, 34), "newfstatat": (262, 79),
    "unlinkat": (263, 35), "renameat": (264, 38), "readlinkat": (267, 78), "fchmodat": (268, 53), "faccessat": (269, 48),
    "pselect6": (270, 72), "ppoll": (271, 73), "set_robust_list": (273, 99), "utimensat": (280, 88),
    "fallocate": (285, 47), "dup3": (292, 24), "pipe2": (293, 59), "getcpu": (309, 168), "renameat2": (316, 276),
    "getrandom": (318, 278), "copy_file_range": (326, 285), "statx": (332, 291), "rseq": (334, 293),
    "close_range": (436, 436), "faccessat2": (439, 439),
}  # fmt: skip

# name: (numbers, place of the argument that is looked at, values of it that are allowed)
ASKED: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    "ioctl": (
        (16, 29),
        1,
        (0x5401, 0x5413, 0x541B, 0x5450, 0x5451),
    ),  # questions to a terminal that is none; close on exec
    "fcntl": ((72, 25), 1, (0, 1, 2, 3, 4, 1030)),  # duplicates and flags; no locks: they would be seen by others
    "prctl": ((157, 167), 0, (15, 16, 0x53564D41)),  # names of threads and of memory
    "prlimit64": ((302, 261), 2, (0,)),  # reading only
}
CLONE, FORK, VFORK, CLONE3 = (56, 220), (57, None), (58, None), (435, 435)
KILL, TGKILL = (62, 129), (234, 131)  # to oneself
CLONE_THREAD = 0x10000

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LD, JEQ, JSET, JGE, RET = 0x20, 0x15, 0x45, 0x35, 0x06  # BPF: load a word, jump if equal, if any bit, if ≥, return
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCH, ARGUMENTS = 0, 4, 16  # places in struct seccomp_data
PR_SET_SECCOMP, MODE_FILTER = 22, 2


def supported() -> bool:
    """Whether there is a table for this machine."""
    return architecture() in AUDIT_ARCH


@cache
def program(machine: str, pid: int) -> bytes:
    """The filter.

    Args:
        machine: "x86_64" or "aarch64".
        pid: the process's own number, the only one that it may send signals to.
    """
    column = list(AUDIT_ARCH).index(machine)

    def op(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, k & 0xFFFFFFFF)

    def refuse(number: int) -> bytes:
        return op(RET, ERRNO | number)

    def case(number: int | None, *then: bytes) -> bytes:
        return op(JEQ, number, 0, len(then)) + b"".join(then) if number is not None else b""

    def only(place: int, allowed: tuple[int, ...]) -> list[bytes]:
        """Allow where both halves of an argument say one of the values."""
        low, high = ARGUMENTS + 8 * place, ARGUMENTS + 8 * place + 4
        tests = [op(JEQ, value, len(allowed) - i, 0) for i, value in enumerate(allowed)]
        return [op(LD, high), op(JEQ, 0, 0, len(allowed) + 1), op(LD, low), *tests, refuse(errno.EPERM), op(RET, ALLOW)]

    made = op(LD, ARCH) + op(JEQ, AUDIT_ARCH[machine], 1, 0) + op(RET, KILL_PROCESS) + op(LD, NUMBER)
    made += op(JGE, 0x40000000, 0, 1) + refuse(errno.EPERM)  # the x32 twins of x86_64's calls
    for numbers in TABLE.values():
        made += case(numbers[column], op(RET, ALLOW))
    for numbers, place, allowed in ASKED.values():
        made += case(numbers[column], *only(place, allowed))
    for numbers in (KILL, TGKILL):
        made += case(numbers[column], *only(0, (pid,)))
    made += case(CLONE[column], op(LD, ARGUMENTS), op(JSET, CLONE_THREAD, 0, 1), op(RET, ALLOW), refuse(errno.EAGAIN))
    for numbers in (FORK, VFORK):
        made += case(numbers[column], refuse(errno.EAGAIN))
    made += case(
        CLONE3[column], refuse(errno.ENOSYS)
    )  # its flags lie in memory, where no filter looks: libc then asks clone
    return made + refuse(errno.EPERM)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def install() -> None:
    """Refuse everything else to this thread and all it starts, for ever.

    Raises:
        OSError: the kernel has no seccomp filters, or `no_new_privs` is not set.
    """
    code = program(architecture(), os.getpid())
    told = Program(len(code) // 8, code)
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(told))
