"""Training: trajectories against PyTorch, digits learnt, what is recorded, and what happens when it goes wrong."""

import gc
import io
import sys
import time
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gradus import Function, Variable, no_grad
from gradus import functions as F
from gradus.clipping import clip_by_global_norm, clip_by_value, global_norm
from gradus.data import load_digits_split
from gradus.initializers import constant
from gradus.layers import MLP, Activation, BatchNorm, Conv2d, Dropout, Flatten, Layer, Linear, Sequential
from gradus.optimizers import Adam, GradientDescent, Momentum
from gradus.plotting import curves
from gradus.training import Divergence, History, evaluate, fit, predict
from record_golden import expected

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


def blobs(rng, N=60, dtype=np.float64):
    """Three clouds in the plane, far apart."""
    y = rng.integers(0, 3, N)
    X = 4 * np.array([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])[y] + rng.standard_normal((N, 2))
    return X.astype(dtype), y


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


@pytest.mark.parametrize("clip", [None, lambda grads: clip_by_value(grads, 1e300)], ids=["", "with clipping"])
def test_divergence_ends_training_and_says_where(rng, clip):
    X, y = blobs(rng)
    net = MLP([2, 8, 8, 3], rng=rng)
    history = fit(net, 10 * X, y, optimizer=GradientDescent(net, 1e30), epochs=50, batch=20, rng=rng, clip=clip)
    where = history.diverged
    assert where.epoch * 3 + where.step + 1 == len(history.steps) < 150
    assert len(history["train_loss"]) == where.epoch
    number, kind = where.layer.split()
    with no_grad(), np.errstate(all="ignore"):
        outputs = [a for _, a in net.outputs(10 * X)]
    assert not np.isfinite(outputs[int(number)]).all() and type(net.layers[int(number)]).__name__ == kind
    assert f"epoch {where.epoch}, step {where.step}" in str(where) and f"layer {where.layer}" in str(where)


def test_divergence_in_the_last_step_is_seen_in_the_parameters(rng):
    X, y = blobs(rng, N=4)
    net = MLP([2, 8, 3], rng=rng)
    history = fit(net, 1e200 * X, y, optimizer=GradientDescent(net, 1e200), epochs=1, batch=4, rng=rng)
    assert np.isfinite(history.steps).all() and history.diverged.step == 0 and history["train_loss"] == []


class Own(Layer):
    """A network of a reader's own: a dense layer and a function after it."""

    def __init__(self, function, fan_out=3):
        self.linear = Linear(2, fan_out, rng=np.random.default_rng(0))
        self.function = function

    def forward(self, x):
        return self.function(self.linear(x))


def test_no_step_is_taken_where_the_loss_is_not_finite(rng):
    net = Own(lambda z: z * np.inf)
    before = net.flat.copy()
    where = fit(net, *blobs(rng), optimizer=Adam(net), epochs=3, rng=rng).diverged
    assert (where.epoch, where.step, where.layer) == (0, 0, "Own")
    np.testing.assert_array_equal(net.flat, before)


def test_gradients_that_are_not_finite_are_not_clipped_but_reported(rng):
    class Steep(Function):
        def forward(self, x):
            return 1.0 * x

        def backward(self, gy):
            return gy * np.inf

    net = Own(lambda z: Steep()(z))
    with pytest.raises(ValueError, match=r"grads.* must be finite"):
        clip_by_global_norm([np.array([np.inf])], 1.0)
    history = fit(
        net, *blobs(rng), optimizer=Adam(net), epochs=3, rng=rng, clip=lambda g: clip_by_global_norm(g, 1.0)[0]
    )
    assert (history.diverged.epoch, history.diverged.step) == (0, 0) and np.isfinite(history.steps).all()


def test_a_gradient_that_is_not_finite_is_named_and_no_step_is_taken(rng):
    class Steep(Function):
        def forward(self, x):
            return 1.0 * x

        def backward(self, gy):
            return gy * np.inf

    class SteepLayer(Layer):
        def forward(self, x):
            return Steep()(x)

    X, y = blobs(rng)
    inner = Sequential(BatchNorm(4), SteepLayer())
    net = Sequential(Linear(2, 4, rng=rng), inner, Linear(4, 3, rng=rng))
    before = net.state_dict()
    where = fit(net, X, y, optimizer=Adam(net), epochs=3, rng=rng).diverged
    assert (where.epoch, where.step, where.layer, where.parameter) == (0, 0, "1.0 BatchNorm", "1.0.beta")
    assert np.isfinite(where.loss) and "the gradient of 1.0.beta, layer 1.0 BatchNorm, is not" in str(where)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_a_huge_gradient_whose_square_overflows_is_no_divergence(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng, dtype=np.float32)
    history = fit(net, X, y, optimizer=GradientDescent(net, 1e-30), loss=huge, epochs=1, rng=rng)
    assert history.diverged is None and np.linalg.norm(net.params()[0].grad.astype(float)) > 1e20


