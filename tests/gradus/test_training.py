"""Training: trajectories against PyTorch, digits learnt, what is recorded, bad input."""

import gc
from itertools import pairwise

import numpy as np
import pytest
from gradus import functions as F
from gradus.callbacks import ClipNorm
from gradus.clipping import clip_by_global_norm, clip_by_value, global_norm
from gradus.data import load_digits_split
from gradus.early_stopping import EarlyStopping
from gradus.initializers import constant
from gradus.layers import MLP, BatchNorm, Linear, Sequential
from gradus.optimizers import Adam, GradientDescent, Momentum
from gradus.schedules import PerformanceSchedule
from gradus.training import evaluate, fit, predict
from record_golden import expected
from training_problems import blobs

OPTIMIZERS = {
    "gd": lambda net: GradientDescent(net, 0.009),
    "momentum": lambda net: Momentum(net, 0.002),
    "adam": lambda net: Adam(net, 0.05),
}


@pytest.fixture(scope="module")
def oracle():
    return expected("training")


@pytest.fixture(scope="module")
def digits():
    return load_digits_split(np.random.default_rng(0))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_sixty_steps_are_those_of_pytorch(name, oracle):
    X, y, flat = (oracle["problem"][key] for key in ("X", "y", "flat"))
    net = MLP([5, 7, 6, 3], "tanh", rng=np.random.default_rng(0))
    net.flat[...] = flat
    history = fit(net, X, y, optimizer=OPTIMIZERS[name](net), epochs=60, batch=8, rng=np.random.default_rng(0))
    np.testing.assert_allclose(history.steps, oracle[name]["losses"], rtol=1e-10)
    np.testing.assert_allclose(net.flat, oracle[name]["flat"], rtol=1e-10, atol=1e-12)


def test_digits_are_learnt(digits):
    X, y, X_test, y_test = digits
    for seed in range(3):
        rng = np.random.default_rng(seed)
        net = MLP([64, 100, 100, 10], rng=rng)
        fit(net, X, y, optimizer=Adam(net), epochs=15, rng=rng)
        loss, accuracy = evaluate(net, X_test, y_test)
        assert accuracy > 0.95 and loss < 0.2
        assert evaluate(net, X, y)[1] > 0.995


