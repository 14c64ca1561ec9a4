"""Transfer learning: a network that learnt one task lends its lower layers to another (Yosinski et al. 2014).

The order of work: copy the lower layers (``copy_layers``), keep them fixed (``net.layers[0].freeze()``) and train the new
top, then unfreeze them from the top down, with smaller learning rates the further down they are (``lr_groups``):

    copy_layers(source, net, 2)
    net.layers[0].freeze()
    fit(net, X, y, optimizer=Adam(net), …)
    net.layers[0].unfreeze()
    fit(net, X, y, optimizer=Adam(net, groups=lr_groups(net.layers, 1e-3, 0.1)), …)

A frozen layer of batch normalization keeps its running statistics, too.

A task without labels may come first: what ``pretraining`` and ``pretext_tasks`` define can be had from here as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import inf
from typing import Any

import numpy as np

from .arguments import (
    as_float_array,
    as_labels,
    describe,
    fail,
    fail_type,
    require_in_range,
    require_int,
)
from .data import few_labels
from .layer import Layer
from .layers import Sequential
from .pretraining import (
    Autoencoder,
    PairNet,
    denoising_gradients,
    gaussian_noise,
    linear_optimum,
    make_pairs,
    make_rotation_task,
    mask_patches,
    masking_noise,
)

__all__ = [
    "Autoencoder",
    "PairNet",
    "copy_layers",
    "denoising_gradients",
    "discriminative_lr",
    "gaussian_noise",
    "linear_optimum",
    "lr_groups",
    "make_pairs",
    "make_rotation_task",
    "mask_patches",
    "masking_noise",
    "sample_few",
    "split_by_class",
    "trainable",
]

Array = np.ndarray

sample_few = few_labels
"""data.few_labels under the name by which this topic knows it: per_class samples of each class, in random order."""


def split_by_class(X: Array, y: Array, classes: Sequence[int]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The samples of some classes and those of the others, each set with labels 0, 1, … of its own.

    A sample of class classes[k] gets the label k; among the others, the k-th class that occurs, in ascending order,
    gets k. So both sets can be learnt by networks with as many outputs as they have classes: digits 0 to 4, and then
    5 to 9.

    Args:
        X: samples on axis 0.
        y: labels, integers (N,).
        classes: different labels, at least one.

    Returns:
        (X, y) of the classes named and (X, y) of the others, copies, in the order of the samples.

    Raises:
        TypeError: X does not hold real numbers, or y or classes no integers.
        ValueError: X and y differ in length; classes is empty, names a class twice, or one that does not occur in y.
    """
    X, y, chosen = as_float_array(X=X), as_labels(y=y), as_labels(classes=np.asarray(classes))
    if X.ndim == 0 or len(X) != len(y):
        fail(f"X and y must hold as many samples, got shapes {X.shape} and {y.shape}")
    if len(np.unique(chosen)) < len(chosen) or len(chosen) == 0:
        fail(f"classes must name at least one class, each once, got {chosen.tolist()}")
    if missing := sorted(set(chosen.tolist()) - set(y.tolist())):
        fail(f"classes must occur in y, got {missing[0]}, which does not")
    inside = np.isin(y, chosen)
    ascending = np.argsort(chosen)
    labels = ascending[np.searchsorted(chosen[ascending], y[inside])]
    _, other_labels = np.unique(y[~inside], return_inverse=True)
    return (X[inside], labels), (X[~inside], other_labels)


def copy_layers(src: Sequential, dst: Sequential, layers: int | Collection[int]) -> None:
    """Copy parameters and buffers (running statistics) of some layers into the same places of another network.

    The numbers are written into the arrays that dst has: nothing is shared, so that fine-tuning dst leaves src as it
    is, and the parameters of dst stay views of ``dst.flat``.

    Args:
        src: network to copy from: an MLP, or the encoder of an Autoencoder. Not changed.
        dst: network to copy to, changed in place. Its dtype stays.
        layers: places in src.layers and dst.layers; a number k for the first k, 0 … k − 1. Activations count as layers,
            though there is nothing to copy.

    Raises:
        TypeError: src or dst is not a Sequential, or layers no integers.
        ValueError: a network has no such layer, or its layer is of another kind or shape. Nothing is changed then.
    """
    for name, net in (("src", src), ("dst", dst)):
        if not isinstance(net, Sequential):
            fail_type(f"{name} must be a Sequential, such as an MLP, got {describe(net)}")
    shorter = min(len(src.layers), len(dst.layers))
    places = _places(layers, shorter)
    for i in places:
        theirs, ours = src.layers[i], dst.layers[i]
        if type(theirs) is not type(ours) or _shapes(theirs) != _shapes(ours):
            fail(f"layers must be alike in src and dst, got at {i}: {_summary(theirs)} and {_summary(ours)}")
    for i in places:
        dst.layers[i].load_state_dict(src.layers[i].state_dict())


