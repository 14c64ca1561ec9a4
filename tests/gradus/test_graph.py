"""The graph as text, DOT and SVG: what is in it, and where it stands on the paper."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from gradus import Variable, graph, no_grad
from gradus import functions as F

SVG = "{http://www.w3.org/2000/svg}"


def variable(value, name=None):
    return Variable(np.array(value, float), name=name)


def diamond():
    x = variable(2, "x")
    a = x**2
    return a**2 + a**2


def mlp():
    rng = np.random.default_rng(0)
    W1, b1, W2 = (variable(rng.standard_normal(s), n) for s, n in [((4, 5), "W1"), ((5,), "b1"), ((5, 3), "W2")])
    logits = F.tanh(rng.standard_normal((8, 4)) @ W1 + b1) @ W2
    return F.softmax_cross_entropy(logits, rng.integers(0, 3, 8)) + 0.1 * ((W1**2).sum() + (W2**2).sum())


def long_ways():
    r = t = variable(1, "r")
    for _ in range(6):
        t = F.sin(t) * r + t
    return t * r


def several_outputs():
    p, q, _ = F.split(variable(np.ones((6, 2)), "<x & 'y'>"), 3)
    return (p * q + p).sum() * p.mean() - q.max() + variable(3, 'a "b" \\')


def random_graph(seed):
    rng = np.random.default_rng(seed)
    values = [variable(v) for v in (0.5, 1.5, 2.0)]
    for _ in range(25):
        i, j = rng.integers(max(0, len(values) - 8), len(values), size=2)
        values.append(values[i] * values[j] if rng.random() < 0.5 else values[i] + values[j])
    return values[-1] + values[-2]


GRAPHS = {"diamond": diamond, "mlp": mlp, "long_ways": long_ways, "several": several_outputs}
GRAPHS |= {f"random_{seed}": lambda seed=seed: random_graph(seed) for seed in range(5)}
each_graph = pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)


# -- text ----------------------------------------------------------------------------------------------------------


def test_the_text_has_one_line_a_function_in_the_order_of_execution(capsys):
    y = diamond()
    expected = """\
v1 () = Power 2(x ())        generation 0
v2 () = Power 2(v1 ())       generation 1
v3 () = Power 2(v1 ())       generation 1
v4 () = Add(v2 (), v3 ())    generation 2"""
    assert graph.to_text(y) == expected
    graph.print_graph(y)
    assert capsys.readouterr().out == expected + "\n"


def test_the_text_names_data_and_several_outputs():
    W = variable(np.ones((4, 2)), "W")
    left, right = F.split(np.ones((3, 4)) @ W * 0.5, 2, axis=1)
    lines = graph.to_text(right - left).splitlines()
    assert lines[0].startswith("v1 (3, 2) = MatMul(array (3, 4), W (4, 2)) ")
    assert lines[1].startswith("v2 (3, 2) = Mul(v1 (3, 2), 0.5) ")
    assert lines[2].startswith("v3 (3, 1), v4 (3, 1) = Split(v2 (3, 2)) ")
    assert lines[3].startswith("v5 (3, 1) = Sub(v4 (3, 1), v3 (3, 1)) ")
    assert [line[-1] for line in lines] == list("0123")


def test_a_leaf_and_what_was_not_recorded_have_no_functions():
    x = variable([1, 2], "x")
    assert graph.to_text(x) == "x (2,): a leaf, computed from nothing"
    with no_grad():
        y = x * 2
    assert graph.to_text(y) == "v0 (2,): a leaf, computed from nothing"
    assert "<ellipse" in graph.to_svg(y) and "<rect" not in graph.to_svg(y)


@each_graph
def test_every_function_stands_after_those_it_needs(make):
    known = set(re.findall(r"[(,] ?(\S+) \(", graph.to_text(make()))) - set(
        re.findall(r"^(\S+) \(", graph.to_text(make()), re.M)
    )
    for line in graph.to_text(make()).splitlines():
        result, _, call = line.partition(" = ")
        needed = set(re.findall(r"(v\d+) \(", call))
        assert needed <= known | set(re.findall(r"(v\d+) \(", result)) | known, line
        assert needed <= known, line
        known |= set(re.findall(r"(v\d+) \(", result))


def test_a_deep_graph_needs_no_recursion():
    y = variable(1)
    for _ in range(20_000):
        y = y * 1.0
    assert len(graph.to_text(y).splitlines()) == 20_000
    with pytest.raises(ValueError, match="to_svg: y must come from at most 500 functions to be drawn, got 20000"):
        graph.to_svg(y)


# -- DOT -----------------------------------------------------------------------------------------------------------


def test_dot_of_the_diamond():
    assert (
        graph.to_dot(diamond())
        == """\
