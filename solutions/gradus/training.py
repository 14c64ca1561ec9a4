"""The training loop: minibatches, loss, backward, step; what it records, and what it says when training diverges."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from time import perf_counter
from typing import Any

import numpy as np

from . import functions
from .arguments import (
    as_float_array,
    as_labels,
    describe,
    fail,
    fail_type,
    require_bool,
    require_callable,
    require_finite,
    require_int,
    require_rng,
)
from .callbacks import Callback, Hook, has_methods, hooks_of, misused
from .checkpoints import Checkpoint, Run
from .divergence import BeforeStep, Divergence
from .history import History
from .layer import Layer
from .network import iterate_minibatches
from .optimizers import Optimizer
from .progress import ProgressBar
from .training_loop import Augment, Clip, Loop, Loss, Penalty, count_correct, one_number
from .variable import no_grad

__all__ = ["Divergence", "History", "evaluate", "fit", "predict"]

Array = np.ndarray


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
    callbacks: Sequence[Callback | Hook] = (),
    clip: Clip | None = None,
    drop_last: bool = True,
    progress: bool | None = None,
    loss: Loss = functions.softmax_cross_entropy,
    penalty: Penalty | None = None,
    augment: Augment | None = None,
    shuffle: bool = True,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
) -> History:
    """Train a network, by default a classifier on softmax cross-entropy.

    For each minibatch: forward, loss, backward, clip, step, callbacks. The network is put into training mode and left
    there. When the loss or a gradient is no longer finite, training stops without another step and says where in
    ``history.diverged``.

    Args:
        net: maps (N, …) to outputs: logits (N, C) for the default loss.
        X: inputs (N, …), converted to the dtype of the parameters.
        y: integer labels (N,) from 0 for the default loss. For another, real targets (N, …), converted as X is; only
            integers (N,) reach a loss of your own as they are, for it may want labels.
        optimizer: of this net.
        epochs: passes over the data; those in the checkpoint count.
        batch: samples in a minibatch, at most N.
        rng: draws the order of the samples, epoch by epoch.
        X_val, y_val: validation data, evaluated after every epoch.
        callbacks: functions callback(net, optimizer, history), called after each step, and objects with some of the
            methods of gradus.callbacks.Callback. len(history.steps) is the number of steps so far.
        clip: takes the list of gradients, one for each parameter that is not frozen, and returns a list of the same shapes:
            ``lambda grads: clip_by_global_norm(grads, 1.0)[0]``.
        drop_last: leave out a last minibatch that is not full.
        progress: show a bar (needs tqdm). None shows it if somebody watches, on a terminal or in a notebook that is not
            executed by a program (nbconvert, a book's build), tqdm is there and training takes more than a second.
        loss: loss(outputs, y) -> a Variable of one number, a mean over the batch: ``functions.mean_squared_error``.
        penalty: penalty(net) -> a Variable of one number that is added to the loss of each minibatch, once, not per
            sample: ``l2(1e-4)`` of gradus.penalties. It is recorded by itself: the losses of the history are without it.
        augment: augment(X_batch, rng) -> the inputs to train on instead: shifted images, noise to be removed.
        shuffle: draw a new order every epoch; False keeps that of the data.
        checkpoint: a file, or a Checkpoint. If the file exists, training goes on after the last epoch in it, and ends
            as if it had never been interrupted; what it holds replaces the parameters, the state of the optimizer
            and its learning rate, of the callbacks and of all generators. It is written anew after every epoch.

    Returns:
        The History.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X or y holds NaN or infinity, X and y differ in length, batch is larger than N, labels are negative,
            only one of X_val and y_val is given, or the checkpoint is damaged or of another run. Nothing is changed then.
        OSError: the checkpoint cannot be written there. This, and a callback with a state that a file cannot hold (a
            TypeError), shows before the first step.
    """
    require_callable(loss=loss)
    X, y = _checked_data(net, loss, X=X, y=y)
    if not isinstance(optimizer, Optimizer):
        fail_type(f"optimizer must be an Optimizer, got {describe(optimizer)}")
    if optimizer.net is not net:
        fail("optimizer must have been made for this net")
    require_int(epochs=(epochs, 0), batch=(batch, 1))
    require_rng(rng=rng)
    require_bool(drop_last=drop_last, shuffle=shuffle)
    if progress is not None:
        require_bool(progress=progress)
    if batch > len(X):
        fail(f"batch must be at most the number of samples, {len(X)}, got {batch}")
    if (X_val is None) != (y_val is None):
        fail("X_val and y_val must be given together")
    if X_val is not None:
        X_val, y_val = _checked_data(net, loss, X_val=X_val, y_val=y_val)
    require_callable(
        **{k: f for k, f in {"clip": clip, "penalty": penalty, "augment": augment}.items() if f is not None}
    )
    if not isinstance(callbacks, list | tuple):
        fail_type(f"callbacks must be a list, got {describe(callbacks)}")
    for i, callback in enumerate(callbacks):
        if advice := misused(callback):
            fail_type(f"callbacks[{i}] must be {advice}, got {describe(callback)}")
        if not has_methods(callback):
            require_callable(**{f"callbacks[{i}]": callback})
    if isinstance(checkpoint, str | os.PathLike):
        checkpoint = Checkpoint(checkpoint)
    if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
        fail_type(f"checkpoint must be a path or a Checkpoint, got {describe(checkpoint)}")

    history = History()
    data = {"X": X, "y": y, "X_val": X_val, "y_val": y_val}
    functions_given = {"loss": loss, "penalty": penalty, "clip": clip, "augment": augment}
    settings = {"batch": int(batch), "drop_last": bool(drop_last), "shuffle": bool(shuffle)} | functions_given
    run = Run(net, optimizer, history, rng, callbacks, data, settings)
    saved = None if checkpoint is None else _read_checkpoint(checkpoint, run, epochs)
    loop = Loop(net, optimizer, rng, history, hooks_of(callbacks), loss, penalty, clip, augment, BeforeStep(net))
    net.train()
    loop.call("on_train_begin")
    if saved is not None:
        run.load_state_dict(saved)
    if checkpoint is not None and history.epochs < epochs and not history.stopped:
        try:
            checkpoint.rehearse(run)
        except TypeError as error:
            fail_type(f"checkpoint {error}")
    with ProgressBar(progress, history.epochs, epochs) as bar:
        while history.epochs < epochs and not history.stopped:
            start = perf_counter()
            loop.epoch(_minibatches(X, y, batch, rng, drop_last, shuffle))
            if history.diverged:
                break
            if X_val is not None and y_val is not None:
                val_loss, val_accuracy = evaluate(net, X_val, y_val, loss=loss)
                history.record(val_loss=val_loss)
                if not isnan(val_accuracy):
                    history.record(val_accuracy=val_accuracy)
            history.seconds.append(perf_counter() - start)
            history.stopped = any(map(bool, loop.call("on_epoch_end")))
            if checkpoint is not None:
                checkpoint.write(run, last=history.stopped or history.epochs == epochs)
            bar.show(history)
    loop.call("on_train_end")
    return history


def _minibatches(
    X: Array, y: Array, batch: int, rng: np.random.Generator, drop_last: bool, shuffle: bool
) -> Iterator[tuple[Array, Array]]:
    if shuffle:
        return iterate_minibatches(X, y, batch, rng, drop_last)
    end = len(X) - len(X) % batch if drop_last else len(X)
    return ((X[i : i + batch], y[i : i + batch]) for i in range(0, end, batch))


def _read_checkpoint(checkpoint: Checkpoint, run: Run, epochs: int) -> dict[str, Any] | None:
    try:
        return checkpoint.read(run, epochs)
    except ValueError as error:
        fail(f"checkpoint {error}")
        raise


def evaluate(
    net: Layer, X: Array, y: Array, *, loss: Loss = functions.softmax_cross_entropy, batch: int = 512
) -> tuple[float, float]:
    """Mean loss and accuracy on data, in evaluation mode and without gradients.

    Every layer is in the mode in which it was found afterwards.

    Args:
        net: maps (N, …) to outputs: logits (N, C) for the default loss.
        X: inputs (N, …), converted to the dtype of the parameters.
        y: integer labels (N,), or for another loss real targets (N, …), as in fit.
        loss: loss(outputs, y) -> a Variable of one number, a mean over the samples.
        batch: samples that are computed at a time; it bounds the memory needed and does not change the result.

    Returns:
        (loss, accuracy), Python floats; the accuracy is NaN where y are no labels or the outputs not (N, C).

    Raises:
        TypeError, ValueError: as fit.
    """
    require_callable(loss=loss)
    require_int(batch=(batch, 1))
    X, y = _checked_data(net, loss, X=X, y=y)
    total, correct = 0.0, 0.0
    with _evaluation_mode(net):
        for start in range(0, len(X), batch):
            y_batch = y[start : start + batch]
            outputs = net(X[start : start + batch])
            total += one_number("evaluate", "loss", loss(outputs, y_batch)).data.item() * len(y_batch)
            correct += count_correct(outputs.data, y_batch)
    return total / len(X), correct / len(X)


def predict(net: Layer, X: Array, *, batch: int = 512) -> Array:
    """The outputs of a network, in evaluation mode and without gradients.

    Every layer is in the mode in which it was found afterwards.

    Args:
        net: maps (N, …) to outputs (N, …).
        X: inputs (N, …), N ≥ 1, converted to the dtype of the parameters.
        batch: samples that are computed at a time; it bounds the memory needed and does not change the result.

    Returns:
        The outputs as an array: ``predict(net, X).argmax(axis=1)`` are the classes that a classifier finds.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: there are no samples, X holds NaN or infinity or does not fit the net, or batch is less than 1.
    """
    require_int(batch=(batch, 1))
    X = _checked_inputs(net, X=X)
    if X.ndim == 0 or len(X) == 0:
        fail(f"X must hold at least one sample, got shape {X.shape}")
    parts = (X[start : start + batch] for start in range(0, len(X), batch))
    with _evaluation_mode(net):
        try:
            return np.concatenate([net(part).data for part in parts])
        except ValueError as error:
            raise ValueError(f"predict: the net does not take X of shape {X.shape}: {error}") from error


@contextmanager
def _evaluation_mode(net: Layer) -> Iterator[None]:
    """Without gradients; every layer is in its former mode afterwards."""
    layers = [layer for _, layer in net.named_layers()]
    modes = [layer.training for layer in layers]
    net.eval()
    try:
        with no_grad(), np.errstate(over="ignore", invalid="ignore"):
            yield
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.training = mode


def _checked_inputs(net: Layer, **named: Any) -> Array:
    """The argument by its name, in the dtype of the parameters."""
    if not isinstance(net, Layer):
        fail_type(f"net must be a Layer, got {describe(net)}")
    X: Array = as_float_array(**named)
    require_finite(**named)
    return X.astype(net.flat.dtype, copy=False)


def _checked_data(net: Layer, loss: Loss, **named: Any) -> tuple[Array, Array]:
    """Inputs and targets by their names, of one length: labels as they are, other targets in the dtype of the inputs.

    Whether integers are labels is the loss's to say: those of a regression may be negative.
    """
    (X_name, X), (y_name, y) = named.items()
    X = _checked_inputs(net, **{X_name: X})
    if loss is functions.softmax_cross_entropy:
        y = as_labels(**{y_name: y})
    elif loss is not functions.mean_squared_error and np.ndim(y) == 1 and np.asarray(y).dtype.kind in "iu":
        y = np.asarray(y)  # a loss of the reader's own may pass them on as labels, or compute with them
    else:
        y = as_float_array(**{y_name: y}).astype(X.dtype, copy=False)
        require_finite(**{y_name: y})
    if y.ndim == 0 or len(X) != len(y) or len(X) == 0:
        fail(f"{X_name} and {y_name} must hold as many samples, at least one, got shapes {X.shape} and {y.shape}")
    return X, y
