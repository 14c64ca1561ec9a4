"""Figures of how the time of a step grows with the number of nodes, the batch and the width of the layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import graphs
import numpy as np
from frameworks import torch_step
from gradus.figure_style import HUES, in_house_style, label_line_ends, new_figure
from race import Contestant, race
from training_steps import gradus_step, hand_tuned_step, problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"gradus": HUES["blue"], "NumPy by hand": HUES["black"], "PyTorch": HUES["orange"]}
Times = dict[str, list[float]]  # contestant → seconds a step, for each size
Reporter = Callable[[str], Callable[[str], None]]


def numpy_chain(nodes: int) -> Contestant:
    """The chain and its derivative written as two loops."""

    def work() -> Any:
        y, g = np.array(1.0), np.array(1.0)
        for _ in range(nodes):
            y = y * 0.9999
        for _ in range(nodes):
            g = g * 0.9999
        return g

    return work


def chain_makers(nodes: int) -> dict[str, Callable[[], Contestant]]:
    return {
        "gradus": partial(graphs.gradus_graph, graphs.chain, nodes),
        "NumPy by hand": partial(numpy_chain, nodes),
        "PyTorch": partial(graphs.torch_graph, graphs.chain, nodes),
    }


def step_makers(sizes: tuple[int, ...], batch: int) -> dict[str, Callable[[], Contestant]]:
    given = problem(sizes, batch, np.float32)
    steps = {"gradus": gradus_step, "NumPy by hand": hand_tuned_step, "PyTorch": torch_step}
    return {name: partial(make, *given) for name, make in steps.items()}


def measure(makers_of: Callable[[int], dict[str, Any]], sizes: list[int], report: Callable[[str], None]) -> Times:
    """The median time of each contestant at each size. Without PyTorch there are two contestants."""
    times: Times = {}
    for size in sizes:
        contestants = {}
        for name, make in makers_of(size).items():
            try:
                contestants[name] = make()
            except ImportError as error:
                report(f"{error.name} is not installed")
        report(f"{size:,}")
        rounds = 3 if size >= 100_000 else 9
        for name, seconds in race(contestants, rounds, 0.02, lambda text: None).items():
            times.setdefault(name, []).append(median(seconds))
    return times


@in_house_style
def figure(title: str, xlabel: str, sizes: list[int], times: Times, unit: float, ylabel: str) -> Figure:
    fig, (ax,) = new_figure(title, height=3.8)
    for name, seconds in times.items():
        ax.loglog(sizes, np.array(seconds) / unit, marker="o", markersize=4, color=COLORS[name], label=name)
    ax.set_xticks(sizes, [f"{size:,}" if size >= 10_000 else f"{size}" for size in sizes])
    ax.set_xticks([], minor=True)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    label_line_ends(ax)
    return fig


def ratios(times: Times, other: str) -> np.ndarray:
    return np.array(times["gradus"]) / np.array(times.get(other, times["gradus"]))


def draw_nodes(report: Callable[[str], None]) -> Figure:
    sizes = [10**k for k in range(2, 7)]
    times = measure(chain_makers, sizes, report)
    each = np.array(times["gradus"]) / sizes * 1e6
    title = f"A graph takes {each.min():.1f} to {each.max():.1f} µs a node, from {sizes[0]} nodes to a million"
    return figure(title, "nodes of a chain", sizes, times, 1e-3, "milliseconds, build and backward")


def draw_batch(report: Callable[[str], None]) -> Figure:
    sizes = [2**k for k in range(2, 12)]
    times = measure(lambda batch: step_makers((64, 100, 100, 10), batch), sizes, report)
    over = ratios(times, "NumPy by hand")
    title = (
        f"From batch {sizes[0]} to {sizes[-1]}, gradus takes {over.max():.2f} to {over.min():.2f} times NumPy's time"
    )
    return figure(title, "batch (MLP 64-100-100-10, float32)", sizes, times, 1e-6, "microseconds a training step")


def draw_width(report: Callable[[str], None]) -> Figure:
    sizes = [2**k for k in range(4, 11)]
    times = measure(lambda width: step_makers((64, width, width, 10), 32), sizes, report)
    over = ratios(times, "PyTorch")
    faster = [size for size, ratio in zip(sizes, over, strict=True) if ratio < 1]
    title = (
        f"Up to {max(faster)} units a layer gradus trains faster than PyTorch"
        if faster
        else "PyTorch trains faster than gradus at every width"
    )
    return figure(title, "units a layer (batch 32, float32)", sizes, times, 1e-6, "microseconds a training step")


def draw_all(folder: Path, reporter: Reporter) -> int:
    """Draws growth_nodes.svg, growth_batch.svg and growth_width.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (("nodes", draw_nodes), ("batch", draw_batch), ("width", draw_width)):
        path = folder / f"growth_{name}.svg"
        draw(reporter(f"growth with {name}:")).savefig(path, metadata={"Date": None})
        print(path)
    return 0
