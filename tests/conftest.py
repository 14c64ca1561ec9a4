"""Shared by all tests: one BLAS thread, and the right answers importable by name."""

import os
import sys
from pathlib import Path

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "agg")

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "autograder"), str(ROOT / "scripts")]


def pytest_collection_modifyitems(items):
    """Where two processes share the tests (`-n 2 --dist loadgroup`), a file that prepares something stays with one of them."""
    for item in items:
        if item.path.parent.name != "gradus" and item.path.name != "test_proof.py":
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
