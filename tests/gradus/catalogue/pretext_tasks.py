"""gradus.pretext_tasks"""

import numpy as np
from gradus import pretext_tasks as tasks
from gradus.layers import MLP

from . import Entry

PICKED = "entries are moved, not computed with"

ENTRIES = [
    Entry(
        tasks.make_pairs,
        lambda rng, dtype: {
            "X": rng.standard_normal((6, 4)).astype(dtype),
            "y": np.array([0, 1, 2, 0, 1, 3]),
            "n": 8,
            "rng": rng,
        },
        oracles={
            "samples that say which they are": "test_pretraining.py::test_half_of_the_pairs_are_of_one_class",
            "all pairs listed, χ²": "test_pretraining.py::test_every_possible_pair_is_drawn_equally_often",
        },
        bad={"n": [0], "y": [np.zeros(6, int), np.arange(6), np.array([0, 0, 1])]},
        fine={"X": {"NaN": PICKED}},
    ),
    Entry(
        tasks.PairNet,
        lambda rng, dtype: {"encoder": MLP([5, 4, 3], rng=rng, dtype=dtype), "H": 3, "rng": rng, "dtype": dtype},
        oracles={
            "torch": "test_pretraining.py::test_a_pair_network_is_its_formula",
            "differences": "test_pretraining.py::test_both_branches_of_a_pair_network_share_their_gradient",
        },
        bad={"H": [0], "dtype": [int]},
        use=lambda net, rng, dtype: [net(np.ones((4, 2, 5), dtype)), net.probability(np.ones((4, 2, 5), dtype))],
        changes={"encoder": "its parameters become views of the vector of the whole, with the same values"},
    ),
    Entry(
        tasks.make_rotation_task,
        lambda rng, dtype: {"images": rng.standard_normal((3, 4, 4)).astype(dtype), "rng": rng},
        oracles={
            "numpy.rot90": "test_pretraining.py::test_rotations_are_numpys_and_the_label_is_their_number",
            "turned back": "test_pretraining.py::test_rotated_images_may_have_channels_and_a_random_order",
        },
        bad={"images": [np.ones((3, 4, 5)), np.ones((3, 16)), np.ones((3, 4, 4, 2, 2))]},
        fine={"images": {"NaN": PICKED, "empty": "no images, no task"}},
    ),
    Entry(
        tasks.mask_patches,
        lambda rng, dtype: {"X": rng.standard_normal((3, 4, 5)).astype(dtype), "size": 2, "rng": rng},
        oracles={
            "χ² of the places": "test_pretraining.py::test_a_patch_is_a_square_within_the_image",
            "patches as large as the image": "test_pretraining.py::test_a_patch_may_fill_the_image",
        },
        bad={"size": [0, 5], "X": [np.ones((3, 4))]},
        fine={"X": {"NaN": PICKED, "empty": "no images, no patches", "shape": "four axes are images with channels"}},
    ),
]
