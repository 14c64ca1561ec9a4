"""Exercises of the assignment `babysitting_and_search`: what to check while a network learns, and where to look next."""

from __future__ import annotations

from math import inf

import numpy as np
from gradus import babysitting
from gradus.search_trials import at_edge

from autograder.checks import _babysitting_and_search_curves as curves
from autograder.checks import _babysitting_and_search_hills as hills
from autograder.checks import _babysitting_and_search_probes as tried
from autograder.checks import _babysitting_and_search_trials as trials
from autograder.checks import _babysitting_and_search_wrong as wrong
from autograder.checks import _babysitting_and_search_wrong_curves as wrong_curves
from autograder.checks import _babysitting_and_search_wrong_search as wrong_search
from autograder.checks import _babysitting_and_search_wrong_split as wrong_split
from autograder.comparison import exactly, told, values
from autograder.exercise import exercise, hidden, public, purity
from autograder.probes import args, manners, named_fault, randomness, returns

CHAPTER, SEARCH = "Babysitting the learning process", "Hyperparameter search"

# ---------------------------------------------------------------- expected_initial_loss, regularization_raises_loss, overfit_tiny

exercise(
    "expected_initial_loss", babysitting.expected_initial_loss, babysitting.regularization_raises_loss, tried.overfit_tiny,
    points=6, minutes=40, chapter=CHAPTER, section="Checks before training",
    cases=[
        public("ten classes", returns(lambda rng: args(10))),
        public("more or less regularization", tried.raised, exactly),
        public("what net sees", tried.watched(20, 3, 0.5), told(tried.NOTED)),
        public("a handful is learnt by heart", tried.learnt, hills.in_bands,
               expected=lambda rng: {"loss on twenty samples": (0.0, 0.02)}),
        hidden("two classes and a hundred", tried.other_classes),
        hidden("other losses", tried.raised, exactly),
        hidden("what net sees, other numbers", tried.watched(7, 11, 0.2), told(tried.NOTED)),
        hidden("what net sees, the defaults", tried.watched(None, None, None), told(tried.NOTED)),
        hidden("rng chooses the samples", tried.choices, told(tried.CHOSEN)),
    ],
    mistakes=wrong.EXPECTED_INITIAL_LOSS,
)  # fmt: skip

# ---------------------------------------------------------------- update_ratio, update_ratios, rate_for

exercise(
    "update_ratio", tried.update_ratio, tried.update_ratios, tried.rate_for, points=4, minutes=25, chapter=CHAPTER,
    section="Updates against weights",
    cases=[
        public("a small step", returns(lambda rng: args(np.array([3.0, -4.0]), np.array([3.003, -4.004])))),
        public("a matrix that turns", returns(lambda rng: args(
            np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.0], [2.0, 0.0]])))),
        public("each parameter by itself", tried.ratios),
        public("a rate for 1e-3", returns(lambda rng: args(0.1, 0.02), of=2)),
        hidden("entries of very different sizes", returns(tried.before_and_after)),
        hidden("weights of 0", returns(tried.from_zero)),
        hidden("nothing moved", tried.nothing_moved),
        hidden("other networks", tried.ratios),
        hidden("other rates and targets", returns(lambda rng: args(
            float(10 ** rng.uniform(-4, 0)), float(10 ** rng.uniform(-5, 0)), float(10 ** rng.uniform(-4, -2))), of=2)),
        *manners(tried.before_and_after, float32=False),
        manners(tried.from_zero, float32=False, label="for weights of 0")[2],
    ],
    mistakes=wrong.UPDATE_RATIO,
)  # fmt: skip

# ---------------------------------------------------------------- diagnose

