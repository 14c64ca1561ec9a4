"""Right answers to `initialization` that are written differently from the reference."""

from __future__ import annotations

import math

RIGHT: dict[str, dict[str, tuple]] = {}


def fans_by_loop(shape):
    receptive = 1
    for n in shape[:-2]:
        receptive *= n
    return [receptive * shape[-2], receptive * shape[-1]]


def fans_by_total(shape):
    total = math.prod(shape)
    return total / shape[-1], total / shape[-2]


RIGHT["compute_fans"] = {"loop": (fans_by_loop,), "division": (fans_by_total,)}
