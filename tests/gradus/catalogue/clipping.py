"""gradus.clipping"""

import numpy as np
from gradus import clipping

from . import Entry

THRESHOLDS = [0, -1.0, np.inf * -1]
NOT_GRADIENTS = [[None], np.array([np.nan]), [np.array([np.inf])]]


def grads(rng, dtype):
    return [rng.standard_normal((4, 3)).astype(dtype), rng.standard_normal(3).astype(dtype)]


def array(rng, dtype):
    return rng.standard_normal((4, 3)).astype(dtype)


NO_ENTRIES = {"empty": "nothing to shorten", "shape": "any shape"}

ENTRIES = [
    Entry(
        clipping.global_norm,
        lambda rng, dtype: {"grads": grads(rng, dtype)},
        oracles={
            "by hand": "test_clipping.py::test_norm_by_hand",
            "scipy.linalg.norm": "test_clipping.py::test_norm_is_that_of_the_concatenation",
        },
        bad={"grads": NOT_GRADIENTS},
    ),
    Entry(
        clipping.clip_by_value,
        lambda rng, dtype: {"grads": grads(rng, dtype), "c": 0.5},
        oracles={
            "torch.nn.utils.clip_grad_value_": "test_clipping.py::test_clipping_by_value_equals_pytorchs",
            "keras clipvalue": "test_clipping.py::test_clipping_equals_that_of_keras_optimizers",
            "an angle by hand": "test_clipping.py::test_only_the_global_norm_keeps_the_direction",
        },
        bad={"c": THRESHOLDS, "grads": NOT_GRADIENTS},
    ),
    Entry(
        clipping.clip_by_norm,
        lambda rng, dtype: {"g": array(rng, dtype), "c": 0.5},
        oracles={
            "keras clipnorm": "test_clipping.py::test_clipping_equals_that_of_keras_optimizers",
            "by hand": "test_clipping.py::test_norm_of_one_array_is_limited",
        },
        bad={"c": THRESHOLDS, "g": [[np.ones(2)], {"W": np.ones(2)}]},
        fine={"g": NO_ENTRIES},
    ),
    Entry(
        clipping.clip_by_global_norm,
        lambda rng, dtype: {"grads": grads(rng, dtype), "c": 0.5},
        oracles={
            "torch.nn.utils.clip_grad_norm_": (
                "test_clipping.py::test_global_clipping_equals_pytorchs_but_for_its_epsilon"
            ),
            "keras global_clipnorm": "test_clipping.py::test_clipping_equals_that_of_keras_optimizers",
            "the direction stays": "test_clipping.py::test_only_the_global_norm_keeps_the_direction",
        },
        bad={"c": THRESHOLDS, "grads": NOT_GRADIENTS},
    ),
    Entry(
        clipping.cosine,
        lambda rng, dtype: {"a": array(rng, dtype), "b": array(rng, dtype)},
        oracles={
            "scipy.spatial.distance.cosine": "test_clipping.py::test_cosine_is_that_of_scipy_for_the_concatenation",
            "by hand": "test_clipping.py::test_cosine_by_hand",
        },
        bad={"a": [np.zeros((4, 3)), np.zeros((0, 3))], "b": [np.zeros((4, 3)), np.ones((3, 4))]},
    ),
]
