"""Wrong versions of activations with slopes or weights of their own, and of experiments with dead units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gradus import activations as ref
from gradus.diagnostics import dead_fraction

from autograder.checks import _activations_networks as net
from autograder.exercise import mistake

Array = np.ndarray
Rng = np.random.Generator
ELSEWHERE = np.random.default_rng()  # in place of NumPy's global generator, which must not be touched here

# ---------------------------------------------------------------- prelu


def shared(a: Any, terms: Array) -> Array:
    return terms.sum() if np.ndim(a) == 0 else terms.sum(axis=0)


def prelu(
    *,
    out: Callable[[Array, Any], Array] = lambda z, a: np.where(z > 0, z, a * z),
    dz: Callable[[Array, Array, Any], Array] = lambda dout, z, a: dout * np.where(z > 0, 1.0, a),
    terms: Callable[[Array, Array, Any], Array] = lambda dout, z, a: dout * np.minimum(z, 0),
    total: Callable[[Any, Array], Array] = shared,
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Forward and backward with one part in a wrong version."""

    def forward(z: Array, a: Any) -> Any:
        return out(z, a), (z, a)

    def backward(dout: Array, cache: Any) -> Any:
        z, a = cache
        return dz(dout, z, a), total(a, terms(dout, z, a))

    return forward, backward


def one_cache_for_all() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The cache in a global variable: the last layer's serves for all."""
    kept: list[Any] = [None]

    def forward(z: Array, a: Any) -> Any:
        kept[0] = (z, a)
        return ref.prelu_forward(z, a)[0], 0

    def backward(dout: Array, cache: Any) -> Any:
        return prelu()[1](dout, kept[0])

    return forward, backward


PRELU = [
    mistake("da_not_summed", """Your da has an entry for each entry of z. All of them share one slope: what each wants of
        it has to be put together.""", *prelu(total=lambda a, terms: terms)),
    mistake("da_over_positive", """Your da is made of the entries above 0. There the slope a has no say: look at the other
        side.""",
        *prelu(terms=lambda dout, z, a: dout * np.maximum(z, 0))),
    mistake("da_over_everything", """Your da counts all entries. Where z is above 0 the output does not depend on a.""",
        *prelu(terms=lambda dout, z, a: dout * z)),
    mistake("da_averaged", """Your da is a mean. Whether the loss is averaged has been settled before dout got here: what
        is left is to add up.""", *prelu(total=lambda a, terms: terms.mean() if np.ndim(a) == 0 else terms.mean(axis=0))),
    mistake("da_all_in_one", """With a slope for each column your da is still one number: each slope gets the gradient of
        its own column.""", *prelu(total=lambda a, terms: terms.sum())),
    mistake("da_of_columns_only", """With one slope for all your da has an entry for each column. There is one slope, so its
        gradient is one number: the columns have to be put together as well.""",
        *prelu(total=lambda a, terms: terms.sum(axis=0))),
    mistake("da_by_row", """Your da adds up along the wrong axis: samples are rows, and a slope belongs to a column.""",
        *prelu(total=lambda a, terms: terms.sum() if np.ndim(a) == 0 else terms.sum(axis=1))),
    mistake("da_without_dout", """Your da does not contain dout: it says how the output depends on a, but asked for is how
        the loss does.""", *prelu(terms=lambda dout, z, a: np.minimum(z, 0))),
    mistake("da_of_output", """Your da is a times too large: you took the output below 0 where the input belongs.""",
        *prelu(terms=lambda dout, z, a: dout * a * np.minimum(z, 0))),
    mistake("da_absolute", """Your da has the wrong sign: where z is negative a larger slope makes the output smaller.""",
        *prelu(terms=lambda dout, z, a: dout * np.maximum(-z, 0))),
    mistake("dz_of_relu", """Your dz is 0 below 0, as for ReLU. Something gets through there.""",
        *prelu(dz=lambda dout, z, a: dout * (z > 0))),
    mistake("dz_without_dout", """Your dz does not contain dout: the chain rule multiplies what arrives by the slope.""",
        *prelu(dz=lambda dout, z, a: np.where(z > 0, 1.0, a) * np.ones_like(dout))),
    mistake("kink", """At z = 0 both slopes would do, and the task settles for one: 0 counts as negative.""",
        *prelu(dz=lambda dout, z, a: dout * np.where(z >= 0, 1.0, a))),
    mistake("larger_of_two", """You take the larger of z and a z. The slope is trained, and nothing keeps it below 1: what
        happens at a = 2?""", *prelu(out=lambda z, a: np.maximum(z, a * z))),
    mistake("one_cache_for_all", """Two layers, one after the other, get the gradients of one and the same layer: what the
        backward pass needs has to travel in the cache, not in a variable outside.""", *one_cache_for_all()),
]  # fmt: skip

