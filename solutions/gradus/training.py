"""The training loop: minibatches, loss, backward, step; what it records, and what it says when training diverges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from . import functions
from .arguments import as_float_array, as_labels, describe, fail, fail_type, require_callable, require_int, require_rng
from .layer import Layer
from .layers import Sequential
from .network import iterate_minibatches
from .optimizers import Optimizer
from .variable import no_grad

__all__ = ["Divergence", "History", "evaluate", "fit"]

Array = np.ndarray
Callback = Callable[[Layer, Optimizer, "History"], object]
Clip = Callable[[list[Array]], Sequence[Array]]


class Divergence(NamedTuple):
    """Where training left the finite numbers."""

    epoch: int  # counted from 0
    step: int  # minibatch within the epoch, from 0
    layer: str  # the first layer whose output is not finite: "2 Linear"
    loss: float

    def __str__(self) -> str:
        return (
            f"diverged in epoch {self.epoch}, step {self.step}, where the loss is {self.loss}: the first values that "
            f"are not finite come out of layer {self.layer}"
        )


class History(dict):
    """What happened in training: one entry an epoch in each of the lists

    train_loss: mean loss of the epoch's minibatches, measured as the network changed
    train_accuracy: share of their samples that were classified correctly, likewise
    val_loss, val_accuracy: on the validation data at the end of the epoch, in evaluation mode; empty without such data

    Attributes:
        steps: the loss of every minibatch.
        diverged: None, or the Divergence that ended training. Print it.
    """

    def __init__(self) -> None:
        super().__init__(train_loss=[], train_accuracy=[], val_loss=[], val_accuracy=[])
        self.steps: list[float] = []
        self.diverged: Divergence | None = None


def fit(
    net: Layer,
    X: Array,
    y: Array,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch: int = 32,
    rng: np.random.Generator,
    X_val: Array | None = None,
    y_val: Array | None = None,
    callbacks: Sequence[Callback] = (),
    clip: Clip | None = None,
    drop_last: bool = True,
    progress: bool = False,
) -> History:
    """Train a classifier on softmax cross-entropy.

    For each minibatch: forward, loss, backward, clip, step, callbacks. The network is put into training mode and left
    there. When the loss is no longer finite, training stops and says where in ``history.diverged``.

    Args:
        net: maps (N, D) to logits (N, C).
        X, y: inputs (N, …) and integer labels (N,). X is converted to the dtype of the parameters.
        optimizer: of this net.
        epochs: passes over the data.
        batch: samples in a minibatch, at most N.
        rng: draws the order of the samples, epoch by epoch.
        X_val, y_val: validation data, evaluated after every epoch.
        callbacks: functions callback(net, optimizer, history), called after each step; len(history.steps) is the number
            of steps so far. A schedule sets optimizer.lr here.
        clip: takes the list of gradients, one for each parameter, and returns a list of the same shapes:
            ``lambda grads: clip_by_global_norm(grads, 1.0)[0]``.
        drop_last: leave out a last minibatch that is not full.
        progress: show a bar (needs tqdm).

    Returns:
        The History.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X and y differ in length, batch is larger than N, labels are negative, or only one of X_val and
            y_val is given.
    """
    X, y = _checked_data(net, X=X, y=y)
    if not isinstance(optimizer, Optimizer):
        fail_type(f"optimizer must be an Optimizer, got {describe(optimizer)}")
    if optimizer.net is not net:
        fail("optimizer must have been made for this net")
    require_int(epochs=(epochs, 0), batch=(batch, 1))
    require_rng(rng=rng)
    if batch > len(X):
        fail(f"batch must be at most the number of samples, {len(X)}, got {batch}")
    if (X_val is None) != (y_val is None):
        fail("X_val and y_val must be given together")
    if X_val is not None:
        X_val, y_val = _checked_data(net, X_val=X_val, y_val=y_val)
    if clip is not None:
        require_callable(clip=clip)
    require_callable(**{f"callbacks[{i}]": callback for i, callback in enumerate(callbacks)})

    history = History()
    net.train()
    for epoch in _with_progress(range(epochs), progress):
        losses, correct, seen = [], 0, 0
        for X_batch, y_batch in iterate_minibatches(X, y, batch, rng, drop_last):
            loss, logits = _train_on(net, X_batch, y_batch, optimizer, clip)
            losses.append(loss)
            history.steps.append(loss)
            if not isfinite(loss):
                break
            correct += int(np.count_nonzero(logits.argmax(axis=1) == y_batch))
            seen += len(y_batch)
            for callback in callbacks:
                callback(net, optimizer, history)
        if not (isfinite(loss) and np.isfinite(net.flat).all()):
            history.diverged = Divergence(epoch, len(losses) - 1, _first_not_finite(net, X_batch), loss)
            break
        history["train_loss"].append(float(np.mean(losses)))
        history["train_accuracy"].append(correct / seen)
        if X_val is not None:
            val_loss, val_accuracy = evaluate(net, X_val, y_val)
            history["val_loss"].append(val_loss)
            history["val_accuracy"].append(val_accuracy)
    return history


def _train_on(net: Layer, X: Array, y: Array, optimizer: Optimizer, clip: Clip | None) -> tuple[float, Array]:
    """One step on one minibatch; no step if the loss is not finite. Returns the loss before it, and the logits."""
    net.cleargrads()
    with np.errstate(over="ignore", invalid="ignore"):  # fit says what happened, better than NumPy's warning
        logits = net(X)
        loss = functions.softmax_cross_entropy(logits, y)
        if isfinite(loss.data):
            loss.backward()
            if clip is not None:
                _clip_gradients(net, clip)
            optimizer.step()
    return float(loss.data), logits.data


def _clip_gradients(net: Layer, clip: Clip) -> None:
    params = [p for p in net.params() if p.grad is not None]
    if not all(np.isfinite(p.grad).all() for p in params):
        return  # no clipping mends that; the next loss will show it
    grads = clip([p.grad for p in params])
    if [np.shape(g) for g in grads] != [p.shape for p in params]:
        fail("clip must return gradients of the shapes it was given")
    for p, g in zip(params, grads, strict=True):
        p.grad = np.asarray(g, p.dtype)


def evaluate(net: Layer, X: Array, y: Array) -> tuple[float, float]:
    """Mean loss and accuracy of a classifier on data, in evaluation mode and without gradients.

    Every layer is in the mode in which it was found afterwards.

    Args:
        net: maps (N, D) to logits (N, C).
        X, y: inputs (N, …) and integer labels (N,).

    Returns:
        (loss, accuracy), Python floats.

    Raises:
        TypeError, ValueError: as fit.
    """
    X, y = _checked_data(net, X=X, y=y)
    with _evaluation_mode(net), no_grad(), np.errstate(over="ignore", invalid="ignore"):
        logits = net(X)
        loss = functions.softmax_cross_entropy(logits, y)
    return float(loss.data), float(np.mean(logits.data.argmax(axis=1) == y))


@contextmanager
def _evaluation_mode(net: Layer) -> Iterator[None]:
    layers = [layer for _, layer in net.named_layers()]
    modes = [layer.training for layer in layers]
    net.eval()
    try:
        yield
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.training = mode


def _checked_data(net: Layer, **named: Any) -> tuple[Array, Array]:
    """The two arguments by their names: inputs in the dtype of the parameters and labels, of one length."""
    if not isinstance(net, Layer):
        fail_type(f"net must be a Layer, got {describe(net)}")
    (X_name, X), (y_name, y) = named.items()
    X = as_float_array(**{X_name: X}).astype(net.flat.dtype, copy=False)
    y = as_labels(**{y_name: y})
    if X.ndim == 0 or len(X) != len(y) or len(X) == 0:
        fail(f"{X_name} and {y_name} must hold as many samples, at least one, got shapes {X.shape} and {y.shape}")
    return X, y


def _first_not_finite(net: Layer, X: Array) -> str:
    """Number and kind of the first layer whose output holds NaN or infinity."""
    if isinstance(net, Sequential):
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = net.outputs(X)
        for i, (layer, output) in enumerate(outputs):
            if not np.isfinite(output).all():
                return f"{i} {type(layer).__name__}"
    return type(net).__name__


def _with_progress(epochs: range, progress: bool) -> Any:
    if not progress:
        return epochs
    from tqdm.auto import tqdm

    return tqdm(epochs, unit="epoch")
