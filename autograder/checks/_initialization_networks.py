"""What the exercises about whole networks try: signals through many layers, units that are alike, and a run to mend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from gradus.initializers import glorot_normal
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

from autograder.comparison import Difference, between
from autograder.handle import Handle, Seed, StudentFailure
from autograder.moments import Law, centred, follows, normal_law, separate, spread
from autograder.probes import Args, Probe, args, callable_of, draw_seed, with_call
from autograder.wording import kind_text, value_text

Array = np.ndarray
Rng = np.random.Generator
Shape = tuple[int, ...]
in_range = between(lambda v: (v / 1.2, v * 1.2))


# ---------------------------------------------------------------- propagate


def uneven_layers(rng: Rng, depth: int, width: int, sizes: tuple[float, float] = (0.8, 3.0)) -> list[Array]:
    """Weights under which every confusion shows: of a layer with the next one, of W with its transpose, of z with a.

    Layers have different sizes, the top one the smallest. Within a layer the outputs differ in size, and the next layer's inputs
    make up for it; in the transposed matrices they do not.
    """
    smallest, *others = np.geomspace(*sizes, depth)
    outputs, rows, layers = np.geomspace(0.5, 2.0, width), np.ones(width), []
    for size in [*rng.permutation(others), smallest]:
        columns = rng.permutation(outputs)
        layers.append(size * rows[:, None] * columns * rng.standard_normal((width, width)) / math.sqrt(width))
        rows = 1 / columns
    return layers


DEPTH, WIDTH = 20, 256  # of the networks in which something known is to be seen


def even_layers(std: float) -> Callable[[Rng], list[Array]]:
    """Plain Gaussian weights."""
    return lambda rng: [std * rng.standard_normal((WIDTH, WIDTH)) for _ in range(DEPTH)]


def run_propagate(
    propagate: Handle, activation: str, layers: list[Array], generator: Seed
) -> tuple[dict[str, Any], list]:
    """What the student measures with an init that hands out these weights, and the shapes init was called with."""
    shapes: list[Any] = []

    def init(shape: Any, rng: Any = None) -> Array:
        shapes.append(shape)
        return layers[(len(shapes) - 1) % len(layers)]

    found = callable_of(propagate)(activation, init, len(layers), len(layers[0]), generator)
    if not (isinstance(found, dict) and {"forward", "backward"} <= set(found)):
        raise StudentFailure("wrong", "", f'a dict with the keys "forward" and "backward" is expected, yours is '
                                          f"{kind_text(found)}")  # fmt: skip
    return {
        k: np.array(found[k]) if is_list_of_numbers(found[k]) else found[k] for k in ("forward", "backward")
    }, shapes


def is_list_of_numbers(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(v, int | float) or (isinstance(v, np.ndarray) and v.ndim == 0) for v in value
    )


def sizes_by_layer(activation: str, depth: int, *sizes: float, width: int = 96) -> Probe:
    """Both measurements on uneven layers. Student and judge draw different inputs: they agree to a tolerance only."""

    def probe(rng: Rng, propagate: Any) -> Any:
        layers = uneven_layers(rng, depth, width, sizes or (0.8, 3.0))
        return run_propagate(propagate, activation, layers, draw_seed(rng))[0]

    return with_call(probe, f'NAME("{activation}", init, {depth}, {width}, rng)')


def only(key: str, probe: Probe) -> Probe:
    """One of the two measurements, so that each half of the way earns for itself."""
    return lambda rng, propagate: {key: probe(rng, propagate)[key]}


def calls_of_init() -> Probe:
    """How often init is called and with which shapes, in a network of five layers."""

    def probe(rng: Rng, propagate: Any) -> dict[str, Any]:
        shapes = run_propagate(propagate, "tanh", uneven_layers(rng, 5, 24), draw_seed(rng))[1]
        return {"calls of init": len(shapes), "shape": shapes[0] if len({str(s) for s in shapes}) == 1 else shapes}

    return with_call(probe, 'NAME("tanh", init, 5, 24, rng)')


def same_for_all(rng: Rng) -> Args:
    """The arguments of a call whose weights do not depend on the generator: what varies is drawn by propagate itself."""
    W = rng.standard_normal((16, 16)) / 4
    return args("tanh", lambda shape, rng=None: W, 3, 16, draw_seed(rng))


def relation(
    activation: str, layers: Callable[[Rng], list[Array]], **numbers: Callable[[Array, Array], float]
) -> Probe:
    """Numbers made of both measurements, each ``number(forward, backward)``, on a deep network of plain Gaussian weights."""

    def probe(rng: Rng, propagate: Any) -> dict[str, float]:
        drawn = layers(rng)
        found, _ = run_propagate(propagate, activation, drawn, draw_seed(rng))
        for key, value in found.items():
            if not isinstance(value, np.ndarray) or value.shape != (len(drawn),) or value.dtype.kind not in "fiu":
                raise StudentFailure("wrong", "", f'"{key}" must be an array of shape ({len(drawn)},), yours is '
                                                  f"{value_text(value)}")  # fmt: skip
        with np.errstate(all="ignore"):
            return {name: float(number(found["forward"], found["backward"])) for name, number in numbers.items()}

    return with_call(probe, f'NAME("{activation}", init, {DEPTH}, {WIDTH}, rng)')


def ratio_of_ends(forward: Array, backward: Array) -> float:
    return forward[-1] / forward[0]


def factor_per_layer(forward: Array, backward: Array) -> float:
    return (forward[-1] / forward[0]) ** (1 / (len(forward) - 1))


# ---------------------------------------------------------------- distinct_hidden_units

Start = Callable[[Shape, Shape, Shape, Rng], Array]


def all_equal(c: float) -> Start:
    return lambda shape, first, second, rng: np.full(shape, c)


def all_drawn(shape: Shape, first: Shape, second: Shape, rng: Rng) -> Array:
    return rng.standard_normal(shape) / math.sqrt(shape[0])


def in_groups(n: int) -> Start:
    """n kinds of hidden units: equal ones agree in what comes in and in what goes out, and so stay equal.

    The last unit is off by a rounding error, as sums that were added up in another order are: it is of its kind all the same.
    """

    def start(shape: Shape, first: Shape, second: Shape, rng: Rng) -> Array:
        W, kind = all_drawn(shape, first, second, rng), np.arange(first[1]) % n
        if shape == first:
            W = W[:, kind]
            W[:, -1] += 2 * np.spacing(W[:, -1])
        return W[kind] if shape == second else W

    return start


def equal_from_below(shape: Shape, first: Shape, second: Shape, rng: Rng) -> Array:
    """Units that agree in what comes in, but not in what goes out: training tells them apart."""
    return np.full(shape, 0.05) if shape == first else all_drawn(shape, first, second, rng)


def counted(*starts: Start, hidden: int | None = None) -> Probe:
    """The number of distinct units after training from each of these starts."""

    def probe(rng: Rng, distinct_hidden_units: Any) -> list[Any] | Any:
        D, C, H = int(rng.integers(7, 13)), int(rng.integers(3, 6)), hidden or int(rng.integers(18, 40))
        N = 20 * C
        X, y = rng.standard_normal((N, D)), rng.permutation(np.arange(N) % C)
        X = X + rng.standard_normal((C, D))[y]
        lr, steps = round(float(rng.uniform(0.2, 0.5)), 2), int(rng.integers(15, 30))
        found = []
        for start in starts:
            own = np.random.default_rng(rng.integers(2**31))

            def init(shape: Any, rng: Any = None, start: Start = start, own: Rng = own) -> Array:
                return start(tuple(int(n) for n in shape), (D, H), (H, C), own)

            found.append(callable_of(distinct_hidden_units)(init, X, y, H, steps, lr, draw_seed(rng)))
        return found if len(found) > 1 else found[0]

    return with_call(probe, f"NAME(init, X, y, {hidden}, steps, lr, rng)")


# ---------------------------------------------------------------- debug_initialization


FAULTS = ("vanishing", "saturation", "learning_rate", "too_few_units", "symmetry")


def layer_weights(sizes: Sequence[int], rng: Rng) -> list[Array]:
    """What the broken function was meant to be: Glorot's weights for each layer."""
    return [glorot_normal(shape, rng) for shape in pairwise(sizes)]


