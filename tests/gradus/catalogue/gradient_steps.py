"""gradus.gradient_steps"""

from gradus import gradient_steps
from gradus.gradient_steps import (
    gd_step,
    momentum_step,
    momentum_torch_step,
    nesterov_shifted_step,
)

from . import Entry

PYTORCH = {"torch.optim.SGD": "test_optimizer_steps.py::test_sixty_steps_are_those_of_pytorch"}
KERAS = {"keras.optimizers.SGD": "test_optimizer_steps.py::test_sixty_steps_with_changing_rate_are_those_of_keras"}
BY_HAND = {"first step by hand": "test_gradient_steps.py::test_the_first_step_by_hand"}
GD = {"gradient descent at β = 0": "test_gradient_steps.py::test_without_momentum_it_is_gradient_descent"}
NAN = {"NaN": "passes through, entry by entry"}
RATES = [0, -0.1, float("inf")]
BETAS = [1, 1.2, -0.1]


def entry(step, oracles, **hyper):
    """A step in the middle of a trajectory."""

    def valid(rng, dtype):
        w, g = rng.standard_normal((2, 4, 3)).astype(dtype)
        _, state = step(w, g, {}, lr=0.1, **hyper)
        return {"w": w, "g": g, "state": state, "lr": 0.1, **hyper}

    return Entry(
        step,
        valid,
        oracles=oracles,
        bad={"lr": RATES, "state": [{"unknown": 1}]} | ({"beta": BETAS} if hyper else {}),
        fine={"w": NAN, "g": NAN},
    )


def nesterov(rng, dtype):
    w, m = rng.standard_normal((2, 4, 3)).astype(dtype)
    return {"w": w, "grad_fn": lambda w: w, "state": {"m": m}, "lr": 0.1, "beta": 0.8}


ENTRIES = [
    entry(gd_step, PYTORCH | KERAS | BY_HAND),
    entry(momentum_step, PYTORCH | KERAS | BY_HAND | GD, beta=0.8),
    entry(momentum_torch_step, PYTORCH | BY_HAND | GD, beta=0.8),
    entry(nesterov_shifted_step, PYTORCH | KERAS | BY_HAND | GD, beta=0.8),
    Entry(
        gradient_steps.nesterov_step,
        nesterov,
        oracles={
            "the shifted form": "test_gradient_steps.py::test_nesterov_shifted_is_nesterov_seen_from_ahead",
            "two steps by hand": (
                "test_gradient_steps.py::test_the_first_step_of_nesterov_looking_ahead_is_gradient_descent"
            ),
        },
        bad={"lr": RATES, "beta": BETAS, "state": [{"b": 1}], "grad_fn": [lambda w: w[:1], lambda w: None]},
        fine={"w": NAN},
    ),
]
