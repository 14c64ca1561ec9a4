"""Wrong versions of experiments with networks, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from gradus.activations import ACTIVATIONS
from gradus.diagnostics import propagate as right_propagate
from gradus.network import train_step

from autograder.checks._initialization_networks import layer_weights
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rng = np.random.Generator
Shape = tuple[int, ...]
Init = Callable[..., Array]

# ---------------------------------------------------------------- propagate


def propagation(
    *,
    measured: Callable[[Array, Array], Array] = lambda z, a: a,
    weights: Callable[[Init, int, Shape, Rng], list[Array]] = lambda init, depth, shape, rng: [
        init(shape, rng) for _ in range(depth)
    ],
    slope: Callable[..., Array | float] = lambda df, zs, activations, l: df(zs[l]),
    back: Callable[[Array, Array], Array] = lambda g, W: g @ W.T,
    way_down: Callable[[int], Sequence[int]] = lambda depth: range(depth)[::-1],
    at_z: bool = False,
    top_first: bool = False,
    input_first: bool = False,
) -> Callable[..., dict[str, Array]]:
    """`propagate` with one part in a wrong version."""

    def propagate(activation: str, init: Init, depth: int, width: int, rng: Rng) -> dict[str, Array]:
        f, df = ACTIVATIONS[activation]
        Ws = weights(init, depth, (width, width), rng)
        a = rng.standard_normal((500, width))
        forward, backward, zs, activations = [a.std()], np.zeros(depth), [], []
        for W in Ws:
            z = a @ W
            a = f(z)
            forward.append(measured(z, a).std())
            zs.append(z)
            activations.append(a)
        g = rng.standard_normal((500, width))
        for l in way_down(depth):
            g = g * slope(df, zs, activations, l)
            before = g.std()
            g = back(g, Ws[l])
            backward[l] = before if at_z else g.std()
        return {
            "forward": np.array(forward[:-1] if input_first else forward[1:]),
            "backward": backward[::-1].copy() if top_first else backward,
        }

    return propagate


def same_inputs(activation: str, init: Init, depth: int, width: int, rng: Rng) -> dict[str, Array]:
    """Inputs from a generator made inside."""
    found = right_propagate(activation, init, depth, width, np.random.default_rng(0))
    return {k: found[k] for k in ("forward", "backward")}


PROPAGATE = [
    mistake("pre_activation", """Your forward measures z, before the activation. What the next layer receives is a = f(z).""",
        propagation(measured=lambda z, a: z)),
    mistake("one_W", """All your layers share one W. Each layer needs its own: where in your loop is init called?""",
        propagation(weights=lambda init, depth, shape, rng: [init(shape, rng)] * depth)),
    mistake("no_derivative", """Your gradient comes down through the weights alone. It also passes the activation, layer by
        layer: what does the chain rule put there?""", propagation(slope=lambda df, zs, activations, l: 1.0)),
    mistake("derivative_at_a", """You take f′ at a, the output of the activation. The derivative belongs to the place where f was
        evaluated: keep the z of every layer on the way up.""",
        propagation(slope=lambda df, zs, activations, l: df(activations[l]))),
    mistake("derivative_at_top", """The same z serves for all layers on the way down. Each layer has its own: keep them all on
        the way up.""", propagation(slope=lambda df, zs, activations, l: df(zs[-1]))),
    mistake("not_transposed", """On its way down the gradient meets the same W as the signal on its way up, but from the other
        side: it goes from the outputs of the layer to its inputs.""", propagation(back=lambda g, W: g @ W)),
    mistake("bottom_up", """Your gradient passes the first layer first. It comes from the loss: which layer does it meet
        first?""", propagation(way_down=range)),
    mistake("top_first", """The numbers in backward are right, their order is not: backward[l] and forward[l] belong to the same
        layer.""", propagation(top_first=True)),
    mistake("gradient_at_z", """Your backward is measured halfway through a layer: after the activation, before the weights.
        Asked for is what arrives at the layer's input.""", propagation(at_z=True)),
    mistake("input_first", """Your forward begins with the input and ends one layer too early: forward[0] belongs to the first
        layer's output.""", propagation(input_first=True)),
    mistake("seed_inside", """propagate gives the same results whatever rng it is given: a generator is made anew somewhere
        inside. Draw from the rng that comes in.""", same_inputs),
]  # fmt: skip

# ---------------------------------------------------------------- distinct_hidden_units