def layers_of(layer_weights: Any, sizes: Sequence[int], generator: Seed) -> list[Array]:
    """The student's weights for a network of these sizes, if they are such."""
    found = callable_of(layer_weights)(list(sizes), generator)
    wanted = list(pairwise(sizes))
    listed = isinstance(found, list | tuple)
    shapes = [w.shape if isinstance(w, np.ndarray) and w.dtype.kind == "f" else None for w in found] if listed else None
    if shapes != wanted:
        given = f"a list with the shapes {shapes}" if listed else kind_text(found)
        raise StudentFailure("wrong", "", f"a list of arrays is expected, of the shapes {wanted}; yours is {given}")
    return list(found)


def loss_after_training(steps: int, lr: float) -> Probe:
    """Cross-entropy that a tanh network with the student's weights reaches on four clouds, opposite ones of one class.

    One hidden unit, or forty that are alike, cannot tell these classes apart: the loss stays at log 2.
    """

    def probe(rng: Rng, fault: Any, layer_weights: Any) -> dict[str, float]:
        k = np.arange(120) % 4
        X = 2 * np.column_stack([np.cos(np.pi * k / 2), np.sin(np.pi * k / 2)]) + 0.3 * rng.standard_normal((120, 2))
        weights = layers_of(layer_weights, [2, 40, 2], draw_seed(rng))
        return {"loss after training": train(weights, X, k % 2, steps, lr)}

    return with_call(probe, "NAME([2, 40, 2], rng)", of=1)


