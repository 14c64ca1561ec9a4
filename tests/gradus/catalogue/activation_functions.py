"""gradus.activation_functions"""

from gradus import activation_functions as a

from . import ELEMENTWISE, Entry

RECORDED = {
    "PyTorch": "test_functions.py::test_value_and_gradients_are_those_of_pytorch",
    "difference quotients": "test_functions.py::test_gradients_agree_with_differences_along_random_directions",
    "the formulas on arrays": "test_functions.py::test_activations_are_the_formulas_on_arrays",
}
LIVE = {
    "PyTorch": "test_operations.py::test_value_and_gradients_are_those_of_pytorch",
    "difference quotients": "test_operations.py::test_gradients_agree_with_differences_along_random_directions",
}


def z(rng, dtype):
    return rng.standard_normal((3, 4)).astype(dtype)


def entry(function, oracles, hyper=None, fine=None, bad=None):
    return Entry(
        function,
        lambda rng, dtype: {"z": z(rng, dtype)} | (hyper or {}),
        oracles=oracles,
        bad={"z": [[1.0], {}]} | (bad or {}),
        fine={"z": ELEMENTWISE} | (fine or {}),
    )


ALONG = {"z": {"NaN": "spreads along the axis", "shape": "any shape"}, "axis": {"negative": "from the end"}}
NEGATIVE = {"alpha": {"negative": "any slope"}}
ENTRIES = [
    entry(a.identity, RECORDED),
    entry(a.sigmoid, RECORDED),
    entry(a.tanh, RECORDED),
    entry(a.relu, RECORDED),
    entry(a.leaky_relu, RECORDED, {"alpha": 0.2}, NEGATIVE, {"alpha": [float("inf")]}),
    entry(a.elu, RECORDED, {"alpha": 0.2}, NEGATIVE, {"alpha": [float("inf")]}),
    entry(a.selu, RECORDED),
    entry(a.gelu, LIVE, {"approximate": True}),
    entry(a.silu, LIVE),
    entry(a.softplus, LIVE),
    entry(a.softmax, LIVE, {"axis": 0}, ALONG, {"axis": [2, -3]}),
    entry(a.log_softmax, LIVE, {"axis": 0}, ALONG, {"axis": [2, -3]}),
]
