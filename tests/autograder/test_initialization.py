"""What the checks of `initialization` say to answers that no declared wrong version gives digit by digit."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gradus import diagnostics, initializers
from gradus.activations import ACTIVATIONS
from gradus.network import train_step

from autograder.answer import as_text
from autograder.checks import _initialization_networks as networks
from autograder.checks import _initialization_wrong_networks as wrong_networks
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("initialization")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "initialization" / "initialization.ipynb"


def answer(exercise: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[exercise], lambda: given, seed=seed)


def failed(got: Answer) -> list[str]:
    return [r.name for r in got.results if not r.passed]


# ---------------------------------------------------------------- wrong answers that draw in their own way


def he_by_rows_with_fan_out(shape, rng, negative_slope=0.0):
    std = np.sqrt(2 / ((1 + negative_slope**2) * shape[1]))
    return np.array([std * rng.standard_normal(shape[1]) for _ in range(shape[0])])


def he_halved_afterwards(shape, rng, negative_slope=0.0):
    return rng.standard_normal(shape) / np.sqrt((1 + negative_slope**2) * shape[0]) * 0.5


def glorot_with_one_over_the_mean(shape, rng):
    r = np.mean(shape) ** -0.5
    return r * (2 * rng.random(shape) - 1)


def glorot_as_in_torch(shape, rng):
    fan_in = shape[1]  # PyTorch stores the transpose
    return rng.standard_normal(shape) * np.sqrt(1 / fan_in)


def glorot_with_another_variance_as_std(shape, rng):
    return (2 / sum(shape)) * rng.standard_normal(shape)


def scaling_that_clips(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    n = {"fan_in": shape[-2], "fan_avg": sum(shape[-2:]) / 2, "fan_out": shape[-1]}[mode] * np.prod(shape[:-2])
    std = np.sqrt(scale / n)
    W = rng.normal(0, std, shape)
    if dist == "truncated":
        W = np.minimum(np.maximum(W, -2 * std), 2 * std) / 0.8796256610342398
    return W


def propagate_without_derivative(activation, init, depth, width, rng):
    g = rng.normal(size=(500, width))
    Ws = [init((width, width), rng) for _ in range(depth)]
    a, forward = rng.normal(size=(500, width)), []
    for W in Ws:
        a = ACTIVATIONS[activation][0](a @ W)
        forward.append(a.std())
    backward = []
    for W in Ws[::-1]:
        g = g @ W.T
        backward.insert(0, g.std())
    return {"forward": np.array(forward), "backward": np.array(backward)}


def units_with_random_biases(init, X, y, hidden, steps, lr, rng):
    C = y.max() + 1
    params = {"W1": init((X.shape[1], hidden), rng), "b1": 0.1 * rng.normal(size=hidden), "W2": init((hidden, C), rng)}
    params["b2"] = np.zeros(C)
    for _ in range(steps):
        params = train_step(params, X, y, lr=lr)[0]
    return len(np.unique(params["W1"].round(9).T, axis=0))


@pytest.mark.parametrize(
    "exercise, objects, name",
    [
        ("he_normal", [he_by_rows_with_fan_out], "fan_out"),
        ("he_normal", [he_halved_afterwards], "halved_weights"),
        ("glorot_uniform", [glorot_with_one_over_the_mean], "factor_3_missing"),
        ("glorot_normal", [glorot_as_in_torch], "fan_out"),
        ("glorot_normal", [glorot_with_another_variance_as_std], "variance_as_std"),
        ("lecun_normal", [initializers.lecun_normal, scaling_that_clips], "clipped"),
        ("lecun_normal", [initializers.glorot_normal, initializers.variance_scaling], "lecun_by_fan_avg"),
        ("propagate", [propagate_without_derivative], "no_derivative"),
        ("distinct_hidden_units", [units_with_random_biases], "differences_from_elsewhere"),
        ("debug_initialization", ["saturation", wrong_networks.same_seed_for_each_unit], "not_mended"),
    ],
    ids=lambda value: value[0].__name__ if isinstance(value, list) and callable(value[0]) else None,
)
def test_a_mistake_is_recognised_by_moments_however_the_numbers_are_drawn(exercise, objects, name):
    for seed in range(3):
        assert answer(exercise, *objects, seed=seed).misconception == name


# ---------------------------------------------------------------- what is not let through


def test_weights_of_the_right_spread_but_another_distribution_are_told_apart():
    def two_values(shape, rng):
        return rng.choice([-1.0, 1.0], shape) * np.sqrt(1 / np.mean(shape)) * (1 + 1e-9 * rng.random(shape))

    got = answer("glorot_normal", two_values)
    assert failed(got) == ["normally distributed around 0"]
    assert "form" in got.message


def test_weights_around_another_mean_are_told_apart():
    def shifted(shape, rng):
        std = np.sqrt(2 / shape[0])
        return rng.normal(std / 10, std, shape)

    assert "normally distributed around 0" in failed(answer("he_normal", shifted))


def test_weights_in_single_precision_are_told_so():
    for exercise in ("glorot_normal", "glorot_uniform", "he_normal"):
        right = getattr(initializers, exercise)
        got = answer(exercise, lambda *a, right=right, **k: right(*a, **k).astype(np.float32))
        assert failed(got) == ["shape, dtype, all weights different"]
        assert (got.results[0].expected, got.results[0].given) == ("dtype float64", "dtype float32")


def test_a_copy_of_the_generator_is_noticed_by_the_second_call():
    import copy

    got = answer("glorot_normal", lambda shape, rng: initializers.glorot_normal(shape, copy.deepcopy(rng)))
    assert failed(got) == ["rng moves on"]


def test_weights_without_any_scale_earn_no_more_than_half():
    for exercise in ("glorot_normal", "he_normal"):
        got = answer(exercise, lambda shape, rng, negative_slope=0.0: rng.standard_normal(shape))
        assert 0 < got.score <= got.points / 2


def test_a_slope_of_two_tenths_is_seen_although_it_changes_the_variance_by_four_per_cent():
    def ignored(shape, rng, negative_slope=0.0):
        return initializers.he_normal(shape, rng, 0.0 if negative_slope == 0.2 else negative_slope)

    for seed in range(10):
        assert "spread for a negative slope of 0.2" in failed(answer("he_normal", ignored, seed=seed))


def test_an_init_that_is_called_with_another_shape_is_noticed():
    def transposed_call(activation, init, depth, width, rng):
        found = wrong_networks.propagation(
            weights=lambda init, depth, shape, rng: [init(width, rng) for _ in range(depth)]
        )
        return found(activation, init, depth, width, rng)

    assert failed(answer("propagate", transposed_call)) == ["each layer its own weights"]


@pytest.mark.parametrize("name", ["not_transposed", "bottom_up", "no_derivative", "gradient_at_z", "one_W"])
def test_a_wrong_way_through_the_layers_shows_under_every_activation(name):
    wrong = next(m for m in EXERCISES["propagate"].mistakes if m.name == name)
    cases = [c for c in EXERCISES["propagate"].cases if c.name.startswith("gradient through")]
    assert len(cases) == 3
    for case in cases:
        for seed in range(5):
            right, given = (
                case.probe(np.random.default_rng(seed), local(f)) for f in (diagnostics.propagate, *wrong.objects)
            )
            assert case.compare(given, right, 1.0) is not None, (case.name, seed)


def test_a_propagation_that_spoils_the_weights_it_was_given_does_not_spoil_the_next_case():
    def spoiling(activation, init, depth, width, rng):
        given = []

        def keep(shape, rng):
            given.append(init(shape, rng))
            return given[-1].copy()

        found = wrong_networks.propagation()(activation, keep, depth, width, rng)
        for W in given:
            W[:] = np.nan
        return found

    assert answer("propagate", spoiling).verdict == "pass"


def test_results_of_an_unexpected_sort_are_wrong_and_not_a_fault_of_ours():
    for result in (None, 3, "forward", [1.0], {"forward": [0.1]}, {"forward": "a", "backward": None}):
        assert answer("propagate", lambda *a, result=result: result).verdict == "wrong"
        assert answer("debug_initialization", 7, lambda sizes, rng, result=result: result).score == 0
        assert answer("distinct_hidden_units", lambda *a, result=result: result).score == 0
        for exercise in ("glorot_normal", "glorot_uniform", "he_normal"):
            assert answer(exercise, lambda *a, result=result, **k: result).score == 0


# ---------------------------------------------------------------- what a student reads


def test_the_first_line_says_what_was_right_and_the_sentence_what_was_done():
    shown = as_text(answer("he_normal", he_by_rows_with_fan_out))
    assert shown.splitlines()[0].split() == ["he_normal", "2.5", "of", "5", "points"]
    for line in ("✗ spread of the weights, for ReLU", "he_normal((400, 100), rng)", "expected variance 0.005", "yours is 0.02",
                 "You used fan_out.", '→ Weight initialization, "He: ReLU takes one half"'):  # fmt: skip
        assert line in shown


def test_hidden_cases_show_neither_shapes_nor_expected_values():
    got = answer("glorot_normal", lambda shape, rng: rng.standard_normal(shape) * 0.123)
    for result in got.results:
        if result.group == "hidden":
            assert (result.call, result.expected, result.given) == ("", "", "")


def test_an_unknown_spread_is_told_by_its_factor():
    got = answer("glorot_normal", lambda shape, rng: 3 * initializers.glorot_normal(shape, rng))
    assert got.misconception is None
    hints = [r.hint for r in got.results if r.name.startswith("spread")]
    factors = [float(hint.split()[3]) for hint in hints]
    assert len(factors) == 3 and all(abs(f - 9) < 0.9 for f in factors)


# ---------------------------------------------------------------- the notebook and the checks are of one mind


def source(cell_id: str) -> str:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return next("".join(c["source"]) for c in cells if c["id"] == cell_id)


def test_the_broken_function_of_the_notebook_is_the_one_the_check_knows():
    names = {"np": np}
    exec(source("broken-weights"), names)
    sizes = [5, 7, 4, 3]
    shown = names["broken_weights"](sizes, np.random.default_rng(3))
    known = wrong_networks.same_seed_for_each_unit(sizes, np.random.default_rng(3))
    for a, b, shape in zip(shown, known, pairwise(sizes), strict=True):
        assert a.shape == shape
        np.testing.assert_array_equal(a, b)


def test_every_fault_on_the_list_has_an_answer():
    task = source("debug_initialization-question")
    listed = {line.split("`")[1].strip('"') for line in task.splitlines() if line.startswith('| `"')}
    named = {m.objects[0] for m in EXERCISES["debug_initialization"].mistakes}
    assert listed == set(networks.FAULTS) == named - {""}


def test_an_empty_fault_and_one_that_is_not_on_the_list_are_told_so():
    for fault in ("", "Symmetry!", None, 3, ["symmetry"]):
        assert answer("debug_initialization", fault, networks.layer_weights).misconception == "named_nothing"
