"""gradus.tasks"""

import numpy as np
from gradus import tasks

from . import Entry

FLOATS = [int, complex]

ENTRIES = [
    Entry(
        tasks.parity,
        lambda rng, dtype: {"y": np.arange(7)},
        oracles={
            "by hand": "test_tasks.py::test_parity_of_the_digits",
            "the last digit as text": "test_tasks.py::test_parity_is_that_of_the_last_digit",
        },
        fine={"y": {"empty": "no labels have no parities"}},
    ),
    Entry(
        tasks.shared_feature_tasks,
        lambda rng, dtype: {
            "rng": rng,
            "n": 10,
            "n_inputs": 4,
            "n_features": 3,
            "n_source_classes": 3,
            "n_target_classes": 2,
            "dtype": dtype,
        },
        oracles={
            "one feature, by hand": "test_tasks.py::test_the_classes_are_those_of_the_features",
            "scipy.stats.kstest": "test_tasks.py::test_shapes_and_classes_of_the_two_tasks",
            "a network of scikit-learn's": "test_tasks.py::test_features_learnt_for_one_task_help_with_the_other",
        },
        bad={
            "n": [0],
            "n_inputs": [0],
            "n_features": [0],
            "n_source_classes": [1],
            "n_target_classes": [1],
            "dtype": FLOATS,
        },
    ),
    Entry(
        tasks.outlier_regression,
        lambda rng, dtype: {
            "rng": rng,
            "n": 10,
            "n_inputs": 4,
            "every": 3,
            "factor": 60.0,
            "noise": 0.1,
            "dtype": dtype,
        },
        oracles={
            "numpy.linalg.lstsq": "test_tasks.py::test_least_squares_finds_the_weights",
            "scipy.stats.kstest": "test_tasks.py::test_every_so_many_samples_one_is_large",
        },
        bad={"n": [0], "n_inputs": [0], "every": [0], "factor": [0.0, np.inf], "noise": [np.inf], "dtype": FLOATS},
    ),
    Entry(
        tasks.adding_sequences,
        lambda rng, dtype: {"rng": rng, "n": 5, "length": 6, "dtype": dtype},
        oracles={
            "sequence by sequence": "test_tasks.py::test_the_marked_numbers_add_up_to_the_target",
            "distributions and the variance 1/6": "test_tasks.py::test_numbers_and_places_of_the_adding_problem_are_uniform",
        },
        bad={"n": [0], "length": [1], "dtype": FLOATS},
    ),
    Entry(
        tasks.averaging_sequences,
        lambda rng, dtype: {"rng": rng, "n": 5, "length": 6, "last": 2, "dtype": dtype},
        oracles={
            "numpy.linalg.lstsq": "test_tasks.py::test_the_target_is_the_mean_of_the_last_numbers",
            "Python's sum": "test_tasks.py::test_the_mean_of_a_whole_sequence",
        },
        bad={"n": [0], "length": [0, 1], "last": [0, 7], "dtype": FLOATS},
    ),
    Entry(
        tasks.spirals,
        lambda rng, dtype: {
            "rng": rng,
            "n_per_class": 5,
            "n_classes": 2,
            "turns": 1.5,
            "noise": 0.1,
            "dtype": dtype,
        },
        oracles={
            "complex numbers": "test_tasks.py::test_points_without_noise_lie_on_their_spiral",
            "scipy.stats.kstest": "test_tasks.py::test_noise_of_the_spirals",
        },
        bad={"n_per_class": [0], "n_classes": [0], "turns": [np.inf], "noise": [np.inf], "dtype": FLOATS},
        fine={"turns": {"negative": "turns the other way"}},
    ),
    Entry(
        tasks.blobs,
        lambda rng, dtype: {"rng": rng, "n_per_class": 5, "n_classes": 3, "spread": 0.3, "dtype": dtype},
        oracles={
            "centres by hand": "test_tasks.py::test_clouds_lie_around_a_circle",
            "scipy.stats.norm": "test_tasks.py::test_two_clouds_overlap_as_the_normal_distribution_says",
        },
        bad={"n_per_class": [0], "n_classes": [0], "spread": [np.inf], "dtype": FLOATS},
    ),
]
