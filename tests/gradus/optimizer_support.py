"""What the tests of optimizers share: the steps by name, two problems, and the path of a step on them."""

from functools import partial

import numpy as np
import pytest
from gradus.optimizers import (
    adagrad_step,
    adam_step,
    adamax_step,
    adamw_step,
    gd_step,
    momentum_step,
    momentum_torch_step,
    nadam_step,
    nesterov_shifted_step,
    rmsprop_step,
)
from gradus.problems import rosenbrock

STEPS = {
    "gd": gd_step,
    "momentum": momentum_step,
    "momentum_torch": momentum_torch_step,
    "nesterov_shifted": nesterov_shifted_step,
    "adagrad": adagrad_step,
    "rmsprop": rmsprop_step,
    "adam": adam_step,
    "adam_inside": partial(adam_step, eps_mode="inside"),
    "adam_hat": partial(adam_step, eps_mode="hat"),
    "adamax": adamax_step,
    "nadam": nadam_step,
    "nadam_psi": partial(nadam_step, psi=0.5),
    "adamw": adamw_step,
}
every_step = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


def quadratic_gradient(w):
    """Six dimensions, curvatures from 0.1 to 10, not along the axes."""
    Q, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((6, 6)))
    return Q @ (np.geomspace(0.1, 10, 6) * (Q.T @ w))


PROBLEMS = {  # gradient and start
    "quadratic": (quadratic_gradient, np.array([1.0, -2.0, 0.5, 3.0, -0.1, 0.0])),
    "Rosenbrock": (rosenbrock().grad, rosenbrock().start),
}
every_problem = pytest.mark.parametrize("problem", PROBLEMS)


def follow(step, gradient=quadratic_gradient, start=PROBLEMS["quadratic"][1], steps=60, state=None):
    """The parameters after each of the steps, and the last state."""
    w, state, path = start, state or {}, []
    for _ in range(steps):
        w, state = step(w, gradient(w), state)
        path.append(w)
    return np.array(path), state
