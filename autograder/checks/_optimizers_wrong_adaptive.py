"""Wrong versions of AdaGrad and RMSProp, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks._optimizers_wrong_gradient import (
    FIRST_RATE,
    FLOAT64,
    IN_PLACE,
    SHARED,
    UPHILL,
    always,
    first_rate,
)
from autograder.exercise import mistake

Array = np.ndarray
Step = Callable[..., tuple[Any, Any]]
Memory = Callable[[Array, Array, float], Any]  # (s, g, rho) -> s
Change = Callable[[Array, Any, float, float], Any]  # (g, s, lr, eps) -> what is taken from w


def summed(s: Any, g: Array, rho: float) -> Any:
    return s + g * g


def averaged(s: Any, g: Array, rho: float) -> Any:
    return rho * s + (1 - rho) * g * g


def divided(g: Array, s: Any, lr: float, eps: float) -> Array:
    return lr * g / (np.sqrt(s) + eps)


def adagrad_with(memory: Memory = summed, change: Change = divided, start: float = 0.0) -> Step:
    def adagrad_step(w: Array, g: Array, state: Any, *, lr: float, eps: float = 1e-10) -> tuple[Any, Any]:
        s = memory(state.get("s", np.full_like(w, start)), g, 0.9)
        with np.errstate(invalid="ignore") if change is no_epsilon_quietly else np.errstate():
            return w - change(g, s, lr, eps), {"s": s}

    return adagrad_step


def rmsprop_with(memory: Memory = averaged, change: Change = divided, start: float = 0.0) -> Step:
    def rmsprop_step(
        w: Array, g: Array, state: Any, *, lr: float, rho: float = 0.9, eps: float = 1e-8
    ) -> tuple[Any, Any]:
        s = memory(state.get("s", np.full_like(w, start)), g, rho)
        with np.errstate(invalid="ignore") if change is no_epsilon_quietly else np.errstate():
            return w - change(g, s, lr, eps), {"s": s}

    return rmsprop_step


def no_epsilon_quietly(g: Array, s: Any, lr: float, eps: float) -> Array:
    return lr * g / np.sqrt(s)


def both(change: Change) -> tuple[Step, Step]:
    """Both functions, with one wrong way of turning s into a step."""
    return adagrad_with(change=change), rmsprop_with(change=change)


def only_adagrad(**parts: Any) -> tuple[Step, Step]:
    return adagrad_with(**parts), rmsprop_with()


def only_rmsprop(**parts: Any) -> tuple[Step, Step]:
    return adagrad_with(), rmsprop_with(**parts)


def old_s(step: Step) -> Step:
    """The step with the s of before: of the first step, that of its own gradient."""

    def late(w: Array, g: Array, state: Any, *, lr: float, eps: float = 1e-8, **hyper: float) -> tuple[Any, Any]:
        s = state.get("s", np.zeros_like(w))
        new = step(w, g, state, lr=lr, eps=eps, **hyper)[1]
        return w - divided(g, s, lr, eps), new

    return late


def kept_outside(memory: Memory) -> Step:
    kept: dict[str, Any] = {}

    def step(w: Array, g: Array, state: Any, *, lr: float, rho: float = 0.9, eps: float = 1e-8) -> tuple[Any, Any]:
        if not state:
            kept["s"] = np.zeros_like(w)
        kept["s"] = memory(kept["s"], g, rho)
        return w - divided(g, kept["s"], lr, eps), {"started": True}

    return step


def in_place(memory: Memory) -> Step:
    def step(w: Array, g: Array, state: Any, *, lr: float, rho: float = 0.9, eps: float = 1e-8) -> tuple[Any, Any]:
        s = memory(state.get("s", np.zeros_like(w)), g, rho)
        w -= divided(g, s, lr, eps)
        return w, {"s": s}

    return step


def corrected() -> Step:
    def rmsprop_step(
        w: Array, g: Array, state: Any, *, lr: float, rho: float = 0.9, eps: float = 1e-8
    ) -> tuple[Any, Any]:
        t = state.get("t", 0) + 1
        s = averaged(state.get("s", np.zeros_like(w)), g, rho)
        return w - divided(g, s / (1 - rho**t), lr, eps), {"s": s, "t": t}

    return rmsprop_step


def mean_so_far() -> Step:
    def adagrad_step(w: Array, g: Array, state: Any, *, lr: float, eps: float = 1e-10) -> tuple[Any, Any]:
        t = state.get("t", 0) + 1
        s = state.get("s", np.zeros_like(w)) + g * g
        return w - divided(g, s / t, lr, eps), {"s": s, "t": t}

    return adagrad_step


EPS_INSIDE = """Where the gradient is tiny your step is too short, and right otherwise: you add ε to s, under the root. Keras does
    it so; there ε acts as its root would outside. Here it is added to the root."""
DEFAULT_EPS = (
    """Where the gradient is tiny your steps are not right: they have an ε of their own, whatever the argument says."""
)
ONE_FOR_ALL = """Your s is one number for all coordinates. What makes these methods adaptive is that each coordinate has its
    own."""
NO_EPSILON = """Where all gradients have been 0 you divide 0 by 0: that is what ε is for."""

ADAGRAD_RMSPROP = [
    mistake("uphill", UPHILL, *both(lambda g, s, lr, eps: -divided(g, s, lr, eps))),
    mistake("eps_inside", EPS_INSIDE, *both(lambda g, s, lr, eps: lr * g / np.sqrt(s + eps))),
    mistake("nan_hidden", """Where all gradients have been 0 your parameters become NaN, and you have told NumPy not to say
        so.""",
        *both(no_epsilon_quietly)),
    mistake("no_epsilon", NO_EPSILON, *both(lambda g, s, lr, eps: lr * g / np.sqrt(s))),
    mistake("no_root", """You divide by the squares of the gradients, not by their size: a gradient that is ten times as large
        gives a step that is ten times as short. What turns a square back?""",
        *both(lambda g, s, lr, eps: lr * g / (s + eps))),
    mistake("gradient_missing", """Your step does not know the gradient of today, not even its sign: s alone says nothing about
        the direction.""", *both(lambda g, s, lr, eps: lr / (np.sqrt(s) + eps))),
    mistake("multiplied", """Your steps grow with s. Where gradients have been large steps are to be shortened.""",
        *both(lambda g, s, lr, eps: lr * g * (np.sqrt(s) + eps))),
    mistake("one_for_all", ONE_FOR_ALL, adagrad_with(lambda s, g, rho: s + np.sum(g * g)),
        rmsprop_with(lambda s, g, rho: rho * s + (1 - rho) * np.sum(g * g))),
    mistake("one_mean_for_all", ONE_FOR_ALL, adagrad_with(lambda s, g, rho: s + np.mean(g * g)),
        rmsprop_with(lambda s, g, rho: rho * s + (1 - rho) * np.mean(g * g))),
    mistake("absolute_values", """Your s takes the gradients without their signs, and then a root. Of what must s be made,
        if a root is to follow?""", adagrad_with(lambda s, g, rho: s + np.abs(g)),
        rmsprop_with(lambda s, g, rho: rho * s + (1 - rho) * np.abs(g))),
    mistake("sizes_for_squares", """Your s takes the gradients without their signs, and no root follows. Squares and a root
        give large gradients more weight.""",
        adagrad_with(lambda s, g, rho: s + np.abs(g), lambda g, s, lr, eps: lr * g / (s + eps)),
        rmsprop_with(lambda s, g, rho: rho * s + (1 - rho) * np.abs(g), lambda g, s, lr, eps: lr * g / (s + eps))),
    mistake("root_kept", """You store the root in place of s, so that the next squares come on top of a root.""",
        adagrad_with(lambda s, g, rho: np.sqrt(s + g * g), lambda g, s, lr, eps: lr * g / (s + eps)),
        rmsprop_with(lambda s, g, rho: np.sqrt(averaged(s, g, rho)), lambda g, s, lr, eps: lr * g / (s + eps))),
    mistake("not_squared", """You add up the gradients, not their squares: positive and negative ones cancel, and the root of a
        negative number is NaN.""", adagrad_with(lambda s, g, rho: s + g),
        rmsprop_with(lambda s, g, rho: rho * s + (1 - rho) * g)),
    mistake("forgets", """Your s knows only the gradient of today: all your steps are as the first. Does s come out of the state,
        and go into the one you return?""", adagrad_with(lambda s, g, rho: g * g),
        rmsprop_with(lambda s, g, rho: (1 - rho) * g * g)),
    mistake("old_s", """You divide by s before today's gradient is in it; in the first step that leaves ε alone. Which comes
        first?""", old_s(adagrad_with()), old_s(rmsprop_with())),
    mistake("adagrad_forgets_slowly", """Your AdaGrad lets old squares fade. It keeps all of them; fading is what RMSProp brings
        in.""", *only_adagrad(memory=lambda s, g, rho: rho * s + g * g)),
    mistake("adagrad_is_rmsprop", """Your AdaGrad takes an average of the squares, as RMSProp does. It adds them up.""",
        *only_adagrad(memory=averaged)),
    mistake("adagrad_mean", """Your AdaGrad divides the sum of the squares by the number of steps. It is the sum that makes its
        steps shrink.""", mean_so_far(), rmsprop_with()),
    mistake("adagrad_starts_at_a_tenth", """Your AdaGrad starts with s = 0.1, as that of Keras does. Here s is 0 before the first
        step, so that its length is lr, whatever the gradient.""", *only_adagrad(start=0.1)),
    mistake("rmsprop_is_adagrad", """Your RMSProp never forgets: it adds up all squares, as AdaGrad does.""",
        *only_rmsprop(memory=summed)),
    mistake("one_minus_rho_missing", """The s of your RMSProp is not an average: the weights of the old and the new part must add
        up to 1.""", *only_rmsprop(memory=lambda s, g, rho: rho * s + g * g)),
    mistake("rho_swapped", """Your RMSProp forgets almost everything at once: ρ = 0.9 is the weight of what is kept.""",
        *only_rmsprop(memory=lambda s, g, rho: (1 - rho) * s + rho * g * g)),
    mistake("rmsprop_corrected", """Your RMSProp makes up for the start of s at 0. Adam does that; RMSProp does not, and its first
        step is longer than lr.""", adagrad_with(), corrected()),
    mistake("rmsprop_starts_at_one", """Your RMSProp starts with s = 1. It is 0 before the first step.""",
        *only_rmsprop(start=1.0)),
    mistake("default_rho", """Your RMSProp is right with ρ = 0.9 and with no other ρ: is the argument used wherever ρ is
        meant?""",
        adagrad_with(), always(rmsprop_with(), rho=0.9)),
    mistake("default_eps", DEFAULT_EPS, always(adagrad_with(), eps=1e-10), always(rmsprop_with(), eps=1e-8)),
    mistake("first_rate", FIRST_RATE, first_rate(adagrad_with()), first_rate(rmsprop_with())),
    mistake("shared", SHARED, kept_outside(summed), kept_outside(averaged)),
    mistake("in_place", IN_PLACE, in_place(summed), in_place(averaged)),
    mistake("float64", FLOAT64, *both(lambda g, s, lr, eps: np.float64(lr) * g / (np.sqrt(s) + eps))),
]  # fmt: skip
