"""The process that runs a student's code. It holds no expected value, no reference and no other student's file.

It is a fork of `autograder.sandbox.warm`, confined by `autograder.sandbox.jail`, and serves the requests of the judge, one at a
time, in one namespace: read a notebook, run a cell, bind names, call an object, read or set an attribute. While a call runs it
may in turn ask the judge to call a function of the check. Objects that are not plain data stay here, under numbers; the judge
knows the numbers. What is done to an object is exactly what `LocalHandle` does in a notebook.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib.abc
import os
import random
import socket
import sys
import threading
import types
import weakref
from collections.abc import Callable
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

import numpy as np

from autograder.handle import LocalHandle, NotPlain, Seed, StudentFailure, failure, local
from autograder.intake.cells import Malformed, read_cells
from autograder.sandbox import cells
from autograder.sandbox.wire import Inbox, decode, encode

__all__ = ["OURS", "Child", "Provided", "own_modules_only"]

OURS = ("autograder", "gradus")
STANDARD = (BuiltinImporter, FrozenImporter, PathFinder)  # none of those that an editable installation adds


def own_modules_only(finder: importlib.abc.MetaPathFinder) -> None:
    """Import this project's modules from a finder, all others as Python always does."""
    sys.meta_path[:] = [finder, *STANDARD]


