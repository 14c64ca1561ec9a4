"""The narrow window through which a check speaks to a student's code.

A check never holds a student's object. It holds a *handle*, which can do three things: call it, read an attribute, set an
attribute. What comes back is **plain data** (None, bool, int, float, complex, str, arrays of plain dtypes, and lists,
tuples and dicts of those) or another handle. What goes in is plain data, a handle, a `Seed` (which becomes a fresh
``numpy.random.Generator`` where the student's code runs), or a function of the check, which the student may call back.

`LocalHandle` is the handle inside one process, as the notebook uses it; `autograder.sandbox.remote` has the same
three operations across a process boundary. A check cannot tell the difference.
"""

from __future__ import annotations

import errno
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

__all__ = ["Handle", "LocalHandle", "NotPlain", "Reply", "Seed", "StudentFailure", "local", "plain"]

MAX_BYTES = 64 * 2**20  # of one array
MAX_ITEMS = 100_000  # of all containers of one value together
MAX_DEPTH = 20
PLAIN_KINDS = "biufc"  # bool, int, uint, float, complex


class StudentFailure(Exception):
    """The student's code did not give a value.

    Attributes:
        verdict: "raised", "missing", "time-limit", … (the verdicts of a result).
        kind: name of the exception's type, "" where there was none.
        text: what it said, shortened.
        trace: the student's own lines of the traceback, most recent last.
    """

    def __init__(self, verdict: str, kind: str = "", text: str = "", trace: str = "") -> None:
        super().__init__(f"{kind}: {text}" if kind else text)
        self.verdict, self.kind, self.text, self.trace = verdict, kind, text, trace


class NotPlain(Exception):
    """A value that is, or looks like, data but cannot be accepted as such: too large, too deep, of an odd dtype."""


@dataclass(frozen=True)
class Seed:
    """Stands for ``np.random.default_rng(value)``, made anew at each call where the student's code runs."""

    value: int


@dataclass
class Reply:
    """What one call gave.

    Attributes:
        value: the returned value.
        args, kwargs: the arguments as they were after the call (a check of mutation compares them).
        warnings: names of NumPy's floating-point warnings raised meanwhile: "overflow", "divide by zero", …
    """

    value: Any
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Handle(Protocol):
    """What a check may do with a student's object."""

    def call(self, *args: Any, **kwargs: Any) -> Reply: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def get(self, name: str) -> Any: ...
    def set(self, name: str, value: Any) -> None: ...