exercise(
    "diagnose", curves.diagnose, points=5, minutes=45, chapter=CHAPTER, section="Reading loss curves",
    cases=[
        public("flat, a gap, and a curve that is neither", curves.diagnosed("flat", "gap", "no gap"), curves.symptoms),
        public("no number any more", curves.diagnosed("nan"), curves.symptoms),
        public("too little capacity", curves.diagnosed("capacity", "still learning"), curves.symptoms),
        public("an explosion", curves.diagnosed("plateau", "no plateau"), curves.symptoms),
        hidden("losses that are not finite", curves.diagnosed("nan"), curves.symptoms),
        hidden("an explosion, then a plateau", curves.diagnosed("plateau"), curves.symptoms),
        hidden("an explosion, then a descent", curves.diagnosed("no plateau", "gap"), curves.symptoms),
        hidden("losses that do not move", curves.diagnosed("flat"), curves.symptoms),
        hidden("losses that did move", curves.diagnosed("not flat", "flat"), curves.symptoms),
        hidden("training and validation", curves.diagnosed("gap", "no gap"), curves.symptoms),
        hidden("capacity", curves.diagnosed("capacity", "still learning"), curves.symptoms),
    ],
    mistakes=wrong_curves.DIAGNOSE,
)  # fmt: skip

# ---------------------------------------------------------------- log_uniform, random_search, at_edge

NUMBERS = trials.decades

exercise(
    "log_uniform", wrong_search.log_uniform, trials.random_search, at_edge, points=6, minutes=50, chapter=SEARCH,
    section="Drawing on the right scale",
    cases=[
        public("numbers between 0.00001 and 1", trials.on_the_scale(trials.five_decades), trials.EVENLY,
               expected=trials.even(trials.five_decades)),
        public("a search", trials.searched(40), told(trials.SEARCHED)),
        public("is 0.3 at the edge of 0.0001 to 1?", trials.some_edges, exactly),
        hidden("numbers between other bounds", trials.on_the_scale(NUMBERS), trials.EVENLY, expected=trials.even(NUMBERS)),
        hidden("a search with other numbers", trials.searched(120, epochs=6), told(trials.SEARCHED)),
        hidden("an impatient search", trials.searched(60, abort=2.0, epochs=4), told(trials.SEARCHED)),
        hidden("edges on a logarithmic scale", trials.edges(True), exactly),
        hidden("edges on the raw scale", trials.edges(False), exactly),
        hidden("wider edges", trials.edges(True, 0.25), exactly),
        *randomness(trials.few_decades, result="numbers"),
        purity("rng draws the points", trials.draws, told(trials.DRAWN)),
    ],
    mistakes=wrong_search.LOG_UNIFORM,
)  # fmt: skip

# ---------------------------------------------------------------- grid_points, grid_and_random

exercise(
    "grid_points", hills.grid_points, hills.grid_and_random, points=5, minutes=40, chapter=SEARCH,
    section="Grid or random", seconds=20.0,
    cases=[
        public("a small grid", hills.grids((2, 9), (1, 4)), values(rtol=1e-7)),
        public("one comparison", hills.compared(3, 1, 64), told(hills.COMPARED)),
        public("few coordinates matter, or all", hills.ahead(), hills.in_bands, expected=lambda rng: {
            "1 of 6 matters": (0.3, inf), "2 of 2 matter": (-inf, 0.015), "1 of 1": (-inf, 0.005)}),
        hidden("other grids", hills.grids((3, 64), (2, 81), (4, 256), (6, 64)), values(rtol=1e-7)),
        hidden("a hill in two dimensions", hills.compared(2, 2, 81), told(hills.COMPARED)),
        hidden("a hill in four dimensions", hills.compared(4, 2, 256), told(hills.COMPARED)),
        hidden("a line", hills.compared(1, 1, 64), told(hills.COMPARED)),
        *randomness(hills.a_comparison, of=1, result="heights"),
    ],
    mistakes=wrong_search.GRID_POINTS,
)  # fmt: skip

# ---------------------------------------------------------------- debug_babysitting_and_search

exercise(
    "debug_babysitting_and_search", "labels", hills.split, names=("FAULT", "split"), points=5, minutes=25, chapter=CHAPTER,
    section="Overfit twenty examples",
    cases=[
        public("a split of numbered samples", hills.splits, told(hills.SPLITS)),
        hidden("the fault you name", named_fault(hills.FAULTS), exactly),
        hidden("other samples", hills.splits, told(hills.SPLITS)),
        *manners(hills.labelled, of=1, float32=False),
        *randomness(hills.labelled, of=1, result="parts"),
    ],
    mistakes=wrong_split.DEBUG,
)  # fmt: skip
