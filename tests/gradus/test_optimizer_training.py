"""Optimizers at work: networks trained beside PyTorch's, in groups and with layers frozen on the way, too."""

from functools import partial

import numpy as np
import pytest
from gradus import functions as F
from gradus.layers import MLP, Linear
from gradus.optimizers import AdaGrad, Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSProp

SIZES = [5, 7, 6, 3]


class Pair:
    """A network of ours and the same of PyTorch's, trained side by side on the same batch."""

    def __init__(self, torch, make, theirs, groups=(), **their_hyper):
        rng = np.random.default_rng(1)
        self.torch = torch
        self.X, self.y = rng.standard_normal((8, 5)), rng.integers(0, 3, 8)
        self.net = MLP(SIZES, "tanh", rng=rng)
        self.params = [torch.nn.Parameter(torch.tensor(p.data.copy())) for p in self.net.params()]
        self.optimizer = make(self.net)
        grouped = [i for members, _ in groups for i in members]
        rest = [p for i, p in enumerate(self.params) if i not in grouped]
        lists = [{"params": rest}, *({"params": [self.params[i] for i in m], **hyper} for m, hyper in groups)]
        self.theirs = getattr(torch.optim, theirs)(lists, foreach=False, **their_hyper)

    def step(self, frozen=()):
        """One step of both; PyTorch leaves parameters alone that have no gradient."""
        self.net.cleargrads()
        F.softmax_cross_entropy(self.net(self.X), self.y).backward()
        self.optimizer.step()
        self.theirs.zero_grad()
        W0, b0, W1, b1, W2, b2 = self.params
        logits = ((self.torch.tensor(self.X) @ W0 + b0).tanh() @ W1 + b1).tanh() @ W2 + b2
        self.torch.nn.functional.cross_entropy(logits, self.torch.tensor(self.y)).backward()
        for i in frozen:
            self.params[i].grad = None
        self.theirs.step()

    def assert_equal(self, message=""):
        theirs = np.concatenate([p.detach().numpy().ravel() for p in self.params])
        np.testing.assert_allclose(self.net.flat, theirs, rtol=1e-10, atol=1e-12, err_msg=message)


TRAINED = {
    "GradientDescent": (GradientDescent, "SGD", {"lr": 0.1}, {}),
    "Momentum": (Momentum, "SGD", {"lr": 0.1}, {"momentum": 0.9}),
    "Nesterov": (Nesterov, "SGD", {"lr": 0.1}, {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": (AdaGrad, "Adagrad", {"lr": 0.1}, {}),
    "RMSProp": (partial(RMSProp, rho=0.99), "RMSprop", {"lr": 0.01}, {}),
    "Adam": (Adam, "Adam", {"lr": 0.01}, {}),
    "AdamW": (AdamW, "AdamW", {"lr": 0.01}, {}),
}
trained = pytest.mark.parametrize("name", TRAINED)


@trained
def test_a_network_trains_as_pytorchs_does(name, torch):
    ours, theirs, shared, their_hyper = TRAINED[name]
    pair = Pair(torch, lambda net: ours(net, **shared), theirs, **shared, **their_hyper)
    for t in range(60):
        pair.step()
        pair.assert_equal(f"step {t + 1}")


@trained
def test_groups_train_as_pytorchs_do(name, torch):
    ours, theirs, shared, their_hyper = TRAINED[name]
    lr = shared["lr"]

    def make(net):
        groups = [
            {"layers": [net.layers[0]], "lr": lr / 10},
            {"params": [net.layers[2].b, net.layers[4].W], "lr": 2 * lr},
        ]
        return ours(net, groups=groups, **shared)

    groups = [((0, 1), {"lr": lr / 10}), ((3, 4), {"lr": 2 * lr})]
    pair = Pair(torch, make, theirs, groups, **shared, **their_hyper)
    for t in range(60):
        pair.step()
        pair.assert_equal(f"step {t + 1}")


@trained
def test_layers_frozen_and_unfrozen_train_as_pytorchs_do(name, torch):
    ours, theirs, shared, their_hyper = TRAINED[name]
    pair = Pair(torch, lambda net: ours(net, **shared), theirs, **shared, **their_hyper)
    first, last = pair.net.layers[0], pair.net.layers[4]
    first.freeze()
    for t in range(60):
        if t == 20:
            last.freeze()
        if t == 30:
            first.unfreeze()
        if t == 45:
            pair.net.unfreeze()
        pair.step([0, 1] * (t < 30) + [4, 5] * (20 <= t < 45))
        pair.assert_equal(f"step {t + 1}")


def test_adamw_decays_by_group_as_pytorch_does(torch):
    def make(net):
        biases = [layer.b for layer in net.layers if isinstance(layer, Linear)]
        return AdamW(net, 0.01, weight_decay=0.3, groups=[{"params": biases, "weight_decay": 0.0, "beta1": 0.8}])

    groups = [((1, 3, 5), {"weight_decay": 0.0, "betas": (0.8, 0.999)})]
    pair = Pair(torch, make, "AdamW", groups, lr=0.01, weight_decay=0.3)
    for t in range(20):
        pair.step()
        pair.assert_equal(f"step {t + 1}")


def test_a_schedule_scales_all_groups_as_pytorchs_does(torch):
    pair = Pair(
        torch,
        lambda net: Adam(net, 0.01, groups=[{"layers": net.layers[:1], "lr": 0.003}]),
        "Adam",
        [((0, 1), {"lr": 0.003})],
        lr=0.01,
    )
    scheduler = torch.optim.lr_scheduler.LambdaLR(pair.theirs, lambda t: 0.8**t)
    for t in range(20):
        pair.optimizer.lr = 0.01 * 0.8**t
        pair.step()
        scheduler.step()
        pair.assert_equal(f"step {t + 1}")
    np.testing.assert_allclose([group["lr"] for group in pair.optimizer.groups], [0.01 * 0.8**19, 0.003 * 0.8**19])
