"""Callbacks: when each is called, and that rates change and training ends at the right step."""

import numpy as np
import pytest
from gradus import callbacks as module
from gradus.callbacks import Callback, ClipNorm, LearningRate, MomentumRate, PerformanceRate, StopEarly, keep_max_norm
from gradus.early_stopping import EarlyStopping
from gradus.layers import MLP, Linear, Sequential
from gradus.optimizers import Adam, GradientDescent, Momentum
from gradus.schedules import PerformanceSchedule, one_cycle, one_cycle_momentum
from gradus.training import evaluate, fit


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def problem(rng, N=64, D=5, C=3):
    X = rng.standard_normal((N, D))
    return X, (X @ rng.standard_normal((D, C))).argmax(axis=1)


class Log:
    """Writes down every call, and what is known then."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        if name not in module.METHODS:
            raise AttributeError(name)

        def method(net, optimizer, history):
            have_grads = net.params()[0].grad is not None
            self.calls.append((name, len(history.steps), len(history["val_loss"]), history.epochs, have_grads))

        return method


def test_methods_are_called_in_order_with_what_they_need(rng):
    X, y = problem(rng, N=6)
    net, log = MLP([5, 3], rng=rng), Log()
    fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net), epochs=2, batch=3, rng=rng, callbacks=[log])
    step = [("on_gradients", 1), ("on_step", 1), ("on_gradients", 2), ("on_step", 2), ("on_epoch_end", 2)]
    expected = [("on_train_begin", 0), *step, *((name, n + 2) for name, n in step), ("on_train_end", 4)]
    assert [call[:2] for call in log.calls] == expected
    for name, n, validations, epochs, have_grads in log.calls:
        assert (
            validations == epochs == (n // 2 if name in ("on_epoch_end", "on_train_end") else (n - 1) // 2 if n else 0)
        )
        assert have_grads == (name != "on_train_begin")


def test_a_subclass_defines_only_what_it_needs_and_functions_are_called_after_the_step(rng):
    seen = []

    class Mine(Callback):
        def on_epoch_end(self, net, optimizer, history):
            seen.append("epoch")

    class Both:
        def __call__(self, net, optimizer, history):
            seen.append("never")

        def on_train_begin(self, net, optimizer, history):
            seen.append("begin")

    def function(net, optimizer, history):
        seen.append("step")
        return np.ones(3)  # of no meaning

    hooks = module.hooks_of([Mine(), Both(), function])
    assert {name: len(found) for name, found in hooks.items() if found} == {
        "on_train_begin": 1,
        "on_step": 1,
        "on_epoch_end": 1,
    }
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    fit(net, X, y, optimizer=Adam(net), epochs=2, batch=32, rng=rng, callbacks=[Mine(), Both(), function])
    assert seen == ["begin", "step", "step", "epoch", "step", "step", "epoch"]
    assert [getattr(Callback(), name)(None, None, None) for name in module.METHODS] == [None] * 5


def test_on_epoch_end_ends_training_after_all_callbacks_had_their_turn(rng):
    class Stop:
        def on_epoch_end(self, net, optimizer, history):
            return np.bool_(history.epochs == 2)

    log = Log()
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    history = fit(net, X, y, optimizer=Adam(net), epochs=9, rng=rng, callbacks=[Stop(), log])
    assert history.epochs == len(history["train_loss"]) == 2 and history.stopped
    assert [call[0] for call in log.calls[-2:]] == ["on_epoch_end", "on_train_end"]
    assert not fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng).stopped


@pytest.mark.parametrize("per", ["step", "epoch"])
def test_a_rate_is_in_force_in_its_own_step(per, rng):
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    schedule = {"step": lambda t: 0.1 / (1 + t), "epoch": lambda t: [0.1, 0.2, 0.05][t]}[per]
    lengths = []

    class Measure:
        def on_gradients(self, net, optimizer, history):
            self.w, self.g = net.flat.copy(), net.flat_grad

        def on_step(self, net, optimizer, history):
            lengths.append(-(net.flat - self.w) @ self.g / (self.g @ self.g))  # the η of w ← w − η g

    callbacks = [LearningRate(schedule, per), Measure()]
    history = fit(net, X, y, optimizer=GradientDescent(net, 9.0), epochs=3, batch=16, rng=rng, callbacks=callbacks)
    expected = [schedule(t if per == "step" else t // 4) for t in range(12)]
    np.testing.assert_allclose(lengths, expected, rtol=1e-8)
    assert history.per_step["lr"] == expected and history["lr"] == expected[3::4]


@pytest.mark.parametrize("name", ["ExponentialLR", "CosineAnnealingLR"])
def test_a_schedule_gives_pytorchs_trajectory(name, torch, rng):
    X, y = problem(rng)
    net = MLP([5, 7, 3], "tanh", rng=rng)
    model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)).double()
    arrays = [p.data for p in net.params()]
    with torch.no_grad():
        for p, array in zip(model.parameters(), arrays, strict=True):
            p.copy_(torch.tensor(array.T.copy()))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    scheduler, schedule = {
        "ExponentialLR": (torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.7), lambda t: 0.5 * 0.7**t),
        "CosineAnnealingLR": (
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 9),
            lambda t: 0.25 * (1 + np.cos(np.pi * t / 9)),
        ),
    }[name]
    losses = []
    for _ in range(8):
        loss = torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    rates = [LearningRate(schedule)]
    history = fit(net, X, y, optimizer=GradientDescent(net, 1.0), epochs=8, batch=64, rng=rng, callbacks=rates)
    np.testing.assert_allclose(history.steps, losses, rtol=1e-10)


def test_momentum_follows_a_schedule_of_its_own(rng):
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    optimizer, seen = Momentum(net, 0.1, beta=0.5), []
    betas = [0.95, 0.9, 0.85, 0.95]

    def look(net, optimizer, history):
        seen.append((optimizer.lr, optimizer.momentum))

    callbacks = [LearningRate(lambda t: 0.1 * (t + 1)), MomentumRate(lambda t: betas[t]), look]
    history = fit(net, X, y, optimizer=optimizer, epochs=2, batch=32, rng=rng, callbacks=callbacks)
    assert seen == [(0.1 * (t + 1), betas[t]) for t in range(4)]
    assert history.per_step["momentum"] == betas and history["momentum"] == [0.9, 0.95]
    with pytest.raises(ValueError, match="momentum must be in"):
        fit(net, X, y, optimizer=optimizer, epochs=1, rng=rng, callbacks=[MomentumRate(lambda t: 1.0)])


class Told:
    """In place of a schedule or a stop: notes what it is told."""

    lr = 0.5

    def __init__(self):
        self.values = []

    def step(self, value, net=None):
        self.values.append(value)
        return 0.5 / 2 ** len(self.values)


def test_a_performance_schedule_is_told_the_validation_loss_and_sets_the_next_rate(rng):
    X, y = problem(rng)
    net, told, rates = MLP([5, 3], rng=rng), Told(), []
    callbacks = [PerformanceRate(told), lambda net, optimizer, history: rates.append(optimizer.lr)]
    history = fit(
        net, X, y, X_val=X, y_val=y, optimizer=Adam(net, 7.0), epochs=3, batch=32, rng=rng, callbacks=callbacks
    )
    assert told.values == history["val_loss"]
    assert rates == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125] and history["lr"] == [0.5, 0.25, 0.125]
    other = Told()
    fit(net, X, y, optimizer=Adam(net), epochs=2, rng=rng, callbacks=[PerformanceRate(other, "train_loss")])
    assert len(other.values) == 2 and other.values != history["val_loss"][:2]


def test_the_rates_of_a_performance_schedule_are_pytorchs(torch, rng):
    X, y = problem(rng)
    values = [1.0, 0.9, 0.95, 0.96, 0.97, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    net = MLP([5, 3], rng=rng)
    watch = PerformanceRate(
        PerformanceSchedule(0.4, factor=0.5, patience=1), lambda history: values[history.epochs - 1]
    )
    history = fit(net, X, y, optimizer=GradientDescent(net, 1.0), epochs=12, rng=rng, callbacks=[watch])
    oracle = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(oracle, factor=0.5, patience=1)
    expected = []
    for value in values:
        expected.append(oracle.param_groups[0]["lr"])
        plateau.step(value)
    assert history["lr"] == expected and len(set(expected)) == 4


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_performance_schedule_bears_a_loss_that_is_not_finite(value, rng):
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    values = [value, 1.0, value, value, value]
    watch = PerformanceRate(
        PerformanceSchedule(0.4, factor=0.5, patience=1), lambda history: values[history.epochs - 1]
    )
    history = fit(net, X, y, optimizer=GradientDescent(net, 1.0), epochs=5, rng=rng, callbacks=[watch])
    assert history["lr"] == [0.4] * 4 + [0.2]


def test_one_cycle_goes_up_and_down_and_its_momentum_down_and_up(rng):
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    T = 5 * (len(X) // 16)
    callbacks = [
        LearningRate(lambda t: one_cycle(t, T, lr_max=0.2)),
        MomentumRate(lambda t: one_cycle_momentum(t, T)),
    ]
    history = fit(net, X, y, optimizer=Momentum(net, 1.0), epochs=5, batch=16, rng=rng, callbacks=callbacks)
    rates, betas = history.per_step["lr"], history.per_step["momentum"]
    assert len(rates) == T and max(rates) == pytest.approx(0.2) and rates[0] == pytest.approx(0.02)
    assert rates[-1] == pytest.approx(2e-5)
    assert betas[0] == betas[-1] == pytest.approx(0.95) and min(betas) == pytest.approx(0.85)
    assert np.argmax(rates) == np.argmin(betas) == 8  # f T − 1 with f = 0.45


def scripted(values):
    """Training whose n-th measured value is values[n]; the parameters count the epochs."""
    net = Sequential(Linear(5, 3, rng=np.random.default_rng(0)))

    class Count:
        def on_epoch_end(self, net, optimizer, history):
            net.flat[...] = history.epochs

    def run(stopping, epochs):
        X, y = problem(np.random.default_rng(1))
        stop = StopEarly(stopping, monitor=lambda history: values[history.epochs - 1])
        return fit(
            net, X, y, optimizer=Adam(net), epochs=epochs, rng=np.random.default_rng(2), callbacks=[Count(), stop]
        )

    return net, run


def test_early_stopping_gives_back_the_best_parameters_as_keras_does(keras):
    values = [3.0, 2.0, 2.5, 1.0, 1.5, 1.0, 1.2, 0.5, 0.4]
    for patience in (1, 2, 3):
        net, run = scripted(values)
        history = run(EarlyStopping(patience), 9)

        oracle = keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        model.stop_training = False
        oracle.set_model(model)
        oracle.on_train_begin()
        for epoch, value in enumerate(values):
            model.set_weights([np.full((1, 1), epoch + 1.0), np.zeros(1)])
            oracle.on_epoch_end(epoch, {"val_loss": value})
            if model.stop_training:
                break
        oracle.on_train_end()
        assert history.epochs == epoch + 1 and history.stopped == model.stop_training
        assert net.flat[0] == model.get_weights()[0].item(), patience


def test_the_best_parameters_come_back_also_where_training_just_ends(rng):
    net, run = scripted([3.0, 1.0, 2.0, 2.0])
    history = run(EarlyStopping(5), 4)
    assert history.epochs == 4 and not history.stopped and net.flat[0] == 2
    run(EarlyStopping(5, restore_best=False), 4)
    assert net.flat[0] == 4


def test_the_best_parameters_come_back_after_divergence(rng):
    X, y = problem(rng)
    net = MLP([5, 8, 3], rng=rng)
    rates = LearningRate(lambda t: 0.1 if t < 4 else 1e200)
    history = fit(
        net,
        X,
        y,
        X_val=X,
        y_val=y,
        optimizer=GradientDescent(net, 1.0),
        epochs=5,
        batch=16,
        rng=rng,
        callbacks=[rates, StopEarly(EarlyStopping(3))],
    )
    assert history.diverged and history.epochs == 1
    assert evaluate(net, X, y)[0] == history["val_loss"][0]


def test_the_state_of_a_told_object_is_a_copy():
    told = Told()
    callback = PerformanceRate(told)
    told.step(1.0)
    state = callback.state_dict()
    told.step(2.0)
    assert state == {"values": [1.0]}
    callback.load_state_dict(state)
    told.step(3.0)
    assert told.values == [1.0, 3.0] and state == {"values": [1.0]}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LearningRate(0.1), TypeError, "LearningRate: schedule must be a function, got 0.1"),
        (lambda: LearningRate(float, "batch"), ValueError, "LearningRate: per must be one of epoch, step"),
        (lambda: MomentumRate(None), TypeError, "MomentumRate: schedule must be a function"),
        (lambda: PerformanceRate(0.1), TypeError, "PerformanceRate: schedule must have a method step, got 0.1"),
        (lambda: PerformanceRate(Told(), 3), TypeError, "PerformanceRate: monitor must be the name of a list"),
        (lambda: StopEarly(None), TypeError, "StopEarly: stopping must have a method step, got None"),
        (lambda: StopEarly(Told(), None), TypeError, "StopEarly: monitor must be"),
        (lambda: ClipNorm(0), ValueError, r"ClipNorm: max_norm must be in \(0, inf\), got 0"),
        (lambda: ClipNorm("1"), TypeError, "ClipNorm: max_norm must be a number"),
        (lambda: keep_max_norm(-1.0), ValueError, r"keep_max_norm: r must be in \(0, inf\), got -1"),
        (lambda: keep_max_norm(None), TypeError, "keep_max_norm: r must be a number"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_what_is_not_measured_cannot_be_watched(rng):
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    with pytest.raises(
        ValueError, match="StopEarly: monitor: nothing is recorded as 'val_loss'; give fit X_val and y_val"
    ):
        fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng, callbacks=[StopEarly(EarlyStopping(1))])
    with pytest.raises(ValueError, match=r"PerformanceRate: monitor: nothing is recorded as 'loss'$"):
        fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng, callbacks=[PerformanceRate(Told(), "loss")])
