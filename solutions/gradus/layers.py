"""The layers: dense, activation, batch normalization; layers in a row, and the multilayer perceptron.

A layer is called on a batch, samples on axis 0, and returns a Variable.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from . import functions
from .arguments import (
    as_float_dtype,
    describe,
    fail,
    fail_type,
    require_callable,
    require_choice,
    require_in_range,
    require_int,
    require_rng,
)
from .initializers import INIT_FOR_ACTIVATION, he_normal
from .layer import Layer
from .variable import Variable, is_recording, no_grad

__all__ = ["MLP", "Activation", "BatchNorm", "Layer", "Linear", "Sequential"]

Array = np.ndarray


class Linear(Layer):
    """A dense layer, z = x W + b.

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
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        *,
        rng: np.random.Generator,
        init: Callable[[tuple[int, int], np.random.Generator], Array] = he_normal,
        bias: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        require_int(fan_in=(fan_in, 1), fan_out=(fan_out, 1))
        require_rng(rng=rng)
        require_callable(init=init)
        dtype = as_float_dtype(dtype=dtype)
        W = init((fan_in, fan_out), rng)
        if np.shape(W) != (fan_in, fan_out):
            fail(f"init must return an array of shape {(fan_in, fan_out)}, got shape {np.shape(W)}")
        self.W = Variable(np.array(W, dtype))
        self.b = Variable(np.zeros(fan_out, dtype)) if bias else None

    def forward(self, x: Any) -> Variable:
        return functions.linear(x, self.W, self.b)


class Activation(Layer):
    """An activation function as a layer.

    Args:
        name: sigmoid, tanh, relu, leaky_relu, elu, selu or identity.
        **hyper: what the function takes besides its input: ``Activation("leaky_relu", alpha=0.2)``.
    """

    def __init__(self, name: str, **hyper: float) -> None:
        require_choice(name=(name, functions.ACTIVATIONS))
        self.name = name
        self.function = partial(functions.ACTIVATIONS[name], **hyper)

    def forward(self, x: Any) -> Variable:
        return self.function(x)


class BatchNorm(Layer):
    """Batch normalization of D columns (gradus.normalization).

    In training it normalizes with the statistics of the batch and moves its running statistics; under ``no_grad`` they
    stay as they are, so that looking at a network does not change it (in PyTorch they move then, too).

    Args:
        D: number of columns.
        momentum: weight of the old running value, in [0, 1].
        eps: ε inside the root.
        dtype: of the parameters.

    Attributes:
        gamma, beta: Variables (D,), ones and zeros at first.
        running_mean, running_var: arrays (D,), zeros and ones at first; not trained.
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, D: int, momentum: float = 0.9, eps: float = 1e-5, dtype: Any = np.float64) -> None:
        require_int(D=(D, 1))
        require_in_range(momentum=(momentum, 0, 1), high_open=False)
        require_in_range(eps=(eps, 0, inf), low_open=True)
        dtype = as_float_dtype(dtype=dtype)
        self.gamma = Variable(np.ones(D, dtype))
        self.beta = Variable(np.zeros(D, dtype))
        self.running_mean = np.zeros(D, dtype)
        self.running_var = np.ones(D, dtype)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: Any) -> Variable:
        y, mean, var = functions.batch_norm(
            x,
            self.gamma,
            self.beta,
            self.running_mean,
            self.running_var,
            training=self.training,
            momentum=self.momentum,
            eps=self.eps,
        )
        if self.training and is_recording():
            self.running_mean, self.running_var = mean, var
        return y


class Sequential(Layer):
    """Layers one after the other.

    After construction all parameters are views of one vector, ``net.flat``.
    """

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
        for layer in self.layers:
            x = layer(x)
        return x

    def outputs(self, X: Array) -> list[tuple[Layer, Array]]:
        """Each layer with what it returns for the batch X, computed without gradients in the present mode."""
        pairs = []
        with no_grad():
            for layer in self.layers:
                X = layer(X)
                pairs.append((layer, X.data))
        return pairs

    def activations(self, X: Array) -> list[Array]:
        """What the hidden layers send on for the batch X: the output of each Activation, in order."""
        return [a for layer, a in self.outputs(X) if isinstance(layer, Activation)]

    def grad_norms(self) -> list[float]:
        """The Euclidean norm of dloss/dW of each Linear layer, in order, after a backward pass."""
        weights = [layer.W for _, layer in self.named_layers() if isinstance(layer, Linear)]
        if any(W.grad is None for W in weights):
            fail("there are no gradients yet: call backward() on a loss first")
        return [float(np.linalg.norm(W.grad)) for W in weights]


class MLP(Sequential):
    """A multilayer perceptron: dense layers with an activation after each but the last, whose outputs are the logits.

    Args:
        sizes: (D, H1, …, C), the widths from the inputs to the outputs.
        activation: its name.
        rng: source of the first weights.
        init: init(shape, rng) -> W for all dense layers; None for the one that is customary with the activation.
        batchnorm: "pre" puts batch normalization before each activation, "post" after it, None nowhere. With "pre" the
            bias before it has no influence: its gradient is 0.
        dtype: of the parameters.
    """

    def __init__(
        self,
        sizes: list[int] | tuple[int, ...],
        activation: str = "relu",
        *,
        rng: np.random.Generator,
        init: Callable[[tuple[int, int], np.random.Generator], Array] | None = None,
        batchnorm: str | None = None,
        dtype: Any = np.float64,
    ) -> None:
        if not isinstance(sizes, list | tuple) or len(sizes) < 2:
            fail_type(f"sizes must be a list of at least two widths, (inputs, …, outputs), got {describe(sizes)}")
        require_int(**{f"sizes[{i}]": (n, 1) for i, n in enumerate(sizes)})
        require_choice(activation=(activation, functions.ACTIVATIONS))
        if batchnorm is not None:
            require_choice(batchnorm=(batchnorm, ("pre", "post")))
        init = init or INIT_FOR_ACTIVATION[activation]
        layers: list[Layer] = []
        for fan_in, fan_out in pairwise(sizes[:-1]):
            layers.append(Linear(fan_in, fan_out, rng=rng, init=init, dtype=dtype))
            if batchnorm == "pre":
                layers.append(BatchNorm(fan_out, dtype=dtype))
            layers.append(Activation(activation))
            if batchnorm == "post":
                layers.append(BatchNorm(fan_out, dtype=dtype))
        layers.append(Linear(sizes[-2], sizes[-1], rng=rng, init=init, dtype=dtype))
        super().__init__(*layers)
