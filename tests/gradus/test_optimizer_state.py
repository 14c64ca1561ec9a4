"""Saving and loading an optimizer, and what it says about bad input."""

import re

import numpy as np
import pytest
from gradus.layers import MLP, Activation, Linear
from gradus.optimizers import AdaGrad, Adam, AdaMax, AdamW, GradientDescent, Momentum, Nadam, Nesterov, RMSProp

every_class = pytest.mark.parametrize(
    "cls",
    [GradientDescent, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, AdaMax, Nadam],
    ids=lambda cls: cls.__name__,
)


def small_net(dtype=np.float64):
    return MLP([3, 4, 2], rng=np.random.default_rng(0), dtype=dtype)


def take_steps(net, optimizer, rng, n):
    for _ in range(n):
        for p in net.params():
            p.grad = rng.standard_normal(p.shape).astype(p.dtype)
        optimizer.step()


@every_class
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_goes_on_from_a_file_goes_on_to_the_last_bit(cls, dtype, tmp_path):
    def make(net):
        return cls(net, lr=0.01, groups=[{"params": [net.layers[0].b, net.layers[2].W], "lr": 0.002}])

    rng, net = np.random.default_rng(1), small_net(dtype)
    optimizer = make(net)
    net.layers[2].freeze()
    take_steps(net, optimizer, rng, 3)
    net.unfreeze()  # so that its parameters have taken fewer steps
    take_steps(net, optimizer, rng, 4)
    optimizer.lr = 0.0123
    np.savez(tmp_path / "state.npz", **optimizer.state_dict())

    resumed = small_net(dtype)
    resumed.load_state_dict(net.state_dict())
    second = make(resumed)
    second.load_state_dict(dict(np.load(tmp_path / "state.npz")))
    assert second.groups == optimizer.groups
    assert second.lr == 0.0123
    for a, b in ((net, optimizer), (resumed, second)):
        take_steps(a, b, np.random.default_rng(2), 5)
    np.testing.assert_array_equal(resumed.flat, net.flat)
    assert resumed.flat.dtype == dtype
    np.testing.assert_equal(second.state_dict(), optimizer.state_dict())
    second.lr = optimizer.lr = 0.5
    assert second.groups == optimizer.groups


def test_a_state_dict_is_a_copy_of_arrays_and_numbers():
    net = small_net()
    optimizer = Nadam(net, groups=[{"layers": [net.layers[0]], "psi": 0.5}])
    numbers = {f"{key}": 0.9 for key in ("groups.0.beta1", "groups.1.beta1")}
    assert {key: x for key, x in optimizer.state_dict().items() if key.endswith("beta1")} == numbers
    assert "groups.0.psi" not in optimizer.state_dict()  # None
    assert optimizer.state_dict()["groups.1.psi"] == 0.5
    take_steps(net, optimizer, np.random.default_rng(0), 1)
    state = optimizer.state_dict()
    assert {type(x) for x in state.values()} == {np.ndarray, int, float}
    assert state["0.W.m"].shape == (3, 4)
    assert state["2.b.t"] == 1
    kept = state["0.W.m"].copy()
    take_steps(net, optimizer, np.random.default_rng(1), 1)
    np.testing.assert_array_equal(state["0.W.m"], kept)
    optimizer.load_state_dict(state)
    take_steps(net, optimizer, np.random.default_rng(1), 1)
    np.testing.assert_array_equal(state["0.W.m"], kept)


def test_state_is_what_the_optimizer_keeps_itself():
    net = small_net()
    optimizer = Momentum(net, 0.1)
    assert optimizer.state == {}
    take_steps(net, optimizer, np.random.default_rng(0), 1)
    optimizer.state["0.W.m"][...] = 7
    np.testing.assert_array_equal(optimizer.state["0.W.m"], 7)


STEPPED = small_net()
ADAM = Adam(STEPPED)
take_steps(STEPPED, ADAM, np.random.default_rng(0), 1)
STATE = ADAM.state_dict()


