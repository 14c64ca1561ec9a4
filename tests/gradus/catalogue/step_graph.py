"""gradus.step_graph"""

import numpy as np
from gradus import step_graph
from gradus.steps import step16

from . import Entry

TEXT = {"unknown": "any text"}
OF_A_TAPE = {"tape": [[], step16], "names": [["x"], "x"], "title": [3]}


def taped(rng, dtype):
    with step_graph.record(step16) as tape:
        x = step16.Variable(np.asarray(rng.standard_normal(), dtype))
        y = step16.add(x, x)
    return {"tape": tape, "names": {"x": x, "y": y}, "title": "A sum"}


def to_draw(rng, dtype):
    return taped(rng, dtype) | {"grads": False}


def to_watch(rng, dtype):
    given = taped(rng, dtype)
    return given | {"backward": given["names"]["y"].backward}


ENTRIES = [
    Entry(
        step_graph.draw, to_draw, oracles={}, bad=OF_A_TAPE,
        fine={"title": TEXT, "names": {"None": "no names"}}, other_dtype="a picture",
    ),
    Entry(
        step_graph.pictures, to_watch, oracles={}, bad=OF_A_TAPE | {"backward": [3, lambda: None]},
        fine={"title": TEXT, "names": {"None": "no names"}},
        changes={"names": "backward stores gradients", "tape": "backward stores gradients"}, other_dtype="pictures",
    ),
]  # fmt: skip
