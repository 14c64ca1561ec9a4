"""Activations on a million numbers and batch normalization, forward and backward, beside PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from frameworks import import_torch
from gradus import Variable
from gradus import functions as F
from gradus.normalization import batchnorm_backward, batchnorm_forward
from race import Contestant, Row

SIZE = 1_000_000
GOALS = {"elu": 1.0, "gelu": 1.0, "gelu, tanh form": 1.0, "tanh": 1.0, "selu": 1.3}  # in float32
OTHERS = ("relu", "leaky_relu", "sigmoid", "silu", "softplus")
BATCH = (256, 512)


def numbers(dtype: str, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def gradus_activation(name: str, dtype: str) -> Contestant:
    x, f = Variable(numbers(dtype, SIZE)), partial(F.gelu, approximate=True) if "form" in name else F.ACTIVATIONS[name]

    def work() -> np.ndarray:
        x.cleargrad()
        f(x).backward()
        return x.grad

    return work


def torch_activation(name: str, dtype: str) -> Contestant:
    torch = import_torch()
    x = torch.from_numpy(numbers(dtype, SIZE)).requires_grad_()
    f = partial(torch.nn.functional.gelu, approximate="tanh")
    if "form" not in name:
        f = getattr(torch if name in ("tanh", "sigmoid") else torch.nn.functional, name)

    def work() -> Any:
        x.grad = None
        y = f(x)
        y.backward(torch.ones_like(y))
        return x.grad

    return work


def gradus_batch_norm(dtype: str) -> Contestant:
    N, D = BATCH
    x, gamma, beta, dout = numbers(dtype, N, D), numbers(dtype, D), numbers(dtype, D), numbers(dtype, N, D)[::-1].copy()
    mean, var = np.zeros(D, dtype), np.ones(D, dtype)

    def work() -> np.ndarray:
        _, cache, _, _ = batchnorm_forward(x, gamma, beta, mean, var, training=True)
        dx, _, _ = batchnorm_backward(dout, cache)
        return dx

    return work


def torch_batch_norm(dtype: str) -> Contestant:
    torch = import_torch()
    N, D = BATCH
    x, gamma, beta = (torch.from_numpy(numbers(dtype, *shape)).requires_grad_() for shape in ((N, D), (D,), (D,)))
    dout = torch.from_numpy(numbers(dtype, N, D)[::-1].copy())
    mean, var = torch.zeros(D, dtype=x.dtype), torch.ones(D, dtype=x.dtype)

    def work() -> Any:
        x.grad = gamma.grad = beta.grad = None
        torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training=True).backward(dout)
        return x.grad

    return work


def beside_torch(
    name: str, ours: Callable[..., Contestant], theirs: Callable[..., Contestant], *given: str, goal: float | None
) -> Row:
    makers = {"gradus": partial(ours, *given), "PyTorch": partial(theirs, *given)}
    goals = {} if goal is None else {"PyTorch": goal}
    return Row(f"{name}, {given[-1]}", makers, goals, unit="µs" if "batch" in name else "ms", rtol=1e-5)


def rows() -> list[Row]:
    found = [
        beside_torch(f"{name}, 1e6 numbers", gradus_activation, torch_activation, name, dtype, goal=goal)
        for dtype in ("float32", "float64")
        for name, goal in [*GOALS.items(), *dict.fromkeys(OTHERS).items()]
        for goal in [goal if dtype == "float32" else None]
    ]
    for dtype, goal in (("float32", 1.5), ("float64", 1.0)):
        found.append(beside_torch("batch norm (256, 512)", gradus_batch_norm, torch_batch_norm, dtype, goal=goal))
    return found
