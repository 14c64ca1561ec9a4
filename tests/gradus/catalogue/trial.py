"""gradus.trial"""

import numpy as np
from gradus import trial

from . import Entry

ENTRIES = [
    Entry(
        trial.claim,
        lambda rng, dtype: {"id": "INIT-19", "holds": True, "measured": "0.3"},
        oracles={},
        bad={"id": ["init 19", 19], "holds": [np.ones(2) > 0], "measured": [1.0, " ", "a\nb"]},
        fine={"measured": {"unknown": "any line of text"}},
    ),
    Entry(
        trial.number,
        lambda rng, dtype: {"name": "ratio", "value": 0.25, "fmt": ".3g"},
        oracles={},
        bad={"name": ["a b", 1], "value": [np.ones(2)], "fmt": ["d", 3]},
        fine={"value": {"NaN": "shown as nan", "negative": "a number like any other"}},
    ),
]
