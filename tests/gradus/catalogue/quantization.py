"""gradus.quantization"""

import math

import numpy as np
from gradus import quantization

from . import Entry

ENTRIES = [
    Entry(
        quantization.quantize,
        lambda rng, dtype: {"w": rng.standard_normal((4, 3)).astype(dtype), "bits": 8},
        oracles={
            "keras abs_max_quantize": "test_quantization.py::test_integers_equal_those_of_keras",
            "torch fake_quantize": "test_quantization.py::test_result_equals_pytorchs_fake_quantization",
            "by hand": "test_quantization.py::test_quantization_by_hand",
        },
        bad={"bits": [1, 0, 17, 32, True], "w": [np.array([np.inf])]},
        fine={"w": {"empty": "nothing to round", "shape": "any shape"}},
    ),
    Entry(
        quantization.dequantize,
        lambda rng, dtype: {"q": rng.integers(-127, 128, (4, 3)).astype(np.int8), "scale": 0.1, "dtype": dtype},
        oracles={
            "error bound": "test_quantization.py::test_error_is_at_most_half_a_step_and_that_is_needed",
            "by hand": "test_quantization.py::test_quantization_by_hand",
        },
        bad={"scale": [0.0, math.inf], "q": [np.ones(3, bool)], "dtype": [int, "int8", None, "text"]},
        fine={
            "q": {
                "empty": "nothing to scale",
                "shape": "any shape",
                "negative": "half of the integers are",
            }
        },
    ),
]
