"""Wrong versions of what keeps a state or makes a run, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
from gradus import schedules as ref

from autograder.checks._schedules_bowl import descend
from autograder.exercise import mistake

Array = np.ndarray

# ---------------------------------------------------------------- PerformanceSchedule


def schedule_with(
    *,
    better: Callable[[float, float, float], bool] = lambda loss, best, delta: loss < best * (1 - delta),
    first_best: float = inf,
    best_after: Callable[[float, float, bool], float] = lambda loss, best, is_better: loss if is_better else best,
    bad_after: Callable[[int, bool], int] = lambda bad, is_better: 0 if is_better else bad + 1,
    enough: Callable[[int, int], bool] = lambda bad, patience: bad > patience,
    reduce: Callable[[float, float, float], float] = lambda lr, factor, lr0: lr * factor,
    reset: Callable[[Any], None] = lambda self: setattr(self, "bad", 0),
    gives: Callable[[Any, float], Any] = lambda self, before: self.lr,
) -> type:
    """PerformanceSchedule with one part in a wrong version."""

    class PerformanceSchedule:
        def __init__(self, lr0: float, factor: float = 0.1, patience: int = 10, min_delta: float = 1e-4) -> None:
            self.lr, self.lr0, self.factor, self.patience, self.min_delta = lr0, lr0, factor, patience, min_delta
            self.best, self.bad = first_best, 0

        def step(self, val_loss: float) -> Any:
            before = self.lr
            is_better = better(val_loss, self.best, self.min_delta)
            self.best = best_after(val_loss, self.best, is_better)
            self.bad = bad_after(self.bad, is_better)
            if enough(self.bad, self.patience):
                self.lr = reduce(self.lr, self.factor, self.lr0)
                reset(self)
            return gives(self, before)

    return PerformanceSchedule


def forget(self: Any) -> None:
    self.bad, self.best = 0, inf


class StateOfTheClass:
    """Best and bad stand in the class; every new schedule sets them back for all."""

    best, bad = inf, 0

    def __init__(self, lr0: float, factor: float = 0.1, patience: int = 10, min_delta: float = 1e-4) -> None:
        self.lr, self.factor, self.patience, self.min_delta = lr0, factor, patience, min_delta
        StateOfTheClass.best, StateOfTheClass.bad = inf, 0

    def step(self, val_loss: float) -> float:
        if val_loss < StateOfTheClass.best * (1 - self.min_delta):
            StateOfTheClass.best, StateOfTheClass.bad = val_loss, 0
        else:
            StateOfTheClass.bad += 1
        if StateOfTheClass.bad > self.patience:
            self.lr, StateOfTheClass.bad = self.lr * self.factor, 0
        return self.lr


class OtherAttribute(ref.PerformanceSchedule):
    """The rate has another name; lr stays what it was."""

    def __init__(self, lr0: float, factor: float = 0.1, patience: int = 10, min_delta: float = 1e-4) -> None:
        super().__init__(lr0, factor, patience, min_delta)
        self.rate = self.lr

    def step(self, val_loss: float) -> float:
        self.lr = self.rate
        self.rate = super().step(val_loss)
        self.lr = self.lr0
        return self.rate


class DefaultSettings(ref.PerformanceSchedule):
    """The arguments are taken, and not used."""

    def __init__(self, lr0: float, factor: float = 0.1, patience: int = 10, min_delta: float = 1e-4) -> None:
        super().__init__(lr0)


PERFORMANCE = [
    mistake("one_epoch_early", """Your rate is reduced one epoch too early, at bad >= patience, as in Keras. Here, as in
        PyTorch, there must be strictly more bad epochs than patience.""",
        schedule_with(enough=lambda bad, patience: bad >= patience)),
    mistake("absolute_min_delta", """You subtract min_delta from the best loss, as Keras does. Here it is a share of the
        best loss.""", schedule_with(better=lambda loss, best, delta: loss < best - delta)),
    mistake("infinity_minus_infinity", """Your first loss does not count as the best, nor does any later one. With a
        first best of 0 nothing is better; with an infinite one a share of it is infinite, too, and infinity minus
        infinity is NaN. A best loss left over from another schedule, in the class, does the same.""",
        schedule_with(better=lambda loss, best, delta: loss < best - delta * abs(best))),
    mistake("never_reset", """After its first reduction your rate falls at every bad epoch: does the counting start
        anew?""",
        schedule_with(reset=lambda self: None)),
    mistake("once_a_plateau", """Your rate falls once while the loss stands, and then waits for a better one. After a
        reduction the counting starts anew.""",
        schedule_with(enough=lambda bad, patience: bad == patience + 1, reset=lambda self: None)),
    mistake("starts_below_zero", """After a reduction your schedule bears one bad epoch more than before: from what number
        does the counting start anew?""", schedule_with(reset=lambda self: setattr(self, "bad", -1))),
    mistake("best_forgotten", """After a reduction your schedule has forgotten the best loss, and a bad one counts as
        better. Only the counting starts anew.""", schedule_with(reset=forget)),
    mistake("compares_with_the_last", """You compare with the loss before. A loss that jumps up and comes down again is
        no better than the best so far.""", schedule_with(best_after=lambda loss, best, is_better: loss)),
    mistake("best_creeps", """Losses that are a little better are not to count, but they change your best loss all the
        same: so a slow descent never counts, however far it goes.""",
        schedule_with(best_after=lambda loss, best, is_better: min(loss, best))),
    mistake("min_delta_ignored", """An improvement smaller than min_delta counts in yours: which argument is not used?""",
        schedule_with(better=lambda loss, best, delta: loss < best)),
    mistake("bad_not_in_a_row", """A better loss does not set your count of bad epochs back to 0.""",
        schedule_with(bad_after=lambda bad, is_better: bad if is_better else bad + 1)),
    mistake("patience_ignored", """Your rate falls at the first bad epoch: which argument is not used?""",
        schedule_with(enough=lambda bad, patience: bad > 0)),
    mistake("one_epoch_late", """Your rate is reduced one epoch too late. If patience is 2, the third bad epoch reduces
        it.""", schedule_with(enough=lambda bad, patience: bad > patience + 1)),
    mistake("equal_is_better", """A loss that is as large as the best one, and no smaller, counts as better in yours where
        min_delta is 0.""", schedule_with(better=lambda loss, best, delta: loss <= best * (1 - delta))),
    mistake("never_reduced", """Your rate never changes.""", schedule_with(reduce=lambda lr, factor, lr0: lr0)),
    mistake("settings_ignored", """Your schedule has the default settings, whatever it is given.""", DefaultSettings),
    mistake("share_of_the_new_loss", """You take a share of the new loss. By how much a loss must be smaller is a share of
        the best one.""", schedule_with(better=lambda loss, best, delta: best == inf or best - loss > delta * loss)),
    mistake("falls_once", """Your rate falls once and never again: the second time it must be multiplied once more.""",
        schedule_with(reduce=lambda lr, factor, lr0: lr0 * factor)),
    mistake("divides", """Your rate grows: it is to be multiplied by factor, which is smaller than 1.""",
        schedule_with(reduce=lambda lr, factor, lr0: lr / factor)),
    mistake("subtracts", """You subtract factor from the rate: it is to be multiplied by it.""",
        schedule_with(reduce=lambda lr, factor, lr0: lr - factor)),
    mistake("for_an_accuracy", """Your schedule waits for values to grow, as an accuracy does. A loss is better when it
        is smaller.""", schedule_with(better=lambda loss, best, delta: loss > best * (1 + delta), first_best=-inf)),
    mistake("rate_before", """You give back the rate as it was before this loss. The next epoch is to be trained with
        the new one.""", schedule_with(gives=lambda self, before: before)),
    mistake("gives_nothing", """Your method changes the rate and gives nothing back: was "return" forgotten?""",
        schedule_with(gives=lambda self, before: None)),
    mistake("shared_state", """Two of your schedules disturb each other: the best loss and the count are stored in the
        class, or in a global variable. Each schedule needs its own.""", StateOfTheClass),
    mistake("other_attribute", """What step gives back is right, but lr is not that number: who reads the rate from the
        schedule gets an old one.""", OtherAttribute),
]  # fmt: skip

# ---------------------------------------------------------------- noisy_descent, tuned_losses


def losses_with(noisy: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Both functions, from one way of descending."""
    return noisy, tuned_with(noisy=noisy)


