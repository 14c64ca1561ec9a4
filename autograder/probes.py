"""Probes that many exercises share: what a call returns, and whether it minds its manners.

A probe is a function ``probe(rng, *objects) -> observation``. The makers below take ``make(rng) -> args(...)``, which draws the
arguments of one call, so that student, reference and every wrong version get the very same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from autograder.comparison import Comparison, Difference
from autograder.exercise import Case, purity
from autograder.handle import Handle, Seed, StudentFailure
from autograder.wording import call_text, kind_text

__all__ = [
    "args", "drain", "draw_seed", "holds", "manners", "named_fault", "number_of", "randomness", "returns", "several",
    "with_call",
]  # fmt: skip

Args = tuple[tuple[Any, ...], dict[str, Any]]
Make = Callable[[np.random.Generator], Args]
Probe = Callable[..., Any]
Shown = Callable[[np.random.Generator, tuple[str, ...]], str]


def args(*positional: Any, **named: Any) -> Args:
    """The arguments of a call, written as in the call: ``args(X, y, lr=0.1)``."""
    return positional, named


def returns(make: Make, *, of: int = 0, name: str = "") -> Probe:
    """What a call returns. `of` says which of the objects is called, `name` what it is called in the text shown."""

    def probe(rng: np.random.Generator, *objects: Any) -> Any:
        positional, named = make(rng)
        return callable_of(objects[of])(*positional, **named)

    def shown(rng: np.random.Generator, names: tuple[str, ...]) -> str:
        return call_text(name or names[of], *make(rng))

    probe.shown = shown  # type: ignore[attr-defined]
    return probe


def with_call(probe: Probe, text: str | Shown, of: int = 0) -> Probe:
    """The probe, with the call as the student reads it.

    Args:
        text: the call; NAME stands for the name of the object `of`. Or a function of the generator and of all names.
    """
    shown = (lambda rng, names: text.replace("NAME", names[of])) if isinstance(text, str) else text
    probe.shown = shown  # type: ignore[attr-defined]
    return probe


def named_fault(faults: Collection[str]) -> Probe:
    """Which of the faults the student names, in a text that is the first of the objects."""

    def probe(rng: np.random.Generator, fault: Any, *others: Any) -> str:
        return fault if isinstance(fault, str) and fault in faults else "none of the list"

    return probe


def callable_of(obj: Any) -> Handle:
    """The object, if it can be called.

    Raises:
        StudentFailure: it is plain data, as when a student wrote ``relu = 3``.
    """
    if hasattr(obj, "call"):
        return obj
    raise StudentFailure("wrong", "", f"a function is expected, this is {obj!r}"[:200])


def number_of(value: Any, what: str) -> float:
    """A returned number, whatever NumPy has made of it.

    Args:
        value: what came back.
        what: what it is called in the message: "a rate".

    Raises:
        StudentFailure: it is none.
    """
    if isinstance(value, int | float) or (
        isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "biuf"
    ):
        return float(np.asarray(value).item())
    raise StudentFailure("wrong", "", f"{what} is one number, yours is {kind_text(value)}")


def several(found: Any, n: int, what: str) -> Any:
    """The n values a function returns: `what` is "the pair loss, grads".

    Raises:
        StudentFailure: it returns something else.
    """
    if isinstance(found, tuple | list) and len(found) == n:
        return found
    raise StudentFailure("wrong", "", f"{what} is expected, yours is {kind_text(found)}.")


def draw_seed(rng: np.random.Generator) -> Seed:
    """A generator for the student's code."""
    return Seed(int(rng.integers(2**31)))


def drain(iterable: Any, at_most: int) -> list[Any]:
    """The values of an iterable of the student's (a generator, a list), `at_most` + 1 of them, so that too many shows."""
    if isinstance(iterable, list | tuple):
        return list(iterable[: at_most + 1])
    if not hasattr(iterable, "call"):
        raise StudentFailure("wrong", "", f"something to iterate over is expected, this is {iterable!r}"[:200])
    step = callable_of(callable_of(callable_of(iterable.get("__iter__"))()).get("__next__"))
    found: list[Any] = []
    while len(found) <= at_most:
        try:
            found.append(step())
        except StudentFailure as end:
            if end.kind != "StopIteration":
                raise
            break
    return found


def holds(sentence: str | dict[str, str]) -> Comparison:
    """For truth values: True is expected, or a dict of them. The sentence (by key, for a dict) says what False means."""

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if isinstance(expected, dict):
            for key, wanted in expected.items():
                if not isinstance(given, dict) or given.get(key) != wanted:
                    hint = sentence[key] if isinstance(sentence, dict) else sentence
                    return Difference("values", "", "", " ".join(hint.split()), key)
            return None
        return None if given == expected else Difference("values", "", "", " ".join(str(sentence).split()))

    return compare


def same(a: Any, b: Any) -> bool:
    """Equal bit for bit, through containers; NaN equals NaN."""
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        x, y = np.asarray(a), np.asarray(b)
        return x.dtype == y.dtype and x.shape == y.shape and bool(((x == y) | ((x != x) & (y != y))).all())
    return hasattr(a, "call") or hasattr(b, "call") or a == b or (a != a and b != b)


