"""Exercises whose answer is a figure: what it shows is looked at, its labels, scales, lines and images, not its pixels.

Matplotlib lives where the student's code runs. There a short program of ours calls the student's function and describes the
figure as plain data; the judge, which never imports Matplotlib, gets it in three exchanges, whatever the figure holds.
A figure may be returned (as Figure, Axes, or anything that holds some), or left as the current one.

    def curves(rng):
        return args(np.arange(1, 21), {"train": np.exp(-rng.random(20)), "test": np.exp(-rng.random(20))})

    exercise(
        "plot_losses", ref.plot_losses, …,
        cases=[
            public("a curve for each run", draws(curves), shows(lines(rtol=1e-6))),
            public("axes that say what they show", draws(curves), shows(labelled, scales)),
            hidden("other runs", draws(curves), shows(lines(), legend("train", "test"))),
        ],
        mistakes=[mistake("linear", "Losses differ by factors: …", wrong.linear_axis)],
    )

What is expected is what the reference draws; a mistake is recognised by what its wrong version draws, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.comparison import Comparison, Difference, values
from autograder.drawn import MOST
from autograder.handle import Handle, StudentFailure
from autograder.probes import Make, Probe, callable_of
from autograder.wording import call_text, value_text

__all__ = [
    "bars",
    "drawing",
    "draws",
    "image",
    "labelled",
    "legend",
    "lines",
    "points",
    "scales",
    "shows",
    "ticks",
    "titled",
]

Axes = dict[str, Any]
Aspect = Callable[[Axes, Axes, float], Difference | None]

NOTHING = "no figure was drawn: return it, or leave it the current one"
UNREADABLE = "the figure cannot be read"
TO_EVAL = (("__builtins__",), ("__wrapped__", "__builtins__"), ("__call__", "__builtins__"), ("__init__", "__builtins__"),
           ("func", "__builtins__"))  # fmt: skip

LINE = {"label": str, "x": np.ndarray, "y": np.ndarray, "color": str, "style": str, "marker": str}
OF_AXIS = {"label": str, "scale": str, "lim": np.ndarray, "ticks": np.ndarray, "ticklabels": [str]}
AXES = {
    "title": str, "colorbar": bool, "texts": [str], "lines": [LINE], "points": [{"label": str, "xy": np.ndarray}],
    "bars": np.ndarray, "images": [{"data": np.ndarray, "limits": np.ndarray, "colors": str}], "legend": (None, [str]),
    **{f"{axis}{name}": form for axis in "xy" for name, form in OF_AXIS.items()},
}  # fmt: skip
FIGURE = {"title": str, "size": np.ndarray, "axes": [AXES]}


# -------------------------------------------------------------------- taking


def drawing(function: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Call a student's function and take what its figure shows.

    Args:
        function: a handle on the function.
        args, kwargs: what it is called with.

    Returns:
        title, size (width, height in inches) and axes, a list of dicts: title, legend (None or its texts), colorbar (whether
        these are the axes of one), texts; for x and y each xlabel, xscale ("linear", "log", …), xlim, xticks, xticklabels;
        lines (label, x, y, color "#rrggbb", style, marker), points (label, xy (N, 2)), bars (N, 4): x, width, y, height;
        images (data, limits, colors). Arrays are float64, what is masked is NaN. At most 50 of each kind.

    Raises:
        StudentFailure: the function raised, or drew nothing.
    """
    program = Path(__file__).with_name("drawn.py").read_text(encoding="utf-8")
    code = f"(lambda names: (exec({program!r}, names), names['draw'])[1])({{'__name__': 'drawn'}})"
    draw = callable_of(eval_of(callable_of(function))(code))
    found = draw(function, list(args), kwargs)
    if found is None:
        raise StudentFailure("wrong", "", NOTHING)
    if not matches(found, FIGURE):
        raise StudentFailure("wrong", "", UNREADABLE)
    return found


def eval_of(function: Handle) -> Handle:
    """The built-in `eval` of the process that a function lives in, found through the function itself."""
    for path in TO_EVAL:
        found: Any = function
        try:
            for name in path:
                found = found.get(name)
        except StudentFailure as failure:
            if failure.verdict != "raised":
                raise
            continue
        if isinstance(found, dict) and hasattr(found.get("eval"), "call"):
            return found["eval"]
    raise StudentFailure("wrong", "", "a function written in Python is expected")


