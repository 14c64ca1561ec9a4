"""The capstone's checks: what the rules of proof do not say of them already."""

import contextlib
import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from gradus import capstone
from gradus.steps import step16
from right_answers.capstone import RIGHT
from test_proof import answer

from autograder.checks import _capstone_network as net
from autograder.checks import of_topic
from autograder.notebook import CheckFailed

ROOT = Path(__file__).parents[2]
EXERCISES = of_topic("capstone")
NETWORK, ENGINE = EXERCISES["capstone_network"], EXERCISES["capstone_engine"]


#: Right engines, (Variable, Function): step 16, and those of the assignment that asks for an engine.
ENGINES = {"step 16": ENGINE.reference, **RIGHT["capstone_engine"]}
assert len(ENGINES) >= 10


def notebook() -> list[dict]:
    return json.loads((ROOT / "solutions/assignments/capstone/capstone.ipynb").read_text(encoding="utf-8"))["cells"]


def cells() -> dict[str, str]:
    return {c["id"]: "".join(c["source"]) for c in notebook()}


# ---------------------------------------------------------------- engines of students


@pytest.mark.parametrize("name", ENGINES)
def test_a_right_engine_passes_and_trains_the_network_within_a_minute(name):
    """The largest training that the budget allows, on one core; and what comes of it names most test images rightly."""
    variable, function = ENGINES[name]
    assert answer(ENGINE, (variable, function)).verdict == "pass"
    parts = capstone.choose_parts({"Variable": variable, "Function": function}, lambda part: True)
    assert parts.own == ("capstone_engine",)
    plan = {"hidden": [64, 64, 64, 64], "epochs": 33, "batch_size": 33, "lr_max": 0.02, "dropout": 0.1, "l2": 1e-4}
    steps, multiplications = capstone.training_cost(plan, net.N_TRAIN, net.N_IN, net.CLASSES)
    assert 0.95 * capstone.STEPS < steps <= capstone.STEPS and multiplications <= capstone.MULTIPLICATIONS
    X, y, X_test, y_test = net.split(np.random.default_rng(1))
    start = time.process_time()
    trained = capstone.train_network(X, y, plan, np.random.default_rng(1), parts)
    seconds = time.process_time() - start
    accuracy = (capstone.predict(trained, X_test) == y_test).mean()
    print(f"{name}: {seconds:.1f} s, {accuracy:.1%}")
    assert seconds < 60
    assert accuracy > 0.95


@pytest.mark.parametrize("name", ENGINES)
def test_a_right_engine_trains_the_deepest_network(name):
    variable, function = ENGINES[name]
    parts = capstone.choose_parts({"Variable": variable, "Function": function}, lambda part: True)
    X, y, *_ = net.split(np.random.default_rng(4))
    deepest = {**capstone.DESIGN, "hidden": [8] * capstone.DEEPEST, "epochs": 1, "batch_size": 100}
    losses = capstone.train_network(X, y, deepest, np.random.default_rng(4), parts)["losses"]
    assert np.isfinite(losses).all()


def test_the_engine_of_each_right_answer_gives_the_same_network():
    """To rounding: an engine decides in which order numbers are added, and nothing else."""
    X, y, *_ = net.split(np.random.default_rng(2))
    plan = {**capstone.DESIGN, "dropout": 0.2, "l2": 0.01}
    expected = capstone.train_network(X, y, plan, np.random.default_rng(3))["losses"]
    for name, (variable, function) in ENGINES.items():
        parts = capstone.choose_parts({"Variable": variable, "Function": function}, lambda part: True)
        got = capstone.train_network(X, y, plan, np.random.default_rng(3), parts)["losses"]
        np.testing.assert_allclose(got, expected, rtol=1e-6, err_msg=name)


# ---------------------------------------------------------------- the empty capstone


def released() -> list[dict]:
    import nbformat
    from nbgrader import preprocessors
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    source = ROOT / "solutions" / "assignments" / "capstone" / "capstone.ipynb"
    cells, resources = nbformat.read(source, as_version=4), {}
    for step in (preprocessors.LockCells, preprocessors.ClearSolutions, preprocessors.ClearOutput):
        cells, resources = step(config=config).preprocess(cells, resources)
    return [cell for cell in cells["cells"] if cell["cell_type"] == "code"]


