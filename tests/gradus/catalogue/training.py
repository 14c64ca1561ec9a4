"""gradus.training"""

import numpy as np
from gradus import functions, training
from gradus.layers import MLP
from gradus.optimizers import Adam

from . import Entry


def data(rng, dtype):
    net = MLP([3, 4, 2], rng=rng, dtype=dtype)
    return {"net": net, "X": rng.standard_normal((12, 3)).astype(dtype), "y": rng.integers(0, 2, 12)}


def look(net, optimizer, history):
    """A callback."""


def same(grads):
    return grads


def small(net):
    return 0.1 * functions.sum(net.layers[0].W * net.layers[0].W)


def noisy(X, rng):
    return X + rng.standard_normal(X.shape)


def everything(rng, dtype):
    given = data(rng, dtype)
    return given | {
        "optimizer": Adam(given["net"]),
        "epochs": 2,
        "batch": 4,
        "rng": rng,
        "X_val": given["X"][:5],
        "y_val": given["y"][:5],
        "callbacks": [look],
        "clip": same,
        "drop_last": False,
        "progress": False,
        "loss": functions.softmax_cross_entropy,
        "penalty": small,
        "augment": noisy,
        "shuffle": True,
    }


ENTRIES = [
    Entry(
        training.fit,
        everything,
        oracles={
            "torch.optim, 60 steps": "test_training.py::test_sixty_steps_are_those_of_pytorch",
            "torch.nn.functional.mse_loss": "test_training_options.py::test_regression_is_that_of_pytorch",
            "an uninterrupted run": "test_checkpoints.py::test_a_run_in_pieces_ends_like_one_in_one_piece",
        },
        bad={"checkpoint": [3, b"run.npz"], "batch": [0, 13], "callbacks": [[3]], "y": [np.arange(12) - 1]},
        changes={"net": "it is trained", "optimizer": "its state goes with the steps"},
    ),
    Entry(
        training.evaluate,
        lambda rng, dtype: data(rng, dtype) | {"loss": functions.softmax_cross_entropy, "batch": 5},
        oracles={
            "formula on predictions": "test_training_options.py::test_batches_do_not_change_what_is_evaluated_and_predicted",
            "one by one": "test_training.py::test_evaluation_uses_running_statistics",
        },
        bad={"batch": [0]},
    ),
    Entry(
        training.predict,
        lambda rng, dtype: {"net": (given := data(rng, dtype))["net"], "X": given["X"], "batch": 5},
        oracles={
            "in one piece": "test_training_options.py::test_batches_do_not_change_what_is_evaluated_and_predicted",
            "mean squared error": "test_training_options.py::test_regression_is_that_of_pytorch",
        },
        bad={"batch": [0]},
        fine={"X": {"shape": "dense layers act on the last axis, whatever lies before it"}},
    ),
]
