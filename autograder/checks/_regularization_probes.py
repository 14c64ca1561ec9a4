"""What the exercises on weights and on stopping try: penalties, proximal steps, long columns, and losses that stop falling."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import regularizers as ref

from autograder.comparison import Comparison, Difference
from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, same, several, with_call
from autograder.wording import kind_text, value_text

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]


def facts(sentences: dict[str, str] | None = None, sd: dict[str, Callable[[float], float]] | None = None) -> Comparison:
    """For named observations: equal, or in a range (low, high), or within five standard deviations of the expected number.

    Args:
        sentences: by name, what it means that the observation is another one.
        sd: by name, the standard deviation of an observation, given the expected number.
    """

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        for name, wanted in expected.items():
            found = given[name]
            if isinstance(wanted, tuple):
                near, text = wanted[0] <= found <= wanted[1], f"{wanted[0]:.3g} to {wanted[1]:.3g}"
            elif isinstance(wanted, bool | str):
                near, text = found == wanted, ""
            else:
                width = 5 * slack * sd[name](wanted) if sd and name in sd else 0.0
                near = abs(found - wanted) <= width + 1e-9 * max(1.0, abs(wanted)) or (
                    found != found and wanted != wanted
                )
                text = value_text(wanted)
            if not near:
                hint = " ".join((sentences or {}).get(name, "").split())
                return Difference("values", text, text and value_text(found), hint, name)
        return None

    return compare


# ---------------------------------------------------------------- penalties


def some_weights(rng: Rng) -> list[Array]:
    """Weights of several shapes and of both signs, some of them exactly 0, some larger than 1."""
    ws = [rng.standard_normal(shape) * size for shape, size in (((4, 3), 1.0), ((5,), 3.0), ((2, 2, 2), 0.3))]
    ws[0][1, :2] = ws[1][3] = 0.0
    return ws


def strength(rng: Rng) -> float:
    return round(float(rng.uniform(0.1, 0.7)), 2)


def weights_and_strength(rng: Rng) -> Args:
    return args(some_weights(rng), strength(rng))


def network(rng: Rng, D: int, H: int, C: int) -> Params:
    """Parameters of a network with one hidden layer, none of them 0."""
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    return {name: rng.uniform(0.2, 2.0, s) * rng.choice([-1.0, 1.0], s) for name, s in shapes.items()}


def to_penalize(D: int, H: int, C: int, lam1: float | None = None, lam2: float | None = None) -> Callable[[Rng], Args]:
    """A loss, gradients and parameters of a network, and two strengths, which are never equal."""

    def make(rng: Rng) -> Args:
        grads, params = network(rng, D, H, C), network(rng, D, H, C)
        grads = {name: grads[name] for name in ("W2", "b2", "W1", "b1")}  # as the way back finds them
        first, second = rng.permutation([0.03, 0.11, 0.2, 0.35, 0.5])[:2].tolist()
        loss = round(float(rng.uniform(0.5, 2.5)), 3)
        return args(loss, grads, params, first if lam1 is None else lam1, second if lam2 is None else lam2)

    return make


def penalized(loss: float, grads: Params, params: Params, lam1: float, lam2: float) -> tuple[float, Params]:
    """Loss and gradients with both penalties on the weights, those parameters whose names begin with W."""
    ws = {name: w for name, w in params.items() if name.startswith("W")}
    own = ref.elastic_net_grad(ws, lam1, lam2)
    return loss + ref.elastic_net(ws, lam1, lam2), {k: g + own[k] if k in ws else g.copy() for k, g in grads.items()}  # type: ignore[call-overload]


# ---------------------------------------------------------------- soft_threshold, proximal_step


def near_and_far(rng: Rng) -> Args:
    """Weights on both sides of the threshold and of 0, some far from both, some exactly 0."""
    t = round(float(rng.uniform(0.3, 1.2)), 2)
    w = np.concatenate([rng.uniform(0.1, 0.9, 6) * t, rng.uniform(1.2, 4.0, 6) * t]) * rng.choice([-1.0, 1.0], 12)
    w[0], w[6], w[7] = 0.0, -2.5 * t, 1.7 * t
    return args(rng.permutation(w).reshape(3, 4), t)


def any_step(rng: Rng) -> Args:
    """A proximal step: the learning rate is far from 1, some weights cross 0 on their way, some are caught there."""
    lr, lam = round(float(rng.uniform(0.2, 0.5)), 2), round(float(rng.uniform(0.4, 0.9)), 2)
    w = rng.uniform(-1.0, 1.0, (4, 5))
    w[0] = [0.03, -0.05, 0.0, 1.5, -1.5]
    return args(w, 1.2 * rng.standard_normal((4, 5)), lr, lam)


FEATURES, TRUE, EXAMPLES, STEPS, RATE, LAM = 50, 5, 200, 120, 0.3, 0.1


def sparse_problem(rng: Rng) -> tuple[Array, Array, Array]:
    """A linear regression in which 5 of 50 features matter: X, y, and the true weights."""
    w = np.zeros(FEATURES)
    w[rng.choice(FEATURES, TRUE, replace=False)] = rng.uniform(1.0, 2.0, TRUE) * rng.choice([-1.0, 1.0], TRUE)
    X = rng.standard_normal((EXAMPLES, FEATURES))
    return X, X @ w + 0.1 * rng.standard_normal(EXAMPLES), w


def sparse_run(rng: Rng, soft_threshold: Any, proximal_step: Any) -> dict[str, float]:
    """How many weights are exactly 0 after a run of the student's steps, of those that should and of those that should not."""
    X, y, truth = sparse_problem(rng)
    w, step = np.zeros(FEATURES), callable_of(proximal_step)
    for _ in range(STEPS):
        w = step(w, X.T @ (X @ w - y) / EXAMPLES, RATE, LAM)
        if not isinstance(w, np.ndarray) or w.shape != truth.shape or w.dtype.kind != "f":
            raise StudentFailure("wrong", "", f"proximal_step must return an array like w, yours is {kind_text(w)}")
        if not np.abs(w).max() < 1e6:
            break
    zero = w == 0
    return {ZEROS: float(zero[truth == 0].sum()), KEPT: float((~zero)[truth != 0].sum())}


