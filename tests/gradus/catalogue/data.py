"""gradus.data"""

import numpy as np
from gradus import data

from . import Entry

KEPT = "a sample may hold NaN: it is moved, not computed with"


def samples(rng, dtype):
    return rng.standard_normal((12, 3)).astype(dtype)


def labels():
    return np.arange(12) % 3


ENTRIES = [
    Entry(
        data.load_digits_images,
        lambda rng, dtype: {"dtype": dtype},
        oracles={
            "sklearn.datasets.load_digits": "test_data.py::test_images_are_scikit_learns",
            "a split of the same images": "test_data.py::test_the_digits_are_split_as_any_data",
        },
        bad={"dtype": [int, complex]},
    ),
    Entry(
        data.load_digits_split,
        lambda rng, dtype: {"rng": rng, "n_test": 453, "standardize": True, "dtype": dtype},
        oracles={
            "the rows of scikit-learn's digits": "test_data.py::test_split_is_a_partition_of_the_digits",
            "StandardScaler": "test_data.py::test_standardizing_uses_the_training_part_only",
        },
        bad={"n_test": [0, 1797], "dtype": [int]},
    ),
    Entry(
        data.random_split,
        lambda rng, dtype: {"X": samples(rng, dtype), "y": labels(), "n_test": 4, "rng": rng},
        oracles={
            "a partition": "test_data.py::test_a_random_split_is_a_partition_with_each_sample_s_own_label",
            "χ² test": "test_data.py::test_every_sample_is_as_often_in_the_test_part",
        },
        bad={"n_test": [0, 12], "y": [np.arange(11), np.array(3)], "X": [np.float64(3)]},
        fine={"X": {"NaN": KEPT}, "y": {"floats": "numbers are targets, too", "negative": "numbers are targets, too"}},
    ),
    Entry(
        data.few_labels,
        lambda rng, dtype: {"X": samples(rng, dtype), "y": labels(), "per_class": 2, "rng": rng},
        oracles={
            "counting": "test_data.py::test_few_labels_takes_as_many_of_each_class_with_their_own_images",
            "the limit of all samples": "test_data.py::test_few_labels_may_take_all",
        },
        bad={"per_class": [0, 5]},
        fine={"X": {"NaN": KEPT}},
    ),
    Entry(
        data.label_noise,
        lambda rng, dtype: {"y": labels(), "frac": 0.5, "rng": rng},
        oracles={
            "counting": "test_data.py::test_exactly_the_share_asked_for_is_wrong",
            "χ² test": "test_data.py::test_wrong_labels_are_spread_evenly_over_the_other_classes",
        },
        bad={"frac": [1.1], "y": [np.zeros(5, int)]},
    ),
]
