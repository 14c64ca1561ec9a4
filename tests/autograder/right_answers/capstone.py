"""Right answers to `capstone` that are written differently from the reference."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gradus.capstone import DESIGN, start_network, train_network
from gradus.steps import step16

from . import activations, batch_normalization, initialization, optimizers, regularization, schedules

RIGHT: dict[str, dict[str, tuple]] = {
    "capstone_initializer": initialization.RIGHT["he_normal"],
    "capstone_activation": activations.RIGHT["elu"],
    "capstone_optimizer": optimizers.RIGHT["adam_step"],
    "capstone_schedule": schedules.RIGHT["one_cycle"],
    "capstone_regularizer": regularization.RIGHT["dropout_forward"],
}

# ---------------------------------------------------------------- the engine


def recursive_engine():
    """A topological order by recursion; lists of inputs, the gradient of the end handed in by hand."""

    class Variable:
        def __init__(self, data):
            self.data = np.asarray(data)
            self.grad = None
            self.creator = None

        def cleargrad(self):
            self.grad = None

        def backward(self):
            order, seen = [], set()

            def visit(v):
                if id(v) not in seen and v.creator is not None:
                    seen.add(id(v))
                    for x in v.creator.inputs:
                        visit(x)
                    order.append(v)

            visit(self)
            grads = {id(self): np.ones_like(self.data)}
            done = set()
            for v in reversed(order):
                f = v.creator
                if id(f) in done:
                    continue
                done.add(id(f))
                gys = [grads.get(id(y), np.zeros_like(y.data)) for y in f.outputs]
                gxs = f.backward(*gys)
                for x, gx in zip(f.inputs, gxs if isinstance(gxs, tuple | list) else [gxs], strict=True):
                    grads[id(x)] = grads[id(x)] + gx if id(x) in grads else gx
                    x.grad = grads[id(x)]
            self.grad = grads[id(self)]

    class Function:
        def __call__(self, *inputs):
            self.inputs = list(inputs)
            ys = self.forward(*(x.data for x in inputs))
            self.outputs = tuple(Variable(y) for y in (ys if isinstance(ys, tuple | list) else [ys]))
            for y in self.outputs:
                y.creator = self
            return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    return Variable, Function


def heap_engine():
    """A heap of generations, as in the published DeZero; a dataclass, and creators set by a method."""

    @dataclass(eq=False)
    class Variable:
        data: Any
        name: str = ""
        grad: Any = field(default=None, init=False)
        creator: Any = field(default=None, init=False)
        generation: int = field(default=0, init=False)

        def set_creator(self, f):
            self.creator = f
            self.generation = f.generation + 1

        def cleargrad(self):
            self.grad = None

        def backward(self):
            if self.grad is None:
                self.grad = np.ones_like(self.data)
            tie, heap, seen = itertools.count(), [], set()

            def add(f):
                if f is not None and f not in seen:
                    seen.add(f)
                    heapq.heappush(heap, (-f.generation, next(tie), f))

            add(self.creator)
            while heap:
                _, _, f = heapq.heappop(heap)
                gxs = f.backward(*[y.grad for y in f.outputs])
                if not isinstance(gxs, tuple):
                    gxs = (gxs,)
                for x, gx in zip(f.inputs, gxs, strict=False):
                    x.grad = gx if x.grad is None else x.grad + gx
                    add(x.creator)

    class Function:
        def __call__(self, *inputs):
            xs = [x.data for x in inputs]
            ys = self.forward(*xs)
            if not isinstance(ys, tuple):
                ys = (ys,)
            self.generation = max([x.generation for x in inputs])
            outputs = [Variable(np.array(y)) for y in ys]
            for output in outputs:
                output.set_creator(self)
            self.inputs, self.outputs = inputs, outputs
            return outputs if len(outputs) > 1 else outputs[0]

        def forward(self, *xs):
            raise NotImplementedError()

        def backward(self, *gys):
            raise NotImplementedError()

    return Variable, Function


def postorder_engine():
    """Depth first without recursion; slots, and a property for the gradient."""

    class Variable:
        __slots__ = ("_grad", "data", "maker")

        def __init__(self, data):
            self.data, self._grad, self.maker = data, None, None

        @property
        def grad(self):
            return self._grad

        def backward(self):
            order, done, stack = [], set(), [(self.maker, False)]
            while stack:
                f, left = stack.pop()
                if f is None or (f in done and not left):
                    continue
                if left:
                    order.append(f)
                    continue
                done.add(f)
                stack.append((f, True))
                stack += [(x.maker, False) for x in f.inputs]
            self._grad = np.ones(np.shape(self.data), dtype=self.data.dtype)
            for f in order[::-1]:
                gxs = f.backward(*[np.zeros_like(y.data) if y.grad is None else y.grad for y in f.outputs])
                for x, gx in zip(f.inputs, gxs if type(gxs) is tuple else (gxs,), strict=True):
                    x._grad = gx if x._grad is None else np.add(x._grad, gx)

    class Function:
        def __call__(self, *inputs):
            out = self.forward(*[v.data for v in inputs])
            single = not isinstance(out, tuple)
            self.inputs = inputs
            self.outputs = [Variable(np.asarray(o)) for o in ((out,) if single else out)]
            for v in self.outputs:
                v.maker = self
            return self.outputs[0] if single else self.outputs

    return Variable, Function


def tape_engine():
    """A tape: every variable knows the length of the tape when it was made; the tape is cut when it has been played."""
    tape = []

    class Variable:
        def __init__(self, data):
            self.data, self.grad = data, None

        def backward(self):
            self.grad = np.ones_like(self.data)
            for f, inputs, outputs in reversed(tape):
                if all(y.grad is None for y in outputs):
                    continue  # not on a way to this variable
                gxs = f.backward(*[np.zeros_like(y.data) if y.grad is None else y.grad for y in outputs])
                for x, gx in zip(inputs, gxs if isinstance(gxs, tuple) else (gxs,), strict=True):
                    x.grad = gx if x.grad is None else x.grad + gx
            tape.clear()

    class Function:
        def __call__(self, *inputs):
            ys = self.forward(*[x.data for x in inputs])
            outputs = [Variable(np.asarray(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
            tape.append((self, inputs, outputs))
            return outputs if len(outputs) > 1 else outputs[0]

    return Variable, Function


RIGHT["capstone_engine"] = {
    "step 16": (step16.Variable, step16.Function),
    "recursive topological order": recursive_engine(),
    "a heap of generations": heap_engine(),
    "depth first, post-order": postorder_engine(),
    "a tape": tape_engine(),
}

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
