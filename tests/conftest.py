"""Shared by all tests: one BLAS thread, and the right answers importable by name."""

import os
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "agg")

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "autograder"), str(ROOT / "scripts")]
