"""Random graphs against PyTorch: fan-out, diamonds, broadcasting, repeated inputs, several outputs, unused outputs."""

import numpy as np
import pytest
from gradus import Function, Variable
from gradus import functions as F

SHAPES = [(3, 4), (4,), (3, 1), (1, 4), (1,), ()]
STEPS = 30


class SumAndProduct(Function):
    """Two outputs, of which the graph may use none, one or both."""

    def forward(self, x0, x1):
        self.x0, self.x1 = x0, x1
        return x0 + x1, x0 * x1

    def backward(self, g_sum, g_product):
        gx0 = g_sum + g_product * self.x1
        gx1 = g_sum + g_product * self.x0
        return tuple(to_shape(g, x.shape) for g, x in ((gx0, self.x0), (gx1, self.x1)))


def to_shape(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    for axis, n in enumerate(shape):
        if n == 1 and g.shape[axis] != 1:
            g = g.sum(axis, keepdims=True)
    return g


# Steps of one and two inputs, (here, in PyTorch); values stay near 1 in size.
ONE = [
    (lambda x: F.tanh(x), lambda t, x: t.tanh(x)),
    (lambda x: x * 0.5 - 1, lambda t, x: x * 0.5 - 1),
    (lambda x: 1.5 - x, lambda t, x: 1.5 - x),
    (lambda x: F.sin(x) * x, lambda t, x: t.sin(x) * x),
    (lambda x: x + x, lambda t, x: x + x),
    (lambda x: F.exp(-(x**2)), lambda t, x: t.exp(-(x**2))),
    (lambda x: F.softplus(x).T.T, lambda t, x: t.nn.functional.softplus(x)),
    (lambda x: x.reshape(1, -1).mean(axis=1), lambda t, x: x.reshape(1, -1).mean(1)),
    (lambda x: x.max(), lambda t, x: x.amax()),
    (lambda x: x.sum(keepdims=True) * 0.2, lambda t, x: x.sum() .reshape((1,) * x.ndim) * 0.2),
]  # fmt: skip
TWO = [
    (lambda x, y: x + y, lambda t, x, y: x + y),
    (lambda x, y: x - y, lambda t, x, y: x - y),
    (lambda x, y: F.tanh(x * y), lambda t, x, y: t.tanh(x * y)),
    (lambda x, y: x / (1.5 + F.cos(y)), lambda t, x, y: x / (1.5 + t.cos(y))),
    (lambda x, y: F.maximum(x, y), lambda t, x, y: t.maximum(x, y)),
    (lambda x, y: F.where(x > y, x, 0.3 * y), lambda t, x, y: t.where(x > y, x, 0.3 * y)),
    (lambda x, y: F.tanh(SumAndProduct()(x, y)[1]), lambda t, x, y: t.tanh(x * y)),
    (lambda x, y: (lambda s, p: F.tanh(p) - s)(*SumAndProduct()(x, y)), lambda t, x, y: t.tanh(x * y) - (x + y)),
    (lambda x, y: F.stack([x.mean(), y.mean(), x.mean()]).max(), lambda t, x, y: t.maximum(x.mean(), y.mean())),
    (lambda x, y: F.concatenate([x.reshape(-1), y.reshape(-1)])[::2].sum() * 0.1,
     lambda t, x, y: t.cat([x.reshape(-1), y.reshape(-1)])[::2].sum() * 0.1),
]  # fmt: skip


def plan(rng):
    """A random graph: for every step its function and the values it takes, early or late, possibly the same twice."""
    steps = []
    for n in range(len(SHAPES), len(SHAPES) + STEPS):
        kind = "one" if rng.random() < 0.35 else "two"
        table = ONE if kind == "one" else TWO
        recent = [n - 1 - int(k) for k in np.minimum(rng.geometric(0.2, size=2) - 1, n - 1)]
        steps.append((kind, int(rng.integers(len(table))), recent[: 1 if kind == "one" else 2]))
    return steps, sorted({int(i) for i in rng.integers(len(SHAPES), len(SHAPES) + STEPS, size=3)})


def run(steps, results, values, which, *library):
    values = list(values)
    for kind, k, taken in steps:
        f = (ONE if kind == "one" else TWO)[k][which]
        values.append(f(*library, *(values[i] for i in taken)))
    return values, sum(values[i].mean() * (j + 1.0) for j, i in enumerate(results))


@pytest.mark.parametrize("seed", range(200))
def test_gradients_of_random_graphs_are_those_of_pytorch(torch, seed):
    rng = np.random.default_rng(seed)
    steps, results = plan(rng)
    leaves = [rng.standard_normal(shape) for shape in SHAPES]
    xs = [Variable(a.copy()) for a in leaves]
    tensors = [torch.tensor(a, requires_grad=True) for a in leaves]
    values, y = run(steps, results, xs, 0)
    tensor_values, expected = run(steps, results, tensors, 1, torch)
    for value, tensor in zip(values, tensor_values, strict=True):
        np.testing.assert_allclose(value.data.ravel(), tensor.detach().numpy().ravel(), rtol=1e-10, atol=1e-12)
    y.backward()
    expected.backward()
    for x, tensor in zip(xs, tensors, strict=True):
        if tensor.grad is None:
            assert x.grad is None
        else:
            np.testing.assert_allclose(x.grad, tensor.grad.numpy(), rtol=1e-10, atol=1e-10)
    first = [None if x.grad is None else x.grad.copy() for x in xs]
    y.backward()  # once more, through the same graph
    for x, g in zip(xs, first, strict=True):
        if g is not None:
            np.testing.assert_allclose(x.grad, 2 * g, rtol=1e-12)


def test_the_random_graphs_have_what_they_are_meant_to_have():
    repeated, unused, shared, deepest = 0, 0, 0, 0
    for seed in range(200):
        steps, results = plan(np.random.default_rng(seed))
        uses = [i for _, _, taken in steps for i in taken]
        repeated += any(len(taken) == 2 and taken[0] == taken[1] for _, _, taken in steps)
        unused += any(kind == "two" and k == 6 for kind, k, _ in steps)
        shared += max(map(uses.count, uses)) > 2
        _, y = run(steps, results, [Variable(np.full(shape, 0.5)) for shape in SHAPES], 0)
        deepest = max(deepest, y.generation)
    assert min(repeated, unused, shared) > 60 and deepest > 40
