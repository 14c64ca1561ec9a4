"""What the checks of `optimizers` rest on: whole trajectories, states handed back unseen, experiments that hold on many seeds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradus import optimizers as ref

from autograder.checks import _optimizers_experiments as lab
from autograder.checks import _optimizers_probes as tried
from autograder.checks import _optimizers_wrong_experiments as wrong_lab
from autograder.checks import of_topic
from autograder.handle import LocalHandle, StudentFailure, local
from autograder.judging import judge

EXERCISES = of_topic("optimizers")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "optimizers" / "optimizers.ipynb"


def answer(id: str, *objects, seed: int = 1):
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[id], lambda: given, seed=seed)


def test_a_state_comes_back_as_the_very_object_that_was_returned():
    class Private:
        pass

    returned, seen = [], []

    def step(w, g, state, *, lr):
        seen.append(state)
        returned.append(Private())
        return w - lr * g, returned[-1]

    tried.follow(local(step), np.zeros(2), [np.ones(2)] * 3, [0.1] * 3, {})
    assert seen[0] == {}
    assert seen[1] is returned[0]
    assert seen[2] is returned[1]


def test_the_callers_state_may_be_changed_in_place_and_the_callers_w_may_not():
    def step(w, g, state, *, lr, beta=0.9):
        state["m"] = beta * state.get("m", 0 * w) - lr * g
        return w + state["m"], state

    def in_place(w, g, state, *, lr, beta=0.9):
        state["m"] = beta * state.get("m", 0 * w) - lr * g
        w += state["m"]
        return w, state

    assert answer("momentum_step", step).verdict == "pass"
    got = answer("momentum_step", in_place)
    assert [r.name for r in got.results if not r.passed] == ["w and g unchanged"]


def test_one_value_in_place_of_two_is_told():
    got = answer("gd_step", lambda w, g, state, *, lr: w - lr * g)
    assert "two values are expected, the new parameters and the new state" in got.message.lower()


@pytest.mark.parametrize("id", ["momentum_step", "adagrad_step", "adam_step", "adamax_step"])
def test_a_state_that_is_lost_earns_less_than_half(id):
    def forgetful(step):
        return lambda w, g, state, **hyper: step(w, g, {}, **hyper)

    got = answer(id, *(forgetful(step) for step in EXERCISES[id].reference))
    assert got.score < EXERCISES[id].points / 2


def test_a_count_outside_of_the_state_is_refused():
    """t never goes back to 0: right for one run in a fresh notebook."""
    count = [0]

    def adam(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        count[0] += 1
        before = {**state, "t": count[0] - 1} if state else {}
        w, state = ref.adam_step(w, g, before, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
        return w, state

    got = answer("adam_step", adam)
    assert got.score < 6
    assert not next(r for r in got.results if r.name == "two parameters in turn").passed


def test_tiny_gradients_separate_the_places_of_epsilon():
    """Of the hidden cases only this one: a wrong ε is a matter of convention, and costs little."""
    inside = lambda w, g, state, **hyper: ref.adagrad_step(w, g, state, eps_mode="inside", **hyper)  # noqa: E731
    got = answer("adagrad_step", inside, ref.rmsprop_step)
    assert [r.name for r in got.results if not r.passed] == ["AdaGrad, gradients that are tiny, or 0"]
    assert (got.misconception, got.score) == ("eps_inside", 7.5)


def test_the_library_forms_part_from_the_task_only_where_the_rate_changes():
    got = answer("momentum_step", ref.momentum_torch_step)
    assert [r.name for r in got.results if not r.passed] == [
        "matrices, and a rate that falls",
        "a rate that falls on the way",
        "two matrices in turn, and a rate that grows",
        "two parameters in turn",
    ]
    assert got.score <= EXERCISES["momentum_step"].points - 2


def test_what_is_measured_does_not_depend_on_a_formula():
    """A step without any memory has its terminal velocity at once, whatever β is."""
    ratio, n = lab.measure_velocity(lab.gd_step, np.array([3.0, -4.0]), lr=0.1, beta=0.9)
    assert ratio == pytest.approx(1, rel=1e-9)
    assert n == 1
    assert lab.measure_velocity(lab.momentum_step, np.array([2.0]), lr=0.1, beta=0.9) == (
        pytest.approx(10, rel=1e-8),
        22,
    )


def test_the_spy_notes_where_it_is_asked():
    spy = tried.slope(np.random.default_rng(0), (2,))
    with pytest.raises(StudentFailure, match="grad_fn takes an array"):
        LocalHandle(lambda grad_fn: grad_fn(3.0)).call(spy)
    LocalHandle(lambda grad_fn: grad_fn(np.array([1.0, 2.0]))).call(spy)
    np.testing.assert_array_equal(spy.points, [[1.0, 2.0]])


def test_the_broken_loop_of_the_notebook_is_the_wrong_version_of_the_checks():
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]}
    names: dict = {}
    exec(compile(cells["broken-train"], "broken-train", "exec"), names)  # a cell of our own
    got = answer("debug_optimizers", "forgotten_state", names["broken_train"])
    assert got.misconception == "not_mended"
    assert wrong_lab.broken_train.__code__.co_code == names["broken_train"].__code__.co_code


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_relations_of_wilsons_data_hold_on_200_seeds():
    for seed in range(200):
        X, y = lab.wilson_rows(np.random.default_rng(seed))
        error, accuracy = lab.train_and_test(lab.gd_step, X, y, lab.N_TRAIN, 100, lr=0.3)
        assert error < 1e-9, seed
        assert accuracy == 1, seed
        error, accuracy = lab.train_and_test(lab.adam_step, X, y, lab.N_TRAIN, 200, lr=0.02)
        assert error < 1e-7, seed
        assert accuracy == np.mean(y[lab.N_TRAIN :] > 0) <= 0.65, seed


def test_the_plateau_of_the_task_is_left_more_than_four_times_as_fast_with_momentum():
    counts = []
    for step, hyper in ((lab.gd_step, {}), (lab.momentum_step, {"beta": 0.9})):
        arguments, named = lab.plain(step, lr=0.5, **hyper)(np.random.default_rng(0))
        counts.append(lab.steps_to_leave(*arguments, **named))
    assert counts == [443, 73]


def test_public_cases_show_the_call_and_no_hidden_one_does():
    wrong = answer("adam_step", lambda w, g, state, **hyper: (w, state))
    for result in wrong.results:
        assert not (result.call and result.group == "hidden")
    assert wrong.results[0].call.startswith("w, state = adam_step([")
