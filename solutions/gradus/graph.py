"""The graph of a computation: as text, as a drawing in a notebook, as DOT for Graphviz.

    loss = F.mean_squared_error(F.tanh(X @ W + b), Y)
    print_graph(loss)
    draw(loss)

Ellipses are Variables, with name, shape and, where it is a single number, value; dashed ellipses are plain arrays and
numbers, of which no gradient is taken; boxes are Functions. What was not recorded (under ``no_grad``) is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from .arguments import describe, fail, fail_type, require_bool
from .graph_layout import Layout, Point, lay_out
from .variable import Function, Variable

__all__ = ["Drawing", "draw", "print_graph", "to_dot", "to_svg", "to_text"]

LARGEST = 500  # functions in a drawing: more than anyone can look at
LETTER, LINE, MARGIN = 7.4, 16.0, 8.0  # width and height of text, in pixels
FUNCTION, VARIABLE, RESULT, DATA = "function", "variable", "result", "data"
LOOKS = {
    FUNCTION: 'fill="#4477aa" fill-opacity="0.22" stroke="#4477aa"',
    VARIABLE: 'fill="none" stroke="currentColor"',
    RESULT: 'fill="none" stroke="currentColor" stroke-width="2.5"',
    DATA: 'fill="none" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"',
}


class Node(NamedTuple):
    """A Function, a Variable or a plain input, ready to be drawn."""

    key: str  # f0, f1, … in the order of execution; v0, v1, …; d0, d1, …
    kind: str
    row: int
    lines: list[str]  # of its label


class Graph(NamedTuple):
    nodes: list[Node]
    edges: list[tuple[int, int]]  # indices of nodes


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
    sizes = [_size(node) for node in graph.nodes]
    layout = lay_out(sizes, [node.row for node in graph.nodes], graph.edges)
    return "\n".join(_svg(graph, sizes, layout, to_text(y))) + "\n"


class Drawing:
    """A picture that notebooks show.

    Attributes:
        svg: its text.
    """

    def __init__(self, svg: str) -> None:
        if not isinstance(svg, str):
            fail_type(f"svg must be text, got {describe(svg)}")
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:  # within the page, where it takes the colour of the page's text
        return f'<div style="overflow-x: auto">{self.svg}</div>'


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


def _size(node: Node) -> tuple[float, float]:
    width = LETTER * max(len(line) for line in node.lines)
    room = 16 if node.kind == FUNCTION else 18 + 10 * len(node.lines)
    return max(width + room, 34.0), LINE * len(node.lines) + 12


def _svg(graph: Graph, sizes: list[tuple[float, float]], layout: Layout, text: str) -> Iterator[str]:
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-MARGIN:g} {-MARGIN:g} {width:.1f} {height:.1f}" color="currentColor" font-size="12" '
        f'font-family="system-ui, sans-serif" text-anchor="middle">'
    )
    yield f"<title>Graph of a computation</title>\n<desc>{escape(text)}</desc>"
    yield '<g fill="none" stroke="currentColor" opacity="0.65">'
    for route in layout.routes:
        x, y = route[-1]
        yield f'<path d="{_path(route)}"/>'
        yield f'<path d="M{x - 3.5:.1f} {y - 6:.1f}L{x:.1f} {y:.1f}L{x + 3.5:.1f} {y - 6:.1f}"/>'
    yield "</g>"
    for node, (w, h), (x, y) in zip(graph.nodes, sizes, layout.centres, strict=True):
        yield f'<g id="{node.key}">'
        if node.kind == FUNCTION:
            yield f'<rect x="{x - w / 2:.1f}" y="{y - h / 2:.1f}" width="{w:.1f}" height="{h:.1f}" rx="4" {LOOKS[node.kind]}/>'
        else:
            yield f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{w / 2:.1f}" ry="{h / 2:.1f}" {LOOKS[node.kind]}/>'
        for i, line in enumerate(node.lines):
            baseline = y + LINE * (i - (len(node.lines) - 1) / 2) + 4
            yield f'<text x="{x:.1f}" y="{baseline:.1f}" fill="currentColor">{escape(line)}</text>'
        yield "</g>"
    yield "</svg>"


def _path(route: list[Point]) -> str:
    """Down within the rows, in a curve between them."""
    x, y = route[0]
    path = f"M{x:.1f} {y:.1f}"
    for i, (x1, y1) in enumerate(route[1:], start=1):
        if i % 2:
            path += f"V{y1:.1f}"
        else:
            middle = (y + y1) / 2
            path += f"C{x:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
        x, y = x1, y1
    return path