def tuned_with(
    *,
    noisy: Callable[..., Any] = descend,
    decay: Callable[..., Any] = ref.power,
    chosen: Callable[[list[Any]], Any] = min,
    result: Callable[[Any, Any], Any] = lambda constant, decayed: (constant, decayed),
) -> Callable[..., Any]:
    def tuned_losses(
        rates: Any, s: float, h: Array, sigma: float, w0: Array, steps: int, rng: Any, runs: int = 200
    ) -> Any:
        t = np.arange(steps)
        constant = [noisy(np.full(steps, rate), h, sigma, w0, rng, runs) for rate in rates]
        decayed = [noisy(decay(t, rate, s), h, sigma, w0, rng, runs) for rate in rates]
        return result(chosen(constant), chosen(decayed))

    return tuned_losses


def untuned_decay(
    rates: Any, s: float, h: Array, sigma: float, w0: Array, steps: int, rng: Any, runs: int = 200
) -> Any:
    losses = [descend(np.full(steps, rate), h, sigma, w0, rng, runs) for rate in rates]
    best = rates[int(np.argmin(losses))]
    return min(losses), descend(ref.power(np.arange(steps), best, s), h, sigma, w0, rng, runs)


def untuned_constant(
    rates: Any, s: float, h: Array, sigma: float, w0: Array, steps: int, rng: Any, runs: int = 200
) -> Any:
    losses = [descend(ref.power(np.arange(steps), rate, s), h, sigma, w0, rng, runs) for rate in rates]
    best = rates[int(np.argmin(losses))]
    return descend(np.full(steps, best), h, sigma, w0, rng, runs), min(losses)


