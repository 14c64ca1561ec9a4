"""gradus.normalization"""

import numpy as np
from gradus import normalization as module

from . import Entry

FILE = "test_normalization.py"
NAN = {"NaN": "its column becomes NaN"}
STATISTICS = ("gamma", "beta", "running_mean", "running_var")


def case(shape):
    def valid(rng, dtype):
        columns = {name: rng.uniform(0.5, 2, shape[-1]).astype(dtype) for name in STATISTICS}
        X = rng.standard_normal(shape).astype(dtype)
        return {"X": X, **columns, "training": True, "momentum": 0.8, "eps": 1e-4}

    return valid


def backward(forward, shape):
    def valid(rng, dtype):
        _, cache, _, _ = forward(**case(shape)(rng, dtype))
        return {"dout": rng.standard_normal(shape).astype(dtype), "cache": cache}

    return valid


def folding(rng, dtype):
    columns = {name: rng.uniform(0.5, 2, 3).astype(dtype) for name in ("b", "gamma", "beta", "mean", "var")}
    return {"W": rng.standard_normal((4, 3)).astype(dtype), **columns, "eps": 1e-4}


GRADIENTS = {
    "torch.nn.functional.batch_norm": f"{FILE}::test_output_and_gradients_equal_pytorch",
    "difference quotients": f"{FILE}::test_gradients_equal_difference_quotients",
    "two laws": f"{FILE}::test_shifting_or_scaling_a_column_earns_no_gradient",
}
COLUMNS = {
    "torch.nn.functional.batch_norm": f"{FILE}::test_output_and_gradients_equal_pytorch",
    "scipy.stats.zscore": f"{FILE}::test_training_output_is_scipys_z_score_scaled_and_shifted",
    "Keras": f"{FILE}::test_output_and_running_statistics_equal_keras",
    "by hand": f"{FILE}::test_two_samples_by_hand",
}
IMAGES = {
    "torch.nn.functional.batch_norm": f"{FILE}::test_channels_of_images_equal_pytorchs",
    "NumPy's mean and var": f"{FILE}::test_a_channel_has_one_mean_and_moving_the_images_moves_the_output",
    "the columns": f"{FILE}::test_images_of_one_place_are_rows",
}
FORWARD = {
    "bad": {"momentum": [1.1, -0.1], "eps": [0.0, np.inf]},
    "fine": {"X": NAN, **dict.fromkeys(STATISTICS, NAN)},
}

ENTRIES = [
    Entry(module.batchnorm_forward, case((5, 3)), oracles=COLUMNS, **FORWARD),
    Entry(module.batchnorm_backward, backward(module.batchnorm_forward, (5, 3)), oracles=GRADIENTS, fine={"dout": NAN}),
    Entry(module.batchnorm_conv_forward, case((2, 4, 5, 3)), oracles=IMAGES, **FORWARD),
    Entry(
        module.batchnorm_conv_backward,
        backward(module.batchnorm_conv_forward, (2, 4, 5, 3)),
        oracles={name: IMAGES[name] for name in ("torch.nn.functional.batch_norm", "the columns")},
        fine={"dout": NAN},
    ),
    Entry(
        module.fold_batchnorm,
        folding,
        oracles={
            "the two layers": "test_normalization_folding.py::test_a_folded_layer_computes_what_the_two_did",
            "torch.nn.utils.fusion": "test_normalization_folding.py::test_folding_equals_pytorchs_also_for_kernels",
            "the identity": "test_normalization_folding.py::test_folding_the_statistics_themselves_gives_the_layer_back",
        },
        bad={"eps": [0.0], "var": [np.array([1.0, -1.0, 1.0])], "W": [np.ones(3)]},
        fine={
            **dict.fromkeys(("b", "gamma", "beta", "mean"), NAN),
            "b": {**NAN, "None": "a layer without bias"},
            "W": {**NAN, "empty": "no inputs", "shape": "a kernel"},
        },
    ),
    Entry(
        module.ema_update,
        lambda rng, dtype: {
            **dict(zip(("old", "new"), rng.random((2, 3)).astype(dtype), strict=True)),
            "momentum": 0.9,
        },
        oracles={
            "the closed form": f"{FILE}::test_moving_average_follows_its_closed_form",
            "torch.lerp": f"{FILE}::test_moving_average_equals_pytorchs_lerp",
        },
        bad={"momentum": [1.01]},
        fine={"old": {"NaN": "shows up in the average"}, "new": {"NaN": "shows up in the average"}},
    ),
]
