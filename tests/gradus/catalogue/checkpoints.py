"""gradus.checkpoints"""

from gradus import checkpoints

from . import Entry

ENTRIES = [
    Entry(
        checkpoints.Checkpoint,
        lambda rng, dtype: {"path": "run.npz", "every": 2},
        oracles={
            "an uninterrupted run": "test_checkpoints.py::test_a_run_in_pieces_ends_like_one_in_one_piece",
            "the file on disk": "test_checkpoints.py::test_it_is_written_after_each_epoch_or_less_often_and_after_the_last",
        },
        bad={"every": [0, True]},
        fine={"path": {"unknown": "any text may be the path of a file"}},
    ),
]
