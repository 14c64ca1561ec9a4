"""The slips that are shown as code, run: the printed lines go wrong as their entry says, and the right ones do not."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

import numpy as np
import pytest
from slips_page import ENTRIES, ROOT, lines, part

WITH_CODE = [title for title in ENTRIES if lines(title, "Often printed")]

STEP = (ROOT / "solutions" / "gradus" / "steps" / "step14.py").read_text(encoding="utf-8")
#: Lines of the step that lines of the page replace.
BOX = '        self.data: Any = data if data is None or data.dtype.kind not in "biu" else data.astype(np.float64)\n'
OUTPUTS = "        outputs = [Variable(as_array(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]\n"
#: The loop as it is printed, without the lines that are on the page.
LOOP = """
def backward(self):
{seed}
{funcs}
    seen_set = set()
    while funcs:
        f = funcs.pop()
{gys}
        gxs = f.backward(*gys)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
{pairs}
{store}
{append}
"""
#: Name in the loop → the entry and the part of it whose lines stand there, and how deep.
PLACES = {
    "seed": ("A seed of ones, whatever the result", "Often printed", 1),  # right in itself
    "funcs": ("A loop that begins without a look", "Right", 1),
    "gys": ("The gradient of an output that nobody used", "Right", 2),
    "pairs": ("A gradient that zip drops", "Right", 2),
    "store": ("Written over", "Right", 3),
    "append": ("An engine without a seen set", "Right", 3),
}


def indented(code: str, levels: int) -> str:
    return textwrap.indent(code, 4 * levels * " ")


def engine(box: str = "", outputs: str = "", **other: str) -> dict:
    """What an engine defines that is made of the page's right lines, with others in the places that are named."""
    right = {name: lines(title, of) for name, (title, of, _) in PLACES.items()}
    source = STEP
    outputs = outputs or lines("A tuple that is never made", "Right")
    for old, new in ((BOX, box + "self.data = data\n"), (OUTPUTS, outputs)):
        assert source.count(old) == 1
        source = source.replace(old, indented(new, 2))
    names: dict = {"__name__": "engine"}
    exec(compile(source, "engine", "exec"), names)
    loop = LOOP.format(**{name: indented(code, PLACES[name][2]) for name, code in (right | other).items()})
    exec(compile(loop, "loop", "exec"), names)
    names["Variable"].backward = names["backward"]
    return names


def made(names: dict, base: str, code: str) -> type:
    """A class of functions with the methods that are given as code."""
    exec(f"class Made({base}):\n{indented(code, 1)}", names)
    return names["Made"]


def box(names: dict, value: object) -> object:
    return names["Variable"](np.asarray(value))


def slope(names: dict, program: Callable, at: float = 3.0) -> float:
    x = box(names, at)
    program(x).backward()
    return float(x.grad)


RUNS: dict[str, Callable[[str, str], list[str]]] = {}


def run(title: str) -> Callable:
    """Run the lines of an entry, given as the printed and the right ones; return what "How you notice" must say."""
    return lambda function: RUNS.setdefault(title, function)


@run("A seed of ones, whatever the result")
def seed(printed, right):
    whole, floating = engine(seed=printed), engine(seed=printed, box=right)
    pixel, small = box(whole, np.array(200, np.uint8)), box(whole, np.array(3))
    for x in (pixel, small):
        whole["square"](x).backward()
    assert slope(floating, floating["square"], np.array(200, np.uint8)) == 400
    two = "def forward(self, x):\n    return np.array([x, 5 * x])\ndef backward(self, gy):\n    return gy[0] + 5 * gy[1]\n"
    assert slope(floating, made(floating, "Function", two)()) == 1 + 5  # of their sum
    return [str(small.grad.dtype), str(pixel.grad.dtype), str(pixel.grad)]


