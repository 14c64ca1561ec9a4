"""Attacks on limits, and on what a process is allowed to be."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import stat

from autograder.doctor.system import LIBC, apart, checked, system_call


def memory(told: dict) -> bool:
    """Use more memory than the limit, by half a gigabyte."""
    with mmap.mmap(-1, told["memory"] + 2**29) as block:
        for start in range(0, len(block), mmap.PAGESIZE):
            block[start] = 1
    return True


def processor_time(told: dict) -> bool:
    """Have processor time without end."""
    return resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY


def open_files(told: dict) -> bool:
    """Have 2,000 open files."""
    made: list = []
    try:
        while len(made) < 2000:
            made.append(os.dup(0))
        return True
    finally:
        for fd in made:
            os.close(fd)


def raise_limits(told: dict) -> bool:
    """Raise a limit beyond what was allowed."""

    def attack() -> bool:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
        return True

    try:
        return apart(attack)
    except ValueError:  # "not allowed to raise maximum limit"
        return False


def core_dump(told: dict) -> bool:
    """Leave a copy of the memory behind on a crash."""
    return resource.getrlimit(resource.RLIMIT_CORE)[0] != 0


def root(told: dict) -> bool:
    """Be root."""
    return os.getuid() == 0 or os.geteuid() == 0


def become_root(told: dict) -> bool:
    """Become root."""
    return apart(lambda: os.setresuid(0, 0, 0) is None)


def other_user(told: dict) -> bool:
    """Become another user."""
    return apart(lambda: os.setresuid(54321, 54321, 54321) is None)


def capabilities(told: dict) -> bool:
    """Hold any of root's capabilities."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice
    system_call("capget", header, held)
    return any(held)


def set_uid_programs(told: dict) -> bool:
    """Gain another user's rights by running a program that has them."""
    return checked(LIBC.prctl(39, 0, 0, 0, 0)) != 1  # PR_GET_NO_NEW_PRIVS


def own_environment(told: dict) -> bool:
    """Find a secret in one's own environment."""
    return told["marker"] in " ".join(os.environ.values())


def large_environment(told: dict) -> bool:
    """Have more than 16 variables in one's environment."""
    return len(os.environ) > 16


def open_descriptors(told: dict) -> bool:
    """Inherit open files: anything but the three standard streams and the one socket to the judge."""
    sockets = others = 0
    for fd in range(3, 256):
        try:
            kind = os.fstat(fd).st_mode
        except OSError:
            continue
        sockets += stat.S_ISSOCK(kind)
        others += not stat.S_ISSOCK(kind)
    return sockets > 1 or others > 0
