"""Activations as layers: fixed ones, those with trained or random slopes, and maxout."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

import numpy as np

from . import functions, unit_functions
from .arguments import (
    as_float_dtype,
    fail,
    require_callable,
    require_choice,
    require_in_range,
    require_int,
    require_rng,
)
from .initializers import he_normal
from .layer import Layer
from .variable import Variable

__all__ = ["Activation", "Maxout", "PReLU", "RReLU"]

Array = np.ndarray


class Activation(Layer):
    """An activation function as a layer.

    Args:
        name: one of functions.ACTIVATIONS: sigmoid, tanh, relu, leaky_relu, elu, selu, gelu, silu, softplus, identity.
        **hyper: what the function takes besides its input: ``Activation("leaky_relu", alpha=0.2)``.

    Raises:
        ValueError: there is no activation of that name.
    """

    def __init__(self, name: str, **hyper: Any) -> None:
        require_choice(name=(name, functions.ACTIVATIONS))
        self.name = name
        self.function = partial(functions.ACTIVATIONS[name], **hyper)

    def forward(self, x: Any) -> Variable:
        y: Variable = self.function(x)
        return y


class PReLU(Layer):
    """Parametric ReLU: a leaky ReLU whose slopes are trained (He et al. 2015).

    Weight decay on the slopes would pull them to 0: He et al. leave them out of it.

    Args:
        D: None for one slope in all; the number of columns of (N, D), or of channels of (N, D, H, W), for one each.
        slope: the value at first; 0.25 as in He et al. and PyTorch (Keras has 0).
        dtype: of the slopes.

    Attributes:
        a: Variable (1,) or (D,).

    Raises:
        TypeError: D is not an integer, slope no number, dtype not one of floating-point numbers.
        ValueError: D < 1, or slope is not finite.
    """

    def __init__(self, D: int | None = None, slope: float = 0.25, dtype: Any = np.float64) -> None:
        if D is not None:
            require_int(D=(D, 1))
        require_in_range(slope=(slope, -inf, inf))
        self.a = Variable(np.full(1 if D is None else D, slope, as_float_dtype(dtype=dtype)))

    def forward(self, x: Any) -> Variable:
        if np.ndim(getattr(x, "data", x)) == 4 and self.a.size > 1:
            return unit_functions.prelu(x, functions.reshape(self.a, (self.a.size, 1, 1)))
        return unit_functions.prelu(x, self.a)


class RReLU(Layer):
    """Randomized leaky ReLU (Xu et al. 2015): random slopes in training, their mean in evaluation.

    Args:
        rng: draws the slopes, for each call and entry anew.
        lower, upper: the range of the slopes.

    Raises:
        TypeError: rng is no Generator, lower or upper no number.
        ValueError: lower or upper is not finite, or lower > upper.
    """

    def __init__(self, *, rng: np.random.Generator, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        require_rng(rng=rng)
        require_in_range(lower=(lower, -inf, inf))
        require_in_range(upper=(upper, lower, inf))
        self.rng, self.lower, self.upper = rng, lower, upper

    def forward(self, x: Any) -> Variable:
        return unit_functions.rrelu(x, self.rng, self.lower, self.upper, self.training)


class Maxout(Layer):
    """A dense layer of maxout units, each the largest of k linear functions (Goodfellow et al. 2013).

    It takes the place of a Linear layer and its activation together, and has k times the parameters.

    Args:
        fan_in: inputs of a unit.
        fan_out: units.
        k: linear functions a unit.
        rng: source of the first weights.
        init: init(shape, rng) -> array, called for each of the k weight matrices (fan_in, fan_out).
        dtype: of the parameters.

    Attributes:
        W: Variable (fan_in, k, fan_out).
        b: Variable (k, fan_out), zeros at first.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a size is less than 1, or init returns another shape.
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        k: int = 2,
        *,
        rng: np.random.Generator,
        init: Callable[[tuple[int, ...], np.random.Generator], Array] = he_normal,
        dtype: Any = np.float64,
    ) -> None:
        require_int(fan_in=(fan_in, 1), fan_out=(fan_out, 1), k=(k, 1))
        require_rng(rng=rng)
        require_callable(init=init)
        dtype = as_float_dtype(dtype=dtype)
        pieces = [np.asarray(init((fan_in, fan_out), rng)) for _ in range(k)]
        for W in pieces:
            if W.shape != (fan_in, fan_out):
                fail(f"init must return an array of shape {(fan_in, fan_out)}, got shape {W.shape}")
        self.W = Variable(np.stack(pieces, axis=1).astype(dtype))
        self.b = Variable(np.zeros((k, fan_out), dtype))

    def forward(self, x: Any) -> Variable:
        return unit_functions.maxout(x, self.W, self.b)
