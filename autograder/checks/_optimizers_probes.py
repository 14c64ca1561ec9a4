"""What the exercises on optimizers try: whole trajectories, with states that go back to the student as they came.

A state is never looked into. It may be a dict under any keys, a tuple, an object; the student may change it in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.checks._optimizers_sealed import sealed
from autograder.comparison import Difference
from autograder.exercise import Case, purity
from autograder.handle import Reply, StudentFailure
from autograder.probes import Probe, holds, same, with_call
from autograder.wording import kind_text, value_text

Array = np.ndarray
Rng = np.random.Generator
Hyper = dict[str, float]
Run = tuple[Array, list[Array], list[float], Hyper]  # w, the gradients, the learning rates, the other hyperparameters
MakeRun = Callable[[Rng], Run]

TWO = "two values are expected, the new parameters and the new state"


# ---------------------------------------------------------------- problems


def gradients(
    rng: Rng, shape: tuple[int, ...], steps: int, *, size: tuple[float, float] = (0.1, 10.0), zeros: bool = False
) -> list[Array]:
    """A noisy gradient for each step. Its coordinates are of very different sizes; their means are not 0.

    Args:
        size: of the smallest and of the largest coordinate.
        zeros: whether some coordinates are 0 at the start, others in between, and one always.
    """
    n = int(np.prod(shape))
    sizes = rng.permutation(np.geomspace(*size, n)) * rng.choice([-1.0, 1.0], n)
    found = [sizes * (1 + 0.7 * rng.uniform(-1, 1, n)) * rng.choice([1.0, 1.0, -1.0], n) for _ in range(steps)]
    if zeros:
        for t, g in enumerate(found):
            g[0] = 0.0
            g[1] = 0.0 if t < 3 else g[1]
            g[2] = 0.0 if t % 4 == 2 else g[2]
    return [g.reshape(shape) for g in found]


def run(
    shape: tuple[int, ...] = (5,), steps: int = 60, *, lr: float | None = None, drop: float = 1.0,
    size: tuple[float, float] = (0.1, 10.0), zeros: bool = False, **hyper: float | tuple[float, float],
) -> MakeRun:  # fmt: skip
    """Makes a run: parameters, gradients, a learning rate, which is `drop` times as large from the middle on.

    Args:
        lr: the learning rate; drawn where left out.
        hyper: further hyperparameters; a pair is an interval to draw from.
    """

    def make(rng: Rng) -> Run:
        w, g = rng.standard_normal(shape), gradients(rng, shape, steps, size=size, zeros=zeros)
        first = round(float(rng.uniform(0.02, 0.1)), 3) if lr is None else lr
        drawn = {
            name: round(float(rng.uniform(*value)), 3) if isinstance(value, tuple) else value
            for name, value in hyper.items()
        }
        lrs = [first if t < steps // 2 else first * drop for t in range(steps)]
        return w, g, lrs, drawn

    return make


def given(w: Sequence[float], grads: Sequence[Sequence[float]], lr: float, **hyper: float) -> MakeRun:
    """A short run with these very numbers."""
    return lambda rng: (np.array(w), [np.array(g) for g in grads], [lr] * len(grads), hyper)


# ---------------------------------------------------------------- steps


def pair(found: Any) -> tuple[Any, Any]:
    """The new parameters and the new state.

    Raises:
        StudentFailure: something else was returned.
    """
    if isinstance(found, tuple | list) and len(found) == 2:
        return found[0], found[1]
    raise StudentFailure("wrong", "", f"{TWO}; yours is {kind_text(found)}")


def fits(w: Any, before: Array) -> bool:
    """Whether a next step can be taken from there."""
    return isinstance(w, np.ndarray) and w.shape == before.shape and w.dtype.kind == "f"


def follow(step: Any, w: Array, grads: Sequence[Any], lrs: Sequence[float], hyper: Hyper) -> list[Any]:
    """The parameters after each step. Where they cannot be stepped from, they stay what they are to the end."""
    path: list[Any] = []
    state: Any = {}
    step = sealed(step)
    for g, lr in zip(grads, lrs, strict=True):
        new, state = pair(step(w, g, state, lr=lr, **hyper))
        if not fits(new, w):
            return path + [new] * (len(grads) - len(path))
        path.append(new)
        w = new
    return path


def path(make: MakeRun, *, of: int = 0) -> Probe:
    """The parameters after each step of a run, whose gradients are given."""

    def probe(rng: Rng, *objects: Any) -> list[Any]:
        return follow(objects[of], *make(rng))

    def shown(rng: Rng, names: tuple[str, ...]) -> str:
        w, grads, lrs, hyper = make(rng)
        more = "".join(f", {name}={value:g}" for name, value in hyper.items())
        first = f"w, state = {names[of]}({value_text(w)}, {value_text(grads[0])}, {{}}, lr={lrs[0]:g}{more})"
        others = [f"w, state = {names[of]}(w, {value_text(g)}, state, lr={lr:g}{more})"
                  for g, lr in zip(grads[1:3], lrs[1:3], strict=True)]  # fmt: skip
        return "; ".join([first, *others]) + ("; …" if len(grads) > 3 else "")

    return with_call(probe, shown)


def down_a_bowl(
    lr: float, *, of: int = 0, steps: int = 10, h: Sequence[float] = (1.0, 4.0), w: Sequence[float] = (3.0, -2.0)
) -> Probe:
    """The parameters after each step down a bowl, the gradient taken where the student's steps have led."""

    def probe(rng: Rng, *objects: Any) -> list[Any]:
        at, state, found, step = np.array(w), {}, [], sealed(objects[of])
        for _ in range(steps):
            new, state = pair(step(at, np.array(h) * at, state, lr=lr))
            if not fits(new, at):
                return found + [new] * (steps - len(found))
            found.append(new)
            at = new
        return found

    start, slopes = value_text(np.array(w)), value_text(np.array(h))
    text = f"NAME(w, g, state, lr={lr:g}), {steps} times from w = {start}, with g = {slopes} * w"
    return with_call(probe, text, of)


