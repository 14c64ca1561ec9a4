"""The steps of optimizers: sixty at a time against PyTorch and Keras, on a quadratic and on Rosenbrock's valley."""

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
from optimizer_support import PROBLEMS, every_problem


@pytest.fixture
def torch_in_float64(torch):
    """PyTorch, in which numbers that an optimizer keeps are float64, too."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


def rates(lr, problem, method, changing):
    """Sixty rates; changing ones fall, rise above the first and end at a hundredth of it."""
    scale = 0.01 if problem == "Rosenbrock" and method == "SGD" else 1  # its walls are steep
    factors = np.interp(np.arange(60), [0, 15, 16, 40, 59], [1, 0.5, 1.5, 0.1, 0.01]) if changing else np.ones(60)
    return [float(lr * scale * factor) for factor in factors]


def assert_follows(step, theirs, problem, lrs, rtol=1e-10):
    """step(w, g, state, lr=lr) -> …, their(g, lr) -> w: sixty steps from the start of the problem."""
    (gradient, w), state = PROBLEMS[problem], {}
    for t, lr in enumerate(lrs):
        g = gradient(w)
        expected = theirs(g, lr)
        w, state = step(w, g, state, lr=lr)
        np.testing.assert_allclose(w, expected, rtol=rtol, atol=1e-12, err_msg=f"step {t + 1}")


# Ours, its rate, PyTorch's name and arguments, and whether both agree also while the rate changes.
PYTORCH = {
    "gd": (gd_step, 0.05, "SGD", {}, True),
    "momentum": (momentum_step, 0.02, "SGD", {"momentum": 0.9}, False),
    "momentum, light": (partial(momentum_step, beta=0.5), 0.02, "SGD", {"momentum": 0.5}, False),
    "momentum, PyTorch's form": (momentum_torch_step, 0.02, "SGD", {"momentum": 0.9}, True),
    "momentum, PyTorch's form, light": (partial(momentum_torch_step, beta=0.5), 0.02, "SGD", {"momentum": 0.5}, True),
    "Nesterov": (nesterov_shifted_step, 0.02, "SGD", {"momentum": 0.9, "nesterov": True}, False),
    "Nesterov, light": (
        partial(nesterov_shifted_step, beta=0.5),
        0.02,
        "SGD",
        {"momentum": 0.5, "nesterov": True},
        False,
    ),
    "AdaGrad": (adagrad_step, 0.2, "Adagrad", {}, True),
    "AdaGrad, started": (
        partial(adagrad_step, init_acc=0.5, eps=0.1),
        0.2,
        "Adagrad",
        {"initial_accumulator_value": 0.5, "eps": 0.1},
        True,
    ),
    "RMSProp": (rmsprop_step, 0.02, "RMSprop", {"alpha": 0.9}, True),
    "RMSProp, slow": (partial(rmsprop_step, rho=0.99, eps=0.1), 0.02, "RMSprop", {"alpha": 0.99, "eps": 0.1}, True),
    "Adam": (adam_step, 0.05, "Adam", {}, True),
    "Adam, other": (
        partial(adam_step, beta1=0.5, beta2=0.9, eps=0.1),
        0.05,
        "Adam",
        {"betas": (0.5, 0.9), "eps": 0.1},
        True,
    ),
    "AdamW": (adamw_step, 0.05, "AdamW", {}, True),
    "AdamW, strong": (
        partial(adamw_step, weight_decay=0.5, beta1=0.8, beta2=0.99, eps=0.01),
        0.05,
        "AdamW",
        {"weight_decay": 0.5, "betas": (0.8, 0.99), "eps": 0.01},
        True,
    ),
    "AdaMax": (partial(adamax_step, eps=1e-30), 0.05, "Adamax", {"eps": 1e-30}, True),  # they put ε elsewhere
    "AdaMax, other": (
        partial(adamax_step, eps=1e-30, beta1=0.5, beta2=0.9),
        0.05,
        "Adamax",
        {"eps": 1e-30, "betas": (0.5, 0.9)},
        True,
    ),
    "Nadam": (partial(nadam_step, psi=0.004), 0.05, "NAdam", {}, True),
    "Nadam, other": (
        partial(nadam_step, psi=0.5, beta1=0.5, beta2=0.9, eps=0.1),
        0.05,
        "NAdam",
        {"momentum_decay": 0.5, "betas": (0.5, 0.9), "eps": 0.1},
        True,
    ),
}


@every_problem
@pytest.mark.parametrize("changing", [False, True], ids=["constant rate", "changing rate"])
@pytest.mark.parametrize("name", PYTORCH)
def test_sixty_steps_are_those_of_pytorch(name, changing, problem, torch_in_float64):
    step, lr, theirs, arguments, follows = PYTORCH[name]
    torch, (_, start) = torch_in_float64, PROBLEMS[problem]
    w = torch.nn.Parameter(torch.tensor(start))
    optimizer = getattr(torch.optim, theirs)([w], lr=lr, foreach=False, **arguments)

    def their_step(g, lr):
        w.grad = torch.tensor(g)
        optimizer.param_groups[0]["lr"] = lr
        optimizer.step()
        return w.detach().numpy().copy()

    lrs = rates(lr, problem, theirs, changing)
    if follows or not changing:
        assert_follows(step, their_step, problem, lrs)
    else:
        with pytest.raises(AssertionError, match="step 2"):
            assert_follows(step, their_step, problem, lrs)


# Ours, its rate, Keras' name and arguments.
KERAS = {
    "gd": (gd_step, 0.05, "SGD", {}),
    "momentum": (momentum_step, 0.02, "SGD", {"momentum": 0.9}),
    "Nesterov": (nesterov_shifted_step, 0.02, "SGD", {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": (partial(adagrad_step, init_acc=0.1, eps=1e-7, eps_mode="inside"), 0.2, "Adagrad", {}),
    "AdaGrad, large ε": (
        partial(adagrad_step, init_acc=0.1, eps=0.1, eps_mode="inside"),
        0.2,
        "Adagrad",
        {"epsilon": 0.1},
    ),
    "RMSProp": (partial(rmsprop_step, eps=1e-7, eps_mode="inside"), 0.02, "RMSprop", {}),
    "RMSProp, large ε": (partial(rmsprop_step, eps=0.1, eps_mode="inside"), 0.02, "RMSprop", {"epsilon": 0.1}),
    "Adam": (partial(adam_step, eps=1e-7, eps_mode="hat"), 0.05, "Adam", {}),
    "Adam, large ε": (partial(adam_step, eps=0.1, eps_mode="hat"), 0.05, "Adam", {"epsilon": 0.1}),
    "AdamW": (partial(adamw_step, eps=1e-7, eps_mode="hat", weight_decay=0.004), 0.05, "AdamW", {}),
    "AdaMax": (partial(adamax_step, eps=1e-7), 0.05, "Adamax", {}),
    "AdaMax, large ε": (partial(adamax_step, eps=0.1), 0.05, "Adamax", {"epsilon": 0.1}),
    "Nadam": (partial(nadam_step, psi=1.0, eps=1e-7), 0.05, "Nadam", {}),
    "Nadam, large ε": (partial(nadam_step, psi=1, eps=0.1), 0.05, "Nadam", {"epsilon": 0.1}),
}


@every_problem
@pytest.mark.parametrize("name", KERAS)
def test_sixty_steps_with_changing_rate_are_those_of_keras(name, problem, keras):
    step, lr, theirs, arguments = KERAS[name]
    w = keras.Variable(PROBLEMS[problem][1], dtype="float64")
    optimizer = getattr(keras.optimizers, theirs)(learning_rate=lr, **arguments)

    def their_step(g, lr):
        optimizer.learning_rate = lr
        optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64")], [w])
        return keras.ops.convert_to_numpy(w)

    assert_follows(step, their_step, problem, rates(lr, problem, theirs, True))