def plain(value: Any, wrap: Callable[[Any], Any]) -> Any:
    """The value as plain data, in copies of its own; ``wrap(obj)`` makes a handle of anything else.

    Raises:
        NotPlain: an array larger than 64 MB or of an odd dtype, more than 100,000 items, or nested deeper than 20.
    """
    left = [MAX_ITEMS]

    def walk(v: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise NotPlain(f"a value nested more than {MAX_DEPTH} deep")
        if v is None or isinstance(v, bool):
            return v
        if isinstance(v, np.ma.MaskedArray):
            raise NotPlain("a masked array: return a plain array")
        if isinstance(v, np.ndarray | np.generic):
            if v.dtype.kind not in PLAIN_KINDS or v.dtype.itemsize > 16:
                return wrap(v)
            if v.size * v.dtype.itemsize > MAX_BYTES:
                raise NotPlain(f"an array of shape {v.shape}: more than {MAX_BYTES // 2**20} MB")
            return np.array(v, copy=True, subok=False, order="C")
        if isinstance(v, int):
            if v.bit_length() > 64:
                raise NotPlain("an integer of more than 64 bits")
            return int(v)
        if isinstance(v, float):
            return float(v)
        if isinstance(v, complex):
            return complex(v)
        if isinstance(v, str):
            if len(v) > MAX_ITEMS:
                raise NotPlain(f"a text of more than {MAX_ITEMS:,} characters")
            return str(v)
        if isinstance(v, list | tuple | dict):
            left[0] -= len(v)
            if left[0] < 0:
                raise NotPlain(f"more than {MAX_ITEMS:,} values")
            if isinstance(v, dict):
                if not all(isinstance(k, str | int) for k in v):
                    return wrap(v)
                return {k: walk(w, depth + 1) for k, w in v.items()}
            if depth and hasattr(type(v), "_fields"):
                return wrap(v)  # a cache with names: it has to come back to the student with its names
            items = [walk(w, depth + 1) for w in v]
            return items if isinstance(v, list) else tuple(items)
        return wrap(v)

    return walk(value, 0)


FLOAT_WARNINGS = ("divide by zero", "overflow", "invalid value")


def float_warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    """Names of the floating-point troubles among caught warnings, each once, in a fixed order."""
    texts = [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]
    return [name for name in FLOAT_WARNINGS if any(name in text for text in texts)]


def student_lines(error: BaseException, limit: int = 3) -> str:
    """The last lines of the traceback that belong to the student, as ``cell, line 3: return x / n``.

    A line is the student's when its file is a notebook cell; everything of ours and of libraries is left out.
    """
    import linecache  # only on an error

    lines, trace = [], error.__traceback__
    while trace is not None and len(lines) < 1000:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(("<cell", "<ipython-input")) or "ipykernel_" in name:
            source = linecache.getline(name, trace.tb_lineno).strip()
            lines.append(f"line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name}: {source}"[:160])
        trace = trace.tb_next
    return "\n".join(lines[-limit:])


def failure(error: BaseException) -> StudentFailure:
    """The student's exception as a `StudentFailure`: an untouched stub is "missing"; no memory, no process, no room a limit."""
    kind = type(error).__name__
    try:
        text = str(error)[:500]
    except Exception:
        text = "(its text cannot be shown)"
    if isinstance(error, NotImplementedError):
        verdict = "missing"
    elif isinstance(error, MemoryError):
        verdict = "memory-limit"
    elif isinstance(error, BlockingIOError) or text == "can't start new thread":  # how a refused fork, or thread, shows
        verdict = "process-limit"
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        verdict = "output-limit"
    else:
        verdict = "raised"
    return StudentFailure(verdict, kind, text, student_lines(error))


class LocalHandle:
    """A handle on an object of this very process."""

    __slots__ = ("_object",)

    def __init__(self, obj: Any) -> None:
        self._object = obj

    def call(self, *args: Any, **kwargs: Any) -> Reply:
        """Call the object with copies of the arguments.

        Raises:
            StudentFailure: it raised, or returned what is not acceptable as data.
        """
        given = [self._into(a) for a in args]
        named = {k: self._into(v) for k, v in kwargs.items()}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = self._object(*given, **named)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                raise failure(error) from None
        return Reply(
            self._out(result),
            [self._out(a) for a in given],
            {k: self._out(v) for k, v in named.items()},
            float_warnings(caught),
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs).value

    def get(self, name: str) -> Any:
        """Read an attribute."""
        try:
            return self._out(getattr(self._object, name))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise failure(error) from None

    def set(self, name: str, value: Any) -> None:
        """Set an attribute."""
        try:
            setattr(self._object, name, self._into(value))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise failure(error) from None

    def __repr__(self) -> str:
        return f"an object of type {type(self._object).__name__}"

    def _into(self, value: Any) -> Any:
        """A check's argument as the student's code receives it."""
        if isinstance(value, LocalHandle):
            return value._object
        if isinstance(value, Seed):
            return np.random.default_rng(value.value)
        if isinstance(value, list | tuple):
            return type(value)(self._into(v) for v in value)
        if isinstance(value, dict):
            return {k: self._into(v) for k, v in value.items()}
        if isinstance(value, np.ndarray):
            return value.copy()
        if callable(value):
            return self._callback(value)
        return value

    def _callback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def callback(*args: Any, **kwargs: Any) -> Any:
            plain_args = [self._out(a) for a in args]
            return self._into(function(*plain_args, **{k: self._out(v) for k, v in kwargs.items()}))

        return callback

    def _out(self, value: Any) -> Any:
        """A student's value as the check receives it."""
        try:
            return plain(value, LocalHandle)
        except NotPlain as error:
            raise StudentFailure("wrong", "", f"the result is {error}") from None


def local(obj: Any) -> Any:
    """An object of this process as a check receives it: plain data as it is, a handle on anything else."""
    return LocalHandle(obj)._out(obj)
