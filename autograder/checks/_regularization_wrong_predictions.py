"""Wrong Monte Carlo dropout, as students write it, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.activations import softmax

from autograder.exercise import mistake

Array = np.ndarray
Rng = np.random.Generator


def entropy_of(p: Array) -> Array:
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)


def predict_with(
    *,
    passes: Callable[[Any, Array, int, Rng], Array] = lambda net, X, T, rng: np.stack([net(X, rng) for _ in range(T)]),
    votes: Callable[[Array], Array] = softmax,
    mean_of: Callable[[Array], Array] = lambda p: p.mean(axis=0),
    std_of: Callable[[Array], Array] = lambda p: p.std(axis=0),
    entropy: Callable[[Array], Array] = entropy_of,
    total: Callable[[Array, Array], Array] | None = None,
    information: Callable[[Array, Array], Array] | None = lambda whole, each: whole - each,
    result: Callable[..., Any] = lambda *found: found,
) -> Callable[..., Any]:
    """mc_dropout_predict with one part in a wrong version."""

    def predict(net: Any, X: Array, T: int, rng: Rng) -> Any:
        p = votes(passes(net, X, T, rng))
        mean = mean_of(p)
        each = entropy(p).mean(axis=0)
        whole = entropy(mean) if total is None else total(p, mean)
        return result(mean, std_of(p), whole, information(whole, each) if information else whole - len(p) * each)

    return predict


def decisions(logits: Array) -> Array:
    return np.eye(logits.shape[-1])[logits.argmax(axis=-1)]


def of_mean_logits(net: Any, X: Array, T: int, rng: Rng) -> Any:
    logits = np.stack([net(X, rng) for _ in range(T)])
    mean, p = softmax(logits.mean(axis=0)), softmax(logits)
    whole = entropy_of(mean)
    return mean, p.std(axis=0), whole, whole - entropy_of(p).mean(axis=0)


def over_examples(logits: Array) -> Array:
    return np.swapaxes(softmax(np.swapaxes(logits, 1, 2)), 1, 2)


def overflowing(logits: Array) -> Array:
    e = np.exp(logits)
    return e / e.sum(axis=-1, keepdims=True)


def std_of_logits(net: Any, X: Array, T: int, rng: Rng) -> Any:
    logits = np.stack([net(X, rng) for _ in range(T)])
    mean, _, whole, mi = predict_with(passes=lambda *given: logits)(net, X, T, rng)
    return mean, logits.std(axis=0), whole, mi


def nan_entropy(p: Array) -> Array:
    with np.errstate(all="ignore"):
        return -np.sum(p * np.log(p), axis=-1)


def geometric(p: Array) -> Array:
    with np.errstate(divide="ignore"):
        g = np.exp(np.log(p).mean(axis=0))
    return g / g.sum(axis=-1, keepdims=True)


MC_DROPOUT = [
    mistake("decisions_averaged", """You average decisions, 0 or 1, so a network that is barely sure counts as much as one
        that is certain. Average probabilities.""", predict_with(votes=decisions)),
    mistake("logits_averaged", """You average logits, or logarithms, and make one probability of the mean. Average
        probabilities: each pass makes its own.""", of_mean_logits),
    mistake("logits_returned", """Your mean is one of logits: it does not add to 1 over the classes.""",
        predict_with(votes=lambda z: z)),
    mistake("geometric_mean", """Your mean is the geometric one, of logarithms. Average the probabilities themselves.""",
        predict_with(mean_of=geometric)),
    mistake("last_pass_only", """Only the last pass counts in your mean: is something overwritten in each turn of the loop?""",
        predict_with(mean_of=lambda p: p[-1], std_of=lambda p: 0 * p[0], information=lambda whole, each: 0 * each)),
    mistake("softmax_over_examples", """Your probabilities add to 1 over the examples. They are to do so over the classes: along
        which axis does your softmax work?""", predict_with(votes=over_examples)),
    mistake("softmax_overflows", """With large logits your softmax is NaN: e to that power is infinite. The one in the first cell
        of the notebook knows a way round it.""", predict_with(votes=overflowing)),
    mistake("std_of_logits", """Your std is that of the logits. Asked for is that of the probabilities.""", std_of_logits),
    mistake("one_pass", """The same prediction comes T times, so that your std is 0. Each pass needs a mask of its own: how
        often is net called?""", predict_with(passes=lambda net, X, T, rng: np.stack([net(X, rng)] * T))),
    mistake("one_pass_more", """You make one pass too many: count them.""",
        predict_with(passes=lambda net, X, T, rng: np.stack([net(X, rng) for _ in range(T + 1)]))),
    mistake("one_pass_fewer", """You make one pass too few: count them.""",
        predict_with(passes=lambda net, X, T, rng: np.stack([net(X, rng) for _ in range(T - 1)]))),
    mistake("own_generator", """net does not get the rng you were given: a generator made inside the function gives the same
        masks each time.""",
        predict_with(passes=lambda net, X, T, rng: np.stack([net(X, own) for own in [np.random.default_rng(0)]
                                                                      for _ in range(T)]))),
    mistake("same_masks_each_pass", """Each pass gets a fresh generator of one and the same seed, and with it the same
        masks: nothing differs between them.""", predict_with(passes=lambda net, X, T, rng: np.stack(
            [net(X, np.random.default_rng(1)) for _ in range(T)]))),
    mistake("summed", """Your probabilities add to T, not to 1: a sum is not a mean.""",
        predict_with(mean_of=lambda p: p.sum(axis=0))),
    mistake("std_over_classes", """Your std is that over the classes. Asked for is that over the passes: which axis are they
        on?""", predict_with(std_of=lambda p: p.mean(axis=0).std(axis=1))),
    mistake("variance", """Your std is its square.""", predict_with(std_of=lambda p: p.var(axis=0))),
    mistake("std_ddof_1", """Your std divides by T − 1. The task divides by T.""",
        predict_with(std_of=lambda p: p.std(axis=0, ddof=1))),
    mistake("std_of_the_mean", """Your std is that of the mean, smaller by the root of T. Asked for is how far single passes
        lie from it.""", predict_with(std_of=lambda p: p.std(axis=0) / np.sqrt(len(p)))),
    mistake("mean_of_entropies", """Your entropy is the mean of the passes' entropies. The whole uncertainty is the entropy
        of the mean: disagreement belongs to it.""", predict_with(total=lambda p, mean: entropy_of(p).mean(axis=0),
                                                    information=lambda whole, each: 0 * each)),
    mistake("mean_of_entropies_only", """Your entropy is the mean of the passes' entropies. The whole uncertainty is the
        entropy of the mean.""", lambda net, X, T, rng: (lambda mean, std, whole, mi: (mean, std, whole - mi, mi))(
            *predict_with()(net, X, T, rng))),
    mistake("sign", """Your entropies are negative: the logarithm of a probability is.""",
        predict_with(entropy=lambda p: -entropy_of(p))),
    mistake("share_of_the_largest", """Your entropies are divided by the largest one that so many classes can have. The task
        divides by nothing.""", predict_with(entropy=lambda p: entropy_of(p) / np.log(p.shape[-1]))),
    mistake("bits", """Your entropies are in bits. Which logarithm does the task use?""",
        predict_with(entropy=lambda p: entropy_of(p) / np.log(2))),
    mistake("zero_times_log_zero", """A class of probability 0 makes your entropy NaN. It takes no part in the sum: how can
        the logarithm of 0 be kept out of it?""", predict_with(entropy=nan_entropy)),
    mistake("entropy_averaged_over_classes", """Your entropy is divided by the number of classes: it is a sum over them.""",

        predict_with(entropy=lambda p: entropy_of(p) / p.shape[-1])),
    mistake("one_entropy", """You return one entropy for all examples. Each example has its own.""",
        predict_with(result=lambda mean, std, whole, mi: (mean, std, whole.mean(), mi.mean()))),
    mistake("information_reversed", """Your mutual information is negative: which of the two entropies is the larger one?""",

        predict_with(information=lambda whole, each: each - whole)),
    mistake("information_is_the_rest", """Your mutual information is the part that the passes share. It is the other part,
        that which comes from their disagreement.""", predict_with(information=lambda whole, each: each)),
    mistake("entropies_summed", """Your mutual information subtracts the sum of the passes' entropies. What is that of a typical
        pass?""", predict_with(information=None)),
    mistake("order", """The four values come in another order: mean, std, entropy, mutual information.""",
        predict_with(result=lambda mean, std, whole, mi: (mean, std, mi, whole))),
]  # fmt: skip
