"""gradus.dropout_ensemble"""

import numpy as np
from gradus import dropout_ensemble
from gradus.activations import softmax
from gradus.dropout_layers import Dropout
from gradus.layers import Linear, Sequential

from . import Entry


def net(dtype=np.float64):
    return Sequential(
        Dropout(0.4, rng=np.random.default_rng(1)), Linear(3, 2, rng=np.random.default_rng(2), dtype=dtype)
    )


ENTRIES = [
    Entry(
        dropout_ensemble.enumerate_masks,
        lambda rng, dtype: {"n": 3},
        oracles={
            "itertools.product": "test_dropout_ensemble.py::test_masks_are_all_there_in_the_order_of_binary_numbers",
            "the binomial distribution": (
                "test_dropout_ensemble.py::test_probabilities_of_masks_are_those_of_independent_draws"
            ),
        },
        bad={"n": [0, 21, "3", True]},
    ),
    Entry(
        dropout_ensemble.mask_probabilities,
        lambda rng, dtype: {"masks": dropout_ensemble.enumerate_masks(3), "rate": 0.3},
        oracles={
            "products by hand": "test_dropout_ensemble.py::test_probabilities_of_masks_are_those_of_independent_draws",
            "sum over all masks": (
                "test_dropout_ensemble.py::test_monte_carlo_dropout_approaches_the_sum_over_all_masks"
            ),
        },
        bad={"rate": [1.0, -0.1], "masks": [np.array([[0, 2]]), np.ones((2, 0), bool), np.ones((2, 2))]},
        other_dtype="probabilities in float64, whatever the masks are",
    ),
    Entry(
        dropout_ensemble.geometric_mean_prediction,
        lambda rng, dtype: {
            "probs": softmax(rng.standard_normal((5, 4, 3)).astype(dtype)),
            "weights": rng.random(5).astype(dtype),
        },
        oracles={
            "scipy.stats.gmean": "test_dropout_ensemble.py::test_geometric_mean_is_scipys_normalized",
            "scaled weights": (
                "test_dropout_ensemble.py::"
                "test_one_softmax_layer_with_scaled_weights_is_the_geometric_mean_of_all_masks"
            ),
            "by hand": "test_dropout_ensemble.py::test_geometric_mean_by_hand",
        },
        bad={"probs": [np.full((5, 4, 3), -0.5), np.full((5, 4, 3), 2.0)], "weights": [np.zeros(5), -np.ones(5)]},
    ),
    Entry(
        dropout_ensemble.mc_dropout_predict,
        lambda rng, dtype: {"net": net(dtype), "X": rng.standard_normal((4, 3)).astype(dtype), "T": 3, "rng": rng},
        oracles={
            "by hand, scipy.stats.entropy": "test_dropout_ensemble.py::test_monte_carlo_dropout_by_hand",
            "all masks": "test_dropout_ensemble.py::test_monte_carlo_dropout_approaches_the_sum_over_all_masks",
        },
        bad={"T": [0], "net": [Sequential(Linear(3, 2, rng=np.random.default_rng(2)))], "X": [np.ones((4, 2))]},
    ),
]
