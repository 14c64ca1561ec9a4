"""Where the nodes of a layered graph go on paper: rows from top to bottom, few crossings, edges around the nodes.

The method of Sugiyama, Tagawa & Toda (1981): an edge over several rows gets a bend in each row between, which takes part
in everything like a narrow node; the order within the rows is improved by barycentres, sweep after sweep; then every
node moves as close as it can to the middle of its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

__all__: list[str] = []

Point = tuple[float, float]

GAP_X, GAP_Y, BEND_WIDTH = 18.0, 30.0, 8.0
SWEEPS = 12


class Layout(NamedTuple):
    """Positions of nodes, and the points through which edges go."""

    centres: list[Point]
    routes: list[list[Point]]  # for each edge: vertical from points 0 to 1, 2 to 3, …; curved between
    width: float
    height: float


def lay_out(sizes: list[tuple[float, float]], row_of: list[int], edges: list[tuple[int, int]]) -> Layout:
    """Positions for nodes of given (width, height) in given rows; every edge leads to a later row."""
    widths = [width for width, _ in sizes]
    rows = list(row_of)
    bends: dict[tuple[int, int], int] = {}  # (source, row) → node: edges of one source share their way
    ways = []
    for source, target in edges:
        way = [source]
        for row in range(row_of[source] + 1, row_of[target]):
            if (source, row) not in bends:
                bends[source, row] = len(rows)
                rows.append(row)
                widths.append(BEND_WIDTH)
            way.append(bends[source, row])
        ways.append([*way, target])

    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    for way in ways:
        for a, b in pairwise(way):
            if a not in above[b]:
                above[b].append(a)
                below[a].append(b)
    order: list[list[int]] = [[] for _ in range(max(rows) + 1)]
    for node in _depth_first(len(rows), rows, above):
        order[rows[node]].append(node)
    order = _few_crossings(order, above, below)
    xs = _straight(order, widths, above, below)

    tops, bottoms, y = [], [], 0.0
    for nodes in order:
        height = max((sizes[node][1] for node in nodes if node < len(sizes)), default=0.0)
        tops.append(y)
        bottoms.append(y + height)
        y += height + GAP_Y
    left = min(xs[node] - widths[node] / 2 for node in range(len(rows)))
    right = max(xs[node] + widths[node] / 2 for node in range(len(rows)))
    xs = [x - left for x in xs]
    centres = [(xs[node], (tops[row_of[node]] + bottoms[row_of[node]]) / 2) for node in range(len(sizes))]

    arrivals: dict[int, list[int]] = defaultdict(list)  # node → the edges that end there, from left to right
    for edge in sorted(range(len(edges)), key=lambda edge: xs[ways[edge][-2]]):
        arrivals[edges[edge][1]].append(edge)
    routes = []
    for edge, way in enumerate(ways):
        source, target = edges[edge]
        ports = arrivals[target]
        spread = min(14.0, 0.7 * sizes[target][0] / len(ports))
        port = xs[target] + spread * (ports.index(edge) - (len(ports) - 1) / 2)
        route = [(xs[source], centres[source][1] + sizes[source][1] / 2), (xs[source], bottoms[rows[source]])]
        for bend in way[1:-1]:
            route += [(xs[bend], tops[rows[bend]]), (xs[bend], bottoms[rows[bend]])]
        routes.append([*route, (port, tops[rows[target]]), (port, centres[target][1] - sizes[target][1] / 2)])
    return Layout(centres, routes, right - left, bottoms[-1])


def _depth_first(n: int, rows: list[int], above: dict[int, list[int]]) -> list[int]:
    """All nodes, each after those that lead to it: what belongs together stands together."""
    found: dict[int, None] = {}
    for start in sorted(range(n), key=lambda node: -rows[node]):
        waiting = [start]
        while waiting:
            node = waiting[-1]
            missing = [a for a in above[node] if a not in found]
            if node in found or not missing:
                found.setdefault(node)
                waiting.pop()
            else:
                waiting.extend(reversed(missing))
    return list(found)


def _few_crossings(order: list[list[int]], above: dict[int, list[int]], below: dict[int, list[int]]) -> list[list[int]]:
    """The best order that barycentre sweeps find."""
    best, fewest = order, _crossings(order, below)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        order = [list(nodes) for nodes in order]
        for row in range(1, len(order)) if down else range(len(order) - 2, -1, -1):
            place = {node: i for i, node in enumerate(order[row - 1 if down else row + 1])}
            own = {node: i for i, node in enumerate(order[row])}
            order[row].sort(key=lambda node: _mean([place[m] for m in (above if down else below)[node]], own[node]))
        if (crossings := _crossings(order, below)) < fewest:
            best, fewest = order, crossings
    return best


def _crossings(order: list[list[int]], below: dict[int, list[int]]) -> int:
    count = 0
    for upper, lower in pairwise(order):
        place = {node: i for i, node in enumerate(lower)}
        ends = [sorted(place[b] for b in below[node]) for node in upper]
        seen: list[int] = []
        for targets in ends:
            count += sum(other > target for target in targets for other in seen)
            seen += targets
    return count


def _straight(
    order: list[list[int]], widths: list[float], above: dict[int, list[int]], below: dict[int, list[int]]
) -> list[float]:
    """x of every node: near the mean of its neighbours, in its order, clear of those beside it."""
    xs = [0.0] * len(widths)
    for nodes in order:
        for node, x in zip(nodes, _apart(nodes, [0.0] * len(nodes), widths), strict=True):
            xs[node] = x
    for sweep in range(2 * SWEEPS):
        neighbours = (above, below)[sweep % 2]
        for nodes in order if neighbours is above else reversed(order):
            wanted = [_mean([xs[m] for m in neighbours[node]], xs[node]) for node in nodes]
            for node, x in zip(nodes, _apart(nodes, wanted, widths), strict=True):
                xs[node] = x
    return xs


def _apart(nodes: list[int], wanted: list[float], widths: list[float]) -> list[float]:
    """The positions closest to the wanted ones, in squares, at which nodes in this order do not touch.

    With the distances taken off, the positions may not fall: wherever they do, neighbours are pooled to their mean.
    """
    offset, offsets = 0.0, []
    for i, node in enumerate(nodes):
        if i:
            offset += (widths[nodes[i - 1]] + widths[node]) / 2 + GAP_X
        offsets.append(offset)
    pools: list[tuple[float, int]] = []  # mean, how many
    for target, offset in zip(wanted, offsets, strict=True):
        mean, n = target - offset, 1
        while pools and pools[-1][0] > mean:
            other, m = pools.pop()
            mean, n = (mean * n + other * m) / (n + m), n + m
        pools.append((mean, n))
    level = [mean for mean, n in pools for _ in range(n)]
    return [x + offset for x, offset in zip(level, offsets, strict=True)]


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