@run("A tuple that is never made")
def never_made(printed, right):
    with pytest.raises(IndentationError):
        engine(outputs=printed)
    without_the_if = printed[printed.index("\n") + 1 :]
    names = engine(outputs=without_the_if)
    assert len(names["square"](box(names, [1.0, 2.0, 3.0]))) == 3
    assert names["square"](box(names, [2.0])).data.shape == ()
    with pytest.raises(TypeError, match="not iterable"):
        names["square"](box(names, 2.0))
    names = engine(outputs=right)
    for value in ([1.0, 2.0, 3.0], [2.0], 2.0):
        np.testing.assert_array_equal(names["square"](box(names, value)).data, np.square(value))
        assert names["square"](box(names, value)).data.shape == np.shape(value)
    return []


@run("A list of outputs")
def a_list(printed, right):
    names = engine()
    x0, x1 = box(names, 5.0), box(names, 2.0)
    with pytest.raises(TypeError, match="list") as error:
        made(names, "Function", printed)()(x0, x1)
    assert [float(y.data) for y in made(names, "Function", right)()(x0, x1)] == [7, 3]
    of_everything = engine(outputs=lines("A tuple that is never made", "Right").replace("as_array(", "np.array("))
    assert made(of_everything, "Function", printed)()(x0, x1).data.tolist() == [7, 3]
    return [error.type.__name__]


@run("A loop that begins without a look")
def leaf(printed, right):
    with pytest.raises(AttributeError, match="None") as error:
        box(engine(funcs=printed), 2.0).backward()
    assert slope(engine(funcs=right), lambda x: x) == 1
    for names in (engine(funcs=printed), engine(funcs=right)):
        assert slope(names, names["square"]) == 6
    return [error.type.__name__, "None"]


@run("Add's backward, and an array that was stretched")
def stretched(printed, right):
    shapes = []
    for code in (printed, right):
        names = engine()
        x0, x1 = box(names, np.ones((3, 4))), box(names, np.ones((3, 1)))
        made(names, "Add", code)()(x0, x1).backward()
        shapes.append((x0.grad.shape, x1.grad.shape))
        assert (x1.grad == (1 if code is printed else 4)).all()
    assert shapes == [((3, 4), (3, 4)), ((3, 4), (3, 1))]
    return [str(shapes[0][1])]


@run("A square that squares nothing")
def nothing(printed, right):
    fresh, used = engine(), engine() | {"y": np.array(100.0)}
    with pytest.raises(NameError) as error:
        made(fresh, "Square", printed)()(box(fresh, 3.0))
    assert made(used, "Square", printed)()(box(used, 3.0)).data == 100
    assert made(used, "Square", right)()(box(used, 3.0)).data == 9
    return [error.type.__name__]


@run("The gradient of an output that nobody used")
def unused(printed, right):
    wrong, names = engine(gys=printed), engine(gys=right)
    both = "def forward(self, x):\n    return x, 3 * x\n"
    calculates = "def backward(self, g0, g1):\n    return g0 + 3 * g1\n"
    with pytest.raises(TypeError) as error:
        slope(wrong, lambda x: made(wrong, "Function", both + calculates)()(x)[1])
    assert slope(names, lambda x: made(names, "Function", both + calculates)()(x)[1]) == 3

    swap = "def forward(self, x0, x1):\n    return x1, x0\ndef backward(self, g0, g1):\n    return g1, g0\n"
    for engine_names, expected in ((wrong, None), (names, 0)):
        x0, x1 = box(engine_names, 2.0), box(engine_names, 5.0)
        made(engine_names, "Function", swap)()(x0, x1)[1].backward()
        assert x0.grad == 1 and x1.grad == expected
    return [error.type.__name__]


