"""gradus.search_trials"""

import numpy as np
from gradus import search_trials
from gradus.search_trials import Trial

from . import Entry


def cost(lr):
    return lr


ENTRIES = [
    Entry(
        search_trials.grid,
        lambda rng, dtype: {"lr": [0.1, 0.01], "width": [16, 32]},
        oracles={
            "itertools.product": "test_search_trials.py::test_a_grid_is_the_product_of_its_axes",
            "distinct projections": "test_search.py::test_random_search_wins_where_few_coordinates_matter",
        },
        bad={"lr": [0.1, [], "relu"]},
    ),
    Entry(
        search_trials.at_edge,
        lambda rng, dtype: {"best": 0.1, "low": 0.01, "high": 1.0, "frac": 0.1, "log": True},
        oracles={
            "by hand, on both scales": "test_search_trials.py::test_edges_are_looked_for_on_the_scale_of_the_search",
            "the share of both edges": "test_search_trials.py::test_a_random_point_is_at_an_edge_as_often_as_the_edges_are_wide",
        },
        bad={"best": [0.001, 2.0], "low": [0.0, 1.0, 0.2], "high": [0.01, 0.05], "frac": [0.5, 1.0]},
    ),
    Entry(
        search_trials.distinct_projections,
        lambda rng, dtype: {"points": rng.random((9, 2)).astype(dtype)},
        oracles={
            "a grid": "test_search_trials.py::test_projections_of_grid_and_random_points",
            "Python's sets": "test_search_trials.py::test_projections_are_counted_as_pythons_sets_count_them",
        },
    ),
    Entry(
        search_trials.run_trials,
        lambda rng, dtype: {"points": [{"lr": 0.1}, {"lr": 0.2}], "objective": cost, "abort": 3.0},
        oracles={
            "outcomes by hand": "test_search_trials.py::test_trials_come_best_first_and_nan_is_worst",
            "geometric series of costs": "test_search_trials.py::test_a_cost_of_more_than_three_times_the_first_ends_a_trial",
        },
        bad={"points": [[1], {"lr": 0.1}], "abort": [0.9, 0], "objective": [lambda lr: None, lambda lr: "low"]},
    ),
    Entry(
        search_trials.rank,
        lambda rng, dtype: {"trial": Trial({"lr": 0.1}, 1.0, "done", (1.0,))},
        oracles={
            "two halves of a search": "test_search.py::test_a_search_can_be_continued",
            "outcomes by hand": "test_search_trials.py::test_trials_without_a_number_rank_alike",
        },
    ),
    Entry(
        search_trials.peak,
        lambda rng, dtype: {
            "x": rng.random((4, 3)).astype(dtype),
            "important": 2,
            "centre": rng.random(3).astype(dtype),
            "width": 0.1,
        },
        oracles={
            "scipy.stats.multivariate_normal": "test_search_trials.py::test_a_peak_is_a_gaussian_density",
            "by hand": "test_search_trials.py::test_a_peak_by_hand",
        },
        bad={"important": [0, 4], "width": [0.0, np.inf], "centre": [np.ones(2), np.inf]},
        fine={"x": {"NaN": "passes through", "empty": "no points", "shape": "any shape (…, D)"}},
    ),
]
