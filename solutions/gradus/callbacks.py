"""What can be done while training runs: schedules, early stopping, clipping, constraints on the weights.

``fit(…, callbacks=[LearningRate(schedule), StopEarly(EarlyStopping(5)), …])``: each callback gets the network, its
optimizer and the History so far, and may change any of them. They are called in the order of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from math import inf, isfinite
from sys import float_info
from typing import Any, Protocol

import numpy as np

from .arguments import describe, fail_type, require_callable, require_choice, require_in_range
from .clipping import clip_by_global_norm, global_norm
from .early_stopping import EarlyStopping
from .history import History
from .layer import Layer
from .optimizers import Optimizer
from .regularizers import max_norm
from .schedules import PerformanceSchedule
from .variable import Variable

__all__ = ["Callback", "ClipNorm", "LearningRate", "MomentumRate", "PerformanceRate", "StopEarly", "keep_max_norm"]

Hook = Callable[[Layer, Optimizer, History], object]
Schedule = Callable[[int], float]
Monitor = str | Callable[[History], float]
METHODS = ("on_train_begin", "on_gradients", "on_step", "on_epoch_end", "on_train_end")


class Callback:
    """Does nothing. A callback defines those of these methods that it needs, in a subclass of this or of nothing.

    A plain function is a callback that has on_step only. A callback with something to remember for a resumed run has
    ``state_dict() -> dict`` and ``load_state_dict(state)`` besides; what it keeps in the History is remembered anyway.
    """

    def on_train_begin(self, net: Layer, optimizer: Optimizer, history: History) -> object:
        """Before the first epoch. What a checkpoint holds is put back after this."""

    def on_gradients(self, net: Layer, optimizer: Optimizer, history: History) -> object:
        """Between backward and the optimizer's step: the loss is recorded already, the gradients may be replaced.

        ``p.grad = 0.5 * p.grad``, not ``p.grad *= 0.5``: two parameters may have one array for their gradients.
        """

    def on_step(self, net: Layer, optimizer: Optimizer, history: History) -> object:
        """After the optimizer's step."""

    def on_epoch_end(self, net: Layer, optimizer: Optimizer, history: History) -> object:
        """After an epoch and its validation. Returns True to end training here."""

    def on_train_end(self, net: Layer, optimizer: Optimizer, history: History) -> object:
        """After the last epoch, also when training was stopped or has diverged."""


def hooks_of(callbacks: Sequence[Any]) -> dict[str, list[Hook]]:
    """For each of METHODS what is to be called, in the order of the callbacks."""
    hooks: dict[str, list[Hook]] = {name: [] for name in METHODS}
    for callback in callbacks:
        if not has_methods(callback):
            hooks["on_step"].append(callback)
        for name in METHODS:
            method = getattr(callback, name, None)
            if method is not None and getattr(method, "__func__", None) is not getattr(Callback, name):
                hooks[name].append(method)
    return hooks


def has_methods(callback: Any) -> bool:
    """Whether it is an object with some of METHODS; otherwise it should be a function."""
    return any(hasattr(callback, name) for name in METHODS)


def misused(callback: Any) -> str | None:
    """What to do with something that is no callback, though it looks like one; None for all else."""
    if isinstance(callback, type):
        return f"an object, not a class: make an instance, {callback.__name__}(…)"
    if isinstance(callback, EarlyStopping):
        return "a callback, not what it tells: wrap it, StopEarly(…)"
    if isinstance(callback, PerformanceSchedule):
        return "a callback, not what it tells: wrap it, PerformanceRate(…)"
    return None


def trained_params(net: Layer) -> list[Variable]:
    """The parameters of a network without those of frozen layers."""
    layers = [layer for _, layer in net.named_layers() if layer.frozen]
    frozen = {id(p) for layer in layers for p in vars(layer).values() if isinstance(p, Variable)}
    return [p for p in net.params() if id(p) not in frozen]


