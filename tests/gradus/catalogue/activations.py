"""gradus.activations: what stands in the module itself"""

from gradus import activations as module

from . import ELEMENTWISE, Entry
from .smooth_activations import SLOPES, VALUES, z

BY_HAND = {"by hand": "test_activations.py::test_derivatives_by_hand"}
SOFTMAX = {
    "scipy.special.softmax and log_softmax": "test_activations.py::test_softmax_equals_scipys_along_each_axis",
    "by hand": "test_activations.py::test_softmax_survives_large_and_masked_logits",
}
GRADIENTS = {
    "PyTorch": "test_activations.py::test_gradients_of_softmax_equal_pytorchs",
    "by hand": "test_activations.py::test_gradients_of_softmax_by_hand",
}
FINE = {
    "z": {"NaN": "its row is NaN", "empty": "no rows", "shape": "any shape"},
    "axis": {"negative": "counts from the end"},
}
BAD = {"axis": [2, -3], "z": [3.0]}


def logits(rng, dtype):
    return z(rng, dtype) | {"axis": 1}


def backward(function, name):
    def valid(rng, dtype):
        return {"dout": z(rng, dtype)["z"], name: module.softmax(**z(rng, dtype)), "axis": 1}

    nan = {"NaN": "its row is NaN"}
    fine = {"dout": nan, name: nan, "axis": {"negative": "counts from the end"}}
    return Entry(function, valid, oracles=GRADIENTS, fine=fine, bad={"axis": [2, -3], name: [0.5]})


ENTRIES = [
    Entry(module.identity, z, oracles=VALUES | BY_HAND, fine={"z": ELEMENTWISE}),
    Entry(module.identity_derivative, z, oracles=SLOPES | BY_HAND, fine={"z": ELEMENTWISE}),
    Entry(module.softmax, logits, oracles=SOFTMAX, fine=FINE, bad=BAD),
    Entry(module.log_softmax, logits, oracles=SOFTMAX, fine=FINE, bad=BAD),
    backward(module.softmax_backward, "p"),
    backward(module.log_softmax_backward, "log_p"),
]
