"""The classes of optimizers: the steps of the formulas, rates and momentum, what is left alone."""

import inspect

import numpy as np
import pytest
from gradus.adam_steps import BLOCK
from gradus.layers import MLP, Linear, Sequential
from gradus.optimizers import (
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    GradientDescent,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    RMSProp,
    adagrad_step,
    adam_step,
    adamax_step,
    adamw_step,
    gd_step,
    momentum_step,
    nadam_step,
    nesterov_shifted_step,
    rmsprop_step,
)
from record_golden import expected

CLASSES = {
    GradientDescent: gd_step,
    Momentum: momentum_step,
    Nesterov: nesterov_shifted_step,
    AdaGrad: adagrad_step,
    RMSProp: rmsprop_step,
    Adam: adam_step,
    AdamW: adamw_step,
    AdaMax: adamax_step,
    Nadam: nadam_step,
}
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)

# Hyperparameters other than the defaults, for all that a class has.
OTHER = {
    GradientDescent: {},
    Momentum: {"beta": 0.5},
    Nesterov: {"beta": 0.5},
    AdaGrad: {"eps": 0.1, "init_acc": 0.3, "eps_mode": "inside"},
    RMSProp: {"rho": 0.5, "eps": 0.1, "eps_mode": "inside"},
    Adam: {"beta1": 0.5, "beta2": 0.9, "eps": 0.1, "eps_mode": "hat"},
    AdamW: {"beta1": 0.5, "beta2": 0.9, "eps": 0.1, "weight_decay": 0.5, "eps_mode": "inside"},
    AdaMax: {"beta1": 0.5, "beta2": 0.9, "eps": 0.1},
    Nadam: {"beta1": 0.5, "beta2": 0.9, "eps": 0.1, "psi": 0.5},
}


def small_net(dtype=np.float64):
    return MLP([3, 4, 2], rng=np.random.default_rng(0), dtype=dtype)


def set_gradients(net, rng):
    for p in net.params():
        p.grad = rng.standard_normal(p.shape).astype(p.dtype)


@pytest.mark.parametrize("name", ["gd", "momentum", "momentum_light", "adam", "adam_other"])
def test_sixty_recorded_steps_of_pytorch_are_followed(name):
    oracle = expected("optimizers")
    A, start = oracle["problem"]["A"], oracle["problem"]["start"]
    net = Linear(1, len(start), rng=np.random.default_rng(0), bias=False)
    net.flat[...] = start
    optimizer = {
        "gd": lambda: GradientDescent(net, 0.009),
        "momentum": lambda: Momentum(net, 0.002),
        "momentum_light": lambda: Momentum(net, 0.002, beta=0.5),
        "adam": lambda: Adam(net, 0.05),
        "adam_other": lambda: Adam(net, 0.05, beta1=0.5, beta2=0.9, eps=0.1),
    }[name]()
    for t, theirs in enumerate(oracle[name]["trajectory"]):
        net.W.grad = (A @ net.flat + np.sin(net.flat)).reshape(net.W.shape)
        optimizer.step()
        np.testing.assert_allclose(net.flat, theirs, rtol=1e-10, atol=1e-13, err_msg=f"step {t + 1}")


