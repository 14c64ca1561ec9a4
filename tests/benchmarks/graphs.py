"""What a graph costs for each of its nodes (a node is one call of a function), and that nothing of it stays behind.

The numbers in these graphs are single ones, so that what is measured is the graph itself.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from frameworks import import_torch
from gradus import Variable
from race import Contestant, Fact, Row

SIZES = (100_000, 10_000, 1_000, 100)


def chain(x: Any, nodes: int) -> Any:
    """x · 0.9999 · 0.9999 · …"""
    y = x
    for _ in range(nodes):
        y = y * 0.9999
    return y


def wide(x: Any, nodes: int) -> Any:
    """x · 0 + x · 1 + x · 2 + …: half of the nodes are products next to one another, the other half their sum."""
    products = [x * float(i) for i in range(nodes // 2)]
    total = products[0]
    for product in products[1:]:
        total = total + product
    return total


def gradus_graph(build: Callable[[Any, int], Any], nodes: int) -> Contestant:
    x = Variable(np.array(1.0))

    def work() -> Any:
        x.cleargrad()
        build(x, nodes).backward()
        return x.grad

    return work


def torch_graph(build: Callable[[Any, int], Any], nodes: int) -> Contestant:
    torch = import_torch()
    x = torch.ones((), dtype=torch.float64, requires_grad=True)

    def work() -> Any:
        x.grad = None
        build(x, nodes).backward()
        return x.grad

    return work


def micrograd_graph(build: Callable[[Any, int], Any], nodes: int) -> Contestant:
    """It follows the graph by recursion, which ends where Python's stack does: no more than some hundred nodes deep."""
    from micrograd.engine import Value

    def work() -> float:
        x = Value(1.0)
        build(x, nodes).backward()
        return x.grad

    return work


def autograd_graph(build: Callable[[Any, int], Any], nodes: int) -> Contestant:
    import autograd

    slope = autograd.grad(lambda x: build(x, nodes))
    return lambda: slope(1.0)


MAKERS = {"PyTorch": torch_graph, "HIPS autograd": autograd_graph, "micrograd": micrograd_graph}


def per_node(name: str, build: Callable[[Any, int], Any], limit: float) -> list[Row]:
    """A row beside the others, and one of gradus alone over all sizes, which shows whether the time is linear.

    That is judged with Python's collector of cyclic garbage off: from time to time it looks through all living objects,
    which has nothing to do with the graph. How much it takes can be seen in the next line.
    """
    makers = {"gradus": partial(gradus_graph, build, 300)}
    makers |= {contestant: partial(make, build, 300) for contestant, make in MAKERS.items()}
    beside = Row(f"{name} graph of 300 nodes, per node", makers, limit=limit, per=dict.fromkeys(makers, 300))

    large = SIZES[0]
    uncollected = f"gradus, {large:,} nodes, collector off"
    alone = {uncollected: partial(without_collector, partial(gradus_graph, build, large))}
    alone |= {f"gradus, {nodes:,} nodes": partial(gradus_graph, build, nodes) for nodes in SIZES}
    per = dict(zip(alone, [large, *SIZES], strict=True))
    goals = {"gradus, 1,000 nodes": 1.5}  # linear, but for what does not fit into the cache
    return [beside, Row(f"{name} graph, per node", alone, goals, per=per, checks=0, rounds=15)]


def without_collector(make: Callable[[], Contestant]) -> Contestant:
    """The same work, while Python does not look for cycles."""
    contestant = make()

    def work() -> Any:
        gc.disable()
        try:
            return contestant()
        finally:
            gc.enable()

    return work


def a_million_nodes() -> tuple[str, bool]:
    """Whether a chain of a million nodes is differentiated and freed, without recursion."""
    x = Variable(np.array(1.0))
    try:
        chain(x, 1_000_000).backward()
    except RecursionError:
        return "RecursionError", False
    return "no error", bool(np.isclose(float(x.grad), 0.9999**1_000_000, rtol=1e-8))


def garbage() -> tuple[str, bool]:
    """What reference counting alone leaves of graphs that were built, differentiated and dropped."""
    gc.collect()
    gc.disable()
    try:
        for build in (chain, wide):
            x = Variable(np.array(1.0))
            build(x, 10_000).backward()
        found = gc.collect()
    finally:
        gc.enable()
    return f"{found} objects", found == 0


def rows() -> list[Row | Fact]:
    million = {"gradus": partial(gradus_graph, chain, 1_000_000), "PyTorch": partial(torch_graph, chain, 1_000_000)}
    return [
        *per_node("chain", chain, 4.0),
        *per_node("wide", wide, 8.0),
        Row("chain of 1,000,000 nodes", million, unit="s", checks=0, rounds=3),
        Fact("chain of 1,000,000 nodes", "no error", a_million_nodes),
        Fact("cyclic garbage after 20,000 nodes", "0 objects", garbage),
    ]
