"""Wrong versions of Adam, AdaMax and Nadam, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.optimizers import adamax_step, nadam_step

from autograder.checks._optimizers_wrong_adaptive import DEFAULT_EPS, NO_EPSILON
from autograder.checks._optimizers_wrong_gradient import (
    FIRST_RATE,
    FLOAT64,
    IN_PLACE,
    SHARED,
    UPHILL,
    VECTORS_ONLY,
    always,
    first_rate,
)
from autograder.exercise import mistake

Array = np.ndarray
Step = Callable[..., tuple[Any, Any]]


class Parts:
    """A step of Adam in parts, each of which a wrong version replaces. b1, b2 stand for β1, β2, c1, c2 for 1 − β1, 1 − β2."""

    def t(self, t: int) -> int:
        return t + 1

    def m(self, m: Array, g: Array, b1: float) -> Array:
        return b1 * m + (1 - b1) * g

    def s(self, s: Array, g: Array, b2: float) -> Array:
        return b2 * s + (1 - b2) * g * g

    def m_hat(self, m: Array, g: Array, b1: float, b2: float, t: int) -> Array:
        return m / (1 - b1**t)

    def s_hat(self, s: Array, b1: float, b2: float, t: int) -> Array:
        return s / (1 - b2**t)

    def change(self, m: Array, s: Array, lr: float, eps: float) -> Array:
        return lr * m / (np.sqrt(s) + eps)


def adam_with(
    *, keep_m: bool = False, keep_s: bool = False, in_place: bool = False, **parts: Callable[..., Any]
) -> Step:
    """Adam with some of its `Parts` in a wrong version; keep_m: m̂ is stored in place of m."""
    right = Parts()
    part = {name: parts.get(name, getattr(right, name)) for name in ("t", "m", "s", "m_hat", "s_hat", "change")}

    def adam_step(
        w: Array,
        g: Array,
        state: Any,
        *,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> tuple[Any, Any]:
        t = part["t"](state.get("t", 0))
        m = part["m"](state.get("m", np.zeros_like(w)), g, beta1)
        s = part["s"](state.get("s", np.zeros_like(w)), g, beta2)
        m_hat, s_hat = part["m_hat"](m, g, beta1, beta2, t), part["s_hat"](s, beta1, beta2, t)
        change = part["change"](m_hat, s_hat, lr, eps)
        if in_place:
            w -= change
        else:
            w = w - change
        return w, {"m": m_hat if keep_m else m, "s": s_hat if keep_s else s, "t": t}

    return adam_step


def count_outside(step: Step) -> Step:
    """t in a variable outside of the function, set to 0 whenever an empty state comes in: once for all parameters."""
    kept = {"t": 0}

    def counted(w: Array, g: Array, state: Any, **hyper: float) -> tuple[Any, Any]:
        if not state:
            kept["t"] = 0
        w, state = step(w, g, {**state, "t": kept["t"]}, **hyper)
        kept["t"] += 1
        return w, state

    return counted


def kept_outside(step: Step) -> Step:
    kept: dict[str, Any] = {}

    def remembered(w: Array, g: Array, state: Any, **hyper: float) -> tuple[Any, Any]:
        w, kept["state"] = step(w, g, kept["state"] if state else {}, **hyper)
        return w, {"started": True}

    return remembered


def epsilon_hat(w: Array, g: Array, state: Any, *, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999,
                eps: float = 1e-8) -> tuple[Any, Any]:  # fmt: skip
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    s = beta2 * state.get("s", np.zeros_like(w)) + (1 - beta2) * g * g
    rate = lr * float(np.sqrt(1 - beta2**t)) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(s) + eps), {"m": m, "s": s, "t": t}


def none(x: Array, *others: Any) -> Array:
    return x


def starts_at_the_gradient(w: Array, g: Array, state: Any, *, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999,
                           eps: float = 1e-8) -> tuple[Any, Any]:  # fmt: skip
    m = beta1 * state["m"] + (1 - beta1) * g if state else g
    s = beta2 * state["s"] + (1 - beta2) * g * g if state else g * g
    return w - lr * m / (np.sqrt(s) + eps), {"m": m, "s": s}


def square_of_mean(w: Array, g: Array, state: Any, *, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999,
                   eps: float = 1e-8) -> tuple[Any, Any]:  # fmt: skip
    t, m = state.get("t", 0) + 1, beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    s = beta2 * state.get("s", np.zeros_like(w)) + (1 - beta2) * m * m
    change = lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return w - change, {"m": m, "s": s, "t": t}


DEFAULT_BETAS = """Your steps are right with the β1 and β2 of the signature, and with no others: are the arguments used wherever
    they are meant?"""
T_ZERO = """In your first step t is 0, and both corrections divide by 0. t counts the steps, this one included."""

ADAM = [
    mistake("mixed_signs", """Your steps go uphill. Two conventions are mixed: m may hold the mean of the gradients and be taken
        from w, or hold its negative and be added; not one of each.""",
        adam_with(m=lambda m, g, b1: b1 * m - (1 - b1) * g)),
    mistake("no_correction", """Your first steps are too long, the first one by a factor of 3.16. m and s both start at 0 and are
        too small at first; where is that made up for?""", adam_with(m_hat=none, s_hat=none)),
    mistake("only_s_corrected", """Your first step is a tenth of lr. You make up for the start of s at 0, but not for that
        of m.""", adam_with(m_hat=none)),
    mistake("only_m_corrected", """Your first step is more than thirty times lr. You make up for the start of m at 0, but not for
        that of s.""", adam_with(s_hat=none)),
    mistake("beta2_for_both", """Your first step is a hundred times lr: the correction of m has the wrong β in it. How much of the
        gradient is in m after one step, and how much does your correction assume?""",
        adam_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b2**t))),
    mistake("beta1_for_both", """The correction of s has the wrong β in it: by which factor is s too small after one step?""",
        adam_with(s_hat=lambda s, b1, b2, t: s / (1 - b1**t))),
    mistake("betas_swapped", """The two β are swapped: β1 belongs to the mean of gradients, β2 to the mean of squares.""",
        lambda w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8: adam_with()(
            w, g, state, lr=lr, beta1=beta2, beta2=beta1, eps=eps)),
    mistake("both_overwritten", """Your first step is right, and the later ones are not: what you corrected is stored, and
        corrected again in the next step. What has to be remembered is m and s as they were.""",
        adam_with(keep_m=True, keep_s=True)),
    mistake("m_overwritten", """Your first step is right, the second one about five times too long: you store the corrected m, and
        correct it again in the next step.""", adam_with(keep_m=True)),
    mistake("s_overwritten", """Your first step is right, the later ones are too short: you store the corrected s, and correct it
        again in the next step.""", adam_with(keep_s=True)),
    mistake("t_from_zero", T_ZERO, adam_with(t=lambda t: t + 1, m_hat=lambda m, g, b1, b2, t: m / (1 - b1 ** (t - 1)),
                                             s_hat=lambda s, b1, b2, t: s / (1 - b2 ** (t - 1)))),
    mistake("t_from_zero_raises", T_ZERO, adam_with(m_hat=lambda m, g, b1, b2, t: (1 / (1 - b1 ** (t - 1))) * m)),
    mistake("t_from_two", """Your correction is one step ahead: in the first step t is already 2. Is it counted twice?""",
        adam_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b1 ** (t + 1)),
                  s_hat=lambda s, b1, b2, t: s / (1 - b2 ** (t + 1)))),
    mistake("t_not_counted", """Your first step is right, but the correction stays as strong as it was there. Does it depend on
        t, and does t grow from call to call?""", adam_with(t=lambda t: 1)),
    mistake("product_not_power", """Your correction multiplies β by t. What is left of the start after t steps is a power.""",
        adam_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b1 * t), s_hat=lambda s, b1, b2, t: s / (1 - b2 * t))),
    mistake("power_of_the_share", """Your corrections become stronger with every step, and so your steps go wild. What m has
        reached after t steps comes closer and closer to 1.""",
        adam_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b1) ** t, s_hat=lambda s, b1, b2, t: s / (1 - b2) ** t)),
    mistake("starts_at_the_gradient", """You let m and s start at the first gradient and its square. The first step is right, but
        that one gradient weighs far too much after it. Both are to start at 0, and to be corrected.""", starts_at_the_gradient),
    mistake("m_not_an_average", """Your m is a sum, not an average: the weights of the old and the new part must add up to 1.""",
        adam_with(m=lambda m, g, b1: b1 * m + g)),
    mistake("s_not_an_average", """Your s is a sum, not an average: the weights of the old and the new part must add up to 1.""",
        adam_with(s=lambda s, g, b2: b2 * s + g * g)),
    mistake("not_squared", """Your s takes the mean of the gradients, not of their squares; the root of a negative number is
        NaN.""", adam_with(s=lambda s, g, b2: b2 * s + (1 - b2) * g)),
    mistake("absolute_values", """Your s takes the mean of the absolute values, and then a root. Of what must the mean be taken,
        if a root is to follow?""", adam_with(s=lambda s, g, b2: b2 * s + (1 - b2) * np.abs(g))),
    mistake("square_of_mean", """Your s is made from the square of m. It is a mean of squares: of those of the gradients.""",
        square_of_mean),
    mistake("no_root", """You divide by the mean of squares itself: a gradient that is ten times as large gives a step that is ten
        times as short. What turns a square back?""", adam_with(change=lambda m, s, lr, eps: lr * m / (s + eps))),
    mistake("gradient_for_m", """Your step takes the gradient of today in place of its mean: m is computed, but not used.""",
        adam_with(m_hat=lambda m, g, b1, b2, t: g)),
    mistake("eps_inside", """Where the gradient is tiny your step is too short, and right otherwise: you add ε under the root.
        Here it is added to the root.""", adam_with(change=lambda m, s, lr, eps: lr * m / np.sqrt(s + eps))),
    mistake("eps_hat", """Where the gradient is tiny your step is too short, and right otherwise: you add ε to the root of s
        before that is corrected. Keras does it so; here the correction comes first.""", epsilon_hat),
    mistake("no_epsilon", NO_EPSILON, adam_with(change=lambda m, s, lr, eps: lr * m / np.sqrt(s))),
    mistake("forgets", """All your steps are as the first one. Do m, s and t come out of the state, and go into the one you
        return?""", adam_with(t=lambda t: 1, m=lambda m, g, b1: (1 - b1) * g, s=lambda s, g, b2: (1 - b2) * g * g)),
    mistake("default_betas", DEFAULT_BETAS, always(adam_with(), beta1=0.9, beta2=0.999)),
    mistake("default_eps", DEFAULT_EPS, always(adam_with(), eps=1e-8)),
    mistake("first_rate", FIRST_RATE, first_rate(adam_with())),
    mistake("t_for_all", """With two parameters in turn yours goes wrong: t is counted once for every call, whichever parameter it
        is for. Each state needs a t of its own.""", count_outside(adam_with())),
    mistake("shared", SHARED, kept_outside(adam_with())),
    mistake("in_place", IN_PLACE, adam_with(in_place=True)),
    mistake("float64", FLOAT64, adam_with(s_hat=lambda s, b1, b2, t: s / np.float64(1 - b2**t))),
]  # fmt: skip

# ---------------------------------------------------------------- adamax_step, nadam_step


def adamax_with(**parts: Callable[..., Any]) -> tuple[Step, Step]:
    """AdaMax in a wrong version: u in the place of s, not corrected, no root; and the right Nadam."""
    right: dict[str, Callable[..., Any]] = {
        "s": lambda u, g, b2: np.maximum(b2 * u, np.abs(g)),
        "s_hat": none,
        "change": lambda m, u, lr, eps: lr * m / (u + eps),
    }
    return adam_with(**(right | parts)), nadam_step


def nadam_m(m: Array, g: Array, b1: float, b2: float, t: int) -> Array:
    return b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)


def nadam_with(**parts: Callable[..., Any]) -> tuple[Step, Step]:
    """The right AdaMax, and Nadam in a wrong version."""
    return adamax_step, adam_with(**({"m_hat": nadam_m} | parts))


def old_mean(m: Array, g: Array, b1: float, b2: float, t: int) -> Array:
    before = (m - (1 - b1) * g) / b1
    return b1 * before / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)


ADAMAX_NADAM = [
    mistake("adamax_uphill", UPHILL, *adamax_with(change=lambda m, u, lr, eps: -lr * m / (u + eps))),
    mistake("u_corrected", """You correct u as Adam corrects s. Look at u after one step: is there anything to make up for?""",
        *adamax_with(s_hat=lambda u, b1, b2, t: u / (1 - b2**t))),
    mistake("sum_for_maximum", """Your u adds the new gradient to the old u. It is the larger of the two.""",
        *adamax_with(s=lambda u, g, b2: b2 * u + np.abs(g))),
    mistake("u_never_fades", """Your u never becomes smaller. Old gradients are to fade a little before they are compared with the
        new one.""", *adamax_with(s=lambda u, g, b2: np.maximum(u, np.abs(g)))),
    mistake("new_one_fades", """In your u the gradient of today is made smaller as well: only the old part fades.""",
        *adamax_with(s=lambda u, g, b2: np.maximum(b2 * u, (1 - b2) * np.abs(g)))),
    mistake("both_fade", """In your u the gradient of today fades as well: only the old part does.""",
        *adamax_with(s=lambda u, g, b2: b2 * np.maximum(u, np.abs(g)))),
    mistake("mean_for_maximum", """Your u is an average of the sizes. It is the larger of two numbers.""",
        *adamax_with(s=lambda u, g, b2: b2 * u + (1 - b2) * np.abs(g))),
    mistake("adamax_beta2_for_m", """The correction of m in your AdaMax has the wrong β in it.""",
        *adamax_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b2**t))),
    mistake("adamax_vectors_only", VECTORS_ONLY, *adamax_with(
        s=lambda u, g, b2: np.array([max(b2 * a, abs(b)) for a, b in zip(u, g, strict=True)], g.dtype))),
    mistake("squares_in_u", """Your u compares with the square of the gradient. No square, and so no root, is left in AdaMax.""",
        *adamax_with(s=lambda u, g, b2: np.maximum(b2 * u, g * g))),
    mistake("signs_in_u", """Your u forgets that a gradient of −100 is a large one.""",
        *adamax_with(s=lambda u, g, b2: np.maximum(b2 * u, g))),
    mistake("largest_of_all", """Your u is one number for all coordinates. Each coordinate has its own.""",
        *adamax_with(s=lambda u, g, b2: np.maximum(b2 * u, np.max(np.abs(g))))),
    mistake("root_of_u", """You divide by the root of u. There was no square in it.""",
        *adamax_with(change=lambda m, u, lr, eps: lr * m / (np.sqrt(u) + eps))),
    mistake("adamax_m_uncorrected", """In AdaMax, too, m starts at 0: your first step is a tenth of lr.""",
        *adamax_with(m_hat=none)),
    mistake("adamax_no_epsilon", NO_EPSILON, *adamax_with(change=lambda m, u, lr, eps: lr * m / u)),
    mistake("nadam_uphill", UPHILL, *nadam_with(change=lambda m, s, lr, eps: -lr * m / (np.sqrt(s) + eps))),
    mistake("index_t", """In your Nadam the mean m is corrected as it is today. It enters with the weight that it will have one
        step later, and so with the correction of that step. (Many pages print it as you have it.)""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: (b1 * m + (1 - b1) * g) / (1 - b1**t))),
    mistake("both_next", """In your Nadam both parts have the correction of the next step. The gradient of today has that of
        today.""", *nadam_with(m_hat=lambda m, g, b1, b2, t: (b1 * m + (1 - b1) * g) / (1 - b1 ** (t + 1)))),
    mistake("indices_swapped", """In your Nadam the two corrections are swapped: which of the two parts belongs to the next
        step?""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: b1 * m / (1 - b1**t) + (1 - b1) * g / (1 - b1 ** (t + 1)))),
    mistake("mean_in_full", """In your Nadam m enters in full. One step later only a part of it will be left.""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t))),
    mistake("gradient_in_full", """In your Nadam today's gradient enters in full. Its weight is the one it has in m.""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: b1 * m / (1 - b1 ** (t + 1)) + g / (1 - b1**t))),
    mistake("nadam_is_adam", """Your Nadam is Adam: nothing looks ahead.""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: m / (1 - b1**t))),
    mistake("nadam_uncorrected", """Nothing in your Nadam makes up for the start of m at 0.""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: b1 * m + (1 - b1) * g)),
    mistake("gradient_uncorrected", """In your Nadam m is corrected, the gradient beside it is not. The formula divides both.""",
        *nadam_with(m_hat=lambda m, g, b1, b2, t: b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g)),
    mistake("old_mean", """Your Nadam looks ahead with the mean of before: today's gradient has to be in m first.""",
        *nadam_with(m_hat=old_mean)),
    mistake("nadam_s_uncorrected", """Your Nadam does not make up for the start of s at 0.""", *nadam_with(s_hat=none)),
    mistake("nadam_no_root", """Your Nadam divides by the mean of squares itself, without a root.""",
        *nadam_with(change=lambda m, s, lr, eps: lr * m / (s + eps))),
    mistake("nadam_eps_inside", """Where the gradient is tiny your Nadam's step is too short: you add ε under the root. It is
        added to the root.""", *nadam_with(change=lambda m, s, lr, eps: lr * m / np.sqrt(s + eps))),
    mistake("default_betas", DEFAULT_BETAS, always(adamax_with()[0], beta1=0.9, beta2=0.999),
        always(nadam_with()[1], beta1=0.9, beta2=0.999)),
    mistake("first_rate", FIRST_RATE, first_rate(adamax_with()[0]), first_rate(nadam_with()[1])),
    mistake("shared", SHARED, kept_outside(adamax_with()[0]), kept_outside(nadam_with()[1])),
    mistake("t_for_all", """With two parameters in turn yours goes wrong: t is counted once for every call, whichever parameter it
        is for. Each state needs a t of its own.""", count_outside(adamax_with()[0]), count_outside(nadam_with()[1])),
    mistake("float64", FLOAT64, *adamax_with(s=lambda u, g, b2: np.maximum(np.float64(b2) * u, np.abs(g)))),
]  # fmt: skip
