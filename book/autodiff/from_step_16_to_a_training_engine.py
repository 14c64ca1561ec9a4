"""What the chapter "From step 16 to a training engine" compares with: other engines, measured once.

The book is built without PyTorch, DeZero, HIPS autograd and micrograd: the chapter reads figures stored in its cell
"recorded". To measure anew, and to store the figures there (pip install '.[bench]' first; about two minutes):

    python book/autodiff/from_step_16_to_a_training_engine.py
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import gc
import json
import platform
import sys
from datetime import date
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import numpy as np

CHAPTER = Path(__file__).with_suffix(".ipynb")
sys.path[:0] = [str(CHAPTER.parent), *(str(CHAPTER.parents[2] / folder) for folder in ("tests/benchmarks", "scripts"))]

import counted_in_engines
import frameworks
import graphs
import training_steps
from gradus import Variable
from gradus import functions as F
from gradus.adam_steps import adam_in_place
from gradus.steps import step16
from race import calls_within, seconds_a_call
from recorded_cell import store_in_cell

CELL = "recorded"
SIZES = [100, 1_000, 10_000, 100_000]  # nodes of a graph
CASES = {"batch of 32": (training_steps.SMALL, 32), "batch of 256": (training_steps.SMALL, 256)}
CASES |= {"20 layers": (training_steps.DEEP, 32), "1,000 units": ((64, 1000, 1000, 10), 256)}


def chapter_cell(name):
    """The source of one of the chapter's cells."""
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    return "".join(next(cell["source"] for cell in cells if cell["id"] == name))


# --- training steps ---


