"""Wrong penalties, proximal steps, norms and early stops, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import regularizers as ref

from autograder.exercise import mistake

Array = np.ndarray
Weights = list[Array]
Params = dict[str, Array]

# ---------------------------------------------------------------- penalties


def penalties(
    l1: Callable[[Weights, float], Any] = ref.l1_penalty,
    l1_grad: Callable[[Weights, float], Any] = ref.l1_grad,
    l2: Callable[[Weights, float], Any] = ref.l2_penalty,
    l2_grad: Callable[[Weights, float], Any] = ref.l2_grad,
    counted: Callable[[str], bool] = lambda name: name.startswith("W"),
    join: Callable[[Array, Array], Array] = lambda g, own: g + own,
    swapped: bool = False,
    result: Callable[[Any, Any, Params], Any] = lambda loss, penalty, grads: (loss + penalty, grads),
) -> tuple[Callable[..., Any], ...]:
    """All five functions, with one part in a wrong version."""

    def penalized(loss: float, grads: Params, params: Params, lam1: float, lam2: float) -> Any:
        lam1, lam2 = (lam2, lam1) if swapped else (lam1, lam2)
        names = [name for name in params if counted(name)]
        ws = [params[name] for name in names]
        new = dict(grads)
        for name, w in zip(names, ws, strict=True):
            new[name] = join(grads[name], l1_grad([w], lam1)[0] + l2_grad([w], lam2)[0])
        return result(loss, l1(ws, lam1) + l2(ws, lam2), new)

    return l1, l1_grad, l2, l2_grad, penalized


def norm_of(ws: Weights) -> float:
    return math.sqrt(sum(float(np.sum(w**2)) for w in ws))


def norm_of_each(ws: Weights) -> float:
    return sum(math.sqrt(float(np.sum(w**2))) for w in ws)


def sign_by_division(ws: Weights, lam: float) -> Weights:
    with np.errstate(invalid="ignore"):
        return [lam * w / np.abs(w) for w in ws]


def penalized_in_place(loss: float, grads: Params, params: Params, lam1: float, lam2: float) -> Any:
    for name, g in grads.items():
        if name.startswith("W"):
            g += lam1 * np.sign(params[name]) + lam2 * params[name]
    ws = [w for name, w in params.items() if name.startswith("W")]
    return loss + ref.elastic_net(ws, lam1, lam2), grads


def l2_grad_in_place(ws: Weights, lam: float) -> Weights:
    for w in ws:
        w *= lam
    return ws


PENALTIES = [
    mistake("norm_of_each", """Your ℓ2 penalty grows as the weights do, not as their squares: a root too many. Has it
        the gradient that the task names?""", *penalties(l2=lambda ws, lam: lam / 2 * norm_of_each(ws))),
    mistake("norm_not_squared", """Your ℓ2 penalty grows as the weights do, not as their squares: a root too many. Has it
        the gradient that the task names?""", *penalties(l2=lambda ws, lam: lam / 2 * norm_of(ws))),
    mistake("l2_grad_doubled", """Your ℓ2 gradient is twice the slope of the penalty. Take the derivative of the penalty in
        the task, its ½ included.""", *penalties(l2_grad=lambda ws, lam: [2 * lam * w for w in ws])),
    mistake("l2_half_forgotten", """Your ℓ2 gradient is right, your penalty twice too large: what does the task put before
        the sum?""", *penalties(l2=lambda ws, lam: 2 * ref.l2_penalty(ws, lam))),
    mistake("l2_doubled", """Your ℓ2 penalty and its gradient are twice too large. That is the convention of Keras; here
        there is a ½ in the penalty, so that none is needed in the gradient.""",
        *penalties(l2=lambda ws, lam: 2 * ref.l2_penalty(ws, lam), l2_grad=lambda ws, lam: [2 * lam * w for w in ws])),
    mistake("l2_grad_halved", """Your ℓ2 gradient is half the slope of the penalty: what does the square bring down?""",
        *penalties(l2_grad=lambda ws, lam: [lam / 2 * w for w in ws])),
    mistake("l1_halved", """There is no ½ in ℓ1, neither in the penalty nor in the gradient. It belongs to squares, whose
        derivative brings a 2.""", *penalties(l1=lambda ws, lam: ref.l1_penalty(ws, lam) / 2,
                                  l1_grad=lambda ws, lam: [lam / 2 * np.sign(w) for w in ws])),
    mistake("l1_penalty_halved", """There is no ½ in the ℓ1 penalty: its slope would not be the gradient you return.""",
        *penalties(l1=lambda ws, lam: ref.l1_penalty(ws, lam) / 2)),
    mistake("l1_grad_halved", """There is no ½ in the ℓ1 gradient (it is sometimes printed with one). What is the slope of λ
        |w| for a positive w?""", *penalties(l1_grad=lambda ws, lam: [lam / 2 * np.sign(w) for w in ws])),
    mistake("no_absolute_value", """Your ℓ1 penalty of −4 is less than that of 0: what matters is how large a weight is, not
        on which side.""", *penalties(l1=lambda ws, lam: lam * sum(float(w.sum()) for w in ws))),
    mistake("l1_grad_of_size", """Your ℓ1 gradient is larger for larger weights. The slope of |w| is the same however large
        w is.""", *penalties(l1_grad=lambda ws, lam: [lam * np.abs(w) for w in ws])),
    mistake("l1_grad_of_one_sign", """Your ℓ1 gradient is the same on both sides of 0. A negative weight is to be pushed the
        other way.""", *penalties(l1_grad=lambda ws, lam: [lam * np.ones_like(w) for w in ws])),
    mistake("sign_of_zero", """A weight that is exactly 0 gets a gradient in your ℓ1, and is pushed away from where it
        should stay. See what np.sign(0.0) gives.""",
        *penalties(l1_grad=lambda ws, lam: [np.where(w >= 0, lam, -lam) for w in ws])),
    mistake("zero_by_zero", """Your ℓ1 gradient is NaN where a weight is 0. There is a function for the sign that divides by
        nothing.""", *penalties(l1_grad=sign_by_division)),
    mistake("mean", """You average over the weights. The penalties are sums, so that a large network pays for all of its
        weights.""", *penalties(l1=lambda ws, lam: lam * np.mean([np.mean(np.abs(w)) for w in ws]),
                                l2=lambda ws, lam: lam / 2 * np.mean([np.mean(w**2) for w in ws]))),
    mistake("mean_of_each", """You average over the weights of each array. The penalties are sums, so that a large network pays
        for all of its weights.""", *penalties(l1=lambda ws, lam: lam * sum(float(np.mean(np.abs(w))) for w in ws),
                                    l2=lambda ws, lam: lam / 2 * sum(float(np.mean(w**2)) for w in ws))),
    mistake("sum_then_magnitude", """You add the weights and then take the magnitude, so that positive and negative ones cancel.
        Which of the two comes first?""", *penalties(l1=lambda ws, lam: lam * sum(abs(float(w.sum())) for w in ws))),
    mistake("l2_grad_in_place", """Your l2_grad changes the weights that it is given: w *= … writes into the caller's array. Make
        new ones.""", *penalties()[:3], l2_grad_in_place, penalties()[4]),
    mistake("last_array_only", """With several arrays you count only the last one: is something overwritten in each turn of
        the loop?""",
        *penalties(l1=lambda ws, lam: ref.l1_penalty(ws[-1], lam), l2=lambda ws, lam: ref.l2_penalty(ws[-1], lam))),
    mistake("biases_penalized", """The biases are penalized, too. A bias moves a unit's threshold and fits no noise; only
        the arrays whose names begin with W count.""", *penalties(counted=lambda name: True)),
    mistake("gradient_replaced", """The gradient of the loss is gone: what the penalty adds is to come on top of it.""",
        *penalties(join=lambda g, own: own)),
    mistake("gradient_subtracted", """Your penalty pushes the weights away from 0: gradients of a sum add up.""",
        *penalties(join=lambda g, own: g - own)),
    mistake("loss_only", """The penalty is in your loss, but not in the gradients. A step along them does not know of it.""",

        *penalties(join=lambda g, own: g)),
    mistake("gradient_only", """The penalty is in your gradients, but not in the loss.""",
        *penalties(result=lambda loss, penalty, grads: (loss, grads))),
    mistake("strengths_swapped", """The two strengths have changed places: lam1 belongs to ℓ1, lam2 to ℓ2.""",
        *penalties(swapped=True)),
    mistake("in_place", """You write into the gradients that you were given: g += … changes the caller's array. Make new
        ones.""",
        *penalties()[:4], penalized_in_place),
]  # fmt: skip

# ---------------------------------------------------------------- soft_threshold, proximal_step

Soft = Callable[[Array, float], Array]


def steps_with(
    soft: Soft = ref.soft_threshold, step: Callable[..., Array] | None = None
) -> tuple[Soft, Callable[..., Array]]:
    """Both functions, one of them in a wrong version."""
    return soft, step or (lambda w, g, lr, lam: soft(w - lr * g, lr * lam))


def soft_in_place(w: Array, t: float) -> Array:
    w[np.abs(w) <= t] = 0
    w[w > 0] -= t
    w[w < 0] += t
    return w


def step_in_place(w: Array, g: Array, lr: float, lam: float) -> Array:
    w -= lr * g
    return ref.soft_threshold(w, lr * lam)


PAST_ZERO = """Weights nearer to 0 than the threshold come out on the other side, with the sign flipped. How far may a
    weight go at most?"""

SOFT_THRESHOLD = [
    mistake("past_zero", PAST_ZERO, *steps_with(lambda w, t: w - t * np.sign(w))),
    mistake("hard_threshold", """The large weights stay where they are. They are to move by the threshold, too.""",
        *steps_with(lambda w, t: np.where(np.abs(w) > t, w, 0.0))),
    mistake("sign_lost", """Your negative weights come out positive, or not at all. What gives them their sign back?""",
        *steps_with(lambda w, t: np.maximum(np.abs(w) - t, 0))),
    mistake("positive_only", """All your negative weights are 0. Both sides of 0 move towards it.""",
        *steps_with(lambda w, t: np.maximum(w - t, 0))),
    mistake("clipped", """You keep what should go and drop what should stay: large weights come out as ±t, small ones as
        they were.""", *steps_with(lambda w, t: np.clip(w, -t, t))),
    mistake("shifted", """All your weights move in one direction. Negative ones come nearer to 0 the other way.""",
        *steps_with(lambda w, t: np.where(np.abs(w) > t, w - t, 0.0))),
    mistake("in_place", """You write into the array that you were given. The caller may still need it: make a new one.""",
        *steps_with(soft_in_place, steps_with()[1])),
    mistake("step_in_place", """w -= … changes the caller's array. Make a new one.""", *steps_with(step=step_in_place)),
    mistake("subgradient", """Your step follows the slope of the penalty, so your weights hover around 0 but are never
        exactly 0. Let soft_threshold do the penalty's part.""",
        *steps_with(step=lambda w, g, lr, lam: w - lr * (g + lam * np.sign(w)))),
    mistake("penalty_twice", """Your step is pushed by the penalty twice, once through the gradient and once through the
        threshold. g is the gradient of the loss alone.""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w - lr * (g + lam * np.sign(w)), lr * lam))),
    mistake("threshold_without_rate", """Your threshold does not depend on the learning rate, so half the rate means twice
        the penalty. A step of the penalty is as long as the rate allows, as a step of the loss is.""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w - lr * g, lam))),
    mistake("rate_as_threshold", """Your threshold does not depend on lam: how strong is the penalty?""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w - lr * g, lr))),
    mistake("no_gradient", """Your step pulls the weights towards 0 and does nothing else: where is the step for the loss?""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w, lr * lam))),
    mistake("decayed", """Your step multiplies the weights, as an ℓ2 penalty does. That makes them small, never 0.""",
        *steps_with(step=lambda w, g, lr, lam: (1 - lr * lam) * (w - lr * g))),
    mistake("no_penalty", """Your step is one of plain gradient descent: nothing becomes 0. Which function have you just
        written?""", *steps_with(step=lambda w, g, lr, lam: w - lr * g)),
    mistake("threshold_first", """You apply the threshold before the gradient step, which moves the zeros away again. What
        is to be exactly 0 in the end?""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w, lr * lam) - lr * g)),
    mistake("gradient_without_rate", """Your step along the gradient has the same length whatever the learning rate is.""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w - g, lr * lam))),
    mistake("uphill", """Your step goes up the gradient.""",
        *steps_with(step=lambda w, g, lr, lam: ref.soft_threshold(w + lr * g, lr * lam))),
    mistake("shrunk", """Your step multiplies the weights, as an ℓ2 penalty does. That makes them small, never 0.""",
        *steps_with(step=lambda w, g, lr, lam: (1 - lr * lam) * w - lr * g)),
    mistake("stays_at_zero", """What is 0 never moves in your step. It stays there only if the loss pulls less than the
        penalty holds.""",
        *steps_with(step=lambda w, g, lr, lam: np.where(w == 0, 0.0, ref.soft_threshold(w - lr * g, lr * lam)))),
]  # fmt: skip

