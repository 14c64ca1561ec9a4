"""gradus.graph_drawing"""

from gradus import graph_drawing

from . import Entry

ENTRIES = [
    Entry(
        graph_drawing.Drawing,
        lambda rng, dtype: {"svg": "<svg/>"},
        oracles={},
        fine={"svg": {"unknown": "any text"}},
        other_dtype="a text",
    ),
]
