"""What the exercises about whole networks try: a deep SELU stack, units that die and come back, and a run to mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gradus.activations import leaky_relu, leaky_relu_derivative, relu, relu_derivative
from gradus.diagnostics import dead_fraction
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy
from gradus.tasks import blobs

from autograder.comparison import Difference, between
from autograder.handle import StudentFailure
from autograder.probes import Probe, callable_of, number_of, same, with_call
from autograder.wording import kind_text, value_text

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]
Activation = Callable[[Array], Array]
in_range = between(lambda v: (v - 0.1 - 0.1 * abs(v), v + 0.1 + 0.1 * abs(v)))


# ---------------------------------------------------------------- selu


def selu_stack(rng: Rng, selu: Any, selu_constants: Any) -> dict[str, float]:
    """Mean and standard deviation after 1, 10 and 50 layers of 400 units with LeCun's weights."""
    a, found = rng.standard_normal((32, 400)), {}
    for layer in range(1, 51):
        z = a @ rng.standard_normal((400, 400), dtype=np.float32).astype(np.float64) / 20
        a = callable_of(selu)(z)
        if not isinstance(a, np.ndarray) or a.shape != z.shape or a.dtype.kind != "f":
            raise StudentFailure("wrong", "", f"an array of shape {z.shape} is expected, yours is {kind_text(a)}")
        if layer in (1, 10, 50):
            found |= {f"mean, layer {layer}": float(a.mean()), f"standard deviation, layer {layer}": float(a.std())}
    return found


def constants(given: Any, expected: Any, slack: float = 1.0, rtol: float = 1e-8) -> Difference | None:
    """A comparison of the pair α, λ."""
    if isinstance(given, np.ndarray):
        given = list(given)
    numbers = isinstance(given, tuple | list) and len(given) == 2 and all(
        isinstance(v, int | float) or (isinstance(v, np.ndarray | np.floating) and np.ndim(v) == 0) for v in given)  # fmt: skip
    if not numbers:
        return Difference("type", "the pair alpha, lambda", kind_text(given))
    for name, g, e in zip(("alpha", "lambda"), map(float, given), map(float, expected), strict=True):
        if not abs(g - e) <= rtol * abs(e):
            near = "Right to a few digits, but more are asked for." if abs(g - e) < 1e-3 else ""
            return Difference("values", f"{e:.9f}", f"{g:.9f}", near, name)
    return None


