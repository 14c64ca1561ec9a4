"""What one waits for: training a network on the digits until it gets 97.5 % of those right that it has not seen."""

from __future__ import annotations

import numpy as np
from frameworks import import_torch
from gradus.data import load_digits_split
from gradus.layers import MLP
from gradus.network import iterate_minibatches
from gradus.optimizers import Adam
from gradus.training import evaluate, fit
from race import Contestant, Row

SIZES = (64, 100, 100, 10)
ENOUGH, BATCH, MOST = 0.975, 32, 100


def gradus_training() -> Contestant:
    X, y, X_test, y_test = load_digits_split(np.random.default_rng(0), dtype=np.float32)

    def work() -> bool:
        net, rng = MLP(SIZES, rng=np.random.default_rng(1), dtype=np.float32), np.random.default_rng(2)
        optimizer = Adam(net)
        for _ in range(MOST):
            fit(net, X, y, optimizer=optimizer, epochs=1, batch=BATCH, rng=rng)
            if evaluate(net, X_test, y_test)[1] >= ENOUGH:
                return True
        return False

    return work


def torch_training() -> Contestant:
    """The same weights at first, the same minibatches."""
    torch = import_torch()
    X, y, X_test, y_test = load_digits_split(np.random.default_rng(0), dtype=np.float32)
    X_torch, y_torch = torch.from_numpy(X_test), torch.from_numpy(y_test)

    def work() -> bool:
        first, rng = MLP(SIZES, rng=np.random.default_rng(1), dtype=np.float32), np.random.default_rng(2)
        layers = []
        with torch.no_grad():
            for W, b in zip(first.params()[::2], first.params()[1::2], strict=True):
                layers += [torch.nn.Linear(*W.shape), torch.nn.ReLU()]
                layers[-2].weight.copy_(torch.from_numpy(W.data.T.copy()))
                layers[-2].bias.copy_(torch.from_numpy(b.data))
        net = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(net.parameters())
        for _ in range(MOST):
            for X_batch, y_batch in iterate_minibatches(X, y, BATCH, rng):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(net(torch.from_numpy(X_batch)), torch.from_numpy(y_batch)).backward()
                optimizer.step()
            with torch.no_grad():
                right = (net(X_torch).argmax(axis=1) == y_torch).float().mean().item()
            if right >= ENOUGH:
                return True
        return False

    return work


def rows() -> list[Row]:
    makers = {"gradus": gradus_training, "PyTorch": torch_training}
    return [Row("training on the digits to 97.5 %", makers, unit="s", rounds=10)]
