"""gradus.pooling"""

from gradus import pooling as p

from . import Entry
from .convolution import IMAGES, images

ORACLES = {
    "naive loops": "test_pooling.py::test_pooling_equals_naive_loops",
    "PyTorch": "test_pooling.py::test_pooling_and_its_gradients_equal_pytorchs",
    "by hand": "test_pooling.py::test_pooling_by_hand",
}


def forward(function):
    return Entry(
        function,
        lambda rng, dtype: {"x": images(rng, dtype), "size": 2, "stride": 1, "padding": 1},
        oracles=ORACLES,
        bad={"size": [0, (2, 2, 2), 9], "stride": [0, (1, 0)], "padding": [2, (0, 2)]},
        fine={"x": IMAGES, "stride": {"None": "that of the size"}},
    )


def backward(function, forward_function):
    def valid(rng, dtype):
        y, cache = forward_function(images(rng, dtype), 2, 1, 1)
        return {"dy": y, "cache": cache}

    gradients = {name: ORACLES[name] for name in ("PyTorch", "by hand")}
    return Entry(function, valid, oracles=gradients, fine={"dy": {"NaN": "spreads"}})


ENTRIES = [
    forward(p.max_pool2d_forward),
    forward(p.avg_pool2d_forward),
    backward(p.max_pool2d_backward, p.max_pool2d_forward),
    backward(p.avg_pool2d_backward, p.avg_pool2d_forward),
]
