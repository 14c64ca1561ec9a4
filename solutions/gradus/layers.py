"""The dense layer, layers in a row, and the multilayer perceptron. All other layers can be had from here, too.

A layer is called on a batch, samples on axis 0, and returns a Variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from . import functions
from .activation_layers import Activation, Maxout, PReLU, RReLU
from .arguments import (
    as_float_dtype,
    describe,
    fail,
    fail_type,
    require_bool,
    require_callable,
    require_choice,
    require_in_range,
    require_int,
    require_rng,
)
from .clipping import norm_of
from .dropout_layers import AlphaDropout, Dropout
from .image_layers import AvgPool2d, Conv2d, Flatten, MaxPool2d
from .initializers import INIT_FOR_ACTIVATION, he_normal
from .layer import Layer
from .normalization_layers import BatchNorm, LayerNorm
from .recurrent import RNN
from .variable import Variable, no_grad

__all__ = [
    "MLP",
    "RNN",
    "Activation",
    "AlphaDropout",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Layer",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Maxout",
    "PReLU",
    "RReLU",
    "Sequential",
]

Array = np.ndarray
Init = Callable[[tuple[int, int], np.random.Generator], Array]


class Linear(Layer):
    """A dense layer, z = x W + b, on the last axis of x (N, fan_in) or (N, T, fan_in).

    Args:
        fan_in: inputs of a unit.
        fan_out: units.
        rng: source of the first weights.
        init: init(shape, rng) -> W of shape (fan_in, fan_out), as those of gradus.initializers.
        bias: whether there is a b; it starts at zero.
        dtype: of the parameters.

    Attributes:
        W: Variable (fan_in, fan_out). PyTorch keeps the transpose.
        b: Variable (fan_out,), or None.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a size is less than 1, or init returns another shape.
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        *,
        rng: np.random.Generator,
        init: Init = he_normal,
        bias: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        require_int(fan_in=(fan_in, 1), fan_out=(fan_out, 1))
        require_rng(rng=rng)
        require_callable(init=init)
        require_bool(bias=bias)
        dtype = as_float_dtype(dtype=dtype)
        W = init((fan_in, fan_out), rng)
        if np.shape(W) != (fan_in, fan_out):
            fail(f"init must return an array of shape {(fan_in, fan_out)}, got shape {np.shape(W)}")
        self.W = Variable(np.array(W, dtype))
        self.b = Variable(np.zeros(fan_out, dtype)) if bias else None

    def forward(self, x: Any) -> Variable:
        return functions.linear(x, self.W, self.b)


class Sequential(Layer):
    """Layers one after the other.

    After construction all parameters are views of one vector, ``net.flat``. ``len(net)`` is the number of layers,
    ``net[2]`` one of them, ``net[:2]`` a Sequential of several, which shares them, and ``for layer in net`` goes through
    all.

    Raises:
        TypeError: one of the layers is none.
        ValueError: there are no layers, or their parameters have different dtypes.
    """

    _row = "layers"

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            fail("layers must hold at least one Layer")
        for i, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                fail_type(f"layers[{i}] must be a Layer, got {describe(layer)}")
        self.layers = layers
        if self.params():
            self.flatten()

    def forward(self, x: Any) -> Variable:
        y: Variable = x
        for layer in self.layers:
            y = layer(y)
        return y

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Layer:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]

    def outputs(self, X: Array) -> list[tuple[Layer, Array]]:
        """Each layer with what it returns for the batch X, computed without gradients in the present mode."""
        pairs: list[tuple[Layer, Array]] = []
        x: Any = X
        with no_grad():
            for layer in self.layers:
                x = layer(x)
                pairs.append((layer, x.data))
        return pairs

    def activations(self, X: Array) -> list[Array]:
        """What the hidden layers send on for the batch X: the output of each Activation, in order."""
        return [a for layer, a in self.outputs(X) if isinstance(layer, Activation)]

    def grad_norms(self) -> list[float]:
        """The Euclidean norm of dloss/dW of each Linear and Conv2d layer, in order, after a backward pass."""
        weights = [layer.W for _, layer in self.named_layers() if isinstance(layer, Linear | Conv2d)]
        grads = [W.grad for W in weights if W.grad is not None]
        if len(grads) < len(weights):
            fail("there are no gradients yet: call backward() on a loss first")
        return [norm_of([g]) for g in grads]


class MLP(Sequential):
    """A multilayer perceptron: dense layers with an activation after each but the last, whose outputs are the logits.

    Args:
        sizes: (D, H1, …, C), the widths from the inputs to the outputs.
        activation: its name.
        rng: source of the first weights.
        init: init(shape, rng) -> W for all dense layers; None for the one that is customary with the activation.
        batchnorm: "pre" puts batch normalization before each activation, "post" after it, None nowhere. With "pre" the
            bias before it has no influence: its gradient is 0.
        dropout: rate of the dropout that ends each hidden layer; 0 for none. rng draws its masks, too. With "selu" it is
            AlphaDropout, which keeps the mean 0 and variance 1 of such a network.
        dtype: of the parameters.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a width is less than 1, dropout is outside [0, 1), or activation or batchnorm is unknown.
    """

    def __init__(
        self,
        sizes: list[int] | tuple[int, ...],
        activation: str = "relu",
        *,
        rng: np.random.Generator,
        init: Init | None = None,
        batchnorm: str | None = None,
        dropout: float = 0.0,
        dtype: Any = np.float64,
    ) -> None:
        if not isinstance(sizes, list | tuple) or len(sizes) < 2:
            fail_type(f"sizes must be a list of at least two widths, (inputs, …, outputs), got {describe(sizes)}")
        require_int(**{f"sizes[{i}]": (n, 1) for i, n in enumerate(sizes)})
        require_choice(activation=(activation, functions.ACTIVATIONS))
        require_rng(rng=rng)
        if init is not None:
            require_callable(init=init)
        dtype = as_float_dtype(dtype=dtype)
        if batchnorm is not None:
            require_choice(batchnorm=(batchnorm, ("pre", "post")))
        require_in_range(dropout=(dropout, 0, 1))
        init = init or INIT_FOR_ACTIVATION[activation]
        layers: list[Layer] = []
        for fan_in, fan_out in pairwise(sizes[:-1]):
            layers.append(Linear(fan_in, fan_out, rng=rng, init=init, dtype=dtype))
            if batchnorm == "pre":
                layers.append(BatchNorm(fan_out, dtype=dtype))
            layers.append(Activation(activation))
            if batchnorm == "post":
                layers.append(BatchNorm(fan_out, dtype=dtype))
            if dropout:
                layers.append((AlphaDropout if activation == "selu" else Dropout)(dropout, rng=rng))
        layers.append(Linear(sizes[-2], sizes[-1], rng=rng, init=init, dtype=dtype))
        super().__init__(*layers)