def step16_step(weights, X, y):
    """A network out of the functions that the chapter writes for step 16, with gradus' Adam for each parameter."""
    names = {"np": np, "ENGINE": step16}
    exec(chapter_cell("own-functions"), names)
    params = [step16.Variable(w.copy()) for w in weights]
    states = [{"m": np.zeros_like(p.data.ravel()), "s": np.zeros_like(p.data.ravel()), "t": 0} for p in params]
    hyper = {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eps_mode": "paper"}

    def step():
        for p in params:
            p.cleargrad()
        loss = names["own_loss"](params, X, y)
        loss.backward()
        for p, state in zip(params, states, strict=True):
            adam_in_place(p.data.reshape(-1), p.grad.reshape(-1), state, **hyper)
        return float(loss.data)

    return step


STEPS = {"gradus": training_steps.gradus_step, "step 16": step16_step}
STEPS |= {name: step for name, step in training_steps.STEPS.items() if name != "gradus"}


def training():
    """A training step of each contestant, in microseconds and in units of gradus' time, for each case."""
    found = {}
    for case, (sizes, batch) in CASES.items():
        given = training_steps.problem(sizes, batch, np.float32)
        contestants = {name: make(*given) for name, make in STEPS.items()}
        losses = {name: [step() for _ in range(4)] for name, step in contestants.items()}
        for name, values in losses.items():
            np.testing.assert_allclose(values, losses["gradus"], rtol=2e-3, err_msg=f"{case}: {name}")
        found[case] = compared(contestants, rounds=25, unit=1e-6)
    return found


# --- graphs of single numbers ---


def step16_graph(build, nodes):
    """The same graphs. Step 16 has no operators and no plain numbers: a factor is a Variable, and gets a gradient."""
    x = step16.Variable(np.array(1.0))

    def chain():
        factor, y = step16.Variable(np.array(0.9999)), x
        for _ in range(nodes):
            y = step16.mul(y, factor)
        return y

    def wide():
        products = [step16.mul(x, step16.Variable(np.array(float(i)))) for i in range(nodes // 2)]
        total = products[0]
        for product in products[1:]:
            total = step16.add(total, product)
        return total

    made = {graphs.chain: chain, graphs.wide: wide}[build]

    def work():
        x.cleargrad()
        made().backward()
        return x.grad

    return work


def dezero_graph(build, nodes):
    dezero = frameworks.import_dezero()
    x = dezero.Variable(np.array(1.0))

    def work():
        x.cleargrad()
        build(x, nodes).backward()
        return x.grad.data

    return work


GRAPHS = {
    "gradus": graphs.gradus_graph,
    "step 16": step16_graph,
    "PyTorch": graphs.torch_graph,
    "DeZero": dezero_graph,
    "HIPS autograd": graphs.autograd_graph,
    "micrograd": graphs.micrograd_graph,
}


def small_graphs():
    """Microseconds a node in graphs of 300 nodes, which all can follow."""
    found = {}
    for name, build in (("chain", graphs.chain), ("wide", graphs.wide)):
        contestants = {engine: make(build, 300) for engine, make in GRAPHS.items()}
        for engine, work in contestants.items():
            np.testing.assert_allclose(float(work()), float(contestants["gradus"]()), err_msg=f"{name}: {engine}")
        found[name] = compared(contestants, rounds=25, unit=300e-6)
    return found


def growth():
    """Seconds to build a graph and go back through it, by number of nodes; None where an engine ends or takes long."""
    freeze()
    found = {"nodes": SIZES}
    for name, build in (("chain", graphs.chain), ("wide", graphs.wide)):
        found[name] = {engine: [] for engine in GRAPHS}
        for nodes in SIZES:
            for engine, make in GRAPHS.items():
                before = found[name][engine]
                # half a second: ten times as many nodes might take minutes
                hopeless = before and (before[-1] is None or before[-1] > 0.5)
                before.append(None if hopeless else seconds(make(build, nodes)))
    return found


def seconds(work):
    """The median of some calls, None where Python's stack ends."""
    try:
        calls = calls_within(0.02, work)
        return median(seconds_a_call(work, calls) for _ in range(5 if calls > 1 else 3))
    except RecursionError:
        return None


# --- a network ---


def network_of_numbers():
    """micrograd has no arrays. Each number of a small network is a node: nodes, and its time in units of gradus'.

    One example through 16-16-16-4 with squared error, forward and backward.
    """
    from micrograd.engine import Value

    sizes, rng = (16, 16, 16, 4), np.random.default_rng(0)
    weights = [rng.normal(0, (2 / i) ** 0.5, (i, o)) for i, o in pairwise(sizes)]
    x = rng.standard_normal((1, sizes[0]))
    leaves = [[[Value(w) for w in row] for row in W] for W in weights]
    arrays = [Variable(W) for W in weights]

    def in_micrograd():
        a = list(x[0])
        for i, W in enumerate(leaves):
            z = [sum((W[k][j] * a[k] for k in range(1, len(a))), W[0][j] * a[0]) for j in range(len(W[0]))]
            a = z if i == 2 else [v.relu() for v in z]
        loss = sum((v * v for v in a[1:]), a[0] * a[0])
        for W in leaves:
            for row in W:
                for w in row:
                    w.grad = 0
        loss.backward()
        return loss, leaves[0][1][2].grad

    def in_gradus():
        a = x
        for i, W in enumerate(arrays):
            a = F.linear(a, W)
            a = a if i == 2 else F.relu(a)
        loss = (a * a).sum()
        for W in arrays:
            W.cleargrad()
        loss.backward()
        return loss, arrays[0].grad[1, 2]

    loss, slope = in_micrograd()
    np.testing.assert_allclose([loss.data, slope], [float(in_gradus()[0].data), in_gradus()[1]], rtol=1e-9)
    nodes, waiting = set(), [loss]
    while waiting:
        value = waiting.pop()
        if value not in nodes:
            nodes.add(value)
            waiting.extend(value._prev)
    computed = sum(bool(value._prev) for value in nodes)
    times = compared({"gradus": in_gradus, "micrograd": in_micrograd}, rounds=15, unit=1e-6)
    return {"sizes": list(sizes), "nodes": computed, "times": times}


# --- all of it ---


def compared(contestants, rounds, unit):
    """Median times, and the quartiles and median of the ratio to gradus' time of the same round.

    Cycles that one contestant leaves are collected before the next one's turn, so that nobody pays for another.
    """
    calls = {name: calls_within(0.01, work) for name, work in contestants.items()}
    freeze()
    times = {name: [] for name in contestants}
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        for i in rng.permutation(len(calls)):
            name = list(calls)[i]
            gc.collect()
            contestants[name]()
            times[name].append(seconds_a_call(contestants[name], calls[name]))
    ratios = {name: [a / b for a, b in zip(t, times["gradus"], strict=True)] for name, t in times.items()}
    return {
        name: {
            "time": round(median(times[name]) / unit, 3),
            "ratio": round(median(values), 3),
            "quartiles": [round(q, 3) for q in quantiles(values, n=4, method="inclusive")[::2]],
        }
        for name, values in ratios.items()
    }


def freeze():
    """Spare the collector what has been imported: it would look through all of it each time."""
    gc.collect()
    gc.freeze()


def facts():
    """What does not depend on the machine."""
    return counted_in_engines.facts(GRAPHS)


def measured_with():
    """Versions, the kind of machine, the day."""
    packages = ("numpy", "torch", "dezero", "autograd", "micrograd")
    versions = {name: version(name).partition("+")[0] for name in packages}
    return {
        "versions": {"python": platform.python_version()} | versions,
        "machine": f"one core of {os.cpu_count()}, {platform.machine()}, {platform.system()}",
        "date": date.today().isoformat(),
    }


def record():
    """All that the chapter compares with."""
    np.ones(3 << 20).sum()  # 24 MB, made and freed: from then on the C library keeps the memory that a step frees
    parts = (facts, network_of_numbers, training, small_graphs, growth)
    return {"about": measured_with()} | {part.__name__: part() for part in parts}


def store(results):
    """Into the chapter's cell."""
    store_in_cell(CHAPTER, CELL, results)


if __name__ == "__main__":
    store(record())
    print(f"stored in the cell {CELL} of {CHAPTER.name}")
