"""gradus.gelu"""

from gradus import gelu as module

from . import ELEMENTWISE, Entry
from .smooth_activations import SLOPES, VALUES, z


def arguments(rng, dtype):
    return z(rng, dtype) | {"approximate": False}


NORMAL = {
    "scipy.special.ndtr": "test_activations_smooth.py::test_gelu_is_z_times_scipys_normal_distribution_also_in_the_tail",
    "PyTorch, tanh form": "test_activations_smooth.py::test_the_tanh_form_of_gelu_equals_pytorchs",
}

ENTRIES = [
    Entry(module.gelu, arguments, oracles=VALUES | NORMAL, fine={"z": ELEMENTWISE}),
    Entry(module.gelu_derivative, arguments, oracles=SLOPES | NORMAL, fine={"z": ELEMENTWISE}),
    Entry(
        module.gelu_with_derivative,
        arguments,
        oracles={"PyTorch, tanh form": NORMAL["PyTorch, tanh form"]}
        | {"the two by themselves": "test_activations_smooth.py::test_gelu_and_its_derivative_are_the_same_together"},
        fine={"z": ELEMENTWISE},
    ),
]
