"""Early stopping against Keras' callback and by hand."""

import math

import numpy as np
import pytest
from gradus.early_stopping import EarlyStopping
from gradus.layers import Linear

VALUES = [1.0, 0.8, 0.85, 0.79, 0.79, 0.9, 0.78, 0.95, 0.96, 0.97, 0.1]


def net(value=0.0):
    """A network whose parameters say when they were set."""
    layer = Linear(2, 1, rng=np.random.default_rng(0))
    layer.W.data[...] = value
    return layer


def run(stopping, values, layer):
    """Feed the values, the parameters being i at value i; the step at which it stopped, or None."""
    for i, value in enumerate(values):
        layer.W.data[...] = i
        if stopping.step(value, layer):
            return i
    return None


def test_stopping_by_hand():
    stopping, layer = EarlyStopping(3), net()
    assert run(stopping, VALUES, layer) == 9
    assert (stopping.best, stopping.best_step, stopping.wait, stopping.steps) == (0.78, 6, 3, 10)
    assert (layer.W.data == 6).all()


@pytest.mark.parametrize(("patience", "expected"), [(1, 2), (2, 5), (3, 9), (4, None)])
def test_patience_counts_values_without_improvement(patience, expected):
    assert run(EarlyStopping(patience), VALUES, net()) == expected


def test_an_improvement_must_exceed_min_delta():
    assert run(EarlyStopping(2, 0.25), [1.0, 0.75, 0.75, 0.0], net()) == 2  # .25 less is not enough
    assert run(EarlyStopping(2, 0.25), [1.0, 0.74, 0.5, 0.0], net()) is None
    assert run(EarlyStopping(2), [1.0, 1.0, 1.0], net()) == 2
    slow = EarlyStopping(3, 0.25)  # compared with the best, not with the last: many small steps add up
    assert run(slow, [1.0, 0.9, 0.8, 0.7], net()) is None
    assert (slow.best, slow.wait) == (0.7, 0)


@pytest.mark.parametrize(("patience", "min_delta"), [(1, 0.0), (2, 0.0), (3, 0.0), (2, 0.02), (3, 0.2)])
def test_it_stops_where_keras_does_and_restores_the_same(keras, patience, min_delta):
    class Model:
        stop_training = False

        def get_weights(self):
            return layer.W.data.copy()

        def set_weights(self, weights):
            layer.W.data[...] = weights

    layer = net()
    callback = keras.callbacks.EarlyStopping(
        "loss", patience=patience, min_delta=min_delta, mode="min", restore_best_weights=True
    )
    callback.set_model(Model())
    callback.on_train_begin()
    expected = None
    for i, value in enumerate(VALUES):
        layer.W.data[...] = i
        callback.on_epoch_end(i, {"loss": value})
        if callback.model.stop_training:
            expected = i
            break
    callback.on_train_end()
    restored = layer.W.data.copy()
    stopping, layer = EarlyStopping(patience, min_delta), net()
    assert run(stopping, VALUES, layer) == expected
    if expected is not None:
        np.testing.assert_array_equal(layer.W.data, restored)
        assert (layer.W.data == stopping.best_step).all()


def test_pytorchs_plateau_waits_one_value_longer(torch):
    def drops(values, patience):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=patience, threshold=0, cooldown=0)
        for i, value in enumerate(values):
            plateau.step(value)
            if optimizer.param_groups[0]["lr"] < 1:
                return i
        return None

    for patience in (1, 2, 3):
        assert drops(VALUES, patience - 1) == run(EarlyStopping(patience), VALUES, net())


def test_parameters_are_copied_not_referred_to():
    stopping, layer = EarlyStopping(5), net(1.0)
    stopping.step(0.5, layer)
    layer.W.data[...] = 2
    stopping.step(0.6, layer)
    stopping.restore(layer)
    assert (layer.W.data == 1).all()
    layer.W.data[...] = 3  # nor are the copies handed out
    stopping.restore(layer)
    assert (layer.W.data == 1).all()

    class Referring:  # as PyTorch's state_dict
        def __init__(self):
            self.w = np.zeros(2)

        def state_dict(self):
            return {"w": self.w}

        def load_state_dict(self, state):
            self.w = state["w"]

    careless, stopping = Referring(), EarlyStopping(1)
    stopping.step(0.5, careless)
    careless.w += 7
    assert stopping.step(0.6, careless)
    assert (careless.w == 0).all()
    careless.w += 7
    stopping.restore(careless)
    assert (careless.w == 0).all()


def test_without_restore_best_the_last_parameters_stay():
    stopping, layer = EarlyStopping(2, 0.0, False), net()
    assert run(stopping, VALUES, layer) == 5
    stopping.restore(layer)
    assert (layer.W.data == 5).all()
    assert set(stopping.state_dict()) == {"best", "best_step", "steps", "wait"}


def test_nan_is_no_improvement():
    stopping, layer = EarlyStopping(2), net()
    assert run(stopping, [math.nan, math.nan], layer) == 1
    assert (stopping.best, stopping.best_step) == (math.inf, -1)
    assert (layer.W.data == 1).all()  # nothing was kept
    assert run(EarlyStopping(2), [1.0, math.nan, 0.5, math.nan], net()) is None


@pytest.mark.parametrize("cut", range(10))
def test_resumed_it_goes_on_exactly(tmp_path, cut):
    whole, layer = EarlyStopping(3), net()
    assert run(whole, VALUES, layer) == 9
    first, layer = EarlyStopping(3), net()
    run(first, VALUES[:cut], layer)
    np.savez(tmp_path / "state.npz", **first.state_dict())
    second = EarlyStopping(3)
    with np.load(tmp_path / "state.npz") as state:
        second.load_state_dict(dict(state))
    for i in range(cut, 10):
        layer.W.data[...] = i
        assert second.step(VALUES[i], layer) == (i == 9)
    np.testing.assert_equal(second.state_dict(), whole.state_dict())
    assert (layer.W.data == 6).all()


def test_a_state_is_a_copy():
    stopping, layer = EarlyStopping(3), net(4.0)
    stopping.step(0.5, layer)
    state = stopping.state_dict()
    state["net.W"][...] = 0
    stopping.restore(layer)
    assert (layer.W.data == 4).all()
    other = EarlyStopping(3)
    state = stopping.state_dict()
    other.load_state_dict(state)
    state["net.W"][...] = 0
    other.restore(layer)
    assert (layer.W.data == 4).all()


@pytest.mark.parametrize("method", ["state_dict", "load_state_dict"])
def test_a_net_needs_both_methods(method):
    half = type("Half", (), {method: lambda self: {}})()
    with pytest.raises(TypeError, match=r"^EarlyStopping.step: net must be a Layer"):
        EarlyStopping(2).step(0.5, half)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: s.step("low", net()), TypeError, "EarlyStopping.step: value must be a number, got 'low'"),
        (lambda s: s.step(True, net()), TypeError, "EarlyStopping.step: value must be a number, got True"),
        (lambda s: s.step(0.5, None), TypeError, "EarlyStopping.step: net must be a Layer, got None"),
        (lambda s: s.restore(3), TypeError, "EarlyStopping.restore: net must be a Layer, got 3"),
        (lambda s: s.load_state_dict([]), TypeError, r"EarlyStopping.load_state_dict: state must be a dict"),
        (
            lambda s: s.load_state_dict({"best": 1, "wait": 0}),
            ValueError,
            "EarlyStopping.load_state_dict: state lacks best_step, steps",
        ),
    ],
)
def test_wrong_arguments_of_the_methods_are_named(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call(EarlyStopping(2))
