"""gradus.plotting and gradus.figure_style"""

import numpy as np
from gradus import figure_style, plotting

from . import Entry


def draw(x):
    from matplotlib.figure import Figure

    return Figure()


ANY_TEXT = {"unknown": "any text will do"}
RUN = {"forward": np.array([1.0, 0.5, 0.2]), "backward": np.array([0.3, 0.6, 1.0]), "saturated": np.zeros(3)}


def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


ENTRIES = [
    Entry(
        figure_style.use_house_style,
        lambda rng, dtype: {"figure_format": "png"},
        oracles={},
        bad={"figure_format": ["gif"]},
    ),
    Entry(
        figure_style.color_of,
        lambda rng, dtype: {"label": "tanh", "position": 2},
        oracles={},
        fine={"label": ANY_TEXT},
    ),
    Entry(
        figure_style.new_figure,
        lambda rng, dtype: {"title": "A finding", "panels": 2, "height": 3.0},
        oracles={},
        bad={"panels": [0], "height": [0.0, float("inf")], "title": [" "]},
        fine={"title": ANY_TEXT},
        use=lambda result, rng, dtype: None,
    ),
    Entry(figure_style.in_house_style, lambda rng, dtype: {"draw": draw}, oracles={}),
    Entry(
        figure_style.label_line_ends, lambda rng, dtype: {"ax": axes()}, oracles={}, changes={"ax": "it is drawn on"}
    ),
    Entry(
        plotting.signal_plot,
        lambda rng, dtype: {
            "runs": {"tanh": RUN},
            "title": "A finding",
            "show": ("forward",),
            "colors": {"tanh": "red"},
        },
        oracles={},
        bad={"runs": [[], {"a": [{"loss": np.ones(3)}]}], "title": ["", " "], "show": ["forward", ["up"]]},
        fine={"title": ANY_TEXT},
    ),
    Entry(
        plotting.curves,
        lambda rng, dtype: {
            "runs": {"a": rng.random(4)},
            "title": "A finding",
            "ylabel": "loss",
            "xlabel": "epoch",
            "log": True,
            "colors": {"a": "red"},
        },
        oracles={},
        bad={"runs": [{}, {"a": []}, {"a": "loss"}], "title": [""]},
        fine={"title": ANY_TEXT, "ylabel": ANY_TEXT, "xlabel": ANY_TEXT},
    ),
    Entry(
        plotting.layer_histograms,
        lambda rng, dtype: {
            "layers": [rng.random(9)],
            "title": "A finding",
            "limits": (0.0, 1.0),
            "xlabel": "activation",
            "color": "red",
            "bins": 5,
        },
        oracles={},
        bad={"layers": [[], [np.array([np.nan])]], "limits": [(1.0, -1.0)], "bins": [1], "title": [""]},
        fine={"title": ANY_TEXT, "xlabel": ANY_TEXT, "limits": {"None": "set by the data"}},
    ),
    Entry(
        plotting.heatmap,
        lambda rng, dtype: {
            "values": 1 + rng.random((2, 3)),
            "rows": ["a", "b"],
            "columns": ["c", "d", "e"],
            "title": "A finding",
            "xlabel": "width",
            "log": True,
        },
        oracles={},
        bad={"values": [-np.ones((2, 3)), np.ones((3, 2))], "rows": [[1, 2]], "title": [""]},
        fine={"title": ANY_TEXT, "xlabel": ANY_TEXT},
    ),
    Entry(
        plotting.bars,
        lambda rng, dtype: {"groups": {"a": 1.0}, "title": "A finding", "xlabel": "seconds", "colors": {"a": "red"}},
        oracles={},
        bad={"groups": [{}, {"a": float("nan")}], "title": [""]},
        fine={"title": ANY_TEXT, "xlabel": ANY_TEXT},
    ),
]
