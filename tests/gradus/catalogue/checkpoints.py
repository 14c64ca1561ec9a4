"""gradus.checkpoints"""

from gradus import checkpoints

from . import Entry

ENTRIES = [
    Entry(
        checkpoints.Checkpoint,
        lambda rng, dtype: {"path": "run.npz", "every": 2},
        oracles={
            "an uninterrupted run": "test_checkpoints.py::test_a_run_in_pieces_ends_like_one_in_one_piece",
            "a process killed": "test_checkpoints.py::test_a_process_killed_again_and_again_ends_with_the_same_bits",
        },
        bad={"every": [0, True]},
        fine={"path": {"unknown": "any text may be the path of a file"}},
    ),
]
