"""batchnorm_forward and batchnorm_backward as one part: the earlier exercises on each of them, and the way there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from gradus import normalization as ref

from autograder.checks._batch_normalization_probes import BACKWARD, FORWARD, batch, batchnorm_backward, several
from autograder.exercise import Case, Mistake
from autograder.probes import Probe, callable_of

Rng = np.random.Generator


def batchnorm_forward(
    X: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any, *, training: bool, momentum: float = 0.9,
    eps: float = 1e-5,
) -> Any:  # fmt: skip
    """The reference, with the cache that the task describes."""
    out, cache, mean, var = ref.batchnorm_forward(
        X, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
    )
    return out, (cache.centred * cache.inv_std, cache.inv_std, cache.gamma), mean, var


PAIR = (batchnorm_forward, batchnorm_backward)


def on(of: int, cases: Sequence[Case], label: str) -> list[Case]:
    """Cases of an exercise on one function, tried on one of the two."""
    return [replace(case, name=f"{label}: {case.name}", probe=tried_on(of, case.probe),
                    shown=shown_for(of, case.shown) if case.shown else None) for case in cases]  # fmt: skip


def tried_on(of: int, inner: Probe) -> Probe:
    def probe(rng: Rng, *objects: Any) -> Any:
        return inner(rng, objects[of])

    return probe


def shown_for(of: int, inner: Any) -> Any:
    return lambda rng, names: inner(rng, (names[of],))


def wrong(of: int, mistakes: Sequence[Mistake], label: str, *without: str) -> list[Mistake]:
    """Wrong versions of one of the two functions, beside the right other one."""
    return [
        replace(m, name=f"{m.name}_{label}", objects=(m.objects[0], PAIR[1]) if of == 0 else (PAIR[0], m.objects[0]))
        for m in mistakes
        if m.name not in without
    ]


def there_and_back(rng: Rng, forward: Any, backward: Any) -> Any:
    """The gradients through both, with the cache that the forward pass made."""
    positional, named = batch(training=True)(rng)
    dout = rng.standard_normal(positional[0].shape) + rng.choice([-1.0, 1.0], positional[0].shape[1])
    _, cache, _, _ = several(callable_of(forward)(*positional, **named), 4, FORWARD)
    return list(several(callable_of(backward)(dout, cache), 3, BACKWARD))
