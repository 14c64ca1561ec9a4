"""Wrong ways out of the broken run of `debug_schedules`, each with the sentence that leads on."""

from __future__ import annotations

import numpy as np

from autograder.checks._schedules_debug import trained
from autograder.exercise import Mistake, mistake

Array = np.ndarray


def broken_train(X: Array, y: Array, lr0: float, s: float, steps: int) -> tuple[Array, list[float]]:
    """The broken function of the notebook, as it stands there."""
    w = np.zeros(X.shape[1])
    lr = lr0
    losses = []
    for t in range(steps):
        error = X @ w - y
        losses.append(0.5 * np.mean(error**2))
        lr = lr * 0.1 ** (t / s)
        w = w - lr * X.T @ error / len(X)
    return w, losses


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(
        f"named_{fault}", f"Your function is mended, but that was not the fault. {sentence}", fault, trained()
    )


DEBUG_SCHEDULES = [
    mistake("not_mended", """The rate still falls much faster than the formula says. Print lr and the factor at t = 0,
        1, 2, 3: how often does each factor enter the rate?""", "compounded", broken_train),
    mistake("rate_constant", """Your rate no longer falls. The schedule is wanted; it was only computed in a wrong way.""",
        "compounded", trained(lambda t, lr0, s: lr0)),
    mistake("staircase", """Your rate now falls in steps. It should fall a little at every step.""",
        "compounded", trained(lambda t, lr0, s: lr0 * 0.1 ** (t // s))),
    mistake("larger_s", """Your rate falls more slowly now, but not as the formula says: was s changed?""",
        "compounded", trained(lambda t, lr0, s: lr0 * 0.1 ** (t / (10 * s)))),
    mistake("tenth_every_step", """Your rate is a tenth of itself after a single step. How long is that to take?""",
        "compounded", trained(lambda t, lr0, s: lr0 * 0.1**t)),
    mistake("one_step_ahead", """Your rate is one step ahead: the first step is to be made with lr0.""",
        "compounded", trained(lambda t, lr0, s: lr0 * 0.1 ** ((t + 1) / s))),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five
        texts in the list.""", "", trained()),
    misnamed("too_large", "What would a loss do whose first steps are too long?"),
    misnamed("staircase", "The table shows the rate at each step: on which steps does it stay the same?"),
    misnamed("wrong_unit", "If s were counted in epochs, the rate would still be a tenth after some fixed number of steps, and a "
             "hundredth after twice as many."),
    misnamed("gradient", "A small constant rate brings the loss down in the plot, with the same gradient."),
]  # fmt: skip
