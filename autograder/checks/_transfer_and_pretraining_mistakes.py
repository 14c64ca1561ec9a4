"""Mistakes of the exercises of `transfer_and_pretraining` that have many: name, sentence, wrong version."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import _transfer_and_pretraining_wrong as wrong
from autograder.exercise import mistake

HONEST_REPORT = [
    mistake("one_draw", """You report one draw of the labels. With another draw the story may be another one: use all of
        them.""", wrong.report_with(values=lambda trial, n: [[trial(m, 0)] * n for m in ("scratch", "frozen")])),
    mistake("one_draw_less", """One of the draws is missing. Where does your loop end?""", wrong.report_with(
        values=lambda trial, n: [[trial(m, d) for d in range(n - 1)] for m in ("scratch", "frozen")],
        error=lambda spread, n: spread / np.sqrt(n - 1))),
    mistake("best_draw", """You report the best draw of each method. Whoever picks the best of many can show anything:
        what do they give on average?""", wrong.report_with(mean=np.max)),
    mistake("median", """You report medians. Asked for are means.""", wrong.report_with(mean=np.median)),
    mistake("spread_of_one_method", """Your spread is that of one method. Draws that are hard are hard for both: what
        counts is how the difference varies.""", wrong.report_with(spread=lambda s, f: np.std(f, ddof=1))),
    mistake("spread_of_scratch", """Your spread is that of training from scratch. Draws that are hard are hard for both:
        what counts is how the difference varies.""", wrong.report_with(spread=lambda s, f: np.std(s, ddof=1))),
    mistake("variance_as_spread", """Your spread is a variance: it is not in the units of an accuracy. What is missing?""",
        wrong.report_with(spread=lambda s, f: np.var(f - s, ddof=1))),
    mistake("error_as_spread", """What you call spread is the standard error of the mean. Asked for is how much single draws
        differ; the error is made of it for the verdict.""", wrong.report_with(
        spread=lambda s, f: np.std(f - s, ddof=1) / np.sqrt(len(s)), error=lambda error, n: error)),
    mistake("other_draws", """The two methods are tried on different draws: then a difference may be one between the images.
        Which number does trial get for each?""", wrong.report_with(values=lambda trial, n: [
            [trial("scratch", d) for d in range(n)], [trial("frozen", n + d) for d in range(n)]])),
    mistake("draws_from_1", """The draws are numbered from 0; yours begin with 1.""", wrong.report_with(
        values=lambda trial, n: [[trial(m, d) for d in range(1, n + 1)] for m in ("scratch", "frozen")])),
    mistake("spreads_added", """Your spread treats the two methods as if they were measured on different draws. They share
        them: take the difference draw by draw first.""",
        wrong.report_with(spread=lambda s, f: np.sqrt(np.var(s, ddof=1) + np.var(f, ddof=1)))),
    mistake("ddof_0", """Your spread is a little too small: a handful of draws stands for many that were not made. What
        does the task divide by?""", wrong.report_with(spread=lambda s, f: np.std(f - s))),
    mistake("spread_for_error", """Your verdict compares the gain with the spread of single draws. The mean of n draws is
        more certain than one of them: by which factor?""", wrong.report_with(error=lambda spread, n: spread)),
    mistake("one_error", """Your verdict comes after one standard error. The task asks for two.""",
        wrong.report_with(error=lambda spread, n: spread / np.sqrt(n) / 2)),
    mistake("divided_by_n", """The standard error falls with the root of the number of draws, not with the number.""",
        wrong.report_with(error=lambda spread, n: spread / n)),
    mistake("no_cannot_tell", """Your verdict looks at the sign alone. A gain that is smaller than its own uncertainty is
        none.""", wrong.report_with(verdict=lambda gain, error: "helps" if gain > 0 else "harms")),
    mistake("helps_and_harms_swapped", """It is the other way round: which method must be better if copying helps?""",
        wrong.report_with(verdict=lambda gain, e: "cannot tell" if abs(gain) <= 2 * e else "harms" if gain > 0 else "helps")),
    mistake("few_draws_accepted", """Three draws are too few for a report: refuse them with a ValueError.""",
        wrong.report_with(least=0)),
    mistake("few_draws_asserted", """Three draws are refused, but not with a ValueError. An assert is for what cannot happen, and
        can be switched off; a wrong argument can happen.""", wrong.asserts_draws),
    mistake("absolute_differences", """Your spread is that of differences without their sign: a gain and a loss of the same size
        look alike to it.""", wrong.report_with(spread=lambda s, f: np.std(abs(f - s), ddof=1))),
]  # fmt: skip

DENOISING_GRADIENTS = [
    mistake("noisy_target", """Your target is the corrupted input: the network is asked to give back what it sees, noise
        and all. What should it find behind the noise?""", wrong.denoising_with(target=lambda X, X_noisy: X_noisy)),
    mistake("no_noise", """The corrupted input is never used: the encoder must not see the clean one.""",
        lambda params, X, X_noisy: wrong.denoising_with()(params, X, X)),
    mistake("clean_into_W1", """The gradient of W1 is taken with the clean input. Which input was multiplied by W1?""",
        wrong.denoising_with(into_W1=lambda X, X_noisy: X)),
    mistake("sum_over_pixels", """Your loss is D times too large: it is averaged over the examples and added up over the
        pixels.""", wrong.denoising_with(loss=lambda E, X: (E**2).sum(axis=1).mean(), dR=lambda E, X: 2 * E / len(X))),
    mistake("sum_over_all", """Your loss is a sum over all entries. A mean is asked for.""",
        wrong.denoising_with(loss=lambda E, X: (E**2).sum(), dR=lambda E, X: 2 * E)),
    mistake("averaged_twice", """Your loss is averaged over pixels and examples, and once more over the examples.""",
        wrong.denoising_with(loss=lambda E, X: (E**2).mean() / len(X), dR=lambda E, X: 2 * E / X.size / len(X))),
    mistake("gradient_not_averaged", """The loss is right, the gradients are N D times too large: the loss is a mean, and
        so is its gradient.""", wrong.denoising_with(dR=lambda E, X: 2 * E)),
    mistake("gradient_by_examples", """The loss is right, the gradients are D times too large: over how many entries does
        the mean run?""", wrong.denoising_with(dR=lambda E, X: 2 * E / len(X))),
    mistake("factor_2", """The loss is right, the gradients are half of what they should be: what does a square leave
        behind when it is differentiated?""", wrong.denoising_with(dR=lambda E, X: E / X.size)),
    mistake("half_loss", """Your loss is half of the mean square. Libraries do that so that no 2 is left in the gradient;
        asked for is the mean itself.""",
        wrong.denoising_with(loss=lambda E, X: (E**2).mean() / 2, dR=lambda E, X: E / X.size)),
    mistake("no_slope", """Right in the decoder, wrong in the encoder: the signal does not pass back through tanh.""",
        wrong.denoising_with(slope=lambda h, z: 1.0)),
    mistake("slope_of_z", """Right in the decoder, wrong in the encoder: is the slope of tanh written in terms of what
        goes in, or of what comes out?""", wrong.denoising_with(slope=lambda h, z: 1 - z * z)),
    mistake("z_into_W2", """The gradient of W2 is taken with what stands before tanh. What was multiplied by W2?""",
        wrong.denoising_with(into_W2=lambda h, z: z)),
    mistake("bias_averaged", """The gradients of the biases are N times too small: dR is a mean already; over the examples
        it is to be added up.""", wrong.denoising_with(bias=lambda d: d.mean(axis=0))),
    mistake("uphill", """All gradients have the wrong sign: the error is output minus target.""",
        wrong.denoising_with(dR=lambda E, X: -2 * E / X.size)),
    mistake("corrupted_entries_only", """Your loss counts only the entries that were corrupted. The whole clean input is the
        target, and the mean runs over all of it.""", wrong.corrupted_entries_only),
    mistake("tanh_at_the_end", """Your output goes through tanh. The last layer is linear: inputs are not limited to ±1.""",
        wrong.denoising_with(output=np.tanh)),
]  # fmt: skip


def pairing(name: str, sentence: str, version: Any) -> Any:
    return mistake(name, sentence, version, wrong.rotations_with())


def rotating(name: str, sentence: str, version: Any) -> Any:
    return mistake(name, sentence, wrong.pairs_with(), version)


MAKE_PAIRS = [
    pairing("any_two", """Your pairs are any two samples: with ten classes, nine of ten pairs would be of two classes, and
        a network that always says so would be right. Half of each kind is asked for.""", wrong.any_two),
    pairing("with_itself", """A sample stands in a pair with itself: such a pair teaches nothing.""",
        wrong.pairs_with(itself=True)),
    pairing("label_turned_round", """Your labels are the other way round: 1 stands for one class.""",
            wrong.pairs_with(label=lambda wanted: int(not wanted))),
    pairing("apart", """Samples and labels are no longer in step: two things that belong together were put into random order
        each for itself.""", wrong.shuffled_apart),
    pairing("not_mixed", """All pairs of one class come first. Whoever takes minibatches in order gets one kind only.""",
            wrong.pairs_with(order=lambda kinds, rng: kinds)),
    pairing("taking_turns", """Pairs of one class and of two take turns: whoever knows the place of a pair knows its label.
        A random order is asked for.""",
            wrong.pairs_with(order=lambda kinds, rng: np.arange(len(kinds)) % 2 == 1)),
    pairing("plus_minus_one", """Your labels are 1 and −1. Some losses want them so; asked for are 1 and 0, which a
        classifier can count from.""", wrong.pairs_with(label=lambda wanted: 1 if wanted else -1)),
    pairing("one_class_for_all", """All your pairs of one class are of the same class: where do you draw it, once or for
        each pair?""", wrong.pairs_of_one_class),
    pairing("flattened", """Your pairs are right for rows of numbers, but images lose their shape: a sample may have more
        axes than one.""", wrong.pairs_with(shape=lambda pairs: pairs.reshape(len(pairs), 2, -1))),
    pairing("all_positive", """All your pairs are of one class: what is there to be told apart?""",
            wrong.pairs_with(positives=lambda n: n)),
    pairing("half_by_chance", """Each pair is of one class with probability one half, so that their number varies. Asked
        for is n // 2.""", wrong.pairs_with(positives=lambda n: n // 2 + n // 7)),
    pairing("first_in_order", """The first samples of your pairs are the first samples of X, over and over: draw them.""",
            wrong.pairs_with(first=lambda N, rng, t: t % 3)),
    pairing("own_seed", """Your pairs are the same for every generator: is one made inside, with a fixed seed? Draw from
        the rng that comes in.""", wrong.pairs_with(generator=lambda rng: np.random.default_rng(0))),
    rotating("clockwise", """Your images turn with the clock: label 1 is a quarter turn against it.""",
             wrong.rotations_with(lambda image, k: np.rot90(image, -k))),
    rotating("labels_in_another_order", """Images and labels are in different orders: do all images come in position 0
        first, or the first image in all positions?""", wrong.rotations_with(labels=lambda N: np.tile(np.arange(4), N))),
    rotating("one_position_each", """Each image comes in one position only; four are asked for.""", wrong.one_turn_each),
    rotating("degrees", """Your labels are degrees. A classifier needs 0, 1, 2, 3.""",
             wrong.rotations_with(labels=lambda N: np.repeat(90 * np.arange(4), N))),
    rotating("mirrored", """Some of your images are mirrored, not turned: a transpose is no rotation.""",
             wrong.rotations_with(lambda image, k: [image, image.T, image[::-1, ::-1], image[:, ::-1].T][k])),
]  # fmt: skip
