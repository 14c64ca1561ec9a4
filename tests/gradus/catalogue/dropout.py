"""gradus.dropout"""

import numpy as np
from gradus import dropout

from . import ELEMENTWISE, Entry

RATES = [1.0, -0.1, 1.5, np.inf]
MASKS = [np.full((4, 3), -1.0), np.ones((4, 1)), np.arange(12.0).reshape(4, 3)]
NO_DRAW = {"None": "no mask is drawn where one is given"}


def x(rng, dtype):
    return rng.standard_normal((4, 3)).astype(dtype)


def mask(rng):
    return rng.random((4, 3)) < 0.5


def only(*kinds):
    return {kind: ELEMENTWISE[kind] for kind in kinds}


ENTRIES = [
    Entry(
        dropout.dropout_forward,
        lambda rng, dtype: {
            "x": x(rng, dtype),
            "rate": 0.3,
            "rng": rng,
            "training": True,
            "mask": mask(rng),
            "inverted": True,
        },
        oracles={
            "torch.native_dropout": "test_dropout.py::test_dropout_equals_pytorchs_on_the_mask_that_pytorch_drew",
            "keras.layers.Dropout": "test_dropout.py::test_dropout_equals_keras_on_the_mask_that_keras_drew",
            "the binomial distribution": "test_dropout.py::test_rate_is_the_share_of_entries_that_are_dropped",
            "KS test": "test_dropout.py::test_rows_are_dropped_independently",
        },
        bad={"rate": RATES, "mask": MASKS, "x": [np.ones((4, 2))]},
        fine={"x": only("NaN"), "rng": NO_DRAW},
    ),
    Entry(
        dropout.dropout_backward,
        lambda rng, dtype: {"dout": x(rng, dtype), "mask": 2 * mask(rng).astype(dtype)},
        oracles={
            "native_dropout_backward": "test_dropout.py::test_dropout_equals_pytorchs_on_the_mask_that_pytorch_drew",
            "finite differences": "test_dropout.py::test_backward_is_the_derivative_in_a_random_direction",
        },
        fine={"dout": only("NaN"), "mask": only("NaN")},
    ),
    Entry(
        dropout.alpha_dropout_constants,
        lambda rng, dtype: {"rate": 0.3},
        oracles={
            "published values": "test_dropout.py::test_constants_of_alpha_dropout_as_published",
            "quadrature": "test_dropout.py::test_alpha_dropout_restores_mean_and_variance_exactly",
        },
        bad={"rate": RATES},
    ),
    Entry(
        dropout.alpha_dropout,
        lambda rng, dtype: {"x": x(rng, dtype), "rate": 0.3, "rng": rng, "training": True, "mask": mask(rng)},
        oracles={
            "torch alpha_dropout": "test_dropout.py::test_alpha_dropout_equals_pytorchs_on_the_mask_that_pytorch_drew",
            "keras AlphaDropout": "test_dropout.py::test_alpha_dropout_equals_keras_on_the_mask_that_keras_drew",
            "moments": "test_dropout.py::test_alpha_dropout_restores_the_moments_of_a_sample_and_dropout_does_not",
        },
        bad={"rate": RATES, "mask": MASKS, "x": [np.ones((4, 2))]},
        fine={"x": only("NaN"), "rng": NO_DRAW},
    ),
    Entry(
        dropout.alpha_dropout_backward,
        lambda rng, dtype: {"dout": x(rng, dtype), "mask": mask(rng).astype(dtype)},
        oracles={
            "torch autograd": "test_dropout.py::test_alpha_dropout_equals_pytorchs_on_the_mask_that_pytorch_drew",
            "finite differences": "test_dropout.py::test_backward_is_the_derivative_in_a_random_direction",
        },
        fine={"dout": only("NaN"), "mask": only("NaN")},
    ),
]
