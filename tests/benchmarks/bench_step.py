"""A training step of the MLP 64-100-100-10 (forward, backward, Adam): gradus beside hand-tuned NumPy and PyTorch.

    python tests/benchmarks/bench_step.py [--rounds 40] [--steps 100]

The contestants take turns within each round, so that whatever else the machine does hits all of them alike; printed are
medians over the rounds: microseconds a step, and the ratio to hand-tuned NumPy of the same round. One BLAS thread: with
more, the figures of a shared machine mean nothing. Time is process time.
"""

# ruff: noqa: E402
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import argparse
from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from statistics import median
from time import process_time

import numpy as np
from gradus import functions as F
from gradus.layers import MLP
from gradus.optimizers import Adam

SIZES = (64, 100, 100, 10)
Step = Callable[[], float]


def gradus_step(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray) -> Step:
    net = MLP(SIZES, rng=np.random.default_rng(0), dtype=X.dtype)
    for p, w in zip(net.params(), weights, strict=True):
        p.data[...] = w
    optimizer = Adam(net)

    def step() -> float:
        net.cleargrads()
        loss = F.softmax_cross_entropy(net(X), y)
        loss.backward()
        optimizer.step()
        return float(loss.data)

    return step


def hand_tuned_step(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray) -> Step:
    """What one would write with speed alone in mind: every array preallocated, every operation with ``out=``."""
    dtype, N = X.dtype, len(X)
    w = np.concatenate([p.ravel() for p in weights])
    g, m, s, scratch = np.empty_like(w), np.zeros_like(w), np.zeros_like(w), np.empty_like(w)

    def views(vector: np.ndarray) -> list[np.ndarray]:
        ends = np.cumsum([p.size for p in weights])
        return [v.reshape(p.shape) for v, p in zip(np.split(vector, ends[:-1]), weights, strict=True)]

    W1, b1, W2, b2, W3, b3 = views(w)
    dW1, db1, dW2, db2, dW3, db3 = views(g)
    a1, a2, p = (np.empty((N, n), dtype) for n in SIZES[1:])
    d1, d2 = np.empty_like(a1), np.empty_like(a2)
    alive = np.empty(a1.shape, bool)
    column = np.empty((N, 1), dtype)
    rows, ones = np.arange(N), np.ones(N, dtype)
    lr, beta1, beta2, eps, t = 0.001, 0.9, 0.999, 1e-8, 0

    def step() -> float:
        nonlocal t
        np.matmul(X, W1, out=a1)
        np.add(a1, b1, out=a1)
        np.maximum(a1, 0, out=a1)
        np.matmul(a1, W2, out=a2)
        np.add(a2, b2, out=a2)
        np.maximum(a2, 0, out=a2)
        np.matmul(a2, W3, out=p)
        np.add(p, b3, out=p)

        np.maximum.reduce(p, axis=1, keepdims=True, out=column)
        np.subtract(p, column, out=p)
        right = p[rows, y]
        np.exp(p, out=p)
        np.add.reduce(p, axis=1, keepdims=True, out=column)
        loss = float((np.add.reduce(np.log(column), axis=None) - np.add.reduce(right)) / N)
        np.divide(p, column, out=p)
        p[rows, y] -= 1
        np.divide(p, N, out=p)

        np.matmul(a2.T, p, out=dW3)
        np.matmul(ones, p, out=db3)
        np.matmul(p, W3.T, out=d2)
        np.greater(a2, 0, out=alive)
        np.multiply(d2, alive, out=d2)
        np.matmul(a1.T, d2, out=dW2)
        np.matmul(ones, d2, out=db2)
        np.matmul(d2, W2.T, out=d1)
        np.greater(a1, 0, out=alive)
        np.multiply(d1, alive, out=d1)
        np.matmul(X.T, d1, out=dW1)
        np.matmul(ones, d1, out=db1)

        t += 1
        c1, c2 = 1 - beta1**t, 1 - beta2**t
        np.multiply(m, beta1, out=m)
        np.multiply(g, 1 - beta1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(s, beta2, out=s)
        np.multiply(g, g, out=scratch)
        np.multiply(scratch, 1 - beta2, out=scratch)
        np.add(s, scratch, out=s)
        np.sqrt(s, out=scratch)
        np.add(scratch, eps * sqrt(c2), out=scratch)
        np.divide(m, scratch, out=scratch)
        np.multiply(scratch, lr * sqrt(c2) / c1, out=scratch)
        np.subtract(w, scratch, out=w)
        return loss

    return step


def torch_step(weights: list[np.ndarray], X: np.ndarray, y: np.ndarray) -> Step:
    """PyTorch eager, with torch.optim.Adam as it comes."""
    import torch

    torch.set_num_threads(1)
    linears = [torch.nn.Linear(i, o, dtype=torch.from_numpy(X).dtype) for i, o in pairwise(SIZES)]
    with torch.no_grad():
        for linear, W, b in zip(linears, weights[::2], weights[1::2], strict=True):
            linear.weight.copy_(torch.from_numpy(W.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
    net = torch.nn.Sequential(linears[0], torch.nn.ReLU(), linears[1], torch.nn.ReLU(), linears[2])
    optimizer = torch.optim.Adam(net.parameters())
    X_torch, y_torch = torch.from_numpy(X), torch.from_numpy(y)

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(X_torch), y_torch)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def compare(makers: dict[str, Callable[..., Step]], batch: int, dtype: type, rounds: int, steps: int) -> None:
    rng = np.random.default_rng(0)
    shapes = [shape for i, o in pairwise(SIZES) for shape in ((i, o), (o,))]
    weights = [(rng.normal(size=shape) * 0.1).astype(dtype) for shape in shapes]
    X, y = rng.normal(size=(batch, SIZES[0])).astype(dtype), rng.integers(0, SIZES[-1], batch)
    contestants = {name: make(weights, X, y) for name, make in makers.items()}

    first = {name: [step() for _ in range(20)] for name, step in contestants.items()}
    for name, losses in first.items():  # all compute the same, or their times mean nothing
        np.testing.assert_allclose(losses, first["hand-tuned NumPy"], rtol=2e-4, err_msg=name)

    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, step in contestants.items():
            start = process_time()
            for _ in range(steps):
                step()
            times[name].append((process_time() - start) / steps * 1e6)
    print(f"batch {batch}, {np.dtype(dtype)}")
    for name, t in times.items():
        ratio = median(a / b for a, b in zip(t, times["hand-tuned NumPy"], strict=True))
        print(f"  {name:<18}{median(t):8.1f} µs   {ratio:5.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    makers = {"hand-tuned NumPy": hand_tuned_step, "gradus": gradus_step}
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed: compared without it")
    else:
        makers["PyTorch"] = torch_step
    # As in any program that has loaded data: once glibc has seen a large array freed, it stops handing the memory of
    # every step back to the system and asking for it again, page by page.
    np.ones(1 << 20).sum()
    for batch in (32, 256):
        for dtype in (np.float32, np.float64):
            compare(makers, batch, dtype, options.rounds, options.steps)


if __name__ == "__main__":
    main()
