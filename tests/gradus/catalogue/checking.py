"""gradus.checking"""

import numpy as np
from gradus import Variable, checking
from gradus import functions as F

from . import Entry


def points(rng, dtype):
    return [Variable(rng.standard_normal((3, 4)).astype(dtype)), Variable(rng.standard_normal((4, 2)).astype(dtype))]


ENTRIES = [
    Entry(
        checking.numerical_diff,
        lambda rng, dtype: {"f": F.tanh, "x": rng.standard_normal((3, 4)).astype(dtype), "eps": 1e-4},
        oracles={
            "values of the book behind the steps": "test_checking.py::test_differences_of_the_steps",
            "Taylor's remainder": "test_checking.py::test_the_error_of_a_central_difference_is_of_second_order",
            "backward": "test_checking.py::test_differences_follow_every_entry_of_an_array",
        },
        bad={"eps": [0, 0.0, np.inf], "x": [2.0, [1.0]]},
        fine={"x": {"NaN": "the slope is NaN there", "empty": "no entries, no slopes", "shape": "any shape"}},
    ),
    Entry(
        checking.gradcheck,
        lambda rng, dtype: {
            "f": lambda x, W: F.tanh(x @ W),
            "*inputs": points(rng, dtype),
            "rng": rng,
            "directions": 2,
            "eps": 1e-5,
            "rtol": 1e-6,
        },
        oracles={
            "eleven wrong gradients": "test_checking.py::test_a_wrong_gradient_is_refused_whatever_its_size",
            "PyTorch's gradcheck": "test_checking.py::test_pytorchs_checker_comes_to_the_same_verdict",
            "a right gradient": "test_checking.py::test_a_right_gradient_passes_with_a_small_error",
        },
        positional=("f", "*inputs"),
        bad={"eps": [0, np.inf], "rtol": [0, np.inf], "directions": [0], "f": [lambda x, W: x.data]},
        other_dtype="float32 is refused: three digits of a difference are left",
    ),
]
