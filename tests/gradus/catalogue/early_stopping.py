"""gradus.early_stopping"""

import math

from gradus import early_stopping

from . import Entry

ENTRIES = [
    Entry(
        early_stopping.EarlyStopping,
        lambda rng, dtype: {"patience": 3, "min_delta": 0.01, "restore_best": True},
        oracles={
            "keras EarlyStopping": "test_early_stopping.py::test_it_stops_where_keras_does_and_restores_the_same",
            "torch ReduceLROnPlateau": "test_early_stopping.py::test_pytorchs_plateau_waits_one_value_longer",
            "by hand": "test_early_stopping.py::test_stopping_by_hand",
        },
        bad={"patience": [0, True], "min_delta": [math.inf]},
    ),
]
