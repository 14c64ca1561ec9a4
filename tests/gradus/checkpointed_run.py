"""A training run with everything that has a state, for the tests of checkpoints."""

import numpy as np
from gradus.callbacks import ClipNorm, LearningRate, StopEarly
from gradus.early_stopping import EarlyStopping
from gradus.layers import Activation, BatchNorm, Dropout, Linear, Sequential
from gradus.optimizers import Adam, AdamW, GradientDescent, Momentum, Nadam, Nesterov, RMSProp
from gradus.training import fit

OPTIMIZERS = {
    "gd": lambda net: GradientDescent(net, 0.1),
    "momentum": lambda net: Momentum(net, 0.05),
    "nesterov": lambda net: Nesterov(net, 0.05),
    "rmsprop": lambda net: RMSProp(net, 0.003),
    "adam": lambda net: Adam(net, 0.01),
    "adamw": lambda net: AdamW(net, 0.01),
    "nadam": lambda net: Nadam(net, 0.01),
}


def problem():
    rng = np.random.default_rng(7)
    X = rng.standard_normal((96, 6))
    y = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 0)
    return {"X": X[:64], "y": y[:64], "X_val": X[64:], "y_val": y[64:], "batch": 16}


def parts(seed=0, optimizer="adam", dtype=np.float64, shared=False):
    """A network with everything that has a state, its optimizer, and fit's rng."""
    rng = np.random.default_rng(seed)
    masks = rng if shared else np.random.default_rng(seed + 100)
    inner = Sequential(Linear(12, 12, rng=rng, dtype=dtype), BatchNorm(12, dtype=dtype), Activation("tanh"))
    net = Sequential(
        Linear(6, 12, rng=rng, dtype=dtype),
        Activation("relu"),
        Dropout(0.3, rng=masks),
        inner,
        Dropout(0.2, rng=masks),
        Linear(12, 3, rng=rng, dtype=dtype),
    )
    return net, OPTIMIZERS[optimizer](net), rng


def decay(t):
    return 0.02 / (1 + t / 10)


def callbacks():
    return [LearningRate(decay), ClipNorm(0.5), StopEarly(EarlyStopping(4))]


def outcome(net, optimizer, rng, history):
    """Everything that a run leaves, to be compared bit by bit."""
    generators = [layer.rng.bit_generator.state for _, layer in net.named_layers() if hasattr(layer, "rng")]
    return {
        "net": {name: array.tobytes() for name, array in net.state_dict().items()},
        "dtypes": {array.dtype for array in net.state_dict().values()},
        "optimizer": {k: np.asarray(v).tobytes() for k, v in optimizer.state_dict().items()},
        "generators": [rng.bit_generator.state, *generators],
        "history": dict(history),
        "steps": history.per_step,
        "stopped": history.stopped,
    }


def run(path, epochs, *, make=parts, hooks=callbacks, **kwargs):
    net, optimizer, rng = make()
    history = fit(
        net, **problem() | kwargs, optimizer=optimizer, epochs=epochs, rng=rng, callbacks=hooks(), checkpoint=path
    )
    return outcome(net, optimizer, rng, history)