@pytest.mark.parametrize("batchnorm", [None, "pre", "post"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays_float32_in_a_whole_training_run(name, batchnorm, rng):
    X, y = blobs(rng, dtype=np.float32)
    net = MLP([2, 8, 3], "elu", rng=rng, batchnorm=batchnorm, dtype=np.float32)
    optimizer, dtypes = OPTIMIZERS[name](net), set()

    def watch(net, optimizer, history):
        arrays = [net.flat, net.flat_grad, *net.activations(X), *net.state_dict().values()]
        arrays += [v for v in optimizer.state.values() if isinstance(v, np.ndarray)]
        dtypes.update(a.dtype for a in arrays)

    fit(net, X, y, optimizer=optimizer, epochs=2, rng=rng, callbacks=[watch], clip=lambda g: clip_by_value(g, 1.0))
    assert dtypes == {np.dtype(np.float32)}


def test_data_takes_the_dtype_of_the_network(rng):
    X, y = blobs(rng)
    net = MLP([2, 8, 3], rng=rng, dtype=np.float32)
    seen = []
    net.layers[0].forward = lambda x, forward=net.layers[0].forward: (seen.append(x.dtype), forward(x))[1]
    fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng, X_val=X, y_val=y)
    assert set(seen) == {np.dtype(np.float32)} and X.dtype == np.float64


def test_history_holds_what_happened(rng):
    X, y = blobs(rng, N=70)
    net = MLP([2, 3], init=constant, rng=rng)  # all logits 0 at first
    lengths = []
    history = fit(
        net,
        X,
        y,
        optimizer=GradientDescent(net, 0.1),
        epochs=4,
        batch=16,
        rng=rng,
        X_val=X[:20],
        y_val=y[:20],
        callbacks=[lambda net, optimizer, history: lengths.append(len(history.steps))],
    )
    assert history.steps[0] == pytest.approx(np.log(3), rel=1e-14)
    assert lengths == list(range(1, 17))  # 4 epochs of 4 full batches; 6 samples are left out each time
    assert history["train_loss"] == pytest.approx([np.mean(history.steps[i : i + 4]) for i in (0, 4, 8, 12)])
    assert {key: len(value) for key, value in history.items()} == dict.fromkeys(history, 4) and len(history) == 4
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == evaluate(net, X[:20], y[:20])
    assert history["train_accuracy"][-1] > 0.95 and history.diverged is None
    without = fit(net, X, y, optimizer=GradientDescent(net, 0.1), epochs=1, batch=70, rng=rng, drop_last=False)
    assert without["val_loss"] == [] == without["val_accuracy"] and len(without.steps) == 1
    assert without["train_loss"][0] == pytest.approx(history["train_loss"][-1], rel=0.2)


def test_accuracy_in_training_is_the_share_of_right_answers_before_the_step(rng):
    X, y = np.eye(3), np.array([0, 1, 1])
    net = MLP([3, 3], init=lambda shape, rng: np.eye(3), rng=rng)  # predicts 0, 1, 2
    history = fit(net, X, y, optimizer=GradientDescent(net, 1.0), epochs=1, batch=3, rng=rng)
    assert history["train_accuracy"] == [pytest.approx(2 / 3)]
    assert evaluate(net, X, y)[1] == 1.0


def test_one_seed_gives_one_history():
    def run(seed):
        rng = np.random.default_rng(seed)
        X, y = blobs(np.random.default_rng(9))
        net = MLP([2, 8, 3], rng=rng, batchnorm="pre")
        return fit(net, X, y, optimizer=Adam(net), epochs=3, batch=10, rng=rng).steps

    assert run(1) == run(1) != run(2)


def test_a_schedule_is_a_callback(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    optimizer = GradientDescent(net, 1.0)

    def halve(net, optimizer, history):
        optimizer.lr *= 0.5

    fit(net, X, y, optimizer=optimizer, epochs=2, batch=30, rng=rng, callbacks=[halve])
    assert optimizer.lr == 1.0 * 0.5**4


def test_clipping_limits_every_step(rng):
    X, y = blobs(rng)
    net = MLP([2, 8, 3], rng=rng)
    path = [net.flat.copy()]
    fit(
        net,
        1000 * X,
        y,
        optimizer=GradientDescent(net, 0.5),
        epochs=3,
        rng=rng,
        clip=lambda grads: clip_by_global_norm(grads, 0.1)[0],
        callbacks=[lambda net, optimizer, history: path.append(net.flat.copy())],
    )
    lengths = [global_norm(after - before) for before, after in pairwise(path)]
    assert max(lengths) == pytest.approx(0.05, rel=1e-9) and min(lengths) > 0


def test_evaluation_uses_running_statistics(rng):
    X, y = blobs(rng)
    net = MLP([2, 8, 3], rng=rng, batchnorm="pre")
    loss, _ = evaluate(net, X, y)
    one_by_one = np.mean([evaluate(net, X[i : i + 1], y[i : i + 1])[0] for i in range(len(X))])
    assert loss == pytest.approx(one_by_one, rel=1e-10)  # batch statistics of one sample would make all losses equal
    assert not net.layers[1].running_mean.any()


def test_evaluation_leaves_every_mode_as_it_was_and_training_sets_it(rng):
    X, y = blobs(rng)
    net = MLP([2, 8, 3], rng=rng, batchnorm="pre")
    frozen = net.layers[1].eval()
    evaluate(net, X, y)
    assert net.training and not frozen.training and net.layers[2].training
    fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng)
    assert frozen.training and frozen.running_mean.any()


def test_training_leaves_no_cycles_behind(rng):
    X, y = blobs(rng)
    net = MLP([2, 8, 8, 3], rng=rng, batchnorm="post")
    optimizer = Adam(net)
    fit(net, X, y, optimizer=optimizer, epochs=1, rng=rng)
    gc.collect()
    gc.disable()
    try:
        fit(net, X, y, optimizer=optimizer, epochs=5, rng=rng)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_data_are_not_changed(rng):
    X, y = blobs(rng)
    copies = X.copy(), y.copy()
    net = Sequential(BatchNorm(2), Linear(2, 3, rng=rng))
    fit(net, X, y, optimizer=Adam(net), epochs=2, rng=rng, X_val=X, y_val=y)
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(y, copies[1])


R = np.random.default_rng(0)


NET, OTHER = MLP([2, 3], rng=R), MLP([2, 3], rng=R)


DATA = dict(zip("Xy", blobs(R), strict=True))


GOOD = {"net": NET, **DATA, "optimizer": Adam(NET), "epochs": 1, "rng": R}


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"net": [1]}, TypeError, r"fit: net must be a Layer, got \[1\]"),
        ({"X": "a"}, TypeError, "fit: X must be an array of real numbers"),
        (
            {"X": DATA["X"][:5]},
            ValueError,
            r"fit: X and y must hold as many samples, .* got shapes \(5, 2\) and \(60,\)",
        ),
        ({"X": DATA["X"][:0], "y": DATA["y"][:0]}, ValueError, "fit: X and y must hold as many samples, at least one"),
        ({"X": DATA["X"][:, :1]}, ValueError, r"Linear with x of shape \(32, 1\), W of shape \(2, 3\)"),
        ({"y": DATA["X"]}, TypeError, "fit: y must hold integer labels"),
        ({"y": DATA["y"] - 1}, ValueError, "fit: y must hold labels of at least 0, got values from -1"),
        ({"y": DATA["y"] + 1}, ValueError, "y must hold labels of at least 0 and at most 2"),
        ({"optimizer": "adam"}, TypeError, "fit: optimizer must be an Optimizer, got 'adam'"),
        ({"optimizer": Adam(OTHER)}, ValueError, "fit: optimizer must have been made for this net"),
        ({"epochs": 1.5}, TypeError, "fit: epochs must be an integer"),
        ({"epochs": -1}, ValueError, "fit: epochs must be at least 0"),
        ({"batch": 0}, ValueError, "fit: batch must be at least 1"),
        ({"batch": 61}, ValueError, "fit: batch must be at most the number of samples, 60, got 61"),
        ({"rng": 0}, TypeError, "fit: rng must be a numpy.random.Generator"),
        ({"X_val": DATA["X"]}, ValueError, "fit: X_val and y_val must be given together"),
        ({"X_val": DATA["X"], "y_val": DATA["y"][:3]}, ValueError, "fit: X_val and y_val must hold as many samples"),
        ({"clip": lambda grads: grads[:1]}, ValueError, "fit: clip must return 2 gradients, as many as .*, got 1"),
        (
            {"clip": lambda grads: [g.T for g in grads]},
            ValueError,
            r"fit: clip must return gradients of the shapes it was given, got \(3, 2\) for \(2, 3\) as number 0",
        ),
        (
            {"clip": lambda grads: clip_by_global_norm(grads, 1.0)},
            TypeError,
            r"fit: clip must return the list of gradients alone, got a pair; .* clip_by_global_norm\(grads, 1.0\)\[0\]",
        ),
        ({"clip": lambda grads: None}, TypeError, r"fit: clip must return a list of gradients, got None \(NoneType\)"),
        ({"clip": lambda grads: grads[0]}, TypeError, r"fit: clip must return a list of gradients, got an array of"),
        (
            {"clip": lambda grads: [grads[0], None]},
            TypeError,
            r"fit: clip must return arrays of real numbers, got None \(NoneType\) as number 1",
        ),
        (
            {"clip": lambda grads: [g + 1j for g in grads]},
            TypeError,
            r"fit: clip must return arrays of real numbers, got an array of shape \(2, 3\) and dtype complex128",
        ),
        ({"clip": 1.0}, TypeError, "fit: clip must be"),
        ({"callbacks": [1]}, TypeError, r"fit: callbacks\[0\] must be a function, got 1"),
        (
            {"callbacks": [print, EarlyStopping(3)]},
            TypeError,
            r"fit: callbacks\[1\] must be a callback, not what it tells: wrap it, StopEarly\(…\), got .*EarlyStopping",
        ),
        (
            {"callbacks": [PerformanceSchedule(0.1)]},
            TypeError,
            r"fit: callbacks\[0\] must be a callback, .* wrap it, PerformanceRate\(…\)",
        ),
        (
            {"callbacks": [ClipNorm]},
            TypeError,
            r"fit: callbacks\[0\] must be an object, not a class: make an instance, ClipNorm\(…\), got <class",
        ),
        ({"loss": None}, TypeError, "fit: loss must be a function, got None"),
        ({"loss": lambda out, y: 1.0}, TypeError, "fit: loss must return a Variable of one number, got 1.0"),
        ({"loss": lambda out, y: out}, ValueError, r"fit: loss must return .* got one of shape \(32, 3\)"),
        ({"penalty": 0.1}, TypeError, "fit: penalty must be a function"),
        ({"penalty": lambda net: 0.1}, TypeError, "fit: penalty must return a Variable of one number"),
        ({"augment": 1}, TypeError, "fit: augment must be a function"),
        ({"augment": lambda X, rng: X[1:]}, ValueError, r"fit: augment must return 32 inputs, got shape \(31, 2\)"),
        ({"shuffle": 1}, TypeError, "fit: shuffle must be True or False"),
        ({"drop_last": None}, TypeError, "fit: drop_last must be True or False"),
        ({"progress": "yes"}, TypeError, "fit: progress must be True or False"),
        ({"checkpoint": 1}, TypeError, "fit: checkpoint must be a path or a Checkpoint, got 1"),
        ({"y": "a", "loss": F.mean_squared_error}, TypeError, "fit: y must be an array of real numbers"),
    ],
)
def test_bad_input_of_fit_is_named(given, error, message):
    with pytest.raises(error, match=message):
        fit(**GOOD | given)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"net": None}, TypeError, "evaluate: net must be a Layer"),
        ({"y": DATA["y"][:1]}, ValueError, "evaluate: X and y must hold as many samples"),
        ({"y": DATA["y"] + 0.5}, TypeError, "evaluate: y must hold integer labels"),
        ({"batch": 0}, ValueError, "evaluate: batch must be at least 1, got 0"),
        ({"loss": 3}, TypeError, "evaluate: loss must be a function"),
        ({"loss": lambda out, y: 1.0}, TypeError, "evaluate: loss must return a Variable of one number, got 1.0"),
    ],
)
def test_bad_input_of_evaluate_is_named(given, error, message):
    with pytest.raises(error, match=message):
        evaluate(**{"net": NET} | DATA | given)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"net": None}, TypeError, "predict: net must be a Layer"),
        ({"X": "a"}, TypeError, "predict: X must be an array of real numbers"),
        ({"X": DATA["X"][:0]}, ValueError, r"predict: X must hold at least one sample, got shape \(0, 2\)"),
        ({"X": 1.0}, ValueError, r"predict: X must hold at least one sample, got shape \(\)"),
        ({"batch": 1.5}, TypeError, "predict: batch must be an integer"),
    ],
)
def test_bad_input_of_predict_is_named(given, error, message):
    with pytest.raises(error, match=message):
        predict(**{"net": NET, "X": DATA["X"]} | given)
