"""What the checks of `autodiff_1_to_10` rest on: functions made out of a student's own base class, engines that only pretend."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import toy
from gradus.steps import step07, step09

from autograder.checks import _autodiff_1_to_10_debug as debug
from autograder.checks import _autodiff_1_to_10_slopes as slopes
from autograder.checks import _autodiff_graphs as graphs
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("autodiff_1_to_10")
ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "solutions" / "assignments" / "autodiff_1_to_10" / "autodiff_1_to_10.ipynb"


def answer(id: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[id], lambda: given, seed=seed)


def cells(*names: str) -> dict:
    """The names that cells of the notebook define, run one after the other."""
    sources = {c["id"]: "".join(c["source"]) for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]}
    found: dict = {"np": np}
    for name in names:
        exec(compile(sources[name], name, "exec"), found)  # a cell of our own
    return found


# ---------------------------------------------------------------- graphs out of handles


def test_a_made_function_computes_in_the_judge_and_its_calls_are_counted():
    calls = graphs.Calls()
    Variable, Function = local(step07.Variable), local(step07.Function)
    Twice = graphs.made(Function, "Twice", lambda x: 2 * x, lambda xs, gy: gy + xs[0], calls=calls)
    x = Variable(np.array([1.0, 5.0]))
    y = Twice()(x)
    y.set("grad", np.array([10.0, 20.0]))
    y.get("backward")()
    np.testing.assert_array_equal(graphs.array_at(x, "grad", "x"), [11.0, 25.0])
    assert calls == ["Twice.forward", "Twice.backward"]


def test_two_objects_of_a_made_class_remember_their_own_inputs():
    Variable, Function = local(step07.Variable), local(step07.Function)
    Twice = graphs.made(Function, "Twice", lambda x: 2 * x, lambda xs, gy: gy * xs[0])
    f, g = Twice(), Twice()
    f(Variable(np.array([3.0])))
    g(Variable(np.array([4.0])))
    assert f.get("backward")(np.ones(1)) == 3.0 and g.get("backward")(np.ones(1)) == 4.0


def test_a_scalar_of_numpy_is_told_from_an_array_without_dimensions():
    v = local(step07.Variable)(np.array(2.0))
    assert graphs.type_at(v, "data") == "ndarray"
    assert graphs.type_at(local(step07.Square)()(v), "data") == "float64"


def test_made_functions_work_in_a_process_of_their_own():
    source = (Path(step09.__file__)).read_text(encoding="utf-8").split("def main")[0]
    source += "\nit = [Variable, Function]"
    with toy.session_of(source) as session:
        Variable, Function = session.objects("it", ["it"])[0]
        calls = graphs.Calls()
        Odd = graphs.made(Function, "Odd", lambda x: x + 1, lambda xs, gy: 7 * gy, calls=calls)
        x = Variable(np.array([1.0]))
        y = Odd()(x)
        y.get("backward")()
        assert graphs.array_at(x, "grad", "x") == 7.0 and len(calls) == 2
        assert graphs.same_object(y.get("creator").get("input"), x) and not graphs.same_object(x, y)


# ---------------------------------------------------------------- engines that only pretend


class Measuring(step07.Variable):
    """Says that it goes back, and measures: it evaluates the whole chain again, moved by a little."""

    def backward(self):
        way, f = [], self.creator
        while f is not None:
            way.append(f)
            f = f.input.creator
        for i, f in enumerate(way):
            x, eps, ends = f.input.data, 1e-6, []
            for sign in (1, -1):
                moved = x + sign * eps
                for later in reversed(way[: i + 1]):
                    moved = later.forward(moved)
                ends.append(moved)
            f.input.grad = self.grad * (ends[0] - ends[1]) / (2 * eps)


def test_a_variable_that_measures_its_gradient_does_not_pass_for_one_that_goes_back():
    class Function(step07.Function):
        def __call__(self, x):
            y = Measuring(self.forward(x.data))
            y.creator, self.input = self, x
            return y

    Square = type("Square", (Function,), dict(vars(step07.Square)))
    Exp = type("Exp", (Function,), dict(vars(step07.Exp)))
    got = answer("steps_05_07", Measuring, Function, Square, Exp)
    passed = {r.name for r in got.results if r.passed}
    assert passed == {  # what was written by hand, and how it is linked
        "backward by hand", "the links", "by hand, at other places, with other gradients of y",
        "a function that does not say how it goes back",
    }  # fmt: skip
    assert got.misconception == "measured_slope"


class LooksAgain:
    """A box that measures its gradient when somebody asks for it; no function needs a backward."""

    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError
        self.data = data.astype(float) if data is not None and data.dtype.kind in "iu" else data
        self.creator = self.user = None
        self.asked = False

    def backward(self):
        v = self
        v.asked = True
        while v.creator is not None:
            v = v.creator.input
            v.asked = True

    @property
    def grad(self):
        way, v = [], self
        while v.user is not None and v.user.output.asked:
            way.append(v.user)
            v = v.user.output
        ends = []
        for moved in (self.data + 3e-6, self.data - 3e-6):
            for f in way:
                moved = np.asarray(f.forward(moved))
            ends.append(moved)
        slope = np.asarray((ends[0] - ends[1]) / 6e-6, self.data.dtype) if way else np.ones_like(self.data)
        return slope if self.asked else None


def test_a_box_that_measures_when_asked_earns_what_the_door_is_worth():
    class Function(step09.Function):
        def __call__(self, x):
            y = LooksAgain(np.asarray(self.forward(x.data)))
            y.creator = x.user = self
            self.input, self.output = x, y
            return y

    Square = type("Square", (Function,), {"forward": lambda self, x: x**2})
    Exp = type("Exp", (Function,), {"forward": lambda self, x: np.exp(x)})
    got = answer("steps_08_09", LooksAgain, Function, Square, Exp, lambda x: Square()(x), lambda x: Exp()(x))
    assert {r.name for r in got.results if r.passed} == {"what a box refuses", "other things that are refused"}
    assert got.misconception == "measured_slope" and got.score == 1.0


def to_one_side(self, gy):
    return (self.forward(self.input.data + 1e-6) - self.forward(self.input.data)) / 1e-6 * gy


def to_both_sides(step):
    def backward(self, gy):
        x = self.input.data
        return (self.forward(x + step) - self.forward(x - step)) / (2 * step) * gy

    return backward


def off_by(share):
    return lambda self, gy: (2 if type(self).__name__ == "Square" else 1) * slope_of(self) * (1 + share) * gy


def slope_of(f):
    return f.input.data if type(f).__name__ == "Square" else np.exp(f.input.data)


@pytest.mark.parametrize(
    "backward",
    [to_one_side, *map(to_both_sides, (1e-3, 1e-4, 1e-5, 1e-7)), off_by(5e-8)],
    ids=["to one side", "1e-3", "1e-4", "1e-5", "1e-7", "off by a little"],
)
@pytest.mark.parametrize("id", ["steps_05_07", "steps_08_09"])
def test_a_measured_backward_is_recognised_whatever_its_step_is(id, backward):
    step = {"steps_05_07": step07, "steps_08_09": step09}[id]
    Square, Exp = (type(F.__name__, (F,), {"backward": backward}) for F in (step.Square, step.Exp))
    functions = () if step is step07 else (lambda x: Square()(x), lambda x: Exp()(x))
    got = answer(id, step.Variable, step.Function, Square, Exp, *functions)
    assert got.misconception == "measured_slope"
    assert all(r.expected != r.given for r in got.results if r.expected)
    assert got.score <= {"steps_05_07": 0.0, "steps_08_09": 6.0}[id]  # the loop and the door are right


class Evasive(type):
    """A metaclass that denies that anybody was asked for a backward."""

    def __getattribute__(cls, name):
        return None if name == "asked" else type.__getattribute__(cls, name)


def test_a_metaclass_that_answers_in_place_of_our_class_earns_no_manners():
    Function = Evasive("Function", (step07.Function,), {})
    Square, Exp = (Evasive(F.__name__, (Function,), dict(vars(F))) for F in (step07.Square, step07.Exp))
    got = answer("steps_05_07", step07.Variable, Function, Square, Exp)
    assert {r.name for r in got.results if not r.passed} == {"data unchanged", "float32 stays float32", "no warnings"}


def of_base(e):
    return lambda x: x**2, lambda x: e**x


def passed_through(change):
    return lambda x: change(x**2), lambda x: change(np.exp(x))


@pytest.mark.parametrize(
    "forwards",
    [
        of_base(2.718),
        of_base(2.71828),
        passed_through(lambda y: np.asarray(y, np.float32)),
        passed_through(lambda y: np.round(y, 3)),
        passed_through(lambda y: np.round(y, 6)),
    ],
    ids=["e in four digits", "e in six digits", "single precision", "rounded to 3", "rounded to 6"],
)
@pytest.mark.parametrize("id", ["steps_05_07", "steps_08_09"])
def test_what_is_imprecise_for_another_reason_is_not_said_to_be_measured(id, forwards):
    step = {"steps_05_07": step07, "steps_08_09": step09}[id]
    kinds = [
        type(F.__name__, (F,), {
            "forward": lambda self, x, f=f: f(x),
            "backward": lambda self, gy, f=f, F=F: (2 * self.input.data if F.__name__ == "Square" else f(self.input.data)) * gy,
        })
        for F, f in zip((step.Square, step.Exp), forwards, strict=True)
    ]  # fmt: skip
    functions = () if step is step07 else tuple(lambda x, kind=kind: kind()(x) for kind in kinds)
    got = answer(id, step.Variable, step.Function, *kinds, *functions)
    assert got.score < {"steps_05_07": 7, "steps_08_09": 8}[id]
    assert got.misconception != "measured_slope"


def test_a_gradcheck_that_lets_everything_pass_earns_nothing():
    assert answer("gradcheck", lambda f, x, eps=1e-5, rtol=1e-6: None).score == 0
    assert answer("gradcheck", lambda f, x, eps=1e-5, rtol=1e-6: np.testing.assert_(False)).score == 0


# ---------------------------------------------------------------- problems and cells


@pytest.mark.parametrize(
    "draw", [slopes.of_the_book, slopes.stretched, slopes.in_single_precision, slopes.steepness, slopes.one_place]
)
def test_the_best_step_is_clear(draw):
    """On every problem the best step is far from both ends, and steps further than two powers of ten away are refused."""
    for seed in range(40):
        problem = draw(np.random.default_rng(seed))
        errors = dict(sorted(zip(problem.steps, problem.errors(), strict=True)))
        eps, found = list(errors), list(errors.values())
        best = int(np.argmin(found))
        assert 1 < best < len(eps) - 1, (seed, eps[best])
        assert all(e > 3 * found[best] for i, e in enumerate(found) if abs(i - best) > 2), seed


def test_the_best_steps_of_the_hidden_problems_differ_from_each_other_by_factors():
    rng = np.random.default_rng(0)
    best = [p.steps[int(np.argmin(p.errors()))] for p in (slopes.in_single_precision(rng), slopes.steepness(rng))]
    assert min(best) > 3e-5 and slopes.of_the_book(rng).steps[5] == 1e-6


def test_the_engine_and_the_broken_run_of_the_notebook_are_those_of_the_checks():
    shown = cells("given-engine", "broken-slopes")
    for points in (debug.START, [0.3, -0.2], [1.0]):
        for mine, known in zip(shown["broken_slopes"](points), debug.broken_slopes(points), strict=True):
            np.testing.assert_allclose(mine, known, rtol=1e-12)
    source = NOTEBOOK.read_text(encoding="utf-8")
    assert f"START = {debug.START}" in source
    assert all(f'| `\\"{fault}\\"` |' in source for fault in debug.FAULTS)


def test_the_slopes_of_the_mended_run_are_those_of_calculus():
    points = [-1.0, 0.2, 1.3]
    values, found = debug.slopes_at(points)
    np.testing.assert_allclose(values, [(np.exp(p) - 2) ** 2 for p in points], rtol=1e-12)
    np.testing.assert_allclose(found, [2 * (np.exp(p) - 2) * np.exp(p) for p in points], rtol=1e-12)
