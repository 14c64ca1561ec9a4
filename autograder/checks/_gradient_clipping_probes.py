"""What the exercises on gradient clipping try: lists of gradients of many sizes, angles, and a recurrent network to save."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import clipping as ref
from gradus.recurrence import rnn_bptt

from autograder.comparison import Difference, between
from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, number_of, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]
in_range = between()


# ---------------------------------------------------------------- gradients


def some_arrays(rng: Rng, scalars: bool = False) -> list[Array]:
    """Gradients of a network: arrays of different shapes and very different sizes, the first the smallest.

    Together they are longer than 10, whatever is drawn.
    """
    shapes: list[tuple[int, ...]] = [(4,), (3, 5), (2, 3, 2)]
    sizes = [0.1, 1.0, 10.0]
    arrays = [size * rng.standard_normal(shape) for size, shape in zip(sizes, shapes, strict=True)]
    arrays[2].flat[int(rng.integers(12))] = rng.choice([-1, 1]) * rng.uniform(11, 20)
    return [*arrays, np.array(rng.uniform(5, 9)), np.array(-rng.uniform(5, 9))] if scalars else arrays


def length(grads: list[Array]) -> float:
    return ref.global_norm(grads)


def longer(rng: Rng) -> Args:
    """Gradients and a threshold that they exceed; the smallest array does not by itself, the others do."""
    grads = some_arrays(rng)
    return args(grads, round(float(rng.uniform(1.0, 2.0)), 2))


def shorter(rng: Rng) -> Args:
    """Gradients and a threshold that they do not reach, though the sum of their norms is larger than it."""
    grads = some_arrays(rng)
    return args(grads, 1.01 * length(grads))


def huge(rng: Rng) -> Args:
    """Gradients whose squares have no room in a float."""
    return args([1e200 * g for g in some_arrays(rng)], round(float(rng.uniform(1.0, 2.0)), 2))


def values_beyond(rng: Rng) -> Args:
    """Gradients with components beyond the threshold on both sides, and within it."""
    grads = [rng.uniform(-3, 3, (4, 5)), rng.uniform(-3, 3, 6)]
    grads[0][0, :3] = [-2.5, 2.7, 0.1]
    return args(grads, round(float(rng.uniform(0.5, 1.9)), 2))


def of_nothing(rng: Rng, global_norm: Any) -> list[Any]:
    """The norm of an empty list, beside that of another one: 0 alone would be too easy to hit upon."""
    norm = callable_of(global_norm)
    return [norm(some_arrays(rng)), norm([])]


def nothing_beyond(rng: Rng, clip_by_value: Any) -> Any:
    """What is within the threshold, after a call that shows that clipping is done at all."""
    clip, (grads, c) = callable_of(clip_by_value), values_beyond(rng)[0]
    return [clip(grads, c), clip(grads, 1e3)]


def part(probe: Probe, i: int) -> Probe:
    """One of the two values that clip_by_global_norm returns."""

    def one(rng: Rng, *objects: Any) -> Any:
        return pair_of(probe(rng, *objects))[i]

    return one


def pair_of(found: Any) -> list[Any]:
    """The clipped gradients and the norm, if that is what was returned."""
    if not isinstance(found, list | tuple) or len(found) != 2 or not isinstance(found[0], list | tuple):
        raise StudentFailure("wrong", "", "two values are expected, the list of clipped gradients and the norm; yours is "
                                          f"{kind_text(found)}")  # fmt: skip
    return list(found)


def direction(make: Callable[[Rng], Args]) -> Probe:
    """The cosine of the angle between the clipped gradients and the gradients."""

    def probe(rng: Rng, clip_by_global_norm: Any) -> dict[str, float]:
        (grads, c), _ = make(rng)
        clipped = pair_of(callable_of(clip_by_global_norm)(grads, c))[0]
        a, b = flat(clipped), flat(grads)
        with np.errstate(all="ignore"):
            same = a.shape == b.shape and np.linalg.norm(a) > 0
            return {"cosine": float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))) if same else math.nan}

    return with_call(probe, "NAME(grads, c)")


def flat(grads: Any) -> Array:
    if not all(isinstance(g, np.ndarray | float | int) for g in grads):
        raise StudentFailure("wrong", "", "the first value must be a list of arrays")
    return np.concatenate([np.asarray(g, dtype=float).ravel() for g in grads] or [np.zeros(0)])


def cosine_is_one(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison for `direction`; of two wrong versions, that they turn by the same angle."""
    g, e = given["cosine"], expected["cosine"]
    if abs(g - e) < 1e-6 or (g != g and e != e):
        return None
    turned = (
        f"The cosine of the angle between your clipped gradient and the gradient is {g:.3f}: the direction has changed."
    )
    return Difference("values", "cosine 1", f"{g:.3f}", turned)


