"""What the exercises on schedules try in a noisy bowl, whose mean loss after any number of steps is known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import schedules as ref

from autograder.comparison import Difference
from autograder.probes import Args, Probe, args, callable_of, draw_seed, number_of, several, with_call
from autograder.wording import call_text

Array = np.ndarray
Rng = np.random.Generator
Make = Callable[[Rng], Args]


def descend(lrs: Array, h: Array, sigma: float, w0: Array, rng: Rng, runs: int = 200) -> float:
    """Gradient descent with noisy gradients, many runs at once; the mean of the losses after the last step."""
    w = np.tile(np.asarray(w0, dtype=float), (runs, 1))
    for lr in lrs:
        w = w - lr * (h * w + sigma * rng.standard_normal(w.shape))
    return float(np.mean(0.5 * np.sum(h * w**2, axis=1)))


def search(
    rates: list[float], s: float, h: Array, sigma: float, w0: Array, steps: int, rng: Rng, runs: int = 200
) -> tuple[float, float]:
    """The smallest mean loss with a constant rate, and with one that decays; each at its own best rate."""
    t = np.arange(steps)
    constant = min(descend(np.full(steps, rate), h, sigma, w0, rng, runs) for rate in rates)
    return constant, min(descend(ref.power(t, rate, s), h, sigma, w0, rng, runs) for rate in rates)


def mean_and_spread(lrs: Array, h: Array, sigma: float, w0: Array) -> tuple[float, float]:
    """Mean and standard deviation of ½ Σ h w² after steps w ← w − η (h w + σ ε), exactly: w stays normal.

    μ ← (1 − η h) μ,  v ← (1 − η h)² v + η² σ²;  E = ½ Σ h (μ² + v),  Var = Σ h² (½ v² + μ² v)
    """
    mu, v = w0.astype(float), np.zeros_like(w0, dtype=float)
    for lr in lrs:
        mu, v = (1 - lr * h) * mu, (1 - lr * h) ** 2 * v + (lr * sigma) ** 2
    return float(0.5 * np.sum(h * (mu**2 + v))), float(np.sqrt(np.sum(h**2 * (0.5 * v**2 + mu**2 * v))))


WIDTH = 6.0  # standard errors of a mean loss, whose distribution is a little lopsided
RUNS = 200


def bowl(rng: Rng, sigma: float | None = None) -> tuple[Array, float, Array]:
    """Curvatures between 1/4 and 1, the noise, a place to start."""
    h = np.concatenate([[1.0], rng.uniform(0.25, 1.0, int(rng.integers(1, 4)))])
    return h, float(rng.uniform(1.6, 2.4)) if sigma is None else sigma, rng.uniform(2, 6, len(h))


def rates_that_change(rng: Rng, steps: int) -> Array:
    """Rates that are high, then low, then in between: whoever takes the first, the last or the mean goes elsewhere."""
    third = steps // 3
    return np.concatenate([np.full(third, 0.5), np.full(third, 0.05), rng.uniform(0.1, 0.3, steps - 2 * third)])


def without_noise(rng: Rng) -> Args:
    h, sigma, w0 = bowl(rng, 0.0)
    return args(rates_that_change(rng, 12), h, sigma, w0, draw_seed(rng), runs=3)


def with_noise(constant: bool = False) -> Make:
    def make(rng: Rng) -> Args:
        h, sigma, w0 = bowl(rng)
        lrs = np.full(60, float(rng.uniform(0.2, 1.0))) if constant else rates_that_change(rng, 30)
        return args(lrs, h, sigma, w0, draw_seed(rng), runs=RUNS)

    return make


Band = tuple[float, float]
CALM = "without noise"  # what has this in its name is known exactly


def around(lrs: Array, h: Array, sigma: float, w0: Array, runs: int) -> Band:
    """Between what limits the mean loss over the runs lies."""
    mean, spread = mean_and_spread(lrs, h, sigma, w0)
    error = WIDTH * spread / math.sqrt(runs)
    return mean - error, mean + error


def band(make: Make) -> Callable[[Rng], dict[str, Band]]:
    def expected(rng: Rng) -> dict[str, Band]:
        (lrs, h, sigma, w0, _), named = make(rng)
        calm = mean_and_spread(lrs, h, 0.0, w0)[0]
        return {"the mean loss": around(lrs, h, sigma, w0, named["runs"]), f"the loss {CALM}": (calm, calm)}

    return expected


def one_loss(make: Make) -> Probe:
    """The loss on a problem, and on the same one without noise, which tells one mistake from another."""

    def probe(rng: Rng, noisy_descent: Any, tuned_losses: Any) -> dict[str, float]:
        (lrs, h, sigma, w0, seed), named = make(rng)
        f = callable_of(noisy_descent)
        return {"the mean loss": number_of(f(lrs, h, sigma, w0, seed, **named), "the mean loss"),
                f"the loss {CALM}": number_of(f(lrs, h, 0.0, w0, seed, runs=2), "the mean loss")}  # fmt: skip

    return with_call(probe, lambda rng, names: call_text(names[0], *make(rng)))


MANY, TRIES = 40, 12  # coordinates, generators


def crowd(rng: Rng) -> tuple[Array, Array, float, Array, list[Any]]:
    """A bowl of many coordinates, in which the loss of a run is nearly the same for every noise, and some generators."""
    h, w0 = rng.uniform(0.6, 1.0, MANY), rng.uniform(2, 6, MANY)
    return np.full(20, float(rng.uniform(0.3, 0.6))), h, 2.0, w0, [draw_seed(rng) for _ in range(TRIES)]


def scattered(rng: Rng, noisy_descent: Any, tuned_losses: Any) -> dict[str, float]:
    """How far the means of many runs lie apart from one generator to the next, against what is to be expected."""
    lrs, h, sigma, w0, seeds = crowd(rng)
    f = callable_of(noisy_descent)
    mean, spread = mean_and_spread(lrs, h, sigma, w0)
    found = np.array([number_of(f(lrs, h, sigma, w0, seed, runs=RUNS), "the mean loss") for seed in seeds])
    return {"the mean over many generators": float(found.mean()),
            "how far they lie apart": float(np.mean((found - mean) ** 2) / (spread**2 / RUNS))}  # fmt: skip


def little_scatter(rng: Rng) -> dict[str, Band]:
    """Twelve squares of a standard normal number have a mean above 6 less than once in a thousand million times."""
    lrs, h, sigma, w0, _ = crowd(rng)
    mean, spread = mean_and_spread(lrs, h, sigma, w0)
    return {"the mean over many generators": (mean - spread, mean + spread), "how far they lie apart": (0.0, 6.0)}


RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]


def search_problem(rng: Rng) -> Args:
    """A bowl far from whose minimum one starts: a small rate does not arrive, a large one does not settle."""
    h = np.concatenate([[1.0], rng.uniform(0.5, 1.0, int(rng.integers(1, 4)))])
    w0 = rng.uniform(40, 90, len(h))
    return args(RATES, float(rng.integers(5, 8)), h, float(rng.uniform(1.0, 1.5)), w0, 100, draw_seed(rng), RUNS)


def calm_problem(rng: Rng) -> Args:
    """A few steps without noise, so that the losses are known exactly."""
    h = np.concatenate([[1.0], rng.uniform(0.5, 1.0, 2)])
    return args([0.05, 0.6, 0.2], 3.0, h, 0.0, rng.uniform(40, 90, 3), 9, draw_seed(rng), 2)


def bands_of_the_best(rng: Rng) -> dict[str, Band]:
    """Between what limits the smallest mean loss lies, with a constant rate and with one that decays."""
    found = {}
    for tail, problem in (("", search_problem(rng)), (f" {CALM}", calm_problem(rng))):
        (rates, s, h, sigma, w0, steps, _, runs), _ = problem
        constant = [around(np.full(steps, rate), h, sigma, w0, runs) for rate in rates]
        decayed = [around(ref.power(np.arange(steps), rate, s), h, sigma, w0, runs) for rate in rates]
        for name, bands in (("constant", constant), ("decayed", decayed)):
            found[name + tail] = (min(low for low, _ in bands), min(high for _, high in bands))
    return found


def as_list(found: Any) -> Any:
    return found.tolist() if isinstance(found, np.ndarray) else found


def best_losses(rng: Rng, noisy_descent: Any, tuned_losses: Any) -> dict[str, float]:
    found = {}
    for tail, (positional, _) in (("", search_problem(rng)), (f" {CALM}", calm_problem(rng))):
        pair = several(as_list(callable_of(tuned_losses)(*positional)), 2, "the pair constant, decayed")
        for name, loss in zip(("constant", "decayed"), pair, strict=True):
            found[name + tail] = number_of(loss, "each of the two losses")
    return found


with_call(best_losses, lambda rng, names: call_text(names[1], *search_problem(rng)))


def decay_wins(rng: Rng, noisy_descent: Any, tuned_losses: Any) -> dict[str, float]:
    """How many times smaller the best loss is with decay on the problem of the assignment, in the mean of three searches."""
    factors = []
    for _ in range(3):
        found = callable_of(tuned_losses)(*EXAMPLE, draw_seed(rng), RUNS)
        constant, decayed = (
            number_of(v, "each loss") for v in several(as_list(found), 2, "the pair constant, decayed")
        )
        factors.append(constant / decayed if decayed > 0 and constant > 0 else math.nan)
    calm = callable_of(noisy_descent)(np.full(2, 0.5), EXAMPLE[2], 0.0, EXAMPLE[4], draw_seed(rng), 2)
    return {"times smaller with decay": float(np.exp(np.mean(np.log(factors)))),
            f"two steps {CALM}": number_of(calm, "the mean loss")}  # fmt: skip


def twice_as_small(rng: Rng) -> dict[str, Band]:
    calm = mean_and_spread(np.full(2, 0.5), EXAMPLE[2], 0.0, EXAMPLE[4])[0]
    return {"times smaller with decay": (2.0, math.inf), f"two steps {CALM}": (calm, calm)}


EXAMPLE = (RATES, 10, np.array([1.0, 0.5]), 1.2, np.array([300.0, 240.0]), 200)
with_call(decay_wins, lambda rng, names: call_text(names[1], (*EXAMPLE, draw_seed(rng), RUNS), {}))


APART = """From one generator to the next your mean loss changes more than that of so many runs should: does each run, and
    each coordinate, get noise of its own?"""


def within(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison of named numbers with (low, high), or with those of a wrong version: those to a fifth.

    Numbers without noise are compared to a millionth.
    """
    for name, e in expected.items():
        g, exact = given[name], CALM in name
        low, high = e if isinstance(e, tuple) else (e, e) if exact else (e * 0.8, e * 1.25)
        if exact:
            low, high = low - 1e-6 * abs(low), high + 1e-6 * abs(high)
        if not low <= g <= high:
            wanted = (
                f"{low:.6g}"
                if exact
                else f"between {low:.3g} and {high:.3g}"
                if high < math.inf
                else f"at least {low:.3g}"
            )
            hint = " ".join(APART.split()) if name == "how far they lie apart" and g > high else ""
            return Difference(
                "values", wanted, f"{g:.6g}" if exact else f"{g:.3g}", hint, "" if len(expected) == 1 else name
            )
    return None
