"""Schedules against those of PyTorch and Keras, and by hand."""

import numpy as np
import pytest
from gradus.schedules import (
    PerformanceSchedule,
    exponential,
    one_cycle,
    one_cycle_momentum,
    piecewise,
    power,
    warmup_cosine,
)

T = np.arange(60)


def of_pytorch(torch, make, steps, lr=0.1, what="lr", **optimizer):
    """The rates that a scheduler of PyTorch sets for each step."""
    sgd = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, **optimizer)
    scheduler, values = make(sgd), []
    for _ in range(steps):
        values.append(sgd.param_groups[0][what])
        sgd.step()
        scheduler.step()
    return values


def of_keras(keras, schedule, steps):
    return [float(schedule(keras.ops.convert_to_tensor(float(t), dtype="float64"))) for t in steps]


def test_power_is_pytorchs_lambda(torch):
    def make(sgd):
        return torch.optim.lr_scheduler.LambdaLR(sgd, lambda t: (1 + t / 7) ** -1.5)

    np.testing.assert_allclose(power(T, 0.1, 7, 1.5), of_pytorch(torch, make, 60), rtol=1e-12)


def test_power_with_exponent_1_is_keras_inverse_time_decay(keras):
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=7, decay_rate=1.0)
    np.testing.assert_allclose(power(T, 0.1, 7), of_keras(keras, schedule, T), rtol=1e-10)


def test_power_by_hand():
    assert [power(t, 1.2, 10) for t in (0, 10, 20, 30)] == pytest.approx([1.2, 0.6, 0.4, 0.3], rel=1e-14)
    assert power(30, 1.6, 10, 2) == pytest.approx(0.1, rel=1e-14)
    assert power(30, 1.6, 10, 0) == 1.6
    assert power(5, 1.2, 10) == pytest.approx(0.8, rel=1e-14)  # no staircase


def test_exponential_is_pytorchs(torch):
    def make(sgd):
        return torch.optim.lr_scheduler.ExponentialLR(sgd, gamma=0.1 ** (1 / 7))

    np.testing.assert_allclose(exponential(T, 0.1, 7), of_pytorch(torch, make, 60), rtol=1e-12)


def test_exponential_is_keras(keras):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=7, decay_rate=0.1)
    np.testing.assert_allclose(exponential(T, 0.1, 7), of_keras(keras, schedule, T), rtol=1e-10)


def test_exponential_by_hand():
    assert [exponential(t, 2.0, 5) for t in (0, 5, 10, 15)] == pytest.approx([2, 0.2, 0.02, 0.002], rel=1e-12)
    assert exponential(2.5, 2.0, 5) == pytest.approx(2 / np.sqrt(10), rel=1e-14)


def test_exponential_falls_below_power_at_once_and_stays_there():
    assert (exponential(T[1:], 0.1, 10) < power(T[1:], 0.1, 10)).all()


def test_piecewise_is_pytorchs_milestones(torch):
    def make(sgd):
        return torch.optim.lr_scheduler.MultiStepLR(sgd, milestones=[5, 20], gamma=0.1)

    expected = of_pytorch(torch, make, 60)
    np.testing.assert_allclose(piecewise(T, [5, 20], [0.1, 0.01, 0.001]), expected, rtol=1e-12)


def test_keras_gives_a_boundary_the_old_value(keras):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([5, 20], [0.1, 0.01, 0.001])
    theirs = of_keras(keras, schedule, T)
    ours = piecewise(T, [5, 20], [0.1, 0.01, 0.001])
    assert list(np.flatnonzero(~np.isclose(ours, theirs))) == [5, 20]
    assert [theirs[5], theirs[20]] == pytest.approx([0.1, 0.01])


def test_piecewise_by_hand():
    assert [piecewise(t, [5], [0.1, 0.001]) for t in (0, 4, 4.999, 5, 54)] == [0.1, 0.1, 0.1, 0.001, 0.001]
    assert piecewise(3, [], [0.5]) == 0.5


