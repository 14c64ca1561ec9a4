"""gradus.activations: what stands in the module itself"""

from gradus import activations as module

from . import ELEMENTWISE, Entry
from .smooth_activations import SLOPES, VALUES, z

BY_HAND = {"by hand": "test_activations.py::test_derivatives_by_hand"}
SOFTMAX = {
    "scipy.special.softmax and log_softmax": "test_activations.py::test_softmax_equals_scipys_along_each_axis",
    "by hand": "test_activations.py::test_softmax_survives_large_and_masked_logits",
}
FINE = {
    "z": {"NaN": "its row is NaN", "empty": "no rows", "shape": "any shape"},
    "axis": {"negative": "counts from the end"},
}
BAD = {"axis": [2, -3], "z": [3.0]}


def logits(rng, dtype):
    return z(rng, dtype) | {"axis": 1}


ENTRIES = [
    Entry(module.identity, z, oracles=VALUES | BY_HAND, fine={"z": ELEMENTWISE}),
    Entry(module.identity_derivative, z, oracles=SLOPES | BY_HAND, fine={"z": ELEMENTWISE}),
    Entry(module.softmax, logits, oracles=SOFTMAX, fine=FINE, bad=BAD),
    Entry(module.log_softmax, logits, oracles=SOFTMAX, fine=FINE, bad=BAD),
]
