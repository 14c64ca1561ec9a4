"""Attacks on other processes, and by more of one's own."""

# ruff: noqa: PTH101, PTH108, PTH123

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
import time

from autograder.doctor.system import LIBC, apart, checked, system_call


def new_process(told: dict) -> bool:
    """Start a process."""
    child = os.fork()
    if not child:
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def many_processes(told: dict) -> bool:
    """Have 100 processes at once."""
    children: list = []
    try:
        while len(children) < 100:
            child = os.fork()
            if not child:
                time.sleep(60)
                os._exit(0)
            children.append(child)
        return True
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)


def many_threads(told: dict) -> bool:
    """Have 300 threads at once."""
    end = threading.Event()
    threads = [threading.Thread(target=end.wait, daemon=True) for _ in range(300)]
    started = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        return True
    except RuntimeError:  # "can't start new thread"
        return False
    finally:
        end.set()
        for thread in started:
            thread.join()


def other_program(told: dict) -> bool:
    """Run the Python interpreter as another program."""
    child = os.posix_spawn(sys.executable, [sys.executable, "-ISc", ""], {})
    return os.waitpid(child, 0)[1] == 0


def own_program(told: dict) -> bool:
    """Run a program that one has written; the kernel says of this one only that it is none, if it gets that far."""
    with open("program", "w") as file:
        file.write("not a program")
    os.chmod("program", 0o755)
    try:
        os.execv("./program", ["program"])
    except OSError as error:
        return error.errno == 8  # ENOEXEC
    finally:
        os.unlink("program")


def signal_judge(told: dict) -> bool:
    """Send the judge a signal (number 0: none, but the kernel's answer is the same)."""
    os.kill(told["judge"], 0)
    return True


def signal_all(told: dict) -> bool:
    """Send every process a signal (number 0)."""
    os.kill(-1, 0)
    return True


def signal_parent(told: dict) -> bool:
    """Send the process that started this one a signal (number 0)."""
    if os.getppid() == 0:
        return False
    os.kill(os.getppid(), 0)
    return True


def trace(told: dict) -> bool:
    """Attach to another process as a debugger."""

    def attack() -> bool:
        seize, detach = 0x4206, 17
        zero = ctypes.c_long(0)
        checked(LIBC.ptrace(ctypes.c_long(seize), ctypes.c_long(told["victim"]), zero, zero))
        LIBC.ptrace(ctypes.c_long(detach), ctypes.c_long(told["victim"]), zero, zero)
        return True

    return apart(attack)


class Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def read_memory(told: dict) -> bool:
    """Read another process's memory; "bad address" means that a right one would do."""
    buffer = ctypes.create_string_buffer(8)
    mine, theirs = Piece(ctypes.addressof(buffer), 8), Piece(16, 8)
    one, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
    try:
        checked(LIBC.process_vm_readv(told["victim"], ctypes.byref(mine), one, ctypes.byref(theirs), one, zero))
    except OSError as error:
        return error.errno == 14  # EFAULT
    return True


def memory_file(told: dict) -> bool:
    """Open another process's memory in /proc."""
    os.close(os.open(f"/proc/{told['victim']}/mem", os.O_RDWR))
    return True


def steal_descriptor(told: dict) -> bool:
    """Take an open file of another process."""
    process = system_call("pidfd_open", told["victim"], 0)
    try:
        os.close(system_call("pidfd_getfd", process, 0, 0))
    finally:
        os.close(process)
    return True


def judges_limits(told: dict) -> bool:
    """Reach for the limits of the judge."""
    return bool(resource.prlimit(told["judge"], resource.RLIMIT_NOFILE))


def judges_priority(told: dict) -> bool:
    """Set the judge's priority."""
    os.setpriority(os.PRIO_PROCESS, told["judge"], os.getpriority(os.PRIO_PROCESS, told["judge"]))
    return True


def kill(told: dict) -> bool:
    """Kill another process of the grader."""
    os.kill(told["victim"], signal.SIGKILL)
    return True


def leave_process(told: dict) -> bool:
    """Leave a process behind that nobody waits for."""
    first = os.fork()
    if not first:
        try:
            os.setsid()
            if not os.fork():
                os.execve(sys.executable, [sys.executable, "-ISc", "import time; time.sleep(30)", told["marker"]], {})
        finally:
            os._exit(0)
    return os.waitpid(first, 0)[1] == 0
