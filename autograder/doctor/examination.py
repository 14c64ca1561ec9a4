"""Runs the attacks: without any layer of the sandbox, behind each layer alone, and behind all together.

What an attack can do at all on a machine shows where nothing is in its way. What a layer is worth shows where it stands
alone. Two submissions take part: one leaves what it can for the other, while it runs and after its end.
"""

from __future__ import annotations

import contextlib
import ctypes
import inspect
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.doctor import files, kernel, limits, network, processes, system
from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell
from autograder.sandbox.provided import gradus_folder
from autograder.sandbox.remote import Limits, Session
from autograder.sandbox.starting import NotStarted, best

__all__ = ["PROBES", "Examination", "Probe", "examine", "self_test"]

MODULES = (files, network, processes, kernel, limits)
MEMORY = 2**29  # what an attack on memory has to exceed
LIMITS = Limits(call=10.0, cell=10.0, total=120.0, memory=MEMORY, file=64 * 2**20)
LEFT = ("leave_file", "leave_socket", "leave_memory", "leave_process")
FOUND = {"found_file": "file_left", "found_memory": "memory_left"}  # attack → the same after the other's end


@dataclass(frozen=True)
class Probe:
    """An attack.

    Attributes:
        name: that of its function, or of what is looked for after a submission's end.
        topic: files, network, processes, kernel, limits or leftovers.
        text: what it tries.
    """

    name: str
    topic: str
    text: str


def probes_of(module: ModuleType) -> Iterator[Probe]:
    """The attacks of a module, in its order; what they use and leave for each other is left out."""
    for name, function in vars(module).items():
        if not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
        if list(inspect.signature(function).parameters) == ["told"] and not name.startswith("leave_"):
            yield Probe(name, module.__name__.rpartition(".")[2], (function.__doc__ or "").strip())


PROBES: tuple[Probe, ...] = (
    *(probe for module in MODULES for probe in probes_of(module)),
    Probe("file_left", "leftovers", "Find a file that an earlier submission has left."),
    Probe("memory_left", "leftovers", "Find shared memory that an earlier submission has left."),
    Probe("process_left", "leftovers", "Leave a process that goes on after the end."),
)


@dataclass
class Examination:
    """What came of the attacks behind some layers.

    Attributes:
        layers: those that were wanted.
        missing: those of them that did not stand.
        succeeded: names of the attacks that got through.
        broken: attack → why it could not be tried; it counts as one that gets through.
        seconds: what all this took.
    """

    layers: tuple[str, ...]
    succeeded: set[str] = field(default_factory=set)
    missing: tuple[str, ...] = ()
    broken: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def failed_to_stop(self) -> list[str]:
        """Names of the attacks that the layers have not been seen to stop, in the order of `PROBES`."""
        return [p.name for p in PROBES if p.name in self.succeeded or p.name in self.broken]

    def stood(self, session: Session) -> None:
        """Note which layers a session really had."""
        self.missing = tuple(layer for layer in self.layers if layer not in session.layers)


def self_test(layers: Sequence[str] | None = None) -> list[str]:
    """Attack the sandbox before it is used. Takes a fifth of a second once a warm process is there.

    Args:
        layers: the best this machine has where left out.

    Returns:
        Names of the attacks that got through, or that could not be tried. Where there are any, no stranger's code may run.

    Raises:
        NotStarted: the sandbox does not start, or not with all these layers.
    """
    found = Examination(best() if layers is None else tuple(layers))
    with planted() as told:
        with submission(found.layers) as earlier:
            leave(earlier, told)
        with submission(found.layers) as session:  # in the same warm process: to start a second one takes as long again
            attack(session, told, found)
            look_around(session, told, found)
            found.stood(session)
    if found.missing:
        raise NotStarted(f"the sandbox started without {', '.join(found.missing)}")
    return found.failed_to_stop


def examine(layers: Sequence[str], done: Callable[[str], None] = lambda name: None) -> Examination:
    """Try every attack behind these layers, also on a submission that runs at the same time.

    Args:
        layers: names of layers, none for a plain process.
        done: called with the name of each attack after it was tried.

    Raises:
        NotStarted: no process starts behind these layers.
    """
    found, start = Examination(tuple(layers)), time.monotonic()
    with planted() as told:
        with submission(layers) as neighbour, submission(layers) as session:
            leave(neighbour, told)
            attack(session, told, found, done)
            found.stood(session)
        with submission(layers) as later:
            look_around(later, told, found)
    found.seconds = time.monotonic() - start
    return found


def leave(session: Session, told: dict[str, Any]) -> None:
    """Leave what can be left for other submissions."""
    for name in LEFT:
        attempt(session, name, told, Examination(()))


