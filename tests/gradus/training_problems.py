"""A problem that every network learns."""

import numpy as np


def blobs(rng, N=60, dtype=np.float64):
    """Three clouds in the plane, far apart."""
    y = rng.integers(0, 3, N)
    X = 4 * np.array([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])[y] + rng.standard_normal((N, 2))
    return X.astype(dtype), y
