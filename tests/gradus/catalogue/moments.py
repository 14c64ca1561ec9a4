"""gradus.moments"""

import numpy as np
from gradus import moments as module

from . import Entry

ENTRIES = [
    Entry(
        module.gaussian_moments,
        lambda rng, dtype: {"f": np.tanh},
        oracles={
            "scipy.integrate.quad": "test_activations_moments.py::test_gaussian_moments_equal_adaptive_quadrature",
            "by hand": "test_activations_moments.py::test_gaussian_moments_by_hand",
        },
        bad={"f": [np.sum, lambda z: None, lambda z: "text"]},
    ),
    Entry(
        module.selu_constants,
        lambda rng, dtype: {},
        oracles={
            "scipy.optimize.fsolve": "test_activations_moments.py::test_selu_constants_solve_the_moment_equations",
            "the published digits": "test_activations_moments.py::test_selu_constants_are_those_of_the_paper",
        },
    ),
]
