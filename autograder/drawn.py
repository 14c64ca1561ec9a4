"""What a figure shows, as plain data. This runs where the student's code runs: `autograder.figures` sends it there as text.

So it imports nothing of this project. What it gives is believed as little as any other value of a student's.
"""

from __future__ import annotations

MOST = 50  # axes of a figure, and artists of one kind on them


def draw(function, args, kwargs):
    """Call a function that draws, and describe its figure: the one it returns, or else the current one; None without any.

    Figures that are open already stay as they are; those that it opens are closed. `show` has no effect meanwhile.
    """
    import matplotlib.pyplot as plt

    before, show = set(plt.get_fignums()), plt.show
    blank = plt.figure() if before else None  # what is drawn without a new figure is not to go into an old one
    plt.show = lambda *args, **kwargs: None
    try:
        figure = figure_in(function(*args, **kwargs)) or (plt.gcf() if set(plt.get_fignums()) - before else None)
        return describe(figure) if figure is not None and (figure is not blank or figure.axes) else None
    finally:
        plt.show = show
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def figure_in(result, depth=0):
    """The figure that a result is, belongs to, or holds."""
    import numpy as np
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    if isinstance(result, Figure):
        return result
    if isinstance(result, Artist):
        return result.get_figure()
    if isinstance(result, (tuple, list, np.ndarray)) and depth < 3:
        for item in list(result)[:MOST]:
            if (found := figure_in(item, depth + 1)) is not None:
                return found
    return None


def describe(figure):
    """A figure as plain data."""
    title = figure.get_suptitle()
    return {"title": title, "size": figure.get_size_inches(), "axes": [of_axes(ax) for ax in figure.axes[:MOST]]}


def of_axes(ax):
    """One pair of axes with what is drawn on it."""
    from matplotlib.collections import PathCollection

    legend = ax.get_legend()
    points = [c for c in ax.collections if isinstance(c, PathCollection)]
    bars = [p for p in ax.patches if hasattr(p, "get_height")]
    titles = (ax.get_title(place) for place in ("left", "center", "right"))
    about = {"title": " ".join(filter(None, titles)), "colorbar": ax.get_label() == "<colorbar>"}
    about["legend"] = None if legend is None else texts(legend.get_texts())
    for name, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        about[f"{name}label"] = axis.get_label_text()
        about[f"{name}scale"] = axis.get_scale()
        about[f"{name}lim"] = numbers(axis.get_view_interval())
        places = axis.get_majorticklocs()[: 10 * MOST]
        about[f"{name}ticks"] = numbers(places)
        # Without asking the ticks themselves: Matplotlib would make them first, which takes longer than all else.
        about[f"{name}ticklabels"] = [str(text)[:1000] for text in axis.get_major_formatter().format_ticks(places)]
    return {
        **about,
        "texts": texts(ax.texts),
        "lines": [{"label": label(line), "x": numbers(line.get_xdata(orig=False)), "y": numbers(line.get_ydata(orig=False)),
                   "color": color(line.get_color()), "style": str(line.get_linestyle()), "marker": str(line.get_marker())}
                  for line in ax.lines[:MOST]],
        "points": [{"label": label(c), "xy": numbers(c.get_offsets())} for c in points[:MOST]],
        "bars": numbers([(b.get_x(), b.get_width(), b.get_y(), b.get_height()) for b in bars[: 100 * MOST]]),
        "images": [{"data": numbers(i.get_array()), "limits": numbers(i.get_clim()), "colors": str(i.get_cmap().name)}
                   for i in ax.images[:MOST]],
    }  # fmt: skip


def numbers(values):
    import numpy as np

    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan), dtype=float)


def texts(artists):
    return [artist.get_text()[:1000] for artist in list(artists)[: 10 * MOST]]


def label(artist):
    """The label of an artist, "" for one that Matplotlib made up."""
    found = str(artist.get_label())
    return "" if found.startswith("_") else found[:1000]


def color(value):
    from matplotlib.colors import to_hex

    return to_hex(value)