def counting(
    count: Callable[[dict[str, Array]], int],
    *,
    train: bool = True,
    b1: Callable[[int, Rng], Array] = lambda hidden, rng: np.zeros(hidden),
    W2: Callable[[Init, Shape, Rng], Array] = lambda init, shape, rng: init(shape, rng),
) -> Callable[..., int]:
    """`distinct_hidden_units` with one part in a wrong version."""

    def distinct_hidden_units(init: Init, X: Array, y: Array, hidden: int, steps: int, lr: float, rng: Rng) -> int:
        C = int(y.max()) + 1
        params = {
            "W1": init((X.shape[1], hidden), rng), "b1": b1(hidden, rng), "W2": W2(init, (hidden, C), rng),
            "b2": np.zeros(C),
        }  # fmt: skip
        for _ in range(steps if train else 0):
            params, _ = train_step(params, X, y, lr=lr)
        return count(params)

    return distinct_hidden_units


def columns(W: Array) -> int:
    return np.unique(np.round(W, 9), axis=1).shape[1]


DISTINCT_HIDDEN_UNITS = [
    mistake("rows", """You count rows. Row i of W1 holds what input i sends to all the units; where does a single unit have its
        weights?""", counting(lambda p: np.unique(np.round(p["W1"], 9), axis=0).shape[0])),
    mistake("entries", """You count different numbers. A unit is a whole column of W1: two units are alike if they agree in all
        of it.""", counting(lambda p: np.unique(np.round(p["W1"], 9)).size)),
    mistake("second_layer", """You count in W2. The weights with which the hidden units look at the input stand in W1.""",
        counting(lambda p: columns(p["W2"]))),
    mistake("before_training", """You count before the network is trained, or training has no effect: train_step returns new
        parameters and leaves the old ones as they are.""", counting(lambda p: columns(p["W1"]), train=False)),
    mistake("to_the_last_digit", """You count units as different that agree to fifteen digits: a sum added up in another order
        ends in other last digits. Compare to a tolerance.""", counting(lambda p: np.unique(p["W1"], axis=1).shape[1])),
    mistake("differences_from_elsewhere", """From equal weights your units come apart: something besides init makes them
        different. Both weight matrices come from init, and both biases start at 0.""",
        counting(lambda p: columns(p["W1"]), W2=lambda init, shape, rng: rng.standard_normal(shape) / np.sqrt(shape[0]))),
]  # fmt: skip

# ---------------------------------------------------------------- debug_initialization


def same_seed_for_each_unit(sizes: Sequence[int], rng: Rng) -> list[Array]:
    """The broken function of the notebook, as it stands there."""
    weights = []
    for fan_in, fan_out in pairwise(sizes):
        std = np.sqrt(2 / (fan_in + fan_out))
        seed = rng.integers(2**32)
        W = np.empty((fan_in, fan_out))
        for j in range(fan_out):
            W[:, j] = np.random.default_rng(seed).normal(0.0, std, fan_in)
        weights.append(W)
    return weights


def same_seed_for_each_layer(sizes: Sequence[int], rng: Rng) -> list[Array]:
    """Half mended: the generator is no longer made for each unit, but still for each layer, and from one seed."""
    seed = rng.integers(2**32)
    return [np.random.default_rng(seed).normal(0.0, np.sqrt(2 / (m + n)), (m, n)) for m, n in pairwise(sizes)]


def unscaled(sizes: Sequence[int], rng: Rng) -> list[Array]:
    """Mended, but the spread has got lost on the way."""
    return [rng.standard_normal((m, n)) for m, n in pairwise(sizes)]


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(f"named_{fault}", sentence, fault, layer_weights)


DEBUG_INITIALIZATION = [
    mistake("not_mended", """The network still does not train. Compare two columns of one of its weight matrices: where do the
        numbers of the second one come from?""", "symmetry", same_seed_for_each_unit),
    mistake("half_mended", """The units of a layer differ now, but the same numbers stand in other layers again: a generator is
        still made anew for each of them. Which generator is there for all of it?""", "symmetry", same_seed_for_each_layer),
    mistake("spread_lost", """Units and layers differ now, but the spread of the weights was lost in mending: it is to stay what
        it was in the broken function.""", "symmetry", unscaled),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts in
        the list.""", "", layer_weights),
    misnamed("vanishing", """Your function is mended, but that was not the fault. The table under the figure says how large the
        numbers are that arrive at the hidden units and leave them."""),
    misnamed("saturation", """Your function is mended, but that was not the fault. Saturated units stand close to −1 or 1: what
        does the table under the figure say about them?"""),
    misnamed("learning_rate", """Your function is mended, but that was not the fault: another learning rate ends on the same
        plateau. What is it that no step, small or large, can change?"""),
    misnamed("too_few_units", """Your function is mended, but that was not the fault: four times as many units end on the same
        plateau. Why does it not matter how many there are?"""),
]  # fmt: skip
