"""gradus.regularizers"""

import math

import numpy as np
from gradus import regularizers

from . import ELEMENTWISE, Entry

STRENGTHS = [-0.1, math.inf, True]
SUMS = {
    "NaN": "the sum is NaN, and training says so",
    "empty": "a sum without terms is 0",
    "shape": "any shape",
}


def weights(rng, dtype):
    return rng.standard_normal((4, 3)).astype(dtype)


def penalty(function, oracles, elementwise):
    return Entry(
        function,
        lambda rng, dtype: {"ws": weights(rng, dtype), "lam": 0.3},
        oracles=oracles,
        bad={"lam": STRENGTHS, "ws": [[None], {"W": "text"}, 3.0]},
        fine={"ws": elementwise},
    )


def both_penalties(function, oracles, elementwise):
    return Entry(
        function,
        lambda rng, dtype: {"ws": weights(rng, dtype), "lam1": 0.3, "lam2": 0.2},
        oracles=oracles,
        bad={"lam1": STRENGTHS, "lam2": STRENGTHS, "ws": [[None], {"W": "text"}, 3.0]},
        fine={"ws": elementwise},
    )


VALUES = {
    "keras.regularizers": "test_regularizers.py::test_penalties_equal_those_of_keras_up_to_its_missing_half",
    "by hand": "test_regularizers.py::test_penalties_by_hand",
}
GRADIENTS = {
    "torch autograd": "test_regularizers.py::test_gradients_equal_those_of_pytorch_also_at_zero",
    "finite differences": "test_regularizers.py::test_gradients_are_derivatives_of_the_penalties",
    "by hand": "test_regularizers.py::test_penalties_by_hand",
}

ENTRIES = [
    Entry(
        regularizers.lp_norm,
        lambda rng, dtype: {"w": weights(rng, dtype), "p": 3.0},
        oracles={
            "scipy.linalg.norm, torch vector_norm": "test_regularizers.py::test_norm_equals_scipys_and_pytorchs",
            "by hand": "test_regularizers.py::test_norm_by_hand",
        },
        bad={"p": [0.5, 0, -math.inf, True]},
        fine={"w": SUMS},
    ),
    penalty(regularizers.l2_penalty, VALUES, SUMS),
    penalty(regularizers.l2_grad, GRADIENTS, ELEMENTWISE),
    penalty(regularizers.l1_penalty, VALUES, SUMS),
    penalty(regularizers.l1_grad, GRADIENTS, ELEMENTWISE),
    both_penalties(regularizers.elastic_net, VALUES, SUMS),
    both_penalties(regularizers.elastic_net_grad, GRADIENTS, ELEMENTWISE),
    Entry(
        regularizers.soft_threshold,
        lambda rng, dtype: {"w": weights(rng, dtype), "t": 0.5},
        oracles={
            "torch softshrink": "test_regularizers.py::test_soft_threshold_equals_pytorchs_softshrink",
            "scipy minimize_scalar": "test_regularizers.py::test_soft_threshold_minimizes_what_it_says",
            "by hand": "test_regularizers.py::test_soft_threshold_by_hand",
        },
        bad={"t": STRENGTHS},
        fine={"w": ELEMENTWISE},
    ),
    Entry(
        regularizers.proximal_step,
        lambda rng, dtype: {"w": weights(rng, dtype), "g": weights(rng, dtype), "lr": 0.1, "lam": 0.3},
        oracles={
            "sklearn Lasso": "test_regularizers.py::test_proximal_steps_end_at_scikit_learns_lasso_with_exact_zeros",
            "by hand": "test_regularizers.py::test_proximal_step_by_hand_and_without_a_penalty",
        },
        bad={"lr": [0.0, -0.1, math.inf], "lam": STRENGTHS, "g": [np.ones((3, 4))]},
        fine={"w": {"NaN": ELEMENTWISE["NaN"]}, "g": {"NaN": ELEMENTWISE["NaN"]}},
    ),
    Entry(
        regularizers.max_norm,
        lambda rng, dtype: {"W": weights(rng, dtype), "r": 1.0, "axis": 0},
        oracles={
            "torch.renorm, keras MaxNorm": (
                "test_regularizers.py::test_max_norm_equals_pytorchs_renorm_and_keras_max_norm"
            ),
            "by hand": "test_regularizers.py::test_max_norm_by_hand_and_only_where_it_is_exceeded",
        },
        bad={"r": [0.0, math.inf], "axis": [2, -3, (0, 2), (0, 0.5)]},
        fine={
            "W": {"empty": "nothing to shorten", "shape": "any shape that has the axis"},
            "axis": {"negative": "counts from the last axis, as in NumPy"},
        },
    ),
]
