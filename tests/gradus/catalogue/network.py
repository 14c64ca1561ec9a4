"""gradus.network"""

import numpy as np
from gradus import network

from . import Entry

THROUGH = {"NaN": "the result is NaN: training sees it, and says where it began"}


def params(rng, dtype):
    shapes = {"W1": (5, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def data(rng, dtype):
    return {"X": rng.standard_normal((6, 5)).astype(dtype), "y": np.array([0, 1, 2, 0, 1, 2])}


ENTRIES = [
    Entry(
        network.dense_forward,
        lambda rng, dtype: {
            "X": rng.standard_normal((6, 5)).astype(dtype),
            "W": rng.standard_normal((5, 4)).astype(dtype),
            "b": rng.standard_normal(4).astype(dtype),
        },
        oracles={
            "by hand": "test_network.py::test_dense_layer_by_hand",
            "torch.nn.functional.linear": "test_network.py::test_dense_layer_is_pytorchs",
        },
        fine={"X": THROUGH | {"empty": "no samples, no outputs"}, "W": THROUGH, "b": THROUGH},
    ),
    Entry(
        network.dense_backward,
        lambda rng, dtype: {
            "dz": rng.standard_normal((6, 4)).astype(dtype),
            "cache": (rng.standard_normal((6, 5)).astype(dtype), rng.standard_normal((5, 4)).astype(dtype)),
        },
        oracles={
            "complex-step derivatives": "test_network.py::test_dense_gradients_are_the_complex_step_derivatives",
            "torch.autograd": "test_network.py::test_dense_layer_is_pytorchs",
        },
        bad={"cache": [(np.ones((6, 5)),), np.ones(2), ("a", "b")]},
        fine={"dz": THROUGH},
    ),
    Entry(
        network.softmax_cross_entropy,
        lambda rng, dtype: {"logits": rng.standard_normal((6, 3)).astype(dtype), "y": np.array([0, 1, 2, 0, 1, 2])},
        oracles={
            "scipy.special.log_softmax": "test_network.py::test_cross_entropy_is_scipys",
            "torch.nn.functional.cross_entropy": "test_network.py::test_cross_entropy_is_pytorchs",
            "ln C": "test_network.py::test_equal_logits_cost_the_logarithm_of_the_number_of_classes",
        },
        bad={"y": [np.array([0, 1, 3, 0, 1, 2]), np.array([0, 1]), np.zeros((6, 1), int)], "logits": [np.ones((0, 3))]},
        fine={"logits": THROUGH},
    ),
    Entry(
        network.iterate_minibatches,
        lambda rng, dtype: data(rng, dtype) | {"batch": 4, "rng": rng, "drop_last": False},
        oracles={
            "every sample counted": "test_network.py::test_minibatches_hold_every_sample_once_with_its_label",
            "sizes by hand": "test_network.py::test_the_last_minibatch_is_dropped_only_where_it_is_not_full",
        },
        bad={"batch": [0], "y": [np.arange(5), 3]},
        fine={
            "X": dict.fromkeys(["NaN", "complex", "objects"], "rows are picked, not computed with"),
            "y": dict.fromkeys(["floats", "negative"], "targets may be any numbers"),
        },
    ),
    Entry(
        network.train_step,
        lambda rng, dtype: data(rng, dtype) | {"params": params(rng, dtype), "lr": 0.1},
        oracles={
            "complex-step derivatives": "test_network.py::test_a_training_step_goes_down_the_complex_step_gradient",
            "the engine's trajectory": "test_network.py::test_steps_by_hand_and_steps_of_the_engine_are_the_same",
            "PyTorch's trajectory": "test_network.py::test_steps_by_hand_are_pytorchs",
        },
        bad={"params": [{}, {"W1": 1}], "lr": [0, 0.0, np.inf]},
        fine={"X": THROUGH},
    ),
]
