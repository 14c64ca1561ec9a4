"""What the checks of `regularization` rest on: the notebook's own cells, relations that hold, mistakes that are told apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradus.dropout import dropout_forward
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

from autograder.checks import _regularization_ensembles as many
from autograder.checks import _regularization_networks as net
from autograder.checks import _regularization_probes as tried
from autograder.checks import _regularization_steps as steps
from autograder.checks import _regularization_wrong_ensembles as wrong_many
from autograder.checks import _regularization_wrong_stopping as wrong_stopping
from autograder.checks import of_topic, regularization
from autograder.handle import local
from autograder.judging import judge

EXERCISES = of_topic("regularization")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "regularization" / "regularization.ipynb"


def cell(name: str) -> dict:
    """The names that a cell of the notebook defines."""
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]}
    names = {"np": np, "dense_forward": dense_forward, "dense_backward": dense_backward,
             "softmax_cross_entropy": softmax_cross_entropy}  # fmt: skip
    exec(compile(cells[name], name, "exec"), names)  # a cell of our own
    return names


def answer(id: str, *objects, seed: int = 1):
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[id], lambda: given, seed=seed)


def test_the_loop_that_students_see_is_the_one_that_is_judged():
    loops = cell("EarlyStopping-code")["train"], tried.train
    found = []
    for loop in loops:
        values, settings = regularization.SHOWN
        steps = [{"W": np.full(3, i + 1.0)} for i in range(len(values))]
        epochs, params = loop({"W": np.zeros(3)}, steps, values, regularization.EarlyStopping(**settings))
        found.append((epochs, params["W"].tolist()))
    assert found[0] == found[1] == (9, [21.0] * 3)  # 1 + 2 + … + 6, the sixth value being the best


def test_the_broken_step_of_the_notebook_is_the_wrong_version_of_the_checks():
    broken, known = cell("broken-step")["broken_step"], wrong_many.step_with(again=True)
    params, X, y, lr, rate, _ = steps.one_step(0.4)(np.random.default_rng(0))[0]
    mine, my_loss = broken(params, X, y, lr, rate, np.random.default_rng(3))
    judged, loss = known(params, X, y, lr, rate, np.random.default_rng(3))
    assert my_loss == pytest.approx(loss, rel=1e-12)
    for name in params:
        np.testing.assert_allclose(mine[name], judged[name], rtol=1e-12)


def test_the_step_has_the_slope_of_its_loss_for_the_mask_it_drew():
    params, X, y, _, _, _ = steps.one_step(0.4)(np.random.default_rng(0))[0]
    step = lambda p: net.dropout_step(p, X, y, 1.0, 0.4, np.random.default_rng(9))  # noqa: E731
    slopes = {name: params[name] - step(params)[0][name] for name in params}
    up, down = ({name: params[name] + e * slopes[name] for name in params} for e in (1e-6, -1e-6))
    measured = (step(up)[1] - step(down)[1]) / 2e-6
    assert measured == pytest.approx(sum(np.sum(g**2) for g in slopes.values()), rel=1e-6)


def test_the_geometric_mean_is_the_network_with_scaled_weights():
    x, W, b, rate = many.small_layer(np.random.default_rng(0))[0]
    geometric, arithmetic, scaled = many.mask_ensemble(x, W, b, rate)
    np.testing.assert_allclose(geometric, scaled, rtol=1e-12)
    assert np.abs(arithmetic - scaled).max() > 1e-3


def test_a_reference_kept_is_told_from_parameters_not_put_back():
    kept = answer("EarlyStopping", wrong_stopping.Reference, tried.train)
    lost = answer("EarlyStopping", wrong_stopping.LastNotBest, tried.train)
    assert (kept.misconception, lost.misconception) == ("reference_kept", "last_not_best")
    assert {r.name for r in lost.results if not r.passed} > {r.name for r in kept.results if not r.passed}


def test_a_stopper_that_keeps_no_parameters_of_its_class_is_asked_for():
    got = answer("EarlyStopping", lambda *args, **named: 3, tried.train)
    assert got.score == 0 and "is to make an object with a method step" in got.results[0].hint


def test_one_mask_for_the_batch_is_known_whatever_share_it_happens_to_drop():
    def forward(x, rate, rng, training, mask=None):
        if not training:
            return x, np.ones_like(x)
        kept = rng.uniform(size=x.shape[-1]) > rate if mask is None else mask  # other draws than our wrong version's
        return dropout_forward(x, rate, None, True, np.broadcast_to(kept, x.shape))

    for seed in range(20):
        got = answer("dropout_forward", forward, lambda dout, mask: dout * mask, seed=seed)
        assert (got.score, got.misconception) == (5.5, "mask_for_the_batch"), seed


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_order_of_the_three_losses_holds_for_200_draws():
    for seed in range(200):
        gaps = net.illusion((0, 2))(np.random.default_rng(seed), local(net.loss_record), None)
        assert gaps[net.ABOVE] > 0.05 and gaps[net.BELOW] > 0.02, seed