def best_rates(rates: Any, s: float, h: Array, sigma: float, w0: Array, steps: int, rng: Any, runs: int = 200) -> Any:
    t = np.arange(steps)
    constant = [descend(np.full(steps, rate), h, sigma, w0, rng, runs) for rate in rates]
    decayed = [descend(ref.power(t, rate, s), h, sigma, w0, rng, runs) for rate in rates]
    return rates[int(np.argmin(constant))], rates[int(np.argmin(decayed))]


def only_tuned(version: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return descend, version


def descent_with(
    *,
    rate: Callable[[Array, int], Any] = lambda lrs, t: lrs[t],
    step: Callable[..., Any] = lambda w, lr, h, sigma, noise: w - lr * (h * w + sigma * noise),
    noise: Callable[..., Any] = lambda rng, w, t, kept: rng.standard_normal(w.shape),
    result: Callable[[Array, list[Array]], Any] = lambda loss, all_losses: float(loss.mean()),
    half: float = 0.5,
    steps: Callable[[Array], int] = len,
    own_rng: bool = False,
    kept: bool = True,
) -> Callable[..., Any]:
    """noisy_descent with one part in a wrong version."""

    def noisy_descent(lrs: Array, h: Array, sigma: float, w0: Array, rng: Any, runs: int = 200) -> Any:
        rng = np.random.default_rng(0) if own_rng else rng
        w, losses = np.tile(w0, (runs, 1)), []
        first = rng.standard_normal(w.shape) if kept else None
        for t in range(steps(lrs)):
            w = step(w, rate(lrs, t), h, sigma, noise(rng, w, t, first))
            losses.append(half * np.sum(h * w**2, axis=1))
        return result(losses[-1], losses)

    return noisy_descent


def each_direction(lrs: Array, h: Array, sigma: float, w0: Array, rng: Any, runs: int = 200) -> Any:
    return descend(lrs, np.asarray(h), sigma, w0, rng, runs) / len(h)


def starts_at_zero(lrs: Array, h: Array, sigma: float, w0: Array, rng: Any, runs: int = 200) -> Any:
    return descend(lrs, h, sigma, np.zeros_like(w0), rng, runs)


def moves_the_start(lrs: Array, h: Array, sigma: float, w0: Array, rng: Any, runs: int = 200) -> Any:
    loss = descend(lrs, h, sigma, w0, rng, runs)
    w0 *= 1 - lrs[0] * h
    return loss


NOISY_DESCENT = [
    mistake("constant_rate", """Your run keeps its first rate. Each step has a rate of its own.""",
        *losses_with(descent_with(rate=lambda lrs, t: lrs[0]))),
    mistake("last_rate", """Your run uses the last rate for all steps. Each step has a rate of its own.""",
        *losses_with(descent_with(rate=lambda lrs, t: lrs[-1]))),
    mistake("mean_rate", """Your run uses the mean of the rates. Each step has a rate of its own.""",
        *losses_with(descent_with(rate=lambda lrs, t: np.mean(lrs)))),
    mistake("uphill", """Your steps go uphill.""",
        *losses_with(descent_with(step=lambda w, lr, h, sigma, noise: w + lr * (h * w + sigma * noise)))),
    mistake("one_half_forgotten", """Without noise your loss is twice what it should be: a factor of the bowl is
        missing.""",
        *losses_with(descent_with(half=1.0))),
    mistake("loss_before_the_last_step", """Your loss is that before the last step: it is to be that after it.""",
        *losses_with(descent_with(steps=lambda lrs: len(lrs) - 1))),
    mistake("mean_over_the_steps", """You take the mean over the steps. What counts is where a run ends; the mean is one
        over the runs.""", *losses_with(descent_with(result=lambda loss, losses: float(np.mean(losses))))),
    mistake("mean_over_the_directions", """You take the mean over the coordinates of w. The loss is a sum over them.""",
        *losses_with(each_direction)),
    mistake("sum_over_the_runs", """Your result grows with the number of runs: a mean is asked for.""",
        *losses_with(descent_with(result=lambda loss, losses: float(loss.sum())))),
    mistake("all_runs", """You give back the loss of every run. One number is asked for, their mean.""",
        *losses_with(descent_with(result=lambda loss, losses: loss))),
    mistake("curvature_forgotten", """Your steps are equally long in all directions. The gradient of the bowl has its
        curvature in it.""", *losses_with(descent_with(step=lambda w, lr, h, sigma, noise: w - lr * (w + sigma * noise)))),
    mistake("starts_at_zero", """Your runs start at the minimum. They are to start at w0.""", *losses_with(starts_at_zero)),
    mistake("no_noise", """Your runs settle as if there were no noise: what is sigma for?""",
        *losses_with(descent_with(step=lambda w, lr, h, sigma, noise: w - lr * h * w))),
    mistake("noise_beside_the_rate", """Your noise is as large with a small rate as with a large one. It is a part of
        the gradient: the rate multiplies both.""",
        *losses_with(descent_with(step=lambda w, lr, h, sigma, noise: w - lr * h * w - sigma * noise))),
    mistake("noise_of_variance", """Your noise is not as large as it should be: sigma is its standard deviation. What
        does it multiply?""",
        *losses_with(descent_with(step=lambda w, lr, h, sigma, noise: w - lr * (h * w + sigma**2 * noise)))),
    mistake("noise_drawn_once", """You draw the noise once, before the first step: then it is a slope, and not noise.""",
        *losses_with(descent_with(noise=lambda rng, w, t, kept: kept))),
    mistake("noise_of_all_runs", """All your runs are pushed about by the same noise, so that they are one run, many times:
        what shape must the noise have?""", *losses_with(descent_with(
            noise=lambda rng, w, t, kept: rng.standard_normal(w.shape[1]), kept=False))),
    mistake("noise_of_all_directions", """Your noise pushes all coordinates of w in the same way. Each of them gets noise of
        its own: what shape must it have?""",
        *losses_with(descent_with(noise=lambda rng, w, t, kept: rng.standard_normal((len(w), 1)), kept=False))),
    mistake("one_number_of_noise", """You draw a single number for all runs and all coordinates. Each gets noise of its own:
        what shape must it have?""",
        *losses_with(descent_with(noise=lambda rng, w, t, kept: rng.standard_normal(), kept=False))),
    mistake("noise_never_negative", """Your noise pushes to one side only. It is normal with mean 0.""",
        *losses_with(descent_with(noise=lambda rng, w, t, kept: rng.random(w.shape)))),
    mistake("counted_from_1", """The first step of your decaying run is made with less than its start: t counts from 0.""",
        *only_tuned(tuned_with(decay=lambda t, rate, s: ref.power(t + 1, rate, s)))),
    mistake("staircase", """Your decaying rate falls in steps. Take power as it is.""",
        *only_tuned(tuned_with(decay=lambda t, rate, s: rate / (1 + t // s)))),
    mistake("untuned_decay", """You give the decaying rate the start that is best for a constant one. Tune both over the
        same grid, or the comparison is unfair.""", *only_tuned(untuned_decay)),
    mistake("untuned_constant", """You give the constant rate what is best as the start of a decaying one. Tune both
        over the same grid, or the comparison is unfair.""", *only_tuned(untuned_constant)),
    mistake("first_of_the_grid", """You use one rate of the grid for both. Which is best is to be found out, for each by
        itself.""",
        *only_tuned(tuned_with(chosen=lambda losses: losses[0]))),
    mistake("mean_over_the_grid", """You take the mean over the grid. A bad rate is no fault of the method: only the
        best one counts.""", *only_tuned(tuned_with(chosen=lambda losses: float(np.mean(losses))))),
    mistake("order", """The two losses come in the other order: first the one with a constant rate.""",
        *only_tuned(tuned_with(result=lambda constant, decayed: (decayed, constant)))),
    mistake("best_rates", """You give back the best rates. Asked for are the losses that they lead to.""",
        *only_tuned(best_rates)),
    mistake("own_rng", """Your noise is the same whatever generator is given: draw it from rng.""",
        *losses_with(descent_with(own_rng=True))),
    mistake("in_place", """Your function changes w0, where the next run is to start: work on a copy.""",
        *losses_with(moves_the_start)),
]  # fmt: skip
