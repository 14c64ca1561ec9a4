"""Real use: digits read by an ordinary and by a convolutional network, fifty layers deep, float32, memory."""

import gc
import time
import tracemalloc

import numpy as np
import pytest
from gradus.callbacks import ClipNorm, LearningRate, StopEarly
from gradus.data import load_digits_split
from gradus.early_stopping import EarlyStopping
from gradus.initializers import he_normal, lecun_normal
from gradus.layers import MLP, Activation, BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Sequential
from gradus.optimizers import Adam, Momentum
from gradus.schedules import one_cycle
from gradus.training import evaluate, fit, predict

SPLITS = range(10, 15)


def shifted(X, rng):
    """Each image moved by up to one pixel up or down, left or right; background comes in."""
    images = np.pad(X[:, 0], ((0, 0), (1, 1), (1, 1)))
    n, row, col = np.arange(len(X))[:, None, None], np.arange(8)[:, None], np.arange(8)
    down, right = rng.integers(0, 3, (2, len(X), 1, 1))
    return images[n, row + down, col + right][:, None]


def plain_net(rng):
    return MLP([64, 256, 128, 10], rng=rng, dtype=np.float32)


def conv_net(rng):
    made = {"rng": rng, "dtype": np.float32}
    return Sequential(
        Conv2d(1, 16, 3, padding=1, **made),
        Activation("relu"),
        Conv2d(16, 32, 3, padding=1, **made),
        Activation("relu"),
        MaxPool2d(2),
        Flatten(),
        Dropout(0.3, rng=rng),
        Linear(512, 64, **made),
        Activation("relu"),
        Dropout(0.3, rng=rng),
        Linear(64, 10, **made),
    )