class Provided(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules that the judge sent, and refuses all others of this project."""

    def __init__(self, modules: dict[str, tuple[bool, str]]) -> None:
        self.modules = modules

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in OURS:
            return None
        if name not in self.modules:
            raise ImportError(f"{name} is not available in this assignment", name=name)
        return ModuleSpec(name, self, is_package=self.modules[name][0])

    def exec_module(self, module: types.ModuleType) -> None:
        source = self.modules[module.__name__][1]
        exec(compile(source, f"<provided {module.__name__}>", "exec", dont_inherit=True), module.__dict__)


def recogniser(value: Any) -> Callable[[Any], bool]:
    """A function that knows this object again. It does not keep it alive: what a cell lets go of must be gone."""
    try:
        reference = weakref.ref(value)
    except TypeError:  # numbers, texts, lists
        number = id(value)
        return lambda other: id(other) == number
    return lambda other: reference() is other


class Child:
    """The state of the process: its namespace and the objects that the judge knows by number."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.inbox = Inbox()
        self.objects: dict[int, LocalHandle] = {}
        self.made = 0
        self.request = 0  # the judge's number of the request being answered
        self.one_at_a_time = threading.RLock()  # of the student's threads that call back
        self.names: dict[str, Any] = {}
        self.makers: dict[str, str] = {}  # name -> label of the cell that has bound it last
        self.unfinished: dict[str, set[str]] = {}  # label of a cell that raised -> the names that it was to bind
        self.operations = {
            "hello": self.hello, "read": self.read, "run": self.run, "bind": self.bind, "call": self.call,
            "get": self.get, "set": self.set,
        }  # fmt: skip

    # -------------------------------------------------------------- requests

    def hello(self, files: dict[str, Any]) -> dict[str, Any]:
        """Begin: an empty namespace, the assignment's data files in the working folder, from where they can be imported."""
        for name, content in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.tobytes())
        sys.path.append(str(Path.cwd()))  # last: a module that lies there takes the place of no other
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = module.__dict__
        self.names.update(cells.namespace())
        random.seed(0)  # a student who draws from the global generators gets the same mark every time
        np.random.seed(0)  # noqa: NPY002
        return {}

    def read(self, content: np.ndarray[Any, Any]) -> dict[str, Any]:
        """The cells of a submitted notebook; asked before any of its code runs."""
        try:
            found, notes = read_cells(content.tobytes())
        except Malformed as error:
            return {"malformed": str(error)}
        return {"cells": found, "notes": notes}

    def run(self, label: str, source: str) -> dict[str, Any]:
        """Run a cell. A name counts as bound by it if it stands for another object afterwards."""
        still = {name: recogniser(value) for name, value in self.names.items()}
        try:
            return {"notes": cells.run(source, label, self.names)}
        except StudentFailure:
            if (names := cells.to_bind(source)) is not None:
                self.unfinished[label] = names
            raise
        finally:
            after = list(self.names.items())
            self.makers.update((name, label) for name, value in after if name not in still or not still[name](value))

    def bind(self, names: list[str]) -> dict[str, Any]:
        """The objects that stand under these names now; names without an object are left out. And by label which cell has bound
        each of them last, and which of them the cells that raised were to bind."""
        return {
            "objects": {name: local(self.names[name]) for name in names if name in self.names},
            "makers": {name: self.makers[name] for name in names if name in self.makers},
            "unfinished": {label: [n for n in names if n in wanted] for label, wanted in self.unfinished.items()},
        }

    def call(self, handle: LocalHandle, args: list[Any], kwargs: dict[str, Any], after: bool) -> dict[str, Any]:
        """Call an object; with `after` the arguments come back as they are then."""
        reply = handle.call(*args, **kwargs)
        more = {"args": reply.args, "kwargs": reply.kwargs} if after else {}
        return {"value": reply.value, "warnings": reply.warnings, **more}

    def get(self, handle: LocalHandle, name: str) -> dict[str, Any]:
        """Read an attribute."""
        return {"value": handle.get(name)}

    def set(self, handle: LocalHandle, name: str, value: Any) -> dict[str, Any]:
        """Set an attribute."""
        handle.set(name, value)
        return {}

    # -------------------------------------------------------------- frames

    def serve(self) -> None:
        """Answer requests for ever."""
        while True:
            self.answer(self.receive())

    def answer(self, message: dict[str, Any]) -> None:
        """Carry out one request, with whatever it asks back meanwhile, and reply."""
        outer, self.request = self.request, message.pop("id")
        for number in message.pop("released", []):
            self.objects.pop(number, None)
        try:
            reply = self.operations[message.pop("op")](**message)
            self.flush()
            self.send("reply", **reply)
        except BaseException as error:
            lost = error if isinstance(error, StudentFailure) else failure(error)
            self.flush()
            said = {"kind": text(lost.kind), "text": text(lost.text), "trace": text(lost.trace)}
            self.send("failed", verdict=lost.verdict, **said)
        finally:
            self.request = outer

    def flush(self) -> None:
        """What was printed belongs to the request that printed it."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):  # a student may have put anything there
                stream.flush()

    def send(self, op: str, **fields: Any) -> None:
        try:
            frame = encode({"op": op, "id": self.request, **fields}, self.special)
        except NotPlain as error:
            raise StudentFailure("wrong", "", f"the result is {error}") from None
        self.sock.sendall(b"".join(frame))  # in one piece, which wakes the judge once

    def receive(self) -> dict[str, Any]:
        while not self.inbox.complete:
            count = self.sock.recv_into(self.inbox.space())
            if not count:
                os._exit(0)
            self.inbox.filled(count)
        return decode(*self.inbox.take(), self.meant)

    def special(self, value: Any) -> list[Any]:
        """An object that stays here, as the judge sees it: a new number, and the name of its type."""
        if not isinstance(value, LocalHandle):
            raise TypeError(f"no handle: {type(value)}")
        self.made += 1
        self.objects[self.made] = value
        return ["h", self.made, text(repr(value))[:100]]

    def meant(self, tag: str, fields: list[Any]) -> Any:
        """What the judge means by a tag: one of the objects here, a seed, or a function of its own."""
        if tag == "h":
            return self.objects[fields[0]]
        return Seed(fields[0]) if tag == "s" else self.function(fields[0])

    def function(self, number: int) -> Callable[..., Any]:
        """A function of the check, which runs in the judge."""

        def function(*args: Any, **kwargs: Any) -> Any:
            with self.one_at_a_time:
                self.send("callback", function=number, args=list(args), kwargs=kwargs)
                while (message := self.receive())["op"] not in ("return", "raise"):
                    self.answer(message)
            if message["op"] == "return":
                return message["value"]
            raise exception(message["kind"], message["text"])

        return function


def text(value: Any) -> str:
    """A text that can be sent: of the plain type and short, whatever a student's class made of it."""
    return str.__str__(value)[:1000] if isinstance(value, str) else "?"


def exception(kind: str, message: str) -> Exception:
    """An exception that was raised in the judge, for the student's code that caused it."""
    if kind == "StudentFailure":  # of a handle that the function of the check used
        return StudentFailure("raised", "", message)
    cls = getattr(builtins, kind, None)
    if isinstance(cls, type) and issubclass(cls, Exception):
        with contextlib.suppress(TypeError):  # some want more than a text
            return cls(message)
    return RuntimeError(f"{kind}: {message}")