def in_turn(make: MakeRun, *, of: int = 0) -> Probe:
    """Two parameters of one shape, each with its own gradients and its own state; the second one joins in later."""

    def probe(rng: Rng, *objects: Any) -> list[Any]:
        step = sealed(objects[of])
        (w, grads, lrs, hyper), other = make(rng), make(rng)
        at: list[Any] = [w, other[0]]
        states: list[Any] = [{}, {}]
        paths: list[list[Any]] = [[], []]
        for t, lr in enumerate(lrs):
            for k, gs in enumerate((grads, other[1])):
                if k and t < 2:
                    continue
                new, states[k] = pair(step(at[k], gs[t], states[k], lr=lr, **hyper))
                paths[k].append(new)
                if not fits(new, at[k]):
                    return [new]
                at[k] = new
        return [paths[0][-1], paths[1][-1]]

    return probe


# ---------------------------------------------------------------- manners


def calls(step: Any, make: MakeRun, rng: Rng, *, single: bool = False) -> list[tuple[Array, Any, Reply]]:
    """A short run, call by call: w and g as they were given, and what each call gave."""
    w, grads, lrs, hyper = make(rng)
    if single:
        w, grads = w.astype(np.float32), [g.astype(np.float32) if isinstance(g, np.ndarray) else g for g in grads]
    found, state, step = [], {}, sealed(step)
    for g, lr in zip(grads, lrs, strict=True):
        reply = step.call(w, g, state, lr=lr, **hyper)
        new, state = pair(reply.value)
        found.append((w, g, reply))
        if not fits(new, w):
            raise StudentFailure("wrong", "", "the new parameters must be an array of floats in the shape of w")
        w = new
    return found


def step_manners(make: MakeRun, *, of: int = 0, label: str = "") -> list[Case]:
    """Cases of the group "purity" for a step: w and g unchanged, repeatable, quiet, float32 kept. The state is not looked at."""

    def unchanged(rng: Rng, *objects: Any) -> bool:
        return all(
            same(w, reply.args[0]) and (not isinstance(g, np.ndarray) or same(g, reply.args[1]))
            for w, g, reply in calls(objects[of], make, rng)
        )

    def repeatable(rng: Rng, *objects: Any) -> bool:
        run = make(rng)
        return same(follow(objects[of], *run), follow(objects[of], *run))

    def quiet(rng: Rng, *objects: Any) -> list[str]:
        return sorted({name for _, _, reply in calls(objects[of], make, rng) for name in reply.warnings})

    def dtypes(rng: Rng, *objects: Any) -> list[str]:
        return [pair(reply.value)[0].dtype.name for _, _, reply in calls(objects[of], make, rng, single=True)]

    tail = f" {label}" if label else ""
    return [
        purity(f"w and g unchanged{tail}", unchanged, holds(
            "Your function changed w or g: make a new array instead of using -= or += on them. (The state may be changed.)")),
        purity(f"same run, same steps{tail}", repeatable, holds(
            "The same run twice, each from an empty state, took different steps: what is remembered must be in the state only.")),
        purity(f"no warnings{tail}", quiet, no_warning),
        purity(f"float32 stays float32{tail}", dtypes, all_float32),
    ]  # fmt: skip