def huge(outputs, y):
    return 1e25 * F.softmax_cross_entropy(outputs, y)


def test_the_layer_that_overflows_is_named_within_its_sequential(rng):
    class Blow(Layer):
        def forward(self, x):
            return x * 1e308 * 10.0

    X, y = blobs(rng)
    inner = Sequential(Linear(4, 4, rng=rng), Sequential(Activation("tanh"), Blow()), Activation("relu"))
    net = Sequential(Linear(2, 4, rng=rng), BatchNorm(4), inner, Linear(4, 3, rng=rng))
    before = net.state_dict()
    where = fit(net, X, y, optimizer=Adam(net), epochs=2, rng=rng).diverged
    assert where.layer == "2.1.1 Blow" and str(where).endswith("come out of layer 2.1.1 Blow")
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)  # running statistics, too


def test_a_layer_that_stands_in_two_places_has_the_name_of_the_first(rng):
    X, y = blobs(rng)
    shared = Own(lambda z: z * np.inf, fan_out=2)
    net = Sequential(Activation("tanh"), shared, shared, Linear(2, 3, rng=rng))
    assert fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng).diverged.layer == "1 Own"


def test_what_overflows_with_one_mask_only_is_found_with_that_mask(rng):
    class Fragile(Layer):
        def forward(self, x):
            return x * np.inf if x.data[0, 0] == 0 else x

    X, y = blobs(rng)
    net = Sequential(
        Linear(2, 8, rng=rng), Dropout(0.05, rng=np.random.default_rng(3)), Fragile(), Linear(8, 3, rng=rng)
    )
    masks = []
    net.layers[1].rng = generator = np.random.default_rng(3)
    history = fit(
        net,
        X,
        y,
        optimizer=Adam(net),
        epochs=50,
        batch=10,
        rng=rng,
        callbacks=[lambda net, optimizer, history: masks.append(generator.bit_generator.state)],
    )
    assert history.diverged.layer == "2 Fragile" and len(history.steps) > 1
    assert generator.bit_generator.state == masks[-1]  # as before the step that failed


def test_a_loss_that_is_not_finite_after_finite_outputs_is_named(rng):
    net = MLP([2, 3], rng=rng)
    history = fit(net, *blobs(rng), optimizer=Adam(net), epochs=2, rng=rng, loss=lambda out, y: F.sum(out) * np.inf)
    assert history.diverged.layer == "loss" and not history.diverged.parameter
    history = fit(
        net, *blobs(rng), optimizer=Adam(net), epochs=2, rng=rng, penalty=lambda net: Variable(np.array(np.inf))
    )
    assert history.diverged.layer == "loss" and np.isfinite(history.steps).all()


def test_parameters_that_overflow_behind_finite_outputs_are_named(rng):
    net = Own(lambda z: F.tanh(z))

    def spoil(net, optimizer, history):
        net.linear.b.data[0] = np.inf

    history = fit(net, *blobs(rng), optimizer=Adam(net), epochs=2, rng=rng, callbacks=[spoil], batch=60)
    assert history.diverged == Divergence(0, 0, "linear Linear", history.steps[0])


class Regression:
    """A problem with real targets."""

    def __init__(self, rng, N=48):
        self.X = rng.standard_normal((N, 4))
        self.Y = np.sin(self.X @ rng.standard_normal((4, 2)))


def test_regression_is_that_of_pytorch(torch, rng):
    data = Regression(rng)
    net = MLP([4, 9, 2], "tanh", rng=rng)
    model = torch.nn.Sequential(torch.nn.Linear(4, 9), torch.nn.Tanh(), torch.nn.Linear(9, 2)).double()
    with torch.no_grad():
        for p, array in zip(model.parameters(), [p.data for p in net.params()], strict=True):
            p.copy_(torch.tensor(array.T.copy()))
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=0.01, foreach=False), []
    for _ in range(5):
        for i in range(0, 48, 16):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(
                model(torch.tensor(data.X[i : i + 16])), torch.tensor(data.Y[i : i + 16])
            )
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    history = fit(
        net,
        data.X,
        data.Y,
        X_val=data.X,
        y_val=data.Y,
        optimizer=Adam(net, 0.01),
        epochs=5,
        batch=16,
        rng=rng,
        loss=F.mean_squared_error,
        shuffle=False,
    )
    np.testing.assert_allclose(history.steps, losses, rtol=1e-10)
    assert history["train_accuracy"] == [] == history["val_accuracy"]
    loss, accuracy = evaluate(net, data.X, data.Y, loss=F.mean_squared_error)
    assert loss == pytest.approx(np.mean((predict(net, data.X) - data.Y) ** 2), rel=1e-12) == history["val_loss"][-1]
    assert np.isnan(accuracy)