def matches(value: Any, form: Any) -> bool:
    """Whether a value is of a form: a type, [form] for a list, {name: form} for a dict, (None, form)."""
    if isinstance(form, dict):
        return (
            isinstance(value, dict) and set(value) == set(form) and all(matches(value[k], f) for k, f in form.items())
        )
    if isinstance(form, list):
        return isinstance(value, list) and len(value) <= MOST and all(matches(v, form[0]) for v in value)
    if isinstance(form, tuple):
        return value is None or matches(value, form[1])
    return isinstance(value, form) and (form is not np.ndarray or value.dtype == np.float64)


def draws(make: Make, *, of: int = 0, name: str = "") -> Probe:
    """A probe: what the figure shows that a call draws. The arguments are those of `autograder.probes.returns`."""

    def probe(rng: np.random.Generator, *objects: Any) -> dict[str, Any]:
        positional, named = make(rng)
        return drawing(objects[of], *positional, **named)

    def shown(rng: np.random.Generator, names: tuple[str, ...]) -> str:
        return call_text(name or names[of], *make(rng))

    probe.shown = shown  # type: ignore[attr-defined]
    return probe


# -------------------------------------------------------------------- comparing


def shows(*aspects: Aspect) -> Comparison:
    """A comparison of two figures, axes by axes, in these aspects; colorbars' own axes are left out.

    The expected figure says how many axes there must be, at least.
    """

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        mine, wanted = plots(given), plots(expected)
        if len(mine) < len(wanted):
            return Difference("shape", counted(len(wanted), "pair") + " of axes", counted(len(mine), "pair"))
        for i, (g, e) in enumerate(zip(mine, wanted, strict=False)):
            for aspect in aspects:
                if d := aspect(g, e, slack):
                    part = ", ".join(filter(None, [f"axes {i + 1}" if len(wanted) > 1 else "", d.part]))
                    return Difference(d.kind, d.expected, d.given, d.hint, part)
        return None

    return compare


def plots(figure: dict[str, Any]) -> list[Axes]:
    return [ax for ax in figure["axes"] if not ax["colorbar"]]


def counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' if n != 1 else ''}"


def labelled(given: Axes, expected: Axes, slack: float) -> Difference | None:
    """Both axes say what they show, where those of the reference do; in whatever words."""
    for axis in "xy":
        if expected[f"{axis}label"].strip() and not given[f"{axis}label"].strip():
            return Difference("values", f"a label on the {axis} axis", "none",
                              f"Who looks at the figure must know what runs along {axis}, and in which unit.")  # fmt: skip
    return None


def titled(given: Axes, expected: Axes, slack: float) -> Difference | None:
    """There is a title where the reference has one; in whatever words."""
    return Difference("values", "a title", "none") if expected["title"].strip() and not given["title"].strip() else None


def scales(given: Axes, expected: Axes, slack: float) -> Difference | None:
    """The axes are logarithmic, linear, … where those of the reference are."""
    for axis in "xy":
        mine, wanted = given[f"{axis}scale"], expected[f"{axis}scale"]
        if mine != wanted:
            hint = "Values that differ by factors are told apart on a logarithmic axis." if wanted == "log" else ""
            return Difference(
                "values", f"a {wanted} scale on the {axis} axis", f"a {value_text(mine).strip(chr(39))} one", hint
            )
    return None


def ticks(axis: str, rtol: float = 1e-6) -> Aspect:
    """The ticks of an axis, "x" or "y", that can be seen are where those of the reference are."""

    def seen(ax: Axes) -> np.ndarray:
        low, high = sorted(ax[f"{axis}lim"].ravel()[:2]) if ax[f"{axis}lim"].size >= 2 else (-np.inf, np.inf)
        found = np.sort(ax[f"{axis}ticks"].ravel())
        margin = 1e-9 * (high - low) if np.isfinite(high - low) else 0.0
        return found[(found >= low - margin) & (found <= high + margin)]

    def aspect(given: Axes, expected: Axes, slack: float) -> Difference | None:
        return inside(values(rtol)(seen(given), seen(expected), slack), f"ticks of the {axis} axis")

    return aspect


