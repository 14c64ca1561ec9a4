"""The inside of the training loop: one step, one epoch, and what happens where a number is no longer finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import Any

import numpy as np

from .arguments import describe
from .callbacks import Hook, trained_params
from .divergence import BeforeStep, Divergence, divergent_gradient, divergent_layer, gradients_are_finite
from .history import History
from .layer import Layer
from .optimizers import Optimizer
from .variable import Variable

__all__ = ["Loop"]

Array = np.ndarray
Loss = Callable[[Variable, Array], Variable]
Penalty = Callable[[Layer], Variable]
Clip = Callable[[list[Array]], Sequence[Array]]
Augment = Callable[[Array, np.random.Generator], Array]


@dataclass
class Loop:
    """The step and the epoch of fit, whose arguments these are."""

    net: Layer
    optimizer: Optimizer
    rng: np.random.Generator
    history: History
    hooks: dict[str, list[Hook]]
    loss: Loss
    penalty: Penalty | None
    clip: Clip | None
    augment: Augment | None
    before: BeforeStep
    first: int = 0  # step of the epoch

    def call(self, method: str) -> list[object]:
        return [hook(self.net, self.optimizer, self.history) for hook in self.hooks[method]]

    def epoch(self, minibatches: Iterator[tuple[Array, Array]]) -> None:
        """One epoch. Of one that diverges only the steps are recorded, and history.diverged."""
        history = self.history
        self.first = len(history.steps)
        correct, seen = 0.0, 0
        for X, y in minibatches:
            correct += count_correct(self.step(X, y), y)
            seen += len(y)
            if history.diverged:
                return
        if not np.isfinite(self.net.flat).all():
            self._diverged(divergent_layer(self.net, X))
            return
        history.record(train_loss=float(np.mean(history.steps[self.first :])))
        if not isnan(correct):
            history.record(train_accuracy=correct / seen)
        if self.penalty is not None:
            history.record(penalty=float(np.mean(history.per_step["penalty"][self.first :])))

    def step(self, X: Array, y: Array) -> Array:
        """One step on one minibatch; no step where anything is not finite. Returns the outputs before it."""
        net, history = self.net, self.history
        if self.augment is not None:
            X = np.asarray(self.augment(X, self.rng), X.dtype)
            if len(X) != len(y):
                raise ValueError(f"fit: augment must return {len(y)} inputs, got shape {X.shape}")
        self.before.keep()
        net.cleargrads()
        with np.errstate(over="ignore", invalid="ignore"):  # fit says what happened, better than NumPy's warning
            outputs = net(X)
            total = one_number("fit", "loss", self.loss(outputs, y))
            history.record_step(loss=total.data.item())
            if self.penalty is not None:
                penalty = one_number("fit", "penalty", self.penalty(net))
                history.record_step(penalty=penalty.data.item())
                total = total + penalty
            if not isfinite(total.data.item()):
                self.before.restore()  # to draw again the masks with which it happened
                self._diverged(divergent_layer(net, X))
                return outputs.data
            total.backward()
            if not gradients_are_finite(net):
                self._diverged(*divergent_gradient(net))
                return outputs.data
            if self.clip is not None:
                _clip_gradients(net, self.clip)
            self.call("on_gradients")
            self.optimizer.step()
        self.call("on_step")
        return outputs.data

    def _diverged(self, layer: str, parameter: str = "") -> None:
        history = self.history
        self.before.restore()
        step = len(history.steps) - 1 - self.first
        history.diverged = Divergence(history.epochs, step, layer, history.steps[-1], parameter)


def one_number(function: str, name: str, value: Any) -> Variable:
    """The value, if it is a Variable of one number as the argument of this name should return it."""
    if not isinstance(value, Variable):
        raise TypeError(f"{function}: {name} must return a Variable of one number, got {describe(value)}")
    if value.size != 1:
        raise ValueError(f"{function}: {name} must return a Variable of one number, got one of shape {value.shape}")
    return value


def _clip_gradients(net: Layer, clip: Clip) -> None:
    pairs = [(p, p.grad) for p in trained_params(net) if p.grad is not None]
    grads = clip([g for _, g in pairs])
    if isinstance(grads, tuple) and len(grads) == 2 and isinstance(grads[0], list | tuple):
        raise TypeError(
            "fit: clip must return the list of gradients alone, got a pair; of what clip_by_global_norm returns, take "
            "the first: lambda grads: clip_by_global_norm(grads, 1.0)[0]"
        )
    if not isinstance(grads, list | tuple):
        raise TypeError(f"fit: clip must return a list of gradients, got {describe(grads)}")
    if len(grads) != len(pairs):
        raise ValueError(f"fit: clip must return {len(pairs)} gradients, as many as it was given, got {len(grads)}")
    for i, (g, (p, _)) in enumerate(zip(grads, pairs, strict=True)):
        if not isinstance(g, np.ndarray) or g.dtype.kind not in "fiu":
            raise TypeError(f"fit: clip must return arrays of real numbers, got {describe(g)} as number {i}")
        if g.shape != p.shape:
            raise ValueError(
                f"fit: clip must return gradients of the shapes it was given, got {g.shape} for {p.shape} as number {i}"
            )
    for (p, _), g in zip(pairs, grads, strict=True):
        p.grad = np.asarray(g, p.dtype)


def count_correct(outputs: Array, y: Array) -> float:
    """How many outputs (N, C) are largest where the label says; NaN where there are no labels or no classes."""
    if y.dtype.kind == "f" or outputs.ndim != 2 or outputs.shape[1] < 2:
        return nan
    return float(np.count_nonzero(outputs.argmax(axis=1) == y))
