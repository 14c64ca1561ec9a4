"""Wrong versions of dropout and alpha dropout, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.activations import SELU_ALPHA, SELU_LAMBDA
from gradus.dropout import ALPHA_PRIME, alpha_dropout, alpha_dropout_constants, dropout_backward, dropout_forward

from autograder.exercise import mistake

Array = np.ndarray
Rng = np.random.Generator

# ---------------------------------------------------------------- dropout_forward, dropout_backward


def forward_with(
    *,
    drawn: Callable[[Rng, tuple[int, ...], float], Array] = lambda rng, shape, rate: rng.random(shape) >= rate,
    factor: Callable[[float], float] = lambda rate: 1 / (1 - rate),
    evaluation: Callable[[Array, float, Rng], Any] = lambda x, rate, rng: (x.copy(), np.ones_like(x)),
    returned: Callable[[Array, float], Array] = lambda mask, rate: mask,
    given: bool = True,
) -> Callable[..., Any]:
    """dropout_forward with one part in a wrong version."""

    def forward(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
        if not training:
            return evaluation(x, rate, rng)
        kept = drawn(rng, x.shape, rate) if mask is None or not given else mask != 0
        scaled = (kept * factor(rate)).astype(x.dtype)
        return x * scaled, returned(np.broadcast_to(scaled, x.shape).copy(), rate).astype(x.dtype)

    return forward


def with_forward(**parts: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return forward_with(**parts), dropout_backward


def with_backward(backward: Callable[[Array, Array], Array]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return dropout_forward, backward


def active(x: Array, rate: float, rng: Rng) -> Any:
    return forward_with()(x, rate, rng, True)


def new_mask(dout: Array, mask: Array) -> Array:
    largest = mask.max(initial=1.0)
    keep = 1 / largest if largest > 0 else 1.0
    return dout * (np.random.default_rng(7).random(dout.shape) < keep) * largest


def in_place(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    out, mask = dropout_forward(x, rate, rng, training, mask)
    x *= mask
    return x if training else out, mask


def float32_lost(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    if not training:
        return x, np.ones(x.shape)
    kept = rng.random(x.shape) >= rate if mask is None else mask
    return x * (kept / (1 - rate)), kept / (1 - rate)


def given_swapped(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    return dropout_forward(x, rate, rng, training, None if mask is None else ~mask)


def truth_values_returned(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    out, factors = dropout_forward(x, rate, rng, training, mask)
    return out, factors != 0


def mask_first(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    return dropout_forward(x, rate, rng, training or mask is not None, mask)


def drawn_first(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    own = rng.random(x.shape) >= rate if training else None
    return dropout_forward(x, rate, rng, training, own if mask is None else mask)


def counted(rng: Rng, shape: tuple[int, ...], rate: float) -> Array:
    size = int(np.prod(shape))
    return rng.permutation(size).reshape(shape) >= round(rate * size)


ONE_FACTOR = """What is dropped is missing in the sum of the next layer, and what is kept has to make up for it: the mean of
    out is to be that of x."""

DROPOUT = [
    mistake("no_mask_in_evaluation", """In evaluation your mask is 0, so that no gradient gets through. out is x there: what
        is its derivative?""", *with_forward(evaluation=lambda x, rate, rng: (x.copy(), np.zeros_like(x)))),
    mistake("swapped", """You keep what should go: rate is the probability of DROPPING an entry. Your output has as many
        zeros as it should have entries.""",
        *with_forward(drawn=lambda rng, shape, rate: rng.random(shape) < rate, factor=lambda rate: 1 / rate if rate else 1.0)),
    mistake("mask_swapped", """rate is the probability of DROPPING: with a rate of 0.2 four of five entries are kept. Yours
        keeps one of five.""", *with_forward(drawn=lambda rng, shape, rate: rng.random(shape) < rate)),
    mistake("divided_by_rate", """The kept entries are divided by the rate. With a rate of 0.2 four fifths of the sum are
        left: by what must that be divided?""", *with_forward(factor=lambda rate: 1 / rate if rate else 1.0)),
    mistake("not_rescaled_and_scaled_later", """This is the original form of dropout, which scales in evaluation. Asked for
        is the inverted one, in which evaluation leaves x as it is.""",
        *with_forward(factor=lambda rate: 1.0, evaluation=lambda x, rate, rng: (x * (1 - rate), np.full_like(x, 1 - rate)))),
    mistake("not_rescaled", ONE_FACTOR + " Yours are kept as they are.", *with_forward(factor=lambda rate: 1.0)),
    mistake("times_keep", ONE_FACTOR + " Yours become smaller still.", *with_forward(factor=lambda rate: 1 - rate)),
    mistake("rescaled_twice", """You divide by the probability of keeping, and in evaluation you multiply by it as well.
        Either of the two, not both.""",
        *with_forward(evaluation=lambda x, rate, rng: (x * (1 - rate), np.full_like(x, 1 - rate)))),
    mistake("mask_for_the_batch", """Your mask has the shape (D,): one mask for the whole batch, so that all examples lose
        the same units. Each entry is drawn for itself.""",
        *with_forward(drawn=lambda rng, shape, rate: rng.random(shape[-1:]) >= rate)),
    mistake("mask_for_the_example", """Your mask has one entry for each example: all of its units are dropped, or none. Each
        entry is drawn for itself.""",
        *with_forward(drawn=lambda rng, shape, rate: rng.random((shape[0],) + (1,) * (len(shape) - 1)) >= rate)),
    mistake("active_in_evaluation", """In evaluation units are still dropped, so that the answer to an example is left to
        chance. There all of them are at work.""", *with_forward(evaluation=active)),
    mistake("evaluation_scaled", """In evaluation your output is not x. In training the kept entries have made up for the
        others already.""",
        *with_forward(evaluation=lambda x, rate, rng: (x / (1 - rate), np.full_like(x, 1 / (1 - rate))))),
    mistake("given_mask_ignored", """You draw a mask although one was given. Ask for it first.""",
        *with_forward(given=False)),
    mistake("mask_without_factor", """Your mask lacks the factor by which the kept entries were multiplied, so the backward
        pass, which knows nothing but the mask, cannot have it.""",
        *with_forward(returned=lambda mask, rate: (mask > 0).astype(float))),
    mistake("mask_of_the_dropped", """The mask you return is 1 where an entry was dropped: it is to be what x was multiplied
        by.""",
        *with_forward(returned=lambda mask, rate: (mask == 0).astype(float))),
    mistake("given_mask_swapped", """You drop what the caller's mask keeps: True stands for an entry that is kept.""",
        given_swapped, dropout_backward),
    mistake("mask_of_truth_values", """The mask you return holds truth values. Asked for is the array by which x was multiplied: 0
        or the factor.""", truth_values_returned, dropout_backward),
    mistake("given_mask_in_evaluation", """In evaluation you drop what the caller's mask drops. There all units are at work,
        whether a mask is given or not.""", mask_first, dropout_backward),
    mistake("counted", """Your function drops a fixed number of entries. With a draw of its own for each entry the number is
        left to chance: now a few more, now a few less.""", *with_forward(drawn=counted)),
    mistake("nothing_in_evaluation", """In evaluation you return no mask. A gradient may have to go back through it: what is the
        derivative of out, which is x there?""", *with_forward(evaluation=lambda x, rate, rng: (x.copy(), None))),
    mistake("drawn_all_the_same", """With a mask of the caller's nothing is to be drawn: your function draws one first, and uses
        up numbers of the rng.""", drawn_first, dropout_backward),
    mistake("order", """The two values come in the other order: first out, then mask.""",
        lambda *args, **named: dropout_forward(*args, **named)[::-1], dropout_backward),
    mistake("backward_without_factor", """Your gradient passes the right entries, but without the factor that they were
        multiplied by on the way forward. It is in the mask.""", *with_backward(lambda dout, mask: dout * (mask > 0))),
    mistake("backward_new_mask", """Your backward pass used a new mask. The units that were dropped had no part in the
        output: a gradient belongs to those that were kept.""", *with_backward(new_mask)),
    mistake("backward_everywhere", """Your gradient passes all entries, also those that were dropped and had no part in the
        output.""", *with_backward(lambda dout, mask: dout.copy())),
    mistake("backward_divides", """Your backward pass divides by the factor. Which number was x multiplied by, and what is
        the derivative of that?""",
        *with_backward(lambda dout, mask: np.where(mask > 0, dout / np.where(mask > 0, mask, 1), 0.0))),
    mistake("backward_twice", """The factor is in your gradient twice: the mask holds it already.""",
        *with_backward(lambda dout, mask: dout * mask * mask.max(initial=0))),
    mistake("own_generator", """Your masks do not depend on the rng you are given: a generator made inside the function
        gives the same mask each time, and drops the same units for ever.""",
        *with_forward(drawn=lambda rng, shape, rate: np.random.default_rng(0).random(shape) >= rate)),
    mistake("in_place", """You write into x: the layer before still needs what it handed on. Write x * …, not x *= ….""",
        in_place, dropout_backward),
    mistake("float64", """With float32 arrays yours come back as float64: truth values divided by a number give float64, and
        so does everything multiplied by it.""", float32_lost, dropout_backward),
]  # fmt: skip

