"""gradus.pretraining"""

import numpy as np
from gradus import pretraining
from gradus.initializers import glorot_normal

from . import ELEMENTWISE, Entry


def corrupted(X, rng):
    return X + rng.standard_normal(X.shape).astype(X.dtype)


def by_hand(rng, dtype):
    shapes = {"W1": (5, 3), "b1": (3,), "W2": (3, 5), "b2": (5,)}
    return {
        "params": {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()},
        "X": rng.standard_normal((6, 5)).astype(dtype),
        "X_noisy": rng.standard_normal((6, 5)).astype(dtype),
    }


NOISE = ELEMENTWISE

ENTRIES = [
    Entry(
        pretraining.Autoencoder,
        lambda rng, dtype: {
            "D": 5,
            "H": 3,
            "rng": rng,
            "activation": "tanh",
            "noise": corrupted,
            "init": glorot_normal,
            "dtype": dtype,
        },
        oracles={
            "NumPy, layer by layer": "test_pretraining.py::test_an_autoencoder_is_its_layers_in_a_row_in_numpy",
            "PCA": "test_pretraining.py::test_a_linear_autoencoder_reaches_the_optimum_of_pca",
            "differences": "test_pretraining.py::test_gradients_of_an_autoencoder_pass_the_check",
        },
        bad={"D": [0], "H": [0, [], [3, 0], ["a"]], "dtype": [int]},
        fine={"H": {"list": "the widths of a deep encoder"}},
        use=lambda net, rng, dtype: [net(np.ones((4, 5), dtype)), net.flat],
    ),
    Entry(
        pretraining.gaussian_noise,
        lambda rng, dtype: {"X": rng.standard_normal((4, 3)).astype(dtype), "rng": rng, "std": 0.5},
        oracles={
            "moments and KS, scipy.stats.norm": "test_pretraining.py::test_gaussian_noise_is_normal",
            "no noise": "test_pretraining.py::test_noise_of_no_strength_changes_nothing",
        },
        bad={"std": [np.inf]},
        fine={"X": NOISE},
    ),
    Entry(
        pretraining.masking_noise,
        lambda rng, dtype: {"X": rng.standard_normal((4, 3)).astype(dtype), "rng": rng, "rate": 0.5},
        oracles={
            "scipy.stats.binomtest": "test_pretraining.py::test_masking_noise_hides_entries_by_independent_draws",
            "nothing and everything": "test_pretraining.py::test_noise_of_no_strength_changes_nothing",
        },
        bad={"rate": [1.1]},
        fine={"X": NOISE},
    ),
    Entry(
        pretraining.linear_optimum,
        lambda rng, dtype: {"X": rng.standard_normal((6, 4)).astype(dtype), "H": 2},
        oracles={
            "sklearn.decomposition.PCA": "test_pretraining.py::test_the_linear_optimum_is_the_error_of_pca",
            "a linear autoencoder, scipy.optimize": "test_pretraining.py::test_a_linear_autoencoder_reaches_the_optimum_of_pca",
        },
        bad={"H": [0]},
    ),
    Entry(
        pretraining.denoising_gradients,
        by_hand,
        oracles={
            "torch.autograd": "test_pretraining.py::test_gradients_by_hand_are_pytorchs",
            "the engine": "test_pretraining.py::test_gradients_by_hand_are_those_of_the_engine",
        },
        bad={"params": [{}, {"W1": 1}]},
        fine={name: {"NaN": "the loss is NaN: training sees it"} for name in ("X", "X_noisy")},
    ),
]
