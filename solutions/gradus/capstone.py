"""The capstone: a deep network on any engine, made of parts, trained by a plan, within a budget.

Of L hidden layers each is

    h ← dropout(elu(normalize(h W)))

and the scores are h W + b. A design is plain data: how wide and how deep, for how long, at which rates. What is trained is plain
data as well, a dict of arrays, and anybody can run it: ``predict`` does, without an engine and without a student's code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from .arguments import (
    as_float_array,
    as_labels,
    fail,
    fail_type,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_shape,
)
from .capstone_parts import PARTS, REFERENCE, Parts, choose_parts, layers_on
from .network import softmax_cross_entropy
from .normalization import batchnorm_forward
from .rectified_activations import elu
from .regularizers import l2_penalty

__all__ = [
    "DESIGN", "MULTIPLICATIONS", "PARTS", "REFERENCE", "STEPS", "Parts", "choose_parts", "network_loss", "predict",
    "require_design", "start_network", "train_network", "training_cost",
]  # fmt: skip

Array = np.ndarray
Design = Mapping[str, Any]
Network = dict[str, Any]

DESIGN: dict[str, Any] = {
    "hidden": [64, 64], "epochs": 2, "batch_size": 64, "lr_max": 0.01, "dropout": 0.0, "l2": 0.0,
}  # fmt: skip
"""A modest design: what the notebook trains where there is no other."""

STEPS = 1000
"""The budget of the capstone: steps of the optimizer, at most."""

MULTIPLICATIONS = 800_000_000
"""The budget of the capstone: multiplications of the forward passes, at most."""

DEEPEST = 20  # hidden layers: graphs of about a hundred functions, which engines that recurse can go through
HIDDEN = ("gamma", "beta", "mean", "var")  # one array for each hidden layer
LAST = 0.01  # by which the weights of the last layer are made smaller: before training all classes are equally likely


def require_design(design: Design) -> None:
    """Refuse what is no design.

        hidden        widths of the hidden layers, 2 to 20 of them: [64, 64]
        epochs        passes over the training examples
        batch_size    examples a step; what is left over at the end of an epoch is left out
        lr_max        highest rate of the 1cycle schedule
        dropout       rate of dropping units, in [0, 1)
        l2            λ of the penalty λ/2 Σ W²

    Args:
        design: a dict with these keys and no others.

    Raises:
        TypeError: design is no dict, or a value is of the wrong type.
        ValueError: a key is missing or unknown, or a number is out of its range.
    """
    if not isinstance(design, Mapping):
        fail_type(f"design must be a dict such as DESIGN, got {design!r}"[:200])
    if set(design) != set(DESIGN):
        absent, unknown = sorted(set(DESIGN) - set(design)), sorted(map(str, set(design) - set(DESIGN)))
        fail(f"design must have the keys {', '.join(DESIGN)}; missing: {', '.join(absent) or 'none'}, "
             f"unknown: {', '.join(unknown) or 'none'}")  # fmt: skip
    hidden = design["hidden"]
    if not isinstance(hidden, list | tuple) or not 2 <= len(hidden) <= DEEPEST:
        fail(f"design['hidden'] must be a list of 2 to {DEEPEST} widths, got {hidden!r}"[:200])
    for i, width in enumerate(hidden):
        require_int(**{f"design['hidden'][{i}]": (width, 1)})
    require_int(**{"design['epochs']": (design["epochs"], 1), "design['batch_size']": (design["batch_size"], 2)})
    rate: dict[str, Any] = {"design['lr_max']": (design["lr_max"], 0, math.inf)}
    others: dict[str, Any] = {
        "design['dropout']": (design["dropout"], 0, 1),
        "design['l2']": (design["l2"], 0, math.inf),
    }
    require_in_range(**rate, low_open=True)
    require_in_range(**others)


def training_cost(design: Design, n_examples: int, n_in: int, n_classes: int) -> tuple[int, int]:
    """What a training takes, known before it begins.

        steps           = epochs ⌊n_examples / batch_size⌋
        multiplications = steps · batch_size · Σ_l fan_in_l fan_out_l

    The backward pass takes twice as many again.

    Args:
        design: see ``require_design``.
        n_examples: training examples.
        n_in: numbers an example has.
        n_classes: classes.

    Returns:
        (steps, multiplications).

    Raises:
        TypeError, ValueError: as ``require_design``; a number is not a positive integer, or the batch is larger than the
            training set.
    """
    require_design(design)
    require_int(n_examples=(n_examples, 1), n_in=(n_in, 1), n_classes=(n_classes, 1))
    batches = n_examples // design["batch_size"]
    if not batches:
        fail(f"design['batch_size'] must be at most n_examples = {n_examples}, got {design['batch_size']}")
    sizes = [n_in, *design["hidden"], n_classes]
    steps = design["epochs"] * batches
    return steps, steps * design["batch_size"] * sum(a * b for a, b in pairwise(sizes))


def start_network(
    design: Design, n_in: int, n_classes: int, rng: np.random.Generator, parts: Parts = REFERENCE
) -> Network:
    """A network before its first step: weights by the part he_normal, those of the last layer a hundred times smaller.

    Args:
        design: see ``require_design``.
        n_in: numbers an example has.
        n_classes: classes.
        rng: draws the weights.
        parts: gives he_normal.

    Returns:
        {"W": [(fan_in, fan_out), …], "b": (n_classes,), and for each hidden layer in "gamma", "beta", "mean", "var":
        [(width,), …]}, all float64.

    Raises:
        TypeError, ValueError: as ``require_design``; n_in or n_classes is not a positive integer, rng no Generator.
    """
    require_design(design)
    require_int(n_in=(n_in, 1), n_classes=(n_classes, 1))
    require_rng(rng=rng)
    _require_parts(parts)
    sizes = [n_in, *design["hidden"], n_classes]
    W = [np.array(parts.he_normal(shape, rng), dtype=float) for shape in pairwise(sizes)]
    W[-1] *= LAST
    ones = [np.ones(width) for width in design["hidden"]]
    return {
        "W": W, "b": np.zeros(n_classes), "gamma": [o.copy() for o in ones], "beta": [0 * o for o in ones],
        "mean": [0 * o for o in ones], "var": [o.copy() for o in ones],
    }  # fmt: skip


def train_network(
    X: Array,
    y: Array,
    design: Design,
    rng: np.random.Generator,
    parts: Parts = REFERENCE,
    network: Network | None = None,
) -> Network:
    """Train a network on examples, by Adam at the rates of 1cycle, on the engine among the parts.

    X is taken as it is: normalization after the first weights sees to its scale.

    Args:
        X: (N, n_in).
        y: labels (N,), integers from 0.
        design: see ``require_design``.
        rng: draws the weights, the order of the examples, and what is dropped.
        parts: what the network is made of.
        network: where to begin; a new one where left out. Not changed.

    Returns:
        The network as ``start_network`` gives it, with "losses": the mean loss of each epoch, penalty included.

    Raises:
        TypeError, ValueError: as ``require_design``; X is not (N, n_in) of finite numbers, y does not fit, rng is no
            Generator, or the batch is larger than N.
    """
    require_design(design)
    X, y = _examples(X, y, network)
    require_rng(rng=rng)
    _require_parts(parts)
    n_classes = int(y.max()) + 1 if network is None else len(network["b"])
    if network is not None and [len(W) for W in network["W"]] != [X.shape[1], *design["hidden"]]:
        fail("network must have the widths of design and take in what X has")
    T = training_cost(design, len(X), X.shape[1], n_classes)[0]
    net = _copy(network or start_network(design, X.shape[1], n_classes, rng, parts), X.dtype)
    layers, size = layers_on(parts), design["batch_size"]
    rates, betas = _rates(parts, T, design["lr_max"])
    states: dict[Any, Any] = {}
    losses, t = [], 0
    for _ in range(design["epochs"]):
        order, of_epoch = rng.permutation(len(X)), []
        for start in range(0, len(X) - size + 1, size):
            rows = order[start : start + size]
            loss, grads, moved = _gradients(net, X[rows], y[rows], design, rng, parts, layers)
            for (name, i), g in grads.items():
                w = net[name] if i is None else net[name][i]
                w, states[name, i] = parts.adam_step(w, g, states.get((name, i), {}), lr=rates[t], beta1=betas[t])
                _put(net, name, i, w)
            net["mean"], net["var"] = moved
            of_epoch.append(loss)
            t += 1
        losses.append(float(np.mean(of_epoch)))
    return {**net, "losses": losses}


def network_loss(network: Network, X: Array, y: Array, lam: float = 0.0) -> float:
    """Mean cross-entropy of a network on examples, as it is: nothing dropped, running statistics; plus λ/2 Σ W².

    Args:
        network: as ``start_network`` or ``train_network`` gives it.
        X: (N, n_in).
        y: labels (N,), integers from 0.
        lam: λ of the penalty, not negative.

    Raises:
        TypeError, ValueError: as ``predict``; y does not fit, or lam is negative.
    """
    X, y = _examples(X, y, network)
    require_in_range(lam=(lam, 0, math.inf))
    return softmax_cross_entropy(_scores(network, X), y)[0] + l2_penalty(network["W"], lam)


def predict(network: Network, X: Array) -> Array:
    """The class with the highest score, for each example.

    Args:
        network: as ``start_network`` or ``train_network`` gives it.
        X: (N, n_in).

    Returns:
        (N,) integers.

    Raises:
        TypeError: network is no such dict, or X holds no real numbers.
        ValueError: the shapes in network do not fit together, or X does not fit them.
    """
    classes: Array = _scores(network, as_float_array(X=X)).argmax(axis=1)
    return classes


def _checked(network: Any) -> Network:
    """The arrays of a network, which fit together."""
    if not isinstance(network, Mapping) or not {"W", "b", *HIDDEN} <= set(network):
        fail_type(f"network must be a dict of arrays with the keys W, b, {', '.join(HIDDEN)}")
    if not all(isinstance(network[k], list | tuple) for k in ("W", *HIDDEN)):
        fail_type(f"network must have lists of arrays in W, {', '.join(HIDDEN)}")
    net = {k: as_float_array(network=v) if k == "b" else [as_float_array(network=a) for a in v]
           for k, v in network.items() if k in ("W", "b", *HIDDEN)}  # fmt: skip
    if not net["W"] or any(len(net[k]) != len(net["W"]) - 1 for k in HIDDEN):
        fail("network must have one array in gamma, beta, mean and var for each W but the last")
    fan_in = None
    for i, W in enumerate(net["W"]):
        require_shape(network=(W, (fan_in, None)))
        fan_in = W.shape[1]
        for k in HIDDEN if i < len(net["W"]) - 1 else ():
            require_shape(network=(net[k][i], (fan_in,)))
    require_shape(network=(net["b"], (fan_in,)))
    return net


def _scores(network: Any, X: Array) -> Array:
    """(N, n_classes)."""
    net = _checked(network)
    require_finite(X=X)
    require_shape(X=(X, (None, len(net["W"][0]))))
    if not len(X):
        fail("X must hold at least one example")
    h = X
    for i, W in enumerate(net["W"][:-1]):
        h = elu(batchnorm_forward(h @ W, *(net[k][i] for k in HIDDEN), training=False)[0])
    scores: Array = h @ net["W"][-1] + net["b"]
    return scores


def _gradients(
    net: Network, X: Array, y: Array, design: Design, rng: np.random.Generator, parts: Parts, layers: Any
) -> tuple[float, dict[tuple[str, int | None], Array], tuple[list[Array], list[Array]]]:
    """One forward and backward pass: the loss, the gradient of each parameter, and the running statistics after it."""
    names = [(name, i) for name in ("W", "gamma", "beta") for i in range(len(net[name]))] + [("b", None)]
    boxes = {(name, i): parts.Variable(net[name] if i is None else net[name][i]) for name, i in names}
    h, means, variances = parts.Variable(X), [], []
    for i in range(len(net["gamma"])):
        normalize = layers.Normalize(net["mean"][i], net["var"][i])
        h = normalize(layers.Linear()(h, boxes["W", i]), boxes["gamma", i], boxes["beta", i])
        h = layers.Activate()(h)
        if design["dropout"]:
            h = layers.Drop(design["dropout"], rng)(h)
        means.append(normalize.mean)
        variances.append(normalize.var)
    scores = layers.Shift()(layers.Linear()(h, boxes["W", len(net["W"]) - 1]), boxes["b", None])
    loss = layers.Loss(y, design["l2"])(scores, *(boxes["W", i] for i in range(len(net["W"]))))
    loss.backward()
    return float(loss.data), {name: box.grad for name, box in boxes.items()}, (means, variances)


def _rates(parts: Parts, T: int, lr_max: float) -> tuple[list[float], list[float]]:
    """The rate and β1 of each of T steps; as they are where T is too short for a cycle."""
    if T < 4:
        return [float(lr_max)] * T, [0.9] * T
    t = np.arange(T)
    found = (parts.one_cycle(t, T, lr_max), parts.one_cycle_momentum(t, T))
    rates, betas = (np.asarray(f, dtype=float).tolist() for f in found)
    return rates, betas


def _require_parts(parts: Any) -> None:
    if not isinstance(parts, Parts):
        fail_type(f"parts must be a Parts, such as choose_parts gives, got {parts!r}"[:200])


def _examples(X: Any, y: Any, network: Any) -> tuple[Array, Array]:
    X = as_float_array(X=X)
    require_ndim(X=(X, 2))
    require_finite(X=X)
    if not len(X):
        fail("X must hold at least one example")
    y = as_labels(y=y, n_classes=None if network is None else len(_checked(network)["b"]))
    require_shape(y=(y, (len(X),)))
    return X, y


def _copy(network: Network, dtype: Any) -> Network:
    """A network in arrays of its own, in a dtype; without losses."""
    copied = {k: [np.array(a, dtype) for a in v] for k, v in network.items() if k not in ("b", "losses")}
    return {**copied, "b": np.array(network["b"], dtype)}


def _put(net: Network, name: str, i: int | None, w: Any) -> None:
    if i is None:
        net[name] = np.asarray(w)
    else:
        net[name][i] = np.asarray(w)
