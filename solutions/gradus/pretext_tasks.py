"""Tasks to pretrain on whose labels come with the data: pairs of one class or of two, rotations, hidden patches.

Rotations and patches use no labels. Pairs use some: those of an **auxiliary** set. Pairs made from the classes that are
to be told apart later let their labels leak into the pretraining.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import functions
from .activations import sigmoid
from .arguments import (
    as_float_array,
    as_float_dtype,
    as_labels,
    describe,
    fail,
    fail_type,
    require_int,
    require_rng,
)
from .initializers import glorot_normal
from .layer import Layer
from .variable import Variable, no_grad

__all__ = ["PairNet", "make_pairs", "make_rotation_task", "mask_patches"]

Array = np.ndarray


def make_pairs(X: Array, y: Array, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Pairs of samples, half of them of one class and half of two, in random order.

    The first of a pair is drawn from all samples (for a pair of one class: of those that are not the only one of their
    class), the second from those that fit it, never the first itself. A pair may come up twice.

    Args:
        X: samples (N, …).
        y: labels, integers (N,), of at least two classes; one of them has two samples or more.
        n: number of pairs; n // 2 of them are of one class.
        rng: source of randomness.

    Returns:
        pairs (n, 2, …), and same (n,): 1 for a pair of one class, 0 for two.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X and y differ in length, n is less than 1, or y has only one class or no two samples of a class.
    """
    X, y = as_float_array(X=X), as_labels(y=y)
    if X.ndim == 0 or len(X) != len(y):
        fail(f"X and y must hold as many samples, got shapes {X.shape} and {y.shape}")
    require_int(n=(n, 1))
    require_rng(rng=rng)
    classes, y, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(classes) < 2 or (counts < 2).all():
        fail(f"y must hold two classes at least, and two samples of one, got {counts.tolist()} samples of its classes")
    same = rng.permutation(np.arange(n) < n // 2)
    order = np.argsort(y, kind="stable")  # class by class: a class is a run of places
    start = np.cumsum(counts) - counts
    first = rng.integers(len(y), size=n)
    first[same] = rng.choice(np.flatnonzero(counts[y] > 1), np.count_nonzero(same))
    size = counts[y[first]]
    rank = np.empty(len(y), np.int64)
    rank[order] = np.arange(len(y))
    # a step of 1 … size − 1 within the run of the class, or past its end into the others, both in a circle
    within = rank[first] - start[y[first]] + rng.integers(1, np.where(same, size, 2))
    beyond = start[y[first]] + size + rng.integers(0, len(y) - size)
    second = order[np.where(same, start[y[first]] + within % size, beyond % len(y))]
    return np.stack([X[first], X[second]], axis=1), same.astype(np.int64)


class PairNet(Layer):
    """Two samples, one encoder: are they of one class? A siamese network (Bromley et al. 1993).

        h1 = encoder(x1),  h2 = encoder(x2)               the same weights for both
        P(one class) = sigmoid(v · |h1 − h2| + c)

    It returns logits as other classifiers do, 0 for "two classes" and v · |h1 − h2| + c for "one class", whose softmax is
    this probability: so ``fit`` trains it on what make_pairs returns, and ``probability`` gives P itself.

    Args:
        encoder: maps (N, …) to (N, H); its layers are the ones to be reused.
        H: number of outputs of the encoder.
        rng: source of the first v.
        dtype: of v and c; that of the encoder's parameters.

    Attributes:
        encoder: the Layer.
        v: Variable (H, 1).
        c: Variable (1,), zero at first.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: H is less than 1; the pairs are not of shape (N, 2, …).
    """

    def __init__(self, encoder: Layer, H: int, *, rng: np.random.Generator, dtype: Any = np.float64) -> None:
        if not isinstance(encoder, Layer):
            fail_type(f"encoder must be a Layer, got {describe(encoder)}")
        require_int(H=(H, 1))
        require_rng(rng=rng)
        dtype = as_float_dtype(dtype=dtype)
        self.encoder = encoder
        self.v = Variable(glorot_normal((H, 1), rng, dtype))
        self.c = Variable(np.zeros(1, dtype))
        self.flatten()

    def forward(self, x: Any) -> Variable:
        """Logits (N, 2) of pairs (N, 2, …)."""
        if x.ndim < 2 or x.shape[1] != 2:
            fail(f"x must hold pairs, (N, 2, …), got shape {x.shape}")
        h = self.encoder(x.reshape(-1, *x.shape[2:]))  # one batch, so that batch normalization sees all samples alike
        h = h.reshape(-1, 2, *h.shape[1:])
        z = functions.linear(functions.abs(h[:, 0] - h[:, 1]), self.v, self.c)
        logits: Variable = z * np.array([[0, 1]], z.dtype)
        return logits

    def probability(self, pairs: Array) -> Array:
        """P(one class) of each pair (N,), in the present mode and without gradients."""
        with no_grad():
            return np.asarray(sigmoid(self.forward(as_float_array(pairs=pairs)).data[:, 1]))


def make_rotation_task(images: Array, rng: np.random.Generator | None = None) -> tuple[Array, Array]:
    """Every image in four positions; the label says how it was turned (Gidaris et al. 2018).

        label k: turned by 90° · k against the clock, as numpy.rot90 does

    Args:
        images: square images (N, S, S) or (N, S, S, C), not flattened.
        rng: draws the order; None leaves all of label 0 first, then all of label 1, ….

    Returns:
        Images (4 N, S, S[, C]), and labels (4 N,).

    Raises:
        TypeError: images does not hold real numbers, or rng is no Generator.
        ValueError: the images are not square, or flattened.
    """
    images = as_float_array(images=images)
    if images.ndim not in (3, 4) or images.shape[1] != images.shape[2]:
        fail(f"images must be square, (N, S, S) or (N, S, S, C), got shape {images.shape}")
    if rng is not None:
        require_rng(rng=rng)
    turned = np.concatenate([np.rot90(images, k, axes=(1, 2)) for k in range(4)])
    labels = np.repeat(np.arange(4), len(images))
    if rng is not None:
        order = rng.permutation(len(labels))
        turned, labels = turned[order], labels[order]
    return turned, labels


def mask_patches(X: Array, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Hide a square patch of each image, somewhere within it: the task is to fill it in (Pathak et al. 2016).

        X̃ = 0 inside the patch, X elsewhere

    Args:
        X: images (N, H, W) or (N, H, W, C). Not changed.
        size: side of the patch, 1 to min(H, W).
        rng: draws the places, one an image.

    Returns:
        The masked images X̃, and the mask (N, H, W), True where something is hidden.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X has not the axes of images, or the patch does not fit into them.
    """
    X = as_float_array(X=X)
    if X.ndim not in (3, 4):
        fail(f"X must hold images, (N, H, W) or (N, H, W, C), got shape {X.shape}")
    require_int(size=(size, 1))
    require_rng(rng=rng)
    N, H, W = X.shape[:3]
    if size > min(H, W):
        fail(f"size must be at most {min(H, W)}, the shorter side of the images, got {size}")
    top, left = rng.integers(H - size + 1, size=(N, 1)), rng.integers(W - size + 1, size=(N, 1))
    rows = (np.arange(H) >= top) & (np.arange(H) < top + size)
    columns = (np.arange(W) >= left) & (np.arange(W) < left + size)
    mask = rows[:, :, None] & columns[:, None, :]
    hidden = mask if X.ndim == 3 else mask[..., None]
    return np.where(hidden, 0, X).astype(X.dtype, copy=False), mask
