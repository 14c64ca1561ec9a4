"""The parts of the capstone's network: the engine, and what stands on it; a student's own, or the reference's.

The engine is a pair of classes with the interface of ``gradus.steps.step16``: Variable and Function. The layers here are
Functions over whatever Function they are given: they keep what their backward pass needs themselves, use every Function once and
every Variable as it comes, so that they run on engines of many makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .adam_steps import adam_step
from .arguments import fail_type, require_callable
from .dropout import dropout_backward, dropout_forward
from .initializers import he_normal
from .network import softmax_cross_entropy
from .normalization import batchnorm_backward, batchnorm_forward
from .rectified_activations import elu, elu_derivative
from .regularizers import l2_grad, l2_penalty
from .schedules import one_cycle, one_cycle_momentum
from .steps.step16 import Function, Variable

__all__ = ["PARTS", "REFERENCE", "Parts", "choose_parts"]

Array = np.ndarray

PARTS: dict[str, tuple[str, ...]] = {
    "capstone_engine": ("Variable", "Function"),
    "capstone_initializer": ("he_normal",),
    "capstone_activation": ("elu", "elu_derivative"),
    "capstone_normalization": ("batchnorm_forward", "batchnorm_backward"),
    "capstone_optimizer": ("adam_step",),
    "capstone_schedule": ("one_cycle", "one_cycle_momentum"),
    "capstone_regularizer": ("dropout_forward", "dropout_backward"),
}
"""The exercise of each part → the names of what it consists of."""


@dataclass(frozen=True)
class Parts:
    """What the capstone's network is made of. Shown by a notebook as a table: which part, and whose.

    The classes and functions are called as those of the same names in ``gradus.steps.step16``, ``gradus.initializers``,
    ``gradus.activations``, ``gradus.normalization``, ``gradus.adam_steps``, ``gradus.schedules`` and ``gradus.dropout``.

    Args:
        own: exercises (keys of ``PARTS``) of the parts that are not the reference's.
    """

    Variable: Any = Variable
    Function: Any = Function
    he_normal: Callable[..., Any] = he_normal
    elu: Callable[..., Any] = elu
    elu_derivative: Callable[..., Any] = elu_derivative
    batchnorm_forward: Callable[..., Any] = batchnorm_forward
    batchnorm_backward: Callable[..., Any] = batchnorm_backward
    adam_step: Callable[..., Any] = adam_step
    one_cycle: Callable[..., Any] = one_cycle
    one_cycle_momentum: Callable[..., Any] = one_cycle_momentum
    dropout_forward: Callable[..., Any] = dropout_forward
    dropout_backward: Callable[..., Any] = dropout_backward
    own: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, str, str]]:
        """(part, its names, "yours" or "the reference's"), one a part."""
        whose = {part: "yours" if part in self.own else "the reference's" for part in PARTS}
        return [(part.removeprefix("capstone_"), ", ".join(names), whose[part]) for part, names in PARTS.items()]

    def __repr__(self) -> str:
        return "\n".join(f"{part:<14} {whose:<16} {names}" for part, names, whose in self.rows())

    def _repr_html_(self) -> str:
        left = 'style="text-align: left"'  # JupyterLab puts what is in tables to the right
        head = "".join(f"<th {left}>{name}</th>" for name in ("part", "whose", "names"))
        rows = "".join(
            f"<tr><td {left}>{part}</td><td {left}>{whose}</td>"
            f"<td {left}><code>{names.replace(', ', '</code>, <code>')}</code></td></tr>"
            for part, names, whose in self.rows()
        )
        return f'<table class="table parts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


REFERENCE = Parts()


def choose_parts(names: Mapping[str, Any], passed: Callable[[str], bool]) -> Parts:
    """For each part one's own code where it has passed its check, else the reference's.

    A part is taken whole: of a pair of functions neither is used if one of them is missing.

    Args:
        names: what one's own classes and functions are called → they themselves; in a notebook ``globals()``.
        passed: exercise → whether it has passed its check; in a notebook ``autograder.passed``.

    Raises:
        TypeError: names is not a mapping, or passed not a function.
    """
    if not isinstance(names, Mapping):
        fail_type(f"names must be a dict of names, got {names!r}"[:200])
    require_callable(passed=passed)
    own = tuple(part for part, wanted in PARTS.items() if passed(part) and all(callable(names.get(n)) for n in wanted))
    return Parts(**{n: names[n] for part in own for n in PARTS[part]}, own=own)


@dataclass(frozen=True)
class Layers:
    """Functions of an engine, one class a layer. Made by ``layers_on``.

    Each is made for one call: ``Linear()(x, W)``, ``Normalize(mean, var)(x, gamma, beta)``, ``Activate()(x)``,
    ``Drop(rate, rng)(x)``, ``Loss(y, lam)(scores, *weights)``.
    """

    Linear: Any
    Shift: Any
    Normalize: Any
    Activate: Any
    Drop: Any
    Loss: Any


def layers_on(parts: Parts) -> Layers:
    """The layers of the capstone's network as subclasses of an engine's Function.

        Linear       x W
        Shift        x + b                                          b one number a column
        Normalize    γ (x − μ)/√(σ² + ε) + β                        μ, σ² of the batch; mean, var: the running ones after it
        Activate     elu(x)
        Drop         x kept / (1 − rate)
        Loss         softmax cross-entropy of scores and y, plus λ/2 Σ W² over all weights

    Args:
        parts: gives Function and the functions that the layers use.
    """
    base: Any = parts.Function

    class Linear(base):  # type: ignore[misc]
        def forward(self, x: Array, W: Array) -> Any:
            self.x, self.W = x, W
            return x @ W

        def backward(self, gy: Array) -> Any:
            return gy @ self.W.T, self.x.T @ gy

    class Shift(base):  # type: ignore[misc]
        def forward(self, x: Array, b: Array) -> Any:
            return x + b

        def backward(self, gy: Array) -> Any:
            return gy, gy.sum(axis=0)

    class Normalize(base):  # type: ignore[misc]
        def __init__(self, mean: Array, var: Array) -> None:
            super().__init__()
            self.mean, self.var = mean, var

        def forward(self, x: Array, gamma: Array, beta: Array) -> Any:
            out, self.cache, self.mean, self.var = parts.batchnorm_forward(
                x, gamma, beta, self.mean, self.var, training=True
            )
            return out

        def backward(self, gy: Array) -> Any:
            return tuple(parts.batchnorm_backward(gy, self.cache))

    class Activate(base):  # type: ignore[misc]
        def forward(self, x: Array) -> Any:
            self.x = x
            return parts.elu(x)

        def backward(self, gy: Array) -> Any:
            return gy * parts.elu_derivative(self.x)

    class Drop(base):  # type: ignore[misc]
        def __init__(self, rate: float, rng: np.random.Generator) -> None:
            super().__init__()
            self.rate, self.rng = rate, rng

        def forward(self, x: Array) -> Any:
            out, self.mask = parts.dropout_forward(x, self.rate, self.rng, True)
            return out

        def backward(self, gy: Array) -> Any:
            return parts.dropout_backward(gy, self.mask)

    class Loss(base):  # type: ignore[misc]
        def __init__(self, y: Array, lam: float) -> None:
            super().__init__()
            self.y, self.lam = y, lam

        def forward(self, scores: Array, *weights: Array) -> Any:
            loss, self.dscores = softmax_cross_entropy(scores, self.y)
            self.weights = weights
            return np.array(loss + l2_penalty(list(weights), self.lam), dtype=scores.dtype)

        def backward(self, gy: Array) -> Any:
            return gy * self.dscores, *(gy * g for g in l2_grad(list(self.weights), self.lam))

    return Layers(Linear, Shift, Normalize, Activate, Drop, Loss)
