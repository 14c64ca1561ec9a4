"""gradus.babysitting"""

import numpy as np
from gradus import babysitting
from gradus.initializers import glorot_normal
from gradus.layers import MLP

from . import Entry


def data(rng, dtype):
    return {"X": rng.standard_normal((12, 5)).astype(dtype), "y": np.tile([0, 1, 2], 4)}


ENTRIES = [
    Entry(
        babysitting.expected_initial_loss,
        lambda rng, dtype: {"C": 10},
        oracles={
            "scipy.stats.entropy": "test_babysitting.py::test_a_classifier_that_knows_nothing_has_the_entropy_of_its_classes",
            "a fresh network": "test_babysitting.py::test_small_logits_cost_the_logarithm_of_the_number_of_classes",
        },
        bad={"C": [0]},
    ),
    Entry(
        babysitting.distinct_hidden_units,
        lambda rng, dtype: data(rng, dtype) | {"init": glorot_normal, "hidden": 4, "steps": 2, "lr": 0.1, "rng": rng},
        oracles={
            "constant weights": "test_babysitting.py::test_units_that_start_equal_stay_equal",
            "weights that are copies": "test_babysitting.py::test_columns_are_the_units_and_copies_are_counted_once",
        },
        bad={"hidden": [0], "lr": [0, np.inf], "init": ["he_normal"]},
    ),
    Entry(
        babysitting.regularization_raises_loss,
        lambda rng, dtype: {"loss": lambda lam: 1 + lam, "lams": np.array([0, 0.1, 1], dtype)},
        oracles={
            "losses of known slope": "test_babysitting.py::test_the_strengths_are_tried_in_order",
            "a network with, without and against it": "test_babysitting.py::test_regularization_that_counts_raises_the_loss",
        },
        bad={
            "lams": [np.array([1.0]), np.array([1.0, 1.0]), np.array([-1.0, 1.0]), np.array([0.0, np.inf])],
            "loss": [lambda lam: "a", lambda lam: np.ones(2)],
        },
    ),
    Entry(
        babysitting.overfit_tiny,
        lambda rng, dtype: (
            data(rng, dtype) | {"net": MLP([5, 4, 3], rng=rng, dtype=dtype), "rng": rng, "n": 6, "steps": 3, "lr": 0.01}
        ),
        oracles={
            "shuffled labels": "test_babysitting.py::test_a_network_learns_twenty_samples_by_heart_even_with_shuffled_labels",
            "networks that cannot learn": "test_babysitting.py::test_a_network_that_cannot_learn_does_not",
        },
        bad={"n": [0, 13], "steps": [-1], "lr": [0, np.inf]},
        fine={"X": {"NaN": "the loss is NaN: that is the answer"}},
    ),
    Entry(
        babysitting.diagnose,
        lambda rng, dtype: {"history": {"train_loss": [2.3, 1.2, 0.6], "val_loss": [2.2, 1.3, 0.7]}},
        oracles={
            "curves drawn by hand": "test_babysitting.py::test_curves_are_told_apart",
            "runs with a known fault": "test_babysitting.py::test_real_runs_get_the_diagnosis_of_their_fault",
        },
        bad={"history": [{}, {"train_loss": []}, {"train_loss": ["a"]}, {"train_loss": [[1.0]]}, [2.3]]},
    ),
]
