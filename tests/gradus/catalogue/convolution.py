"""gradus.convolution"""

from gradus import convolution as c

from . import Entry

IMAGES = {"NaN": "spreads to the windows that meet it", "empty": "no images"}
SIZES = {"stride": [0, (1, 0), (1, 1, 1)], "padding": [-1, (0, -1)]}
PADDED = {"padding": 1, "stride": 2}
GRADIENTS = {
    "PyTorch": "test_convolution.py::test_convolution_and_its_gradients_equal_pytorchs",
    "the transpose": "test_convolution.py::test_convolution_is_linear_and_its_backward_the_transpose",
}


def images(rng, dtype):
    return rng.standard_normal((2, 3, 5, 4)).astype(dtype)


def kernel(rng, dtype):
    return rng.standard_normal((3, 3, 3, 4)).astype(dtype)


def backward_arguments(rng, dtype):
    y, cache = c.conv2d_forward(images(rng, dtype), kernel(rng, dtype), **PADDED)
    return {"dy": y, "cache": cache}


ENTRIES = [
    Entry(
        c.conv2d_forward,
        lambda rng, dtype: {
            "x": images(rng, dtype), "W": kernel(rng, dtype), "b": kernel(rng, dtype)[0, 0, 0], **PADDED
        },
        oracles={
            "naive loops": "test_convolution.py::test_convolution_equals_naive_loops",
            "PyTorch": "test_convolution.py::test_convolution_and_its_gradients_equal_pytorchs",
            "Keras": "test_convolution.py::test_convolution_equals_keras_on_images_with_the_channels_last",
        },
        bad=SIZES,
        fine={"x": IMAGES, "W": {"NaN": ""}, "b": {"NaN": ""}},
    ),
    *[
        Entry(f, backward_arguments, oracles=GRADIENTS, fine={"dy": {"NaN": "spreads"}})
        for f in (c.conv2d_backward, c.conv2d_input_grad, c.conv2d_kernel_grad)
    ],
]  # fmt: skip
