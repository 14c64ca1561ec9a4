"""Attacks on the kernel: the system calls that most ways out have led through."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import socket

from autograder.doctor.system import LIBC, apart, checked, system_call

NEW_MOUNTS, NEW_USER, NEW_NETWORK = 0x20000, 0x10000000, 0x40000000


def user_namespace(told: dict) -> bool:
    """Make a user namespace, and be root in it."""
    return apart(lambda: checked(LIBC.unshare(NEW_USER)) == 0)


def mount_namespace(told: dict) -> bool:
    """Make a namespace of mounted file systems."""
    return apart(lambda: checked(LIBC.unshare(NEW_MOUNTS)) == 0)


def network_namespace(told: dict) -> bool:
    """Make a network namespace."""
    return apart(lambda: checked(LIBC.unshare(NEW_NETWORK)) == 0)


def judges_namespace(told: dict) -> bool:
    """Enter the judge's network namespace."""

    def attack() -> bool:
        place = os.open(f"/proc/{told['judge']}/ns/net", os.O_RDONLY)
        return checked(LIBC.setns(place, 0)) == 0

    return apart(attack)


def bpf(told: dict) -> bool:
    """Load a table into the kernel with bpf."""
    array = (ctypes.c_uint32 * 32)(2, 4, 4, 1)  # its kind, size of a key, of a value, entries
    os.close(system_call("bpf", 0, array, ctypes.sizeof(array)))
    return True


def perf_events(told: dict) -> bool:
    """Watch the processor with perf_event_open."""
    event = (ctypes.c_uint32 * 32)(1, 128, 9)  # a software event: nothing
    os.close(system_call("perf_event_open", event, 0, -1, -1, 0))
    return True


def io_uring(told: dict) -> bool:
    """Set up io_uring, whose requests no filter of system calls sees."""
    os.close(system_call("io_uring_setup", 1, ctypes.create_string_buffer(256)))
    return True


def page_faults(told: dict) -> bool:
    """Handle page faults of the kernel with userfaultfd."""
    os.close(system_call("userfaultfd", os.O_CLOEXEC))
    return True


def keyring(told: dict) -> bool:
    """Find the session's keyring, which survives a process."""
    return system_call("keyctl", 0, -3, 0) > 0


def add_key(told: dict) -> bool:
    """Leave a key in the user's keyring."""
    key = system_call("add_key", b"user", told["marker"].encode(), b"x", 1, -4)
    system_call("keyctl", 9, key, -4)
    return True


def kernel_module(told: dict) -> bool:
    """Load a module into the kernel; "bad address" means that a right one would do."""
    try:
        system_call("init_module", None, 0, b"")
    except OSError as error:
        return error.errno in (8, 14, 22)  # ENOEXEC, EFAULT, EINVAL
    return True


def kernel_log(told: dict) -> bool:
    """Read the kernel's log."""
    return checked(LIBC.klogctl(3, ctypes.create_string_buffer(4096), 4096)) > 0


def host_name(told: dict) -> bool:
    """Rename the machine (to the name it has)."""
    name = socket.gethostname()
    os_name = name.encode()
    return checked(LIBC.sethostname(os_name, len(os_name))) == 0


def x32_calls(told: dict) -> bool:
    """Call the kernel by the numbers of x32, which a filter may have forgotten."""
    if platform.machine() != "x86_64":
        return False
    return system_call("getpid", also=0x40000000) == os.getpid()


def i386_calls(told: dict) -> bool:
    """Call the kernel by the numbers of i386, which a filter may have forgotten."""
    if platform.machine() != "x86_64":
        return False

    def attack() -> bool:
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20 (getpid); int 0x80; ret
        code = ctypes.addressof(ctypes.c_char.from_buffer(page))
        return ctypes.CFUNCTYPE(ctypes.c_int)(code)() > 0

    return apart(attack)


def leave_memory(told: dict) -> bool:
    """Leave shared memory behind."""
    return checked(LIBC.shmget(told["key"], ctypes.c_size_t(4096), 0o1666)) >= 0


def found_memory(told: dict) -> bool:
    """Find shared memory that another submission has left."""
    return checked(LIBC.shmget(told["key"], ctypes.c_size_t(0), 0)) >= 0
