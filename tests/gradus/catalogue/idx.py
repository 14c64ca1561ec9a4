"""gradus.idx"""

import atexit
import shutil
import struct
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from gradus import idx

from . import Entry

SETS = {
    "folder": [b"bytes"],
    "dtype": [int, complex],
}


@cache
def folder():
    """A folder with four small files, removed when the tests end."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path)
    for stem, (ndim, _) in idx.FILES.items():
        shape = (2, 2, 2)[:ndim]
        (path / stem).write_bytes(struct.pack(f">2xBB{ndim}I", 8, ndim, *shape) + bytes(2**ndim))
    return path


def small_set(rng, dtype):
    return {"folder": folder(), "scale": True, "check": False, "dtype": dtype}


ENTRIES = [
    Entry(
        idx.read_idx,
        lambda rng, dtype: {"path": folder() / "t10k-labels-idx1-ubyte", "max_bytes": 1000},
        oracles={
            "struct": "test_idx.py::test_every_type_is_read_in_its_byte_order",
            "bytes by hand": "test_idx.py::test_a_file_written_by_hand",
        },
        bad={"path": [b"bytes"], "max_bytes": [1, np.inf]},
    ),
    Entry(
        idx.load_mnist,
        small_set,
        oracles={
            "struct": "test_idx.py::test_a_set_of_one_s_own",
            "hashlib": "test_idx.py::test_the_published_files_are_recognized",
        },
        bad=SETS,
    ),
    Entry(
        idx.load_fashion_mnist,
        small_set,
        oracles={
            "struct": "test_idx.py::test_a_set_of_one_s_own",
            "hashlib": "test_idx.py::test_damage_is_found_by_the_digest_and_the_message_says_what_to_do",
        },
        bad=SETS,
    ),
]