def test_the_empty_capstone_earns_nothing_and_still_trains_on_the_reference(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    names: dict = {}
    shown, refused = io.StringIO(), []
    with contextlib.redirect_stdout(shown):
        for cell in released():
            try:
                exec(compile(cell["source"], cell["id"], "exec"), names)
            except CheckFailed as failed:
                refused.append((cell["id"], failed.answer.score))
    assert refused == [(id, 0.0) for id in EXERCISES]
    assert names["PARTS"] == capstone.REFERENCE
    assert repr(names["PARTS"]).count("the reference's") == len(capstone.PARTS)
    assert "the package's design" in shown.getvalue() and "no sanity checks yet" in shown.getvalue()
    assert (capstone.predict(names["network"], names["X_val"]) == names["y_val"]).mean() > 0.9


# ---------------------------------------------------------------- the thresholds


def accuracies(plan, splits, **more):
    """Of one training on each of some splits."""
    found = []
    for seed in range(splits):
        rng = np.random.default_rng([7, seed])
        X, y, X_test, y_test = net.split(rng, **more)
        found.append((capstone.predict(capstone.train_network(X, y, plan, rng), X_test) == y_test).mean())
    return np.array(found)


@pytest.mark.slow
def test_a_sensible_design_passes_every_threshold_with_room_to_spare():
    """The mean over k splits of an accuracy with spread s has the spread s/√k: four of these below the mean of 30."""
    for plan in (
        net.PLAN,
        {**capstone.DESIGN, "epochs": 15},
        {**capstone.DESIGN, "hidden": [64, 64, 64], "epochs": 15},
    ):
        found = accuracies(plan, 30)
        assert found.mean() - 4 * found.std(ddof=1) / np.sqrt(3) > 0.955, plan
        others = accuracies(plan, 15, other_classes=True)
        assert others.mean() - 3.5 * others.std(ddof=1) > 0.75, plan


def test_the_packages_own_design_passes_the_first_threshold_alone():
    got = answer(NETWORK, net.by(capstone.DESIGN))
    passed = [r.name for r in got.results if r.passed and "%" in r.name]
    assert passed == ["90 % of the test images", "90 % on another split"]


def test_a_design_over_the_budget_says_by_how_much_and_earns_nothing():
    got = answer(NETWORK, net.by({**net.PLAN, "epochs": 67}))
    assert got.score == 0
    assert got.message.endswith(
        "design takes 1,005 steps and 831,528,960 multiplications; the budget is 1,000 and 800,000,000"
    )


def test_what_is_no_design_is_named():
    got = answer(NETWORK, (lambda: {**net.PLAN, "hidden": [64]}, net.train))
    assert got.score == 0 and "must be a list of 2 to 20 widths, got [64]" in got.message


def test_the_task_names_the_depths_that_a_design_may_have():
    said = re.search(r"widths of the hidden layers, (\d+) to (\d+) of them", cells()["capstone_network-task"])
    least, most = map(int, said.groups())
    assert most == capstone.DEEPEST
    for layers in (least, most):
        capstone.require_design({**net.PLAN, "hidden": [8] * layers})
    for layers in (least - 1, most + 1):
        with pytest.raises(ValueError, match=f"{least} to {most} widths"):
            capstone.require_design({**net.PLAN, "hidden": [8] * layers})


def test_a_network_of_another_design_is_refused():
    got = answer(NETWORK, (net.design, net.other_plan))
    assert got.score == 0 and "must be of your design" in got.message


def test_what_a_hidden_case_says_of_a_refusal_is_true_and_holds_no_values():
    for objects, words in (((lambda: {**net.PLAN, "epochs": 0}, net.train), "The design is refused."),
                           ((net.design, lambda X, y, rng: {"W": []}), "What train gives back is no network of your design."),
                           ((net.design, lambda X, y, rng: {**net.untrained(X, y, rng), "b": np.ones(9)}),
                            "The network cannot be run.")):  # fmt: skip
        got = answer(NETWORK, objects)
        assert got.score == 0
        assert {r.hint for r in got.results if r.group == "hidden"} == {words}


def test_images_that_were_prepared_first_are_named_as_the_reason():
    for prepare in (
        lambda X: (X - X.mean(axis=0)) / X.std(axis=0),
        lambda X: X - X.mean(axis=0),
        lambda X: X / X.max(),
    ):
        got = answer(NETWORK, (net.design, lambda X, y, rng, prepare=prepare: net.train(prepare(X), y, rng)))
        assert got.verdict == "pass" or got.message.startswith("The network is good on images that were"), got.message


def test_weights_that_are_nan_are_named():
    def ruined(X, y, rng):
        network = net.untrained(X, y, rng)
        return {**network, "W": [W * np.nan for W in network["W"]]}

    got = answer(NETWORK, (net.design, ruined))
    assert got.score == 0 and got.message.startswith("The weights are NaN or infinite")


# ---------------------------------------------------------------- tables of labels


def test_a_network_that_knows_all_digits_is_worth_nothing():
    """Trained on all 1,797 images and their labels, the test images among them: pixels and classes are others."""
    X, y = net.images()
    knowing = capstone.train_network(X, y, net.PLAN, np.random.default_rng(0))
    assert (capstone.predict(knowing, X) == y).mean() > 0.99
    assert answer(NETWORK, (net.design, lambda X, y, rng: knowing)).score == 0


def test_who_finds_every_image_in_a_table_does_not_know_the_other_classes():
    """With the digits known and their names guessed by majority, the case with other classes stays out of reach."""
    X, digits = net.images()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        order = np.random.default_rng(seed).permutation(len(X))  # as `split` draws it first
        _, y, _, y_test = net.split(rng, other_classes=True)
        digit, digit_test = digits[order][: net.N_TRAIN], digits[order][net.N_TRAIN :]
        names = np.array([np.bincount(y[digit == d]).argmax() for d in range(10)])
        assert (names[digit_test] == y_test).mean() < 0.70


@pytest.mark.parametrize("lie", [{}, [], {"W": 3}, {"W": []}, np.ones(797, int), {"W": [np.ones((64, 96))] * 3}, "W"])
def test_what_is_no_network_earns_nothing(lie):
    assert answer(NETWORK, (net.design, lambda X, y, rng: lie)).score == 0


def test_arrays_that_do_not_fit_or_are_no_numbers_earn_nothing():
    X, y, *_ = net.split(np.random.default_rng(0))
    right = capstone.train_network(X, y, {**net.PLAN, "epochs": 1}, np.random.default_rng(0))
    for change in ({"b": np.ones(9)}, {"gamma": []}, {"var": [-np.ones(96), np.ones(64)]}, {"mean": [np.full(96, np.nan)] * 2},
                   {"W": [W.astype(str) for W in right["W"]]}, {"W": [W.astype(complex) for W in right["W"]]}):  # fmt: skip
        assert answer(NETWORK, (net.design, lambda X, y, rng, change=change: {**right, **change})).score == 0, list(
            change
        )


# ---------------------------------------------------------------- parts and sanity checks


def test_the_engine_is_judged_as_in_the_assignment_it_comes_from_and_on_layers():
    before = of_topic("autodiff_11_to_16")["steps_15_16"]
    names = [c.name for c in ENGINE.cases]
    assert names[: len(before.cases)] == [c.name for c in before.cases]
    assert names[len(before.cases) :] == ["two layers, two steps", "two other layers, two steps"]
    assert [(m.name, m.sentence) for m in ENGINE.mistakes] == [(m.name, m.sentence) for m in before.mistakes]


def test_an_engine_for_arrays_of_one_shape_cannot_differentiate_layers():
    """All arrays of a graph have one shape in the assignment: what rests on that fails here, and nowhere else."""
    Variable, Function = ENGINES["recursive topological sort"]

    class OneShape(Function):
        def __call__(self, *inputs):
            if len({x.data.shape for x in inputs}) > 1:
                raise ValueError("arrays of one shape are expected")
            return super().__call__(*inputs)

    got = answer(ENGINE, (Variable, OneShape))
    assert {r.name for r in got.results if not r.passed} == {"two layers, two steps", "two other layers, two steps"}


def test_backward_called_with_variables_is_named():
    class Function(step16.Function):
        def __call__(self, *inputs):
            inner = self.backward
            self.backward = lambda *gys: inner(*map(step16.Variable, gys))
            return super().__call__(*inputs)

    got = answer(ENGINE, (step16.Variable, Function))
    assert got.score == 0
    assert any("backward must be called with arrays, it was called with a Variable" in r.hint for r in got.results)


def test_the_parts_are_judged_as_in_the_assignments_they_come_from():
    for id, earlier, topic in (("initializer", "he_normal", "initialization"), ("schedule", "one_cycle", "schedules"),
                               ("activation", "elu", "activations"), ("optimizer", "adam_step", "optimizers"),
                               ("regularizer", "dropout_forward", "regularization")):  # fmt: skip
        ex, before = EXERCISES[f"capstone_{id}"], of_topic(topic)[earlier]
        assert (ex.cases, ex.mistakes, ex.names) == (before.cases, before.mistakes, before.names)


def test_a_cache_of_its_own_must_fit_the_backward_pass():
    """Each half right by itself, and yet the pair does not work."""
    forward, backward = EXERCISES["capstone_normalization"].reference

    def other_cache(*args, **kwargs):
        out, (x_hat, inv_std, gamma), mean, var = forward(*args, **kwargs)
        return out, (x_hat, 1 / inv_std, gamma), mean, var

    got = answer(EXERCISES["capstone_normalization"], (other_cache, backward))
    assert [r.name for r in got.results if not r.passed] == ["there and back"]


def test_the_points_are_those_of_the_notebook():
    graded = [c["metadata"]["nbgrader"] for c in notebook() if c["metadata"].get("nbgrader", {}).get("grade")]
    assert sum(m["points"] for m in graded) == 50
    assert sum(ex.points for ex in EXERCISES.values()) == 40
