"""Exercises whose answer is a figure, in a notebook's process and across the boundary."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest
import toy

from autograder.comparison import Difference
from autograder.exercise import REGISTRY, Exercise, exercise, hidden, mistake, public
from autograder.figures import (
    bars,
    drawing,
    draws,
    image,
    labelled,
    legend,
    lines,
    points,
    scales,
    shows,
    ticks,
    titled,
)
from autograder.handle import StudentFailure, local
from autograder.judging import Answer, judge
from autograder.probes import args


def plot_losses(epochs, runs):
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    for name, losses in runs.items():
        ax.semilogy(epochs, losses, label=name)
    ax.set(xlabel="epoch", ylabel="loss", title="Loss of two runs")
    ax.legend()
    return fig


def other_way(epochs, runs):
    import matplotlib.pyplot as plt

    plt.figure(figsize=(4, 3))
    for name in reversed(runs):
        plt.plot(epochs, runs[name], "o-", label=f"loss on {name} data")
    plt.yscale("log")
    plt.axhline(1.0, color="0.5")
    plt.xlabel("Epoch (passes over the data)")
    plt.ylabel("Cross-entropy")
    plt.title("It falls")
    plt.legend()
    plt.show()


def returns_axes(epochs, runs):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    for name, losses in runs.items():
        ax.plot(epochs, losses, label=name)
    ax.set(xlabel="epoch", ylabel="loss", yscale="log", title="Losses")
    ax.legend()
    return ax, 3


def linear(epochs, runs):
    fig = plot_losses(epochs, runs)
    fig.axes[0].set_yscale("linear")
    return fig


def unlabelled(epochs, runs):
    fig = plot_losses(epochs, runs)
    fig.axes[0].set_ylabel(" ")
    return fig


def one_epoch_late(epochs, runs):
    return plot_losses(np.asarray(epochs) + 1, runs)


RIGHT = {"reference": plot_losses, "pyplot": other_way, "axes": returns_axes}
WRONG = {"linear": linear, "unlabelled": unlabelled, "one_epoch_late": one_epoch_late}


def declare() -> Exercise:
    """The example of an exercise that asks for a figure."""

    def curves(rng):
        return args(np.arange(1, 6), {"train": 2.0 * np.exp(-3 * rng.random(5)), "test": np.exp(-rng.random(5))})

    return exercise(
        "plot_losses", plot_losses, points=4, minutes=10, chapter="Toys", section="Toys",
        cases=[
            public("a curve for each run", draws(curves), shows(lines())),
            public("axes that say what they show", draws(curves), shows(titled, labelled, scales)),
            hidden("other runs", draws(curves), shows(lines(), legend("train", "test"), scales)),
        ],
        mistakes=[
            mistake("linear", "Your losses differ by factors, but the axis counts differences.", linear),
            mistake("unlabelled", "Nobody can tell what runs along y: name it.", unlabelled),
            mistake("one_epoch_late", "Your curves begin after the first epoch.", one_epoch_late),
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def ex():
    before = dict(REGISTRY)
    yield declare()
    REGISTRY.clear()
    REGISTRY.update(before)


def here(ex: Exercise, function) -> Answer:
    given = (local(function),)
    return judge(ex, lambda: given, seed=3)


def source(function) -> str:
    return "import numpy as np\n" + "\n".join(inspect.getsource(f) for f in dict.fromkeys([plot_losses, function]))


# -------------------------------------------------------------------- the example


@pytest.mark.parametrize("way", RIGHT)
def test_a_right_figure_earns_everything_however_it_is_made(ex, way):
    got = here(ex, RIGHT[way])
    assert got.verdict == "pass", got


@pytest.mark.parametrize("wrong", WRONG)
def test_each_mistake_is_answered_by_its_own_sentence(ex, wrong):
    got = here(ex, WRONG[wrong])
    assert got.misconception == wrong and got.score < ex.points


def test_the_messages_name_the_axis_the_line_and_what_was_expected(ex):
    first = {wrong: next(r for r in here(ex, WRONG[wrong]).results if not r.passed) for wrong in WRONG}
    assert first["linear"].expected == "a log scale on the y axis" and first["linear"].given == "a linear one"
    assert first["unlabelled"].expected == "a label on the y axis"
    assert first["one_epoch_late"].part == "line 'train', x"
    assert first["one_epoch_late"].hint == "Every value is off by +1."
    assert first["linear"].call.startswith("plot_losses([1, 2, 3, 4, 5], {'train': [")


@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_a_figure_gets_the_same_answer_across_the_boundary(ex, name):
    function = (RIGHT | WRONG)[name]
    with toy.session_of(source(function)) as session:
        there = judge(ex, lambda: session.objects("it", [function.__name__], 20.0), seed=3)
    assert there == here(ex, function)


def test_a_figure_takes_three_exchanges_however_much_it_holds(ex):
    many = "def f(n):\n    import matplotlib.pyplot as plt\n    fig, axes = plt.subplots(2, 2)\n" + (
        "    for ax in axes.flat:\n        for k in range(10):\n            ax.plot(range(n), label=str(k))\n    return axes"
    )
    with toy.session_of(many) as session:
        [f] = session.objects("it", ["f"], 20.0)
        asked, ask = [], session.ask
        session.ask = lambda *a, **k: (asked.append(a[1]), ask(*a, **k))[1]
        found = drawing(f, 100)
    assert asked == ["get", "call", "call"]
    assert [len(ax["lines"]) for ax in found["axes"]] == [10] * 4
    assert found["axes"][3]["lines"][9]["y"].tolist() == list(range(100))


def test_the_judge_needs_no_matplotlib():
    code = "import sys, autograder.figures; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# -------------------------------------------------------------------- taking


def taken(function, *args):
    return drawing(local(function), *args)


def test_labels_ticks_scales_points_bars_and_images_are_taken():
    def f():
        import matplotlib.pyplot as plt

        fig, (a, b, c) = plt.subplots(1, 3)
        a.scatter([1, 2], [3, np.nan], label="data")
        a.set_xticks([1, 2], ["one", "two"])
        a.set_xlim(0.5, 2.5)
        b.bar([0, 1], [3.0, 5.0])
        fig.colorbar(c.imshow([[0.0, 1.0], [2.0, 3.0]], cmap="gray", vmin=0, vmax=4))
        c.set_title("loss", loc="left")
        fig.suptitle("all")

    found = taken(f)
    a, b, c, bar = found["axes"]
    assert found["title"] == "all" and c["title"] == "loss"
    assert a["points"][0]["label"] == "data" and a["points"][0]["xy"][0].tolist() == [1, 3]
    assert np.isnan(a["points"][0]["xy"][1, 1])
    assert a["xticks"].tolist() == [1, 2] and a["xticklabels"] == ["one", "two"] and a["xlim"].tolist() == [0.5, 2.5]
    assert b["bars"][:, 3].tolist() == [3, 5]
    assert c["images"][0]["data"].tolist() == [[0, 1], [2, 3]] and c["images"][0]["limits"].tolist() == [0, 4]
    assert [x["colorbar"] for x in found["axes"]] == [False, False, False, True] and bar["colorbar"]


def test_open_figures_stay_and_new_ones_are_closed():
    import matplotlib.pyplot as plt

    mine = plt.figure()
    mine.gca().plot([5, 6], label="before")
    try:
        drawn = taken(lambda: plt.plot([1, 2], [3, 4], label="mine") and None)
        assert [line["label"] for line in drawn["axes"][0]["lines"]] == ["mine"]
        assert plt.get_fignums() == [mine.number] and len(mine.gca().lines) == 1
        with pytest.raises(StudentFailure, match="no figure was drawn"):
            taken(lambda: None)
        assert plt.get_fignums() == [mine.number]
    finally:
        plt.close(mine)


def test_what_is_no_figure_is_told_so():
    with pytest.raises(StudentFailure, match="no figure was drawn"):
        taken(lambda: 3)
    with pytest.raises(StudentFailure, match="a function is expected"):
        drawing(local(3))
    with pytest.raises(StudentFailure, match="a function written in Python"):
        drawing(local(len))


def test_what_a_function_raises_is_raised_as_its_own():
    def stub():
        raise NotImplementedError

    with pytest.raises(StudentFailure) as failure:
        taken(stub)
    assert (failure.value.verdict, failure.value.kind) == ("missing", "NotImplementedError")


class Draws:
    def __call__(self, n):
        return __import__("matplotlib.pyplot").pyplot.plot(range(n))


def test_an_object_a_partial_and_a_cached_function_can_draw():
    from functools import cache, partial

    for f in (Draws(), partial(Draws().__call__), cache(lambda n: Draws()(n))):
        assert taken(f, 4)["axes"][0]["lines"][0]["y"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("forged", ["{'axes': 3}", "{'title': '', 'size': 0, 'axes': []}", "7", "[None]"])
def test_a_forged_description_is_refused(forged):
    lying = f"class F:\n    def __call__(self): pass\n    __builtins__ = {{'eval': lambda code: lambda *a: {forged}}}\nf = F()"
    with toy.session_of(lying) as session:
        [f] = session.objects("it", ["f"], 20.0)
        with pytest.raises(StudentFailure, match="cannot be read"):
            drawing(f)


# -------------------------------------------------------------------- comparing


def compared(aspect, mine, wanted) -> Difference | None:
    def drawn(paint):
        def f():
            import matplotlib.pyplot as plt

            fig, ax = plt.subplots()
            paint(ax)
            return fig

        return taken(f)

    return shows(aspect)(drawn(mine), drawn(wanted))


def test_lines_fit_in_any_order_unless_the_order_is_asked_for():
    def up_down(ax):
        ax.plot([1, 2, 3])
        ax.plot([3, 2, 1])

    def down_up(ax):
        ax.plot([3, 2, 1])
        ax.plot([1, 2, 3])

    assert compared(lines(), down_up, up_down) is None
    assert compared(lines(ordered=True), down_up, up_down).part == "line 1, y"
    missing = compared(lines(), lambda ax: ax.plot([1, 2, 3]), up_down)
    assert (missing.expected, missing.given) == ("2 lines", "1")
    twice = compared(lines(), lambda ax: ax.plot([[1, 1], [2, 2], [3, 3]]), up_down)
    assert twice is not None, "one line does not stand for two"


def test_images_bars_and_points_are_compared_by_their_data():
    checker = np.indices((2, 3)).sum(axis=0) % 2
    flipped = compared(image(), lambda ax: ax.imshow(checker[::-1]), lambda ax: ax.imshow(checker))
    assert flipped.part == "image" and flipped.kind == "values"
    assert compared(image(), lambda ax: ax.imshow(checker, cmap="gray"), lambda ax: ax.imshow(checker)) is None
    assert compared(bars(), lambda ax: ax.bar([2, 1], [4, 3]), lambda ax: ax.bar([1, 2], [3, 4])) is None
    assert (
        compared(bars(), lambda ax: ax.bar([1, 2], [4, 3]), lambda ax: ax.bar([1, 2], [3, 4])).part
        == "heights of the bars"
    )
    cloud = np.arange(6.0).reshape(3, 2)
    assert compared(points(), lambda ax: ax.scatter(*cloud.T, c="r"), lambda ax: ax.scatter(*cloud.T)) is None
    assert compared(points(), lambda ax: ax.scatter(*cloud.T + 1), lambda ax: ax.scatter(*cloud.T)) is not None


def test_ticks_and_legend():
    assert compared(ticks("x"), lambda ax: ax.set_xticks([0, 0.5, 1]), lambda ax: ax.set_xticks([1, 0.5, 0])) is None
    assert compared(ticks("x"), lambda ax: ax.set_xticks([0, 0.4, 1]), lambda ax: ax.set_xticks([1, 0.5, 0])).part == (
        "ticks of the x axis")  # fmt: skip

    def named(*labels):
        def paint(ax):
            for i, text in enumerate(labels):
                ax.plot([i, 1], label=text)
            ax.legend()

        return paint

    assert compared(legend("tanh", "relu"), named("ReLU", "tanh, Glorot"), named("a")) is None
    assert compared(legend("tanh", "relu"), named("tanh", "tanh relu"), named("a")) is None
    assert compared(legend("tanh", "relu"), named("tanh"), named("a")).expected == "an entry with 'relu'"
    assert compared(legend(), lambda ax: ax.plot([1]), named("a")).given == "none"
    assert compared(legend(), named("a"), named("a", "b")).expected == "2 entries"


def test_several_axes_are_compared_in_their_order():
    def panels(first, second):
        def f():
            import matplotlib.pyplot as plt

            fig, axes = plt.subplots(1, 2)
            axes[0].set_yscale(first)
            axes[1].set_yscale(second)
            return fig

        return taken(f)

    assert shows(scales)(panels("log", "linear"), panels("linear", "log")).part == "axes 1"
    fewer = taken(lambda: __import__("matplotlib.pyplot").pyplot.subplots())
    assert shows(scales)(fewer, panels("log", "log")).expected == "2 pairs of axes"