def accuracy_on_digits(make, seed, shape, epochs=30, batch=32, **how):
    """Test accuracy and seconds of training, for one random split."""
    rng = np.random.default_rng(seed)
    X, y, X_test, y_test = load_digits_split(rng, standardize=False, dtype=np.float32)
    X, X_test = (images.reshape(-1, *shape) / np.float32(16) for images in (X, X_test))
    net, steps = make(rng), epochs * (len(X) // batch)
    rate = LearningRate(lambda t: one_cycle(t, steps, lr_max=0.004))
    start = time.perf_counter()
    fit(net, X, y, optimizer=Adam(net), epochs=epochs, batch=batch, rng=rng, callbacks=[rate], **how)
    seconds = time.perf_counter() - start
    return evaluate(net, X_test, y_test)[1], seconds


def report(name, results):
    accuracy, seconds = np.transpose(results)
    print(f"\n{name}: test accuracy {accuracy.mean():.4f} ({accuracy.min():.4f} to {accuracy.max():.4f})", end=", ")
    print(f"{np.median(seconds):.2f} s of training (median of {len(seconds)} splits)")
    return accuracy.mean()


def test_an_ordinary_network_reads_digits():
    results = [accuracy_on_digits(plain_net, seed, (64,)) for seed in SPLITS]
    assert report("64-256-128-10", results) >= 0.975


@pytest.mark.slow
@pytest.mark.parametrize("augment", [None, shifted], ids=["as they are", "shifted"])
def test_a_small_convolutional_network_reads_them_better(augment):
    results = [accuracy_on_digits(conv_net, seed, (1, 8, 8), augment=augment) for seed in SPLITS]
    assert report(f"convolutional, {augment.__name__ if augment else 'not shifted'}", results) >= 0.985


@pytest.mark.slow
def test_an_ordinary_network_takes_less_than_ten_seconds():
    assert np.median([accuracy_on_digits(plain_net, seed, (64,))[1] for seed in SPLITS]) < 10


def test_shifting_moves_images_as_numpys_roll_does():
    rng = np.random.default_rng(0)
    X = np.zeros((200, 1, 8, 8))
    X[:, 0, 1:-1, 1:-1] = rng.random((200, 6, 6))
    seen = set()
    for before, after in zip(X[:, 0], shifted(X, rng)[:, 0], strict=True):
        (shift,) = [
            (i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if np.array_equal(np.roll(before, (i, j), (0, 1)), after)
        ]
        seen.add(shift)
    assert len(seen) == 9


@pytest.mark.parametrize("width", [100, 300])
def test_fifty_selu_layers_keep_mean_0_and_standard_deviation_1(width):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        net = MLP([width] * 51 + [10], "selu", rng=rng)
        outputs = net.activations(rng.standard_normal((256, width)))
        assert len(outputs) == 50
        assert max(abs(a.mean()) for a in outputs) < 0.1, seed
        assert max(abs(a.std() - 1) for a in outputs) < 0.1, seed


def test_fifty_selu_layers_find_their_way_back_to_mean_0_and_standard_deviation_1():
    rng = np.random.default_rng(0)
    net = MLP([300] * 51 + [10], "selu", rng=rng)
    outputs = net.activations(0.5 + 1.5 * rng.standard_normal((256, 300)))
    assert abs(outputs[0].std() - 1) > 0.3
    assert max(abs(a.mean()) for a in outputs[25:]) < 0.1
    assert max(abs(a.std() - 1) for a in outputs[25:]) < 0.1


def test_with_other_weights_or_another_activation_they_do_not():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((256, 100))
    for net in (
        MLP([100] * 51 + [10], "selu", rng=rng, init=he_normal),
        MLP([100] * 51 + [10], "elu", rng=rng, init=lecun_normal),
    ):
        assert abs(net.activations(X)[-1].std() - 1) > 0.5


def test_float32_stays_float32_in_a_whole_training_run():
    rng = np.random.default_rng(0)
    made = {"rng": rng, "dtype": np.float32}
    net = Sequential(
        Conv2d(1, 4, 3, padding=1, **made),
        Activation("selu"),
        MaxPool2d(2),
        Flatten(),
        Linear(64, 16, **made),
        BatchNorm(16, dtype=np.float32),
        Activation("relu"),
        Dropout(0.2, rng=rng),
        Linear(16, 10, **made),
    )
    optimizer, dtypes, X, y = Adam(net), set(), rng.random((96, 1, 8, 8)), rng.integers(0, 10, 96)

    def look(net, optimizer, history):
        arrays = [net.flat, net.flat_grad, *net.state_dict().values(), *(out for _, out in net.outputs(X[:4]))]
        arrays += [p.grad for p in net.params()]
        arrays += [a for a in optimizer.state_dict().values() if isinstance(a, np.ndarray) and a.ndim]
        dtypes.update(a.dtype for a in arrays)

    X = X.astype(np.float32)
    callbacks = [look, LearningRate(lambda t: np.float64(0.01)), ClipNorm(1.0), StopEarly(EarlyStopping(5))]
    history = fit(net, X, y, X_val=X, y_val=y, optimizer=optimizer, epochs=3, rng=rng, callbacks=callbacks)
    assert dtypes == {np.dtype(np.float32)} == {predict(net, X).dtype}
    recorded = [value for values in (*history.values(), *history.per_step.values()) for value in values]
    assert {type(value) for value in recorded} == {float}


def digits_net():
    rng = np.random.default_rng(0)
    X, y, *_ = load_digits_split(rng, dtype=np.float32)
    net = Sequential(
        Linear(64, 32, rng=rng, dtype=np.float32),
        BatchNorm(32, dtype=np.float32),
        Activation("tanh"),
        Dropout(0.1, rng=rng),
        Linear(32, 10, rng=rng, dtype=np.float32),
    )
    return net, {"X": X, "y": y, "X_val": X[:100], "y_val": y[:100], "optimizer": Momentum(net, 0.01), "rng": rng}


def test_a_thousand_training_steps_leave_no_cyclic_garbage():
    net, how = digits_net()
    fit(net, **how, epochs=1)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)  # what the collector finds, it keeps in gc.garbage
    try:
        history = fit(net, **how, epochs=24, callbacks=[ClipNorm(1.0), LearningRate(lambda t: 0.01)])
        gc.collect()
        garbage = [repr(x)[:80] for x in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert len(history.steps) > 1000 and garbage == []


def test_memory_is_flat_over_a_thousand_training_steps():
    net, how = digits_net()
    sizes = []

    def measure(net, optimizer, history):
        if len(history.steps) in (100, 1100):
            sizes.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        fit(net, **how, epochs=27, callbacks=[measure])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 60_000  # a thousand losses, 24 + 8 bytes each; one graph of a step has 20,000 at least


def test_evaluation_in_batches_needs_the_memory_of_a_batch():
    rng = np.random.default_rng(0)
    net = conv_net(rng)
    X, y = rng.random((1797, 1, 8, 8), np.float32), rng.integers(0, 10, 1797)
    results, peaks = [], []
    for batch in (64, 1797):
        tracemalloc.start()
        try:
            results.append(evaluate(net, X, y, batch=batch))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)
    assert peaks[0] < peaks[1] / 10
