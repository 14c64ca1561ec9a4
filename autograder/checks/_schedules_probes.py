"""What the exercises on schedules try: whole runs of steps, at once and one by one, and long scripts of losses."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, number_of, with_call
from autograder.wording import call_text, kind_text

Array = np.ndarray
Rng = np.random.Generator
Make = Callable[[Rng], Args]

# ---------------------------------------------------------------- rates as a function of the step


def as_row(found: Any) -> Any:
    """A list of numbers as an array; anything else as it is."""
    if isinstance(found, list | tuple) and all(isinstance(v, int | float) or np.ndim(v) == 0 for v in found):
        try:
            return np.array([float(v) for v in found])
        except (TypeError, ValueError):
            return found
    return found


def all_at_once(make: Make, *, of: int = 0) -> Probe:
    """The rates of a whole run, from one call with an array of steps."""

    def probe(rng: Rng, *objects: Any) -> Any:
        positional, named = make(rng)
        return as_row(callable_of(objects[of])(*positional, **named))

    return with_call(probe, lambda rng, names: call_text(names[of], *make(rng)))


def one_by_one(make: Make, *, of: int = 0) -> Probe:
    """The rates of the same run, from a call for each step, the steps in no order: a schedule keeps no state."""

    def probe(rng: Rng, *objects: Any) -> Array:
        (t, *others), named = make(rng)
        f, found = callable_of(objects[of]), np.zeros(len(t))
        for k in np.random.default_rng(len(t)).permutation(len(t)):
            found[k] = number_of(f(int(t[k]), *others, **named), "a rate for a number t")
        return found

    def shown(rng: Rng, names: tuple[str, ...]) -> str:
        (t, *others), named = make(rng)
        calls = [call_text(names[of], (int(step), *others), named) for step in t[:3]]
        return ", ".join(calls) + (", …" if len(t) > 3 else "")

    return with_call(probe, shown)


def power_run(rng: Rng) -> Args:
    """A run over several s, which is no whole number, with an exponent that is neither 1 nor 2."""
    s = float(rng.uniform(7, 20))
    return args(np.arange(90), float(10 ** rng.uniform(-3, 0)), s, round(float(rng.uniform(0.3, 0.8)), 2))


def square_run(rng: Rng) -> Args:
    return args(np.arange(70), float(10 ** rng.uniform(-3, 0)), int(rng.integers(5, 12)), c=2)


def first_power_run(rng: Rng) -> Args:
    return args(np.arange(70), float(10 ** rng.uniform(-3, 0)), int(rng.integers(5, 12)))


def exponential_run(rng: Rng) -> Args:
    return args(np.arange(80), float(10 ** rng.uniform(-3, 0)), float(rng.uniform(15, 40)))


def scattered(make: Make) -> Make:
    """The same arguments, the steps shuffled and some of them twice."""

    def other(rng: Rng) -> Args:
        (t, *others), named = make(rng)
        return args(rng.permutation(np.concatenate([t, t[::7]])), *others, **named)

    return other


# ---------------------------------------------------------------- piecewise


def steps_down(n: int) -> Make:
    """A run over n boundaries, none of them 0, whose values go up and down."""

    def make(rng: Rng) -> Args:
        gaps = rng.integers(2, 12, n)
        boundaries = np.cumsum(gaps).tolist()
        values = [float(10 ** rng.uniform(-4, 0)) for _ in range(n + 1)]
        return args(np.arange(sum(gaps) + 9), boundaries, values)

    return make


def on_boundaries(rng: Rng) -> Args:
    """Only the steps at the boundaries and their neighbours."""
    (_, boundaries, values), _ = steps_down(4)(rng)
    t = np.array([step for b in boundaries for step in (b - 1, b, b + 1)])
    return args(t, boundaries, values)


def lengths(rng: Rng, piecewise: Any) -> dict[str, Any]:
    """What is done where boundaries and values do not fit, beside a call where they do."""
    f = callable_of(piecewise)
    (_, boundaries, values), _ = steps_down(3)(rng)
    found: dict[str, Any] = {
        "a call that fits": number_of(f(boundaries[1], boundaries, values), "a rate for a number t")
    }
    for name, given in (("a value too few", values[:-1]), ("a value too many", [*values, 0.5])):
        found[name] = outcome(f, boundaries[0] - 1, boundaries, given)
    return found


with_call(lengths, "NAME(t, boundaries, values) with one value too few, and with one too many")


def outcome(f: Any, *given: Any) -> str:
    """How a call ends that has to raise a ValueError."""
    try:
        f(*given)
    except StudentFailure as failure:
        if failure.verdict != "raised":
            raise
        known = failure.kind != "ValueError" and isinstance(getattr(builtins, failure.kind, None), type)
        return "another exception" if known else "ValueError"  # one of the student's own is made from it, we take it
    return "nothing raised"


# ---------------------------------------------------------------- PerformanceSchedule


def follow(schedule: Any, losses: Sequence[float]) -> Any:
    """The rates that a schedule gives back, loss by loss; None if it gives nothing back."""
    step = callable_of(schedule.get("step"))
    found = [step(float(loss)) for loss in losses]
    return None if found[0] is None else np.array([number_of(rate, "what step gives back") for rate in found])


def made(PerformanceSchedule: Any, *positional: Any, **named: Any) -> Any:
    """A new schedule of the student's.

    Raises:
        StudentFailure: what comes out has no methods.
    """
    schedule = callable_of(PerformanceSchedule)(*positional, **named)
    if not hasattr(schedule, "get"):
        raise StudentFailure("wrong", "", f"an object with a method step is expected, this is {kind_text(schedule)}")
    return schedule


Script = Callable[[Rng], tuple[tuple[Any, ...], dict[str, Any], list[float]]]


def scripted(script: Script) -> Probe:
    """The rates over a script of losses."""

    def probe(rng: Rng, PerformanceSchedule: Any) -> Any:
        positional, named, losses = script(rng)
        return follow(made(PerformanceSchedule, *positional, **named), losses)

    def shown(rng: Rng, names: tuple[str, ...]) -> str:
        positional, named, losses = script(rng)
        some = ", ".join(f"{loss:g}" for loss in losses[:24]) + (", …" if len(losses) > 24 else "")
        return f"s = {call_text(names[0], positional, named)}; [s.step(v) for v in [{some}]]"

    return with_call(probe, shown)


def several_scripts(*scripts: Script) -> Probe:
    """The rates over one script after the other, each with a schedule of its own."""

    def probe(rng: Rng, PerformanceSchedule: Any) -> Any:
        found = [scripted(script)(rng, PerformanceSchedule) for script in scripts]
        return None if any(rates is None for rates in found) else np.concatenate(found)

    return probe


def losses_by_luck(rng: Rng, n: int, min_delta: float, better: float) -> list[float]:
    """Losses of a long run: some better, some as good, a little better than the best, worse.

    Whether a loss is better never hangs on a last digit: it beats the best by much more than min_delta of it or
    by much less, so that every way of computing the threshold agrees.
    """
    best, losses = float(rng.uniform(1, 3)), []
    for _ in range(n):
        kind = rng.random()
        if kind < better:
            loss = best * (1 - min_delta) * rng.uniform(0.97, 0.99)
            best = loss
        elif kind < better + 0.2:
            loss = best * (1 - rng.uniform(0.3, 0.7) * min_delta)
        elif kind < better + 0.3:
            loss = best
        else:
            loss = best * rng.uniform(1.01, 1.6)
        losses.append(float(loss))
    return losses


def long_run(better: float, min_delta: float = 0.02) -> Script:
    """A few hundred losses; the share of those that count as better says how often the rate is reduced."""

    def script(rng: Rng) -> tuple[tuple[Any, ...], dict[str, Any], list[float]]:
        lr0, factor = float(10 ** rng.uniform(-2, 0)), round(float(rng.uniform(0.5, 0.9)), 2)
        scale = 10 ** rng.uniform(4, 5)  # who begins with a best loss of 100 or 1000 finds nothing better
        losses = [scale * loss for loss in losses_by_luck(rng, 250, min_delta, better)]
        return (lr0, factor, int(rng.integers(2, 6)), min_delta), {}, losses

    return script


def creeping(rng: Rng) -> tuple[tuple[Any, ...], dict[str, Any], list[float]]:
    """Losses that fall by 0.6 min_delta again and again: every other one is better than the best by more than that."""
    min_delta, patience = 0.05, int(rng.integers(1, 3))
    fall = rng.uniform(0.55, 0.65)
    losses = [4.0 * (1 - fall * min_delta) ** k for k in range(30)]
    slow = losses[-1] * np.cumprod(1 - rng.uniform(0.05, 0.1, 40) * min_delta)  # a dozen of them count as one
    return (0.5, 0.7), {"patience": patience, "min_delta": min_delta}, [*losses, *slow.tolist()]


def halving(rng: Rng) -> tuple[tuple[Any, ...], dict[str, Any], list[float]]:
    """Only a loss below half of the best is better: a share of the best one, and not of the new one."""
    best = float(rng.uniform(1, 3))
    losses = [best]
    for _ in range(10):
        losses += [best * float(rng.uniform(0.53, 0.63)) for _ in range(rng.integers(2, 5))]
        best *= 0.45
        losses += [best, best * float(rng.uniform(1.1, 1.5))][: rng.integers(1, 3)]
    return (0.5, 0.7), {"patience": 1, "min_delta": 0.5}, losses


def rounds_of(reason: Callable[[Rng, float], float]) -> Script:
    """Losses that fall for a while and then stand, five times over."""

    def script(rng: Rng) -> tuple[tuple[Any, ...], dict[str, Any], list[float]]:
        losses, loss = [], float(rng.uniform(2, 4))
        for _ in range(5):
            for _ in range(int(rng.integers(2, 5))):
                loss *= rng.uniform(0.8, 0.9)
                losses.append(loss)
            losses += [loss * reason(rng, k) for k in range(int(rng.integers(6, 14)))]
        return (float(10 ** rng.uniform(-2, 0)),), {"factor": 0.5, "patience": 3, "min_delta": 0.01}, losses

    return script


worse_and_less_so = rounds_of(lambda rng, k: 1.5 - 0.03 * k)  # each better than the last, none than the best


def with_defaults(rng: Rng) -> tuple[tuple[Any, ...], dict[str, Any], list[float]]:
    loss = float(rng.uniform(1, 2))
    losses = [loss, *[loss * (1 - 3e-5)] * 15, loss * 0.99, *[loss] * 40]
    return (float(10 ** rng.uniform(-2, 0)),), {}, losses


def without_patience(rng: Rng) -> tuple[tuple[Any, ...], dict[str, Any], list[float]]:
    (lr0, factor, _, _), _, losses = long_run(0.8, 0.0)(rng)
    return (lr0, factor, 0, 0.0), {}, losses[:60]


def in_turns(rng: Rng, PerformanceSchedule: Any) -> list[Any]:
    """Two schedules with scripts of their own, used in turns."""
    scripts = [long_run(0.2)(rng), long_run(0.4)(rng)]
    both = [made(PerformanceSchedule, *positional, **named) for positional, named, _ in scripts]
    found: list[list[Any]] = [[], []]
    for pair in zip(scripts[0][2][:80], scripts[1][2][:80], strict=True):
        for schedule, loss, rates in zip(both, pair, found, strict=True):
            rates.append(callable_of(schedule.get("step"))(loss))
    return [as_row(rates) for rates in found]


def attribute(rng: Rng, PerformanceSchedule: Any) -> Array:
    """The attribute lr before the first loss and after each."""
    (lr0, factor, patience, min_delta), _, losses = long_run(0.3)(rng)
    schedule = made(PerformanceSchedule, lr0, factor=factor, patience=patience, min_delta=min_delta)
    found = []
    for loss in [None, *losses[:60]]:
        if loss is not None:
            callable_of(schedule.get("step"))(loss)
        lr = schedule.get("lr")
        found.append(number_of(lr() if hasattr(lr, "call") else lr, "lr"))
    return np.array(found)


with_call(attribute, "s = NAME(…); s.lr before the first loss and after each")

# ---------------------------------------------------------------- one_cycle, one_cycle_momentum


def cycle_run(**more: Any) -> Make:
    """All steps of a cycle, and a few after its end."""

    def make(rng: Rng) -> Args:
        T = int(rng.integers(37, 140))
        return args(np.arange(T + 6), T, float(10 ** rng.uniform(-2, 0)), **more)

    return make


def other_start(rng: Rng) -> Args:
    """A start of its own, from which the last rate follows, and a longer last phase."""
    T, lr_max = int(rng.integers(37, 140)), float(10 ** rng.uniform(-2, 0))
    return args(np.arange(T + 6), T, lr_max, lr0=lr_max * float(rng.uniform(0.3, 0.6)), last_frac=0.25)


def cycle_of_ones_own(rng: Rng) -> Args:
    """A cycle with ends of its own, the first of them above a half of the top, and a longer last phase."""
    T, lr_max = int(rng.integers(50, 120)), float(10 ** rng.uniform(-2, 0))
    lr0 = lr_max * rng.uniform(0.5, 0.7)
    return args(np.arange(T + 5), T, lr_max, lr0, lr0 * rng.uniform(0.1, 0.3), round(float(rng.uniform(0.2, 0.4)), 2))


def momentum_run(**more: Any) -> Make:
    def make(rng: Rng) -> Args:
        T = int(rng.integers(37, 140))
        return args(np.arange(T + 6), T, **more)

    return make


def momentum_of_ones_own(rng: Rng) -> Args:
    T = int(rng.integers(50, 120))
    return args(np.arange(T), T, float(rng.uniform(0.9, 0.99)), float(rng.uniform(0.5, 0.8)), 0.3)
