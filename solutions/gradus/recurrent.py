"""A recurrent layer: one set of weights, applied at every step of a sequence.

Nothing here is new to the engine: the loop over time builds a graph that is as deep as the sequence is long, and backward
goes back through it. That is backpropagation through time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import functions
from .arguments import as_float_dtype, fail, require_bool, require_callable, require_int, require_rng
from .initializers import glorot_uniform, lecun_normal
from .layer import Layer
from .variable import Variable

__all__ = ["RNN"]

Array = np.ndarray
Init = Callable[[tuple[int, int], np.random.Generator], Array]


class RNN(Layer):
    """A recurrent tanh layer (Elman 1990) over sequences (N, T, D).

        h_0 = 0
        h_t = tanh(x_t Wx + h_{t−1} Wh + b)        t = 1 … T

    Libraries differ: PyTorch has two biases, of which only the sum matters, and draws everything from U(±1/√H); Keras
    starts Wh as an orthogonal matrix.

    Args:
        fan_in: D, the numbers in each step of a sequence.
        units: H, the size of the state.
        every_step: return all states (N, T, H); else the last one (N, H), for one answer a sequence.
        rng: source of the first weights.
        init: init(shape, rng) -> Wx.
        recurrent_init: init(shape, rng) -> Wh. Its size decides over vanishing and exploding gradients.
        dtype: of the parameters.

    Attributes:
        Wx: Variable (D, H).
        Wh: Variable (H, H).
        b: Variable (H,), zeros at first.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a size is less than 1, or an init returns another shape.
    """

    def __init__(
        self,
        fan_in: int,
        units: int,
        *,
        every_step: bool = False,
        rng: np.random.Generator,
        init: Init = glorot_uniform,
        recurrent_init: Init = lecun_normal,
        dtype: Any = np.float64,
    ) -> None:
        require_int(fan_in=(fan_in, 1), units=(units, 1))
        require_bool(every_step=every_step)
        require_rng(rng=rng)
        require_callable(init=init, recurrent_init=recurrent_init)
        dtype = as_float_dtype(dtype=dtype)
        Wx, Wh = init((fan_in, units), rng), recurrent_init((units, units), rng)
        if np.shape(Wx) != (fan_in, units):
            fail(f"init must return an array of shape {(fan_in, units)}, got shape {np.shape(Wx)}")
        if np.shape(Wh) != (units, units):
            fail(f"recurrent_init must return an array of shape {(units, units)}, got shape {np.shape(Wh)}")
        self.Wx = Variable(np.array(Wx, dtype))
        self.Wh = Variable(np.array(Wh, dtype))
        self.b = Variable(np.zeros(units, dtype))
        self.every_step = every_step

    def forward(self, x: Any) -> Variable:
        states = self.states(x)
        return functions.stack(states, axis=1) if self.every_step else states[-1]

    def states(self, x: Any) -> list[Variable]:
        """h_1 … h_T, each (N, H).

        Raises:
            ValueError: x is not of shape (N, T, D) with T ≥ 1.
        """
        shape = np.shape(getattr(x, "data", x))
        if len(shape) != 3 or shape[1] == 0 or shape[2] != len(self.Wx):
            fail(f"x must have shape (N, T, {len(self.Wx)}) with T of at least 1, got {shape}")
        states: list[Variable] = []
        for t in range(shape[1]):
            z = functions.linear(x[:, t], self.Wx, self.b)
            if states:
                z = z + functions.matmul(states[-1], self.Wh)
            states.append(functions.tanh(z))
        return states
