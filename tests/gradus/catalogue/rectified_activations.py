"""gradus.rectified_activations"""

import numpy as np
from gradus import rectified_activations as module

from . import ELEMENTWISE, Entry
from .smooth_activations import SLOPES, VALUES, z


def with_alpha(rng, dtype):
    return z(rng, dtype) | {"alpha": 0.3}


BY_HAND = {"by hand": "test_activations.py::test_derivatives_by_hand"}
EVERY_SLOPE = {"by hand": "test_activations.py::test_every_slope_works_not_only_those_up_to_one"}
FINE = {"z": ELEMENTWISE, "alpha": {"negative": "any finite slope"}}
BAD = {"alpha": [np.inf, -np.inf, True, np.ones(2)]}

ENTRIES = [
    Entry(module.relu, z, oracles=VALUES | BY_HAND, fine={"z": ELEMENTWISE}),
    Entry(module.relu_derivative, z, oracles=SLOPES | BY_HAND, fine={"z": ELEMENTWISE}),
    Entry(module.leaky_relu, with_alpha, oracles=VALUES | EVERY_SLOPE, fine=FINE, bad=BAD),
    Entry(module.leaky_relu_derivative, with_alpha, oracles=SLOPES | EVERY_SLOPE, fine=FINE, bad=BAD),
    Entry(module.elu, with_alpha, oracles=VALUES | EVERY_SLOPE, fine=FINE, bad=BAD),
    Entry(module.elu_derivative, with_alpha, oracles=SLOPES | EVERY_SLOPE, fine=FINE, bad=BAD),
    Entry(
        module.selu,
        z,
        oracles=VALUES | {"its limit": "test_activations.py::test_elu_and_selu_tend_to_their_limits"},
        fine={"z": ELEMENTWISE},
    ),
    Entry(module.selu_derivative, z, oracles=SLOPES | BY_HAND, fine={"z": ELEMENTWISE}),
]