# ---------------------------------------------------------------- alpha_dropout, alpha_dropout_constants

Constants = Callable[[float], tuple[Any, Any]]


def alpha_with(
    constants: Constants = alpha_dropout_constants,
    *,
    put: float = ALPHA_PRIME,
    drawn: Callable[[Rng, tuple[int, ...], float], Array] = lambda rng, shape, rate: rng.random(shape) >= rate,
    join: Callable[[Array, Array, float, float, float], Array] = lambda x, kept, put, a, b: (
        a * np.where(kept, x, put) + b
    ),
    evaluation: Callable[[Array, Array, float, float], Any] = lambda x, noisy, a, b: (x.copy(), np.ones_like(x)),
    returned: Callable[[Array, float], Array] = lambda kept, a: a * kept,
    given: bool = True,
) -> tuple[Callable[..., Any], Constants]:
    """Both functions, one part in a wrong version."""

    def dropped(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
        a, b = constants(rate)
        kept = mask != 0 if mask is not None and given else drawn(rng, x.shape, rate)
        out = join(x, kept, put, a, b).astype(x.dtype)
        return (out, returned(kept, a).astype(x.dtype)) if training else evaluation(x, out, a, b)

    return dropped, constants


def scaled(f: Callable[[float, float, float], tuple[float, float]]) -> Constants:
    """Constants made from the rate and from the right ones."""
    return lambda rate: f(rate, *alpha_dropout_constants(rate))


def without_root(rate: float) -> tuple[float, float]:
    a = alpha_dropout_constants(rate)[0] ** 2
    return a, -a * rate * ALPHA_PRIME


def mean_square(rate: float) -> tuple[float, float]:
    a = (1 - rate + rate * ALPHA_PRIME**2) ** -0.5
    return a, -a * rate * ALPHA_PRIME


def alpha_drawn_first(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    own = rng.random(x.shape) >= rate if training else None
    return alpha_dropout(x, rate, rng, training, own if mask is None else mask)


def with_rates_swapped(rate: float) -> tuple[float, float]:
    return alpha_dropout_constants(1 - rate)


def alpha_mask_of_dropout(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    out, factors = alpha_dropout(x, rate, rng, training, mask)
    return out, ((factors != 0) / (1 - rate)).astype(x.dtype) if training else factors


def alpha_divided(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    return alpha_dropout(x / (1 - rate) if training else x, rate, rng, training, mask)


def alpha_in_float64(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    out, mask = alpha_dropout(x.astype(np.float64), rate, rng, training, mask)
    return out, mask


def alpha_in_place(x: Array, rate: float, rng: Rng, training: bool, mask: Array | None = None) -> Any:
    out, factor = alpha_dropout(x, rate, rng, training, mask)
    if training:
        x[factor == 0] = ALPHA_PRIME
    return out, factor


ALPHA = [
    mistake("variance_not_restored", """The mean comes out right, the variance does not: your a is 1. What is the variance
        once some entries have been replaced?""", *alpha_with(lambda rate: (1.0, -rate * ALPHA_PRIME))),
    mistake("sign_of_b", """Your b has the wrong sign: dropped entries pull the mean below 0. Which way does b have to push?""",

        *alpha_with(scaled(lambda rate, a, b: (a, -b)))),
    mistake("b_forgotten", """Your mean is not restored: b is 0.""", *alpha_with(scaled(lambda rate, a, b: (a, 0.0)))),
    mistake("b_without_a", """Your b would be right if it were added before the multiplication by a. It comes after.""",
        *alpha_with(scaled(lambda rate, a, b: (a, b / a)))),
    mistake("mean_square_for_variance", """Your a takes the mean of the square for the variance. The mean is not 0 after the first
        move: what has to come off?""", *alpha_with(mean_square)),
    mistake("b_of_the_kept", """Your b is large where few entries are dropped: which share of them pulls the mean away from 0?""",
        *alpha_with(scaled(lambda rate, a, b: (a, -a * ALPHA_PRIME * (1 - rate))))),
    mistake("b_without_rate", """Your b is as large as if every entry had been dropped.""",
        *alpha_with(scaled(lambda rate, a, b: (a, b / rate if rate else 0.0)))),
    mistake("without_root", """Your a restores the variance the wrong way: a factor changes the standard deviation by
        itself, and the variance by its square.""", *alpha_with(without_root)),
    mistake("a_upside_down", """Your a is the spread that the signal has, not the factor that takes it away.""",
        *alpha_with(scaled(lambda rate, a, b: (1 / a, -rate * ALPHA_PRIME / a)))),
    mistake("as_in_dropout", """Your a is that of ordinary dropout, which puts zeros and keeps the mean. Here the variance
        is to be kept as well.""", *alpha_with(lambda rate: (1 / (1 - rate), -rate * ALPHA_PRIME / (1 - rate)))),
    mistake("rate_swapped", """Your constants belong to a rate of 1 − rate: rate is the probability of dropping.""",
        *alpha_with(with_rates_swapped)),
    mistake("order_of_constants", """The two constants come in the other order: first a, then b.""",
        alpha_dropout, scaled(lambda rate, a, b: (b, a))),
    mistake("dropped_to_zero", """A dropped entry becomes 0 before it is scaled. Here it is to take the value at which SELU
        saturates, −λα, not 0.""", *alpha_with(put=0.0)),
    mistake("dropped_to_plus", """A dropped entry takes the value of the wrong sign: where does SELU end far to the left?""",

        *alpha_with(put=-ALPHA_PRIME)),
    mistake("dropped_to_minus_alpha", """A dropped entry becomes −α. That is where ELU saturates; SELU is λ times that.""",
        *alpha_with(put=-SELU_ALPHA)),
    mistake("dropped_to_minus_lambda", """A dropped entry becomes −λ. SELU saturates at −λα.""",
        *alpha_with(put=-SELU_LAMBDA)),
    mistake("dropped_not_scaled", """The dropped entries are not multiplied by a and shifted by b: the map is for all
        entries.""", *alpha_with(join=lambda x, kept, put, a, b: np.where(kept, a * x + b, put))),
    mistake("kept_not_scaled", """The kept entries are not multiplied by a and shifted by b: the map is for all entries.""",

        *alpha_with(join=lambda x, kept, put, a, b: np.where(kept, x, a * put + b))),
    mistake("not_scaled", """Your output is not multiplied by a and shifted by b: mean and variance are not restored.""",
        *alpha_with(join=lambda x, kept, put, a, b: np.where(kept, x, put))),
    mistake("shifted_first", """You add b before you multiply by a. It comes after.""",
        *alpha_with(join=lambda x, kept, put, a, b: a * (np.where(kept, x, put) + b))),
    mistake("kept_and_dropped_swapped", """You drop what the mask keeps: True stands for an entry that is kept.""",
        *alpha_with(join=lambda x, kept, put, a, b: a * np.where(kept, put, x) + b, returned=lambda kept, a: a * ~kept,
                    drawn=lambda rng, shape, rate: rng.random(shape) < rate)),
    mistake("drawn_swapped", """You drop too many entries or too few: rate is the probability of dropping one.""",
        *alpha_with(drawn=lambda rng, shape, rate: rng.random(shape) < rate)),
    mistake("active_in_evaluation", """In evaluation entries are still dropped: there all of them are at work.""",
        *alpha_with(evaluation=lambda x, noisy, a, b: (noisy, np.ones_like(x)))),
    mistake("evaluation_scaled", """In evaluation your output is not x: where nothing was dropped there is nothing to
        restore.""",
        *alpha_with(evaluation=lambda x, noisy, a, b: (a * x + b, np.full_like(x, a)))),
    mistake("mask_without_factor", """The mask you return lacks a factor: by how much does out change when a kept entry of x
        does?""", *alpha_with(returned=lambda kept, a: kept * 1.0)),
    mistake("mask_of_dropout", """The mask you return holds the factor of ordinary dropout. By how much does out change here
        when a kept entry of x does?""", alpha_mask_of_dropout, alpha_dropout_constants),
    mistake("mask_everywhere", """By your mask, out changes with entries of x that were dropped. Does it?""",
        *alpha_with(returned=lambda kept, a: np.full(kept.shape, a))),
    mistake("mask_in_evaluation", """In evaluation the mask you return is not 1: out is x there. What is its derivative?""",
        *alpha_with(evaluation=lambda x, noisy, a, b: (x.copy(), np.full_like(x, a)))),
    mistake("divided_as_well", """The kept entries are also divided by the probability of keeping, as in ordinary dropout. Here a
        and b do all that is to be done.""",
        alpha_divided, alpha_dropout_constants),
    mistake("mask_for_the_batch", """One mask for the whole batch: all examples lose the same units. Each entry is drawn for
        itself.""", *alpha_with(drawn=lambda rng, shape, rate: np.broadcast_to(rng.random(shape[-1:]) >= rate, shape))),
    mistake("counted", """Your function drops a fixed number of entries. With a draw of its own for each entry the number is
        left to chance: now a few more, now a few less.""", *alpha_with(drawn=counted)),
    mistake("drawn_all_the_same", """With a mask of the caller's nothing is to be drawn: your function draws one first, and uses
        up numbers of the rng.""", alpha_drawn_first, alpha_dropout_constants),
    mistake("given_mask_ignored", """You draw a mask although one was given.""", *alpha_with(given=False)),
    mistake("own_generator", """Your masks do not depend on the rng you are given.""",
        *alpha_with(drawn=lambda rng, shape, rate: np.random.default_rng(0).random(shape) >= rate)),
    mistake("in_place", """You write into x: the layer before still needs what it handed on.""",
        alpha_in_place, alpha_dropout_constants),
    mistake("float64", """With float32 arrays yours come back as float64: a number that NumPy made, or a mask of truth
        values times a number, makes them so.""", alpha_in_float64, alpha_dropout_constants),
]  # fmt: skip
