"""gradus.capstone, gradus.capstone_parts"""

import numpy as np
from gradus import capstone, capstone_parts

from . import Entry

PLAN = {"hidden": [4, 3], "epochs": 2, "batch_size": 4, "lr_max": 0.01, "dropout": 0.2, "l2": 0.1}
BAD = [
    {},
    {**PLAN, "width": 3},
    {**PLAN, "hidden": [4]},
    {**PLAN, "hidden": 4},
    {**PLAN, "hidden": [4, 0]},
    {**PLAN, "epochs": 0},
    {**PLAN, "epochs": 1.5},
    {**PLAN, "batch_size": 1},
    {**PLAN, "lr_max": 0.0},
    {**PLAN, "lr_max": float("nan")},
    {**PLAN, "dropout": 1.0},
    {**PLAN, "l2": -1.0},
]
NO_FLOATS = "its arrays are drawn in float64; training turns them to the dtype of X"


def network(dtype=np.float64):
    made = capstone.start_network(PLAN, 5, 3, np.random.default_rng(1))
    return {k: v.astype(dtype) if k == "b" else [a.astype(dtype) for a in v] for k, v in made.items()}


def broken():
    """Networks whose arrays do not fit together."""
    yield {}
    for name, value in (("W", []), ("gamma", []), ("b", np.zeros(2)), ("mean", [np.zeros(4), np.zeros(4)]), ("var", 3)):
        yield {**network(), name: value}


def oracles(**tests):
    return {name.replace("_", " "): f"test_capstone.py::{test}" for name, test in tests.items()}


ENTRIES = [
    Entry(
        capstone_parts.choose_parts,
        lambda rng, dtype: {"names": {"he_normal": abs}, "passed": lambda part: True},
        oracles=oracles(
            by_hand="test_a_part_is_ones_own_if_it_has_passed_and_is_there_as_a_whole",
            training="test_the_training_uses_each_of_the_parts",
        ),
    ),
    Entry(
        capstone.require_design,
        lambda rng, dtype: {"design": dict(PLAN)},
        oracles=oracles(
            the_package="test_the_design_of_the_package_keeps_to_the_budget",
            by_hand="test_what_is_no_design_is_refused_with_its_key",
        ),
        bad={"design": BAD},
    ),
    Entry(
        capstone.training_cost,
        lambda rng, dtype: {"design": dict(PLAN), "n_examples": 11, "n_in": 5, "n_classes": 3},
        oracles=oracles(
            by_hand="test_the_cost_of_a_training_by_hand", counted="test_the_cost_is_what_a_training_really_does"
        ),
        bad={"design": [*BAD, {**PLAN, "batch_size": 12}], "n_examples": [0], "n_in": [0], "n_classes": [0]},
    ),
    Entry(
        capstone.start_network,
        lambda rng, dtype: {"design": dict(PLAN), "n_in": 5, "n_classes": 3, "rng": rng, "parts": capstone.REFERENCE},
        oracles=oracles(
            variance="test_weights_have_the_variance_of_he", loss="test_before_training_the_loss_is_the_log_of_the_classes"
        ),
        bad={"design": BAD, "n_in": [0], "n_classes": [0]},
        other_dtype=NO_FLOATS,
    ),
    Entry(
        capstone.train_network,
        lambda rng, dtype: {
            "X": rng.normal(size=(11, 5)).astype(dtype), "y": np.arange(11) % 3, "design": dict(PLAN), "rng": rng,
            "parts": capstone.REFERENCE, "network": network(dtype),
        },
        oracles=oracles(
            PyTorch="test_a_training_is_that_of_pytorch", differences="test_gradients_agree_with_differences"
        ),
        bad={"design": [*BAD, {**PLAN, "batch_size": 12}], "y": [np.arange(11)], "network": list(broken())},
    ),
    Entry(
        capstone.network_loss,
        lambda rng, dtype: {
            "network": network(dtype), "X": rng.normal(size=(6, 5)).astype(dtype), "y": np.arange(6) % 3, "lam": 0.1,
        },
        oracles=oracles(
            PyTorch="test_scores_and_loss_are_those_of_pytorch",
            ln_C="test_before_training_the_loss_is_the_log_of_the_classes",
        ),
        bad={"y": [np.arange(6)], "lam": [-0.1], "network": list(broken())},
    ),
    Entry(
        capstone.predict,
        lambda rng, dtype: {"network": network(dtype), "X": rng.normal(size=(6, 5)).astype(dtype)},
        oracles=oracles(PyTorch="test_scores_and_loss_are_those_of_pytorch", by_hand="test_a_prediction_by_hand"),
        bad={"network": list(broken())},
    ),
]  # fmt: skip
