"""Babysitting: what to check before training a network, and what the curves of a training run say.

The order is CS231n's: is the first loss what it should be, does regularization raise it, can a handful of samples be learnt
by heart? Then train, and look at the curves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from . import functions
from .arguments import (
    as_float_array,
    as_labels,
    describe,
    fail,
    fail_type,
    require_callable,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_shape,
)
from .layer import Layer
from .network import train_step
from .optimizers import Adam
from .variable import no_grad

__all__ = [
    "diagnose",
    "distinct_hidden_units",
    "expected_initial_loss",
    "overfit_tiny",
    "regularization_raises_loss",
]

Array = np.ndarray
Init = Callable[[tuple[int, ...], np.random.Generator], Array]


def expected_initial_loss(C: int) -> float:
    """Cross-entropy of a classifier that knows nothing: ln C for C classes, 2.303 for ten.

    Raises:
        TypeError: C is not an integer.
        ValueError: C is less than 1.
    """
    require_int(C=(C, 1))
    return math.log(C)


def distinct_hidden_units(
    init: Init, X: Array, y: Array, hidden: int, steps: int, lr: float, rng: np.random.Generator
) -> int:
    """Train a network with one tanh hidden layer by gradient descent on the whole batch, and count its different units.

    W1 = init((D, hidden), rng), W2 = init((hidden, C), rng), both biases 0, C = max y + 1. Two hidden units are the same
    if their columns of W1 differ nowhere by more than 1e-9 times the largest entry of W1. Units that start equal get
    equal gradients and stay equal: from constant weights the network has one unit, however wide it is. On a computer they
    do so for some fifty steps; then the last digits of sums added up in different orders have grown apart, too.

    Args:
        init: initializer.
        X: (N, D).
        y: labels, integers (N,).
        hidden: number of hidden units.
        steps: number of gradient-descent steps.
        lr: learning rate, positive.
        rng: passed to init.

    Returns:
        Number of distinct columns of W1 after the last step, from 1 to hidden.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: shapes do not fit, X is not finite, or a number is out of range.
    """
    require_callable(init=init)
    X, y = as_float_array(X=X), as_labels(y=y)
    require_ndim(X=(X, 2))
    require_finite(X=X)
    if X.size == 0:
        fail(f"X must have at least one entry, got shape {X.shape}")
    require_shape(y=(y, (len(X),)))
    require_int(hidden=(hidden, 1), steps=(steps, 0))
    require_in_range(lr=(lr, 0, math.inf), low_open=True)
    require_rng(rng=rng)
    C = int(y.max()) + 1
    params = {
        "W1": init((X.shape[1], hidden), rng),
        "b1": np.zeros(hidden, dtype=X.dtype),
        "W2": init((hidden, C), rng),
        "b2": np.zeros(C, dtype=X.dtype),
    }
    for _ in range(steps):
        params, _ = train_step(params, X, y, lr=lr)
    columns = params["W1"].T
    tol = 1e-9 * np.abs(columns).max()
    distinct: list[Array] = []
    for column in columns:
        if not any(np.abs(column - seen).max() <= tol for seen in distinct):
            distinct.append(column)
    return len(distinct)


def regularization_raises_loss(loss: Callable[[float], float], lams: Sequence[float] = (0.0, 1e-4, 1e-2, 1.0)) -> bool:
    """Whether a loss grows with the strength of its regularization, at each step from one strength to the next.

    If it does not, the penalty is not part of the loss, has the wrong sign, or drowns in randomness: draw no new
    samples or dropout masks between the calls.

        regularization_raises_loss(lambda lam: data_loss + l2_penalty(weights, lam))

    Args:
        loss: maps λ to the loss of the same fresh network on the same data.
        lams: λ's to try, at least two, growing.

    Raises:
        TypeError: loss is not a function or returns no number, or lams does not hold real numbers.
        ValueError: lams are not growing, or one is negative or not finite.
    """
    require_callable(loss=loss)
    strengths = as_float_array(lams=lams)
    require_ndim(lams=(strengths, 1))
    if len(strengths) < 2 or not (np.diff(strengths) > 0).all() or not 0 <= strengths[0] < strengths[-1] < math.inf:
        fail(f"lams must hold at least two growing numbers of at least 0, got {strengths}")
    losses = [as_float_array(**{f"loss({lam:g})": loss(float(lam))}) for lam in strengths]
    if any(value.ndim for value in losses):
        fail_type(f"loss must return a number, got {describe(losses[0])}")
    return bool((np.diff(losses) > 0).all())


def overfit_tiny(
    net: Layer, X: Array, y: Array, rng: np.random.Generator, *, n: int = 20, steps: int = 100, lr: float = 0.01
) -> tuple[float, float]:
    """Loss and accuracy of a classifier that was trained on a handful of samples only: about 0 and 1, if it can learn.

    A copy of the network is trained by Adam on n samples, all of them in each step, and measured on them in evaluation
    mode. Switch regularization off before. A network that fails here has a bug, or learns far too slowly; one that
    succeeds may still have a bug: shuffled labels are learnt by heart, too.

    Args:
        net: maps (N, …) to logits (N, C). Not changed.
        X: (N, …).
        y: labels, integers (N,).
        rng: draws the samples.
        n: how many, at most N.
        steps: steps of Adam.
        lr: its learning rate η > 0.

    Returns:
        (loss, accuracy); the loss is not finite if training diverged.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X and y differ in length, n is more than that, or a number is out of range.
    """
    if not isinstance(net, Layer):
        fail_type(f"net must be a Layer, got {describe(net)}")
    X, y = as_float_array(X=X), as_labels(y=y)
    if X.ndim == 0 or len(X) != len(y):
        fail(f"X and y must hold as many samples, got shapes {X.shape} and {y.shape}")
    require_rng(rng=rng)
    require_int(n=(n, 1), steps=(steps, 0))
    require_in_range(lr=(lr, 0, math.inf), low_open=True)
    if n > len(X):
        fail(f"n must be at most the number of samples, {len(X)}, got {n}")
    pick = rng.choice(len(X), n, replace=False)
    net = deepcopy(net).train()
    X, y = X[pick].astype(net.flat.dtype, copy=False), y[pick]
    optimizer = Adam(net, lr=lr)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            net.cleargrads()
            functions.softmax_cross_entropy(net(X), y).backward()
            optimizer.step()
        with no_grad():
            logits = net.eval()(X)
            loss = functions.softmax_cross_entropy(logits, y)
    return float(loss.data), float(np.mean(logits.data.argmax(axis=1) == y))


# The thresholds of diagnose.
FLAT = 0.01  # a loss that changes by less than this share of itself does not move
EXPLODED = 3.0  # times the first loss
FALL = 1000.0  # from one epoch to the next: no descent, but the end of an explosion
LATE = 3  # epochs without movement, before the loss falls to less than half
GAP = 0.05  # of accuracy
LOSS_GAP = 1.5  # validation loss over training loss, where there are no accuracies
POOR = 0.9  # training accuracy


def diagnose(history: Mapping[str, Any]) -> dict[str, str]:
    """What the curves of a training run say: symptom → a sentence with the suspects.

    nan       a loss, by step or by epoch, is not finite
    plateau   the loss shot up (to 3 times the first one, or so high that it fell a thousandfold within an epoch), and
              changed by less than 1 % over the second half: a large learning rate need not end in NaN
    flat      the loss never fell by 1 % of its first value
    late      it did not for 3 epochs, and then fell to less than half
    gap       training accuracy is 0.05 above validation accuracy; without accuracies: the validation loss is 1.5
              times the training loss and has risen by 1 % from its least value
    capacity  no gap, and a training accuracy below 0.9 that goes with a loss that changed by less than 5 % over the
              second half

    Last values count for gap and capacity. nan goes alone; with plateau or flat, and accuracy below 0.9, the others are
    not looked for. The thresholds are rules of thumb: a symptom is a reason to look, not a verdict.

    Args:
        history: what fit returned, or a dict with "train_loss" and, where known, "val_loss", "train_accuracy",
            "val_accuracy": one number an epoch.

    Returns:
        A sentence for each symptom; an empty dict if there is none.

    Raises:
        TypeError: history is not a dict, or an entry does not hold numbers.
        ValueError: history has no train_loss, or no epoch.
    """
    if not isinstance(history, Mapping):
        fail_type(f"history must be a History or a dict of lists, got {describe(history)}")
    if "train_loss" not in history:
        fail("history must have the key train_loss")
    train, val, train_acc, val_acc = (
        _curve(history, key) for key in ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
    )
    steps = as_float_array(history=list(getattr(history, "steps", ())))
    diverged = getattr(history, "diverged", None)
    if not all(np.isfinite(curve).all() for curve in (train, val, steps)) or diverged is not None:
        where = f": {diverged}" if diverged is not None else ""
        return {
            "nan": f"The loss is no longer finite{where}. Lower the learning rate or clip the gradient; look for the "
            "logarithm of 0, divisions by 0, and bad data."
        }
    if len(train) == 0:
        fail("history must hold at least one epoch")

    found: dict[str, str] = {}
    poor = len(train_acc) == 0 or train_acc[-1] < POOR
    if poor and _exploded(train, steps) and _change(train) < FLAT:
        top = max(train.max(), steps.max(initial=0.0))
        return {
            "plateau": f"The loss shot up to {top:.3g} and has stayed near {train[-1]:.3g} since. The learning rate is too "
            "large: it need not give NaN. The units may be dead or saturated."
        }
    if poor and len(train) > 1 and train[0] - train.min() < FLAT * abs(train[0]):
        return {
            "flat": f"The loss hardly moves: {train[0]:.4g} at first, {train.min():.4g} at best. The learning rate is too "
            "small, the gradient vanishes on its way down, or the layers are frozen."
        }
    if len(train) > LATE and train[0] - train[:LATE].min() < FLAT * train[0] and train[-1] < train[0] / 2:
        found["late"] = (
            f"The loss stayed near {train[0]:.4g} for the first {LATE} epochs or more, and fell only then. The first "
            "weights are too small or too large for the depth of the network."
        )
    if gap := _gap(train, val, train_acc, val_acc):
        found["gap"] = f"{gap} The network learns by heart: regularize it, or find more data."
    elif len(train_acc) and train_acc[-1] < POOR and len(train) > 1 and _change(train) < 5 * FLAT:
        found["capacity"] = (
            f"Training accuracy stands at {train_acc[-1]:.3g}, and the loss has settled. Give the network more units or "
            "layers, or less regularization; try other learning rates."
        )
    return found


def _curve(history: Mapping[str, Any], key: str) -> Array:
    curve: Array = as_float_array(**{f"history[{key!r}]": history.get(key, [])})
    require_ndim(**{f"history[{key!r}]": (curve, 1)})
    return curve


def _change(curve: Array) -> float:
    """Spread of the second half of a curve, relative to its last value; infinite for a curve of one point."""
    if len(curve) < 2:
        return math.inf
    half = curve[len(curve) // 2 :] if len(curve) > 2 else curve
    return float(np.ptp(half)) / max(abs(float(curve[-1])), 1e-300)


def _exploded(train: Array, steps: Array) -> bool:
    curve = steps if len(steps) else train
    fell = len(train) > 1 and bool((train[:-1] > FALL * train[1:]).any())
    return fell or bool(curve.max() > EXPLODED * curve[0])


def _gap(train: Array, val: Array, train_acc: Array, val_acc: Array) -> str:
    """A sentence on the gap between training and validation; empty where there is none."""
    if len(train_acc) and len(val_acc):
        if train_acc[-1] - val_acc[-1] > GAP:
            return f"Training accuracy is {train_acc[-1]:.3g}, validation accuracy {val_acc[-1]:.3g}."
    elif len(val) and val[-1] > LOSS_GAP * train[-1] and val[-1] > (1 + FLAT) * val.min():
        return f"The training loss is {train[-1]:.3g}, the validation loss {val[-1]:.3g} after {val.min():.3g}."
    return ""
