"""The picture of a graph whose nodes stand in rows: SVG, as a notebook shows it.

What the nodes are is said by `gradus.graph` for the engine, and by `gradus.step_graph` for the engines of the sixteen
steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from .arguments import describe, fail_type
from .graph_layout import Layout, Point, lay_out

__all__ = ["Drawing"]

LETTER, LINE, MARGIN = 7.4, 16.0, 8.0  # width and height of text, in pixels
FUNCTION, VARIABLE, RESULT, DATA, NOW = "function", "variable", "result", "data", "now"
BOXES = (FUNCTION, NOW)
LOOKS = {
    FUNCTION: 'fill="#4477aa" fill-opacity="0.22" stroke="#4477aa"',
    VARIABLE: 'fill="none" stroke="currentColor"',
    RESULT: 'fill="none" stroke="currentColor" stroke-width="2.5"',
    DATA: 'fill="none" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"',
    NOW: 'fill="#ee7733" fill-opacity="0.45" stroke="#ee7733" stroke-width="2.5"',
}


class Node(NamedTuple):
    """A Function, a Variable or a plain input, ready to be drawn."""

    key: str  # f0, f1, … in the order of execution; v0, v1, …; d0, d1, …
    kind: str  # a key of LOOKS
    row: int
    lines: list[str]  # of its label


class Graph(NamedTuple):
    nodes: list[Node]
    edges: list[tuple[int, int]]  # indices of nodes


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


def svg_of(graph: Graph, title: str, text: str) -> str:
    """The picture, with a title and a description for those who do not see it.

    Lines and text have the colour of the text around the picture, and there is no background: it can be read on light
    and on dark pages.
    """
    sizes = [_size(node) for node in graph.nodes]
    layout = lay_out(sizes, [node.row for node in graph.nodes], graph.edges)
    return "\n".join(_svg(graph, sizes, layout, title, text)) + "\n"


def _size(node: Node) -> tuple[float, float]:
    width = LETTER * max(len(line) for line in node.lines)
    room = 16 if node.kind in BOXES else 18 + 10 * len(node.lines)
    return max(width + room, 34.0), LINE * len(node.lines) + 12


def _svg(graph: Graph, sizes: list[tuple[float, float]], layout: Layout, title: str, text: str) -> Iterator[str]:
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-MARGIN:g} {-MARGIN:g} {width:.1f} {height:.1f}" color="currentColor" font-size="12" '
        f'font-family="system-ui, sans-serif" text-anchor="middle">'
    )
    yield f"<title>{escape(title)}</title>\n<desc>{escape(text)}</desc>"
    yield '<g fill="none" stroke="currentColor" opacity="0.65">'
    for route in layout.routes:
        x, y = route[-1]
        yield f'<path d="{_path(route)}"/>'
        yield f'<path d="M{x - 3.5:.1f} {y - 6:.1f}L{x:.1f} {y:.1f}L{x + 3.5:.1f} {y - 6:.1f}"/>'
    yield "</g>"
    for node, (w, h), (x, y) in zip(graph.nodes, sizes, layout.centres, strict=True):
        yield f'<g id="{node.key}">'
        if node.kind in BOXES:
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
