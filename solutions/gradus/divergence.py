"""Where training left the finite numbers: which layer's output, or which parameter's gradient, is the first."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from .layer import Layer
from .variable import Variable, no_grad

__all__ = ["Divergence"]

Array = np.ndarray


class Divergence(NamedTuple):
    """Where training left the finite numbers.

    The network was left as it was before the step at which this showed: no step was taken with gradients that are not
    finite, and running statistics are those of the step before.
    """

    epoch: int  # counted from 0
    step: int  # minibatch within the epoch, from 0
    layer: str  # the first layer whose output, or the last whose gradient, is not finite: "2 Linear", "3.1 BatchNorm"
    loss: float
    parameter: str = ""  # the parameter whose gradient is not finite though all outputs are: "2.W"

    def __str__(self) -> str:
        where = f"diverged in epoch {self.epoch}, step {self.step}, where the loss is {self.loss}: "
        if self.parameter:
            return f"{where}all outputs are finite, but the gradient of {self.parameter}, layer {self.layer}, is not"
        return f"{where}the first values that are not finite come out of layer {self.layer}"


def gradients_are_finite(net: Layer) -> bool:
    """Whether no gradient of a parameter holds NaN or infinity.

    The sum of squares is finite in all ordinary cases, and much faster to get than one answer for each number.
    """
    return all(
        p.grad is None or isfinite(np.vdot(p.grad, p.grad)) or bool(np.isfinite(p.grad).all()) for p in net.params()
    )


def divergent_gradient(net: Layer) -> tuple[str, str]:
    """Layer and name of the parameter nearest to the loss whose gradient is not finite: there it began."""
    return _last(net, {name: p.grad for name, p in net.named_params().items() if p.grad is not None})


def divergent_layer(net: Layer, X: Array) -> str:
    """The first layer whose output for the batch X holds NaN or infinity; else the one with such a parameter.

    The layers of this net, and no others, are watched from outside, wherever they are called: in a Sequential, in another
    layer, in a forward of the reader's own. The innermost one returns first, and is the one that is named.
    """
    names: dict[Layer, str] = {}
    for prefix, layer in net.named_layers():
        names.setdefault(layer, _layer_name(prefix, layer))
    found: list[str] = []

    def watched(layer: Layer) -> Any:
        plain_forward = layer.forward

        def forward(*args: Any, **kwargs: Any) -> Any:
            output = plain_forward(*args, **kwargs)
            if not _is_finite(output):
                found.append(names[layer])
            return output

        return forward

    own_forwards = {layer: vars(layer).get("forward") for layer in names}
    try:
        for layer in names:
            vars(layer)["forward"] = watched(layer)
        with no_grad(), np.errstate(all="ignore"):
            net(X)
    finally:
        for layer, forward in own_forwards.items():
            del vars(layer)["forward"]
            if forward is not None:
                vars(layer)["forward"] = forward
    if found:
        return found[0]
    return _last(net, {name: p.data for name, p in net.named_params().items()})[0]


def _last(net: Layer, arrays: dict[str, Array]) -> tuple[str, str]:
    """Layer and name of the last array that is not finite; ("loss", "") if there is none."""
    owned = net.owned_params()
    for name in reversed(arrays):
        if not np.isfinite(arrays[name]).all():
            prefix, layer, _ = owned[name]
            return _layer_name(prefix, layer), name
    return "loss", ""


def _layer_name(prefix: str, layer: Layer) -> str:
    return f"{prefix.removesuffix('.')} {type(layer).__name__}".strip()


def _is_finite(output: Any) -> bool:
    if isinstance(output, tuple | list):
        return all(map(_is_finite, output))
    array = np.asarray(output.data if isinstance(output, Variable) else output)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


class BeforeStep:
    """What a forward pass changes besides its result, kept so that a failed step can be undone.

    Running statistics are exchanged, not changed, by the layers that keep them: their arrays are held, not copied.
    """

    def __init__(self, net: Layer) -> None:
        layers = [layer for _, layer in net.named_layers()]
        self.buffers = [(layer, name) for layer in layers for name in layer.buffers]
        self.generators = [g for layer in layers for g in vars(layer).values() if isinstance(g, np.random.Generator)]
        self.keep()

    def keep(self) -> None:
        self.arrays = [getattr(layer, name) for layer, name in self.buffers]
        self.states = [g.bit_generator.state for g in self.generators]

    def restore(self) -> None:
        for (layer, name), array in zip(self.buffers, self.arrays, strict=True):
            setattr(layer, name, array)
        for g, state in zip(self.generators, self.states, strict=True):
            g.bit_generator.state = state
