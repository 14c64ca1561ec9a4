"""What fit, evaluate and predict can do besides: other losses, penalties, augmentation, images, batches."""

import numpy as np
import pytest
from gradus import Variable
from gradus import functions as F
from gradus.initializers import constant
from gradus.layer import Layer
from gradus.layers import MLP, Activation, BatchNorm, Conv2d, Dropout, Flatten, Linear, Sequential
from gradus.optimizers import Adam, GradientDescent
from gradus.training import evaluate, fit, predict
from training_problems import blobs


@pytest.fixture
def rng():
    return np.random.default_rng(0)


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


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_integers_are_the_targets_of_a_regression_like_other_numbers(dtype, rng):
    X, y = rng.standard_normal((10, 3)).astype(dtype), np.arange(10) - 5
    seen, losses, paths = [], [], []

    def squared(outputs, y):
        seen.append(y.dtype)
        return F.mean_squared_error(F.reshape(outputs, y.shape), y)

    for targets, loss in ((y[:, None], F.mean_squared_error), (1.0 * y, squared), (y, squared)):
        net = MLP([3, 4, 1], "tanh", rng=np.random.default_rng(0), dtype=dtype)
        history = fit(
            net,
            X,
            targets,
            X_val=X,
            y_val=targets,
            optimizer=Adam(net),
            epochs=3,
            batch=5,
            rng=np.random.default_rng(1),
            loss=loss,
        )
        assert history["train_accuracy"] == [] == history["val_accuracy"]
        losses.append(history.steps + history["val_loss"])
        paths.append(net.flat)
    assert {np.dtype(dtype), np.dtype(int)} == set(seen) and {path.dtype for path in paths} == {np.dtype(dtype)}
    for other in (1, 2):
        np.testing.assert_allclose(losses[other], losses[0], rtol=1e-12 if dtype is np.float64 else 1e-5)


def test_mean_squared_error_gets_whole_numbers_in_the_dtype_of_the_outputs(rng):
    X, y = rng.standard_normal((6, 3)), np.arange(6) - 3
    runs = []
    for targets in (y, y.astype(np.float32)):
        net = Sequential(Linear(3, 2, rng=np.random.default_rng(1), dtype=np.float32), Flat())
        history = fit(
            net, X, targets, optimizer=Adam(net), epochs=5, batch=6, rng=rng, loss=F.mean_squared_error, shuffle=False
        )
        runs.append((history.steps, net.flat.tolist()))
    assert runs[0] == runs[1]  # bit by bit: no float64 on the way
    total, accuracy = evaluate(net, X, y, loss=F.mean_squared_error)
    assert total == pytest.approx(np.mean((predict(net, X) - y) ** 2), rel=1e-6) and np.isnan(accuracy)


class Flat(Layer):
    """The sum of the outputs, one number for each sample."""

    def forward(self, x):
        return F.sum(x, axis=1)


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