def attack(
    session: Session, told: dict[str, Any], found: Examination, done: Callable[[str], None] = lambda name: None
) -> None:
    for probe in PROBES:
        if probe.topic != "leftovers":
            attempt(session, probe.name, told, found)
            done(probe.name)


def look_around(session: Session, told: dict[str, Any], found: Examination) -> None:
    """Look for what an earlier submission has left."""
    for name, after in FOUND.items():
        attempt(session, name, told, found, after)
    if running(told["marker"]):
        found.succeeded.add("process_left")


def submission(layers: Sequence[str]) -> Session:
    """A submission that holds the attacks."""
    return Session(CELLS, {}, LIMITS, imports=(), layers=tuple(layers))


def attempt(session: Session, name: str, told: dict[str, Any], found: Examination, called: str = "") -> None:
    """Try one attack and note what came of it. Whoever is killed for it has not succeeded."""
    try:
        if session.objects("probes", ["attempt"])[0](name, told) is True:
            found.succeeded.add(called or name)
    except StudentFailure as failure:
        if failure.kind:  # a fault of the attack's own says nothing about the sandbox
            found.broken[called or name] = str(failure)


def text_of(module: ModuleType) -> str:
    """A module's text without its imports of the others: in the sandbox all of them stand in one namespace."""
    lines = inspect.getsource(module).splitlines()
    return "\n".join(line for line in lines if not line.startswith("from autograder."))


CELLS = [*(Cell("solution", m.__name__, text_of(m)) for m in (system, *MODULES)), Cell("check", "probes", "")]


# ------------------------------------------------------------------ what there is to attack


@contextlib.contextmanager
def planted() -> Iterator[dict[str, Any]]:
    """Things worth an attack: files of a course, servers, a process with a secret. What an attack is told of them.

    They are of the doctor's own making, and are gone at the end.
    """
    marker = f"autograder-doctor-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-doctor-")))
        plant_files(folder)
        told = {
            "marker": marker, "planted": str(folder), "course": str(Path.cwd()), "home": str(Path.home()),
            "judging": str(Path(system.__file__).parents[1] / "judging.py"),
            "reference": str(gradus_folder() / "optimizers.py"), "libraries": str(Path(os.__file__).parent),
            "judge": os.getpid(), "key": 1 + secrets.randbits(30), "memory": MEMORY, "file": LIMITS.file,
            **servers(stack, folder / "socket", marker),
        }  # fmt: skip
        sleep = [sys.executable, "-ISc", "import time; time.sleep(600)"]
        victim = subprocess.Popen(sleep, env={"SECRET": marker}, stdin=subprocess.DEVNULL)
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        os.environ[marker] = marker
        stack.callback(os.environ.pop, marker)
        stack.callback(clear_away, told)
        yield {**told, "victim": victim.pid}


def plant_files(folder: Path) -> None:
    """A course in small. Only the secret is closed to other users: their rights must not be what stops an attack."""
    folder.chmod(0o755)
    for name, mode in (("gradebook.db", 0o666), (".autograder/secret", 0o600), ("submitted/bob/it/it.ipynb", 0o644)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a canary")
        path.chmod(mode)
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)


def servers(stack: contextlib.ExitStack, path: Path, marker: str) -> dict[str, int]:
    """Servers of all kinds; their ports. A kind that the machine does not have is left out: port 9, where nobody is."""
    ports = {"tcp": 9, "tcp6": 9, "udp": 9}
    for name, family, address in (("tcp", "AF_INET", ("127.0.0.1", 0)), ("tcp6", "AF_INET6", ("::1", 0)),
                                  ("udp", "AF_INET", ("127.0.0.1", 0)), ("path", "AF_UNIX", str(path)),
                                  ("abstract", "AF_UNIX", f"\0{marker}")):  # fmt: skip
        with contextlib.suppress(OSError, AttributeError):
            kind = socket.SOCK_DGRAM if name == "udp" else socket.SOCK_STREAM
            server = stack.enter_context(socket.socket(getattr(socket, family), kind))
            server.bind(address)
            if name != "udp":
                server.listen(16)
            if name in ports:
                ports[name] = server.getsockname()[1]
    path.exists() and path.chmod(0o777)
    return ports


def running(marker: str) -> list[int]:
    """Processes that an attack has left (Linux); they carry the marker in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marker.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def clear_away(told: dict[str, Any]) -> None:
    """Remove what attacks have left where they could."""
    for folder in (*files.SHARED, told["home"], tempfile.gettempdir()):
        Path(folder, f"{told['marker']}.left").unlink(missing_ok=True)
    for pid in running(told["marker"]):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.shmctl(libc.shmget(told["key"], ctypes.c_size_t(0), 0), 0, None)  # IPC_RMID
