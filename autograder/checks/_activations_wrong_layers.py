"""Wrong versions of activations with slopes or weights of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import activations as ref

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


def divided_again(dout: Array, z: Array, a: Any) -> Array:
    """The input below 0, got back from the output."""
    with np.errstate(all="ignore"):
        return dout * np.where(z > 0, 0.0, a * z / a).astype(z.dtype)


def with_slope(change: Callable[[Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Another slope in place of a, on the way forward and in the cache."""
    forward, backward = prelu()
    return lambda z, a: forward(z, change(a)), backward


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
    mistake("slope_absolute", """Your code makes no difference between a slope below 0 and its opposite. For z = −1 and
        a = −0.5, what does the formula say?""", *with_slope(np.abs)),
    mistake("slope_clipped", """Your code takes a slope below 0 for a slope of 0. Nothing keeps a trained number above 0:
        what does the formula say for z = −1 and a = −0.5?""", *with_slope(lambda a: np.maximum(a, 0))),
    mistake("side_of_output", """Your backward pass asks for the sign of the output. Which sign has the output for z = −1 and
        a = −0.5, and on which side of the kink does this z lie?""",
        *prelu(dz=lambda dout, z, a: dout * np.where(np.where(z > 0, z, a * z) > 0, 1.0, a),
               terms=lambda dout, z, a: dout * np.where(np.where(z > 0, z, a * z) > 0, 0.0, z))),
    mistake("da_by_dividing", """Your da comes out of a division by a. A slope may well be 0: from what does the forward pass
        make its output, before a comes in?""", *prelu(terms=divided_again)),
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


def rrelu_with_ones(z: Array, rng: Rng, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = True) -> Any:
    """Right by itself: the slope stored for an entry above 0 is 1."""
    out, slopes = randomized()(z, rng, lower, upper, training)
    return out, np.where(z > 0, 1.0, slopes).astype(z.dtype)


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
    mistake("relies_on_ones", """Your derivative hands on the slopes, and is right only if somebody has put a 1 into them
        wherever z is above 0. The task says which slopes may come in: which of the arguments tells the two sides apart?""",
        rrelu_with_ones, lambda z, slopes: slopes.copy()),
    mistake("slopes_everywhere", """Your derivative is the array of slopes, as it came in. Where z is above 0 no slope was
        used: how steep is the function there?""", randomized(), lambda z, slopes: slopes.copy()),
    mistake("in_order", """Your slopes are those of the right distribution, but they stand in an order: whoever knows one of
        them can nearly tell the next. What does your code do with them after drawing?""",
        randomized(draw=lambda rng, low, high, z: np.sort(rng.uniform(low, high, z.size)).reshape(z.shape)), slope_of),
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
