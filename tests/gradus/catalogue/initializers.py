"""gradus.initializers"""

import math

import numpy as np
from gradus import initializers

from . import Entry

MOMENTS = "test_initializers.py::test_mean_variance_and_distribution"
PYTORCH = "test_initializers.py::test_named_schemes_have_the_distribution_of_pytorchs_transposed"

SHAPES = {
    "shape": [(3,), (3, 0), (3, -1), (3, 2.0), (3, True), 6, ("a", "b"), ()],
    "dtype": [int, "text", None, complex],
}


def drawn(rng, dtype):
    return {"shape": (4, 3), "rng": rng, "dtype": dtype}


def named(function, *more):
    """An initializer of the family, with its arguments besides shape, rng and dtype."""
    extra, bad = more or ({}, {})
    return Entry(
        function,
        lambda rng, dtype: drawn(rng, dtype) | extra,
        oracles={"moments and KS, scipy.stats": MOMENTS, "torch.nn.init, two-sample KS": PYTORCH},
        bad=SHAPES | bad,
        fine={"negative_slope": {"negative": "the square counts"}},
    )


SLOPE = {"negative_slope": 0.1, "mode": "fan_out"}, {"negative_slope": [math.inf], "mode": ["fan"]}

ENTRIES = [
    Entry(
        initializers.compute_fans,
        lambda rng, dtype: {"shape": (3, 3, 4, 5), "layout": "out_in"},
        oracles={
            "torch.nn.init": "test_initializers.py::test_fans_of_pytorchs_layout_are_pytorchs",
            "keras": "test_initializers.py::test_fans_equal_keras",
            "by hand": "test_initializers.py::test_fans_by_hand",
        },
        bad={"shape": SHAPES["shape"], "layout": ["out"]},
    ),
    Entry(
        initializers.variance_scaling,
        lambda rng, dtype: drawn(rng, dtype) | {"scale": 2.0, "mode": "fan_avg", "dist": "truncated"},
        oracles={
            "keras.initializers.VarianceScaling": "test_initializers.py::test_variance_scaling_has_the_distribution_of_keras",
            "moments and KS, scipy.stats": MOMENTS,
        },
        bad=SHAPES | {"scale": [0, 0.0, math.inf], "mode": ["fan"], "dist": ["gauss"]},
    ),
    named(initializers.glorot_normal),
    named(initializers.glorot_uniform),
    named(initializers.lecun_normal),
    named(initializers.lecun_uniform),
    named(initializers.he_normal, *SLOPE),
    named(initializers.he_uniform, *SLOPE),
    Entry(
        initializers.naive_normal,
        lambda rng, dtype: drawn(rng, dtype) | {"std": 0.1},
        oracles={
            "moments and KS, scipy.stats": MOMENTS,
            "the generator's own numbers": "test_initializers.py::test_defaults_of_variance_scaling_are_lecuns",
        },
        bad={"shape": [(3, 0), 6], "std": [math.inf], "dtype": SHAPES["dtype"]},
    ),
    Entry(
        initializers.constant,
        lambda rng, dtype: {"shape": (4, 3), "rng": rng, "c": 0.5, "dtype": dtype},
        oracles={
            "numpy.full": "test_initializers.py::test_constant_is_called_like_any_initializer",
            "units that stay equal": "test_babysitting.py::test_units_that_start_equal_stay_equal",
        },
        bad={"shape": [(3, 0), 6], "c": [np.inf], "dtype": SHAPES["dtype"]},
        fine={
            "rng": dict.fromkeys(
                ["seed", "None", "module"], "not used: there so that all initializers are called alike"
            ),
            "c": {"negative": "any finite number"},
        },
    ),
    Entry(
        initializers.torch_linear_default,
        drawn,
        oracles={
            "torch.nn.Linear, two-sample KS": "test_initializers.py::test_torch_linear_default_is_what_pytorch_starts_with",
            "moments and KS, scipy.stats": MOMENTS,
        },
        bad=SHAPES,
    ),
]