def legend(*words: str) -> Aspect:
    """There is a legend. It has these words, each in an entry of its own; without words, as many entries as the reference's."""

    def aspect(given: Axes, expected: Axes, slack: float) -> Difference | None:
        entries = given["legend"]
        if not entries:
            hint = "" if entries is None else "The legend is empty: give each line a label."
            return Difference("values", "a legend", "none" if entries is None else "an empty one", hint, "legend")
        if not words and len(entries) < len(expected["legend"] or ()):
            return Difference("values", counted(len(expected["legend"]), "entry").replace("entrys", "entries"),
                              str(len(entries)), "", "legend")  # fmt: skip
        left = [entry.lower() for entry in entries]
        for word in words:
            match = next((entry for entry in left if word.lower() in entry), None)
            if match is None:
                return Difference("values", f"an entry with {word!r}", value_text(entries), "", "legend")
            left.remove(match)
        return None

    return aspect


def lines(rtol: float = 1e-6, atol: float = 1e-9, *, ordered: bool = False) -> Aspect:
    """Each line of the reference is there, with its x and y. Further lines, such as guides, may be.

    Args:
        rtol, atol: the tolerances.
        ordered: whether the lines must come in the reference's order; otherwise the one that fits is looked for.
    """
    return each("lines", "line", ("x", "y"), values(rtol, atol), ordered)


def points(rtol: float = 1e-6, atol: float = 1e-9) -> Aspect:
    """Each cloud of points (of `scatter`) of the reference is there, its points in the same order."""
    return each("points", "cloud of points", ("xy",), values(rtol, atol), False)


def image(rtol: float = 1e-6, atol: float = 1e-9) -> Aspect:
    """Each image (of `imshow`) of the reference is there, with its data."""
    return each("images", "image", ("data",), values(rtol, atol), True)


def bars(rtol: float = 1e-6, atol: float = 1e-9) -> Aspect:
    """The bars have the heights of the reference's, from left to right."""

    def heights(ax: Axes) -> np.ndarray:
        found = ax["bars"].reshape(-1, 4) if ax["bars"].size % 4 == 0 else np.empty((0, 4))
        return found[np.argsort(found[:, 0], kind="stable"), 3]

    def aspect(given: Axes, expected: Axes, slack: float) -> Difference | None:
        return inside(values(rtol, atol)(heights(given), heights(expected), slack), "heights of the bars")

    return aspect


def each(kind: str, name: str, fields: Sequence[str], compare: Comparison, ordered: bool) -> Aspect:
    """Every artist of a kind that the reference has is there."""

    def differences(g: dict[str, Any], e: dict[str, Any], slack: float) -> Iterator[Difference]:
        for key in fields:
            if d := inside(compare(g[key], e[key], slack), key if len(fields) > 1 else ""):
                yield d

    def aspect(given: Axes, expected: Axes, slack: float) -> Difference | None:
        mine, wanted = given[kind], expected[kind]
        if len(mine) < len(wanted):
            return Difference("shape", counted(len(wanted), name), str(len(mine)))
        left = list(range(len(mine)))
        for i, e in enumerate(wanted):
            fitting = [j for j in left if not any(differences(mine[j], e, slack))] if not ordered else []
            if fitting:
                left.remove(fitting[0])
                continue
            same_name = [j for j in left if e["label"] and mine[j]["label"] == e["label"]] if "label" in e else []
            j = i if ordered else (same_name or [i if i in left else left[0]])[0]
            if d := next(differences(mine[j], e, slack), None):
                called = f" {e['label']!r}" if same_name else f" {j + 1}" if len(wanted) > 1 else ""
                return inside(d, f"{name}{called}")
        return None

    return aspect


def inside(difference: Difference | None, part: str) -> Difference | None:
    """A difference, told to be of a part."""
    if difference is None:
        return None
    where = ", ".join(filter(None, [part, difference.part]))
    return Difference(difference.kind, difference.expected, difference.given, difference.hint, where)
