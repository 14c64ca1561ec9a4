"""How a student's process is confined: six layers, each of which stands where the others fail.

namespaces  a root of its own (`rooms`), no network, no other processes in sight, all of its own ended with it
uid         a user that owns nothing, without capabilities, never to gain any
cgroup      memory and processes counted from outside (`cgroup`)
landlock    no file but the libraries and its own folder, no TCP, no signals to others (`landlock`)
seccomp     no system calls but those that computing needs (`seccomp`)
rlimits     bytes of memory and files, descriptors, threads, no core dumps

Which of them there are depends on the machine: as root all; as another user the same inside a user namespace; in a
container that forbids namespaces the last three. `autograder doctor` shows it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import kernel, landlock, rooms, seccomp

__all__ = ["LAYERS", "Jail", "confined", "name_of"]

LAYERS = ("namespaces", "uid", "cgroup", "landlock", "seccomp", "rlimits")
HOME_BYTES, HOME_FILES = 64 * 2**20, 4096  # of the folder that a student's code can write to
THREADS = 64
FIRST_UID = 0x60000000  # users of this and higher numbers own nothing anywhere
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
PR_SET_SECUREBITS, SECUREBITS = 28, 0b101111  # root gains nothing by exec or by changing its number, locked


def name_of(layers: Iterable[str]) -> str:
    """The layers as they stand in a result: "namespaces+uid+…", or "process" where there is none beside limits."""
    had = [layer for layer in LAYERS if layer in set(layers)]
    return "process" if set(had) <= {"rlimits"} else "+".join(had)


def confined(layers: Iterable[str]) -> bool:
    """Whether these layers together are enough for code of strangers."""
    had = set(layers)
    return (
        {"seccomp", "rlimits"} <= had and bool({"namespaces", "landlock"} & had) and ("uid" in had or os.geteuid() != 0)
    )


@dataclass
class Jail:
    """The layers of one warm process and of what is forked from it.

    Attributes:
        layers: those that are wanted; what turns out to be impossible is taken out.
        folder: a folder of the judge's own, writable where there are no namespaces.
        refused: layer -> why the machine does not have it.
    """

    layers: list[str]
    folder: str
    refused: dict[str, str]

    def __post_init__(self) -> None:
        places = rooms.libraries()
        self.libraries = [*visible(places, rooms.hidden_parts(places)), *(f"/dev/{name}" for name in rooms.DEVICES)]
        self.root = os.geteuid() == 0
        self.owner = FIRST_UID + os.getpid() if self.root and "uid" in self.layers else os.getuid()
        self.own_pids = -1
        self.used = False

    @property
    def home(self) -> str:
        """The folder that a student's code works in."""
        return rooms.HOME if "namespaces" in self.layers else str(Path(self.folder, "home"))

    # -------------------------------------------------------------- once, in the warm process

    def prepare(self) -> None:
        """Put the warm process itself into its namespaces, and find out which of the other layers there are."""
        if "namespaces" in self.layers:
            self.trial("namespaces", self.move)
        if "namespaces" in self.layers:
            self.move()
        if "landlock" in self.layers and not kernel.landlock_abi():
            self.give_up("landlock", "the kernel has none")
        if "seccomp" in self.layers and not seccomp.supported():
            self.give_up("seccomp", f"no table of system calls for {kernel.architecture()}")
        if "seccomp" in self.layers and "namespaces" in self.layers:
            seccomp.program(kernel.architecture(), 1)  # made here, it need not be made in each fork
        for layer, step in (
            ("uid", self.try_to_be_nobody),
            ("landlock", self.give_up_files),
            ("seccomp", self.filter_calls),
        ):
            if layer in self.layers:
                self.trial(layer, step)
        if not self.root and "namespaces" not in self.layers and "uid" in self.layers:
            self.layers.remove("uid")  # an ordinary user is nobody special already

    def trial(self, layer: str, step) -> None:
        """Try a layer in a process that ends at once."""
        read, write = os.pipe()
        if (pid := os.fork()) == 0:
            try:
                kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
                step()
                os.write(write, b"done")
            except BaseException as error:
                os.write(write, str(error).encode()[:400])
            finally:
                os._exit(0)
        os.close(write)
        said = os.read(read, 400).decode(errors="replace")
        os.close(read)
        os.waitpid(pid, 0)
        if said != "done":
            self.give_up(layer, said or "a process that tried it was ended")

    def give_up(self, layer: str, why: str) -> None:
        self.layers.remove(layer)
        self.refused[layer] = why

    def move(self) -> None:
        flags = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
        if not self.root:
            self.map_users()
            kernel.unshare(kernel.CLONE_NEWPID)
            self.go_on_as_child()
        kernel.unshare(flags)
        self.own_pids = os.open("/proc/thread-self/ns/pid_for_children", os.O_RDONLY | os.O_CLOEXEC)
        rooms.move_in(self.folder, HOME_BYTES, HOME_FILES, self.owner)

    def map_users(self) -> None:
        """A user namespace, in which an ordinary user may make the others; his numbers stay what they are."""
        user, group = os.getuid(), os.getgid()
        kernel.unshare(kernel.CLONE_NEWUSER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text)

    def go_on_as_child(self) -> None:
        """Go on as the first process of a new pid namespace: only from one of its own can an ordinary user come back."""
        if pid := os.fork():
            os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
        kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    # -------------------------------------------------------------- for every submission

    def fork(self) -> int:
        """A new process, with an empty folder; 0 in the process itself, which must `enter` before anything else."""
        if "namespaces" not in self.layers:
            self.empty_home()
            return os.fork()
        if self.used:
            rooms.fresh_home(HOME_BYTES, HOME_FILES, self.owner)
        self.used = True
        kernel.unshare(kernel.CLONE_NEWPID)
        try:
            return os.fork()
        finally:
            with contextlib.suppress(OSError):  # in the new process there is nothing to go back to
                kernel.setns(self.own_pids, kernel.CLONE_NEWPID)

    def empty_home(self) -> None:
        """A new folder in place of the last one."""
        with contextlib.suppress(RecursionError):  # a tree too deep to be walked
            shutil.rmtree(self.home, ignore_errors=True)
        with contextlib.suppress(FileExistsError):
            Path(self.home).mkdir(mode=0o700)
        os.chown(self.home, self.owner, -1)

    def enter(self, limits: Sequence[int]) -> None:
        """Confine this process, for good.

        Args:
            limits: bytes of memory, bytes of a file, seconds of CPU.
        """
        os.chdir(self.home)
        if "namespaces" in self.layers:
            kernel.unshare(kernel.CLONE_NEWIPC)
        if "rlimits" in self.layers:
            set_limits(*limits)
        if "uid" in self.layers:
            self.become_nobody()
        kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
        if "landlock" in self.layers:
            self.give_up_files()
        if "seccomp" in self.layers:
            self.filter_calls()

    def become_nobody(self) -> None:
        """Give up capabilities and, where there is more than one user to choose from, the user."""
        with contextlib.suppress(OSError):  # at the first number that is no capability, or where there are none to drop
            for capability in range(64):
                kernel.prctl(PR_CAPBSET_DROP, capability)
        if self.root:
            os.setgroups([])
            kernel.prctl(PR_SET_SECUREBITS, SECUREBITS)
            os.setresgid(self.owner, self.owner, self.owner)
            os.setresuid(self.owner, self.owner, self.owner)
        drop_capabilities()
        kernel.prctl(PR_SET_DUMPABLE, 0)

    def try_to_be_nobody(self) -> None:
        """Whether Python can still be read then: a home that only its owner may enter hides an interpreter in it."""
        self.become_nobody()
        for place in sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"]:
            list(Path(place).iterdir())

    def give_up_files(self) -> None:
        landlock.restrict(["/"] if "namespaces" in self.layers else self.libraries, [self.home])

    def filter_calls(self) -> None:
        seccomp.install()


def visible(places: Iterable[str], hidden: Iterable[str]) -> list[str]:
    """The libraries without the folders to be hidden: a folder that holds one of these is named entry by entry."""
    found: list[str] = []
    for place in map(os.path.realpath, places):
        if any(h.startswith(f"{place}/") for h in hidden):
            found += visible([entry.path for entry in os.scandir(place)], hidden)
        elif not any(f"{place}/".startswith(f"{h}/") for h in hidden):
            found.append(place)
    return found


def set_limits(memory: int, file: int, seconds: int) -> None:
    for kind, amount in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 256), (resource.RLIMIT_FSIZE, file),
                         (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_NPROC, THREADS),
                         (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_MSGQUEUE, 0)):  # fmt: skip
        hard = resource.getrlimit(kind)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        with contextlib.suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(kind, (amount, amount))


def drop_capabilities() -> None:
    """Clear all three sets of capabilities (what setresuid does for root, for a user namespace's own)."""
    import ctypes

    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    if kernel.libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")
