"""gradus.gradient_diagnostics"""

import numpy as np
from gradus import gradient_diagnostics as diagnostics

from . import Entry


def arrays(rng, dtype):
    return [rng.standard_normal((4, 3)).astype(dtype), rng.standard_normal(3).astype(dtype)]


ENTRIES = [
    Entry(
        diagnostics.update_ratio,
        lambda rng, dtype: {
            "w_old": rng.standard_normal((4, 3)).astype(dtype),
            "w_new": rng.standard_normal((4, 3)).astype(dtype),
        },
        oracles={
            "by hand": "test_gradient_diagnostics.py::test_update_ratio_by_hand",
            "torch.linalg.vector_norm": "test_gradient_diagnostics.py::test_ratios_equal_those_of_pytorchs_norms",
        },
        fine={"w_old": {"NaN": "the ratio is NaN"}, "w_new": {"NaN": "the ratio is NaN"}},
    ),
    Entry(
        diagnostics.gradient_ratios,
        lambda rng, dtype: {"weights": arrays(rng, dtype), "grads": arrays(rng, dtype)},
        oracles={
            "by hand": "test_gradient_diagnostics.py::test_gradient_ratios_by_hand_and_of_gradient_descent",
            "torch.linalg.vector_norm": "test_gradient_diagnostics.py::test_ratios_equal_those_of_pytorchs_norms",
        },
        bad={"grads": [[], [np.ones((4, 3))], [np.ones((4, 3)), np.ones(4)]], "weights": [[None, None]]},
        other_dtype="a list of Python floats, as float64",
    ),
    Entry(
        diagnostics.sign_agreement,
        lambda rng, dtype: {"G": rng.standard_normal((4, 3)).astype(dtype)},
        oracles={
            "by hand": "test_gradient_diagnostics.py::test_sign_agreement_by_hand",
            "the signs of a single sample": "test_gradient_diagnostics.py::test_positive_inputs_give_gradients_of_one_sign",
        },
    ),
    Entry(
        diagnostics.path_ratio,
        lambda rng, dtype: {"traj": rng.standard_normal((4, 3)).astype(dtype)},
        oracles={
            "by hand": "test_gradient_diagnostics.py::test_path_ratio_by_hand",
            "stairs": "test_gradient_diagnostics.py::test_a_zigzag_along_two_axes_is_longer",
        },
        fine={"traj": {"shape": "parameters of any shape"}},
    ),
    Entry(
        diagnostics.condition_number,
        lambda rng, dtype: {"A": rng.standard_normal((4, 3)).astype(dtype), "tol": 1e-6},
        oracles={
            "numpy.linalg.cond": "test_gradient_diagnostics.py::test_condition_number_is_numpys",
            "scipy.linalg.eigvalsh": "test_gradient_diagnostics.py::test_condition_number_is_that_of_the_eigenvalues",
        },
        bad={"tol": [1.1]},
    ),
    Entry(
        diagnostics.grad_check,
        lambda rng, dtype: {
            "f": lambda x: float(np.sum(x * x)),
            "x": np.array([[1, 2], [3, 4]], dtype),
            "analytic": np.array([[2, 4], [6, 8]], dtype),
            "h": 1e-5,
        },
        oracles={
            "scipy.optimize.rosen_der": "test_gradient_diagnostics.py::test_a_right_gradient_passes_and_a_wrong_one_is_measured",
            "Taylor's remainder": "test_gradient_diagnostics.py::test_the_step_and_the_shape_are_as_asked",
        },
        bad={"x": [np.ones((2, 2), np.float32)], "h": [0, np.inf], "f": [lambda x: x, lambda x: "a"]},
        other_dtype="float32 is refused: three digits of a difference are left",
    ),
]
