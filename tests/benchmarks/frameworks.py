"""The training step of training_steps in PyTorch, DeZero and HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Arrays = list[np.ndarray]
Step = Callable[[], float]


def import_torch() -> Any:
    """PyTorch on one thread."""
    import torch

    torch.set_num_threads(1)
    return torch


def import_dezero() -> Any:
    """DeZero, written for an older NumPy, which still had np.int."""
    vars(np).setdefault("int", int)
    import dezero.functions
    import dezero.models
    import dezero.optimizers

    return dezero


def torch_step(weights: Arrays, X: np.ndarray, y: np.ndarray, fused: bool = False) -> Step:
    """PyTorch eager, with torch.optim.Adam as it comes, or with its fused form."""
    torch = import_torch()
    sizes = [X.shape[1], *(b.size for b in weights[1::2])]
    X_torch, y_torch = torch.from_numpy(X), torch.from_numpy(y)
    linears = [torch.nn.Linear(i, o, dtype=X_torch.dtype) for i, o in pairwise(sizes)]
    with torch.no_grad():
        for linear, W, b in zip(linears, weights[::2], weights[1::2], strict=True):
            linear.weight.copy_(torch.from_numpy(W.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
    layers = [layer for linear in linears for layer in (linear, torch.nn.ReLU())][:-1]
    net = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(net.parameters(), fused=True) if fused else torch.optim.Adam(net.parameters())

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(X_torch), y_torch)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def dezero_step(weights: Arrays, X: np.ndarray, y: np.ndarray) -> Step:
    dezero = import_dezero()
    net = dezero.models.MLP([b.size for b in weights[1::2]], activation=dezero.functions.relu)
    for layer, W, b in zip(net.layers, weights[::2], weights[1::2], strict=True):
        layer.W.data, layer.b.data = W.copy(), b.copy()
    optimizer = dezero.optimizers.Adam().setup(net)

    def step() -> float:
        net.cleargrads()
        loss = dezero.functions.softmax_cross_entropy(net(X), y)
        loss.backward()
        optimizer.update()
        return float(loss.data)

    return step


def autograd_step(weights: Arrays, X: np.ndarray, y: np.ndarray) -> Step:
    import autograd
    import autograd.numpy as anp

    params = [w.copy() for w in weights]
    update = textbook_adam(params)
    rows = np.arange(len(X))

    def loss_of(params: Arrays) -> Any:
        x = X
        for W, b in zip(params[:-2:2], params[1:-2:2], strict=True):
            x = anp.maximum(anp.dot(x, W) + b, 0)
        logits = anp.dot(x, params[-2]) + params[-1]
        shifted = logits - anp.max(logits, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(shifted), axis=1)) - shifted[rows, y])

    loss_and_grads = autograd.value_and_grad(loss_of)

    def step() -> float:
        loss, grads = loss_and_grads(params)
        update(grads)
        return float(loss)

    return step


def textbook_adam(params: Arrays) -> Callable[[Arrays], None]:
    """Adam as in algorithm 1 of its paper, parameter by parameter, for what has no optimizer of its own."""
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in params]
    lr, beta1, beta2, eps, t = 0.001, 0.9, 0.999, 1e-8, 0

    def update(grads: Arrays) -> None:
        nonlocal t
        t += 1
        for i, (w, g) in enumerate(zip(params, grads, strict=True)):
            m, s = moments[i]
            m = beta1 * m + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * g**2
            moments[i] = m, s
            m_hat = m / (1 - beta1**t)
            s_hat = s / (1 - beta2**t)
            w -= lr * m_hat / (np.sqrt(s_hat) + eps)

    return update
