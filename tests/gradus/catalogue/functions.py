"""gradus.functions"""

import numpy as np
from gradus import functions as F

from . import ELEMENTWISE, Entry

ORACLES = {
    "PyTorch": "test_functions.py::test_value_and_gradients_are_those_of_pytorch",
    "difference quotients": "test_functions.py::test_gradients_agree_with_differences_along_random_directions",
}
NAN = {"NaN": "spreads as in a matrix product"}


def normal(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


ENTRIES = [
    Entry(
        F.linear,
        lambda rng, dtype: {"x": normal(rng, dtype, 5, 3), "W": normal(rng, dtype, 3, 4), "b": normal(rng, dtype, 4)},
        oracles=ORACLES | {"by hand": "test_functions.py::test_linear_is_the_dense_layer_by_hand"},
        bad={"x": [2.0], "W": [2.0], "b": [2.0]},
        fine={"x": NAN | {"empty": "no rows", "shape": "any shape (…, fan_in)"}, "W": NAN, "b": NAN},
    ),
    Entry(
        F.softmax_cross_entropy,
        lambda rng, dtype: {"logits": normal(rng, dtype, 4, 3), "y": np.array([0, 2, 1, 1])},
        oracles=ORACLES
        | {"by hand": "test_functions.py::test_softmax_cross_entropy_is_the_one_by_hand_and_scales_its_gradient"},
        bad={"y": [np.array([0, 2, 1, 3]), [0, 1]]},
        fine={"logits": {"NaN": "the loss is NaN, which training looks for"}},
    ),
    Entry(
        F.mean_squared_error,
        lambda rng, dtype: {"x": normal(rng, dtype, 4, 1), "y": normal(rng, dtype, 4, 1)},
        oracles=ORACLES,
        bad={"x": [np.ones(4), 2.0], "y": [np.ones(4), 2.0]},
        fine={"x": {"NaN": ELEMENTWISE["NaN"]}, "y": {"NaN": ELEMENTWISE["NaN"]}},
    ),
]
