"""Memory and processes of a student's code, counted by the kernel from outside, where this user may make control groups.

The judge puts a warm process into the group before it forks; what is forked from it is born there.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Group", "make"]

ROOT = Path("/sys/fs/cgroup")
PROCESSES = 80  # threads too; what Python needs is one
MORE = 320 * 2**20  # bytes beyond the limit on address space: the warm process, and the folder in memory


@dataclass(frozen=True)
class Group:
    """A control group, in one folder (version 2) or one a controller (version 1)."""

    folders: tuple[Path, ...]

    def limit(self, memory: int) -> None:
        """Set the limits: bytes of memory (swap counted in), a fixed number of processes."""
        values = {"memory.max": memory + MORE, "memory.swap.max": 0, "pids.max": PROCESSES}
        values |= dict.fromkeys(("memory.memsw.limit_in_bytes", "memory.limit_in_bytes"), memory + MORE)
        for _ in range(2):  # of the two limits on memory of version 1 one may not be set before the other
            for name, value in values.items():
                for folder in self.folders:
                    if (folder / name).exists():
                        with contextlib.suppress(OSError):
                            (folder / name).write_text(str(value))

    def add(self, pid: int) -> None:
        """Put a process into the group."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory(self) -> int:
        """How often the kernel has ended a process of the group for its memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError):
                    for line in (folder / name).read_text().splitlines():
                        if line.startswith("oom_kill "):
                            return int(line.split()[1])
        return 0

    def remove(self) -> None:
        for folder in self.folders:
            with contextlib.suppress(OSError):  # somebody is still dying in it: it is removed by the next run
                folder.rmdir()


def make() -> tuple[Group | None, str]:
    """A new group below that of this process, or why there is none."""
    try:
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError as error:
        return None, str(error)
    name = f"autograder-{os.getpid()}-{secrets.token_hex(3)}"
    old = [ROOT / kind / path.lstrip("/") for _, kind, path in lines if kind in ("memory", "pids")]
    new = [ROOT / path.lstrip("/") for _, kind, path in lines if kind == ""]
    made: list[Path] = []
    try:
        for parent in old if len(old) == 2 else new:
            tidy(parent)
            (parent / name).mkdir()
            made.append(parent / name)
        group = Group(tuple(made))
        if not made or not any((m / f).exists() for m in made for f in ("memory.max", "memory.limit_in_bytes")):
            raise OSError("no control group with a memory controller is delegated to this user")
        return group, ""
    except OSError as error:
        Group(tuple(made)).remove()
        return None, str(error)


def tidy(parent: Path) -> None:
    """Remove the groups of graders that are no more."""
    for folder in parent.glob("autograder-*"):
        pid = folder.name.split("-")[1]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()
