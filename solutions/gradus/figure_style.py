"""The look of the book's figures: colours, style, and lines labelled where they end.

Figures are 6.4 inches wide with 13-point text: half as wide, on a phone, they can still be read. White background, no
legend where there is room for names at the ends of the lines. matplotlib is imported when the first figure is drawn.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from .arguments import (
    describe,
    fail_type,
    require_callable,
    require_choice,
    require_in_range,
    require_int,
    require_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLORS", "HUES", "color_of", "in_house_style", "label_line_ends", "new_figure", "use_house_style"]

P = ParamSpec("P")

HUES = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "black": "#22001A",
    "brown": "#75261A",
    "violet": "#A51FF0",
    "navy": "#28108C",
    "grey": "#948A8A",
}
"""Seven colours that stay apart for colour-blind readers and stand out from white (contrast at least 3 : 1)."""

COLORS = {
    "tanh": HUES["blue"],
    "sigmoid": HUES["orange"],
    "relu": HUES["black"],
    "leaky_relu": HUES["brown"],
    "elu": HUES["violet"],
    "selu": HUES["navy"],
    "identity": HUES["grey"],
    # today's choices, shown beside relu and tanh
    "gelu": HUES["violet"],
    "silu": HUES["orange"],
    "softplus": HUES["grey"],
    # an initializer has the colour of the activation it is made for
    "glorot": HUES["blue"],
    "he": HUES["black"],
    "lecun": HUES["navy"],
    "torch_default": HUES["brown"],
    "std_1": HUES["orange"],
    "std_0.01": HUES["grey"],
    "constant": HUES["violet"],
    "train": HUES["navy"],
    "test": HUES["orange"],
    "validation": HUES["violet"],
    "sgd": HUES["grey"],
    "momentum": HUES["brown"],
    "adam": HUES["violet"],
}
"""What a figure shows → its colour, the same in every chapter."""

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 13,
    "axes.prop_cycle": "cycler('color', [{}])".format(", ".join(repr(hue) for hue in HUES.values())),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.figsize": (6.4, 3.6),
    "figure.titlesize": 14,
    "font.size": 13,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2,
    "savefig.facecolor": "white",
    "svg.hashsalt": "gradus",  # the same figure gives the same file
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
}


def use_house_style(figure_format: str = "svg") -> None:
    """Draw everything in this notebook in the style of the book; once, in the chapter's first cell.

    Args:
        figure_format: how a notebook stores its figures: "svg" for lines, "png" where there are thousands of points.

    Raises:
        ValueError: the format is neither.
    """
    require_choice(figure_format=(figure_format, ("svg", "png")))
    import matplotlib

    matplotlib.rcParams.update(STYLE)
    if matplotlib.get_backend().lower().endswith("inline"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats(figure_format)  # type: ignore[no-untyped-call]


def color_of(label: str, position: int = 0) -> str:
    """The colour of a thing by its name ("Leaky ReLU", "std 0.01"); for an unknown one a hue by its position.

    Raises:
        TypeError: label is not text, or position not an integer.
    """
    require_text(label=label, empty=True)
    require_int(position=(position, 0))
    key = label.strip().lower().replace(" ", "_")
    return COLORS.get(key, list(HUES.values())[position % len(HUES)])


def in_house_style(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorator: the function draws in the style of the book, whatever style is set, and pyplot lets go of its figure.

    Otherwise a notebook would show the figure twice: as the value of the cell's last line, and as an open figure.

    Raises:
        TypeError: draw is not a function.
    """
    require_callable(draw=draw)

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        import matplotlib.pyplot as plt

        before = set(plt.get_fignums())
        try:
            with plt.rc_context(STYLE):
                return draw(*args, **kwargs)
        finally:  # also when drawing failed half-way
            for number in set(plt.get_fignums()) - before:
                plt.close(number)

    return drawn


def new_figure(title: str, *, panels: int = 1, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """A figure with its title on top, flush left, and panels below one another that share the horizontal axis.

    Args:
        title: one sentence, broken into lines here.
        panels: number of panels.
        height: of one panel, in inches.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: title is blank, there are no panels, or the height is not positive.
    """
    require_text(title=title)
    require_int(panels=(panels, 1))
    require_in_range(height=(height, 0, math.inf), low_open=True)
    import matplotlib.pyplot as plt

    lines = textwrap.wrap(title, 56)
    fig, axes = plt.subplots(
        panels,
        1,
        sharex=True,
        squeeze=False,
        figsize=(6.4, 0.3 * len(lines) + height * panels * (0.8 if panels > 1 else 1)),
    )
    fig.suptitle("\n".join(lines), x=0.01, ha="left")
    return fig, list(axes[:, 0])


def label_line_ends(ax: Axes) -> None:
    """Write the label of each line at its end, in its colour: in the right margin, moved apart where they would overlap.

    A line that ends early has its label beside its last point. Call this last: it goes by the limits of the axes as
    they are. Lines without a label are left alone.

    Raises:
        TypeError: ax is not matplotlib axes.
    """
    if not hasattr(ax, "get_lines"):
        fail_type(f"ax must be matplotlib axes, got {describe(ax)}")
    lines = []
    for line in ax.get_lines():
        points = np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) and not str(line.get_label()).startswith("_"):
            lines.append((line, tuple(points[-1])))
    figure: Any = ax.get_figure(root=True)
    figure.draw_without_rendering()  # settles limits and sizes
    to_axes = ax.transData + ax.transAxes.inverted()
    size = 12
    look: dict[str, Any] = {"fontsize": size, "va": "center", "annotation_clip": False}
    ends = []
    for line, point in lines:
        x, y = to_axes.transform(point)
        if x > 0.9:
            ends.append((line, point, y))
        else:
            ax.annotate(
                str(line.get_label()), point, (10, 0), textcoords="offset points", color=line.get_color(), **look
            )
    heights = np.array([y for _, _, y in ends])
    gap = 1.25 * size / 72 / (ax.get_position().height * figure.get_figheight())
    for (line, point, _), y in zip(ends, spread(heights, gap), strict=True):
        color = line.get_color()
        leader = {"arrowstyle": "-", "color": color, "linewidth": 0.7, "alpha": 0.6, "shrinkB": 2}
        ax.annotate(
            str(line.get_label()), point, (1.02, y), textcoords="axes fraction", color=color, arrowprops=leader, **look
        )


def spread(positions: np.ndarray, gap: float) -> np.ndarray:
    """Positions moved apart as little as needed to be at least gap from one another, in the same order.

    Neighbours that are too close become a block around their common mean; a block swallows what it touches.
    """
    order = np.argsort(positions, kind="stable")
    blocks: list[list[float]] = []
    for position in positions[order]:
        blocks.append([float(position)])
        while len(blocks) > 1 and _top(blocks[-2], gap) + gap > _bottom(blocks[-1], gap):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    moved = np.empty(len(positions))
    moved[order] = [_bottom(block, gap) + i * gap for block in blocks for i in range(len(block))]
    return moved


def _bottom(block: list[float], gap: float) -> float:
    return sum(block) / len(block) - gap * (len(block) - 1) / 2


def _top(block: list[float], gap: float) -> float:
    return sum(block) / len(block) + gap * (len(block) - 1) / 2