digraph {
  v0 [label="x\\n2", shape=ellipse];
  f0 [label="Power 2", shape=box, style=filled, fillcolor=lightblue];
  v1 [label="4", shape=ellipse];
  f1 [label="Power 2", shape=box, style=filled, fillcolor=lightblue];
  v2 [label="16", shape=ellipse];
  f2 [label="Power 2", shape=box, style=filled, fillcolor=lightblue];
  v3 [label="16", shape=ellipse];
  f3 [label="Add", shape=box, style=filled, fillcolor=lightblue];
  v4 [label="32", shape=ellipse, penwidth=2];
  v0 -> f0;
  f0 -> v1;
  v1 -> f1;
  f1 -> v2;
  v1 -> f2;
  f2 -> v3;
  v2 -> f3;
  v3 -> f3;
  f3 -> v4;
}
"""
    )


def test_names_are_escaped():
    y = several_outputs()
    assert "label=\"<x & 'y'>\\n(6, 2)\"" in graph.to_dot(y) and 'label="a \\"b\\" \\\\\\n3"' in graph.to_dot(y)
    texts = [t.text for t in ET.fromstring(graph.to_svg(y)).iter(SVG + "text")]
    assert "<x & 'y'>" in texts and 'a "b" \\' in texts
    assert 'label="two lines\\n1"' in graph.to_dot(variable(1, "two\nlines"))


@each_graph
def test_text_dot_and_svg_are_the_same_every_time(make):
    for f in (graph.to_text, graph.to_dot, graph.to_svg):
        assert f(make()) == f(make())


def test_gradients_are_shown_on_request_where_there_are_any():
    x = variable(2, "x")
    y = (x**2) * variable([3.0, 4.0], "c")
    y.backward()
    assert "grad" not in graph.to_dot(y).replace("digraph", "") and "grad" not in graph.to_svg(y)
    assert 'label="x\\n2\\ngrad 28"' in graph.to_dot(y, grads=True)
    assert 'label="c\\n(2,)\\n‖grad‖ 5.66"' in graph.to_dot(y, grads=True)  # 4 √2
    assert ">grad 28<" in graph.to_svg(y, grads=True) and graph.to_svg(y, grads=True).count("grad") == 3


# -- SVG -----------------------------------------------------------------------------------------------------------


def boxes(svg):
    """(x0, y0, x1, y1) of every node by its id."""
    found = {}
    for group in ET.fromstring(svg).iter(SVG + "g"):
        for shape in group:
            number = {key: float(value) for key, value in shape.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
            if shape.tag == SVG + "rect":
                x, y = number["x"], number["y"]
                found[group.get("id")] = (x, y, x + number["width"], y + number["height"])
            elif shape.tag == SVG + "ellipse":
                x, y, rx, ry = (number[key] for key in ("cx", "cy", "rx", "ry"))
                found[group.get("id")] = (x - rx, y - ry, x + rx, y + ry)
    return found


def routes(svg):
    """Points along every edge."""
    for path in ET.fromstring(svg).iter(SVG + "path"):
        if "L" in path.get("d"):
            continue  # the head of an arrow
        x = y = 0.0
        points = []
        for command, text in re.findall(r"([MVC])([^MVC]*)", path.get("d")):
            n = [float(v) for v in text.split()]
            if command == "M":
                x, y = n
            elif command == "V":
                points += [(x, y + (n[0] - y) * t) for t in np.linspace(0, 1, 20)]
                y = n[0]
            else:
                t = np.linspace(0, 1, 20)
                weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
                xs = sum(w * v for w, v in zip(weights, [x, *n[0::2]], strict=True))
                ys = sum(w * v for w, v in zip(weights, [y, *n[1::2]], strict=True))
                points += list(zip(xs, ys, strict=True))
                x, y = n[-2:]
        yield points


@each_graph
def test_shared_variables_are_drawn_once_and_every_edge_is_there(make):
    y = make()
    svg, dot = graph.to_svg(y), graph.to_dot(y)
    assert sorted(boxes(svg)) == sorted(re.findall(r"^  (\w+) \[", dot, re.M))
    assert len(list(routes(svg))) == dot.count("->")


@each_graph
def test_nodes_do_not_overlap_and_stay_on_the_paper(make):
    svg = graph.to_svg(make())
    left, top, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
    nodes = list(boxes(svg).values())
    for i, (x0, y0, x1, y1) in enumerate(nodes):
        assert left <= x0 and x1 <= left + width and top <= y0 and y1 <= top + height
        for u0, v0, u1, v1 in nodes[:i]:
            assert x1 < u0 or u1 < x0 or y1 < v0 or v1 < y0


@each_graph
def test_edges_lead_down_and_run_through_no_box(make):
    svg = graph.to_svg(make())
    nodes = boxes(svg).values()
    for points in routes(svg):
        ys = [y for _, y in points]
        assert all(b >= a - 0.1 for a, b in pairwise(ys))
        for x, y in points[1:-1]:
            assert not any(x0 < x < x1 and y0 + 0.2 < y < y1 - 0.2 for x0, y0, x1, y1 in nodes)


@each_graph
def test_edges_join_the_nodes_that_dot_joins(make):
    y = make()
    svg, nodes = graph.to_svg(y), boxes(graph.to_svg(y))

    def node_at(x, y):
        (name,) = (n for n, (x0, y0, x1, y1) in nodes.items() if x0 <= x <= x1 and y0 - 0.2 <= y <= y1 + 0.2)
        return name

    drawn = sorted((node_at(*points[0]), node_at(*points[-1])) for points in routes(svg))
    assert drawn == sorted(re.findall(r"(\w+) -> (\w+);", graph.to_dot(y)))


def test_the_diamond_is_drawn_without_a_crossing_and_in_four_rows_of_boxes():
    nodes = boxes(graph.to_svg(diamond()))
    rows = {name: box[1] for name, box in nodes.items()}
    assert rows["f1"] == rows["f2"] and rows["v0"] < rows["f0"] < rows["v1"] < rows["f1"] < rows["f3"] < rows["v4"]
    middle = {name: (box[0] + box[2]) / 2 for name, box in nodes.items()}
    assert middle["f1"] + middle["f2"] == pytest.approx(2 * middle["v4"], abs=1)


def test_the_picture_is_readable_on_light_and_dark_pages_and_by_ear():
    svg = graph.to_svg(mlp())
    root = ET.fromstring(svg)
    assert root.get("role") == "img" and root.find(SVG + "title").text == "Graph of a computation"
    assert root.find(SVG + "desc").text == graph.to_text(mlp())
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert colours == {"none", "currentColor", "#4477aa"}  # nothing black, nothing white


def test_a_notebook_shows_the_drawing():
    y = diamond()
    drawing = graph.draw(y, grads=True)
    assert drawing._repr_svg_() == drawing.svg == graph.to_svg(y, grads=True)
    assert drawing.svg in drawing._repr_html_()


@pytest.mark.parametrize("f", [graph.to_text, graph.print_graph, graph.to_dot, graph.to_svg, graph.draw])
def test_what_is_no_variable_is_refused(f):
    with pytest.raises(TypeError, match="y must be a Variable, got an array"):
        f(np.ones(2))
