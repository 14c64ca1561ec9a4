"""What the exercises of `preprocessing` try: data on which every confusion shows, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.handle import Handle, StudentFailure
from autograder.probes import Args, Probe, args, callable_of, halved, same, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Data = Callable[[Rng], tuple[Array, Array]]


def wrong(text: str) -> StudentFailure:
    return StudentFailure("wrong", "", text)


# ---------------------------------------------------------------- Standardizer


def flats(rng: Rng) -> tuple[Array, Array]:
    """Five flats, and two others: a floor area and a distance."""
    train = np.array([[50.0, 2.0], [60.0, 9.0], [80.0, 4.0], [110.0, 1.0], [100.0, 4.0]])
    return train, np.array([[100.0, 1.0], [56.0, 5.0]])


def columns(rng: Rng, N: int | None = None) -> tuple[Array, Array]:
    """Training data and new data whose columns differ in mean and in spread, and which differ from one another."""
    N, M, D = N or int(rng.integers(12, 30)), int(rng.integers(5, 11)), int(rng.integers(3, 7))
    mean, sd = rng.uniform(-20, 20, D), np.geomspace(0.2, 8.0, D)[rng.permutation(D)]
    train = mean + sd * rng.standard_normal((N, D))
    return train, mean + 0.7 * sd + 2 * sd * rng.standard_normal((M, D))


def single(rng: Rng) -> tuple[Array, Array]:
    """New data of one row."""
    train, new = columns(rng)
    return train, new[:1]


def with_constants(rng: Rng) -> tuple[Array, Array]:
    """Three columns are constant in the training data: 0, 0.1, whose mean is rounded, and 7. In new data they move.

    There are always 20 rows, so that 0.1 is rounded alike for everybody.
    """
    train, new = columns(rng, 20)
    M = len(new)
    constant = np.array([0.0, 0.1, 7.0])
    train, new = (np.column_stack([X[:, :1], np.broadcast_to(constant, (len(X), 3)), X[:, 1:]]) for X in (train, new))
    new[:, 1:4] += rng.uniform(0.5, 3.0, (M, 3))
    return train, new


def tiny_spread(rng: Rng) -> tuple[Array, Array]:
    """Features in kilometres where others would take millimetres: small deviations, and none of them constant."""
    train, new = columns(rng)
    size = np.geomspace(1e-6, 1e-2, train.shape[1])
    return size * train, size * new


def pixels(rng: Rng) -> tuple[Array, Array]:
    """Whole numbers from 0 to 16, as pictures are stored; one pixel without ink."""
    train, new = (rng.integers(0, 17, (n, 6)) for n in (20, 7))
    train[:, 2] = 0
    return train, new


def method(obj: Any, name: str) -> Handle:
    """A method of a student's object.

    Raises:
        StudentFailure: the object is plain data, or has no such method.
    """
    if not hasattr(obj, "call"):
        raise wrong(f"an object with a method {name} is expected, this is {kind_text(obj)}")
    return callable_of(obj.get(name))


def fitted(cls: Any, X: Array) -> Any:
    """A new object that has seen the training data."""
    made = callable_of(cls)()
    method(made, "fit")(X)
    return made


def transformed(data: Data, *, new: bool) -> Probe:
    """What comes out for the training data, or for new ones, after fit with the training data."""

    def probe(rng: Rng, cls: Any) -> Any:
        train, others = data(rng)
        return method(fitted(cls, train), "transform")(others if new else train)

    return with_call(probe, "s = NAME(); s.fit(X_train); s.transform(" + ("X_new)" if new else "X_train)"))


def chained(rng: Rng, cls: Any) -> Any:
    train, _ = flats(rng)
    made = callable_of(cls)()
    back = method(made, "fit")(train)
    if not hasattr(back, "call"):
        return None
    return method(back, "transform")(train)


with_call(chained, "NAME().fit(X_train).transform(X_train)")


def side_by_side(rng: Rng, cls: Any) -> list[Any]:
    """Two objects, fitted to different data: each has its own numbers."""
    (a, new), b = columns(rng), None
    b = 3 * a[::-1] + 5 + rng.standard_normal(a.shape)
    first = fitted(cls, a)
    second = fitted(cls, b)
    return [method(first, "transform")(new), method(second, "transform")(new)]


def fitted_again(rng: Rng, cls: Any) -> Any:
    """One object, fitted to some data and then to others: the last count."""
    train, new = columns(rng)
    made = fitted(cls, 3 * train[::2] + 5)
    method(made, "fit")(train)
    return method(made, "transform")(new)


def order_of_calls(rng: Rng, cls: Any) -> list[Any]:
    """One object: new data before the training data, row by row, and once more."""
    train, new = columns(rng)
    made = fitted(cls, train)
    apply = method(made, "transform")
    return [apply(new[:2]), apply(train), *(apply(row[None]) for row in new[:3]), apply(new[:2])]


def standardizer_leaves_alone(rng: Rng, cls: Any) -> dict[str, bool]:
    train, new = with_constants(rng)
    made = callable_of(cls)()
    seen = method(made, "fit").call(train)
    applied = method(made, "transform").call(new)
    return {"fit": same(train, seen.args[0]), "transform": same(new, applied.args[0])}


def standardizer_warnings(rng: Rng, cls: Any) -> list[str]:
    train, new = with_constants(rng)
    made = callable_of(cls)()
    first = method(made, "fit").call(train).warnings
    return [*first, *method(made, "transform").call(new).warnings]


def standardizer_dtype(rng: Rng, cls: Any) -> str:
    train, new = halved(list(columns(rng)))
    found = method(fitted(cls, train), "transform")(new)
    return found.dtype.name if isinstance(found, np.ndarray) else kind_text(found)


# ---------------------------------------------------------------- mean_image, channel_mean


def two_pictures(rng: Rng) -> Args:
    """Two pictures of 2 × 1 pixels with three channels."""
    return args(np.array([[[[1.0, 2, 3]], [[5, 6, 7]]], [[[3.0, 2, 1]], [[9, 0, 5]]]]))


def pictures(rng: Rng, C: int = 3) -> Args:
    """Pictures in which images, rows, columns and channels have means of their own; all four lengths differ, N is the largest."""
    N, H, W = (int(n) for n in rng.permutation([4, 5, 6, 7])[:3])
    N += 4
    X = rng.random((N, H, W, C)) + rng.random((N, 1, 1, 1)) + rng.random((H, 1, 1)) + rng.random((W, 1)) + rng.random(C)
    return args(X)


def grey_pictures(rng: Rng) -> Args:
    return pictures(rng, C=1)


def bright_bytes(rng: Rng) -> Args:
    """Bright pictures as files hold them: whole numbers of one byte."""
    (X,), _ = pictures(rng)
    return args(rng.integers(150, 256, X.shape).astype(np.uint8))