@every_class
@pytest.mark.parametrize("other", [False, True], ids=["defaults", "others"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_class_takes_the_steps_of_the_formula(cls, other, dtype):
    rng, net, hyper = np.random.default_rng(0), small_net(dtype), OTHER[cls] if other else {}
    optimizer, w, state = cls(net, lr=0.01, **hyper), net.flat.copy(), {}
    for _ in range(20):
        set_gradients(net, rng)
        w, state = CLASSES[cls](w, net.flat_grad, state, lr=0.01, **hyper)
        optimizer.step()
        np.testing.assert_array_equal(net.flat, w)
        assert net.flat.dtype == dtype
    np.testing.assert_array_equal(net.layers[0].W.data, w[:12].reshape(3, 4))
    for key, value in state.items():
        ours = optimizer.state[f"0.W.{key}"]
        np.testing.assert_array_equal(ours, value[:12].reshape(3, 4) if isinstance(value, np.ndarray) else value)
        assert np.asarray(ours).dtype == dtype or not isinstance(value, np.ndarray)
    assert len(optimizer.state) == len(state) * 4


@every_class
def test_the_defaults_are_those_of_the_formula(cls):
    ours = {n: p.default for n, p in inspect.signature(cls).parameters.items() if n not in ("net", "groups")}
    theirs = {
        n: p.default for n, p in inspect.signature(CLASSES[cls]).parameters.items() if n not in ("w", "g", "state")
    }
    assert ours == theirs
    assert {"lr", *OTHER[cls]} == set(ours)


@every_class
def test_a_step_in_blocks_is_the_step_at_once(cls):
    rng = np.random.default_rng(0)
    net = Linear(1, 2 * BLOCK + 17, rng=rng, bias=False)
    optimizer, w, state = cls(net, lr=0.01), net.flat.copy(), {}
    for _ in range(2):
        set_gradients(net, rng)
        w, state = CLASSES[cls](w, net.flat_grad, state, lr=0.01)
        optimizer.step()
        np.testing.assert_array_equal(net.flat, w)


def test_the_learning_rate_may_change_between_steps():
    net = Linear(1, 1, rng=np.random.default_rng(0), bias=False)
    for optimizer in (GradientDescent(net, 0.5), Momentum(net, 0.5, beta=0), Adam(net, 0.5)):
        net.W.data[...] = 1
        for lr in (0.5, np.float64(0.25)):
            optimizer.lr = lr
            assert type(optimizer.lr) is float
            net.W.grad = np.ones((1, 1))
            optimizer.step()
        np.testing.assert_allclose(net.W.data, [[0.25]], rtol=1e-7)
        with pytest.raises(ValueError, match=r"Optimizer.lr: lr must be in \(0, inf\), got 0"):
            optimizer.lr = 0.0


@pytest.mark.parametrize("cls", [Momentum, Nesterov, Adam, AdamW, AdaMax, Nadam], ids=lambda cls: cls.__name__)
def test_momentum_is_the_same_for_all_groups_once_it_is_set(cls):
    name = "beta" if cls in (Momentum, Nesterov) else "beta1"
    net = small_net()
    optimizer = cls(net, lr=0.1, groups=[{"layers": [net.layers[0]], name: 0.3}])
    assert optimizer.momentum == 0.9
    optimizer.momentum = np.float64(0.85)
    assert type(optimizer.momentum) is float
    assert [group[name] for group in optimizer.groups] == [0.85, 0.85]
    optimizer.momentum = 0
    for wrong in (-0.1, 1):
        with pytest.raises(ValueError, match=rf"momentum must be in \[0, 1\), got {wrong}"):
            optimizer.momentum = wrong
    assert optimizer.momentum == 0


@pytest.mark.parametrize("cls", [GradientDescent, AdaGrad, RMSProp], ids=lambda cls: cls.__name__)
def test_what_has_no_momentum_says_so(cls):
    optimizer = cls(small_net(), lr=0.1)
    assert not hasattr(optimizer, "momentum")
    with pytest.raises(AttributeError, match=f"{cls.__name__} has no momentum"):
        optimizer.momentum = 0.9


def test_a_parameter_without_gradient_counts_as_gradient_0():
    net = Linear(1, 2, rng=np.random.default_rng(0))
    net.W.grad = np.ones((1, 2))
    before = net.W.data.copy()
    GradientDescent(net, 0.5).step()
    np.testing.assert_allclose(net.W.data, before - 0.5)
    np.testing.assert_array_equal(net.b.data, 0)


@every_class
def test_frozen_parameters_and_their_state_stay_as_they_are_to_the_last_bit(cls):
    rng, net = np.random.default_rng(0), small_net()
    optimizer = cls(net, lr=0.1)
    for _ in range(3):
        set_gradients(net, rng)
        optimizer.step()
    net.layers[0].freeze()
    before, state = net.state_dict(), optimizer.state_dict()
    for _ in range(3):
        set_gradients(net, rng)
        optimizer.step()
    for name, array in net.state_dict().items():
        assert np.array_equal(array, before[name]) == name.startswith("0."), name
    for name, x in optimizer.state.items():
        assert np.array_equal(x, state[name]) == name.startswith("0."), name


def test_with_everything_frozen_a_step_does_nothing():
    net = small_net()
    optimizer, before = Adam(net), net.flat.copy()
    net.freeze()
    optimizer.step()
    np.testing.assert_array_equal(net.flat, before)


def test_a_parameter_that_two_layers_share_is_frozen_with_either():
    net = Sequential(*(Linear(2, 2, rng=np.random.default_rng(0)) for _ in range(2)))
    net.layers[1].W = net.layers[0].W
    net.flatten()
    optimizer = GradientDescent(net, 0.1)
    for layer in net.layers:
        layer.freeze()
        before = net.state_dict()
        set_gradients(net, np.random.default_rng(0))
        optimizer.step()
        changed = [name for name, array in net.state_dict().items() if not np.array_equal(array, before[name])]
        assert changed == [f"{i}.b" for i, other in enumerate(net.layers) if other is not layer]
        layer.unfreeze()


def test_groups_are_not_changed_and_may_hold_what_others_hold_too_within_one():
    net = small_net()
    groups = [{"layers": (net.layers[0], net.layers[1]), "params": [net.layers[0].W], "lr": 1}]
    optimizer = GradientDescent(net, 0.5, groups=groups)
    assert list(groups[0]) == ["layers", "params", "lr"]
    assert optimizer.groups == [{"lr": 0.5}, {"lr": 1.0}]
    optimizer.groups[0]["lr"] = 3.0
    assert optimizer.lr == 0.5


def test_an_optimizer_is_of_the_base_class():
    assert isinstance(Adam(small_net()), Optimizer)