def _places(layers: Any, n: int) -> list[int]:
    if isinstance(layers, Collection) and not isinstance(layers, str):
        for i in layers:
            require_int(layers=(i, 0))
            if i >= n:
                fail(f"layers must be less than {n}, which both networks have, got {i}")
        return list(layers)
    require_int(layers=(layers, 0))
    k = int(layers)
    if k > n:
        fail(f"layers must be at most {n}, which both networks have, got {k}")
    return list(range(k))


def _shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in layer.state_dict().items()}


def _summary(layer: Layer) -> str:
    shapes = ", ".join(f"{name} {shape}" for name, shape in _shapes(layer).items())
    return f"{type(layer).__name__} with {shapes or 'no parameters'}"


def trainable(params: dict[str, Any], frozen: Collection[str]) -> dict[str, Any]:
    """The parameters that are left when some are frozen.

        trainable(net.named_params(), ["0"])        all but 0.W and 0.b
        trainable(net.named_params(), ["2.b"])      all but this one

    Layers can be frozen in place as well: ``layer.freeze()``, which optimizers heed.

    Args:
        params: name → parameter, as named_params returns them or a dict of arrays.
        frozen: names, of parameters or of the layers that hold them.

    Returns:
        A new dict with the parameters themselves, in their order.

    Raises:
        TypeError: params is not a dict, or frozen not a list of names.
        ValueError: a name in frozen fits no parameter.
    """
    if not isinstance(params, dict):
        fail_type(f"params must be a dict of parameters by name, got {describe(params)}")
    if isinstance(frozen, str) or not isinstance(frozen, Collection):
        fail_type(f"frozen must be a list of names, got {describe(frozen)}")
    left = dict(params)
    for prefix in frozen:
        if not isinstance(prefix, str):
            fail_type(f"frozen must hold names, got {describe(prefix)}")
        fitting = [name for name in params if name == prefix or name.startswith(f"{prefix}.")]
        if not fitting:
            fail(f"frozen must name parameters or layers, got {prefix!r}; there are {', '.join(params) or 'none'}")
        for name in fitting:
            left.pop(name, None)
    return left


def discriminative_lr(layers: int, base: float, decay: float) -> list[float]:
    """Learning rates that shrink from the top layer down: what is general need not move far.

        η_l = base · decay^(L − 1 − l)      l = 0 (lowest) … L − 1 (top)

    Howard & Ruder (2018) call it discriminative fine-tuning and take decay = 1 / 2.6.

    Args:
        layers: their number L.
        base: learning rate of the top layer, positive.
        decay: factor from a layer to the one below, in (0, 1].

    Returns:
        L rates, from the lowest layer to the top.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument is out of its range.
    """
    require_int(layers=(layers, 1))
    require_in_range(base=(base, 0, inf), low_open=True)
    require_in_range(decay=(decay, 0, 1), low_open=True, high_open=False)
    base, decay = float(base), float(decay)
    return [base * decay ** (layers - 1 - l) for l in range(layers)]


def lr_groups(layers: Sequence[Layer], base: float, decay: float) -> list[dict[str, Any]]:
    """discriminative_lr as the groups of an optimizer: ``Adam(net, groups=lr_groups(net.layers, 1e-3, 0.5))``.

    Layers without parameters are left out and not counted: the top one that has some gets the rate base.

    Args:
        layers: Layers of one network, from the lowest up.
        base: learning rate of the top layer, positive.
        decay: factor from a layer to the one below, in (0, 1].

    Returns:
        A list of {"layers": [layer], "lr": rate}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: no layer has parameters, or base or decay is out of its range.
    """
    if not isinstance(layers, list | tuple):
        fail_type(f"layers must be a list of Layers, got {describe(layers)}")
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            fail_type(f"layers[{i}] must be a Layer, got {describe(layer)}")
    learning = [layer for layer in layers if layer.params()]
    if not learning:
        fail("layers must hold at least one layer with parameters")
    rates = discriminative_lr(len(learning), base, decay)
    return [{"layers": [layer], "lr": rate} for layer, rate in zip(learning, rates, strict=True)]