sparse_run = with_call(sparse_run, "NAME(w, X.T @ (X @ w - y) / N, lr, lam), 120 times", of=1)
ZEROS, KEPT = "exact zeros among the 45 weights that should be 0", "weights other than 0 among the 5 that matter"
SPARSE = {ZEROS: (40.0, 45.0), KEPT: (5.0, 5.0)}

# ---------------------------------------------------------------- max_norm


def columns(*, short: bool = False, zero: bool = False, wide: bool | None = None) -> Callable[[Rng], Args]:
    """Weights whose columns are longer and shorter than r, each by far; rows and columns are not equally many.

    Args:
        short: all columns shorter than r, while the whole matrix and its rows are longer.
        zero: one of the columns is 0.
        wide: whether there are more columns than rows; left to chance if None.
    """

    def make(rng: Rng) -> Args:
        tall = rng.random() < 0.5 if wide is None else not wide
        fan_in, units = (int(rng.integers(7, 10)), int(rng.integers(4, 7))) if tall else (3, int(rng.integers(6, 9)))
        r = round(float(rng.uniform(1.5, 4.0)), 2)
        W = rng.standard_normal((fan_in, units))
        lengths = rng.permutation(np.concatenate([[1.5, 0.5, 3.0], rng.uniform(0.3, 0.8, units - 3)]))
        if short:
            lengths = rng.uniform(0.8, 0.95, units)
        W *= r * lengths / np.sqrt((W**2).sum(axis=0))
        if zero:
            W[:, int(np.argmin(lengths))] = 0.0
        return args(W, r)

    return make


def together(*makes: Callable[[Rng], Args]) -> Probe:
    """What several calls return, as one observation: no single one of them is to be had for nothing."""

    def probe(rng: Rng, *objects: Any) -> list[Any]:
        found = []
        for make in makes:
            positional, named = make(rng)
            found.append(callable_of(objects[0])(*positional, **named))
        return found

    return probe


# ---------------------------------------------------------------- EarlyStopping


def train(params: Params, steps: list[Params], values: list[float], stopper: Any) -> tuple[int, Params]:
    """The loop that the notebook gives: it changes the parameters in place, and stops when it is told to."""
    epoch = 0
    for step, value in zip(steps, values, strict=True):
        epoch += 1
        for name in params:
            params[name] += step[name]
        if stopper.step(value, params):
            break
    return epoch, params


Run = tuple[list[float], dict[str, Any]]  # the values, and what EarlyStopping is made with


def made(early_stopping: Any, settings: dict[str, Any]) -> Any:
    """The student's object."""
    named = dict(settings)
    stopper = callable_of(early_stopping)(named.pop("patience"), **named)
    if not hasattr(stopper, "get"):
        raise StudentFailure(
            "wrong", "", f"EarlyStopping(patience) is to make an object with a method step, not {kind_text(stopper)}"
        )
    return stopper


def asked(stopper: Any, value: float, params: Params) -> tuple[bool, Any]:
    """Whether to stop, and the parameters after the question. None counts as False."""
    reply = callable_of(stopper.get("step")).call(value, params)
    answer = reply.value
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer.item()
    if not (answer is None or isinstance(answer, bool | int)):
        raise StudentFailure("wrong", "", f"step is to return True or False, yours is {kind_text(answer)}")
    return bool(answer), reply.args[1]


def params_at(epoch: int) -> Params:
    """Parameters that tell their epoch."""
    return {"W": np.array([[1.0, -2.0], [0.5, 3.0]]) * (epoch + 1), "b": np.array([0.25, -0.75]) - epoch}


def followed(run: Run, early_stopping: Any) -> tuple[int, Any, Any]:
    """After how many values it says stop (0 for never), the stopper, and the parameters after the last question."""
    values, settings = run
    stopper, after = made(early_stopping, settings), None
    for epoch, value in enumerate(values):
        stop, after = asked(stopper, value, params_at(epoch))
        if stop:
            return epoch + 1, stopper, after
    return 0, stopper, after


