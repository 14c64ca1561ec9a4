"""gradus.graph"""

import numpy as np
from gradus import Variable, graph

from . import Entry

TEXTS = {"other_dtype": "a text"}


def result(rng, dtype):
    x = Variable(rng.standard_normal((3, 4)).astype(dtype), name="x")
    return {"y": (x * 2 + x).sum()}


def with_grads(rng, dtype):
    return result(rng, dtype) | {"grads": True}


NO_GRAPH = {"y": [np.ones(3), 2.0]}

ENTRIES = [
    Entry(graph.to_text, result, oracles={}, bad=NO_GRAPH, **TEXTS),
    Entry(graph.print_graph, result, oracles={}, bad=NO_GRAPH, **TEXTS),
    Entry(graph.to_dot, with_grads, oracles={}, bad=NO_GRAPH, **TEXTS),
    Entry(graph.to_svg, with_grads, oracles={}, bad=NO_GRAPH, **TEXTS),
    Entry(graph.draw, with_grads, oracles={}, bad=NO_GRAPH, **TEXTS),
]