def no_warning(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    if given == expected:
        return None
    return Difference("values", "no warning", ", ".join(given), f"NumPy warned on the way: {', '.join(given)}.")


def all_float32(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    if given == expected:
        return None
    hint = "With w and g of float32 the new w must be float32, in every step: which number turns it into another dtype?"
    return Difference("dtype", ", ".join(expected), ", ".join(given), hint)


# ---------------------------------------------------------------- a gradient to be asked for


class Slope:
    """∇J of J(w) = Σ h (w − c)² / 2, and a note of each point where it was asked for."""

    def __init__(self, h: Array, c: Array) -> None:
        self.h, self.c = h, c
        self.points: list[Any] = []

    def __call__(self, w: Any, *others: Any) -> Array:
        if not isinstance(w, np.ndarray) or w.shape != self.c.shape:
            raise TypeError(f"grad_fn takes an array of shape {self.c.shape}, it was given {kind_text(w)}")
        self.points.append(w)
        return (self.h * (w - self.c)).astype(w.dtype)


def slope(rng: Rng, shape: tuple[int, ...]) -> Slope:
    h = rng.permutation(np.geomspace(0.2, 5.0, int(np.prod(shape)))).reshape(shape)
    return Slope(h, rng.uniform(1, 3, shape) * rng.choice([-1.0, 1.0], shape))


def with_slope(
    shape: tuple[int, ...] = (5,), steps: int = 40, *, lr: float | None = None, drop: float = 1.0,
    **hyper: float | tuple[float, float],
) -> MakeRun:  # fmt: skip
    """As `run`, with a function for the gradient in place of the gradients."""

    def make(rng: Rng) -> Run:
        w, _, lrs, drawn = run(shape, steps, lr=lr, drop=drop, **hyper)(rng)
        return w, [slope(rng, shape)] * steps, lrs, drawn  # type: ignore[list-item]

    return make


def bowl_path(lr: float, *, steps: int) -> Probe:
    """Two or more steps of the look-ahead form on J(w) = w₁²/2 + 2 w₂²."""

    def probe(rng: Rng, nesterov_step: Any) -> list[Any]:
        bowl = Slope(np.array([1.0, 4.0]), np.zeros(2))
        return follow(nesterov_step, np.array([3.0, -2.0]), [bowl] * steps, [lr] * steps, {})

    return with_call(
        probe, f"NAME(w, grad_fn, state, lr={lr:g}), {steps} times from w = [3, -2], with grad_fn(w) = [1, 4] * w"
    )


def points_asked(make: MakeRun) -> Probe:
    """Where each step asked for the gradient, the last time it did."""

    def probe(rng: Rng, nesterov_step: Any) -> list[Any]:
        w, slopes, lrs, hyper = make(rng)
        spy: Any = slopes[0]
        asked: list[Any] = []
        state: Any = {}
        step = sealed(nesterov_step)
        for lr in lrs:
            spy.points.clear()
            w, state = pair(step(w, spy, state, lr=lr, **hyper))
            asked.append(spy.points[-1] if spy.points else None)
        return asked

    return with_call(probe, "the points at which NAME calls grad_fn")


def one_gradient(make: MakeRun) -> Case:
    """A case of the group "purity": grad_fn is called once a step."""

    def probe(rng: Rng, nesterov_step: Any) -> list[int]:
        w, slopes, lrs, hyper = make(rng)
        spy: Any = slopes[0]
        counts: list[int] = []
        state: Any = {}
        step = sealed(nesterov_step)
        for lr in lrs:
            spy.points.clear()
            w, state = pair(step(w, spy, state, lr=lr, **hyper))
            counts.append(len(spy.points))
        return counts

    return purity("one gradient a step", probe, holds(
        "grad_fn is to be called once in each step: in a network every call is a pass through all layers and back."))  # fmt: skip
