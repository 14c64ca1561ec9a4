"""gradus.operations"""

from gradus import operations

from . import ELEMENTWISE, Entry

RECORDED = "test_functions.py::test_value_and_gradients_are_those_of_pytorch"
DIFFERENCES = "test_functions.py::test_gradients_agree_with_differences_along_random_directions"
ORACLES = {"PyTorch": RECORDED, "difference quotients": DIFFERENCES}


def normal(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


def two(function):
    return Entry(
        function,
        lambda rng, dtype: {"x0": normal(rng, dtype, 3, 4), "x1": 2 + abs(normal(rng, dtype, 1, 4))},
        oracles=ORACLES | {"by hand": "test_operations.py::test_arrays_and_numbers_may_stand_on_either_side"},
        bad={"x0": [[1.0, 2.0]], "x1": [[1.0, 2.0]]},
        fine={"x0": ELEMENTWISE, "x1": {"NaN": "passes through", "shape": "is broadcast"}},
    )


ENTRIES = [
    two(operations.add),
    two(operations.sub),
    two(operations.mul),
    two(operations.div),
    Entry(
        operations.neg,
        lambda rng, dtype: {"x": normal(rng, dtype, 3, 4)},
        oracles=ORACLES | {"by hand": "test_operations.py::test_arrays_and_numbers_may_stand_on_either_side"},
        fine={"x": ELEMENTWISE},
    ),
    Entry(
        operations.power,
        lambda rng, dtype: {"x": 1 + abs(normal(rng, dtype, 3, 4)), "c": 3.0},
        oracles=ORACLES | {"by hand": "test_operations.py::test_arrays_and_numbers_may_stand_on_either_side"},
        bad={"c": [1j]},
        fine={"x": ELEMENTWISE, "c": {"negative": "x^-3"}},
    ),
    Entry(
        operations.exponential,
        lambda rng, dtype: {"c": 2.5, "x": normal(rng, dtype, 3, 4)},
        oracles={
            "PyTorch": "test_operations.py::test_value_and_gradients_are_those_of_pytorch",
            "difference quotients": "test_operations.py::test_gradients_agree_with_differences_along_random_directions",
            "by hand": "test_operations.py::test_a_number_to_the_power_of_a_variable_by_hand",
        },
        bad={"c": [0.0, 1j]},
        fine={"x": ELEMENTWISE},
    ),
    Entry(
        operations.matmul,
        lambda rng, dtype: {"x0": normal(rng, dtype, 3, 4), "x1": normal(rng, dtype, 4, 2)},
        oracles=ORACLES,
        bad={"x0": [2.0], "x1": [2.0]},
        fine={"x0": {"NaN": "spreads over its row", "shape": "a batch", "empty": "no rows"},
              "x1": {"NaN": "spreads over its column", "shape": "a batch"}},
    ),
]  # fmt: skip
