"""What the checks of `batch_normalization` say to answers that no declared wrong version gives line by line, and how much
room they leave to right ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradus import normalization as ref

from autograder.checks import _batch_normalization_network as networks
from autograder.checks import _batch_normalization_probes as probes
from autograder.checks import _batch_normalization_wrong_network as wrong_networks
from autograder.checks import of_topic
from autograder.comparison import values
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("batch_normalization")
ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "solutions" / "assignments" / "batch_normalization" / "batch_normalization.ipynb"


def answer(exercise: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[exercise], lambda: given, seed=seed)


def failed(got: Answer) -> list[str]:
    return [r.name for r in got.results if not r.passed]


# ---------------------------------------------------------------- wrong answers written in another way


def forward_by_rows(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    out = np.zeros_like(X)
    for n, row in enumerate(X):
        out[n] = gamma * (row - np.mean(row)) / np.sqrt(np.var(row) + eps) + beta
    return out, None, running_mean, running_var


def forward_of_a_sample(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    deviation = X - X.mean(0)
    var = (deviation**2).sum(0) / (len(X) - 1)
    return [gamma * deviation * (var + eps) ** -0.5 + beta, {}, running_mean, running_var]


def update_that_forgets_the_new(old, new, momentum):
    return old - (1 - momentum) * (old - old)


def inference_that_always_trains(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    return tuple(
        ref.batchnorm_forward(X, gamma, beta, running_mean, running_var, training=True, momentum=momentum, eps=eps)
    )


def inference_without_a_root(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        return ref.batchnorm_forward(
            X, gamma, beta, running_mean, running_var, training=True, momentum=momentum, eps=eps
        )
    scale = 1 / (running_var + eps)
    return gamma * scale * X + beta - gamma * scale * running_mean, None, running_mean, running_var


def backward_through_the_mean_only(dout, cache):
    x_hat, inv_std, gamma = cache
    dx = dout * gamma * inv_std
    return dx - dx.mean(axis=0), (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def backward_in_steps_without_a_share(dout, cache):
    """The graph node by node; the mean hands everything to everybody."""
    x_hat, inv_std, gamma = cache
    d = dout * gamma
    dx = d * inv_std - x_hat * inv_std * (d * x_hat).sum(axis=0)
    return dx - (d * inv_std).sum(axis=0), (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def fold_without_the_mean(W, b, gamma, beta, mean, var, eps=1e-5):
    S = np.diag(gamma * (var + eps) ** -0.5)
    return [W @ S, b @ S + beta]


def identity_by_the_variance(X, eps=1e-5):
    return [((X - X.mean(0)) ** 2).sum(0) / len(X), X.mean(0)]


@pytest.mark.parametrize(
    "exercise, objects, name",
    [
        ("batchnorm_forward", [forward_by_rows], "axis_1"),
        ("batchnorm_forward", [forward_of_a_sample], "ddof_1"),
        ("ema_update", [update_that_forgets_the_new], "unchanged"),
        ("batchnorm_inference", [inference_that_always_trains], "training_ignored"),
        ("batchnorm_inference", [inference_without_a_root], "divided_by_variance"),
        ("batchnorm_backward", [backward_through_the_mean_only], "variance_path_missing"),
        ("batchnorm_backward", [backward_in_steps_without_a_share], "sums_instead_of_means"),
        ("fold_batchnorm", [fold_without_the_mean], "mean_forgotten"),
        ("identity_parameters", [identity_by_the_variance], "variance"),
        ("debug_batch_normalization", ["overfitting", wrong_networks.predict_with(training=True)], "not_mended"),
    ],
    ids=lambda value: value[0].__name__ if isinstance(value, list) and callable(value[0]) else None,
)
def test_a_mistake_is_recognised_however_it_is_written(exercise, objects, name):
    for seed in range(3):
        assert answer(exercise, *objects, seed=seed).misconception == name


def test_results_of_an_unexpected_sort_are_wrong_and_not_a_fault_of_ours():
    strange = (None, 3, "out", [1.0], {"losses": [1.0]}, {"losses": "a", "scores": None}, (None,) * 4, ("a", "b", "c"),
               (np.zeros(2),) * 2, (np.zeros((2, 2)), "b"), {"losses": [[1.0], [2.0, 3.0]], "scores": [np.nan]})  # fmt: skip
    for result in strange:
        for id, ex in EXERCISES.items():
            objects = [r if isinstance(r, str) else (lambda *a, **k: result) for r in ex.reference]  # noqa: B023
            got = answer(id, *objects)
            named = id == "debug_batch_normalization"  # its fault is named rightly here
            assert got.score <= (1.5 if named else 0) and got.verdict in ("wrong", "raised"), (id, result)


def test_the_four_values_of_the_first_exercise_are_asked_for_by_their_names():
    got = answer("batchnorm_forward", lambda *a, training, **k: ref.batchnorm_forward(*a, training=training, **k)[0])
    assert got.score == 0 and "4 values are expected, out, cache, running_mean, running_var" in got.message


# ---------------------------------------------------------------- room for right answers


def test_rounding_errors_do_not_grow_to_the_tolerance_of_a_short_training():
    """Other orders of adding up differ in the sixteenth digit; here the weights differ in the thirteenth."""
    close = values(rtol=1e-7, atol=1e-8)  # a hundredth of what is tolerated
    for seed in range(200):
        (X, y, X_test, weights, orders), named = networks.problem(np.random.default_rng(seed))
        noise = np.random.default_rng(seed)
        nearly = [W * (1 + 1e-13 * noise.standard_normal(W.shape)) for W in weights]
        for options in ({}, {"batchnorm": False}, {"drop_last": False}):
            one = networks.train_and_score(X, y, X_test, weights, orders, **named, **options)
            other = networks.train_and_score(X, y, X_test, nearly, orders, **named, **options)
            assert close(other, one) is None, (seed, options)


def test_a_short_training_has_a_smaller_last_batch_of_more_than_one():
    """Of a batch of one nothing is left, and whether ReLU lets 0 through would decide."""
    for seed in range(200):
        (X, *_), named = networks.problem(np.random.default_rng(seed))
        assert 2 <= len(X) % named["batch"] < named["batch"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_asked_of_the_digits_holds_on_two_hundred_splits():
    scale, last = (c.expected(None) for c in EXERCISES["train_and_score"].cases if c.name.startswith("digits"))
    train, kept, dropped = local(networks.train_and_score), [], []
    for split in range(200):
        for std in (0.01, 0.1, 0.5):
            low, _ = scale[f"accuracy with batch normalization, weights of size {std}"]
            got = networks.accuracy(train, split, std)
            assert got > low + 0.1, (split, std)
            if std == 0.1:
                dropped.append(got)
        assert (
            networks.accuracy(train, split, 0.01, batchnorm=False)
            < scale["accuracy without it, weights of size 0.01"][1] - 0.1
        )
        kept.append(networks.accuracy(train, split, 0.1, drop_last=False))
        networks.digits_problem.cache_clear()
    cost = (np.array(dropped) - kept).reshape(25, 8).mean(axis=1)
    assert cost.min() > 2 * last["what that batch costs"][0]
    assert cost.mean() - 3 * cost.std() > last["what that batch costs"][0]
    assert min(dropped) > last["accuracy without the batch of three"][0]


def test_a_prediction_by_batch_statistics_shows_on_every_seed_and_in_every_company():
    broken, few = wrong_networks.predict_with(training=True), 4
    for seed in range(200):
        for probe in (networks.whole, networks.one_at_a_time, networks.one_class_at_a_time):
            right, given = (probe(np.random.default_rng(seed), "", local(p)) for p in (networks.predict, broken))
            assert (np.ravel(right) != np.ravel(given)).sum() >= few, (seed, probe.__name__)


# ---------------------------------------------------------------- the notebook and the checks are of one mind


def source(cell_id: str) -> str:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return next("".join(c["source"]) for c in cells if c["id"] == cell_id)


def test_every_fault_on_the_list_has_an_answer():
    task = source("debug_batch_normalization-question")
    listed = {line.split("`")[1].strip('"') for line in task.splitlines() if line.startswith('| `"')}
    named = {m.objects[0] for m in EXERCISES["debug_batch_normalization"].mistakes}
    assert listed == set(networks.FAULTS) == named - {""}


def test_the_broken_prediction_of_the_notebook_is_the_one_the_check_knows():
    names: dict = {"np": np}
    exec(source("broken-prediction"), names)
    known = wrong_networks.predict_with(training=True)
    for seed in range(20):
        net, X = networks.network(np.random.default_rng(seed))
        shown = names["broken_predict"](dict(net), X, networks.plain_batchnorm)
        np.testing.assert_array_equal(shown, known(dict(net), X, networks.plain_batchnorm))


def test_the_network_on_the_digits_is_the_one_of_the_notebook():
    shown = source("experiments-plot")
    assert f"SIZES = {list(networks.SIZES)}" in shown and f"batch={networks.BATCH}, lr={networks.LR}" in shown


def test_the_worked_examples_are_what_the_reference_gives():
    column, one, zero = np.array([[1.0], [3], [5], [7]]), np.ones(1), np.zeros(1)
    out = ref.batchnorm_forward(column, one, zero, zero, one, training=True)[0]
    np.testing.assert_allclose(out[:, 0], [-1.342, -0.447, 0.447, 1.342], atol=5e-4)
    assert ref.ema_update(np.array(5.0), np.array(3.0), 0.9) == pytest.approx(4.8)
    assert "moves to 4.8" in source("ema_update-task")
    mean, var = np.array([2.0]), np.array([4.0])
    evaluated = ref.batchnorm_forward(column, one, zero, mean, var, training=False)[0]
    np.testing.assert_allclose(evaluated[:, 0], [-0.5, 0.5, 1.5, 2.5], atol=1e-5)
    moved = ref.batchnorm_forward(column, one, zero, mean, var, training=True)[2:]
    np.testing.assert_allclose(np.ravel(moved), [2.2, 4.1])
    (dout, cache), _ = probes.small_way_back(np.random.default_rng(0))
    dX, dgamma, dbeta = probes.batchnorm_backward(dout, cache)
    np.testing.assert_allclose(dgamma, [0, 1], atol=1e-12)
    np.testing.assert_allclose(dbeta, [6, 1])
    np.testing.assert_allclose(dX[0], [-0.25, 0], atol=1e-12)
    layer, _ = probes.square_layer(np.random.default_rng(0))
    W_new, b_new = ref.fold_batchnorm(*layer)
    np.testing.assert_allclose(W_new, [[0.5, 4], [1.5, 8]], rtol=1e-4)
    np.testing.assert_allclose(b_new, [-0.5, -2], rtol=1e-4)
