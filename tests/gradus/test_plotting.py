"""Figures: colours that stay apart, labels that do not overlap, what is drawn, and how a notebook shows it."""

import io
import itertools
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from gradus import plotting
from gradus.activations import ACTIVATIONS
from gradus.diagnostics import propagate
from gradus.figure_style import spread
from gradus.initializers import glorot_normal, he_normal, lecun_normal, naive_normal
from gradus.plotting import COLORS, HUES, bars, color_of, curves, heatmap, layer_histograms, signal_plot
from matplotlib.text import Text

# How the three kinds of colour blindness see linear RGB (Machado, Oliveira & Fernandes 2009, severity 1)
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def linear_rgb(color):
    c = np.array(matplotlib.colors.to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def cielab(linear):
    x = RGB_TO_XYZ @ np.clip(linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_hues_stay_apart_for_the_colour_blind(vision):
    seen = {name: cielab(np.array(VISION[vision]) @ linear_rgb(hue)) for name, hue in HUES.items()}
    for a, b in itertools.combinations(HUES, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 25, f"{a} and {b}"  # 2.3 is a just noticeable difference


@pytest.mark.parametrize("name", HUES)
def test_hues_stand_out_from_white(name):
    luminance = RGB_TO_XYZ[1] @ linear_rgb(HUES[name])
    assert 1.05 / (luminance + 0.05) >= 3  # WCAG 2.1, 1.4.11, for graphics


def test_things_shown_together_have_different_colours():
    together = [
        ["tanh", "sigmoid", "relu", "leaky_relu", "elu", "selu", "identity"],
        ["tanh", "relu", "gelu", "silu", "softplus"],
        ["glorot", "he", "lecun", "torch_default", "std_1", "std_0.01", "constant"],
        ["train", "test", "validation"],
        ["sgd", "momentum", "adam"],
    ]
    assert set(ACTIVATIONS) <= {name for group in together for name in group}
    for group in together:
        assert len({COLORS[name] for name in group}) == len(group)


def test_colours_are_found_by_what_a_label_says():
    assert color_of("Leaky ReLU") == COLORS["leaky_relu"]
    assert color_of("std 0.01") == COLORS["std_0.01"]
    assert color_of("run 7", 1) == HUES["orange"] == color_of("run 7", 1 + len(HUES))


@pytest.fixture(scope="module")
def signals():
    inits = {"Glorot": glorot_normal, "LeCun": lecun_normal, "He": he_normal, "std 1": naive_normal}
    return {
        label: [propagate("relu", init, 12, 30, np.random.default_rng(seed), samples=50) for seed in range(3)]
        for label, init in inits.items()
    }


def figures(signals):
    rng = np.random.default_rng(0)
    losses = {"train": rng.random((3, 40)) + 1, "test": rng.random((3, 40)) + 1.01}
    return {
        "signals": signal_plot(signals, title="He keeps ReLU signals alive", show=("forward", "backward", "saturated")),
        "curves": curves(losses, title="Both fall", ylabel="loss", log=True),
        "histograms": layer_histograms([rng.standard_normal(500) for _ in range(6)], title="All alike"),
        "heatmap": heatmap(10.0 ** rng.integers(-9, 9, (3, 4)), list("abc"), list("wxyz"), title="Sizes", log=True),
        "bars": bars({"a": [0.1, 0.3], "b": 0.9}, title="b wins", xlabel="accuracy"),
    }


def test_figures_are_small_opaque_complete_and_let_go_of(signals):
    before = dict(matplotlib.rcParams)
    for name, fig in figures(signals).items():
        assert plt.get_fignums() == [], name  # else a notebook shows it twice
        assert fig.get_suptitle()
        assert fig.get_facecolor() == (1, 1, 1, 1)
        assert all(ax.get_xlabel() for ax in fig.axes[-1:]) or name == "heatmap"
        for kind in ("svg", "png"):
            file = io.BytesIO()
            fig.savefig(file, format=kind, dpi=150)
            assert len(file.getvalue()) < 300_000, (name, kind)
    assert dict(matplotlib.rcParams) == before


def test_text_can_be_read_on_a_phone(signals):
    for name, fig in figures(signals).items():
        fig.draw_without_rendering()
        texts = [t for t in fig.findobj(Text) if t.get_text() and t.get_visible()]
        # 360 pixels wide instead of 6.4 inches: a point shrinks to 360 / 6.4 / 72 pixels
        smallest = min(t.get_fontsize() for t in texts if "mathdefault" not in t.get_text())
        assert smallest * 360 / fig.get_figwidth() / 72 > 9, name


def lines_of(ax, label):
    return [line for line in ax.get_lines() if line.get_label() == label]


def test_signal_plot_draws_the_seeds_and_their_median_on_a_logarithmic_axis(signals):
    fig = signal_plot(signals, title="t", show=["backward", "saturated"])
    backward, saturated = fig.axes
    assert (backward.get_yscale(), saturated.get_yscale()) == ("log", "linear")
    (line,) = lines_of(backward, "He")
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 13))
    rows = np.sort([run["backward"] for run in signals["He"]], axis=0)
    np.testing.assert_array_equal(line.get_ydata(), rows[1])
    assert line.get_color() == COLORS["he"]
    assert len(lines_of(backward, "_seed")) == 3 * 4


def test_one_run_needs_no_list_and_colours_can_be_given(signals):
    (ax,) = signal_plot({"mine": signals["He"][0]}, title="t", show=["forward"], colors={"mine": "#123456"}).axes
    (line,) = lines_of(ax, "mine")
    np.testing.assert_array_equal(line.get_ydata(), signals["He"][0]["forward"])
    assert line.get_color() == "#123456"
    assert not lines_of(ax, "_seed")


def test_a_diverged_run_ends_with_a_cross_and_still_counts_in_the_median():
    runs = [np.array([1.0, 2, 3, 4]), np.array([1.0, 9, np.nan, 1]), np.array([2.0, 8])]
    (ax,) = curves({"sgd": runs}, title="t", ylabel="loss").axes
    (median,) = lines_of(ax, "sgd")
    np.testing.assert_array_equal(median.get_ydata(), [1, 8, np.nan, np.nan])  # two of three have diverged
    ends = sorted((*line.get_xdata(), *line.get_ydata()) for line in lines_of(ax, "_end"))
    assert ends == [(2, 8), (2, 9)]
    (label,) = ax.texts
    ax.figure.draw_without_rendering()
    gap = Text.get_window_extent(label).x0 - ax.transData.transform((2, 8))[0]
    assert (label.get_text(), 0 < gap < 30) == ("sgd", True)  # beside the end, not in the margin


def test_numbers_that_are_not_positive_end_a_logarithmic_curve():
    (ax,) = curves({"sgd": [1.0, 0.1, 0.0, 0.1]}, title="t", ylabel="loss", log=True).axes
    np.testing.assert_array_equal(lines_of(ax, "sgd")[0].get_ydata(), [1, 0.1, np.nan, np.nan])
    (ax,) = curves({"sgd": [1.0, 0.1, 0.0, 0.1]}, title="t", ylabel="loss").axes
    np.testing.assert_array_equal(lines_of(ax, "sgd")[0].get_ydata(), [1, 0.1, 0, 0.1])


def test_labels_at_line_ends_do_not_overlap(signals):
    close = {f"run {i}": np.linspace(1, 0.5 + 1e-3 * i, 20) for i in range(6)} | {"far": np.linspace(1, 0, 20)}
    for fig in (curves(close, title="t", ylabel="loss"), signal_plot(signals, title="t")):
        fig.draw_without_rendering()
        for ax in fig.axes:
            boxes = (Text.get_window_extent(t) for t in ax.texts)  # without the leader
            boxes = sorted(boxes, key=lambda box: box.y0)
            assert len(boxes) > 1
            assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))
            assert all(box.x1 <= fig.bbox.x1 + 1 for box in boxes)


