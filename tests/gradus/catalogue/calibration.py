"""gradus.calibration"""

import numpy as np
from gradus import calibration
from gradus.activations import softmax

from . import Entry

NOT_DISTRIBUTIONS = [np.full((6, 3), 0.5), np.full((6, 3), -1 / 3), np.log(np.full((6, 3), 1 / 3))]
NOT_LABELS = [np.zeros(5, int), np.full(6, 3), np.zeros((6, 1), int)]


def predictions(rng, dtype):
    return {"probs": softmax(rng.standard_normal((6, 3)).astype(dtype)), "y": rng.integers(0, 3, 6)}


def members(rng, dtype):
    return {"probs": softmax(rng.standard_normal((5, 6, 3)).astype(dtype))}


SCORES = {"probs": NOT_DISTRIBUTIONS, "y": NOT_LABELS}

ENTRIES = [
    Entry(
        calibration.accuracy,
        predictions,
        oracles={
            "sklearn accuracy_score": "test_calibration.py::test_scores_equal_those_of_scikit_learn",
            "by hand": "test_calibration.py::test_scores_by_hand",
        },
        bad=SCORES,
    ),
    Entry(
        calibration.nll,
        predictions,
        oracles={
            "sklearn log_loss": "test_calibration.py::test_scores_equal_those_of_scikit_learn",
            "torch nll_loss": "test_calibration.py::test_scores_equal_those_of_pytorch",
            "by hand": "test_calibration.py::test_scores_by_hand",
        },
        bad=SCORES,
    ),
    Entry(
        calibration.brier,
        predictions,
        oracles={
            "sklearn brier_score_loss": "test_calibration.py::test_scores_equal_those_of_scikit_learn",
            "torch mse_loss": "test_calibration.py::test_scores_equal_those_of_pytorch",
            "by hand": "test_calibration.py::test_scores_by_hand",
        },
        bad=SCORES,
    ),
    Entry(
        calibration.reliability_bins,
        lambda rng, dtype: predictions(rng, dtype) | {"bins": 4},
        oracles={
            "sklearn calibration_curve": (
                "test_calibration.py::test_reliability_equals_scikit_learns_calibration_curve"
            ),
            "by hand": "test_calibration.py::test_reliability_by_hand",
        },
        bad=SCORES | {"bins": [0]},
    ),
    Entry(
        calibration.ece,
        lambda rng, dtype: predictions(rng, dtype) | {"bins": 4},
        oracles={
            "sklearn calibration_curve": (
                "test_calibration.py::test_reliability_equals_scikit_learns_calibration_curve"
            ),
            "by hand": "test_calibration.py::test_reliability_by_hand",
            "limit of one bin": "test_calibration.py::test_one_bin_compares_mean_confidence_with_accuracy",
        },
        bad=SCORES | {"bins": [0]},
    ),
    Entry(
        calibration.predictive_entropy,
        members,
        oracles={
            "scipy.stats.entropy": "test_calibration.py::test_entropy_equals_scipys",
            "by hand": "test_calibration.py::test_entropy_by_hand",
        },
        bad={"probs": [np.full((5, 6, 3), 0.5), np.full(3, 1 / 3)]},
    ),
    Entry(
        calibration.mutual_information,
        members,
        oracles={
            "scipy.special.rel_entr": (
                "test_calibration.py::test_mutual_information_is_the_mean_divergence_from_the_mean"
            ),
            "by hand": "test_calibration.py::test_mutual_information_by_hand",
        },
        bad={"probs": [np.full((5, 6, 3), 0.5), np.full((6, 3), 1 / 3)]},
    ),
]
