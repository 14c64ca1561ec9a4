"""Early stopping (Prechelt 1998): end training when the validation loss has not improved for a while."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from .arguments import describe, fail, fail_type, require_bool, require_in_range, require_int

__all__ = ["EarlyStopping"]

Array = np.ndarray


class EarlyStopping:
    """Says when to stop, and gives the network back the parameters with which it was best.

        value < best − min_delta   →   best ← value, wait ← 0, keep a copy of the parameters
        otherwise                  →   wait ← wait + 1, stop where wait ≥ patience

    Smaller values are better; pass −accuracy to wait for the greatest accuracy. NaN is no improvement.

    Libraries differ: patience counts as in Keras' EarlyStopping, wait ≥ patience, so that patience = 3 stops at the
    third value in a row that is no better. PyTorch's ReduceLROnPlateau acts one value later, wait > patience, and
    measures its threshold relative to the best value unless told otherwise. Keras' default is restore_best_weights=False.

    Args:
        patience: values without improvement after which to stop, at least 1.
        min_delta: by how much a value must fall below the best to count as an improvement, not negative.
        restore_best: whether to keep the best parameters and put them back at the stop.

    Attributes:
        best: the best value, ∞ before the first.
        best_step: at which call of step it came, counted from 0; −1 before.
        steps: number of calls of step so far.
        wait: how many values in a row were no improvement.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: patience < 1, or min_delta is negative or not finite.
    """

    def __init__(self, patience: int, min_delta: float = 0.0, restore_best: bool = True) -> None:
        require_int(patience=(patience, 1))
        require_in_range(min_delta=(min_delta, 0, math.inf))
        require_bool(restore_best=restore_best)
        self.patience = int(patience)
        self.min_delta = float(min_delta)
        self.restore_best = bool(restore_best)
        self.reset()

    def reset(self) -> None:
        """Forget all values and parameters, as if new: for another run of training."""
        self.best = math.inf
        self.best_step = -1
        self.steps = 0
        self.wait = 0
        self._best_params: dict[str, Array] = {}

    def step(self, value: float, net: Any) -> bool:
        """Take note of one more value; at the stop, restore the best parameters if that was asked for.

        Args:
            value: the quantity watched, the validation loss as a rule.
            net: a Layer, or anything with state_dict() and load_state_dict(state).

        Returns:
            Whether to stop.

        Raises:
            TypeError: value is not a number, or net has no state_dict.
        """
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            fail_type(f"value must be a number, got {describe(value)}")
        _require_net(net)
        if value < self.best - self.min_delta:
            self.best, self.best_step, self.wait = float(value), self.steps, 0
            if self.restore_best:
                self._best_params = _copy(net.state_dict())
        else:
            self.wait += 1
        self.steps += 1
        stop = self.wait >= self.patience
        if stop:
            self.restore(net)
        return stop

    def restore(self, net: Any) -> None:
        """Put the best parameters back, where they were kept: when training ended without a stop.

        Args:
            net: the network whose parameters were kept.

        Raises:
            TypeError: net has no load_state_dict.
            ValueError: the parameters kept are those of another network.
        """
        _require_net(net)
        if self._best_params:
            net.load_state_dict(_copy(self._best_params))

    def state_dict(self) -> dict[str, Array]:
        """All that step has noted, as copies of arrays by name: with it, training resumes as if never interrupted."""
        counts = {name: np.array(getattr(self, name)) for name in ("best", "best_step", "steps", "wait")}
        return counts | {f"net.{name}": array for name, array in _copy(self._best_params).items()}

    def load_state_dict(self, state: dict[str, Array]) -> None:
        """Go on from a state_dict.

        Args:
            state: what state_dict returned.

        Raises:
            TypeError: state is not a dict.
            ValueError: an entry is missing.
        """
        if not isinstance(state, dict):
            fail_type(f"state must be a dict of arrays, got {describe(state)}")
        if missing := [name for name in ("best", "best_step", "steps", "wait") if name not in state]:
            fail(f"state lacks {', '.join(missing)}, got {', '.join(map(str, state)) or 'an empty dict'}")
        self.best = float(state["best"])
        self.best_step, self.steps, self.wait = (int(state[name]) for name in ("best_step", "steps", "wait"))
        kept = {name.removeprefix("net."): array for name, array in state.items() if name.startswith("net.")}
        self._best_params = _copy(kept)


def _copy(params: dict[str, Array]) -> dict[str, Array]:
    return {name: np.array(array) for name, array in params.items()}


def _require_net(net: Any) -> None:
    if not (hasattr(net, "state_dict") and hasattr(net, "load_state_dict")):
        fail_type(f"net must be a Layer, got {describe(net)}")
