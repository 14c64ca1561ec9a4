"""gradus.shapes"""

from gradus import Variable, shapes

from . import Entry

RECORDED = "test_functions.py::test_value_and_gradients_are_those_of_pytorch"
LIVE = "test_operations.py::test_value_and_gradients_are_those_of_pytorch"
DIFFERENCES = "test_operations.py::test_gradients_agree_with_differences_along_random_directions"
HAND = "test_operations.py::test_shapes_by_hand"
ORACLES = {"PyTorch": LIVE, "difference quotients": DIFFERENCES, "by hand": HAND}
NAN = {"NaN": "no number is looked at"}


def normal(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


def pair(rng, dtype):
    return [Variable(normal(rng, dtype, 2, 4)), normal(rng, dtype, 2, 4)]


ENTRIES = [
    Entry(
        shapes.reshape,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 4), "shape": (2, 6)},
        oracles=ORACLES,
        bad={"shape": [(5, 5), (-1, -1), (2.0, 6.0)]},
        fine={"x": NAN},
    ),
    Entry(
        shapes.flatten,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 4, 2)},
        oracles=ORACLES,
        bad={"x": [2.0, [1.0]]},
        fine={"x": NAN | {"shape": "any shape", "empty": "no rows"}},
    ),
    Entry(
        shapes.squeeze,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 1), "axis": 1},
        oracles=ORACLES,
        bad={"axis": [0, 2]},
        fine={"x": NAN | {"empty": "no rows"}, "axis": {"negative": "from the end", "None": "all of length 1"}},
    ),
    Entry(
        shapes.expand_dims,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 4), "axis": 1},
        oracles=ORACLES,
        bad={"axis": [3, (0, 0)]},
        fine={"x": NAN | {"shape": "any shape", "empty": "no rows"},
              "axis": {"negative": "from the end", "list": "as a tuple"}},
    ),
    Entry(
        shapes.broadcast_to,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 1), "shape": (2, 3, 4)},
        oracles=ORACLES,
        bad={"shape": [(4, 4), (3,)]},
        fine={"x": NAN | {"shape": "(2, 3, 1) can be stretched, too"}},
    ),
    Entry(
        shapes.transpose,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 4), "axes": (1, 0)},
        oracles={"PyTorch": RECORDED, "with axes from the end, PyTorch": LIVE, "difference quotients": DIFFERENCES},
        bad={"axes": [(0, 0), (0, 1, 2), (0,), (0, 5)]},
        fine={"x": NAN | {"empty": "no rows"}},
    ),
    Entry(
        shapes.concatenate,
        lambda rng, dtype: {"xs": pair(rng, dtype), "axis": 1},
        oracles=ORACLES | {"by hand": "test_operations.py::test_split_undoes_concatenate"},
        bad={"xs": [[], Variable, ["text"]], "axis": [2]},
        fine={"axis": {"negative": "from the end"}},
    ),
    Entry(
        shapes.stack,
        lambda rng, dtype: {"xs": pair(rng, dtype), "axis": 1},
        oracles=ORACLES | {"by hand": "test_operations.py::test_split_undoes_concatenate"},
        bad={"xs": [[], ["text"]], "axis": [3]},
        fine={"axis": {"negative": "from the end"}},
    ),
    Entry(
        shapes.split,
        lambda rng, dtype: {"x": normal(rng, dtype, 4, 4), "sections": 2, "axis": 1},
        oracles=ORACLES
        | {
            "undoes concatenate": "test_operations.py::test_split_undoes_concatenate",
            "by hand": "test_operations.py::test_parts_that_are_not_used_get_no_gradient",
        },
        bad={"sections": [0, 3], "axis": [2]},
        fine={
            "x": NAN | {"empty": "no rows", "shape": "any that can be split"},
            "sections": {"list": "the places where a part begins"},
            "axis": {"negative": "from the end"},
        },
    ),
]  # fmt: skip