@pytest.mark.parametrize("steps", [20, 60, 101])
@pytest.mark.parametrize("last_frac", [0.1, 0.3])
def test_one_cycle_is_pytorchs_in_three_phases(steps, last_frac, torch):
    def make(sgd):
        return torch.optim.lr_scheduler.OneCycleLR(
            sgd,
            max_lr=0.4,
            total_steps=steps + 1,
            three_phase=True,
            anneal_strategy="linear",
            pct_start=(1 - last_frac) / 2,
            div_factor=10,
            final_div_factor=1000,
        )

    options = {"momentum": 0.95}
    lrs = of_pytorch(torch, make, steps, **options)
    betas = of_pytorch(torch, make, steps, what="momentum", **options)
    t = np.arange(steps)
    np.testing.assert_allclose(one_cycle(t, steps + 1, 0.4, last_frac=last_frac), lrs, rtol=1e-10)
    np.testing.assert_allclose(one_cycle_momentum(t, steps + 1, last_frac=last_frac), betas, rtol=1e-10)


def test_one_cycle_by_hand():
    values = [one_cycle(t, 100, 1.0) for t in (0, 22, 44, 66, 88, 93.5, 99, 100, 1000)]
    middle = (0.1 + 0.0001) / 2
    assert values == pytest.approx([0.1, 0.55, 1.0, 0.55, 0.1, middle, 0.0001, 0.0001, 0.0001], rel=1e-12)
    assert one_cycle(44, 100, 0.3) == 0.3
    values = [one_cycle(t, 100, 1.0, lr0=0.5, lr_last=0.2) for t in (0, 22, 88, 99)]
    assert values == pytest.approx([0.5, 0.75, 0.5, 0.2], rel=1e-12)
    assert one_cycle(99, 100, 1.0, lr0=0.5) == pytest.approx(0.0005, rel=1e-12)
    values = [one_cycle(t, 100, 1.0, last_frac=0) for t in (0, 49, 98, 99)]
    assert values == pytest.approx([0.1, 1, 0.1, 0.0001], rel=1e-12)


def test_the_momentum_of_one_cycle_by_hand():
    values = [one_cycle_momentum(t, 100) for t in (0, 22, 44, 66, 88, 93, 99, 1000)]
    assert values == pytest.approx([0.95, 0.9, 0.85, 0.9, 0.95, 0.95, 0.95, 0.95], rel=1e-12)
    values = [one_cycle_momentum(t, 100, 0.8, 0.4) for t in (0, 22, 44)]
    assert values == pytest.approx([0.8, 0.6, 0.4], rel=1e-12)
    values = [one_cycle_momentum(t, 100, last_frac=0.5) for t in (0, 24, 48)]
    assert values == pytest.approx([0.95, 0.85, 0.95], rel=1e-12)


def test_momentum_mirrors_the_rate_of_one_cycle():
    t = np.arange(89)  # the first two phases
    assert np.corrcoef(one_cycle(t, 100, 0.1), one_cycle_momentum(t, 100))[0, 1] == pytest.approx(-1, rel=1e-12)


@pytest.mark.parametrize("warmup", [0, 10])
def test_warmup_cosine_is_pytorchs_chain(warmup, torch):
    def make(sgd):
        schedulers = torch.optim.lr_scheduler
        cosine = schedulers.CosineAnnealingLR(sgd, T_max=50 - warmup, eta_min=1e-4)
        if not warmup:
            return cosine
        rise = schedulers.LinearLR(sgd, start_factor=0.01, total_iters=warmup)
        return schedulers.SequentialLR(sgd, [rise, cosine], milestones=[warmup])

    ours = warmup_cosine(np.arange(51), 50, 0.1, warmup)
    np.testing.assert_allclose(ours, of_pytorch(torch, make, 51), rtol=1e-10)


def test_warmup_cosine_is_keras(keras):
    schedule = keras.optimizers.schedules.CosineDecay(
        0.02, decay_steps=50, alpha=0.1, warmup_target=0.1, warmup_steps=10
    )
    ours = warmup_cosine(np.arange(80), 60, 0.1, 10, lr0=0.02, lr_last=0.01)
    np.testing.assert_allclose(ours, of_keras(keras, schedule, range(80)), rtol=1e-10)


def test_warmup_cosine_by_hand():
    values = [warmup_cosine(t, 30, 1.0, 10) for t in (0, 5, 10, 20, 30, 31)]
    assert values == pytest.approx([0.01, 0.505, 1, 0.5005, 0.001, 0.001], rel=1e-12)
    assert warmup_cosine(15, 30, 1.0, 10) == pytest.approx(0.001 + 0.999 * (1 + np.sqrt(0.5)) / 2, rel=1e-12)
    assert warmup_cosine(0, 30, 1.0, 0) == 1
    assert warmup_cosine(0, 1, 1.0, 0) == 1


