"""gradus.layers, and the modules of layers that it gathers"""

import numpy as np
from gradus import layers as module
from gradus.initializers import glorot_normal

from . import Entry

STATE, UNITS, IMAGES, ROWS = "test_layer_state.py", "test_layer_units.py", "test_layer_images.py", "test_layers.py"
PAIR = {"number": "stands for rows and columns"}


def applied_to(*shape):
    """What a layer makes of a batch, and the gradients of its parameters."""

    def use(layer, rng, dtype):
        y = layer(rng.standard_normal(shape).astype(dtype))
        if y.creator is not None:
            y.backward()
        return [y.data] + [p.grad for p in layer.params()]

    return use


def pooling(rng, dtype):
    return {"size": (4, 5), "stride": (1, 2), "padding": (1, 1)}


POOLING = {
    "oracles": {
        "PyTorch's module": f"{IMAGES}::test_pooling_equals_pytorchs_module",
        "by hand": f"{IMAGES}::test_windows_are_two_by_two_and_kernels_three_by_three_by_default",
    },
    "bad": {"size": [0, (1, 2, 3)], "stride": [0], "padding": [-1, 0.5]},
    "fine": dict.fromkeys(("size", "stride", "padding"), PAIR),
    "use": applied_to(2, 3, 6, 7),
}
EACH = f"{UNITS}::test_gradients_of_each_layer_agree_with_differences"
NETWORK = {
    "PyTorch": f"{ROWS}::test_loss_and_gradients_in_training_are_those_of_pytorch",
    "differences": f"{ROWS}::test_gradients_of_all_parameters_agree_with_differences",
}

