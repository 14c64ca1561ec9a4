"""gradus.transfer"""

import numpy as np
from gradus import transfer
from gradus.layers import MLP

from . import Entry


def network(rng, dtype):
    return MLP([5, 4, 3], rng=rng, batchnorm="pre", dtype=dtype)


ENTRIES = [
    Entry(
        transfer.split_by_class,
        lambda rng, dtype: {
            "X": rng.standard_normal((6, 4)).astype(dtype),
            "y": np.array([0, 1, 2, 0, 1, 3]),
            "classes": np.array([2, 0]),
        },
        oracles={
            "by hand": "test_transfer.py::test_classes_are_split_and_numbered_anew",
            "boolean indexing": "test_transfer.py::test_a_split_of_the_digits_is_boolean_indexing",
        },
        bad={"classes": [[0, 0], [4], 2, []]},
        fine={"X": {"NaN": "samples are picked, not computed with"}},
    ),
    Entry(
        transfer.copy_layers,
        lambda rng, dtype: {"src": network(rng, dtype), "dst": network(rng, dtype), "layers": 2},
        oracles={
            "outputs and states compared": "test_transfer.py::test_copied_layers_are_equal_and_the_others_as_they_were",
            "PyTorch, fine-tuned from the copy": "test_transfer.py::test_fine_tuning_a_copy_with_frozen_layers_is_pytorchs",
        },
        bad={"layers": [5, [4], [-1], ["0"], 1.0], "dst": [MLP([5, 4, 3], rng=np.random.default_rng(0))]},
        fine={"layers": {"list": "places instead of a number"}},
        changes={"dst": "it is copied to"},
    ),
    Entry(
        transfer.trainable,
        lambda rng, dtype: {"params": network(rng, dtype).named_params(), "frozen": ["0", "1.beta"]},
        oracles={
            "by hand": "test_transfer.py::test_frozen_parameters_are_filtered_by_name_or_layer",
            "an optimizer with a frozen layer": "test_transfer.py::test_a_step_on_the_others_is_one_of_a_frozen_network",
        },
        bad={"params": [[]], "frozen": ["0", [0], ["7"], 0]},
    ),
    Entry(
        transfer.discriminative_lr,
        lambda rng, dtype: {"layers": 3, "base": 0.1, "decay": 0.5},
        oracles={
            "by hand and numpy.geomspace": "test_transfer.py::test_rates_shrink_from_the_top_down",
            "steps of an optimizer": "test_transfer.py::test_each_layer_moves_at_its_own_rate",
        },
        bad={"layers": [0], "base": [0, np.inf], "decay": [0, 1.1]},
    ),
    Entry(
        transfer.lr_groups,
        lambda rng, dtype: {"layers": network(rng, dtype).layers, "base": 0.1, "decay": 0.5},
        oracles={
            "by hand": "test_transfer.py::test_groups_leave_out_layers_without_parameters",
            "steps of an optimizer": "test_transfer.py::test_each_layer_moves_at_its_own_rate",
        },
        bad={"layers": [[], [1]], "base": [0, np.inf], "decay": [0, 1.1]},
    ),
]
