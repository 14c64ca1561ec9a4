"""What the exercise on gradient checks tries: functions with right and wrong backwards, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks import _autodiff_graphs as graphs
from autograder.checks._autodiff_1_to_10_probes import given_by
from autograder.checks._autodiff_1_to_10_slopes import Formula, data_of
from autograder.comparison import Difference
from autograder.handle import Handle, StudentFailure
from autograder.probes import Probe, callable_of, same, with_call

Array = np.ndarray
Rng = np.random.Generator

#: A box with room for a gradient, made where the student's code runs: gradcheck must not hang on the student's engine.
#: It holds arrays only, as that of step 9 does.
BOX = """lambda data: type("Variable", (), {
    "__init__": lambda self, data: self.__dict__.update(data=data, grad=None, creator=None)
    if type(data).__name__ == "ndarray" else (_ for _ in ()).throw(TypeError("a Variable holds an array"))})(data)"""


class Tested:
    """A function with a backward, right or wrong: ``value(x)`` and ``slope(x)``, arrays to arrays."""

    def __init__(self, value: Formula, slope: Formula) -> None:
        self.value, self.slope = value, slope

    def over(self, box: Handle) -> Callable[[Any], Any]:
        """The function as gradcheck receives it; `box` makes variables."""

        def f(x: Any) -> Any:
            data = data_of(x)
            with np.errstate(all="ignore"):
                y = box(np.asarray(self.value(data)))

            def backward(*ignored: Any) -> None:
                seed = given_by(y, "grad", "y")
                with np.errstate(all="ignore"):
                    slope = np.asarray(self.slope(data), dtype=data.dtype)
                    x.set("grad", slope if seed is None else slope * seed)

            y.set("backward", backward)
            return y

        return f


def verdict_of(gradcheck: Any, tested: Tested, data: Array, **named: float) -> str:
    """What gradcheck says of a function: "accepted", "AssertionError", the name of another exception, "False"."""
    box = graphs.inside(gradcheck, BOX)
    try:
        said = callable_of(gradcheck)(tested.over(box), box(data), **named)
    except StudentFailure as failure:
        if failure.verdict != "raised":
            raise
        return failure.kind
    return "False" if said is False or (isinstance(said, np.ndarray) and not said.all()) else "accepted"


Trial = tuple[Tested, Array, dict[str, float]]


def verdicts(draw: Callable[[Rng], dict[str, Trial]], text: str = "") -> Probe:
    """What gradcheck says of several functions, by name. Right ones and wrong ones stand side by side in every case."""

    def probe(rng: Rng, gradcheck: Any) -> dict[str, str]:
        trials = draw(rng)
        found = {}
        for name in rng.permutation(list(trials)).tolist():  # in no order that could be guessed
            f, x, named = trials[name]
            found[name] = verdict_of(gradcheck, f, x, **named)
        return found

    return with_call(probe, text) if text else probe


def as_expected(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison of verdicts by name."""
    for name, wanted in expected.items():
        found = given.get(name)
        if found != wanted:
            hint = {
                "accepted": "A right function was not accepted.",
                "AssertionError": "A function that disagrees was accepted." if found == "accepted" else
                                  "A function that disagrees was found out, but not told by an AssertionError.",
            }.get(wanted, f"A {wanted} is expected.")  # fmt: skip
            return Difference("values", wanted, str(found), hint, name)
    return None


def squares(factor: float = 2.0) -> Tested:
    return Tested(lambda x: x**2, lambda x: factor * x)


def without_two(rng: Rng) -> dict[str, Trial]:
    x = np.array([3.0, -1.0, 0.5])
    return {"square": (squares(), x, {}), "square without its 2": (squares(1.0), x, {})}


def precision(rng: Rng) -> dict[str, Trial]:
    x = np.array([3.0, -1.0, 0.5])
    whole = np.array([3, -1, 2])
    return {
        "float64": (squares(), x, {}),
        "float32": (squares(), x.astype(np.float32), {}),
        "whole numbers": (squares(), whole, {}),
    }


def broken(rng: Rng) -> dict[str, Trial]:
    """Six wrong backwards: a sign, a factor, a thousandth too much, one entry of many, entries in another order, not a number."""
    x = rng.uniform(0.3, 0.9, 12)
    one = np.zeros(12)
    one[int(rng.integers(12))] = 1e-3
    nan = np.where(one > 0, np.nan, 1.0)
    rises = Tested(np.exp, np.exp)
    return {
        "exp": (rises, x, {}),
        "a sign": (Tested(np.cos, np.sin), x, {}),
        "a factor": (Tested(lambda z: 2**z, lambda z: 2**z), x, {}),
        "a thousandth": (Tested(np.exp, lambda z: np.exp(z) * 1.001), x, {}),
        "one entry": (Tested(np.exp, lambda z: np.exp(z) + one), x, {}),
        "entries in another order": (Tested(np.exp, lambda z: np.exp(z)[::-1]), x, {}),
        "not a number": (Tested(np.exp, lambda z: np.exp(z) * nan), x, {}),
        "sine": (Tested(np.sin, np.cos), x, {}),
    }