SCHEDULES = {
    "power": lambda t: power(t, 0.1, 10),
    "exponential": lambda t: exponential(t, 0.1, 10),
    "piecewise": lambda t: piecewise(t, [5], [0.1, 0.01]),
    "one_cycle": lambda t: one_cycle(t, 60, 0.1),
    "one_cycle_momentum": lambda t: one_cycle_momentum(t, 60),
    "warmup_cosine": lambda t: warmup_cosine(t, 60, 0.1, 10),
}
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)


@every_schedule
def test_a_number_gives_a_python_float_and_an_array_an_array(schedule):
    for t in (7, 7.0, np.int64(7), np.float32(7), np.array(7)):
        assert type(schedule(t)) is float
    values = schedule(T.reshape(6, 10))
    assert (values.shape, values.dtype) == ((6, 10), np.float64)
    np.testing.assert_allclose(values.ravel(), [schedule(int(t)) for t in T], rtol=1e-14)
    assert schedule(T.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(schedule(T.astype(np.float32)), [schedule(int(t)) for t in T], rtol=1e-5)
    assert schedule([0, 1]).shape == (2,)
    assert schedule(np.zeros(0)).shape == (0,)


# Performance scheduling.


def scripted_losses():
    rng = np.random.default_rng(3)
    falling = np.exp(-np.arange(40) / 10) + 0.2
    return [float(loss) for loss in falling + 0.05 * rng.standard_normal(40)] + [0.2] * 30


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("min_delta", [0.0, 1e-4, 0.1])
def test_performance_schedule_is_pytorchs_reduce_on_plateau(patience, min_delta, torch):
    sgd = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=patience, threshold=min_delta, eps=0)
    ours = PerformanceSchedule(0.1, 0.5, patience, min_delta)
    for loss in scripted_losses():
        theirs.step(loss)
        assert ours.step(loss) == ours.lr == pytest.approx(sgd.param_groups[0]["lr"], rel=1e-12)
        assert (ours.best, ours.bad) == (theirs.best, theirs.num_bad_epochs)
    assert ours.lr < 0.1


def test_performance_schedule_by_hand():
    schedule = PerformanceSchedule(1.0, factor=0.5, patience=2, min_delta=0.1)
    losses = [10, 9.5, 9.1, 9.0, 8.9, 9, 9, 9, 9, 9, 8]
    #          best  bad  bad  bad: reduced; then 8.9 is better, bad, bad, bad: reduced; bad, bad; 8 is better
    lrs = [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]
    assert [schedule.step(loss) for loss in losses] == lrs
    assert (schedule.best, schedule.bad) == (8, 0)


def test_performance_schedule_has_pytorchs_defaults(torch):
    sgd = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs, ours = torch.optim.lr_scheduler.ReduceLROnPlateau(sgd), PerformanceSchedule(0.1)
    assert (ours.factor, ours.patience, ours.min_delta) == (theirs.factor, theirs.patience, theirs.threshold)


def test_performance_schedule_works_for_losses_below_zero():
    schedule = PerformanceSchedule(1.0, factor=0.5, patience=0, min_delta=0.1)
    assert [schedule.step(loss) for loss in (-1.0, -1.05, -1.1001, -2)] == [1, 0.5, 0.5, 0.5]


