"""Wrong versions of what is watched in a training run, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gradus.babysitting import expected_initial_loss, regularization_raises_loss

from autograder.checks import _babysitting_and_search_probes as ref
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rng = np.random.Generator

# ---------------------------------------------------------------- expected_initial_loss, …


def initial(name: str, sentence: str, version: Callable[[int], Any]) -> Mistake:
    return mistake(name, sentence, version, regularization_raises_loss, ref.overfit_tiny)


def raising(name: str, sentence: str, version: Callable[..., Any]) -> Mistake:
    return mistake(name, sentence, expected_initial_loss, version, ref.overfit_tiny)


def overfitting(name: str, sentence: str, version: Callable[..., Any]) -> Mistake:
    return mistake(name, sentence, expected_initial_loss, regularization_raises_loss, version)


def judged(rule: Callable[[Array], Any], strengths: Callable[[Sequence[float]], Sequence[float]] = list) -> Any:
    """regularization_raises_loss, with another rule for the differences from one strength to the next."""

    def raises(loss: Callable[[float], float], lams: Sequence[float] = (0.0, 1e-4, 1e-2, 1.0)) -> Any:
        return rule(np.array([loss(lam) for lam in strengths(lams)]))

    return raises


def trained(
    *,
    pick: Callable[[Rng, int, int], Any] = lambda rng, N, n: rng.choice(N, n, replace=False),
    rows: Callable[[Any, Rng, int, int, int], Any] = lambda chosen, rng, N, n, step: chosen,
    labels: Callable[[Any, Rng], Any] = lambda chosen, rng: chosen,
    more: int = 0,
    rate: Callable[[float], float] = lambda lr: lr,
    result: Callable[..., Any] = lambda net, X, y, chosen, losses: net(X[chosen], y[chosen], 0.0),
) -> Callable[..., Any]:
    """overfit_tiny with one part in a wrong version."""

    def overfit_tiny(net: Any, X: Array, y: Array, rng: Rng, n: int = 20, steps: int = 100, lr: float = 0.01) -> Any:
        chosen = pick(rng, len(X), n)
        ys = labels(chosen, rng)
        losses = []
        for step in range(steps + more):
            now = rows(chosen, rng, len(X), n, step)
            losses.append(net(X[now], y[ys if now is chosen else now], rate(lr)))
        return result(net, X, y, chosen, losses)

    return overfit_tiny


def shuffled_in_place(net: Any, X: Array, y: Array, rng: Rng, n: int = 20, steps: int = 100, lr: float = 0.01) -> Any:
    order = rng.permutation(len(X))
    X[:], y[:] = X[order], y[order]
    for _ in range(steps):
        net(X[:n], y[:n], lr)
    return net(X[:n], y[:n], 0.0)


LAST_BEFORE = """Your loss is that before the last step: net tells the loss before each step. How can you ask it once
    more without moving it?"""

EXPECTED_INITIAL_LOSS = [
    initial("log10", """Your logarithm has the base 10. The cross-entropy is made with the natural logarithm.""",
        lambda C: math.log10(C)),
    initial("log2", """Your logarithm has the base 2, and gives bits. The cross-entropy is made with the natural
        logarithm.""",
        lambda C: math.log2(C)),
    initial("negative", """Your loss is negative. The cross-entropy is MINUS the logarithm of the probability of the
        right class.""", lambda C: math.log(1 / C)),
    initial("probability", """That is the probability of the right class. What loss does it lead to?""", lambda C: 1 / C),
    initial("error_rate", """That is the share of wrong guesses. The loss asked for is the cross-entropy.""",
        lambda C: 1 - 1 / C),
    initial("entropy_per_class", """You divide by the number of classes. The loss of a sample is that of one class, the
        right one.""", lambda C: math.log(C) / C),
    initial("large_output", """3.2 instead of 2.3 is what ten classes give if the last layer's first weights are too
        large. Asked for is the loss of a network that knows nothing and does not pretend to.""", lambda C: math.log(C) + 0.9),
    initial("ten_classes", """Your loss does not depend on C: 2.303 is right for ten classes only.""", lambda C: math.log(10)),
    raising("first_and_last", """You compare the first loss with the last only. In between it may have fallen.""",
        judged(lambda losses: bool(losses[-1] > losses[0]))),
    raising("not_falling", """Two losses that are alike do not grow: a penalty that changes nothing is not part of the
        loss.""",
        judged(lambda losses: bool((np.diff(losses) >= 0).all()))),
    raising("any_step", """One step up is enough for you. The loss is to grow at each of them.""",
        judged(lambda losses: bool((np.diff(losses) > 0).any()))),
    raising("above_the_first", """You compare each loss with the first. From one strength to the next it may have fallen
        all the same.""", judged(lambda losses: bool((losses[1:] > losses[0]).all()))),
    raising("falls", """Your answer is the other way round: more regularization, more loss.""",
        judged(lambda losses: bool((np.diff(losses) < 0).all()))),
    raising("differences", """You give back the differences. The question is whether all of them are positive: True or
        False.""",
        judged(lambda losses: np.diff(losses))),
    raising("lams_ignored", """You ask for the losses at the default strengths, whatever lams is.""",
        judged(lambda losses: bool((np.diff(losses) > 0).all()), lambda lams: ref.LAMS)),
    raising("last_step_missing", """You stop before the last strength.""",
        judged(lambda losses: bool((np.diff(losses[:-1]) > 0).all()))),
    raising("first_step_missing", """You begin with the second strength: the step from the first to it counts as well.""",
        judged(lambda losses: bool((np.diff(losses[1:]) > 0).all()))),
    overfitting("first_samples", """You take the first n samples. Data often come sorted by class: let rng choose.""",
        trained(pick=lambda rng, N, n: np.arange(n))),
    overfitting("side_by_side", """Your samples stand side by side in X. Data often come sorted by class: draw each of
        them by itself.""", trained(pick=lambda rng, N, n: int(rng.integers(N - n)) + np.arange(n))),
    overfitting("own_rng", """Your samples are the same whatever generator is given: draw them from rng.""",
        trained(pick=lambda rng, N, n: np.random.default_rng(0).choice(N, n, replace=False))),
    overfitting("in_place", """Your function shuffles the arrays that it was given, which the caller still needs in their
        old order.""", shuffled_in_place),
    overfitting("with_replacement", """Some of your samples are drawn twice, so there are fewer than n to be learnt.
        What does the generator offer for drawing without putting back?""",
        trained(pick=lambda rng, N, n: rng.integers(0, N, n))),
    overfitting("labels_apart", """Samples and labels are drawn apart: the label of one sample stands beside another.
        Draw places once, and use them for both.""", trained(labels=lambda chosen, rng: rng.permutation(chosen))),
    overfitting("all_samples", """You train on all samples. Twenty that are learnt by heart in a moment tell you more.""",
        trained(pick=lambda rng, N, n: np.arange(N))),
    overfitting("new_samples", """You draw new samples for each step. It is the same handful, again and again, that is
        to be learnt by heart.""", trained(rows=lambda chosen, rng, N, n, step: rng.choice(N, n, replace=False))),
    overfitting("one_at_a_time", """You train on one sample in each step. All n of them belong in each step.""",
        trained(rows=lambda chosen, rng, N, n, step: chosen[step % n : step % n + 1])),
    overfitting("loss_before_the_last_step", LAST_BEFORE,
        trained(result=lambda net, X, y, chosen, losses: losses[-1])),
    overfitting("one_step_more", """You take one step too many to get the last loss: a call of net moves it, unless the
        rate is 0.""", trained(more=1, result=lambda net, X, y, chosen, losses: net(X[chosen], y[chosen], 0.0))),
    overfitting("loss_on_all", """Your loss is that on all samples. The question is whether those that were trained on
        are learnt.""", trained(result=lambda net, X, y, chosen, losses: net(X, y, 0.0))),
    overfitting("mean_loss", """You take the mean over the steps. What counts is the loss at the end.""",
        trained(result=lambda net, X, y, chosen, losses: float(np.mean(losses)))),
    overfitting("rate_ignored", """Your steps are made with the default rate, whatever lr is.""", trained(rate=lambda lr: 0.01)),
    overfitting("first_loss", """Your loss is the one before training.""",
        trained(result=lambda net, X, y, chosen, losses: losses[0])),
    overfitting("all_losses", """You give back the losses of all steps. One number is asked for, the loss at the end.""",
        trained(result=lambda net, X, y, chosen, losses: losses)),
]  # fmt: skip

# ---------------------------------------------------------------- update_ratio, update_ratios, rate_for


def ratio_with(ratio: Callable[[Array, Array], Any]) -> tuple[Any, Any, Any]:
    """All three functions, from one way of measuring."""

    def update_ratios(step: Callable[..., Any], params: dict[str, Array]) -> dict[str, Any]:
        after = step(params)
        return {name: ratio(params[name], after[name]) for name in params}

    return ratio, update_ratios, ref.rate_for


def quotient(a: Any, b: Any) -> Any:
    return float(a / b) if b != 0 else (math.inf if a != 0 else 0.0)


def norm(x: Array) -> Any:
    return np.linalg.norm(x)


def noisy_zero(w: Array, new: Array) -> Any:
    return np.linalg.norm(new - w) / np.linalg.norm(w)


def entry_by_entry(w: Array, new: Array) -> Any:
    with np.errstate(all="ignore"):
        return float(np.mean(np.abs(new - w) / np.abs(w)))


def together(step: Callable[..., Any], params: dict[str, Array]) -> dict[str, Any]:
    after = step(params)
    old = np.concatenate([w.ravel() for w in params.values()])
    new = np.concatenate([after[name].ravel() for name in params])
    return dict.fromkeys(params, quotient(norm(new - old), norm(old)))


def two_steps(step: Callable[..., Any], params: dict[str, Array]) -> dict[str, Any]:
    after = step(step(params))
    return {name: ref.update_ratio(params[name], after[name]) for name in params}


def a_step_for_each(step: Callable[..., Any], params: dict[str, Array]) -> dict[str, Any]:
    return {name: ref.update_ratio(params[name], step(params)[name]) for name in params}


def only_weights(step: Callable[..., Any], params: dict[str, Array]) -> dict[str, Any]:
    return {name: r for name, r in ref.update_ratios(step, params).items() if name.startswith("W")}


def ratios(name: str, sentence: str, version: Any) -> Mistake:
    return mistake(name, sentence, ref.update_ratio, version, ref.rate_for)


def rating(name: str, sentence: str, version: Any) -> Mistake:
    return mistake(name, sentence, ref.update_ratio, ref.update_ratios, version)


UPDATE_RATIO = [
    mistake("gradient", """You use the gradient, or the new weights, where the update belongs: what the step changed.""",
        *ratio_with(lambda w, new: quotient(norm(new), norm(w)))),
    mistake("mean_of_ratios", """You take the mean of the ratios of single entries. One entry close to 0 spoils it: the
        ratio asked for is that of two lengths.""", *ratio_with(entry_by_entry)),
    mistake("difference_of_lengths", """You subtract the lengths. A step that turns the weights without making them
        longer would be none: subtract first, and measure then.""",
        *ratio_with(lambda w, new: quotient(abs(norm(new) - norm(w)), norm(w)))),
    mistake("by_the_new_weights", """You divide by the length of the weights after the step. It is that before the step
        which counts.""", *ratio_with(lambda w, new: quotient(norm(new - w), norm(new)))),
    mistake("squares", """Your ratio is the square of the one asked for: was a root forgotten?""",
        *ratio_with(lambda w, new: quotient(np.sum((new - w) ** 2), np.sum(w**2)))),
    mistake("sums_of_magnitudes", """You add up absolute values. The length of an array is the root of the sum of
        squares.""",
        *ratio_with(lambda w, new: quotient(np.abs(new - w).sum(), np.abs(w).sum()))),
    mistake("largest_entries", """You compare the largest entries. Compare the lengths of the whole arrays.""",
        *ratio_with(lambda w, new: quotient(np.abs(new - w).max(), np.abs(w).max()))),
    mistake("spectral", """With a matrix np.linalg.norm(w, 2) is not the root of the sum of squares but its largest
        singular value.""", *ratio_with(lambda w, new: quotient(
            np.linalg.norm(new - w, 2), np.linalg.norm(w, 2)))),
    mistake("upside_down", """Your ratio is upside down: the step by the weights, not the weights by the step.""",
        *ratio_with(lambda w, new: quotient(norm(w), norm(new - w)))),
    mistake("logarithm", """You give back the logarithm of the ratio, which is what plots often show. Here it is the
        ratio itself.""", *ratio_with(lambda w, new: math.log10(max(quotient(norm(new - w), norm(w)), 1e-300)))),
    mistake("length_of_the_update", """That is the length of the step. Whether it is long or short depends on how long
        the weights are.""", *ratio_with(lambda w, new: float(norm(new - w)))),
    mistake("epsilon", """With weights of 0 your ratio is a large number, where infinity is asked for: something is
        added to what you divide by.""", *ratio_with(lambda w, new: float(norm(new - w) / (norm(w) + 1e-8)))),
    mistake("warns_at_zero", """With weights of 0 NumPy warns of a division by 0, or you get NaN. Such parameters are
        ordinary: most biases start there.""", *ratio_with(noisy_zero)),
    mistake("zero_division", """With weights of 0 your function raises an error. Such parameters are ordinary: most
        biases start there.""", *ratio_with(lambda w, new: float(norm(new - w)) / float(norm(w)))),
    mistake("never_infinite", """With weights of 0 that have moved the ratio is infinite; 0 would say that nothing
        moved.""",
        *ratio_with(lambda w, new: float(norm(new - w) / norm(w)) if norm(w) > 0 else 0.0)),
    mistake("always_infinite", """Weights of 0 that have not moved have the ratio 0.""",
        *ratio_with(lambda w, new: float(norm(new - w) / norm(w)) if norm(w) > 0 else math.inf)),
    ratios("all_together", """You measure all parameters as one. A layer that stands still does not show beside one that
        moves: one ratio for each.""", together),
    ratios("one_number", """You give back one number. A ratio for each parameter is asked for, in a dict with the same
        names.""",
        lambda step, params: float(np.mean(list(ref.update_ratios(step, params).values())))),
    ratios("without_names", """Your ratios have lost their names: a dict with the names of the parameters is asked for.""",
        lambda step, params: list(ref.update_ratios(step, params).values())),
    ratios("two_steps", """You make two steps. The ratio is that of one.""", two_steps),
    ratios("a_step_for_each", """You make a step for each parameter. Many optimizers keep something in mind, and their second
        step is another one: make one step, and look at all parameters.""", a_step_for_each),
    ratios("weights_only", """Some parameters are missing: the biases move, too.""", only_weights),
    rating("target_of_1e_4", """Your default target is 1e-4. The rule of thumb says about 1e-3.""",
        lambda lr, ratio, target=1e-3: lr * (1e-4 if target == 1e-3 else target) / ratio),
    rating("rate_upside_down", """Your rate goes the wrong way: where the ratio is too large, the rate has to be
        smaller.""",
        lambda lr, ratio, target=1e-3: lr * ratio / target),
    rating("rate_without_lr", """Your factor is right, and it does not multiply the present rate.""",
        lambda lr, ratio, target=1e-3: target / ratio),
    rating("target_ignored", """Your target is the default, whatever target is.""",
        lambda lr, ratio, target=1e-3: lr * 1e-3 / ratio),
]  # fmt: skip
