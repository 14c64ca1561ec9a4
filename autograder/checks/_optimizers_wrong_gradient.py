"""Wrong versions of gradient descent, momentum and the look-ahead, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.exercise import mistake

Array = np.ndarray
Grad = Callable[[Array], Array]
Step = Callable[..., tuple[Any, Any]]

# ---------------------------------------------------------------- gd_step


def gd_with(rule: Callable[[Array, Array, float], Any]) -> Step:
    return lambda w, g, state, *, lr: (rule(w, g, lr), state)


def gd_in_place(w: Array, g: Array, state: Any, *, lr: float) -> tuple[Array, Any]:
    w -= lr * g
    return w, state


IN_PLACE = """You change an array that you were given, w or g. Whoever called your function may still need it as it was: make a
    new array; `-=`, `+=` and `*=` do not."""
FLOAT64 = """With float32 arrays yours come back as float64. A number that NumPy made, or an array without a dtype of its own,
    turns them; a Python float does not."""
UPHILL = (
    """Your steps go uphill: the gradient points to where the loss grows. Look at the signs, all of them together."""
)
ORDER = """The two values come in the other order: first the new parameters, then the state."""

VECTORS_ONLY = """Your function fails with matrices, and matrices are what most layers have: does a loop, a len(…) or an array
    of zeros in it count on vectors?"""
FIRST_RATE = """Your steps are right as long as the learning rate stays what it was in the first one. It comes with every call,
    and may be another each time."""
DEFAULT_BETA = """Your steps are right with β = 0.9 and with no other β: is the argument used wherever β is meant?"""


def first_rate(step: Step) -> Step:
    """The rate of the first call, ever after."""

    def stubborn(w: Array, g: Any, state: Any, *, lr: float, **hyper: float) -> tuple[Any, Any]:
        lr, inner = state if isinstance(state, tuple) else (lr, {})
        w, inner = step(w, g, inner, lr=lr, **hyper)
        return w, (lr, inner)

    return stubborn


def always(step: Step, **fixed: float) -> Step:
    """Some of the hyperparameters are what they are, whatever the arguments say."""

    def fixed_step(w: Array, g: Any, state: Any, **hyper: float) -> tuple[Any, Any]:
        return step(w, g, state, **{**hyper, **fixed})

    return fixed_step


def as_long_as(w: Array) -> Array:
    """Zeros for a vector, in the wrong way."""
    return np.zeros(len(w), w.dtype)


def gd_entry_by_entry(w: Array, g: Array, state: Any, *, lr: float) -> tuple[Array, Any]:
    new = as_long_as(w)
    for i in range(len(w)):
        new[i] = w[i] - lr * g[i]
    return new, state


GD = [
    mistake("w_missing", """You return the step alone. The step is to be made from somewhere: where were the parameters
        before?""", gd_with(lambda w, g, lr: -lr * g)),
    mistake("uphill", UPHILL, gd_with(lambda w, g, lr: w + lr * g)),
    mistake("learning_rate_forgotten", """Your step is as long as the gradient: which argument is not used?""",
        gd_with(lambda w, g, lr: w - g)),
    mistake("divided_by_rate", """A smaller learning rate makes your steps longer.""",
        gd_with(lambda w, g, lr: w - g / lr)),
    mistake("w_times_gradient", """Where a parameter is 0 yours never moves, and the size of the step depends on that of the
        parameter: it stands where it does not belong.""", gd_with(lambda w, g, lr: w * (1 - lr * g))),
    mistake("sign_only", """Your steps have the same length in every coordinate: the size of the gradient is lost.""",
        gd_with(lambda w, g, lr: w - lr * np.sign(g))),
    mistake("unit_gradient", """You divide the gradient by its length. Plain gradient descent takes it as it is.""",
        gd_with(lambda w, g, lr: w - lr * g / max(float(np.linalg.norm(g)), 1e-300))),
    mistake("order", ORDER, lambda w, g, state, *, lr: (state, w - lr * g)),
    mistake("first_rate", FIRST_RATE, first_rate(gd_with(lambda w, g, lr: w - lr * g))),
    mistake("vectors_only", VECTORS_ONLY, gd_entry_by_entry),
    mistake("in_place", IN_PLACE, gd_in_place),
    mistake("float64", FLOAT64, gd_with(lambda w, g, lr: w - np.float64(lr) * g)),
]  # fmt: skip

# ---------------------------------------------------------------- momentum_step

Rule = Callable[[Array, Array, Array, float, float], tuple[Array, Array]]


def momentum_with(rule: Rule) -> Step:
    """A step whose state is m, 0 at the start: ``rule(w, g, m, lr, beta) -> (w, m)``."""

    def momentum_step(w: Array, g: Array, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
        w, m = rule(w, g, state.get("m", np.zeros_like(w)), lr, beta)
        return w, {"m": m}

    return momentum_step


def kept_outside() -> Step:
    """m in a variable outside of the function, set to 0 whenever an empty state comes in."""
    kept: dict[str, Any] = {}

    def momentum_step(w: Array, g: Array, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
        if not state:
            kept["m"] = np.zeros_like(w)
        kept["m"] = beta * kept["m"] - lr * g
        return w + kept["m"], {"started": True}

    return momentum_step


def in_place(w: Array, g: Array, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
    m = beta * state.get("m", np.zeros_like(w)) - lr * g
    w += m
    return w, {"m": m}


def added(w: Array, m: Array) -> tuple[Array, Array]:
    return w + m, m


SHARED = """With two parameters in turn, each with a state of its own, yours goes wrong: what you remember of one gets into the
    steps of the other. Keep nothing outside of the state."""
TORCH_FORM = """As long as the learning rate stays what it is your steps are right; when it changes they are not. You keep a sum
    of gradients and multiply all of it by the rate of today, as PyTorch does. Here the old part keeps the size it was given."""


def right_momentum(w: Array, g: Array, m: Array, lr: float, beta: float) -> tuple[Array, Array]:
    return added(w, beta * m - lr * g)


def momentum_of_vectors(w: Array, g: Array, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
    m = beta * state.get("m", as_long_as(w)) - lr * g
    return w + m, {"m": m}


MOMENTUM = [
    mistake("uphill", UPHILL, momentum_with(lambda w, g, m, lr, beta: added(w, beta * m + lr * g))),
    mistake("torch_form", TORCH_FORM,
        momentum_with(lambda w, g, m, lr, beta: (w - lr * (beta * m + g), beta * m + g))),
    mistake("average", """You weigh the gradient so that m becomes an average of the past. Then momentum is not faster than
        gradient descent; here the gradients add up, and only friction ends it.""",
        momentum_with(lambda w, g, m, lr, beta: added(w, beta * m - (1 - beta) * lr * g))),
    mistake("forgets", """Each of your steps is one of gradient descent: what happened before leaves no trace. Does m come out of
        the state, and go into the one you return?""", momentum_with(lambda w, g, m, lr, beta: added(w, -lr * g))),
    mistake("old_momentum", """Your step uses the m of the step before: the gradient of today has no effect until tomorrow.
        Which comes first?""", momentum_with(lambda w, g, m, lr, beta: (w + m, beta * m - lr * g))),
    mistake("beta_on_all", """You multiply the new gradient by β as well. Only what is left of the past is slowed down.""",
        momentum_with(lambda w, g, m, lr, beta: added(w, beta * (m - lr * g)))),
    mistake("beta_swapped", """Your m forgets what it should keep: with β = 0 it keeps everything, and β = 0.9 is much
        friction.""", momentum_with(lambda w, g, m, lr, beta: added(w, (1 - beta) * m - lr * g))),
    mistake("no_friction", """Your m never slows down: where is β?""",
        momentum_with(lambda w, g, m, lr, beta: added(w, m - lr * g))),
    mistake("rate_twice", """The learning rate counts twice in your step: it is already in m.""",
        momentum_with(lambda w, g, m, lr, beta: (w + lr * (beta * m - lr * g), beta * m - lr * g))),
    mistake("gradient_twice", """Your step has the gradient in it twice: once in the new m, and once more beside it.""",
        momentum_with(lambda w, g, m, lr, beta: (w + (beta * m - lr * g) - lr * g, beta * m - lr * g))),
    mistake("shifted_nesterov", """Your step looks ahead: that is the form of Nesterov's method that libraries use, not plain
        momentum. By how much does w move here, if m is the velocity?""",
        momentum_with(lambda w, g, m, lr, beta: (w + beta * (beta * m - lr * g) - lr * g, beta * m - lr * g))),
    mistake("m_is_the_place", """Your new parameters do not start from w.""",
        momentum_with(lambda w, g, m, lr, beta: (beta * m - lr * g, beta * m - lr * g))),
    mistake("old_part_only", """What you hand on is the new part alone: of the steps before the last one nothing is left. The m of
        the next step begins with the whole m of this one.""",
        momentum_with(lambda w, g, m, lr, beta: (w + beta * m - lr * g, -lr * g))),
    mistake("default_beta", DEFAULT_BETA, always(momentum_with(right_momentum), beta=0.9)),
    mistake("first_rate", FIRST_RATE, first_rate(momentum_with(right_momentum))),
    mistake("vectors_only", VECTORS_ONLY, momentum_of_vectors),
    mistake("shared", SHARED, kept_outside()),
    mistake("in_place", IN_PLACE, in_place),
    mistake("float64", FLOAT64, momentum_with(lambda w, g, m, lr, beta: added(w, np.float64(beta) * m - lr * g))),
]  # fmt: skip

# ---------------------------------------------------------------- nesterov_step

LookAhead = Callable[[Array, Grad, Array, float, float], tuple[Array, Array]]


def nesterov_with(rule: LookAhead) -> Step:
    """A step whose state is m, 0 at the start: ``rule(w, grad_fn, m, lr, beta) -> (w, m)``."""

    def nesterov_step(w: Array, grad_fn: Grad, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
        w, m = rule(w, grad_fn, state.get("m", np.zeros_like(w)), lr, beta)
        return w, {"m": m}

    return nesterov_step


def gradient_at(point: Callable[[Array, Array, float], Array]) -> Step:
    return nesterov_with(lambda w, grad_fn, m, lr, beta: added(w, beta * m - lr * grad_fn(point(w, m, beta))))


def moved_twice(w: Array, grad_fn: Grad, m: Array, lr: float, beta: float) -> tuple[Array, Array]:
    w = w + beta * m
    m = beta * m - lr * grad_fn(w)
    return w + m, m


def rate_outside(w: Array, grad_fn: Grad, b: Array, lr: float, beta: float) -> tuple[Array, Array]:
    b = beta * b + grad_fn(w - lr * beta * b)
    return w - lr * b, b


def shifted(w: Array, grad_fn: Grad, m: Array, lr: float, beta: float) -> tuple[Array, Array]:
    g = grad_fn(w)
    m = beta * m - lr * g
    return w + beta * m - lr * g, m


def asks_twice(w: Array, grad_fn: Grad, m: Array, lr: float, beta: float) -> tuple[Array, Array]:
    if np.isfinite(grad_fn(w)).all():
        m = beta * m - lr * grad_fn(w + beta * m)
    return w + m, m


def look_ahead_in_place(w: Array, grad_fn: Grad, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
    m = state.get("m", np.zeros_like(w))
    w += beta * m
    g = grad_fn(w)
    w -= lr * g
    return w, {"m": beta * m - lr * g}


def looks_ahead_with_the_last_step() -> Step:
    kept: dict[str, Any] = {}

    def nesterov_step(w: Array, grad_fn: Grad, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
        if not state:
            kept["m"] = np.zeros_like(w)
        kept["m"] = beta * kept["m"] - lr * grad_fn(w + beta * kept["m"])
        return w + kept["m"], {"started": True}

    return nesterov_step


def right_look_ahead(w: Array, grad_fn: Grad, m: Array, lr: float, beta: float) -> tuple[Array, Array]:
    return added(w, beta * m - lr * grad_fn(w + beta * m))


def look_ahead_of_vectors(w: Array, grad_fn: Grad, state: Any, *, lr: float, beta: float = 0.9) -> tuple[Array, Any]:
    w, m = right_look_ahead(w, grad_fn, state.get("m", as_long_as(w)), lr, beta)
    return w, {"m": m}


NESTEROV = [
    mistake("uphill", UPHILL, nesterov_with(
        lambda w, grad_fn, m, lr, beta: added(w, beta * m + lr * grad_fn(w + beta * m)))),
    mistake("gradient_here", """You ask for the gradient at w. That is plain momentum: where would momentum alone lead?""",
        gradient_at(lambda w, m, beta: w)),
    mistake("beta_missing", """You look too far ahead: friction slows m down before it leads anywhere. Which factor is missing
        in the point at which you ask?""", gradient_at(lambda w, m, beta: w + m)),
    mistake("looks_back", """You look back instead of ahead: m is what is added to w, with its sign.""",
        gradient_at(lambda w, m, beta: w - beta * m)),
    mistake("gradient_at_m", """You ask for the gradient at the momentum itself. It leads from somewhere to somewhere.""",
        gradient_at(lambda w, m, beta: beta * m)),
    mistake("moved_twice", """Your w moves twice: the look ahead is only a place to ask, and w then starts from where it was.""",
        nesterov_with(moved_twice)),
    mistake("shifted_form", """You ask for the gradient at w and move w further by way of amends. Libraries do this, since
        backpropagation gives the gradient where the parameters are; here you are given grad_fn, to ask elsewhere.""",
        nesterov_with(shifted)),
    mistake("torch_form", TORCH_FORM, nesterov_with(rate_outside)),
    mistake("forgets", """Each of your steps is one of gradient descent: what happened before leaves no trace. Does m come out of
        the state, and go into the one you return?""",
        nesterov_with(lambda w, grad_fn, m, lr, beta: added(w, -lr * grad_fn(w)))),
    mistake("ahead_but_no_momentum", """You look ahead, but your step is the new gradient alone: m has to move w, too.""",
        nesterov_with(lambda w, grad_fn, m, lr, beta: (w - lr * grad_fn(w + beta * m), beta * m - lr * grad_fn(w + beta * m)))),
    mistake("no_friction", """Your m never slows down: β belongs into m, and into the look ahead.""",
        nesterov_with(lambda w, grad_fn, m, lr, beta: added(w, m - lr * grad_fn(w + beta * m)))),
    mistake("average", """You weigh the gradient so that m becomes an average of the past; here the gradients add up.""",
        nesterov_with(lambda w, grad_fn, m, lr, beta: added(w, beta * m - (1 - beta) * lr * grad_fn(w + beta * m)))),
    mistake("default_beta", DEFAULT_BETA, always(nesterov_with(right_look_ahead), beta=0.9)),
    mistake("first_rate", FIRST_RATE, first_rate(nesterov_with(right_look_ahead))),
    mistake("vectors_only", VECTORS_ONLY, look_ahead_of_vectors),
    mistake("shared", SHARED, looks_ahead_with_the_last_step()),
    mistake("asks_twice", """Your steps are right, but they call grad_fn twice. In a network every call is a pass through all
        layers and back: one is enough.""", nesterov_with(asks_twice)),
    mistake("in_place", IN_PLACE, look_ahead_in_place),
    mistake("float64", FLOAT64, nesterov_with(
        lambda w, grad_fn, m, lr, beta: added(w, np.float64(beta) * m - lr * grad_fn(w + beta * m)))),
]  # fmt: skip
