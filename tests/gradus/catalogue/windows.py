"""gradus.windows"""

from gradus import windows

from . import Entry
from .convolution import IMAGES, SIZES, images

BAD = SIZES | {"size": [0, (2, 2, 2), 9]}

ENTRIES = [
    Entry(
        windows.im2col,
        lambda rng, dtype: {"x": images(rng, dtype), "size": 2, "stride": 1, "padding": 1},
        oracles={
            "naive loops": "test_convolution.py::test_columns_are_the_windows_flattened",
            "PyTorch's unfold": "test_convolution.py::test_columns_equal_pytorchs_unfold_and_images_its_fold",
        },
        bad=BAD,
        fine={"x": IMAGES},
    ),
    Entry(
        windows.col2im,
        lambda rng, dtype: {
            "cols": windows.im2col(images(rng, dtype), 2, 1, 1),
            "shape": images(rng, dtype).shape,
            "size": 2,
            "stride": 1,
            "padding": 1,
        },
        oracles={
            "the transpose of im2col": "test_convolution.py::test_col2im_is_the_transpose_of_im2col",
            "PyTorch's fold": "test_convolution.py::test_columns_equal_pytorchs_unfold_and_images_its_fold",
        },
        bad=BAD | {"shape": [(2, 3, 5), (2, 3, 5, -1), (2, 3, 5, 4.0)]},
        fine={"cols": {"NaN": "is added"}},
    ),
]