def test_performance_schedule_keeps_python_numbers():
    schedule = PerformanceSchedule(np.float64(0.1), np.float32(0.5), np.int64(0), 0)
    schedule.step(np.float64(1))
    assert (type(schedule.step(np.float64(1))), type(schedule.best), type(schedule.patience)) == (float, float, int)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        *[(lambda f=f: f(-1), r"\w+: t must hold steps of at least 0, got -1") for f in SCHEDULES.values()],
        (
            lambda: power(np.array([1, np.nan]), 0.1, 10),
            "power: t must hold steps of at least 0, got an array of shape",
        ),
        (lambda: power(1, 0, 10), r"power: lr0 must be in \(0, inf\), got 0"),
        (lambda: power(1, 0.1, 0), r"power: s must be in \(0, inf\), got 0"),
        (lambda: power(1, 0.1, 1, -1), r"power: c must be in \[0, inf\), got -1"),
        (lambda: exponential(1, 0, 10), r"exponential: lr0 must be in \(0, inf\), got 0"),
        (lambda: exponential(1, 0.1, 0), r"exponential: s must be in \(0, inf\), got 0"),
        (lambda: piecewise(1, [2, 2], [1, 2, 3]), r"piecewise: boundaries must increase, got \[2.0, 2.0\]"),
        (lambda: piecewise(1, [2], [1, 2, 3]), "piecewise: values must be one more than the 1 boundaries, got 3"),
        (lambda: piecewise(1, [2], [1]), "piecewise: values must be one more than the 1 boundaries, got 1"),
        (lambda: piecewise(1, [2], [1, 0]), r"piecewise: values\[1\] must be in \(0, inf\), got 0"),
        (lambda: piecewise(1, [[2]], [1, 2]), r"piecewise: boundaries must be a list of numbers, got \[\[2\]\]"),
        (lambda: piecewise(1, [np.nan], [1, 2]), "piecewise: boundaries must be a list of numbers, got"),
        (lambda: piecewise(1, 2, [1, 2]), "piecewise: boundaries must be a list of numbers, got 2"),
        (lambda: piecewise(1, [2], "ab"), "piecewise: values must be a list of numbers, got 'ab'"),
        (lambda: one_cycle(1, 2, 0.1), r"one_cycle: T must be more than 2 / \(1 - last_frac\) = 2.22222, got 2"),
        (lambda: one_cycle(1, 4, 0.1, last_frac=0.5), r"one_cycle: T must be more than .* = 4, got 4"),
        (lambda: one_cycle(1, 9.5, 0.1), "one_cycle: T must be an integer, got 9.5"),
        (lambda: one_cycle(1, 9, 0), r"one_cycle: lr_max must be in \(0, inf\), got 0"),
        (lambda: one_cycle(1, 9, 1, lr0=0), r"one_cycle: lr0 must be in \(0, inf\), got 0"),
        (lambda: one_cycle(1, 9, 1, lr_last=0), r"one_cycle: lr_last must be in \(0, inf\), got 0"),
        (lambda: one_cycle(1, 9, 1, last_frac=1), r"one_cycle: last_frac must be in \[0, 1\), got 1"),
        (lambda: one_cycle_momentum(1, 2), "one_cycle_momentum: T must be more than"),
        (lambda: one_cycle_momentum(1, 9, beta_max=1), r"one_cycle_momentum: beta_max must be in \[0, 1\), got 1"),
        (lambda: one_cycle_momentum(1, 9, beta_min=-1), r"one_cycle_momentum: beta_min must be in \[0, 1\), got -1"),
        (lambda: warmup_cosine(1, 5, 0.1, 5), "warmup_cosine: T must be at least 6, got 5"),
        (lambda: warmup_cosine(1, 5, 0.1, -1), "warmup_cosine: warmup must be at least 0, got -1"),
        (lambda: warmup_cosine(1, 5, 0, 1), r"warmup_cosine: lr_max must be in \(0, inf\), got 0"),
        (lambda: warmup_cosine(1, 5, 1, 1, lr0=0), r"warmup_cosine: lr0 must be in \(0, inf\), got 0"),
        (lambda: warmup_cosine(1, 5, 1, 1, lr_last=0), r"warmup_cosine: lr_last must be in \(0, inf\), got 0"),
        (lambda: PerformanceSchedule(0), r"PerformanceSchedule: lr0 must be in \(0, inf\), got 0"),
        (lambda: PerformanceSchedule(1, factor=0), r"PerformanceSchedule: factor must be in \(0, 1\), got 0"),
        (lambda: PerformanceSchedule(1, factor=1), r"PerformanceSchedule: factor must be in \(0, 1\), got 1"),
        (lambda: PerformanceSchedule(1, patience=-1), "PerformanceSchedule: patience must be at least 0, got -1"),
        (lambda: PerformanceSchedule(1, min_delta=1), r"PerformanceSchedule: min_delta must be in \[0, 1\), got 1"),
        (lambda: PerformanceSchedule(1, min_delta=-1), r"PerformanceSchedule: min_delta must be in \[0, 1\), got -1"),
        (lambda: PerformanceSchedule(1).step(np.nan), "PerformanceSchedule.step: val_loss must be in .* got nan"),
        (lambda: PerformanceSchedule(1).step("a"), "PerformanceSchedule.step: val_loss must be a number, got 'a'"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
