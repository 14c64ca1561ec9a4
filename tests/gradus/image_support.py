"""What the tests of convolution and of pooling share: windows by slices, place by place."""

import numpy as np


def pair(v):
    return (v, v) if isinstance(v, int) else v


def windows_by_loops(x, size, stride, padding, outside=0.0):
    """((i, j), window (N, C, kh, kw)) for every place, by slices of a padded copy."""
    (kh, kw), (sh, sw), (ph, pw) = size, pair(stride), pair(padding)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=outside)
    for i in range((x.shape[2] - kh) // sh + 1):
        for j in range((x.shape[3] - kw) // sw + 1):
            yield (i, j), x[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]


def as_image(values):
    """{(i, j): array (N, C)} → (N, C, Ho, Wo)."""
    rows, columns = (max(place[axis] for place in values) + 1 for axis in (0, 1))
    return np.stack([np.stack([values[i, j] for j in range(columns)], -1) for i in range(rows)], -2)
