"""What the checks of `activations` say to answers that no declared wrong version gives digit by digit, and their margins."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from gradus import activations as ref
from gradus.diagnostics import dead_fraction
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy
from gradus.tasks import blobs

from autograder.checks import _activations_networks as net
from autograder.checks import _activations_probes as probes
from autograder.checks import _activations_wrong_layers as wrong_layers
from autograder.checks import _activations_wrong_units as wrong_units
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("activations")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "activations" / "activations.ipynb"
RECTIFIERS = (ref.relu, ref.relu_derivative, ref.leaky_relu, ref.leaky_relu_derivative)


def answer(exercise: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[exercise], lambda: given, seed=seed)


def failed(got: Answer) -> list[str]:
    return [r.name for r in got.results if not r.passed]


def of_reference(probe, seed: int, *objects):
    return probe(np.random.default_rng(seed), *map(local, objects))


# ---------------------------------------------------------------- wrong answers, written in their own way


def sigmoid_of_a_beginner(z):
    e = math.e**-z
    return 1 / (1 + e)


def sigmoid_by_numpy_power(z):
    return np.power(1 + np.exp(-z), -1)


def leaky_by_comparison(z, alpha=0.01):
    scaled = alpha * z
    return np.where(scaled > z, scaled, z)


def elu_by_loop(z, alpha=1.0):
    out = np.empty_like(z)
    for i in np.ndindex(z.shape):
        out[i] = z[i] if z[i] > 0 else alpha * (math.exp(z[i]) - 1)
    return out


def sloping_da(dout, cache):
    z, a = cache
    return np.where(z > 0, dout, a * dout), np.where(z > 0, 0, z * dout)


def rrelu_one_by_one(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    slopes = np.full_like(z, (lower + upper) / 2)
    if training:
        for i in np.ndindex(z.shape):
            slopes[i] = 1 / rng.uniform(1 / upper, 1 / lower)
    return np.maximum(z, 0) + slopes * np.minimum(z, 0), slopes


def maxout_without_x(X, W, b):
    return np.maximum.reduce([W[:, i] + b[i] for i in range(W.shape[1])]), (X, W, b)


def always_backward(dout, cache):
    X, W, _ = cache
    dW, db = np.zeros_like(W), np.zeros(W.shape[1:])
    dX = np.zeros_like(X)
    for i in range(W.shape[1]):
        dW[:, i], db[i] = X.T @ dout, dout.sum(axis=0)
        dX += dout @ W[:, i].T
    return dX, dW, db


@pytest.mark.parametrize(
    "exercise, objects, name",
    [
        ("sigmoid", [sigmoid_of_a_beginner, ref.sigmoid_derivative], "overflow"),
        ("sigmoid", [sigmoid_by_numpy_power, ref.sigmoid_derivative], "overflow"),
        ("relu", [*RECTIFIERS[:2], leaky_by_comparison, RECTIFIERS[3]], "larger_of_two"),
        ("elu", [elu_by_loop, ref.elu_derivative], "cancellation"),
        ("prelu_forward", [wrong_layers.prelu()[0], sloping_da], "da_not_summed"),
        ("rrelu", [rrelu_one_by_one, ref.rrelu_derivative], "divisor_in_training"),
        ("maxout_forward", [maxout_without_x, wrong_layers.maxout()[1]], "x_missing"),
        ("maxout_forward", [wrong_layers.maxout()[0], always_backward], "gradient_to_all"),
        ("dead_fraction", wrong_units.experiment(shift=lambda b: b + 30), "not_silenced"),
        ("dead_fraction", wrong_units.experiment(dead=lambda z: 1 - np.mean(z > 0)), "share_of_zeros"),
        ("debug_activations", ["biases", wrong_units.rising], "not_mended"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_mistake_is_recognised_however_it_is_written(exercise, objects, name):
    for seed in range(3):
        assert answer(exercise, *objects, seed=seed).misconception == name


# ---------------------------------------------------------------- what is let through, and what is not


def test_a_backward_pass_still_to_be_written_leaves_the_points_of_the_forward_pass():
    def stub(*args):
        raise NotImplementedError

    for exercise, forward in (("prelu_forward", ref.prelu_forward), ("maxout_forward", ref.maxout_forward)):
        got = answer(exercise, forward, stub)
        assert 0 < got.score < got.points / 2 and got.verdict == "wrong"


def test_slopes_where_the_input_is_positive_do_not_matter():
    def with_nonsense(z, rng, **named):
        out, slopes = ref.rrelu(z, rng, **named)
        return out, np.where(z > 0, 7.0, slopes).astype(z.dtype)

    assert answer("rrelu", with_nonsense, lambda z, s: np.where(z > 0, 1.0, s).astype(z.dtype)).verdict == "pass"


def test_slopes_of_the_right_mean_but_another_distribution_are_told_apart():
    def two_slopes(z, rng, lower=1 / 8, upper=1 / 3, training=True):
        slopes = ref.rrelu(z, rng, lower, upper, training)[1]
        if training:
            middle, half = (lower + upper) / 2, (upper - lower) / 2
            noise = 1e-6 * rng.random(z.shape)
            slopes = middle + half * (1 / math.sqrt(3) - noise) * rng.choice([-1.0, 1.0], z.shape)
        return np.where(z > 0, z, slopes * z), slopes

    assert "how the slopes are drawn" in failed(answer("rrelu", two_slopes, ref.rrelu_derivative))


def test_a_lambda_that_is_a_hundredth_too_large_shows_after_fifty_layers():
    got = answer("selu", lambda z: 1.01 * ref.selu(z), ref.selu_constants)
    assert "a signal through fifty layers" in failed(got)


def test_results_of_an_unexpected_sort_are_wrong_and_not_a_fault_of_ours():
    for ex in EXERCISES.values():
        for result in (
            None,
            3,
            "z",
            [1.0],
            (None, None),
            ([1.0], {}),
            {"out": 1.0},
            np.array("z"),
            np.ones((2, 2), complex),
        ):
            objects = [(lambda *a, result=result, **k: result) if callable(r) else 7 for r in ex.reference]
            assert answer(ex.id, *objects).score == 0, (ex.id, result)


def test_hidden_cases_show_neither_calls_nor_values():
    for exercise, objects in (
        ("elu", [elu_by_loop, ref.elu]),
        ("dead_fraction", wrong_units.experiment(restarted=False)),
    ):
        for result in answer(exercise, *objects).results:
            if result.group == "hidden":
                assert (result.call, result.expected, result.given) == ("", "", "")


@pytest.mark.parametrize(
    "exercise, words", [("elu", ["expm1", "minimum", "clip"]), ("maxout_forward", ["X @", "einsum"])]
)
def test_no_sentence_gives_the_solution_away(exercise, words):
    for m in EXERCISES[exercise].mistakes:
        assert not [w for w in words if w in m.sentence], m.name


# ---------------------------------------------------------------- what the problems show, with its margin

OBJECTS = (dead_fraction, net.learning_rate_sweep, net.revival)


def test_a_learning_rate_of_two_kills_a_third_of_the_units_and_small_ones_none():
    for seed in range(100):
        large, small, medium = of_reference(net.swept(2.0, 0.01, 0.3), seed, *OBJECTS)
        start = of_reference(net.swept(2.0, steps=0), seed, *OBJECTS)[0]
        assert large > 0.3 and abs(small - start) < 0.06 and medium < large - 0.15, seed


def test_silenced_relu_and_elu_units_stay_silent_and_leaky_ones_learn():
    for seed in range(30):
        found = of_reference(net.revived(ref.relu, ref.relu_derivative, "relu"), seed, *OBJECTS)
        assert found == {"dead": 1.0, "accuracy": 0.4}, seed
        found = of_reference(net.revived(ref.elu, ref.elu_derivative, "elu"), seed, *OBJECTS)
        assert found["accuracy"] < 0.6, seed
        assert of_reference(net.revived(net.leaky, net.leaky_derivative, "leaky"), seed, *OBJECTS)["accuracy"] > 0.8, (
            seed
        )


def test_a_mended_run_ends_well_inside_the_band_and_a_broken_one_far_outside():
    def loss_and_dead(step_size, seed):
        return of_reference(net.after_training(400, 1.5, 20), seed, "step_size", step_size).values()

    for seed in range(15):
        loss, dead = loss_and_dead(net.step_size, seed)
        assert loss < 0.5 and dead < 0.1, seed
        assert list(loss_and_dead(wrong_units.rising, seed))[1] > 0.5, seed


def test_some_units_of_the_toy_layers_are_silent_at_exactly_zero_and_some_but_for_one_sample():
    for seed in range(20):
        z = net.pre_activations(np.random.default_rng(seed))
        shares = [
            np.mean((z <= 0).all(axis=0)),
            np.mean((z < 0).all(axis=0)),
            np.mean((z <= 0).all(axis=1)),
            np.mean(z <= 0),
        ]
        assert min(abs(share - shares[0]) for share in shares[1:]) > 0.01, seed


def test_arrays_hold_a_zero_and_both_signs():
    for seed in range(20):
        z = probes.anywhere(np.random.default_rng(seed))
        assert (z == 0).any() and (z < 0).any() and (z > 0).any()


# ---------------------------------------------------------------- the notebook and the checks are of one mind


def source(cell_id: str) -> str:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return next("".join(c["source"]) for c in cells if c["id"] == cell_id)


def test_the_training_step_of_the_notebook_is_the_one_the_check_takes():
    names = {
        "dense_forward": dense_forward,
        "dense_backward": dense_backward,
        "softmax_cross_entropy": softmax_cross_entropy,
    }
    exec(source("train-step"), names)
    params, X, y = net.centred_inputs(np.random.default_rng(0))
    (shown, shown_loss), (known, known_loss) = (
        step(params, X, y, net.leaky, net.leaky_derivative, 0.3) for step in (names["train_step"], net.train_step)
    )
    assert shown_loss == known_loss
    for name, w in known.items():
        np.testing.assert_array_equal(shown[name], w)


def test_the_broken_function_of_the_notebook_is_the_one_the_check_knows():
    names = {"np": np, "blobs": blobs}
    exec(source("broken-run"), names)
    for t in (0, 1, 19, 20, 500):
        assert names["broken_step_size"](t, 0.5, 20) == wrong_units.rising(t, 0.5, 20)


def test_every_fault_on_the_list_has_an_answer():
    question = source("debug_activations-question")
    listed = {line.split("`")[1].strip('"') for line in question.splitlines() if line.startswith('| `"')}
    named = {m.objects[0] for m in EXERCISES["debug_activations"].mistakes}
    assert listed == set(net.FAULTS) == named - {""}


def test_a_fault_that_is_not_on_the_list_is_told_so():
    for fault in ("", "Step_size!", None, 3, ["step_size"]):
        assert answer("debug_activations", fault, net.step_size).misconception == "named_nothing"