def test_positions_are_spread_no_further_than_needed():
    np.testing.assert_allclose(spread(np.array([0.0, 5.0, 10.0]), 1), [0, 5, 10])
    np.testing.assert_allclose(spread(np.array([5.0, 5.0]), 1), [4.5, 5.5])
    np.testing.assert_allclose(spread(np.array([3.0, 0.0, 3.0, 3.0]), 1), [2, 0, 3, 4])
    rng = np.random.default_rng(0)
    for _ in range(50):
        positions = rng.random(8)
        moved = spread(positions, 0.1)
        order = np.argsort(positions)
        assert (np.diff(moved[order]) >= 0.1 - 1e-12).all()
        assert moved.mean() == pytest.approx(positions.mean())  # least squares moves no centre of gravity


def test_histograms_show_how_the_values_are_spread():
    rng = np.random.default_rng(0)
    fig = layer_histograms(
        {"wide": rng.uniform(-1, 1, 4000), "narrow": np.full(10, 0.3)}, title="t", limits=(-1, 1), bins=4
    )
    (ax,) = fig.axes
    filled = [patch.get_data() for patch in ax.patches]
    np.testing.assert_allclose(filled[0].values / filled[0].values.max(), 1, atol=0.15)
    np.testing.assert_allclose(filled[1].values + 1, [0, 0, filled[1].values.max() + 1, 0], atol=1e-12)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["wide", "narrow"]


