"""The graph of a computation: as text, as a drawing in a notebook, as DOT for Graphviz.

    loss = F.mean_squared_error(F.tanh(X @ W + b), Y)
    print_graph(loss)
    draw(loss)

Ellipses are Variables, with name, shape and, where it is a single number, value; dashed ellipses are plain arrays and
numbers, of which no gradient is taken; boxes are Functions. What was not recorded (under ``no_grad``) is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import numpy as np

from .arguments import describe, fail, fail_type, require_bool
from .graph_drawing import DATA, FUNCTION, RESULT, VARIABLE, Drawing, Graph, Node, svg_of
from .variable import Function, Variable

__all__ = ["draw", "print_graph", "to_dot", "to_svg", "to_text"]

LARGEST = 500  # functions in a drawing: more than anyone can look at


def to_text(y: Variable) -> str:
    """The computation of y, one function a line, in the order of execution.

        v1 (2, 3) = Linear(x (2, 4), W (4, 3))          generation 0

    A Variable without a name is called v and a number.

    Args:
        y: the result.

    Raises:
        TypeError: y is not a Variable.
    """
    functions, names = _functions(y), _names(y)
    if not functions:
        return f"{names[y]} {y.shape}: a leaf, computed from nothing"
    lines = []
    for function, outputs in functions.items():
        inputs = [f"{names[x]} {x.shape}" if isinstance(x, Variable) else _data(x) for x in function.inputs]
        results = [f"{names[x]} {x.shape}" for x in outputs]
        lines.append((f"{', '.join(results)} = {_label(function)}({', '.join(inputs)})", function.generation))
    width = max(len(text) for text, _ in lines)
    return "\n".join(f"{text:<{width}}    generation {generation}" for text, generation in lines)


def print_graph(y: Variable) -> None:
    """Print to_text(y). Args and errors as for to_text."""
    print(to_text(y))


def to_dot(y: Variable, grads: bool = False) -> str:
    """The graph of y in the language DOT, for Graphviz: ``dot -Tpdf``.

    Args:
        y: the result.
        grads: show gradients, those that are there.

    Raises:
        TypeError: y is not a Variable, or grads is not a bool.
    """
    graph = _graph(y, grads)
    shapes = {FUNCTION: "box, style=filled, fillcolor=lightblue", DATA: "ellipse, style=dashed"}
    shapes |= {VARIABLE: "ellipse", RESULT: "ellipse, penwidth=2"}
    lines = ["digraph {"]
    for node in graph.nodes:
        label = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in node.lines)
        lines.append(f'  {node.key} [label="{label}", shape={shapes[node.kind]}];')
    lines += [f"  {graph.nodes[a].key} -> {graph.nodes[b].key};" for a, b in graph.edges]
    return "\n".join([*lines, "}"]) + "\n"


def to_svg(y: Variable, grads: bool = False) -> str:
    """The graph of y as an SVG picture, from the inputs at the top to y at the bottom.

    Lines and text have the colour of the text around the picture, and there is no background: it can be read on light
    and on dark pages.

    Args:
        y: the result.
        grads: show gradients, those that are there.

    Raises:
        TypeError: y is not a Variable, or grads is not a bool.
        ValueError: more than 500 functions.
    """
    graph = _graph(y, grads)
    count = sum(node.kind == FUNCTION for node in graph.nodes)
    if count > LARGEST:
        fail(f"y must come from at most {LARGEST} functions to be drawn, got {count}: see to_text")
    return svg_of(graph, "Graph of a computation", to_text(y))


def draw(y: Variable, grads: bool = False) -> Drawing:
    """The graph of y as a picture in a notebook. Args and errors as for to_svg."""
    return Drawing(to_svg(y, grads))


def _functions(y: Variable) -> dict[Function, list[Variable]]:
    """The functions behind y in the order of execution, each with those of its outputs that were used."""
    if not isinstance(y, Variable):
        fail_type(f"y must be a Variable, got {describe(y)}")
    outputs: dict[Function, list[Variable]] = {}
    waiting = [y]
    while waiting:
        x = waiting.pop()
        function = x.creator
        if function is None:
            continue
        if function not in outputs:
            outputs[function] = []
            waiting.extend(v for v in function.inputs if isinstance(v, Variable))
        if x not in outputs[function]:
            outputs[function].append(x)
    first = dict(reversed(outputs.items()))
    return {
        function: sorted(first[function], key=attrgetter("position"))
        for function in sorted(first, key=attrgetter("generation"))
    }


def _names(y: Variable) -> dict[Variable, str]:
    """A name for every Variable, in the order of execution: its own, or v0, v1, …"""
    names: dict[Variable, str] = {}
    for function, outputs in _functions(y).items():
        for x in (*function.inputs, *outputs):
            if isinstance(x, Variable) and x not in names:
                names[x] = _one_line(x.name) if x.name is not None else f"v{len(names)}"
    return names or {y: "v0" if y.name is None else _one_line(y.name)}


def _graph(y: Variable, grads: bool) -> Graph:
    functions = _functions(y)
    require_bool(grads=grads)
    nodes: list[Node] = []
    edges: list[tuple[int, int]] = []
    index: dict[Variable, int] = {}
    counts = {"f": 0, "v": 0, "d": 0}

    def add(letter: str, kind: str, row: int, lines: list[str]) -> int:
        nodes.append(Node(f"{letter}{counts[letter]}", kind, row, lines))
        counts[letter] += 1
        return len(nodes) - 1

    def add_variable(x: Variable, row: int) -> int:
        if x not in index:
            index[x] = add("v", RESULT if x is y else VARIABLE, row, list(_variable_lines(x, grads)))
        return index[x]

    for function, outputs in functions.items():
        row = 2 * function.generation  # a leaf stands right above the first function that uses it
        sources = [
            add_variable(x, row) if isinstance(x, Variable) else add("d", DATA, row, [_data(x)])
            for x in function.inputs
        ]
        box = add("f", FUNCTION, row + 1, [_label(function)])
        edges += [(source, box) for source in sources]
        edges += [(box, add_variable(x, row + 2)) for x in outputs]
    if not functions:
        add_variable(y, 0)
    return Graph(nodes, edges)


def _variable_lines(x: Variable, grads: bool) -> Iterator[str]:
    if x.name is not None:
        yield _one_line(x.name)
    yield f"{x.item():.4g}" if x.size == 1 else str(x.shape)
    if grads and x.grad is not None:
        yield f"grad {x.grad.item():.4g}" if x.size == 1 else f"‖grad‖ {np.linalg.norm(x.grad):.3g}"


def _label(function: Function) -> str:
    """The function's name, with its setting if there is one that is a number: Power 2, Sum axis 0."""
    settings = {
        name: value
        for name, value in function.settings().items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    label = type(function).__name__
    if len(settings) == 1:
        ((name, value),) = settings.items()
        label += f" {value:g}" if len(name) == 1 else f" {name} {value:g}"
    return label


def _data(x: Any) -> str:
    return f"{x:.4g}" if np.ndim(x) == 0 else f"array {np.shape(x)}"


def _one_line(name: Any) -> str:
    return " ".join(str(name).split())
