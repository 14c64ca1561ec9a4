"""The catalogue of public functions: how each is called, what it must refuse, and which oracles hold it.

One module here for each module of gradus, with a list ``ENTRIES``. ``test_catalogue.py`` reads all of them: every
public function of the package must have an entry, keep its inputs and their dtype, refuse every kind of wrong input
that its entry does not declare fine, and be held to two oracles at least.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["ELEMENTWISE", "Entry", "all_entries", "wrong_values"]

ELEMENTWISE = {
    "NaN": "passes through, entry by entry",
    "empty": "an empty array of the same shape",
    "shape": "any shape",
}
"""The kinds of array that are no error for a function applied to every entry by itself."""


@dataclass(frozen=True)
class Entry:
    """One public function or class.

    Attributes:
        function: the function, or the class, of which the constructor is tried.
        valid: valid(rng, dtype) -> the keyword arguments of a call that works; arrays in that dtype.
        oracles: what holds it → the test that does so, "test_clipping.py::test_norm_by_hand". Two at least, independent
            of each other and of the code.
        bad: argument → further values that must be refused (out of range, unfitting shapes).
        fine: argument → kind of input (a key of ``wrong_values``) → why it is no error here.
        positional: arguments passed by position, in this order: those before ``*`` or ``/`` that have no keyword.
            An argument that starts with ``*`` is unpacked.
        use: use(result, rng, dtype) -> what to look at instead of the result: for a class, what its methods return.
        changes: argument → why it may change: an optimizer changes its network.
        other_dtype: why a float32 input does not give a float32 result; "" when it does.
    """

    function: Callable[..., Any]
    valid: Callable[[np.random.Generator, Any], dict[str, Any]]
    oracles: dict[str, str]
    bad: dict[str, list[Any]] = field(default_factory=dict)
    fine: dict[str, dict[str, str]] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    use: Callable[[Any, np.random.Generator, Any], Any] | None = None
    changes: dict[str, str] = field(default_factory=dict)
    other_dtype: str = ""

    @property
    def name(self) -> str:
        return f"{self.function.__module__.removeprefix('gradus.')}.{self.function.__qualname__}"

    def call(self, arguments: dict[str, Any]) -> Any:
        """function(**arguments), those in ``positional`` by position."""
        args: list[Any] = []
        for name in self.positional:
            value = arguments[name]
            args.extend(value) if name.startswith("*") else args.append(value)
        return self.function(*args, **{k: v for k, v in arguments.items() if k not in self.positional})


def wrong_values(value: Any) -> dict[str, Any]:
    """Kind → a value of that kind that is wrong in place of this right one, for most functions."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        kinds = {
            "text": "text",
            "None": None,
            "complex": value.astype(complex),
            "objects": np.full(value.shape, None),
            "shape": np.stack([value, value]),
        }
        if value.size:
            spoilt = value.copy()
            spoilt.flat[0] = np.nan
            kinds["NaN"] = spoilt
        if value.ndim:
            kinds["empty"] = value[:0]
        return kinds
    if isinstance(value, np.ndarray):  # labels, masks
        kinds = {"text": "text", "None": None, "floats": value + 0.5, "shape": np.stack([value, value])}
        if value.ndim:
            kinds["empty"] = value[:0]
        if value.dtype.kind == "i" and value.size:
            kinds["negative"] = np.where(np.arange(value.size).reshape(value.shape) == 0, -1, value)
        return kinds
    if isinstance(value, bool):
        return {"text": "yes", "None": None, "number": 2}
    if isinstance(value, int):
        return {"text": "text", "None": None, "fraction": value + 0.5, "negative": -1, "list": [value]}
    if isinstance(value, float):
        return {"text": "text", "None": None, "NaN": float("nan"), "negative": -value or -1.0, "list": [value]}
    if isinstance(value, np.random.Generator):
        return {"seed": 0, "None": None, "module": np.random}
    if isinstance(value, str):
        return {"unknown": "no such thing", "number": 3, "None": None}
    if callable(value) and not hasattr(value, "__dict__"):
        return {"number": 3, "None": None}
    return {"number": 3, "text": "text", "None": None}


def all_entries() -> Iterator[Entry]:
    """The entries of all modules here."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        yield from importlib.import_module(f"{__name__}.{module}").ENTRIES