# ---------------------------------------------------------------- angles


def parallel(rng: Rng, angle_between: Any, clipping_angles: Any) -> dict[str, float]:
    """The largest angle between gradients and multiples of them, and the smallest with negative ones: NaN if one is NaN.

    In one of three such pairs rounding makes the cosine larger than 1, so that it happens in some, however it is computed.
    """
    f, found, opposite = callable_of(angle_between), [], []
    for _ in range(60):
        a = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
        factor = float(rng.uniform(0.1, 9))
        found.append(number_of(f(a, [factor * g for g in a]), "an angle"))
        opposite.append(number_of(f(a, [-factor * g for g in a]), "an angle"))
    beside = number_of(f([np.array([0.0, 3.0])], [np.array([0.5, 0.0])]), "an angle")
    angles = {
        "largest angle": float(np.max(found)),
        "smallest angle of opposites": float(np.min(opposite)),
    }  # NaN stays NaN
    return {"a right angle": beside, **angles}


def two_directions(rng: Rng) -> Args:
    """Two gradients at any angle, of different lengths, acute and obtuse ones."""
    a = [rng.standard_normal((2, 3)), 5 * rng.standard_normal(4)]
    sign = -1 if rng.random() < 0.5 else 1
    return args(a, [sign * g + 0.7 * rng.standard_normal(g.shape) for g in a])


def obtuse(rng: Rng) -> Args:
    a = [rng.standard_normal((2, 3)), 5 * rng.standard_normal(4)]
    return args(a, [0.5 * rng.standard_normal(g.shape) - g for g in a])


def steep(rng: Rng) -> Args:
    """A gradient that clipping by value turns, and the threshold."""
    return args([rng.standard_normal((3, 4)), np.array([rng.uniform(50, 90), -rng.uniform(1, 3)])], 1.0)


# ---------------------------------------------------------------- a recurrent network


def small_network(rng: Rng) -> tuple[Params, Array, Array]:
    """A few units, short sequences, answers far off: gradients of moderate length, none so short that 1e-6 would count."""
    H, N, T = 5, 6, 7
    params = {
        "Wx": rng.standard_normal((1, H)), "Wh": rng.standard_normal((H, H)) / math.sqrt(H),
        "b": 0.1 * rng.standard_normal(H), "Wy": rng.standard_normal((H, 1)), "by": np.array([rng.uniform(0.5, 1)]),
    }  # fmt: skip
    X = rng.standard_normal((N, T, 1))
    return params, X, 1.5 * X[:, -2:].mean(axis=1) - rng.uniform(3, 5)


def gradient_length(params: Params, X: Array, y: Array) -> float:
    return ref.global_norm(rnn_bptt(params, X, y)[1])


def short_run(max_norm: float | None) -> Callable[[Rng], Args]:
    """Six steps of the small network; the threshold as a share of the first gradient's length, None: no clipping."""

    def make(rng: Rng) -> Args:
        params, X, y = small_network(rng)
        c = None if max_norm is None else max_norm * gradient_length(params, X, y)
        return args(params, X, y, 0.05, 6, c)

    return make


