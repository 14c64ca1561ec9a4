"""What the pictures of the sixteen steps show: the calls as they came, and the gradients as they stood after each function."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from gradus import step_graph
from gradus.step_graph import draw, pictures, record
from steps_support import number, step

SVG = "{http://www.w3.org/2000/svg}"


def labels(drawing):
    """The lines of text of each node, in the order in which they were drawn."""
    groups = ET.fromstring(drawing.svg).iter(SVG + "g")
    return [[t.text for t in group.findall(SVG + "text")] for group in groups if group.get("id")]


def squares(n):
    """a² + a² at x = 2 on a step's engine, recorded."""
    s = step(n)
    with record(s) as tape:
        x = number(s, 2)
        a = s.square(x)
        b, c = s.square(a), s.square(a)
        y = s.add(b, c)
    return tape, y, {"x": x, "a": a, "b": b, "c": c, "y": y}


@pytest.mark.parametrize("n", range(2, 17))
def test_every_step_can_be_recorded_and_is_left_as_it_was(n):
    s = step(n)
    before = s.Function.__call__
    with record(s) as tape:
        x = number(s, 3)
        y = s.Square()([x])[0] if n == 11 else s.Square()(x)
    assert s.Function.__call__ is before
    (call,) = tape.calls
    assert (type(call.function).__name__, call.inputs, call.outputs) == ("Square", [x], [y])
    shown = [["x", "3"], ["Square"], ["y", "9"]]
    generations = [["gen 0"], [], ["gen 1"]] if n == 16 else [[], [], []]
    assert labels(draw(tape, {"x": x, "y": y})) == [a + b for a, b in zip(shown, generations, strict=True)]


def test_the_engine_is_given_back_when_something_fails_inside():
    s = step(3)
    before = s.Function.__call__
    with pytest.raises(ZeroDivisionError), record(s):
        raise ZeroDivisionError
    assert s.Function.__call__ is before


@pytest.mark.parametrize("wrong", [3, np, step(1)], ids=["number", "numpy", "step 1"])
def test_only_a_step_can_be_recorded(wrong):
    with pytest.raises(TypeError, match="record: step must be a module with a class Function, got"):
        record(wrong)


def test_a_box_alone():
    x = step(1).Variable(np.array(1.0))
    assert labels(draw(step_graph.Tape(), {"x": x})) == [["x", "1"]]
    assert labels(draw(step_graph.Tape(), {"x": step(9).Variable(None)})) == [["x", "empty"]]


def test_results_stand_below_what_they_were_computed_from_and_leaves_near_their_use():
    s = step(12)
    with record(s) as tape:
        x, late = number(s, 2), s.Variable(np.ones((2, 3)))
        y = s.mul(s.square(s.square(x)), late)
    drawing = draw(tape, {"x": x, "late": late, "y": y})
    assert ["late", "(2, 3)"] in labels(drawing)
    height = {
        t.text: float(t.get("y")) for t in ET.fromstring(drawing.svg).iter(SVG + "text") if t.text in ("x", "late", "y")
    }
    assert height["x"] < height["late"] < height["y"]


@pytest.mark.parametrize(
    ("n", "captions", "grads_of_x"),
    [
        (15, ["y to b, c", "c to a", "a to x", "b to a", "a to x"], [None, None, "grad 32", "grad 32", "grad 96"]),
        (16, ["y to b, c", "c to a", "b to a", "a to x"], [None, None, None, "grad 64"]),
    ],
)
def test_pictures_show_the_gradients_after_each_function(n, captions, grads_of_x):
    tape, y, names = squares(n)
    shown = pictures(tape, y.backward, names)
    assert [re.sub(r"\w+, from (.*) back (to .*)", r"\1 \2", text) for text in shown.captions] == captions
    found = [next(node for node in labels(drawing) if node[0] == "x") for drawing in shown.drawings]
    assert [next((line for line in node if line.startswith("grad")), None) for node in found] == grads_of_x
    assert all(drawing.svg.count("#ee7733") == 2 for drawing in shown.drawings)  # one orange box: fill and line
    assert repr(shown).splitlines()[0] == "1. Add, from y back to b, c"
    assert shown._repr_html_().count("<li") == len(captions)


def test_a_function_that_ran_twice_says_so():
    tape, y, names = squares(15)
    last = pictures(tape, y.backward, names).drawings[-1]
    assert ["Square", "3rd, 5th"] in labels(last) and ["Add", "1st"] in labels(last)


def test_afterwards_backward_is_again_the_functions_own():
    tape, y, names = squares(16)
    pictures(tape, y.backward, names)
    assert all("backward" not in vars(call.function) for call in tape.calls)
    tape, y, names = squares(16)
    with pytest.raises(KeyError):
        pictures(tape, lambda: {}["nothing"], names)
    assert all("backward" not in vars(call.function) for call in tape.calls)


def test_a_program_that_reads_aloud_gets_the_computation():
    tape, _, names = squares(16)
    root = ET.fromstring(draw(tape, names, title="Two squares of one").svg)
    assert root.find(SVG + "title").text == "Two squares of one"
    assert root.find(SVG + "desc").text.splitlines() == [
        "a = Square(x)",
        "b = Square(a)",
        "c = Square(a)",
        "y = Add(b, c)",
    ]


def test_names_are_text_and_no_markup():
    s = step(16)
    with record(s) as tape:
        x = number(s, 2)
        y = s.square(x)
    shown = pictures(tape, y.backward, {"<b>": x, "y": y})
    assert ET.fromstring(shown.drawings[0].svg) is not None
    assert "<b>" not in shown._repr_html_()
