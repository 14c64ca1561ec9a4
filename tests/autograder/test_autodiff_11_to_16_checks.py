"""What the checks of `autodiff_11_to_16` rest on: an oracle without an engine, graphs that no wrong order gets right by luck."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gradus.steps import step16

from autograder.checks import _autodiff_11_to_16_probes as probes
from autograder.checks import _autodiff_11_to_16_programs as programs
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("autodiff_11_to_16")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "autodiff_11_to_16" / "autodiff_11_to_16.ipynb"
NAMES = ("Variable", "Function", "Square", "Add", "Mul")
STEP_16 = tuple(getattr(step16, name) for name in NAMES)
RANDOM = {
    "tree": programs.random_tree((2,), 5), "outputs": programs.two_outputs("both"), "shared": programs.shared_leaves((3,), 4),
    "again": programs.the_same_graph_again(clear=False), "two graphs": programs.two_graphs(clear=True),
    "graph": programs.random_graph(20), "arrays": programs.random_graph(14, (2, 3)), "twice": programs.again_on_any_graph,
}  # fmt: skip


@cache
def cells() -> dict[str, str]:
    return {c["id"]: "".join(c["source"]) for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]}


def run_cells(*ids: str) -> dict:
    names: dict = {"np": np, "plt": plt}
    for id in ids:
        exec(compile(cells()[id], id, "exec"), names)  # cells of our own
    return names


def answer(id: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[id], lambda: given, seed=seed)


def wrong(id: str, name: str) -> tuple:
    return next(m.objects for m in EXERCISES[id].mistakes if m.name == name)


# ---------------------------------------------------------------- the oracle


def values_of(program: probes.Program, shifted: str = "", by: float = 0.0) -> dict[str, np.ndarray]:
    """The data of all variables of a program, in plain arithmetic; Ceil follows a shift as its backward says."""
    data: dict[str, np.ndarray] = {}
    before = values_of(program) if shifted else {}
    for names, op, what in program:
        if op == "leaf":
            data[names] = np.asarray(what) + (by if names == shifted else 0.0)
        elif op not in ("backward", "read", "cleargrad"):
            found = probes.FUNCTIONS[op][0](*[data[name] for name in what])
            if op == "Ceil" and shifted:
                found = before[names] + data[what[0]] - before[what[0]]
            data.update(zip(names, found, strict=True) if isinstance(names, tuple) else [(names, found)])
    return data


def without_ceil(make: probes.Make) -> probes.Make:
    """The same graphs, with a slope at every place."""
    return lambda rng: [(names, "Squash" if op == "Ceil" else op, what) for names, op, what in make(rng)]


@pytest.mark.parametrize("smooth", [False, True], ids=["", "without Ceil"])
@pytest.mark.parametrize("name", ["tree", "outputs", "shared", "graph", "arrays"])
def test_the_oracle_agrees_with_difference_quotients_of_plain_arithmetic(name, smooth):
    make = without_ceil(RANDOM[name]) if smooth else RANDOM[name]
    for seed in range(20):
        program = make(np.random.default_rng(seed))
        assert smooth == ("Ceil" not in {op for _, op, _ in program})
        found = dict(zip(probes.reads(program), probes.computed(make)(np.random.default_rng(seed)), strict=True))
        result = next(what for _, op, what in program if op == "backward")
        for place, slope in found.items():
            leaf, _, attribute = place.partition(".")
            if leaf != result and attribute == "grad":
                ends = [values_of(program, leaf, by)[result] for by in (1e-5, -1e-5)]
                np.testing.assert_allclose((ends[0] - ends[1]) / 2e-5, slope, rtol=1e-6, atol=1e-6)


def test_no_gradient_of_a_random_program_vanishes_or_explodes():
    """Otherwise every engine would be right, or none."""
    for name, make in RANDOM.items():
        for seed in range(100):
            program = make(np.random.default_rng(seed))
            found = probes.computed(make)(np.random.default_rng(seed))
            for place, value in zip(probes.reads(program), found, strict=True):
                size = np.abs(np.asarray(value, dtype=float))
                assert (size > 1e-6).all() and (size < 1e12).all(), (name, seed, place, value)


# ---------------------------------------------------------------- the figures, and graphs that separate


def slope(name: str, case: str) -> float:
    """x.grad in a public case of `steps_15_16` by a wrong version."""
    case = next(c for c in EXERCISES["steps_15_16"].cases if c.name == case)
    return float(case.probe(np.random.default_rng(0), *map(local, wrong("steps_15_16", name)))[-1])


@pytest.mark.parametrize(
    "name, twice, short_first, long_first",
    [("lifo", 32, 36, 4), ("lifo_unseen", 96, 72, 40), ("at_once", 96, 40, 68), ("fifo", 64, 4, 36),
     ("fifo_unseen", 128, 40, 72), ("seen_set_missing", 128, 72, 72), ("overwrite", 32, 32, 32)],
)  # fmt: skip
def test_the_worked_graphs_give_the_figures_by_which_a_wrong_order_is_known(name, twice, short_first, long_first):
    assert slope(name, "a² + a² at 2") == twice
    assert (slope(name, "a + a² at 2"), slope(name, "a² + a at 2")) == (short_first, long_first)


ORDERS = ["lifo", "lifo_unseen", "depth_first", "at_once", "fifo", "fifo_unseen", "seen_set_missing", "generation_min",
          "generation_min_by_recursion", "generation_last_input", "overwrite", "in_place"]  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_no_wrong_order_gets_a_random_graph_right_by_luck(name):
    cases = [c for c in EXERCISES["steps_15_16"].cases if c.group == "hidden" and "random" in c.name]
    objects = [local(c) for c in wrong("steps_15_16", name)]
    assert len(cases) == 4
    for seed in range(20):
        for case in cases:
            found = case.probe(np.random.default_rng(seed), *objects)
            assert case.compare(found, case.expected(np.random.default_rng(seed)), 1.0), (case.name, seed)


def test_ten_diamonds_are_thirty_calls():
    program = programs.diamonds(10)
    run = probes.Run([local(c) for c in STEP_16])
    for line in program:
        run.line(*line)
    assert run.calls.count_of("backward") == 30
    assert programs.counted(program)(None, *map(local, STEP_16))[-1] == "few"


def test_no_graph_is_deeper_than_the_task_says():
    depths = []
    said = re.search(r"at most (\d+) functions deep, so you may use recursion", cells()["steps_15_16-task"])
    for seed in range(3):
        got = answer(
            "steps_15_16", *classes_with(step16.Variable, lambda f: depths.append(f.generation + 1)), seed=seed
        )
        assert got.verdict == "pass"
    assert said and 200 <= max(depths) <= int(said[1])


# ---------------------------------------------------------------- students with ideas


def classes_with(Variable, note=lambda function: None):
    """Step 16's engine, whose functions make variables of another class, and note that they have worked."""

    class Function(step16.Function):
        def __call__(self, *inputs):
            found = super().__call__(*inputs)
            for y in self.outputs:
                y.__class__ = Variable
            note(self)
            return found

    operations = [type(name, (Function,), dict(vars(getattr(step16, name)))) for name in ("Square", "Add", "Mul")]
    return Variable, Function, *operations