def test_heatmap_writes_its_numbers_briefly():
    values = np.array([[1.234e-16, 0.55, 1.0], [0.0, 123.4, 2.9e15]])
    (ax,) = heatmap(values, ["a", "b"], ["x", "y", "z"], title="t").axes
    assert [t.get_text() for t in ax.texts] == ["1e-16", "0.55", "1", "0", "123", "3e15"]


@pytest.mark.parametrize(
    ("means", "shown"),
    [((0.73, 0.725), ["0.730", "0.725"]), ((12.0, -3.45), ["12.00", "-3.45"]), ((2.0, 3.0), ["2", "3"])],
)
def test_the_numbers_beside_bars_have_as_many_decimals(means, shown):
    (ax,) = bars({str(i): mean for i, mean in enumerate(means)}, title="t", xlabel="x").axes
    assert [text.get_text() for text in ax.texts] == shown


def test_bars_show_the_mean_and_every_seed():
    (ax,) = bars({"a": [0.1, 0.3], "b": 0.9}, title="t", xlabel="accuracy").axes
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.2, 0.9])
    (dots,) = ax.get_lines()
    np.testing.assert_array_equal(dots.get_xdata(), [0.1, 0.3])
    assert [t.get_text() for t in ax.texts] == ["0.2", "0.9"]


def test_long_titles_are_broken_into_lines():
    fig = bars({"a": 1.0}, title="a title of many words " * 6, xlabel="x")
    assert all(len(line) <= 56 for line in fig.get_suptitle().split("\n"))


def test_house_style_is_set_on_request_only():
    with matplotlib.rc_context():
        plotting.use_house_style()
        assert matplotlib.rcParams["font.size"] == 13
        assert matplotlib.rcParams["svg.hashsalt"]
    assert matplotlib.rcParams["font.size"] != 13


def test_a_notebook_shows_a_figure_once_and_as_svg(monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel's default is the inline backend
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = [
        "from gradus.plotting import bars, use_house_style\nuse_house_style()",
        "fig = bars({'a': 1.0}, title='t', xlabel='x')\nfig",
        "fig = bars({'a': 1.0}, title='t', xlabel='x')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    first, shown, kept = (cell.outputs for cell in notebook.cells)
    assert (first, kept) == ([], [])
    (output,) = shown
    assert "image/svg+xml" in output.data


def test_importing_plotting_imports_no_matplotlib():
    code = "import sys, gradus.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