def without(*names):
    return {key: x for key, x in STATE.items() if key not in names}


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (None, TypeError, "Optimizer.load_state_dict: state must be a dict, got None"),
        (
            {},
            ValueError,
            "Optimizer.load_state_dict: state lacks groups.0.lr, groups.0.beta1, groups.0.beta2, groups.0.eps",
        ),
        (STATE | {"x": 1, "y": 2}, ValueError, "Optimizer.load_state_dict: state has unknown names x, y"),
        (STATE | {"groups.1.lr": 1.0}, ValueError, "Optimizer.load_state_dict: state has unknown names groups.1.lr"),
        (
            without("0.W.m"),
            ValueError,
            "Adam.load_state_dict: 0.W: state must be {} before the first step and hold m, s, t",
        ),
        (
            STATE | {"2.b.m": np.ones(3)},
            ValueError,
            'Adam.load_state_dict: 2.b: state["m"] must have the shape of w, (2,)',
        ),
        (STATE | {"2.b.t": 1.5}, TypeError, 'Adam.load_state_dict: 2.b: state["t"] must be an integer, got 1.5'),
        (STATE | {"groups.0.lr": -1.0}, ValueError, "Adam.load_state_dict: lr must be in (0, inf), got -1"),
        (STATE | {"groups.0.eps": "a"}, TypeError, "Adam.load_state_dict: eps must be a number, got 'a'"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_is_changed(state, error, message):
    with pytest.raises(error, match=re.escape(message)):
        ADAM.load_state_dict(state)
    np.testing.assert_equal(ADAM.state_dict(), STATE)


def test_a_parameter_without_state_has_taken_no_step():
    state = {key: x for key, x in STATE.items() if not key.startswith("2.b.")}
    net = small_net()
    optimizer = Adam(net)
    optimizer.load_state_dict(state)
    take_steps(net, optimizer, np.random.default_rng(0), 1)
    assert (optimizer.state["0.W.t"], optimizer.state["2.b.t"]) == (2, 1)


NET = small_net()
OTHER = Linear(2, 2, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: GradientDescent(NET, 0), ValueError, "GradientDescent: lr must be in (0, inf), got 0"),
        (lambda: Momentum(NET, 0.1, beta=1), ValueError, "Momentum: beta must be in [0, 1), got 1"),
        (lambda: Adam(NET, eps=-1), ValueError, "Adam: eps must be in (0, inf), got -1"),
        (lambda: Adam(NET, eps_mode="x"), ValueError, "Adam: eps_mode must be one of hat, inside, paper, got 'x'"),
        (lambda: Adam([1.0]), TypeError, "Adam: net must be a Layer, got [1.0]"),
        (lambda: Adam(Activation("relu")), ValueError, "Adam: Activation has no parameters"),
        (lambda: Adam(NET, groups=1), TypeError, "Adam: groups must be a list of dicts, got 1"),
        (lambda: Adam(NET, groups=[1]), TypeError, "Adam: groups[0] must be a dict, got 1"),
        (lambda: Adam(NET, groups=[{"lr": 1}]), ValueError, "Adam: groups[0] holds no parameters"),
        (lambda: Adam(NET, groups=[{"layers": [NET.layers[1]]}]), ValueError, "Adam: groups[0] holds no parameters"),
        (
            lambda: Adam(NET, groups=[{"layers": NET.layers[0]}]),
            TypeError,
            "Adam: groups[0]['layers'] must be a list, got Linear(W (3, 4), b (4,)) (Linear)",
        ),
        (
            lambda: Adam(NET, groups=[{"layers": NET.layers}, {"params": [NET.layers[0].b]}]),
            ValueError,
            "Adam: groups[1] holds 0.b, which is in another group, too",
        ),
        (
            lambda: Adam(NET, groups=[{"layers": [OTHER]}]),
            ValueError,
            "Adam: groups[0]['layers'] must be of this net, got",
        ),
        (
            lambda: Adam(NET, groups=[{"params": [OTHER.W]}]),
            ValueError,
            "Adam: groups[0]['params'] must be of this net",
        ),
        (lambda: Adam(NET, groups=[{"params": ["0.W"]}]), ValueError, "Adam: groups[0]['params'] must be of this net"),
        (
            lambda: Adam(NET, groups=[{"layers": NET.layers, "rho": 1}]),
            ValueError,
            "Adam: groups[0] has unknown names rho; there are layers, params, lr, beta1, beta2, eps, eps_mode",
        ),
        (
            lambda: Adam(NET, groups=[{"layers": NET.layers, "lr": 0}]),
            ValueError,
            "Adam: groups[0]: lr must be in (0, inf), got 0",
        ),
        (
            lambda: GradientDescent(NET, 0.1).step(),
            ValueError,
            "there are no gradients: call backward() on a loss first",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


@pytest.mark.parametrize("change", ["another parameter", "another dtype"])
def test_a_network_that_has_changed_needs_a_new_optimizer(change):
    net = small_net()
    optimizer = Adam(net)
    if change == "another dtype":
        for p in net.params():
            p.data = p.data.astype(np.float32)
    else:
        net.extra = OTHER
        net.flatten()
    with pytest.raises(ValueError, match=r"Optimizer.step: net has other parameters than when this optimizer was made"):
        optimizer.step()


def test_parameters_may_be_exchanged_for_others_of_the_same_shape():
    net = small_net()
    optimizer = GradientDescent(net, 0.5)
    net.layers[0].W.data = np.ones((3, 4))
    for p in net.params():
        p.grad = np.ones(p.shape)
    optimizer.step()
    np.testing.assert_array_equal(net.layers[0].W.data, 0.5)