def train(weights: list[Array], X: Array, y: Array, steps: int, lr: float) -> float:
    """Gradient descent on the whole batch, biases from 0; the loss before the last step."""
    Ws, bs = [np.array(W, dtype=np.float64) for W in weights], [np.zeros(W.shape[1]) for W in weights]
    loss = math.inf
    with np.errstate(all="ignore"):
        for _ in range(steps):
            a, caches, outputs = X, [], []
            for l, (W, b) in enumerate(zip(Ws, bs, strict=True)):
                z, cache = dense_forward(a, W, b)
                a = np.tanh(z) if l < len(Ws) - 1 else z
                caches.append(cache)
                outputs.append(a)
            loss, d = softmax_cross_entropy(a, y)
            for l in reversed(range(len(Ws))):
                d = d * (1 - outputs[l] ** 2) if l < len(Ws) - 1 else d
                d, dW, db = dense_backward(d, caches[l])
                Ws[l] -= lr * dW
                bs[l] -= lr * db
    return loss


def all_layers(sizes: Sequence[int]) -> Probe:
    """The weights of all layers, and as the last entry all of them in one row."""

    def probe(rng: Rng, fault: Any, layer_weights: Any) -> list[Array]:
        weights = layers_of(layer_weights, sizes, draw_seed(rng))
        return [*weights, np.concatenate([W.ravel() for W in weights])]

    return probe


def layer_laws(sizes: Sequence[int]) -> list[Law]:
    """What `all_layers` should follow."""
    laws = [normal_law(shape, 2 / sum(shape)) for shape in pairwise(sizes)]
    return [*laws, Law((sum(law.size for law in laws),), math.nan, math.nan, math.nan)]


def each_layer(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison for `all_layers`: the law of each, and no number used twice, not even in two layers."""
    for l, (g, e) in enumerate(zip(given, expected, strict=True)):
        last = l == len(expected) - 1
        if d := follows(*([separate] if last else [separate, spread, centred]))(g, e, slack):
            return Difference(d.kind, d.expected, d.given, d.hint, "all layers together" if last else f"W[{l}]")
    return None
