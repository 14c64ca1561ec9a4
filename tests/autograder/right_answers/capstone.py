"""Right answers to `capstone` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np
from gradus.capstone import DESIGN, start_network, train_network

from . import activations, autodiff_11_to_16, batch_normalization, initialization, optimizers, regularization, schedules

RIGHT: dict[str, dict[str, tuple]] = {
    "capstone_engine": {name: classes[:2] for name, classes in autodiff_11_to_16.RIGHT["steps_15_16"].items()},
    "capstone_initializer": initialization.RIGHT["he_normal"],
    "capstone_activation": activations.RIGHT["elu"],
    "capstone_optimizer": optimizers.RIGHT["adam_step"],
    "capstone_schedule": schedules.RIGHT["one_cycle"],
    "capstone_regularizer": regularization.RIGHT["dropout_forward"],
}

# ---------------------------------------------------------------- an engine that relies on what the task promises


def boxes_for_arrays_only():
    """`forward` and `backward` return arrays, so a box refuses all else, later as well as at first."""

    class Variable:
        def __init__(self, data, *, name=None):
            if not isinstance(data, np.ndarray):
                raise TypeError(f"an array is expected, not {type(data).__name__}")
            self.data, self._grad, self.maker, self.depth, self.name = data, None, None, 0, name

        @property
        def grad(self):
            return self._grad

        @grad.setter
        def grad(self, value):
            if not isinstance(value, np.ndarray) or value.shape != self.data.shape:
                raise TypeError("a gradient is an array in the shape of the data")
            self._grad = value

        def cleargrad(self):
            self._grad = None

        def backward(self):
            found, layers = {}, [[] for _ in range(self.depth)]
            waiting = [self.maker] if self.maker else []
            while waiting:
                f = waiting.pop()
                if id(f) not in found:
                    found[id(f)] = f
                    layers[f.depth].append(f)
                    waiting += [x.maker for x in f.inputs if x.maker]
                    for y in f.outputs:
                        y.cleargrad()
            self.grad = np.full_like(self.data, 1)
            while layers:
                for f in layers.pop():
                    gxs = f.backward(*[np.zeros_like(y.data) if y.grad is None else y.grad for y in f.outputs])
                    gxs = gxs if isinstance(gxs, tuple) else (gxs,)
                    if len(gxs) != len(f.inputs):
                        raise ValueError(f"{len(f.inputs)} gradients are expected, not {len(gxs)}")
                    for x, gx in zip(f.inputs, gxs, strict=True):
                        x.grad = gx if x.grad is None else np.array(x.grad + gx)

    class Function:
        def __call__(self, *inputs):
            ys = self.forward(*[x.data for x in inputs])
            self.inputs, self.depth = inputs, max(x.depth for x in inputs)
            self.outputs = tuple(map(Variable, ys if isinstance(ys, tuple) else (ys,)))
            for y in self.outputs:
                y.maker, y.depth = self, self.depth + 1
            return self.outputs if isinstance(ys, tuple) else self.outputs[0]

    return Variable, Function


RIGHT["capstone_engine"]["boxes for arrays only"] = boxes_for_arrays_only()

# ---------------------------------------------------------------- the normalization


def normalized(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if not training:
        scale = gamma / np.sqrt(running_var + eps)
        return X * scale + (beta - running_mean * scale), None, running_mean, running_var
    N = len(X)
    mu = X.sum(0) / N
    centred = X - mu
    var = (centred**2).sum(0) / N
    inv_std = (var + eps) ** -0.5
    x_hat = centred * inv_std
    return [
        gamma * x_hat + beta, (x_hat, inv_std, gamma), running_mean + (1 - momentum) * (mu - running_mean),
        running_var + (1 - momentum) * (var - running_var),
    ]  # fmt: skip


def backward_in_parts(dout, cache):
    x_hat, inv_std, gamma = cache
    d = dout * gamma
    dX = inv_std * (d - d.mean(0) - x_hat * (d * x_hat).mean(0))
    return dX, np.einsum("nd,nd->d", dout, x_hat), dout.sum(axis=0)


BACK = list(batch_normalization.RIGHT["batchnorm_backward"].items())
RIGHT["capstone_normalization"] = {
    "scale and shift folded": (normalized, backward_in_parts),
    **{f"backward: {name}": (normalized, objects[0]) for name, objects in BACK},
}

# ---------------------------------------------------------------- sanity checks


def checks_in_numpy(start, loss, train, X, y, lam):
    net = start()
    C = len(np.unique(y))
    a, b = loss(net, X, y, 0.0), loss(net, X, y, lam)
    small = train(X[0:20], y[0:20])
    c = loss(small, X[0:20], y[0:20], 0.0)
    return {
        "tiny": [np.float64(c), np.less(c, 0.1)], "initial": [np.float64(a), np.isclose(a, np.log(C), rtol=0.1, atol=0)],
        "penalty": [np.subtract(b, a), b > a],
    }  # fmt: skip


def checks_one_by_one(start, loss, train, X, y, lam):
    found = {}
    network = start()
    n_classes = 0
    for label in y:
        n_classes = max(n_classes, label + 1)
    wanted = -math.log(1 / n_classes)
    plain = loss(network, X, y, lam=0.0)
    found["initial"] = (plain, bool(0.9 * wanted < plain < 1.1 * wanted))
    penalized = loss(network, X, y, lam=lam)
    found["penalty"] = (penalized - plain, bool(penalized > plain))
    X, y = X[:20], y[:20]
    last = loss(train(X, y), X, y, 0)
    found["tiny"] = (last, last < 0.1)
    return found


RIGHT["capstone_sanity"] = {"in NumPy": (checks_in_numpy,), "one by one": (checks_one_by_one,)}

# ---------------------------------------------------------------- the network


def of_plan(**changed):
    plan = {**DESIGN, **changed}
    return (lambda: plan), (lambda X, y, rng: train_network(X, y, plan, rng))


def in_two_halves(X, y, rng):
    """Trained twice for half as long, the second time from where the first one ended."""
    plan = {**LONG, "epochs": LONG["epochs"] // 2}
    network = train_network(X, y, plan, rng, network=start_network(plan, X.shape[1], 10, rng))
    return train_network(X, y, plan, rng, network=network)


LONG = {**DESIGN, "epochs": 16, "lr_max": 0.02, "hidden": (96, 64), "dropout": 0.1}
RIGHT["capstone_network"] = {
    "three layers": of_plan(hidden=[64, 64, 64], epochs=15, dropout=0.1),
    "in two halves": (lambda: LONG, in_two_halves),
    "numbers of NumPy, as a search finds them": of_plan(
        hidden=[np.int64(80), np.int32(64)], epochs=np.int64(15), lr_max=np.float64(0.015), dropout=np.float64(0.05)
    ),
}