def constants_roughly(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison of the pair α, λ to four decimals."""
    return constants(given, expected, slack, rtol=1e-4)


# ---------------------------------------------------------------- dead_fraction


def train_step(
    params: Params, X: Array, y: Array, f: Activation, f_derivative: Activation, lr: float
) -> tuple[Params, float]:
    """One step of gradient descent of a network with one hidden layer, as the notebook gives it to the student."""
    z1, cache1 = dense_forward(X, params["W1"], params["b1"])
    logits, cache2 = dense_forward(f(z1), params["W2"], params["b2"])
    loss, dlogits = softmax_cross_entropy(logits, y)
    da1, dW2, db2 = dense_backward(dlogits, cache2)
    _, dW1, db1 = dense_backward(da1 * f_derivative(z1), cache1)
    grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: w - lr * grads[name] for name, w in params.items()}, loss


def learning_rate_sweep(params: Params, X: Array, y: Array, lrs: Sequence[float], steps: int) -> list[float]:
    """Share of dead units of a ReLU network after training, for each learning rate, always from the same parameters."""
    shares = []
    for lr in lrs:
        trained = params
        for _ in range(steps):
            trained, _ = train_step(trained, X, y, relu, relu_derivative, lr)
        shares.append(dead_fraction(X @ trained["W1"] + trained["b1"]))
    return shares


def revival(
    params: Params, X: Array, y: Array, f: Activation, f_derivative: Activation, lr: float, steps: int
) -> tuple[float, float]:
    """Silence the hidden layer by a shift of its biases by −30, train, and say who is dead and how many answers are right."""
    trained = {**params, "b1": params["b1"] - 30}
    for _ in range(steps):
        trained, _ = train_step(trained, X, y, f, f_derivative, lr)
    z = X @ trained["W1"] + trained["b1"]
    answers = np.argmax(f(z) @ trained["W2"] + trained["b2"], axis=1)
    return dead_fraction(z), float(np.mean(answers == y))


def he_network(rng: Rng, D: int, H: int, C: int) -> Params:
    W1, W2 = rng.standard_normal((D, H)) * np.sqrt(2 / D), rng.standard_normal((H, C)) * np.sqrt(2 / H)
    return {"W1": W1, "b1": np.zeros(H), "W2": W2, "b2": np.zeros(C)}


def pre_activations(rng: Rng, N: int | None = None) -> Array:
    """Those of a layer with three dead units, one of them at exactly 0 for some samples, another one silent for all samples but
    one, and a single sample for which all units are silent."""
    sizes = rng.permutation([6, 9, 14])[:2].tolist()
    N, H = N or sizes[0], sizes[1]
    z = rng.standard_normal((N, H))
    units, (quiet, other) = rng.permutation(H), rng.permutation(N)[:2]
    z[:, units[:2]] = -np.abs(z[:, units[:2]])
    z[:, units[2]] = np.minimum(z[:, units[2]], 0)
    z[other, units[2]] = 0.0
    z[:, units[3]] = -5.0
    z[other, units[3]] = 1.0
    z[:, units[4]] = 1.0
    z[quiet] = -1.0
    return z


def positive_inputs(rng: Rng) -> tuple[Params, Array, Array]:
    """A problem whose inputs are all positive, as brightnesses are: a large step moves all of a unit's weights at once."""
    N, D, H, C = 120, 8, 40, 4
    y = rng.permutation(np.arange(N) % C)
    X = np.abs(1 + 0.5 * rng.standard_normal((N, D)) + rng.standard_normal((C, D))[y])
    return he_network(rng, D, H, C), X, y


def centred_inputs(rng: Rng) -> tuple[Params, Array, Array]:
    """A problem that a network with any live hidden layer solves. One without answers with the most frequent class.

    Before it is trained it answers 0, the rarest.
    """
    N, D, H, C = 120, 6, 32, 4
    y = rng.permutation(np.repeat([0, *rng.permutation([1, 2, 3])], [12, 24, 36, 48]))
    X = rng.standard_normal((N, D)) + 3 * rng.standard_normal((C, D))[y]
    return he_network(rng, D, H, C), (X - X.mean(axis=0)) / X.std(axis=0), y


def swept(*lrs: float, steps: int = 20, show: bool = False) -> Probe:
    """The shares a sweep finds, as an array."""

    def probe(rng: Rng, fraction: Any, sweep: Any, revival: Any) -> Array:
        params, X, y = positive_inputs(rng)
        found = callable_of(sweep)(params, X, y, list(lrs), steps)
        return shares_of(found, len(lrs))

    return with_call(probe, f"NAME(params, X, y, {value_text(list(lrs))}, {steps})", of=1) if show else probe


def shares_of(found: Any, n: int) -> Array:
    if isinstance(found, np.ndarray):
        found = list(found) if found.ndim else found
    if not isinstance(found, list | tuple) or len(found) != n:
        raise StudentFailure("wrong", "", f"{n} shares are expected, one for each learning rate; yours is "
                                          f"{kind_text(found)}")  # fmt: skip
    return np.array([number_of(share, "a share") for share in found])


def revived(
    f: Activation, f_derivative: Activation, name: str, *, lr: float = 0.3, steps: int = 150, show: bool = False
) -> Probe:
    """What is dead, and how many answers are right, after so many steps from a silenced hidden layer."""

    def probe(rng: Rng, fraction: Any, sweep: Any, revival: Any) -> dict[str, float]:
        params, X, y = centred_inputs(rng)
        found = callable_of(revival)(params, X, y, f, f_derivative, lr, steps)
        if not isinstance(found, list | tuple | np.ndarray) or np.ndim(found) != 1 or len(found) != 2:
            raise StudentFailure("wrong", "", f"the pair (share of dead units, accuracy) is expected, yours is "
                                              f"{kind_text(found)}")  # fmt: skip
        share, accuracy = (number_of(v, "share and accuracy each") for v in found)
        return {"dead": share, "accuracy": accuracy}

    return with_call(probe, f"NAME(params, X, y, {name}, {name}_derivative, {lr}, {steps})", of=2) if show else probe


def hardly_trained(rng: Rng, fraction: Any, sweep: Any, revival: Any) -> dict[str, float]:
    """A revival without a step, and one with a learning rate next to nothing: both end where they began. The smallest z that the
    activation gets tells by how much the biases were shifted."""
    seed, found, seen = int(rng.integers(2**31)), {}, [0.0]

    def watched(z: Array) -> Array:
        seen.append(float(np.min(z)))
        return leaky(z)

    for name, f, lr, steps in (("without a step", watched, 0.3, 0), ("with tiny steps", leaky, 1e-9, 5)):
        probe = revived(f, leaky_derivative, "leaky", lr=lr, steps=steps)
        given = probe(np.random.default_rng(seed), fraction, sweep, revival)
        found |= {f"{what} {name}": value for what, value in given.items()}
    return found | {"smallest z": min(seen)}


def leaky(z: Array) -> Array:
    return leaky_relu(z, 0.2)


def leaky_derivative(z: Array) -> Array:
    return leaky_relu_derivative(z, 0.2)


def leaves_parameters(of: int) -> Probe:
    """Whether the parameters handed in are what they were."""

    def probe(rng: Rng, *objects: Any) -> bool:
        params, X, y = centred_inputs(rng)
        more = ([0.1, 0.3], 2) if of == 1 else (relu, relu_derivative, 0.1, 2)
        return same(params, callable_of(objects[of]).call(params, X, y, *more).args[0])

    return probe


# ---------------------------------------------------------------- debug_activations


FAULTS = ("biases", "weights", "kink", "too_few_units", "step_size")


def step_size(t: int, lr: float, warmup: int) -> float:
    """What the broken function was meant to be: a rise to lr in `warmup` equal steps, then lr."""
    return lr * min(1.0, (t + 1) / warmup)


def after_training(steps: int, lr: float, warmup: int) -> Probe:
    """Loss and share of dead units of a ReLU network trained with the student's step sizes on three overlapping clouds."""

    def probe(rng: Rng, fault: Any, step_size: Any) -> dict[str, float]:
        X, y = blobs(rng, 60, 3, 0.6)
        params, loss = he_network(rng, 2, 40, 3), np.inf
        with np.errstate(all="ignore"):
            for t in range(steps):
                size = number_of(callable_of(step_size)(t, lr, warmup), "a step size")
                params, loss = train_step(params, X, y, relu, relu_derivative, size)
                if not np.isfinite(loss):
                    break
            z = X @ params["W1"] + params["b1"]
        return {"loss": float(loss), "dead": float((z <= 0).all(axis=0).mean())}

    return with_call(probe, f"NAME(t, {lr}, {warmup}) for t in range({steps})", of=1)


def sizes(rng: Rng, fault: Any, step_size: Any) -> Array:
    """Step sizes at the start, around the end of the warm-up, and far behind it."""
    found = []
    for _ in range(3):
        warmup, lr = int(rng.integers(3, 60)), round(float(rng.uniform(0.05, 2.0)), 3)
        for t in (0, int(rng.integers(1, warmup)), warmup - 1, warmup, warmup + 1, 7 * warmup + int(rng.integers(100))):
            found.append(number_of(callable_of(step_size)(t, lr, warmup), "a step size"))
    return np.array(found)
