"""gradus.reductions"""

from gradus import reductions as r

from . import Entry

LIVE = "test_operations.py::test_value_and_gradients_are_those_of_pytorch"
DIFFERENCES = "test_operations.py::test_gradients_agree_with_differences_along_random_directions"
HAND = "test_operations.py::test_reductions_by_hand"


def entry(function, oracles, empty):
    return Entry(
        function,
        lambda rng, dtype: {"x": rng.standard_normal((3, 4)).astype(dtype), "axis": 0, "keepdims": True},
        oracles={"PyTorch": LIVE, "difference quotients": DIFFERENCES, "by hand": HAND} | oracles,
        bad={"x": [[1.0], 2.0], "axis": [2, (0, 0), (0, 5)]},
        fine={
            "x": {"NaN": "spreads over its column", "shape": "any shape"} | empty,
            "axis": {"negative": "from the end", "None": "all"},
            "keepdims": {"number": "true"},
        },
    )


TIES = {"PyTorch's amax": "test_operations.py::test_ties_are_treated_as_pytorchs_amax_and_maximum_treat_them"}
ENTRIES = [
    entry(r.sum, {"PyTorch": "test_functions.py::test_value_and_gradients_are_those_of_pytorch"}, {"empty": "is 0"}),
    entry(r.mean, {}, {}),
    entry(r.var, {}, {}),
    entry(r.max, TIES, {}),
    entry(r.min, {}, {}),
]