def long_sequences(seed: int) -> tuple[Params, Array, Array]:
    """The problem of the assignment: means of the last five of fifty numbers, recurrent weights of size 1/√H."""
    rng, H = np.random.default_rng(seed), 32
    X = rng.standard_normal((32, 50, 1))
    params = {
        "Wx": 0.6 * rng.standard_normal((1, H)), "Wh": rng.standard_normal((H, H)) / math.sqrt(H), "b": np.zeros(H),
        "Wy": rng.standard_normal((H, 1)) / math.sqrt(H), "by": np.zeros(1),
    }  # fmt: skip
    return params, X, X[:, -5:].mean(axis=1)


RATE, STEPS, THRESHOLD = 0.4, 80, 0.25
SEEDS = range(5)  # fixed: in a few of 200 problems nothing explodes within so many steps
OVERFLOWS = ("OverflowError", "FloatingPointError", "ValueError")  # a run that is lost may also end in one of these


def losses_and_norms(train_rnn: Any, seed: int, max_norm: float | None) -> tuple[Array, Array]:
    found = callable_of(train_rnn)(*long_sequences(seed), RATE, STEPS, max_norm)
    if not isinstance(found, list | tuple) or len(found) != 3:
        raise StudentFailure(
            "wrong", "", f"three values are expected: params, losses, norms; yours is {kind_text(found)}"
        )
    try:
        losses, norms = (np.asarray(v, dtype=float).ravel() for v in found[1:])
    except (TypeError, ValueError):
        raise StudentFailure("wrong", "", "losses and norms must be lists of numbers") from None
    if not losses.size or not norms.size:
        raise StudentFailure("wrong", "", "losses and norms must not be empty")
    return losses, norms


def five_runs(rng: Rng, train_rnn: Any) -> dict[str, float]:
    """Five problems, each with and without clipping."""
    lost, longest, solved = 0, math.inf, 0
    for seed in SEEDS:
        try:
            losses, norms = losses_and_norms(train_rnn, seed, None)
            gone, most = not (losses < 1e3).all(), np.max(norms[~np.isnan(norms)], initial=0.0)
        except StudentFailure as failure:
            if failure.kind not in OVERFLOWS:
                raise
            gone, most = True, math.inf
        lost, longest = lost + gone, min(longest, most if gone else math.inf)
        losses, _ = losses_and_norms(train_rnn, seed, THRESHOLD)
        solved += len(losses) == STEPS and bool(losses[-10:].mean() < 0.05)
    return {"lost without clipping": lost, "shortest of the longest gradients": longest, "solved with clipping": solved}


with_call(five_runs, f"NAME(params, X, y, {RATE}, {STEPS}, max_norm)")


# ---------------------------------------------------------------- debug_gradient_clipping

FAULTS = ("learning_rate", "threshold", "each_array", "after_step", "no_effect")


def clipped_step(params: Params, X: Array, y: Array, lr: float, max_norm: float) -> tuple[Params, float, float]:
    """What the broken function was meant to do: one step along the clipped gradient."""
    loss, grads = rnn_bptt(params, X, y)
    grads, norm = ref.clip_by_global_norm(grads, max_norm)
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


def one_step(share: float) -> Callable[[Rng], Args]:
    """A step of the small network, the threshold as a share of the gradient's length."""

    def make(rng: Rng) -> Args:
        params, X, y = small_network(rng)
        return args(params, X, y, 0.05, share * gradient_length(params, X, y))

    return make


def trained(steps: int) -> Probe:
    """The largest loss on the way, and the last, with the student's step on a problem that explodes within ten."""

    def probe(rng: Rng, fault: Any, clipped_step: Any) -> dict[str, float]:
        params, X, y = long_sequences(0)
        step, losses = callable_of(clipped_step), []
        for _ in range(steps):
            found = step(params, X, y, RATE, THRESHOLD)
            if not isinstance(found, list | tuple) or len(found) != 3 or not isinstance(found[0], dict):
                raise StudentFailure(
                    "wrong", "", f"three values are expected: params, loss, norm; yours is {kind_text(found)}"
                )
            params = found[0]
            losses.append(number_of(found[1], "the loss"))
            if not losses[-1] < 1e3:
                break
        return {"largest loss": max(losses), "last loss": losses[-1]}

    return with_call(probe, f"NAME(params, X, y, {RATE}, {THRESHOLD})", of=1)
