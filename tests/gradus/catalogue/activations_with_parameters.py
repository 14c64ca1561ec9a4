"""gradus.activations_with_parameters"""

import numpy as np
from gradus import activations_with_parameters as module

from . import ELEMENTWISE, Entry

FILE = "test_activations_with_parameters.py"
THROUGH = {"NaN": "shows up in the result", "empty": "no samples"}
NOTHING_DRAWN = {"None": "nothing is drawn where slopes are given"}


def rrelu(rng, dtype):
    z = rng.standard_normal((4, 3)).astype(dtype)
    slopes = rng.uniform(0.1, 0.3, (4, 3)).astype(dtype)
    return {"z": z, "rng": rng, "lower": 0.1, "upper": 0.3, "training": True, "slopes": slopes}


def prelu(rng, dtype):
    return {"z": rng.standard_normal((4, 3)).astype(dtype), "a": rng.random(3).astype(dtype)}


def maxout(rng, dtype):
    shapes = {"X": (4, 3), "W": (3, 2, 5), "b": (2, 5)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def backward(forward, arguments, shape):
    def valid(rng, dtype):
        _, cache = forward(**arguments(rng, dtype))
        return {"dout": rng.standard_normal(shape).astype(dtype), "cache": cache}

    return valid


PRELU = {
    "torch.nn.functional.prelu": f"{FILE}::test_prelu_and_its_gradients_equal_pytorchs",
    "by hand": f"{FILE}::test_prelu_by_hand",
    "difference quotients": f"{FILE}::test_gradients_of_prelu_equal_difference_quotients",
}
MAXOUT_GRADIENTS = {
    "torch.einsum and max": f"{FILE}::test_maxout_and_its_gradients_equal_pytorchs",
    "difference quotients": f"{FILE}::test_gradients_of_maxout_equal_difference_quotients",
}
MAXOUT = {
    **MAXOUT_GRADIENTS,
    "ReLU, leaky ReLU and the absolute value": f"{FILE}::test_maxout_is_relu_leaky_relu_or_the_absolute_value",
}
RRELU = {
    "torch.nn.functional.rrelu": f"{FILE}::test_rrelu_in_evaluation_equals_pytorchs",
    "by hand": f"{FILE}::test_rrelu_by_hand_and_its_slopes_can_be_used_again",
    "scipy.stats.kstest": f"{FILE}::test_slopes_of_rrelu_are_uniform_one_for_each_entry",
    "leaky ReLU": f"{FILE}::test_rrelu_of_one_slope_is_leaky_relu",
}

ENTRIES = [
    Entry(
        module.rrelu,
        rrelu,
        oracles=RRELU,
        bad={"slopes": [np.full((4, 3), 0.4), np.zeros((4, 3))], "lower": [-np.inf], "upper": [0.05, np.inf]},
        fine={"z": {"NaN": "passes through, entry by entry"}, "rng": NOTHING_DRAWN, "lower": {"negative": "any slope"}},
    ),
    Entry(
        module.rrelu_derivative,
        lambda rng, dtype: {name: a for name, a in rrelu(rng, dtype).items() if name in ("z", "slopes")},
        oracles={name: where for name, where in RRELU.items() if name != "scipy.stats.kstest"},
        fine={"z": {"NaN": "counts as negative, as in every derivative here"}},
    ),
    Entry(
        module.prelu_forward,
        prelu,
        oracles=PRELU,
        bad={"a": [np.inf, np.ones((5, 4, 3))]},
        fine={"z": ELEMENTWISE},
    ),
    Entry(
        module.prelu_backward,
        backward(module.prelu_forward, prelu, (4, 3)),
        oracles=PRELU,
        fine={"dout": {"NaN": "shows up in the result"}},
    ),
    Entry(
        module.maxout_forward,
        maxout,
        oracles=MAXOUT,
        fine={"X": THROUGH, "W": {"NaN": THROUGH["NaN"]}, "b": {"NaN": THROUGH["NaN"]}},
    ),
    Entry(
        module.maxout_backward,
        backward(module.maxout_forward, maxout, (4, 5)),
        oracles=MAXOUT_GRADIENTS,
        fine={"dout": {"NaN": "shows up in the result"}},
    ),
]