def test_an_autoencoder_learns_from_its_own_inputs(rng):
    codes = rng.standard_normal((200, 2))
    X = (codes @ rng.standard_normal((2, 6))).astype(np.float32)
    net = MLP([6, 2, 6], "identity", rng=rng, dtype=np.float32)
    how = {"optimizer": Adam(net, 0.02), "epochs": 60, "rng": rng, "loss": F.mean_squared_error}
    history = fit(net, X, (100 * X).astype(int) / 100, **how)
    assert history["train_loss"][-1] < 0.01 * history["train_loss"][0]
    assert {type(v) for v in history.steps} == {float} and net.flat.dtype == np.float32


def test_another_loss_on_labels_records_the_accuracy(rng):
    X, y = blobs(rng)

    def smoothed(outputs, y):
        return 0.9 * F.softmax_cross_entropy(outputs, y) + 0.1 * F.mean(outputs * outputs)

    net = MLP([2, 3], rng=rng)
    history = fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net, 0.1), epochs=5, rng=rng, loss=smoothed)
    assert history["val_accuracy"][-1] > 0.9 and len(history["train_accuracy"]) == 5
    one = Sequential(Linear(2, 1, rng=rng))  # of one output there is no largest
    assert np.isnan(evaluate(one, X, y, loss=lambda out, y: F.mean(out))[1])


def test_the_penalty_is_added_once_and_recorded_by_itself(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], init=constant, rng=rng)
    seen = []

    def penalty(net):
        seen.append(1)
        return 0.5 * F.sum(net.layers[0].b * net.layers[0].b) + 7.0

    history = fit(net, X, y, optimizer=GradientDescent(net, 0.1), epochs=2, batch=20, rng=rng, penalty=penalty)
    assert len(seen) == len(history.steps) == len(history.per_step["penalty"]) == 6
    assert history.per_step["penalty"][0] == 7 and history.steps[0] == pytest.approx(np.log(3), rel=1e-14)
    assert history["penalty"] == pytest.approx([np.mean(history.per_step["penalty"][i : i + 3]) for i in (0, 3)])
    assert "penalty" not in fit(net, X, y, optimizer=GradientDescent(net, 0.1), epochs=1, rng=rng)


def test_without_shuffling_samples_come_in_order_and_the_rng_is_not_used(rng):
    X, y = np.arange(10.0)[:, None], np.arange(10) % 3
    net, seen = Sequential(Linear(1, 3, rng=rng)), []
    net.layers[0].forward = lambda x, forward=net.layers[0].forward: (seen.append(x[:, 0].tolist()), forward(x))[1]
    state = rng.bit_generator.state
    fit(net, X, y, optimizer=Adam(net), epochs=1, batch=4, rng=rng, shuffle=False)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7]] and rng.bit_generator.state == state
    fit(net, X, y, optimizer=Adam(net), epochs=1, batch=4, rng=rng, shuffle=False, drop_last=False)
    assert seen[2:] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    fit(net, X, y, optimizer=Adam(net), epochs=1, batch=5, rng=rng)
    assert sorted(seen[5] + seen[6]) == list(range(10)) and seen[5] != [0, 1, 2, 3, 4]


def test_augmented_inputs_are_trained_on_and_nothing_else(rng):
    X, y = np.zeros((12, 2)), np.arange(12) % 3
    net, seen = MLP([2, 3], rng=rng), []
    net.layers[0].forward = lambda x, forward=net.layers[0].forward: (seen.append(x[0, 0]), forward(x))[1]
    given = []

    def one_more(X, rng):
        given.append((X.shape, rng))
        return X + 1

    fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net), epochs=1, batch=6, rng=rng, augment=one_more)
    assert seen == [1, 1, 0] and given == [((6, 2), rng)] * 2 and not X.any()


def test_images_go_through_convolutions(rng):
    X, y = rng.random((20, 1, 6, 6)), rng.integers(0, 3, 20)
    net = Sequential(Conv2d(1, 4, 3, rng=rng), Activation("relu"), Flatten(), Linear(64, 3, rng=rng))
    history = fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net, 0.01), epochs=60, batch=10, rng=rng)
    assert history["val_accuracy"][-1] > 0.9
    assert predict(net, X, batch=7).shape == (20, 3)


