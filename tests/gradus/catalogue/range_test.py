"""gradus.range_test"""

import numpy as np
from gradus import functions, range_test
from gradus.layers import Linear
from gradus.optimizers import Momentum

from . import Entry

ENTRIES = [
    Entry(
        range_test.lr_range_test,
        lambda rng, dtype: {
            "net": Linear(3, 2, rng=rng, dtype=dtype),
            "X": rng.standard_normal((6, 3)).astype(dtype),
            "y": rng.integers(0, 2, 6),
            "rng": rng,
            "lr_min": 1e-4,
            "lr_max": 1.0,
            "steps": 5,
            "batch": 4,
            "optimizer": Momentum,
            "loss": functions.softmax_cross_entropy,
            "beta": 0.8,
            "stop": 5.0,
        },
        oracles={
            "a parabola by hand": (
                "test_range_test.py::test_on_a_parabola_the_losses_are_those_of_the_formula_and_it_stops_where_steps_overshoot"
            ),
            "numpy.average": "test_range_test.py::test_losses_are_smoothed_and_the_smoothing_corrected",
        },
        bad={"lr_min": [0], "lr_max": [1e-4], "steps": [1], "batch": [0, 7], "beta": [1], "stop": [1]},
        other_dtype="rates and losses are a record, in float64",
    ),
    Entry(
        range_test.suggest_lr,
        lambda rng, dtype: {
            "lrs": np.geomspace(0.1, 1, 5).astype(dtype),
            "losses": rng.random(5).astype(dtype),
            "divisor": 10.0,
        },
        oracles={
            "by hand": "test_range_test.py::test_a_rate_is_suggested_below_the_smallest_loss",
            "digits": "test_range_test.py::test_digits_are_learnt_and_then_unlearnt",
        },
        bad={"divisor": [0]},
    ),
]
