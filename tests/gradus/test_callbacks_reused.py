"""Callbacks that are used for several runs of training: each run begins as if they were new."""

import numpy as np
import pytest
from gradus.callbacks import PerformanceRate, StopEarly
from gradus.early_stopping import EarlyStopping
from gradus.layers import MLP
from gradus.optimizers import Adam, GradientDescent
from gradus.schedules import PerformanceSchedule
from gradus.training import fit


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def problem(rng, N=64, D=5, C=3):
    X = rng.standard_normal((N, D))
    return X, (X @ rng.standard_normal((D, C))).argmax(axis=1)


def stopped_early(stop, seed):
    """A network trained with this callback on a problem that is easier the greater the seed; and the same with a new one."""
    outcomes = []
    for callback in (stop, StopEarly(EarlyStopping(2))):
        rng = np.random.default_rng(seed)
        X, y = problem(rng, N=32)
        net = MLP([5, 3], rng=rng)
        net.flat[...] *= 10.0 ** (1 - seed)
        history = fit(
            net, X, y, X_val=X, y_val=y[::-1], optimizer=Adam(net, 0.1), epochs=8, rng=rng, callbacks=[callback]
        )
        outcomes.append((net.flat.tolist(), dict(history), history.stopped))
    return outcomes


@pytest.mark.parametrize("wrap_again", [False, True])
def test_early_stopping_that_is_used_again_begins_anew(wrap_again):
    stopping = EarlyStopping(2)
    stop = StopEarly(stopping)
    for seed in (1, 0, 2):
        used, new = stopped_early(StopEarly(stopping) if wrap_again else stop, seed)
        assert used == new
    stopping.reset()
    assert vars(stopping) == vars(EarlyStopping(2))


@pytest.mark.parametrize("wrap_again", [False, True])
def test_a_performance_schedule_that_is_used_again_begins_with_its_first_rate(wrap_again, rng):
    X, y = problem(rng)
    schedule = PerformanceSchedule(0.4, factor=0.5, patience=0)
    watch = PerformanceRate(schedule, lambda history: 1.0)
    for _ in range(2):
        if wrap_again:
            watch = PerformanceRate(schedule, lambda history: 1.0)
        net = MLP([5, 3], rng=rng)
        history = fit(net, X, y, optimizer=GradientDescent(net, 1.0), epochs=4, rng=rng, callbacks=[watch])
        assert history["lr"] == [0.4, 0.4, 0.2, 0.1]
    schedule.reset()
    assert vars(schedule) == vars(PerformanceSchedule(0.4, factor=0.5, patience=0))


class Told:
    """In place of a schedule: notes what it is told."""

    lr = 0.5

    def __init__(self):
        self.values = []

    def step(self, value, net=None):
        self.values.append(value)
        return 0.5 / 2 ** len(self.values)


def test_what_has_no_reset_gets_back_what_it_held_when_it_was_wrapped(rng):
    X, y = problem(rng)
    told, net = Told(), MLP([5, 3], rng=rng)
    told.values.append(7.0)
    watch = PerformanceRate(told, "train_loss")
    for _ in range(2):
        history = fit(net, X, y, optimizer=Adam(net), epochs=2, rng=rng, callbacks=[watch])
        assert told.values == [7.0, *history["train_loss"]]