def told_run(run: Run) -> str:
    values, settings = run
    made_with = ", ".join(f"{k}={v}" if i else f"{v}" for i, (k, v) in enumerate(settings.items()))
    return f"NAME({made_with}), then step(value, params) with {', '.join(f'{v:g}' for v in values)}"


def stops(make: Callable[[Rng], Run]) -> Probe:
    """The number of values after which it says stop."""
    probe: Probe = lambda rng, cls, train: followed(make(rng), cls)[0]  # noqa: E731
    return with_call(probe, lambda rng, names: told_run(make(rng)).replace("NAME", names[0]))


def left_behind(make: Callable[[Rng], Run]) -> Probe:
    """The parameters that stand in the caller's dictionary after the stop."""
    probe: Probe = lambda rng, cls, train: followed(make(rng), cls)[2]  # noqa: E731
    return with_call(probe, lambda rng, names: told_run(make(rng)).replace("NAME", names[0]))


def best_value(make: Callable[[Rng], Run]) -> Probe:
    """The attribute best after a run."""

    def probe(rng: Rng, cls: Any, train: Any) -> Any:
        best = followed(make(rng), cls)[1].get("best")
        return best() if hasattr(best, "call") else best

    return with_call(probe, lambda rng, names: told_run(make(rng)).replace("NAME", names[0]) + "; best")


def trained(make: Callable[[Rng], Run]) -> Probe:
    """What the loop of the notebook gives: it changes the arrays that the stopper has seen."""

    def probe(rng: Rng, cls: Any, train: Any) -> Any:
        values, settings = make(rng)
        steps = [{name: np.full_like(a, 0.1 * (i + 1)) for name, a in params_at(0).items()} for i in range(len(values))]
        return several(
            callable_of(train)(params_at(0), steps, values, made(cls, settings)), 2, "the pair epochs, params"
        )

    return with_call(
        probe, lambda rng, names: f"{names[1]}(params, steps, values, {names[0]}({make(rng)[1]['patience']}))"
    )


def bumpy(patience: int | None = None, **settings: Any) -> Callable[[Rng], Run]:
    """Losses that fall, rise for not quite `patience` values, fall again, then come down slowly from above, not far enough."""

    def make(rng: Rng) -> Run:
        p = int(rng.integers(3, 6)) if patience is None else patience
        fresh = lambda low, high, n: np.sort(rng.uniform(low, high, n))[::-1]  # noqa: E731
        values = [*fresh(3.0, 6.0, 3), *fresh(3.5, 4.5, p - 1) + 2, 2.0, *fresh(2.1, 2.9, p + 2), 1.0]
        return [round(float(v), 2) for v in values], {"patience": p, **settings}

    return make


def with_nan(rng: Rng) -> Run:
    """The same with a loss that is not a number while it waits, and another one at its best."""
    values, settings = bumpy()(rng)
    values[3] = math.nan
    values[3 + settings["patience"]] = math.nan
    return values, settings


def slow(rng: Rng) -> Run:
    """Losses that fall by less than min_delta each, and by more in all; then they stay within it."""
    p, delta = int(rng.integers(3, 5)), round(float(rng.uniform(0.1, 0.3)), 2)
    values = [
        2.0,
        *(2.0 - delta * np.array([0.4, 0.8, 1.2])),
        *(2.0 - delta * np.array([1.5, 1.6, 1.7, 1.8, 1.9, 1.95])),
    ]
    return [round(float(v), 4) for v in values], {"patience": p, "min_delta": delta}


def large(rng: Rng) -> Run:
    """The losses of a run in the tens of thousands, as those of a sum over all examples are."""
    values, settings = bumpy()(rng)
    return [10_000 * v for v in values], settings


def level(rng: Rng) -> Run:
    """The same value again and again."""
    p = int(rng.integers(2, 5))
    return [round(float(rng.uniform(1, 2)), 2)] * (p + 4), {"patience": p}


def two_at_once(rng: Rng, cls: Any, train: Any) -> list[Any]:
    """Two objects, each with a run of its own, asked in turn: when each stops, and which parameters it puts back."""
    runs = [bumpy(3)(rng), bumpy(4)(rng)]
    stoppers = [made(cls, settings) for _, settings in runs]
    found: list[Any] = [None, None]
    for epoch in range(max(len(values) for values, _ in runs)):
        for i, (values, _) in enumerate(runs):
            if found[i] is None and epoch < len(values):
                stop, after = asked(stoppers[i], values[epoch], params_at(epoch + 20 * i))
                found[i] = [epoch + 1, after] if stop else None
    return [f or [0, params_at(0)] for f in found]


def leaves_alone(rng: Rng, cls: Any, train: Any) -> bool:
    """Whether parameters stay as they are as long as training goes on."""
    values, settings = bumpy(4)(rng)
    stopper = made(cls, settings)
    return all(same(asked(stopper, v, params_at(i))[1], params_at(i)) for i, v in enumerate(values[:10]))