# ---------------------------------------------------------------- rrelu


def randomized(
    *,
    draw: Callable[[Rng, float, float, Array], Any] = lambda rng, low, high, z: rng.uniform(low, high, z.shape),
    fixed: Callable[[float, float, Rng, Array], Any] = lambda low, high, rng, z: (low + high) / 2,
    apply: Callable[[Array, Any], Array] = lambda z, slopes: np.where(z > 0, z, slopes * z),
    returned: Callable[[Array, Rng, float, float], Array] = lambda slopes, rng, low, high: slopes,
) -> Callable[..., Any]:
    def rrelu(z: Array, rng: Rng, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = True) -> Any:
        used = draw(rng, lower, upper, z) if training else fixed(lower, upper, rng, z)
        slopes = (np.zeros(z.shape) + used).astype(z.dtype)
        return apply(z, slopes), returned(slopes, rng, lower, upper)

    return rrelu


def slope_of(z: Array, slopes: Array) -> Array:
    return np.where(z > 0, 1.0, slopes).astype(z.dtype)


def divisors(rng: Rng, low: float, high: float, z: Array) -> Array:
    return 1 / rng.uniform(1 / high, 1 / low, z.shape)


RRELU = [
    mistake("one_slope", """All entries have the same slope in a call of yours: each is to have one of its own.""",
        randomized(draw=lambda rng, low, high, z: rng.uniform(low, high)), slope_of),
    mistake("slope_per_column", """Whole columns share a slope in a call of yours: each entry is to have one of its own.""",
        randomized(draw=lambda rng, low, high, z: rng.uniform(low, high, z.shape[-1:])), slope_of),
    mistake("divisor_in_training", """You draw a divisor and not the slope: small slopes are then more frequent than large
        ones. Here the slope itself is drawn, evenly.""", randomized(draw=divisors), slope_of),
    mistake("divisor_in_evaluation", """In evaluation you divide by 5.5, the mean of the paper's divisors. One over a mean
        is not the mean of one over: here the slope itself is drawn, so take the mean of the slopes.""",
        randomized(fixed=lambda low, high, rng, z: 2 / (1 / low + 1 / high)), slope_of),
    mistake("divisor", """That is the paper's form: it draws a divisor between 3 and 8, and small slopes are then more
        frequent than large ones. Here the slope itself is drawn, evenly.""",
        randomized(draw=divisors, fixed=lambda low, high, rng, z: 2 / (1 / low + 1 / high)), slope_of),
    mistake("random_in_evaluation", """Your evaluation is random: the same input gives another answer each time. With
        training=False nothing is drawn.""",
        randomized(fixed=lambda low, high, rng, z: rng.uniform(low, high, z.shape)), slope_of),
    mistake("fixed_default", """In evaluation you always use the same slope. It depends on lower and upper: 11/48 belongs
        to the defaults only.""", randomized(fixed=lambda low, high, rng, z: 11 / 48), slope_of),
    mistake("from_zero", """Your slopes begin at 0: what does rng.random() have to be multiplied by, and what is to be
        added, to get from lower to upper?""", randomized(draw=lambda rng, low, high, z: high * rng.random(z.shape)), slope_of),
    mistake("both_sides", """Your slope multiplies positive entries, too. They come out as they are.""",
        randomized(apply=lambda z, slopes: slopes * z), slope_of),
    mistake("other_slopes_returned", """The slopes that you return are not those that you used: a second draw gives other
        numbers. Draw once and keep them.""",
        randomized(returned=lambda slopes, rng, low, high: rng.uniform(low, high, slopes.shape)), slope_of),
    mistake("mean_in_derivative", """Your derivative uses the mean slope. The forward pass used others, and you are given
        them: it is their gradient that is asked for.""", randomized(), lambda z, slopes: slope_of(z, np.full_like(z, 11 / 48))),
    mistake("kink", """At z = 0 both slopes would do, and the task settles for one: 0 counts as negative.""",
        randomized(), lambda z, slopes: np.where(z >= 0, 1.0, slopes).astype(z.dtype)),
    mistake("slope_is_value", """Your derivative returns the output again: how steep is the line that the output lies on?""",
        randomized(), lambda z, slopes: np.where(z > 0, z, slopes * z)),
    mistake("seed_inside", """Your slopes are the same whatever rng comes in: a generator is made anew inside. Draw from
        the one that is passed.""", randomized(
        draw=lambda rng, low, high, z: np.random.default_rng(0).uniform(low, high, z.shape)), slope_of),
    mistake("global_generator", """Your slopes come from a generator that was not passed in, np.random.… perhaps: nobody could
        repeat your run. Draw from the rng that comes in.""", randomized(
        draw=lambda rng, low, high, z: ELSEWHERE.uniform(low, high, z.shape)), slope_of),
]  # fmt: skip

