"""gradus.trial"""

from types import SimpleNamespace

import numpy as np
from gradus import trial
from gradus.steps import step16

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
    Entry(
        trial.table,
        lambda rng, dtype: {"head": ["rule", "errors"], "rows": [["max", 0], ["min", 131]]},
        oracles={},
        bad={"head": [[]], "rows": ["ab", [["max"]], [["max", 0, 1]], [["max", 0], "ab"]]},
    ),
    Entry(
        trial.outcome,
        lambda rng, dtype: {"call": abs, "*arguments": [-2.0]},
        oracles={},
        positional=("call", "*arguments"),
    ),
    Entry(
        trial.complex_slopes,
        lambda rng, dtype: {
            "step": SimpleNamespace(Variable=step16.Variable),
            "program": step16.mul,
            "*points": [2.0, 3.0],
        },
        oracles={},
        bad={"step": [np]},
        positional=("step", "program", "*points"),
    ),
]