@run("A gradient that zip drops")
def dropped(printed, right):
    two_of_three = "def forward(self, a, b, c):\n    return a + b + c\ndef backward(self, gy):\n    return gy, gy\n"
    names = engine(pairs=printed)
    inputs = [box(names, 1.0) for _ in range(3)]
    made(names, "Function", two_of_three)()(*inputs).backward()
    assert [x.grad is None for x in inputs] == [False, False, True]
    names = engine(pairs=right)
    with pytest.raises(ValueError, match="shorter"):
        made(names, "Function", two_of_three)()(*[box(names, 1.0) for _ in range(3)]).backward()
    return ["None"]


def ways_to_store(code):
    """What comes of x + x, of its y.grad, of (x + x) + x, of x² and of (x²)², at 3."""
    names = engine(store=code)
    add, square = names["add"], names["square"]
    x = box(names, 3.0)
    y = add(x, x)
    y.backward()
    programs = (lambda x: add(add(x, x), x), square, lambda x: square(square(x)))
    return [float(x.grad), float(y.grad), *(slope(names, program) for program in programs)]


RIGHT_SUMS = [2, 1, 3, 6, 108]


@run("Written over")
def over(printed, right):
    assert ways_to_store(printed) == [1, 1, 1, 6, 108]
    assert ways_to_store(right) == RIGHT_SUMS
    return ["1"]


@run("Added in place")
def in_place(printed, right):
    found = ways_to_store(printed)
    assert found == [2, 2, 4, 6, 108]
    assert ways_to_store(right) == RIGHT_SUMS
    return [f"{value:g}" for value in found[:3]]


@run("The lost else")
def lost_else(printed, right):
    assert ways_to_store(printed) == [2, 1, 2, 2 * 6, 4 * 108]
    assert ways_to_store(right) == RIGHT_SUMS
    return ["2"]


@run("An engine without a seen set")
def without_a_seen_set(printed, right):
    calls = []
    for code in (printed, right):
        names, made_calls = engine(append=code), []
        names["Add"].backward = lambda self, gy, noted=made_calls: noted.append(self) or (gy, gy)
        x = y = box(names, 1.0)
        for _ in range(10):
            y = names["add"](y, y)
        y.backward()
        calls.append(len(made_calls))
        assert (x.grad == 2**10) == (code is right)
    assert calls == [2**10 - 1, 10] and 2**20 > 1e6
    return [str(n) for n in calls]


@run("Clear the leaf and go back again")
def again(printed, right):
    found = []
    for code in (printed, right):
        names = engine()
        names["x"] = box(names, 2.0)
        exec("y = square(square(x))\ny.backward()", names)
        for _ in range(2):
            exec(code, names)
            found.append(f"{names['x'].grad:g}")
    assert found == ["64", "96", "32", "32"]
    return found


def test_names_without_their_underscores_fail_when_their_entry_says():
    entry = ENTRIES["Names without their underscores"]
    printed, right = (re.findall(r"`([^`]+)`", part(entry, name)) for name in ("Often printed", "Right"))
    assert printed == [name.removeprefix("np.").replace("_", "") for name in right[: len(printed)]]
    for name in ("__init__", "ones_like"):
        names: dict = {"__name__": "engine"}
        exec(STEP.replace(name, name.replace("_", "")), names)
        if name == "__init__":
            with pytest.raises(TypeError):
                box(names, 3.0)
        else:
            y = names["square"](box(names, 3.0))
            with pytest.raises(AttributeError, match="oneslike"):
                y.backward()


@pytest.mark.parametrize("title", WITH_CODE)
def test_the_printed_lines_go_wrong_as_the_entry_says_and_the_right_ones_do_not(title):
    printed, right = (lines(title, name) for name in ("Often printed", "Right"))
    assert printed != right
    noticed = part(ENTRIES[title], "How you notice")
    for said in RUNS[title](printed, right):
        assert re.search(rf"(?<![\w.]){re.escape(said)}(?!\w|\.\d)", noticed), said


def test_every_slip_of_the_engine_with_code_is_run():
    assert set(RUNS) == set(WITH_CODE) and len(RUNS) == 13