# ---------------------------------------------------------------- maxout


def all_pieces(X: Array, W: Array, b: Array) -> Array:
    return np.einsum("nd,dkh->nkh", X, W) + b


def winners(Z: Array) -> Array:
    return (np.arange(Z.shape[1])[:, None] == Z.argmax(axis=1)[:, None]) * 1.0


def maxout(
    *,
    pick: Callable[..., Array] = lambda Z, X, W, b: Z.max(axis=1),
    mask: Callable[[Array], Array] = winners,
    dX: Callable[[Array, Array, Array], Array] = lambda dZ, X, W: np.einsum("nkh,dkh->nd", dZ, W),
    dW: Callable[[Array, Array], Array] = lambda dZ, X: np.einsum("nd,nkh->dkh", X, dZ),
    db: Callable[[Array], Array] = lambda dZ: dZ.sum(axis=0),
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Forward and backward with one part in a wrong version."""

    def forward(X: Array, W: Array, b: Array) -> Any:
        return pick(all_pieces(X, W, b), X, W, b), (X, W, b)

    def backward(dout: Array, cache: Any) -> Any:
        X, W, b = cache
        dZ = mask(all_pieces(X, W, b)) * dout[:, None]
        return dX(dZ, X, W), dW(dZ, X), db(dZ)

    return forward, backward


NO_X = """Your output does not depend on X: whatever comes in, the same goes out. So it stands in some notes, where a letter got
    lost. What does a piece do with its input?"""

MAXOUT = [
    mistake("x_missing", NO_X, *maxout(pick=lambda Z, X, W, b: (W + b).max(axis=1))),
    mistake("x_missing_summed", NO_X, *maxout(pick=lambda Z, X, W, b: np.tile((W.sum(axis=0) + b).max(axis=0), (len(X), 1)))),
    mistake("over_units", """You take the largest of the units. It is the pieces of one unit that compete: which axis of W
        counts them?""", *maxout(pick=lambda Z, X, W, b: Z.max(axis=2))),
    mistake("largest_size", """You take the piece that is largest in size, whatever its sign: the largest of −5 and 1 is
        1.""",
        *maxout(pick=lambda Z, X, W, b: np.take_along_axis(Z, np.abs(Z).argmax(axis=1)[:, None], axis=1)[:, 0])),
    mistake("averaged", """You take the mean of the pieces. A mean of linear functions is linear again, and nothing bends.""",
        *maxout(pick=lambda Z, X, W, b: Z.mean(axis=1))),
    mistake("bias_after", """You let the pieces compete without their biases. A piece's own bias belongs to it before the
        comparison.""",
        *maxout(pick=lambda Z, X, W, b: (Z - b).max(axis=1) + b.max(axis=0))),
    mistake("bias_missing", """Your output does not depend on b.""", *maxout(pick=lambda Z, X, W, b: (Z - b).max(axis=1))),
    mistake("cut_at_zero", """Your output is never negative. The largest of the pieces may well lie below 0: there is no
        ReLU here besides.""", *maxout(pick=lambda Z, X, W, b: np.maximum(Z.max(axis=1), 0))),
    mistake("gradient_to_all", """Your gradient goes to all pieces. Those that lost had no say in the output: what would
        have changed if one of them had been a little larger?""", *maxout(mask=np.ones_like)),
    mistake("gradient_shared_out", """Your gradient is shared out evenly among the pieces. Only one of them made the
        output: what would have changed if another had been a little larger?""",
        *maxout(mask=lambda Z: np.full_like(Z, 1 / Z.shape[1]))),
    mistake("gradient_times_value", """Your gradient is multiplied by the value of the winner: you kept the numbers and
        need to know only which piece they came from.""", *maxout(mask=lambda Z: winners(Z) * Z)),
    mistake("averaged_over_batch", """Your dW and db are divided by the number of samples. Whether the loss is averaged
        has been settled before dout got here.""",
        *maxout(dW=lambda dZ, X: np.einsum("nd,nkh->dkh", X, dZ) / len(X), db=lambda dZ: dZ.mean(axis=0))),
    mistake("db_of_all_pieces", """Your db gives every piece the whole gradient of its unit. A bias is added to its own
        piece, and it has a say only where that piece won.""",
        *maxout(db=lambda dZ: np.repeat(dZ.sum(axis=(0, 1))[None], dZ.shape[1], axis=0))),
    mistake("db_not_summed", """Your db has an entry for each sample. The bias is the same for all of them: what each
        sample wants of it has to be put together.""", *maxout(db=lambda dZ: dZ)),
]  # fmt: skip

# ---------------------------------------------------------------- dead_fraction


def experiment(
    *,
    dead: Callable[[Array], float] = dead_fraction,
    measured_before: bool = False,
    restarted: bool = True,
    steps_in_all: Callable[[int], int] = lambda steps: steps,
    shift: Callable[[Array], Array] = lambda b: b - 30,
    shifted: str = "b1",
    with_relu: bool = False,
) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """The three functions with one part in a wrong version."""

    def train(params: Any, X: Array, y: Array, f: Any, df: Any, lr: float, steps: int) -> Any:
        for _ in range(steps_in_all(steps)):
            params, _ = net.train_step(params, X, y, f, df, lr)
        return params

    def hidden(params: Any, X: Array) -> Array:
        z: Array = X @ params["W1"] + params["b1"]
        return z

    def sweep(params: Any, X: Array, y: Array, lrs: Sequence[float], steps: int) -> list[float]:
        shares, now = [], params
        for lr in lrs:
            now = train(params if restarted else now, X, y, ref.relu, ref.relu_derivative, lr, steps)
            shares.append(dead(hidden(params if measured_before else now, X)))
        return shares

    def revival(params: Any, X: Array, y: Array, f: Any, df: Any, lr: float, steps: int) -> tuple[float, float]:
        start = {**params, shifted: shift(params[shifted])}
        if with_relu:
            f, df = ref.relu, ref.relu_derivative
        end = start if measured_before else train(start, X, y, f, df, lr, steps)
        z = hidden(end, X)
        return dead(z), float(np.mean(np.argmax(f(z) @ end["W2"] + end["b2"], axis=1) == y))

    return dead, sweep, revival


def spoiling() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """The shift is made in the array that came in."""
    dead, sweep, right = experiment()

    def revival(params: Any, *more: Any) -> Any:
        params["b1"] -= 30
        return right({**params, "b1": params["b1"] + 30}, *more)

    return dead, sweep, revival


DEAD_FRACTION = [
    mistake("share_of_zeros", """You count entries. A unit that is silent for half of the samples is at work: a dead one
        is silent for every single one of them.""", *experiment(dead=lambda z: float(np.mean(z <= 0)))),
    mistake("over_samples", """You look at rows. A row is a sample, and its entries are all the units: a unit is a column.""",
        *experiment(dead=lambda z: float(np.mean((z <= 0).all(axis=1))))),
    mistake("silent_once", """You count a unit as dead if it is silent for one sample. That is half of its job: dead is
        who is silent for every sample.""", *experiment(dead=lambda z: float(np.mean((z <= 0).any(axis=0))))),
    mistake("zero_alive", """A unit whose z is exactly 0 passes nothing on and gets no gradient: it counts as silent, too.""",
        *experiment(dead=lambda z: float(np.mean((z < 0).all(axis=0))))),
    mistake("count", """You return how many units are dead; asked for is their share.""",
        *experiment(dead=lambda z: float(np.sum((z <= 0).all(axis=0))))),
    mistake("alive", """You return the share of units that are alive.""",
        *experiment(dead=lambda z: float(np.mean((z > 0).any(axis=0))))),
    mistake("by_the_mean", """You look at the mean of z. A unit can be negative on average and still be at work for some
        samples.""",
        *experiment(dead=lambda z: float(np.mean(z.mean(axis=0) <= 0)))),
    mistake("not_restarted", """Each learning rate goes on from where the one before it ended: a unit that one of them
        killed is dead for the next as well. Start each from the parameters that came in.""", *experiment(restarted=False)),
    mistake("always_relu", """Your revival trains a ReLU network whatever activation it is given: f and its derivative
        come in as arguments.""", *experiment(with_relu=True)),
    mistake("measured_before", """You measure the network that came in. train_step returns new parameters and leaves the
        old ones as they are: which of them belong to the end of the training?""", *experiment(measured_before=True)),
    mistake("steps_ignored", """Your functions train for the same number of steps whatever steps is: it comes in as an
        argument.""", *experiment(steps_in_all=lambda steps: 20)),
    mistake("not_silenced", """Your shift does not silence the hidden layer: units are at work from the first step on. Which
        layer's biases did you shift, and in which direction?""", *experiment(shifted="b2")),
    mistake("shift_too_small", """Your revival does not lower the biases by as much as asked for: read the number once more.""",
        *experiment(shift=lambda b: b - 10)),
    mistake("spoiled", """Your revival shifts the biases in the array that came in, so that whoever called it has lost his
        network: make a new dictionary.""", *spoiling()),
]  # fmt: skip

