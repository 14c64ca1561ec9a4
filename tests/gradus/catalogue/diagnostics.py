"""gradus.diagnostics"""

import numpy as np
from gradus import diagnostics
from gradus.initializers import glorot_normal

from . import Entry

ENTRIES = [
    Entry(
        diagnostics.propagate,
        lambda rng, dtype: {
            "activation": "tanh",
            "init": glorot_normal,
            "depth": 3,
            "width": 4,
            "rng": rng,
            "samples": 5,
        },
        oracles={
            "torch.autograd": "test_diagnostics.py::test_both_ways_equal_pytorchs_network_and_its_gradients",
            "factors of theory": "test_diagnostics.py::test_size_of_the_signal_changes_by_the_factor_of_theory",
            "orthogonal weights": "test_diagnostics.py::test_orthogonal_weights_keep_every_length",
        },
        bad={"depth": [0], "width": [0], "samples": [0], "init": [lambda shape, rng: np.ones((2, 3))]},
        other_dtype="measures in float64; no array comes in",
    ),
    Entry(
        diagnostics.per_layer_factor,
        lambda rng, dtype: {"values": np.array([1, 2, 8], dtype)},
        oracles={
            "by hand": "test_diagnostics.py::test_per_layer_factor_by_hand",
            "factors of theory": "test_diagnostics.py::test_size_of_the_signal_changes_by_the_factor_of_theory",
        },
        bad={"values": [np.array([1.0, 0.0]), np.array([1.0, -1.0]), np.array([1.0]), np.array([1.0, np.inf])]},
    ),
    Entry(
        diagnostics.saturation_fraction,
        lambda rng, dtype: {"a": np.tanh(rng.standard_normal((4, 3))).astype(dtype), "tol": 0.1, "bounds": (-1.0, 1.0)},
        oracles={
            "by hand": "test_diagnostics.py::test_saturation_by_hand",
            "scipy.stats.norm": "test_diagnostics.py::test_saturation_follows_from_the_law_of_the_first_layer",
        },
        bad={"tol": [1.1], "bounds": [(1.0, -1.0), (1.0, 1.0), (1.0,), ("a", "b")]},
        fine={"a": {"shape": "any shape"}},
    ),
    Entry(
        diagnostics.dead_fraction,
        lambda rng, dtype: {"z": rng.standard_normal((4, 3)).astype(dtype)},
        oracles={
            "by hand": "test_diagnostics.py::test_a_unit_is_dead_only_if_every_sample_leaves_it_silent",
            "torch.relu": "test_diagnostics.py::test_dead_units_get_no_gradient_in_pytorch",
        },
    ),
]