# ---------------------------------------------------------------- max_norm


def lengths(W: Array, axis: int | None = 0) -> Array:
    return np.sqrt((W**2).sum(axis=axis, keepdims=True))


def shortened_with(norm: Callable[[Array], Array]) -> Callable[[Array, float], Array]:
    return lambda W, r: W * (r / np.maximum(norm(W), r))


def nan_at_zero(W: Array, r: float) -> Array:
    with np.errstate(all="ignore"):
        return W / lengths(W) * np.minimum(lengths(W), r)


def always_r(W: Array, r: float) -> Array:
    with np.errstate(all="ignore"):
        return r * W / lengths(W)


def shortened_in_place(W: Array, r: float) -> Array:
    for j in range(W.shape[1]):
        norm = math.sqrt(float((W[:, j] ** 2).sum()))
        if norm > r:
            W[:, j] *= r / norm
    return W


def in_float64(W: Array, r: float) -> Array:
    return W * (np.float64(r) / np.maximum(lengths(W.astype(np.float64)), r))


MAX_NORM = [
    mistake("rows", """You shortened rows. The weights that enter unit j stand in column j.""",
        shortened_with(lambda W: lengths(W, 1))),
    mistake("always_r", """All your columns have length r. A column is rescaled only if its norm exceeds r; a short one
        stays as it is. (The rule is sometimes printed without that condition.)""", always_r),
    mistake("always_r_but_zero", """All your columns have length r. A column is rescaled only if its norm exceeds r; a short
        one stays as it is. (The rule is sometimes printed without that condition.)""",
        lambda W, r: r * W / np.where(lengths(W) > 0, lengths(W), 1.0)),
    mistake("all_rows_to_r", """You gave every row the length r: it is columns that are limited, and only those that are too
        long.""", lambda W, r: r * W / lengths(W, 1)),
    mistake("whole_matrix", """You limit the length of the whole matrix. Each unit has a limit of its own.""",
        shortened_with(lambda W: lengths(W, None))),
    mistake("all_if_one", """If one column is too long you shorten all of them. Each is looked at by itself.""",
        shortened_with(lambda W: lengths(W).max())),
    mistake("entries_clipped", """You limit the entries. It is the length of a whole column that is limited, and its
        direction stays.""", lambda W, r: np.clip(W, -r, r)),
    mistake("squared", """You compare the squared length with r: a root is missing.""",
        shortened_with(lambda W: lengths(W) ** 2)),
    mistake("squares_compared", """You compare the squared length with r: a root is missing in your condition.""",
        lambda W, r: W * np.where(lengths(W) ** 2 > r, r / np.maximum(lengths(W), 1e-300), 1.0)),
    mistake("largest_entry", """Your length is the largest entry. Here it is the ordinary one, the root of the sum of
        squares.""", shortened_with(lambda W: np.abs(W).max(axis=0, keepdims=True))),
    mistake("sum_of_magnitudes", """Your length is the sum of the magnitudes. Here it is the ordinary one, the root of the
        sum of squares.""", shortened_with(lambda W: np.abs(W).sum(axis=0, keepdims=True))),
    mistake("unit_length", """Your long columns end with length 1, whatever r is.""",
        lambda W, r: W / np.where(lengths(W) > r, lengths(W), 1.0)),
    mistake("upside_down", """Your long columns become longer still: look at the factor for a column that is twice too long.""",

        lambda W, r: W * np.maximum(lengths(W) / r, 1)),
    mistake("set_to_zero", """Your long columns become 0. They are to keep their direction.""",
        lambda W, r: np.where(lengths(W) > r, 0.0, W)),
    mistake("nan_at_zero", """A column of zeros becomes NaN: 0 is divided by 0. Its length is below every limit.""",
        nan_at_zero),
    mistake("warns_at_zero", """For a column of zeros NumPy warns of a division by zero. The result is right by luck: look
        at what you divide by.""", lambda W, r: W * np.minimum(1, r / lengths(W))),
    mistake("in_place", """You write into the array that you were given. The caller may still need it: make a new one.""",
        shortened_in_place),
    mistake("float64", """With float32 weights yours come back as float64.""", in_float64),
]  # fmt: skip
