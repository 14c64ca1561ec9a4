"""Wrong versions of the experiments with dead units."""

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
