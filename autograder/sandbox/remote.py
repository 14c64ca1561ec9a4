"""A submission's notebook, running in a process of its own, as the judge sees it.

`Session` runs the cells up to the place where an exercise is judged and gives handles on the names that stand there, so that
later cells cannot change earlier marks. When the process had to be ended, a fresh one runs the same cells again, except
those that ran into a limit, and the next `objects` gives handles on the new objects.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.handle import StudentFailure
from autograder.intake.cells import Malformed
from autograder.intake.notebook import Cell
from autograder.sandbox.jail import LAYERS, confined
from autograder.sandbox.process import Limits, Process, Stopped
from autograder.sandbox.provided import Module
from autograder.sandbox.remote_handle import RemoteHandle, clean
from autograder.sandbox.starting import NotStarted, lend
from autograder.sandbox.whose_fault import why_missing, why_old
from autograder.sandbox.wire import ProtocolViolation, decode, encode

__all__ = ["Limits", "NotStarted", "RemoteHandle", "Session", "read_apart"]

MAX_RECEIVED = 2**28  # bytes of all answers in one case of a check
HEAD_WEIGHT = 8  # what a byte of JSON may cost in memory: "0.0," is four of them, a float in a list 32
MOST_NOTES = 50
FAILURES = (
    "raised",
    "missing",
    "memory-limit",
    "process-limit",
    "output-limit",
    "wrong",
)  # what the other side may say of itself
REPLIES: dict[str, dict[str, type]] = {  # the fields of each message, and their types
    "reply": {},
    "failed": {"verdict": str, "kind": str, "text": str, "trace": str},
    "callback": {"function": int, "args": list, "kwargs": dict},
}


class Session:
    """A notebook and the process that runs it. To be closed, or used in a ``with`` statement.

    Args:
        cells: in the order in which they run, as `read_submission` gives them.
        modules: what the student's code may import of this project, as `provided.sources` gives it.
        limits: what it may use.
        files: data files by name, put into the working folder.
        imports: other modules to have loaded beforehand.
        layers: that confine it; those that the machine does not have are left out. All of them where left out.
        unsafe: whether it may start although these are not enough for code of strangers.

    Attributes:
        layers: after the start those that really do.
        killed: whether one of its processes was killed, and not by the judge, or could not be had: it may have been the code
            itself, or somebody on this machine.
    """

    def __init__(
        self, cells: Sequence[Cell], modules: Mapping[str, Module], limits: Limits | None = None,
        *, files: Mapping[str, bytes] | None = None, imports: Sequence[str] = ("matplotlib.pyplot",),
        layers: Sequence[str] | None = None, unsafe: bool = True,
    ) -> None:  # fmt: skip
        self.cells, self.modules, self.limits = list(cells), dict(modules), limits or Limits()
        self.files = {name: np.frombuffer(content, np.uint8) for name, content in (files or {}).items()}
        self.imports, self.layers = tuple(imports), tuple(LAYERS if layers is None else layers)
        self.unsafe = unsafe
        self.process: Process | None = None
        self.killed = False
        self.seen_hidden = False  # whether this process has been given hidden inputs; said by whoever judges
        self.position = 0  # of the next cell to run
        self.failed: dict[int, StudentFailure] = {}  # cell -> how it went wrong in this process
        self.stopped: dict[int, StudentFailure] = {}  # cell -> the limit it ran into: it is not run again
        self.bound: dict[str, tuple[Any, ...]] = {}  # exercise -> its objects in this process
        self.functions: dict[int, Callable[..., Any]] = {}  # of the check, by number
        self.numbers: dict[int, int] = {}  # id of a function -> its number
        self.released: list[int] = []  # numbers of objects that no handle stands for any more
        self.last: StudentFailure | None = None  # why the last process was ended
        self.notes: dict[str, None] = {}  # in order, each once
        self.spent = 0.0
        self.received = 0  # bytes, since the objects were last asked for: a check may keep all of them
        self.call_seconds = self.limits.call
        self.deadline: float | None = None  # of the request under way
        self.cpu = float("inf")  # where the clock of its CPU may stand
        self.too_late = ""  # what to say when its time is up

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all it has started."""
        if self.process:
            self.process.kill()
        self.process = None
        self.position = 0
        self.failed, self.bound, self.released = {}, {}, []
        self.functions, self.numbers = {}, {}  # and what the check's functions hold on to

    # -------------------------------------------------------------- notebook

    def objects(self, exercise: str, names: Sequence[str], seconds: float | None = None) -> tuple[Any, ...]:
        """The student's objects as they stand where an exercise is judged: handles and plain data.

        Args:
            exercise: id of the check.
            names: names of the objects.
            seconds: wall time of one call.

        Raises:
            StudentFailure: a cell ran into a limit or raised before it had defined them, or they are not there.
            ValueError: there is no such check among the cells.
        """
        checks = [i for i, cell in enumerate(self.cells) if cell.kind == "check" and cell.label == exercise]
        if not checks:
            raise ValueError(f"objects: no check {exercise!r} among the cells")
        self.call_seconds = min(self.limits.call, seconds or self.limits.call)
        if checks[0] < self.position and exercise not in self.bound:
            self.close()
        self.received = 0  # before a process is started anew, whose first answer counts, too
        self.run_until(checks[0])
        if exercise not in self.bound:
            self.bound[exercise] = self.bind(names, self.cells[: checks[0]])
        return self.bound[exercise]

    def bind(self, names: Sequence[str], before: Sequence[Cell]) -> tuple[Any, ...]:
        """The objects that stand under these names, where none is missing or an old one.

        A note tells of a cell, other than an untouched one, that raised after it had bound them: without its own words,
        which could hold hidden inputs.
        """
        got = self.ask(self.process, "bind", self.limits.cell, names=list(names))
        found, makers, to_bind = (got.get(part) for part in ("objects", "makers", "unfinished"))
        if not (isinstance(found, dict) and isinstance(makers, dict) and isinstance(to_bind, dict)
                and all(isinstance(label, str) for label in makers.values())
                and all(isinstance(w, list) and all(isinstance(n, str) for n in w) for w in to_bind.values())):  # fmt: skip
            raise self.violated("a reply of the wrong form")
        wrong, places = self.failed | self.stopped, {cell.label: i for i, cell in enumerate(before)}
        unfinished = {places[label]: wanted for label, wanted in to_bind.items() if label in places}
        last = {name: places.get(makers.get(name, ""), -1) for name in names}
        for name in names:
            if name not in found:
                raise why_missing(name, before, wrong)
            if failure := why_old(name, before, wrong, last[name], unfinished):
                raise failure
        for i in sorted({i for i in last.values() if i in wrong and wrong[i].verdict != "missing"})[:MOST_NOTES]:
            self.notes[f"{before[i].label} raised an exception; what it had defined before was judged."] = None
        return tuple(found[name] for name in names)

    def run_until(self, end: int) -> None:
        """Run the cells before position `end` that have not run yet, in a new process where there is none."""
        while self.process is None or self.position < end:
            if self.process is None:
                self.start()
            elif self.position in self.stopped or self.cells[self.position].kind == "check":
                self.position += 1
            else:
                self.run(self.position, self.cells[self.position])

    def start(self) -> None:
        """Start a process.

        Raises:
            StudentFailure: the time of the whole submission is used up.
            NotStarted: it does not start.
        """
        if self.spent >= self.limits.total:
            raise self.end(StudentFailure("time-limit", text=self.all_used_up()))
        try:
            warm = lend(self.modules, self.imports, self.layers)
            if not self.unsafe and not confined(warm.layers):
                warm.close()
                raise NotStarted("this machine cannot confine it: autograder doctor says what is missing")
            self.process = process = Process(warm, self.limits)
        except NotStarted:
            self.killed = True
            raise
        self.layers, self.seen_hidden = warm.layers, False
        self.deadline = time.monotonic() + self.limits.start
        try:
            self.see_through(process, "hello", {"files": self.files})
        except StudentFailure as error:
            printed = process.output.decode(errors="replace")
            raise NotStarted(f"the process for a student's code did not start: {error}\n{printed}") from error
        finally:
            self.deadline = None

    def read(self, content: bytes) -> tuple[list[dict[str, Any]], list[str]]:
        """The cells of a submitted notebook and notes on it, read by the process before it runs any of them.

        Raises:
            Malformed: it is no notebook, or reading it takes more than there is for it.
            NotStarted: the process does not start.
        """
        if self.process is None:
            self.start()
        try:
            got = self.ask(self.process, "read", self.limits.cell, content=np.frombuffer(content, np.uint8))
        except StudentFailure as failure:
            self.close()
            raise Malformed(f"reading it failed: {failure.verdict}") from failure
        if isinstance(why := got.get("malformed"), str):
            raise Malformed(clean(why, 300))
        cells, notes = got.get("cells"), got.get("notes")
        if not (isinstance(cells, list) and isinstance(notes, list) and all(isinstance(note, str) for note in notes)):
            raise Malformed("reading it failed: protocol-violation")
        return cells, [clean(note, 300) for note in notes[:100]]

    def run(self, position: int, cell: Cell) -> None:
        """Run one cell; how it went wrong is kept, not raised."""
        try:
            notes = self.ask(self.process, "run", self.limits.cell, label=cell.label, source=cell.source).get("notes")
            for note in (
                notes[:10] if isinstance(notes, list) and len(self.notes) < MOST_NOTES and not self.seen_hidden else []
            ):
                self.notes[f"{cell.label}: {clean(str(note), 200)}"] = None
        except StudentFailure as failure:
            (self.failed if self.process else self.stopped)[position] = failure
        self.position = position + 1 if self.process else 0

    # -------------------------------------------------------------- requests

    def ask(self, process: Process | None, op: str, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
        """Send a request to a process and see it through, with the functions it calls back.

        Raises:
            StudentFailure: what the student's code did, or the limit it ran into; in that case the process is gone.
        """
        if process is None or process is not self.process:
            raise self.last or StudentFailure("crashed", text="The process has ended.")
        if self.deadline is not None:  # a function of the check asks while a request is under way
            return self.see_through(process, op, fields)
        start, left = time.monotonic(), self.limits.total - self.spent
        seconds = self.call_seconds if seconds is None else seconds
        after = f"Stopped after {seconds:g} s: does a loop never end?"
        self.too_late = after if seconds <= left else self.all_used_up()
        self.deadline = start + min(seconds, left)
        self.cpu = process.cpu() + min(seconds, left)
        process.printed = 0
        try:
            return self.see_through(process, op, fields)
        finally:
            self.deadline = None
            self.spent += time.monotonic() - start

    def see_through(self, process: Process, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Send a request and answer what it asks back, until its reply is there."""
        number = secrets.randbits(48)
        message = {"op": op, "id": number, "released": self.released, **fields}
        self.released = []
        while True:
            frame = encode(message, self.special)
            try:
                head, data = process.exchange(frame, self.deadline or 0.0, self.cpu)
                self.received += HEAD_WEIGHT * len(head) + len(data)
                if self.received > MAX_RECEIVED:
                    raise process.stop("output-limit", "Stopped: it gave back more than anybody can look at.")
                got = decode(head, data, self.meant)
            except Stopped as stopped:
                self.killed |= process.killed
                text = self.too_late if stopped.verdict == "time-limit" else stopped.text
                raise self.end(StudentFailure(stopped.verdict, text=text)) from None
            except ProtocolViolation as error:
                raise self.violated(str(error)) from None
            form = REPLIES.get(got["op"]) if type(got.get("op")) is str else None
            if form is None or got.get("id") != number or any(type(got.get(k)) is not t for k, t in form.items()):
                raise self.violated("a message of the wrong form")
            if got["op"] == "reply":
                return got
            if got["op"] == "failed":
                raise self.failure(got)
            message = {"id": number, **self.call_back(process, got)}

    def call_back(self, process: Process, got: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the check for the student's code; what it raises is raised there."""
        function = self.functions.get(got["function"])
        if function is None:
            raise self.violated("a call of a function that it was not given")
        try:
            return {"op": "return", "value": function(*got["args"], **got["kwargs"])}
        except Exception as error:
            if process is not self.process:  # ended while the function asked it something
                raise
            return {"op": "raise", "kind": type(error).__name__, "text": str(error)[:500]}

    def failure(self, got: dict[str, Any]) -> StudentFailure:
        """What the other side says went wrong; it can only say what earns nothing."""
        if got["verdict"] not in FAILURES:
            raise self.violated("a verdict")
        return StudentFailure(
            got["verdict"], clean(got["kind"], 100), clean(got["text"], 500), clean(got["trace"], 600)
        )

    def special(self, value: Any) -> list[Any]:
        """A handle or a function of the check, as the other side knows it: a number."""
        if isinstance(value, RemoteHandle):
            if value.process is not self.process:
                raise self.last or StudentFailure("crashed", text="The process has ended.")
            return ["h", value.number]
        if not callable(value):
            raise TypeError(f"a check may pass plain data, handles, Seed(n) and functions, not {type(value).__name__}")
        number = self.numbers.setdefault(id(value), len(self.numbers))
        self.functions[number] = value  # kept, so that its id stays its own
        return ["f", number]

    def meant(self, tag: str, fields: list[Any]) -> RemoteHandle:
        """A handle on the object that the other side keeps under a number."""
        if tag != "h":
            raise ProtocolViolation("something that only the grader may send")
        return RemoteHandle(self, fields[0], clean(fields[1], 100) if len(fields) == 2 else "an object")

    def violated(self, what: str) -> StudentFailure:
        """End a process that does not keep to the protocol; the failure to raise."""
        return self.end(StudentFailure("protocol-violation", text=f"Stopped: your code sent the grader {what}."))

    def end(self, failure: StudentFailure) -> StudentFailure:
        """End the process; the failure to raise."""
        self.last = failure
        self.close()
        return failure

    def all_used_up(self) -> str:
        return f"Stopped: the notebook took more than {self.limits.total:g} s in all."


def read_apart(content: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """The cells of a submitted notebook and notes on it, read in a confined process of its own.

    Raises:
        Malformed: it is no notebook.
        NotStarted: the process does not start.
    """
    with Session([], {}, imports=()) as session:
        try:
            return session.read(content)
        except Malformed:
            if not session.killed:
                raise
        return session.read(content)
