"""gradus.unit_functions"""

import numpy as np
from gradus import unit_functions as module

from . import ELEMENTWISE, Entry
from .activations_with_parameters import NOTHING_DRAWN, maxout, prelu, rrelu

FILE = "test_layer_units.py"
NAN = {"NaN": "shows up in the result"}
LIVE = f"{FILE}::test_functions_and_their_gradients_equal_pytorchs_with_the_same_mask"
MASKS = {
    "differences": f"{FILE}::test_gradients_of_random_functions_agree_with_differences_for_one_mask",
    "PyTorch with the same mask": LIVE,
    "the output": f"{FILE}::test_backward_uses_the_mask_of_its_forward_pass",
}
NORMS = {
    "differences": f"{FILE}::test_gradients_of_batch_and_layer_normalization_agree_with_differences",
    "PyTorch": f"{FILE}::test_batch_normalization_of_columns_and_channels_equals_pytorchs",
}
PIECES = {
    "differences": f"{FILE}::test_gradients_of_prelu_and_maxout_agree_with_differences",
    "PyTorch": LIVE,
}


def named(arguments, **names):
    return lambda rng, dtype: {names.get(name, name): value for name, value in arguments(rng, dtype).items()}


def dropout(rng, dtype):
    x, mask = rng.standard_normal((4, 3)).astype(dtype), rng.random((4, 3)) < 0.5
    return {"x": x, "rate": 0.25, "rng": rng, "training": True, "mask": mask.astype(dtype)}


def norm(rng, dtype):
    gamma, beta, mean, var = rng.uniform(0.5, 2, (4, 3)).astype(dtype)
    return {"x": rng.standard_normal((5, 3)).astype(dtype), "gamma": gamma, "beta": beta, "mean": mean, "var": var}


def batch_norm(rng, dtype):
    arguments = named(norm, mean="running_mean", var="running_var")(rng, dtype)
    return {**arguments, "training": True, "momentum": 0.9, "eps": 1e-5}


def layer_norm(rng, dtype):
    return {name: a for name, a in norm(rng, dtype).items() if name not in ("mean", "var")} | {"eps": 1e-5}


MASK = {"x": NAN, "rng": {"None": "nothing is drawn where a mask is given"}}
RATES = [1.0, 1.5]

ENTRIES = [
    Entry(
        module.prelu,
        named(prelu, z="x"),
        oracles=PIECES,
        fine={"x": ELEMENTWISE},
    ),
    Entry(
        module.rrelu,
        named(rrelu, z="x"),
        oracles=MASKS,
        bad={"slopes": [np.zeros((4, 3))]},
        fine={"x": NAN, "rng": NOTHING_DRAWN, "lower": {"negative": "any slope"}},
    ),
    Entry(
        module.maxout,
        named(maxout, X="x"),
        oracles=PIECES,
        fine={"x": {**NAN, "empty": "no samples"}, "W": NAN, "b": NAN},
    ),
    Entry(
        module.dropout,
        lambda rng, dtype: dropout(rng, dtype) | {"inverted": True},
        oracles=MASKS,
        bad={"rate": RATES},
        fine=MASK,
    ),
    Entry(module.alpha_dropout, dropout, oracles=MASKS, bad={"rate": RATES}, fine=MASK),
    Entry(
        module.batch_norm,
        batch_norm,
        oracles=NORMS,
        bad={"x": [np.ones((2, 3, 4))], "eps": [0.0], "momentum": [1.1]},
        fine=dict.fromkeys(("x", "gamma", "beta", "running_mean", "running_var"), NAN),
    ),
    Entry(
        module.layer_norm,
        layer_norm,
        oracles={"differences": NORMS["differences"], "PyTorch": LIVE},
        bad={"eps": [0.0]},
        fine={"x": {**NAN, "empty": "no samples", "shape": "any shape (…, D)"}, "gamma": NAN, "beta": NAN},
    ),
]
