"""gradus.smooth_activations"""

from gradus import smooth_activations as module

from . import ELEMENTWISE, Entry


def z(rng, dtype):
    return {"z": 3 * rng.standard_normal((4, 3)).astype(dtype)}


VALUES = {
    "PyTorch": "test_activations.py::test_values_equal_pytorch",
    "Keras": "test_activations.py::test_values_equal_keras",
}
SLOPES = {
    "PyTorch": "test_activations.py::test_derivatives_equal_pytorch_also_at_the_kink",
    "difference quotients": "test_activations.py::test_derivatives_equal_difference_quotients",
}
MORE = {
    "sigmoid": ("scipy.special.expit", "test_activations.py::test_sigmoid_equals_scipys_down_to_the_last_digit"),
    "softplus": (
        "numpy.logaddexp",
        "test_activations_smooth.py::test_softplus_equals_logaddexp_and_its_slope_expit_at_all_sizes",
    ),
    "silu": (
        "scipy.special.expit",
        "test_activations_smooth.py::test_silu_tends_to_its_limits_and_has_its_minimum_where_it_should",
    ),
    "tanh": ("the sigmoid", "test_activations.py::test_sigmoid_is_point_symmetric_and_tanh_is_a_scaled_sigmoid"),
}

ENTRIES = [
    Entry(getattr(module, name), z, oracles=VALUES | dict([MORE[name]]), fine={"z": ELEMENTWISE}) for name in MORE
] + [Entry(getattr(module, f"{name}_derivative"), z, oracles=SLOPES, fine={"z": ELEMENTWISE}) for name in MORE]
