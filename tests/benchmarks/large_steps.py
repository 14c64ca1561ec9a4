"""What takes long by itself: Adam on a million parameters, and a convolution, beside PyTorch."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from frameworks import import_torch
from gradus import Variable
from gradus.convolution import conv2d_backward, conv2d_forward
from gradus.layer import Layer
from gradus.optimizers import Adam
from race import Contestant, Row

PARAMETERS = (10, 100, 1000)  # ten parameters of 100,000 numbers
IMAGES, KERNELS = (32, 16, 28, 28), (32, 16, 3, 3)


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


class Parameters(Layer):
    """Nothing but parameters, with gradients."""

    def __init__(self) -> None:
        self.count, *shape = PARAMETERS
        for i in range(self.count):
            p = Variable(numbers(i, *shape))
            setattr(self, f"p{i}", p)


def gradus_adam() -> Contestant:
    net = Parameters()
    optimizer = Adam(net)
    for i, p in enumerate(net.params()):
        p.grad = numbers(100 + i, *p.shape)

    def work() -> np.ndarray:
        optimizer.step()
        return net.flat[:1000]

    return work


def torch_adam(**how: bool) -> Contestant:
    torch = import_torch()
    count, *shape = PARAMETERS
    params = [torch.from_numpy(numbers(i, *shape)).requires_grad_() for i in range(count)]
    for i, p in enumerate(params):
        p.grad = torch.from_numpy(numbers(100 + i, *shape))
    optimizer = torch.optim.Adam(params, **how)

    def work() -> Any:
        optimizer.step()
        return params[0].detach()[0]

    return work


def gradus_convolution() -> Contestant:
    x, W, b = numbers(0, *IMAGES), np.ascontiguousarray(numbers(1, *KERNELS).transpose(2, 3, 1, 0)), numbers(2, 32)
    dy = numbers(3, 32, 32, 28, 28)

    def work() -> np.ndarray:
        _, cache = conv2d_forward(x, W, b, padding=1)
        dx, _, _ = conv2d_backward(dy, cache)
        return dx

    return work


def torch_convolution() -> Contestant:
    torch = import_torch()
    x, W, b = (
        torch.from_numpy(a).requires_grad_() for a in (numbers(0, *IMAGES), numbers(1, *KERNELS), numbers(2, 32))
    )
    dy = torch.from_numpy(numbers(3, 32, 32, 28, 28))

    def work() -> Any:
        x.grad = W.grad = b.grad = None
        torch.nn.functional.conv2d(x, W, b, padding=1).backward(dy)
        return x.grad

    return work


def rows() -> list[Row]:
    adam = {
        "gradus": gradus_adam,
        "PyTorch, foreach": partial(torch_adam, foreach=True),
        "PyTorch, default": torch_adam,
        "PyTorch, fused": partial(torch_adam, fused=True),
    }
    convolution = {"gradus": gradus_convolution, "PyTorch": torch_convolution}
    return [
        Row("Adam step, 1e6 parameters, float32", adam, {"PyTorch, foreach": 1.1}, unit="ms", rtol=1e-4),
        Row("convolution 3×3 (32, 16, 28, 28) → 32", convolution, {"PyTorch": 2.2}, unit="ms", rtol=1e-4, rounds=20),
    ]
