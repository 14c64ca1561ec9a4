"""gradus.image_functions"""

from gradus import image_functions as f

from . import Entry
from .convolution import IMAGES, SIZES, images, kernel


def pool(function):
    return Entry(
        function,
        lambda rng, dtype: {"x": images(rng, dtype), "size": 2, "stride": 1, "padding": 1},
        oracles={
            "the formulas on arrays": "test_pooling.py::test_the_functions_are_the_formulas",
            "difference quotients": "test_pooling.py::test_gradients_of_pooling_agree_with_differences",
        },
        bad={"size": [0, (2, 2, 2), 9], "stride": [0, (1, 0)], "padding": [2, (0, 2)]},
        fine={"x": IMAGES, "stride": {"None": "that of the size"}},
    )


ENTRIES = [
    Entry(
        f.conv2d,
        lambda rng, dtype: {
            "x": images(rng, dtype), "W": kernel(rng, dtype), "b": kernel(rng, dtype)[0, 0, 0], "stride": 2, "padding": 1
        },
        oracles={
            "the formulas on arrays": "test_convolution.py::test_the_function_is_the_formula",
            "difference quotients": "test_convolution.py::test_gradients_of_convolution_agree_with_differences",
        },
        bad=SIZES,
        fine={"x": IMAGES, "W": {"NaN": ""}, "b": {"NaN": ""}},
    ),
    pool(f.max_pool2d),
    pool(f.avg_pool2d),
]  # fmt: skip
