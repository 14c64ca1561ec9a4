"""Figures of the book: signals by layer, curves over time, histograms by layer, tables and bars.

Every function returns a matplotlib figure that pyplot has already let go of: as the value of a cell's last line it shows
once, and ``fig.savefig(path)`` writes it. Titles are findings ("He keeps ReLU signals alive"), not subjects, so they
have no default. Colours and style are those of ``figure_style``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import (
    as_float_array,
    describe,
    fail,
    fail_type,
    require_bool,
    require_choice,
    require_finite,
    require_int,
    require_shape,
    require_text,
)
from .figure_style import COLORS, HUES, color_of, in_house_style, label_line_ends, new_figure, use_house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLORS",
    "HUES",
    "bars",
    "color_of",
    "curves",
    "heatmap",
    "label_line_ends",
    "layer_histograms",
    "signal_plot",
    "use_house_style",
]

Array = np.ndarray

PANELS = {
    "forward": "standard deviation\nof activations",
    "backward": "standard deviation\nof gradients",
    "saturated": "share of\nsaturated units",
}


@in_house_style
def signal_plot(
    runs: Mapping[str, Any],
    *,
    title: str,
    show: Sequence[str] = ("forward", "backward"),
    colors: Mapping[str, str] | None = None,
) -> Figure:
    """What reaches each layer, as ``diagnostics.propagate`` measured it; one panel a quantity, below one another.

    Args:
        runs: label → what propagate returned, or a list of these, one a seed (thin lines, with their median).
        title: the finding.
        show: quantities among "forward", "backward" (logarithmic axes) and "saturated" (a share).
        colors: label → colour, where color_of(label) is not meant.

    Raises:
        TypeError, ValueError: runs or show is not of this form, or title is empty.
    """
    _require_labels(title, runs=runs)
    _require_colors(colors)
    if not isinstance(show, list | tuple) or not show:
        fail(f"show must be a list of quantities, got {show!r}")
    for quantity in show:
        require_choice(show=(quantity, PANELS))
    fig, axes = new_figure(title, panels=len(show))
    for ax, quantity in zip(axes, show, strict=True):
        for i, (label, seeds) in enumerate(runs.items()):
            seeds = [seeds] if isinstance(seeds, Mapping) else seeds
            if not isinstance(seeds, list | tuple) or not all(isinstance(s, Mapping) and quantity in s for s in seeds):
                fail_type(f"runs must map {label!r} to what propagate returned, or a list of it, got {describe(seeds)}")
            values = _as_rows([seed[quantity] for seed in seeds])
            layers = np.arange(1, values.shape[1] + 1)
            _draw_seeds(
                ax, layers, values, label, (colors or {}).get(label) or color_of(label, i), quantity != "saturated"
            )
        if quantity == "saturated":
            ax.set_ylim(-0.02, 1.02)
        else:
            ax.set_yscale("log")
        ax.set_ylabel(PANELS[quantity])
        _count_on_x(ax)
        label_line_ends(ax)
    axes[-1].set_xlabel("layer")
    return fig


def _count_on_x(ax: Axes) -> None:
    """Ticks of the x axis at whole numbers: layers and epochs."""
    locator: Any = ax.xaxis.get_major_locator()
    locator.set_params(integer=True)


@in_house_style
def curves(
    runs: Mapping[str, Any],
    *,
    title: str,
    ylabel: str,
    xlabel: str = "epoch",
    log: bool = False,
    colors: Mapping[str, str] | None = None,
) -> Figure:
    """Something that changes over time, such as the loss: a thin line for each seed, and their median.

    A curve that becomes NaN or infinite, or not positive on a logarithmic axis, ends there with a cross.

    Args:
        runs: label → (n,) values from epoch 1 on, or (seeds, n), or a list of arrays of different lengths.
        title: the finding.
        ylabel, xlabel: what is on the axes, with units.
        log: logarithmic vertical axis.
        colors: label → colour, where color_of(label) is not meant.

    Raises:
        TypeError, ValueError: runs is not of this form, or title is empty.
    """
    _require_labels(title, runs=runs)
    require_text(ylabel=ylabel)
    require_text(xlabel=xlabel, empty=True)
    require_bool(log=log)
    _require_colors(colors)
    fig, (ax,) = new_figure(title)
    for i, (label, seeds) in enumerate(runs.items()):
        values = _as_rows(seeds)
        steps = np.arange(1, values.shape[1] + 1)
        _draw_seeds(ax, steps, values, label, (colors or {}).get(label) or color_of(label, i), log)
    if log:
        ax.set_yscale("log")
    _count_on_x(ax)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    label_line_ends(ax)
    return fig


@in_house_style
def layer_histograms(
    layers: Mapping[str, Array] | Sequence[Array],
    *,
    title: str,
    limits: tuple[float, float] | None = None,
    xlabel: str = "activation",
    color: str = HUES["blue"],
    bins: int = 61,
) -> Figure:
    """The distribution in each layer, as one ridge a layer, first layer on top; all ridges equally high.

    Args:
        layers: activations by layer, arrays of any shape; a list is numbered from 1.
        title: the finding.
        limits: what the horizontal axis spans; all values if not given.
        xlabel: what is on the horizontal axis.
        color: colour of the ridges.
        bins: number of bins of each histogram.

    Raises:
        TypeError, ValueError: layers or limits is not of this form, bins is less than 2, or title is empty.
    """
    if not isinstance(layers, Mapping | list | tuple):
        fail_type(f"layers must be a list of arrays or map labels to them, got {describe(layers)}")
    named = layers if isinstance(layers, Mapping) else {f"layer {i}": a for i, a in enumerate(layers, start=1)}
    _require_labels(title, layers=named)
    require_text(xlabel=xlabel, empty=True)
    _require_color(color)
    require_int(bins=(bins, 2))
    arrays = {label: as_float_array(layers=a).ravel() for label, a in named.items()}
    require_finite(**{f"layers[{label!r}]": a for label, a in arrays.items()})
    everything = np.concatenate(list(arrays.values()))
    if limits is None:
        limits = (float(everything.min()), float(everything.max()))
    span = as_float_array(limits=limits)
    require_shape(limits=(span, (2,)))
    low, high = map(float, span)
    if not low < high:
        fail(f"limits must be (low, high) with low < high, got ({low:g}, {high:g})")
    fig, (ax,) = new_figure(title, height=1.1 + 0.5 * len(arrays))
    edges = np.linspace(low, high, bins + 1)
    for row, values in enumerate(arrays.values()):
        counts, _ = np.histogram(values, edges)
        heights = 0.9 * counts / max(counts.max(), 1)
        ax.stairs(heights - row, edges, baseline=-row, fill=True, color=color)
    ax.set_yticks([-row for row in range(len(arrays))], list(arrays))
    ax.set_ylim(-len(arrays) + 0.9, 1)
    ax.set_xlim(low, high)
    ax.locator_params(axis="x", nbins=5)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(xlabel)
    return fig


@in_house_style
def heatmap(
    values: Array, rows: Sequence[str], columns: Sequence[str], *, title: str, xlabel: str = "", log: bool = False
) -> Figure:
    """A table of numbers, coloured by size. With log, powers of ten are coloured evenly and 1 is white.

    What the numbers are is said in the title, since they stand in the cells and there is no scale beside them.

    Args:
        values: (len(rows), len(columns)), finite; positive with log.
        rows, columns: their names.
        title: the finding.
        xlabel: what the columns are.
        log: logarithmic colours.

    Raises:
        TypeError, ValueError: values is not of this shape, not finite or, with log, not positive; or title is empty.
    """
    for name, labels in (("rows", rows), ("columns", columns)):
        if not isinstance(labels, list | tuple):
            fail_type(f"{name} must be a list of names, got {describe(labels)}")
    _require_labels(title, rows=dict.fromkeys(rows), columns=dict.fromkeys(columns))
    require_text(xlabel=xlabel, empty=True)
    require_bool(log=log)
    values = as_float_array(values=values)
    require_finite(values=values)
    if values.shape != (len(rows), len(columns)):
        fail(f"values must have shape ({len(rows)}, {len(columns)}), got {values.shape}")
    if log and (values <= 0).any():
        fail(f"values must be positive with log=True, got {values.min():g}")
    fig, (ax,) = new_figure(title, height=1.6 + 0.45 * len(rows))
    shade = np.log10(values) if log else values
    top = max(float(np.abs(shade).max()), 1e-12)
    image = ax.imshow(shade, cmap="PuOr" if log else "Purples", aspect="auto", vmin=-top if log else None, vmax=top)
    for (i, j), value in np.ndenumerate(values):
        red, green, blue, _ = image.cmap(image.norm(shade[i, j]))
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
        ax.text(j, i, _short(value), ha="center", va="center", color="white" if dark else "black", fontsize=12)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_xlabel(xlabel)
    return fig


@in_house_style
def bars(groups: Mapping[str, Any], *, title: str, xlabel: str, colors: Mapping[str, str] | None = None) -> Figure:
    """Numbers side by side: a bar for the mean of each group, and a dot for each of its seeds.

    Args:
        groups: label → number, or (seeds,) numbers; drawn from top to bottom.
        title: the finding.
        xlabel: what the numbers are, with units.
        colors: label → colour of bars that stand out; the others are blue.

    Raises:
        TypeError, ValueError: groups is not of this form, or title is empty.
    """
    _require_labels(title, groups=groups)
    require_text(xlabel=xlabel)
    _require_colors(colors)
    fig, (ax,) = new_figure(title, height=1.2 + 0.5 * len(groups))
    places: list[tuple[float, float]] = []
    for i, (label, seeds) in enumerate(groups.items()):
        values = np.atleast_1d(as_float_array(groups=seeds))
        require_finite(groups=values)
        mean = float(values.mean())
        ax.barh(i, mean, color=(colors or {}).get(label, HUES["blue"]), height=0.6)
        if len(values) > 1:
            ax.plot(values, np.full(len(values), i), "o", color="white", markeredgecolor="black", markersize=5)
        places.append((mean, float(max(mean, values.max()))))
    texts = [f"{mean:.3g}" for mean, _ in places]
    decimals = max(len(text.partition(".")[2]) for text in texts)  # as many for all: 0.730 beside 0.725
    for i, (text, (mean, end)) in enumerate(zip(texts, places, strict=True)):
        text = text if "e" in text else f"{mean:.{decimals}f}"
        ax.annotate(text, (end, i), (6, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(groups)), list(groups))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(xlabel)
    return fig


def _draw_seeds(ax: Axes, x: Array, values: Array, label: str, color: str, log: bool) -> None:
    """A thin line for each row of values, their median with the label; a cross where a row stops being drawable."""
    values = np.where(np.isnan(values), math.inf, values)
    if log:
        values = np.where(values <= 0, -math.inf, values)
    ended = np.maximum.accumulate(np.isinf(values), axis=1)
    values = np.where(ended, np.copysign(math.inf, values), values)
    median = np.median(values, axis=0)  # a row that diverged counts as large, it does not drop out
    if len(values) > 1:
        for row in values:
            ax.plot(x, np.where(np.isfinite(row), row, np.nan), color=color, linewidth=0.8, alpha=0.4, label="_seed")
    ax.plot(x, np.where(np.isfinite(median), median, np.nan), color=color, label=label)
    for row, end in zip(values, ended, strict=True):
        if end.any() and not end[0]:
            last = int(end.argmax()) - 1
            ax.plot(x[last], row[last], "x", color=color, markersize=8, markeredgewidth=2, label="_end")


def _short(value: float) -> str:
    """A number in at most six characters or so: 0.55, 12, 3e-4, 2e15."""
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _as_rows(seeds: Any) -> Array:
    """(seeds, n) from (n,), (seeds, n) or arrays of different lengths, which are filled up with NaN."""
    if isinstance(seeds, list | tuple) and seeds and np.ndim(seeds[0]) == 1:
        rows = [as_float_array(runs=row) for row in seeds]
    else:
        rows = list(np.atleast_2d(as_float_array(runs=seeds)))
    longest = max((len(row) for row in rows), default=0)
    if longest == 0 or any(row.ndim != 1 for row in rows):
        wanted = "an array (n,), (seeds, n) or a list of arrays (n,), with n ≥ 1"
        fail(f"runs must map each label to {wanted}, got {describe(seeds)}")
    return np.array([np.pad(row, (0, longest - len(row)), constant_values=np.nan) for row in rows])


def _require_color(color: Any) -> None:
    from matplotlib.colors import is_color_like

    if not is_color_like(color):
        fail(f"color must be a colour that matplotlib knows, got {color!r}")


def _require_colors(colors: Any) -> None:
    if not (colors is None or isinstance(colors, Mapping)):
        fail_type(f"colors must map labels to colours, got {describe(colors)}")


def _require_labels(title: Any, **named: Any) -> None:
    """Each argument maps labels to something and is not empty; the title is text."""
    require_text(title=title)
    for name, value in named.items():
        if not isinstance(value, Mapping) or not value or not all(isinstance(label, str) for label in value):
            fail_type(f"{name} must map labels to values, got {describe(value)}")