def averages(rng: Rng) -> dict[str, Trial]:
    """Errors that cancel, and one in a small entry beside large ones."""
    x = rng.uniform(0.3, 0.9, 6)
    swing = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]) * 0.1
    sizes = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1e-2])
    twisted = np.where(sizes < 1, 1.0001, 1.0)
    return {
        "right": (Tested(lambda z: sizes * z**2, lambda z: 2 * sizes * z), x, {}),
        "errors that cancel": (Tested(lambda z: 3 * z, lambda z: 3 + swing), x, {}),
        "a small entry": (Tested(lambda z: sizes * z**2, lambda z: 2 * sizes * z * twisted), x, {}),
    }


def tiny(rng: Rng) -> dict[str, Trial]:
    """Gradients of 1e-7, of 1e-10, and so small that no number added for safety is smaller."""
    x, trials = rng.uniform(0.3, 0.9, 5), {}
    for name, size in (
        ("", 10.0 ** rng.uniform(-11, -10)),
        (", small", 5e-7),
        (", tinier", 10.0 ** rng.uniform(-31, -30)),
    ):
        value = lambda z, s=size: s * z**2  # noqa: E731
        trials[f"right{name}"] = (Tested(value, lambda z, s=size: 2 * s * z), x, {})
        trials[f"wrong{name}"] = (Tested(value, lambda z, s=size: s * z), x, {})
    return trials


def huge(rng: Rng) -> dict[str, Trial]:
    x, size = rng.uniform(0.3, 0.9, 5), 10.0 ** rng.uniform(8, 9)
    right = Tested(lambda z: size * np.exp(z), lambda z: size * np.exp(z))
    return {"right": (right, x, {}), "wrong": (Tested(right.value, lambda z: size * np.exp(z) * 1.0001), x, {})}


def flat_places(rng: Rng) -> dict[str, Trial]:
    """ReLU away from its kink: on the left the slope is 0, and so is the quotient."""
    x = np.concatenate([-rng.uniform(0.3, 0.9, 3), rng.uniform(0.3, 0.9, 3)])
    relu = Tested(lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float))
    return {
        "relu": (relu, x, {}),
        "relu that lets all through": (Tested(relu.value, np.ones_like), x, {}),
        "relu that lets nothing through": (Tested(relu.value, np.zeros_like), x, {}),
    }


def shapes(rng: Rng) -> dict[str, Trial]:
    """A single number, a table, and a table with an error in one entry."""
    single, table = np.array(float(rng.uniform(0.3, 0.9))), rng.uniform(0.3, 0.9, (3, 2))
    last = np.ones((3, 2))
    last[2, 1] = 1.01
    return {
        "a single number": (squares(), single, {}),
        "a single number, wrong": (squares(1.0), single, {}),
        "a table": (squares(), table, {}),
        "a table, one entry wrong": (Tested(lambda z: z**2, lambda z: 2 * z * last), table, {}),
    }


def across_a_kink(rng: Rng) -> dict[str, Trial]:
    """ReLU nearer to its kink than eps: the difference lies between the two slopes."""
    x = rng.uniform(0.3, 0.9, 4)
    near = np.append(x, rng.uniform(2e-6, 8e-6))
    relu = Tested(lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float))
    return {"away from it": (relu, x, {}), "near it": (relu, near, {})}


def tolerances(rng: Rng) -> dict[str, Trial]:
    """eps and rtol as they are asked for."""
    x = rng.uniform(0.8, 1.2, 4)
    off = Tested(np.exp, lambda z: np.exp(z) * 1.001)
    further = Tested(np.exp, lambda z: np.exp(z) * 1.0015)
    cube = Tested(lambda z: z**3, lambda z: 3 * z**2)
    return {
        "right": (cube, x, {}),
        "off, strict": (off, x, {"rtol": 1e-4}),
        "off, lenient": (off, x, {"rtol": 1e-2}),
        "one and a half times rtol": (further, x, {"rtol": 1e-3}),
        "half of rtol": (off, x, {"rtol": 2e-3}),
        "large eps": (cube, x, {"eps": 0.5}),
        "large eps, lenient": (cube, x, {"eps": 0.1, "rtol": 0.1}),
    }


def with_chance(rng: Rng) -> dict[str, Trial]:
    """A function that drops other entries at every call, and one that drops the same."""
    x, kept = rng.uniform(0.3, 0.9, 12), np.arange(12) % 2.0
    last = [kept]

    def drop(z: Array) -> Array:
        last[0] = (rng.permutation(12) % 2).astype(float)
        return last[0] * z

    return {
        "the same mask": (Tested(lambda z: kept * z, lambda z: kept), x, {}),
        "another mask at every call": (Tested(drop, lambda z: last[0]), x, {}),
    }


def leaves_x(rng: Rng, gradcheck: Any) -> bool:
    """Whether x.data is after the check what it was before, also after one that has found an error."""
    data, box = rng.uniform(0.3, 0.9, 3), graphs.inside(gradcheck, BOX)
    x, z = box(data), box(data)
    callable_of(gradcheck)(squares().over(box), x)
    graphs.kind_of_failure(lambda: callable_of(gradcheck)(squares(1.0).over(box), z))
    return same([given_by(x, "data", "x"), given_by(z, "data", "x")], [data, data])


def warns(rng: Rng, gradcheck: Any) -> list[str]:
    """NumPy's warnings where both gradients are 0."""
    box = graphs.inside(gradcheck, BOX)
    relu = flat_places(rng)["relu"]
    return callable_of(gradcheck).call(relu[0].over(box), box(relu[1])).warnings