def halved(value: Any) -> Any:
    """float64 arrays as float32, through containers."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    if isinstance(value, tuple | list):
        return type(value)(halved(v) for v in value)
    return {k: halved(v) for k, v in value.items()} if isinstance(value, dict) else value


def float_dtypes(value: Any) -> list[str]:
    """Names of the dtypes of all float arrays in a value, in order."""
    if isinstance(value, np.ndarray):
        return [value.dtype.name] if value.dtype.kind == "f" and value.ndim else []
    if isinstance(value, dict):
        value = list(value.values())
    return [d for v in value for d in float_dtypes(v)] if isinstance(value, tuple | list) else []


def manners(make: Make, *, of: int = 0, float32: bool = True, label: str = "") -> list[Case]:
    """Cases of the group "purity" for one call: inputs unchanged, repeatable, float32 kept, no floating-point warning.

    Args:
        make: draws the arguments.
        of: which of the objects is called.
        float32: whether the function keeps float32 (arguments are cast to it).
        label: told apart where an exercise has several functions: "of relu".
    """

    def unchanged(rng: np.random.Generator, *objects: Any) -> bool:
        positional, named = make(rng)
        reply = callable_of(objects[of]).call(*positional, **named)
        return all(
            same(before, after)
            for before, after in [
                *zip(positional, reply.args, strict=True),
                *((v, reply.kwargs[k]) for k, v in named.items()),
            ]
            if isinstance(before, np.ndarray | list | dict | tuple)
        )

    def repeatable(rng: np.random.Generator, *objects: Any) -> bool:
        positional, named = make(rng)
        f = callable_of(objects[of])
        return same(f(*positional, **named), f(*positional, **named))

    def dtypes(rng: np.random.Generator, *objects: Any) -> list[str]:
        positional, named = make(rng)
        return float_dtypes(callable_of(objects[of])(*halved(positional), **halved(named)))

    def quiet(rng: np.random.Generator, *objects: Any) -> list[str]:
        positional, named = make(rng)
        return callable_of(objects[of]).call(*positional, **named).warnings

    def no_warning(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if given == expected:
            return None
        return Difference("values", "no warning", ", ".join(given), f"NumPy warned on the way: {', '.join(given)}.")

    def all_float32(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if given == expected:
            return None
        hint = "With float32 arrays the result must be float32: which line turns it into another dtype?"
        return Difference("dtype", ", ".join(expected), ", ".join(given) or "no float array", hint)

    tail = f" {label}" if label else ""
    found = [
        purity(f"inputs unchanged{tail}", unchanged, holds("Your function changed its input array: work on a copy.")),
        purity(f"same inputs, same output{tail}", repeatable, holds(
            "The same call twice gave two different results: does something outside the function change?")),
        purity(f"no warnings{tail}", quiet, no_warning),
    ]  # fmt: skip
    return [*found, purity(f"float32 stays float32{tail}", dtypes, all_float32)] if float32 else found


def reseeded(value: Any) -> Any:
    """A value with another seed in place of each `Seed`, through containers."""
    if isinstance(value, Seed):
        return Seed(value.value + 1)
    if isinstance(value, tuple | list):
        return type(value)(reseeded(v) for v in value)
    return {k: reseeded(v) for k, v in value.items()} if isinstance(value, dict) else value


def randomness(make: Make, *, of: int = 0, label: str = "", result: str = "weights") -> list[Case]:
    """Cases of the group "purity" for a function of a random generator: all its randomness comes from that one.

    Args:
        make: draws the arguments, with a `Seed` where the generator stands.
        of: which of the objects is called.
        label: told apart where an exercise has several functions: "of lecun_normal".
        result: what comes out, in the plural.
    """

    def repeats(rng: np.random.Generator, *objects: Any) -> bool:
        positional, named = make(rng)
        f = callable_of(objects[of])
        first = f(*positional, **named)
        return first is not None and same(first, f(*positional, **named))

    def differs(rng: np.random.Generator, *objects: Any) -> bool:
        positional, named = make(rng)
        f = callable_of(objects[of])
        return not same(f(*positional, **named), f(*reseeded(positional), **reseeded(named)))

    def moves_on(rng: np.random.Generator, *objects: Any) -> bool:
        positional, named = make(rng)
        f = callable_of(objects[of])
        first = f.call(*positional, **named)
        again = [after if isinstance(v, Seed) else v for v, after in zip(positional, first.args, strict=True)]
        named_again = {k: first.kwargs[k] if isinstance(v, Seed) else v for k, v in named.items()}
        return not same(first.value, f(*again, **named_again))  # the generator as the first call left it

    tail = f" {label}" if label else ""
    return [
        purity(f"same rng, same {result}{tail}", repeats, holds(
            f"Two generators made from the same seed gave different {result}: is every number drawn from rng?")),
        purity(f"another rng, other {result}{tail}", differs, holds(
            f"Two generators with different seeds gave the same {result}: does your function use the rng it is given?")),
        purity(f"rng moves on{tail}", moves_on, holds(
            f"Called twice with one and the same rng, your function gave the same {result} twice.")),
    ]  # fmt: skip
