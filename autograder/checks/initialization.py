"""Exercises of the assignment `initialization`: how large the first weights should be."""

from __future__ import annotations

from typing import Any

import numpy as np
from gradus import initializers as ref

from autograder.exercise import exercise, hidden, mistake, public
from autograder.handle import Handle
from autograder.probes import args, callable_of, returns

CHAPTER = "Weight initialization"
Rng = np.random.Generator


def draw_seed(rng: Rng) -> int:
    """A seed for a student's generator."""
    return int(rng.integers(2**31))


def rectangle(rng: Rng) -> tuple[int, int]:
    """The shape of a weight matrix, never square and never narrow, so that fan_in, fan_out and their mean all differ."""
    small, large = sorted(rng.permutation([60, 100, 180, 300, 420])[:2].tolist())
    return (large, small) if rng.random() < 0.5 else (small, large)


# ---------------------------------------------------------------- compute_fans


def random_kernel(rng: Rng) -> tuple[int, ...]:
    kh, kw, c_in, c_out = rng.permutation([2, 3, 5, 7, 8, 12, 20, 33])[:4].tolist()
    return (kh, kw, c_in, c_out)


def returns_both_fans(rng: Rng, compute_fans: Handle) -> list[Any]:
    """Fans of a dense layer and of a convolution: one case, because returning the input is right for a dense layer."""
    return [callable_of(compute_fans)(shape) for shape in (rectangle(rng), random_kernel(rng))]


def swapped_fans(shape: tuple[int, ...]) -> tuple[int, int]:
    receptive = int(np.prod(shape[:-2]))
    return receptive * shape[-1], receptive * shape[-2]


def fans_without_receptive_field(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[-2], shape[-1]


def fans_first_and_last(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0], shape[-1]


exercise(
    "compute_fans", ref.compute_fans, points=3, minutes=10, chapter=CHAPTER, section="Counting connections",
    cases=[
        public("a dense layer", returns(lambda rng: args((784, 10)))),
        hidden("other layers, a convolution among them", returns_both_fans),
    ],
    mistakes=[
        mistake("swapped", """You returned (fan_out, fan_in). W has shape (fan_in, fan_out) here, unlike in PyTorch:
            which of the two lengths counts what comes in?""", swapped_fans),
        mistake("receptive_field_forgotten", """Right for a dense layer, not for a convolution: a unit there looks at a whole
            window of kh × kw places, and each of them brings its connections.""", fans_without_receptive_field),
        mistake("first_axis", """For a kernel of shape (kh, kw, C_in, C_out) the first axis is a height, not a number of
            inputs.""", fans_first_and_last),
    ],
)  # fmt: skip