ENTRIES = [
    Entry(
        module.Linear,
        lambda rng, dtype: {
            "fan_in": 3,
            "fan_out": 2,
            "rng": rng,
            "init": glorot_normal,
            "bias": True,
            "dtype": dtype,
        },
        oracles=NETWORK,
        bad={"fan_in": [0], "fan_out": [0], "init": [lambda shape, rng: np.ones(2)], "dtype": [int]},
        use=applied_to(5, 3),
    ),
    Entry(
        module.Sequential,
        lambda rng, dtype: {"*layers": [module.Linear(3, 2, rng=rng, dtype=dtype), module.Activation("relu")]},
        oracles=NETWORK,
        positional=("*layers",),
        changes={"*layers": "their parameters become views of one vector"},
        use=applied_to(5, 3),
    ),
    Entry(
        module.MLP,
        lambda rng, dtype: {
            "sizes": [3, 4, 2],
            "activation": "tanh",
            "rng": rng,
            "init": glorot_normal,
            "batchnorm": "pre",
            "dropout": 0.1,
            "dtype": dtype,
        },
        oracles=NETWORK,
        bad={"sizes": [[3], [3, 0], [3, 2.5]], "dropout": [1.0], "dtype": [int]},
        use=applied_to(5, 3),
    ),
    Entry(
        module.Activation,
        lambda rng, dtype: {"name": "gelu"},
        oracles={
            "differences": EACH,
            "by hand": f"{ROWS}::test_activation_layers_pass_on_their_hyperparameters",
        },
        use=applied_to(5, 3),
    ),
    Entry(
        module.PReLU,
        lambda rng, dtype: {"D": 3, "slope": 0.2, "dtype": dtype},
        oracles={
            "numpy.where": f"{UNITS}::test_prelu_starts_at_a_quarter_and_is_trained_by_channel",
            "differences": EACH,
        },
        bad={"D": [0], "slope": [np.inf], "dtype": [int]},
        fine={"slope": {"negative": "any finite slope"}},
        use=applied_to(5, 3),
    ),
    Entry(
        module.RReLU,
        lambda rng, dtype: {"rng": rng, "lower": 0.1, "upper": 0.3},
        oracles={
            "its mean": f"{UNITS}::test_rrelu_draws_in_training_and_takes_the_mean_in_use",
            "differences": EACH,
        },
        bad={"lower": [-np.inf], "upper": [0.05, np.inf]},
        fine={"lower": {"negative": "any slope"}},
        use=applied_to(5, 3),
    ),
    Entry(
        module.Maxout,
        lambda rng, dtype: {"fan_in": 3, "fan_out": 2, "k": 4, "rng": rng, "init": glorot_normal, "dtype": dtype},
        oracles={
            "numpy.einsum": f"{UNITS}::test_maxout_layer_has_k_matrices_each_from_the_initializer",
            "differences": EACH,
        },
        bad={"fan_in": [0], "fan_out": [0], "k": [0], "init": [lambda shape, rng: np.ones(2)], "dtype": [int]},
        use=applied_to(5, 3),
    ),
    Entry(
        module.Dropout,
        lambda rng, dtype: {"rate": 0.4, "rng": rng},
        oracles={
            "its share at 5 sigma": f"{UNITS}::test_dropout_drops_its_share_and_is_the_identity_in_use",
            "differences": EACH,
        },
        bad={"rate": [1.0, 1.5]},
        use=applied_to(5, 3),
    ),
    Entry(
        module.AlphaDropout,
        lambda rng, dtype: {"rate": 0.4, "rng": rng},
        oracles={
            "mean and variance": f"{UNITS}::test_alpha_dropout_keeps_mean_and_variance_and_is_the_identity_in_use",
            "differences": EACH,
        },
        bad={"rate": [1.0, 1.5]},
        use=applied_to(5, 3),
    ),
    Entry(
        module.BatchNorm,
        lambda rng, dtype: {"D": 3, "momentum": 0.8, "eps": 1e-4, "dtype": dtype},
        oracles={
            "NumPy's mean and var": f"{ROWS}::test_batch_normalization_moves_its_statistics_in_training_only",
            "differences": EACH,
        },
        bad={"D": [0], "momentum": [1.1], "eps": [0.0, np.inf], "dtype": [int]},
        use=applied_to(5, 3, 2, 2),
    ),
    Entry(
        module.LayerNorm,
        lambda rng, dtype: {"D": 3, "eps": 1e-4, "dtype": dtype},
        oracles={
            "differences": "test_layer_normalization.py::test_the_layer_is_the_formula_and_its_gradients_agree_with_differences",
            "PyTorch's module": "test_layer_normalization.py::test_the_layer_equals_pytorchs_module",
        },
        bad={"D": [0], "eps": [0.0, np.inf], "dtype": [int]},
        use=applied_to(5, 3),
    ),
    Entry(
        module.Conv2d,
        lambda rng, dtype: {
            "C_in": 3,
            "C_out": 2,
            "size": (3, 2),
            "stride": (1, 2),
            "padding": (1, 0),
            "rng": rng,
            "init": glorot_normal,
            "bias": True,
            "dtype": dtype,
        },
        oracles={
            "PyTorch's module": f"{IMAGES}::test_convolution_equals_pytorchs_module",
            "differences": f"{IMAGES}::test_gradients_of_a_small_network_agree_with_differences_and_keep_their_dtype",
        },
        bad={
            "C_in": [0],
            "C_out": [0],
            "size": [0],
            "stride": [0],
            "padding": [-1],
            "init": [lambda shape, rng: np.ones(2)],
            "dtype": [int],
        },
        fine=dict.fromkeys(("size", "stride", "padding"), PAIR),
        use=applied_to(2, 3, 6, 7),
    ),
    Entry(module.MaxPool2d, pooling, **POOLING),
    Entry(module.AvgPool2d, pooling, **POOLING),
    Entry(
        module.Flatten,
        lambda rng, dtype: {},
        oracles={
            "numpy.reshape": f"{IMAGES}::test_flattening_puts_each_image_into_a_row",
            "differences": f"{IMAGES}::test_gradients_of_a_small_network_agree_with_differences_and_keep_their_dtype",
        },
        use=applied_to(5, 3, 2),
    ),
    Entry(
        module.RNN,
        lambda rng, dtype: {
            "fan_in": 3,
            "units": 4,
            "every_step": True,
            "rng": rng,
            "init": glorot_normal,
            "recurrent_init": glorot_normal,
            "dtype": dtype,
        },
        oracles={
            "torch.nn.RNN": "test_recurrent.py::test_states_and_gradients_of_the_layer_equal_pytorchs",
            "differences": "test_recurrent.py::test_gradients_of_the_layer_agree_with_differences",
        },
        bad={
            "fan_in": [0],
            "units": [0],
            "init": [lambda shape, rng: np.ones(2)],
            "recurrent_init": [lambda shape, rng: np.ones(2)],
            "dtype": [int],
        },
        use=applied_to(2, 5, 3),
    ),
]
