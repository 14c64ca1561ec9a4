"""gradus.layer_normalization"""

import numpy as np
from gradus import layer_normalization as module

from . import Entry

FILE = "test_layer_normalization.py"
ORACLES = {
    "torch.nn.functional.layer_norm": f"{FILE}::test_output_and_gradients_equal_pytorch",
    "Keras": f"{FILE}::test_output_equals_keras",
    "scipy.stats.zscore": f"{FILE}::test_output_is_the_z_score_of_each_row",
    "by hand": f"{FILE}::test_two_features_by_hand",
}
GRADIENTS = {
    "torch.nn.functional.layer_norm": f"{FILE}::test_output_and_gradients_equal_pytorch",
    "difference quotients": f"{FILE}::test_gradients_equal_difference_quotients",
    "by hand": f"{FILE}::test_gradients_of_two_features_by_hand",
}
NAN = {"NaN": "shows up in the result"}


def case(rng, dtype):
    gamma, beta = rng.standard_normal((2, 3)).astype(dtype)
    return {"X": rng.standard_normal((5, 3)).astype(dtype), "gamma": gamma, "beta": beta, "eps": 1e-4}


def backward(rng, dtype):
    _, cache = module.layernorm_forward(**case(rng, dtype))
    return {"dout": rng.standard_normal((5, 3)).astype(dtype), "cache": cache}


ENTRIES = [
    Entry(
        module.layernorm_forward,
        case,
        oracles=ORACLES,
        bad={"eps": [0.0, np.inf], "X": [np.ones((3, 0)), 1.0]},
        fine={"X": {**NAN, "empty": "no samples", "shape": "any shape (…, D)"}, "gamma": NAN, "beta": NAN},
    ),
    Entry(module.layernorm_backward, backward, oracles=GRADIENTS, fine={"dout": NAN}),
]
