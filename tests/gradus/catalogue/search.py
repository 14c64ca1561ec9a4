"""gradus.search"""

import numpy as np
from gradus import search
from gradus.search import log_uniform, uniform

from . import Entry

FLOAT64 = "numbers are drawn in float64; no array comes in"
NEGATIVE = "a range may lie below 0"


def sampled(rng, dtype):
    return {"low": 0.1, "high": 0.9, "size": 5, "rng": rng}


def space():
    return {"lr": (log_uniform, 1e-4, 1.0), "rate": (uniform, 0.0, 0.5), "width": [16, 32]}


ORDER = {"low": [0.9, 1.0, -np.inf], "high": [0.1, 0.05, np.inf], "size": [(2, -1), (2.0,), "ab"]}


def cost(lr, rate, width):
    return lr + rate


ENTRIES = [
    Entry(
        search.uniform,
        sampled,
        oracles={
            "scipy.stats.uniform, KS and mean": "test_search.py::test_uniform_has_scipys_distribution",
            "a histogram": "test_search.py::test_each_decade_gets_its_share",
        },
        bad=ORDER,
        fine={"size": {"None": "a single float"}, "low": {"negative": NEGATIVE}},
        other_dtype=FLOAT64,
    ),
    Entry(
        search.log_uniform,
        sampled,
        oracles={
            "scipy.stats.loguniform, KS and mean": "test_search.py::test_log_uniform_has_scipys_distribution",
            "decades counted": "test_search.py::test_each_decade_gets_its_share",
        },
        bad={**ORDER, "low": [0, 0.0, 1.0]},
        fine={"size": {"None": "a single float"}},
        other_dtype=FLOAT64,
    ),
    Entry(
        search.one_minus_log_uniform,
        sampled,
        oracles={
            "scipy.stats.loguniform of 1 − x, KS and mean": "test_search.py::test_the_distance_from_1_is_log_uniform",
            "the range, at its narrowest": "test_search.py::test_rounding_does_not_leave_the_range",
        },
        bad={**ORDER, "high": [1, 1.0, 1.5, 0.1]},
        fine={"size": {"None": "a single float"}, "low": {"negative": NEGATIVE}},
        other_dtype=FLOAT64,
    ),
    Entry(
        search.draw_points,
        lambda rng, dtype: {"space": space(), "n": 5, "rng": rng},
        oracles={
            "KS, χ² and correlation": "test_search.py::test_points_are_drawn_from_their_entries_independently",
            "random_search": "test_search.py::test_random_search_depends_on_the_generator_alone",
        },
        bad={"space": [{}, [1], {"a": []}, {"a": 1}, {"a": (uniform, 1, 0)}, {"a": (max, 0, 1)}, {"a": (uniform, 0)}]},
    ),
    Entry(
        search.narrowed,
        lambda rng, dtype: {"space": space(), "best": {"lr": 0.01, "rate": 0.1, "width": 16}, "zoom": 4.0},
        oracles={
            "by hand": "test_search.py::test_a_space_is_narrowed_on_the_axis_of_its_sampler",
            "the stages of a search": "test_search.py::test_each_stage_looks_around_the_best_point_of_the_last",
        },
        bad={
            "zoom": [1, 1.0, np.inf],
            "best": [{}, {"lr": 0.01}, {"lr": 2.0, "rate": 0.1, "width": 16}],
            "space": [{}],
        },
    ),
    Entry(
        search.random_search,
        lambda rng, dtype: {"space": space(), "objective": cost, "n": 3, "rng": rng, "abort": 3.0},
        oracles={
            "draw_points": "test_search.py::test_random_search_depends_on_the_generator_alone",
            "the least of n draws": "test_search.py::test_the_best_of_n_trials_is_the_least_of_n_uniform_numbers",
        },
        bad={"space": [{}, {"lr": 1}], "abort": [0.9]},
    ),
    Entry(
        search.coarse_to_fine,
        lambda rng, dtype: {"space": space(), "stages": [(cost, 3), (cost, 2)], "rng": rng, "zoom": 4.0, "abort": 3.0},
        oracles={
            "narrowed ranges, stage by stage": "test_search.py::test_each_stage_looks_around_the_best_point_of_the_last",
            "one stage of the same budget": "test_search.py::test_coarse_to_fine_beats_one_stage_of_the_same_budget",
        },
        bad={"space": [{}], "stages": [[], [cost], [(cost, 0)], [(1, 2)]], "zoom": [1.0], "abort": [0.9]},
    ),
]