def test_batches_do_not_change_what_is_evaluated_and_predicted(rng):
    X, y = blobs(rng)
    net = Sequential(Linear(2, 8, rng=rng), BatchNorm(8), Dropout(0.5, rng=rng), Linear(8, 3, rng=rng))
    fit(net, X, y, optimizer=Adam(net), epochs=2, rng=rng)
    whole = evaluate(net, X, y)
    outputs = predict(net, X)
    np.testing.assert_allclose(
        whole[0], np.mean(-np.log(np.exp(outputs) / np.exp(outputs).sum(1, keepdims=True))[range(60), y])
    )
    assert whole[1] == np.mean(outputs.argmax(axis=1) == y)
    for batch in (1, 7, 60, 61):
        np.testing.assert_allclose(evaluate(net, X, y, batch=batch), whole, rtol=1e-12)
        np.testing.assert_allclose(predict(net, X, batch=batch), outputs, rtol=1e-12)
    assert all(layer.training for _, layer in net.named_layers())


def test_after_an_error_in_evaluation_modes_and_recording_are_as_before(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    for call in (lambda: evaluate(net, X[:, :1], y), lambda: predict(net, X[:, :1])):
        with pytest.raises(ValueError, match="Linear with x of shape"):
            call()
        assert net.training and (Variable(np.ones(1)) * 2.0).creator is not None


def test_history_is_printed_as_a_table(rng):
    history = History()
    assert repr(history) == "no epoch yet"
    for i in range(3):
        history.record(train_loss=1 / (i + 3), train_accuracy=0.5)
        history.seconds.append(0.1)
    history.record(lr=0.1)
    assert repr(history).split("\n") == [
        "epoch  train_loss  train_accuracy   lr",
        "    1      0.3333             0.5  0.1",
        "    2        0.25             0.5     ",
        "    3         0.2             0.5     ",
    ]
    history.stopped = True
    assert repr(history).endswith("\nstopped early")
    history.stopped, history.diverged = False, Divergence(3, 1, "2 Linear", 0.5)
    assert repr(history).endswith("\n" + str(history.diverged)) and "epoch 3, step 1" in repr(history)
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    lines = repr(fit(net, X, y, optimizer=Adam(net), epochs=45, rng=rng)).split("\n")
    assert [line.split()[0] for line in lines[1:]] == [*map(str, range(1, 11)), "…", *map(str, range(36, 46))]
    assert len(repr(fit(net, X, y, optimizer=Adam(net), epochs=20, rng=rng)).split("\n")) == 21


def test_history_is_plotted_as_it_is(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    history = fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net), epochs=4, rng=rng)
    with plt.rc_context():
        figure = curves({"train": history["train_loss"], "test": history["val_loss"]}, title="Learnt", ylabel="loss")
    drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert history["train_loss"] in drawn and history["val_loss"] in drawn
    plt.close(figure)


def test_history_counts_epochs_steps_and_seconds(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    history = fit(net, X, y, optimizer=Adam(net), epochs=3, batch=20, rng=rng)
    assert history.epochs == len(history.seconds) == 3 and all(s > 0 for s in history.seconds)
    assert history.steps is history.per_step["loss"] and len(history.steps) == 9
    assert repr(fit(net, X, y, optimizer=Adam(net), epochs=0, rng=rng)) == "no epoch yet"


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


def test_progress_is_shown_on_request_and_needs_tqdm_only_then(rng, capsys, monkeypatch):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    fit(net, X, y, optimizer=Adam(net), epochs=3, rng=rng, progress=True)
    assert "3/3" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng)
    with pytest.raises(ImportError):
        fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng, progress=True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_is_shown_to_whoever_sits_at_a_terminal_if_there_is_tqdm(rng, monkeypatch):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    shown = {}
    for name, progress, stream, epochs in (
        ("quiet", None, io.StringIO(), 3),
        ("short", None, Terminal(), 3),
        ("off", False, Terminal(), 3),
        ("asked", True, io.StringIO(), 3),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        how = {"epochs": epochs, "rng": rng, "progress": progress}
        history = fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net), **how)
        shown[name] = stream.getvalue()
    assert not shown["quiet"] and not shown["off"] and "loss" not in shown["short"]
    last = f"loss {history['train_loss'][-1]:.4g}, val_loss {history['val_loss'][-1]:.4g}, "
    assert "3/3" in shown["asked"] and last + f"val_accuracy {history['val_accuracy'][-1]:.4g}" in shown["asked"]
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    fit(
        net,
        X,
        y,
        optimizer=Adam(net),
        epochs=3,
        rng=rng,
        batch=60,
        callbacks=[lambda net, optimizer, history: time.sleep(0.6)],
    )
    assert "3/3" in terminal.getvalue()  # it takes more than a second
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng)
    assert terminal.getvalue() == ""


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
        ({"clip": lambda grads: grads[:1]}, ValueError, "fit: clip must return gradients of the shapes it was given"),
        ({"clip": 1.0}, TypeError, "fit: clip must be"),
        ({"callbacks": [1]}, TypeError, r"fit: callbacks\[0\] must be"),
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
        ({"y": DATA["y"] - 1, "loss": huge}, ValueError, "fit: y must hold labels of at least 0"),
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