def test_an_engine_that_changes_data_is_told_so():
    class Variable(step16.Variable):
        def backward(self):
            super().backward()
            for function in self.functions_behind():
                for x in function.inputs:
                    x.data *= 0.5

    got = answer("steps_15_16", *classes_with(Variable))
    assert "the data stay as they are" in {r.name for r in got.results if not r.passed}


def test_a_gradient_that_is_made_up_earns_nothing():
    class Variable(step16.Variable):
        def backward(self):
            pass

        grad = property(
            lambda self: np.array({2.0: 64.0, 32.0: 1.0}.get(float(np.sum(self.data)), 1.0)), lambda *_: None
        )

    got = answer("steps_15_16", *classes_with(Variable))
    assert got.score == 0
    assert got.results[0].passed  # the worked example, which everybody can look up


@pytest.mark.parametrize("id", ["steps_11_13", "step_14", "steps_15_16"])
def test_a_type_error_of_another_sort_is_not_taken_for_a_known_one(id):
    class Square(step16.Square):
        def backward(self, gy):
            return None * gy

    for operation in (Square, type("Square", (step16.Square,), {"backward": lambda self, gy: gy["x"][None]("y")})):
        assert answer(id, *STEP_16[:2], operation, *STEP_16[3:]).misconception is None


def test_what_a_function_returns_in_place_of_a_variable_is_not_repeated_in_hidden_cases():
    class Talkative(step16.Function):
        def __call__(self, *inputs):
            return {f"the input is {inputs[0].data}": 1}

    for got in (answer("steps_11_13", step16.Variable, Talkative, *STEP_16[2:]),
                answer("steps_11_13", *STEP_16[:2], Talkative, Talkative, Talkative)):  # fmt: skip
        said = json.dumps([r.hint + r.given + r.expected for r in got.results if r.group == "hidden"])
        assert "the input is" not in said and got.verdict == "wrong"


# ---------------------------------------------------------------- the notebook's own cells


def test_the_broken_engine_of_the_notebook_is_the_wrong_version_of_the_checks(capsys):
    names = run_cells("broken-engine", "broken-engine-table")
    rows = [line for line in capsys.readouterr().out.splitlines() if "wrong" in line]
    assert len(rows) == 1 and rows[0].split("   ")[0] == "" and "a⁴ + a" in rows[0]
    got = answer("debug_autodiff_11_to_16", "one_operand", names["broken_engine"])
    assert got.misconception == "not_mended"
    mended = run_cells("broken-engine", "debug_autodiff_11_to_16-code")["mended_engine"]
    assert answer("debug_autodiff_11_to_16", "one_operand", mended).verdict == "pass"


def test_the_picture_of_the_orders_shows_what_its_question_says(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    names = run_cells("orders-plot")
    last, latest, gradients = names["last_in_first_out"], names["latest_generation"], names["gradients"]
    for operands, wanted in ((("b", "a"), (4, 40, 36)), (("a", "b"), (36, 72, 36))):
        found = [gradients(rule, once, operands)[-1][2] for rule, once in ((last, True), (last, False), (latest, True))]
        assert tuple(found) == wanted
    assert gradients(last, True)[1] == ("x²", 1.0, 4.0)