class _Scheduled(Callback):
    attribute: str  # of the optimizer, and the name in the history

    def _follow(self, schedule: Schedule, per: str) -> None:
        require_callable(schedule=schedule)
        require_choice(per=(per, ("step", "epoch")))
        self.schedule = schedule
        self.per = per

    def on_gradients(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        t = len(history.steps) - 1 if self.per == "step" else history.epochs
        value = float(self.schedule(t))
        setattr(optimizer, self.attribute, value)
        history.record_step(**{self.attribute: value})

    def on_epoch_end(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        history.record(**{self.attribute: history.per_step[self.attribute][-1]})


class LearningRate(_Scheduled):
    """The learning rate follows a schedule: optimizer.lr = schedule(t) before step t.

    ``LearningRate(lambda t: one_cycle(t, T, lr_max=0.1))`` with T = epochs · (N // batch). The rates are recorded in
    ``history.per_step["lr"]`` and, as they were at the end of each epoch, in ``history["lr"]``.

    Args:
        schedule: schedule(t) -> η > 0.
        per: what t counts, from 0: "step" all steps of the run, "epoch" its epochs.

    Raises:
        TypeError: schedule is not a function.
        ValueError: per is neither of the two.
    """

    attribute = "lr"

    def __init__(self, schedule: Schedule, per: str = "step") -> None:
        self._follow(schedule, per)


class MomentumRate(_Scheduled):
    """The optimizer's momentum follows a schedule, recorded as "momentum"; all else as for LearningRate.

    Args:
        schedule: schedule(t) -> β in [0, 1).
        per: what t counts, "step" or "epoch".

    Raises:
        TypeError: schedule is not a function.
        ValueError: per is neither of the two.
    """

    attribute = "momentum"

    def __init__(self, schedule: Schedule, per: str = "step") -> None:
        self._follow(schedule, per)


class Stepping(Protocol):
    """Something that is told a measured value after every epoch: a PerformanceSchedule, an EarlyStopping.

    When training begins its method reset is called; without one it gets back the attributes it had when it was wrapped.
    """

    step: Callable[..., Any]


class _Monitoring(Callback):
    """Passes on what is measured after each epoch to an object that remembers, whose attributes are the state.

    Every run of training begins with an empty memory: without it a second network would be measured against the first,
    and get the first one's parameters.
    """

    def _watch(self, monitor: Monitor, **named: Stepping) -> None:
        ((name, told),) = named.items()
        if not callable(getattr(told, "step", None)):
            fail_type(f"{name} must have a method step, got {describe(told)}")
        if not isinstance(monitor, str) and not callable(monitor):
            fail_type(f"monitor must be the name of a list in the history, or a function, got {describe(monitor)}")
        self.told = told
        self.monitor = monitor
        self._as_given = self.state_dict()

    def on_train_begin(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        reset = getattr(self.told, "reset", None)
        reset() if reset else self.load_state_dict(self._as_given)

    def _measured(self, history: History) -> float:
        if not isinstance(self.monitor, str):
            return self.monitor(history)
        if not history.get(self.monitor):
            hint = "; give fit X_val and y_val" if self.monitor.startswith("val_") else ""
            raise ValueError(f"{type(self).__name__}: monitor: nothing is recorded as {self.monitor!r}{hint}")
        return history[self.monitor][-1]

    def state_dict(self) -> dict[str, Any]:
        """What the object remembers."""
        method = getattr(self.told, "state_dict", None)
        return method() if method else deepcopy(vars(self.told))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the object remember this."""
        method = getattr(self.told, "load_state_dict", None)
        method(state) if method else vars(self.told).update(deepcopy(state))


class PerformanceRate(_Monitoring):
    """The learning rate falls when a measured value no longer improves; recorded as "lr".

    A value that is not finite counts as the largest number there is. The schedule begins anew with each fit, which does
    not resume from a checkpoint.

    Args:
        schedule: a PerformanceSchedule of gradus.schedules: schedule.lr is the first rate, schedule.step(value) the
            next.
        monitor: the list of the history whose last entry counts, lower being better; or monitor(history) -> what
            counts, ``lambda history: -history["val_accuracy"][-1]``.

    Raises:
        TypeError: schedule has no method step, or monitor is neither text nor a function.
    """

    def __init__(self, schedule: Stepping, monitor: Monitor = "val_loss") -> None:
        self._watch(monitor, schedule=schedule)

    def on_train_begin(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        super().on_train_begin(net, optimizer, history)
        optimizer.lr = self.told.lr  # type: ignore[attr-defined]

    def on_epoch_end(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        history.record(lr=optimizer.lr)
        value = self._measured(history)
        optimizer.lr = float(self.told.step(value if isfinite(value) else float_info.max))


class StopEarly(_Monitoring):
    """Training ends when a measured value no longer improves, and the network gets back its best parameters.

    It gets them back however training ends: early, after the last epoch, or because it diverged. The stopping begins
    anew with each fit, which does not resume from a checkpoint.

    Args:
        stopping: an EarlyStopping of gradus.early_stopping: stopping.step(value, net) says whether to stop, and
            stopping.restore(net) puts the best parameters back.
        monitor: as for PerformanceRate.

    Raises:
        TypeError: stopping has no method step, or monitor is neither text nor a function.
    """

    def __init__(self, stopping: Stepping, monitor: Monitor = "val_loss") -> None:
        self._watch(monitor, stopping=stopping)

    def on_epoch_end(self, net: Layer, optimizer: Optimizer, history: History) -> bool:
        return bool(self.told.step(self._measured(history), net))

    def on_train_end(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        if hasattr(self.told, "restore"):
            self.told.restore(net)


class ClipNorm(Callback):
    """Gradients are clipped by their global norm, frozen layers left out, and its size before that is recorded.

    ``history.per_step["grad_norm"]`` holds it for each step, ``history["grad_norm"]`` its mean over each epoch.

    Args:
        max_norm: the largest global norm that is let through, > 0; None only records.

    Raises:
        TypeError: max_norm is not a number.
        ValueError: max_norm is not positive and finite.
    """

    def __init__(self, max_norm: float | None) -> None:
        if max_norm is not None:
            require_in_range(max_norm=(max_norm, 0, inf), low_open=True)
        self.max_norm = max_norm
        self.norms: list[float] = []  # of the epoch so far

    def on_train_begin(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        self.norms = []

    def on_gradients(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        pairs = [(p, p.grad) for p in trained_params(net) if p.grad is not None]
        if self.max_norm is None:
            norm = global_norm([grad for _, grad in pairs])
        else:
            clipped, norm = clip_by_global_norm([grad for _, grad in pairs], self.max_norm)
            for (p, _), grad in zip(pairs, clipped, strict=True):
                p.grad = grad
        history.record_step(grad_norm=norm)
        self.norms.append(float(norm))

    def on_epoch_end(self, net: Layer, optimizer: Optimizer, history: History) -> None:
        history.record(grad_norm=float(np.mean(self.norms)))
        self.norms = []


def keep_max_norm(r: float) -> Hook:
    """A callback that keeps the weights into each unit in a ball of radius r, by regularizers.max_norm after each step.

    The last axis of a weight matrix or kernel counts its units, the others what goes into one of them. Parameters of one
    axis, biases and the scales of batch normalization, and frozen layers are left alone.

    Args:
        r: the largest Euclidean norm of a unit's weights, > 0.

    Returns:
        callback(net, optimizer, history).

    Raises:
        TypeError, ValueError: r is not a positive number.
    """
    require_in_range(r=(r, 0, inf), low_open=True)

    def constrain(net: Layer, optimizer: Optimizer, history: History) -> None:
        for p in trained_params(net):
            if p.ndim > 1:
                p.data[...] = max_norm(p.data, r, axis=tuple(range(p.ndim - 1)))

    return constrain