# ---------------------------------------------------------------- debug_activations


def rising(t: int, lr: float, warmup: int) -> float:
    """The broken function of the notebook, as it stands there."""
    return lr * (t + 1) / warmup


def misnamed(fault: str, sentence: str) -> Any:
    return mistake(f"named_{fault or 'nothing'}", sentence, fault, net.step_size)


DEBUG_ACTIVATIONS = [
    mistake("not_mended", """The units still die: work out the step size at t = 600 by hand, and compare it with the one
        at the end of the warm-up.""", "step_size", rising),
    mistake("rises_more_slowly", """Your step size rises more slowly, and still without end: the units die later. What was
        meant to happen after the warm-up?""", "step_size", lambda t, lr, warmup: lr * (t + 1) / (10 * warmup)),
    mistake("no_warmup", """Nothing dies, but the warm-up is gone as well: during the first steps the size was meant to
        rise.""", "step_size", lambda t, lr, warmup: lr),
    mistake("begins_at_zero", """Your first step has the size 0 and does nothing. The text in the function says what the
        first one is to be.""", "step_size", lambda t, lr, warmup: lr * min(1.0, t / warmup)),
    mistake("begins_again", """Your step size falls back to its start again and again: after the warm-up it was meant to
        stay.""",
        "step_size", lambda t, lr, warmup: lr * (t % warmup + 1) / warmup),
    mistake("capped_at_one", """Your limit is 1, whatever lr is. Which number was the step size to reach?""",
        "step_size", lambda t, lr, warmup: min(1.0, lr * (t + 1) / warmup)),
    misnamed("", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts in the
        list."""),
    misnamed("biases", """Your function is mended, but that was not the fault: units that their biases silence are dead
        before the first step. What does the lower panel say about the first step?"""),
    misnamed("weights", """Your function is mended, but that was not the fault: weights of the wrong size show at the
        start, and there the loss falls as it should."""),
    misnamed("kink", """Your function is mended, but that was not the fault: an input of exactly 0 next to never occurs
        here."""),
    misnamed("too_few_units", """Your function is mended, but that was not the fault: after a hundred steps the loss was
        low, with these very units. What happened to them later?"""),
]  # fmt: skip
