"""gradus.problems"""

import numpy as np
from gradus import problems

from . import Entry

SLOPE = {"differences": "test_problems.py::test_the_gradient_is_the_slope"}
MINIMUM = {"scipy.optimize.minimize": "test_problems.py::test_the_minimum_is_where_scipy_finds_it"}
NO_ARRAY = "takes no array: float64"

ENTRIES = [
    Entry(
        problems.quadratic,
        lambda rng, dtype: {"kappa": 10.0, "angle": 0.5},
        oracles=SLOPE
        | MINIMUM
        | {"eigenvalues": "test_problems.py::test_the_quadratic_has_the_condition_number_and_the_angle"},
        bad={"kappa": [0.9, np.inf], "angle": [np.inf]},
        fine={"angle": {"negative": "turns the other way"}},
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.noisy_quadratic,
        lambda rng, dtype: {"kappa": 10.0, "sigma": 0.5, "rng": rng},
        oracles=SLOPE
        | {"Kolmogorov-Smirnov": "test_problems.py::test_the_noise_of_the_quadratic_is_normal_and_drawn_anew"},
        bad={"kappa": [0.9], "sigma": [-0.1]},
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.plateau,
        lambda rng, dtype: {},
        oracles=SLOPE
        | {
            "an integral": "test_problems.py::test_without_momentum_the_plateau_takes_as_long_as_the_differential_equation_says"
        },
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.rosenbrock,
        lambda rng, dtype: {},
        oracles=SLOPE | {"scipy.optimize.rosen": "test_problems.py::test_rosenbrock_is_scipys"},
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.saddle,
        lambda rng, dtype: {},
        oracles=SLOPE | {"Hessians by hand": "test_problems.py::test_the_saddle_is_one_and_lies_between_two_minima"},
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.sparse_logreg,
        lambda rng, dtype: {"n": 20, "d": 4, "rng": rng},
        oracles=SLOPE | {"scikit-learn": "test_problems.py::test_sparse_logistic_regression_has_scikit_learns_minimum"},
        bad={"n": [0], "d": [0]},
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.wilson_data,
        lambda rng, dtype: {"n": 6, "p": 0.6, "rng": rng},
        oracles={
            "by hand": "test_problems.py::test_wilsons_data_by_hand",
            "Wilson et al.'s finding": "test_problems.py::test_adaptive_methods_fit_wilsons_data_and_learn_nothing",
        },
        bad={"n": [0], "p": [0.5, 1.0]},
        other_dtype=NO_ARRAY,
    ),
    Entry(
        problems.terminal_velocity,
        lambda rng, dtype: {"eta": 0.1, "g": rng.standard_normal((3, 2)).astype(dtype), "beta": 0.9},
        oracles={
            "momentum_step": "test_problems.py::test_momentum_ends_at_its_terminal_velocity",
            "ceil(ln 0.1 / ln β) steps to nine tenths": (
                "test_problems.py::test_nine_tenths_of_the_terminal_velocity_take_as_many_steps_as_said"
            ),
        },
        bad={"eta": [0], "beta": [1]},
        fine={"g": {"NaN": "passes through, entry by entry", "empty": "an empty array", "shape": "any shape"}},
    ),
    Entry(
        problems.hessian_fd,
        lambda rng, dtype: {"f": lambda w: float(np.sum(w**2)), "w": rng.standard_normal(3).astype(dtype)},
        oracles={
            "by hand": "test_problems.py::test_the_hessian_of_a_polynomial_by_hand",
            "torch.autograd.functional.hessian": "test_problems.py::test_the_hessian_is_pytorchs",
        },
        bad={"f": [lambda w: w, lambda w: None, lambda w: np.nan]},
        fine={"w": {"empty": "no parameters, an empty matrix"}},
        other_dtype="differences need float64",
    ),
]
