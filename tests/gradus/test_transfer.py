"""Transfer: what is copied, what stays, what moves at which rate; PyTorch's fine-tuning as an oracle."""

import numpy as np
import pytest
from gradus import data, pretext_tasks, pretraining, transfer
from gradus import functions as F
from gradus.layers import MLP, Activation, BatchNorm, Linear, Sequential
from gradus.optimizers import Adam, GradientDescent, Momentum
from gradus.training import fit
from gradus.transfer import copy_layers, discriminative_lr, lr_groups, sample_few, split_by_class, trainable


def rng(seed=0):
    return np.random.default_rng(seed)


def task(N=60, D=6, C=3, seed=0):
    generator = rng(seed)
    return generator.standard_normal((N, D)), generator.integers(0, C, N)


def test_classes_are_split_and_numbered_anew():
    y = np.array([7, 3, 9, 3, 1, 7, 0])
    X = np.arange(7.0)[:, None]
    (X_in, y_in), (X_out, y_out) = split_by_class(X, y, [7, 3])
    assert (X_in[:, 0].tolist(), y_in.tolist()) == ([0, 1, 3, 5], [0, 1, 1, 0])
    assert (X_out[:, 0].tolist(), y_out.tolist()) == ([2, 4, 6], [2, 1, 0])  # 9, 1, 0 among 0, 1, 9
    (_, y_in), (X_out, y_out) = split_by_class(X, y, (0, 1, 3, 7, 9))
    np.testing.assert_array_equal(np.array([0, 1, 3, 7, 9])[y_in], y)
    assert X_out.shape == (0, 1) and y_out.shape == (0,)


def test_a_split_of_the_digits_is_boolean_indexing():
    X, y = data.load_digits_images()
    (X_low, y_low), (X_high, y_high) = split_by_class(X, y, range(5))
    np.testing.assert_array_equal(X_low, X[y < 5])
    np.testing.assert_array_equal(X_high, X[y >= 5])
    np.testing.assert_array_equal(y_low, y[y < 5])
    np.testing.assert_array_equal(y_high, y[y >= 5] - 5)


def test_samples_are_few_by_one_function_of_two_names():
    assert sample_few is data.few_labels
    X, y = sample_few(*task(), 4, rng())
    assert np.bincount(y).tolist() == [4, 4, 4] and X.shape == (12, 6)


def network(batchnorm="pre", seed=0, sizes=(6, 5, 4, 3), dtype=np.float64):
    return MLP(list(sizes), "tanh", rng=rng(seed), batchnorm=batchnorm, dtype=dtype)


def trained(net, seed=0, epochs=2, lr=0.1, **kwargs):
    X, y = task(seed=seed)
    fit(net, X, y, optimizer=GradientDescent(net, lr), epochs=epochs, batch=20, rng=rng(), **kwargs)
    return net


def test_copied_layers_are_equal_and_the_others_as_they_were():
    source, net = trained(network(seed=0)), network(seed=1)
    before = net.state_dict()
    copy_layers(source, net, [0, 1])  # dense layer and batch normalization
    theirs, ours = source.state_dict(), net.state_dict()
    for name, array in ours.items():
        copied = name.startswith(("0.", "1."))
        np.testing.assert_array_equal(array, theirs[name] if copied else before[name])
    assert not np.array_equal(ours["1.running_mean"], before["1.running_mean"])  # buffers, too
    X, _ = task(seed=2)
    for a, b in list(zip(source.eval().outputs(X), net.eval().outputs(X), strict=True))[:2]:
        np.testing.assert_array_equal(a[1], b[1])


def test_a_number_of_layers_counts_from_the_bottom():
    source = trained(network())
    by_number, by_place = network(seed=1), network(seed=1)
    copy_layers(source, by_number, 5)
    copy_layers(source, by_place, (0, 1, 2, 3, 4))
    np.testing.assert_array_equal(by_number.flat, by_place.flat)
    assert not np.array_equal(by_number.flat, network(seed=1).flat)
    copy_layers(source, by_number, 0)
    np.testing.assert_array_equal(by_number.flat, by_place.flat)
    copy_layers(source, by_number, len(source.layers))
    np.testing.assert_array_equal(by_number.flat, source.flat)


def test_nothing_is_shared_and_training_the_copy_leaves_the_source_alone():
    source, net = trained(network()), network(seed=1)
    flat = net.flat
    copy_layers(source, net, len(source.layers))
    assert net.flat is flat and all(p.data.base is flat for p in net.params())
    for a in source._state().values():
        assert not any(np.shares_memory(a, b) for b in net._state().values())
    before, outputs = source.state_dict(), source.eval()(task()[0]).data
    trained(net, seed=3)
    for name, array in source.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    np.testing.assert_array_equal(source(task()[0]).data, outputs)
    trained(source.train(), seed=3)  # the same steps from the same weights, in the source itself
    np.testing.assert_allclose(source.flat, net.flat, rtol=1e-12)


def test_the_destination_keeps_its_dtype():
    source, net = trained(network()), network(seed=1, dtype=np.float32)
    copy_layers(source, net, 2)
    assert net.flat.dtype == np.float32
    np.testing.assert_array_equal(net.layers[0].W.data, source.layers[0].W.data.astype(np.float32))


def test_layers_that_differ_are_refused_and_nothing_is_changed():
    source = network()
    for net, what in [
        (network(seed=1, sizes=(6, 5, 7, 3)), r"layers must be alike .* at 3: Linear with W \(5, 4\)"),
        (network(None, seed=1), r"at 1: BatchNorm .* and Activation with no parameters"),
    ]:
        before = net.flat.copy()
        with pytest.raises(ValueError, match=what):
            copy_layers(source, net, 4)
        np.testing.assert_array_equal(net.flat, before)


def test_fine_tuning_a_copy_with_frozen_layers_is_pytorchs(torch):
    X, y = task()
    source = trained(network(None, seed=0), epochs=3)
    net = network(None, seed=1, sizes=(6, 5, 4, 3))
    copy_layers(source, net, 2)
    net.layers[0].freeze()
    nn = torch.nn
    theirs = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    with torch.no_grad():
        for ours, layer in zip(net.layers[::2], theirs[::2], strict=True):
            layer.weight.copy_(torch.tensor(ours.W.data.T))
            layer.bias.copy_(torch.tensor(ours.b.data))
    theirs[0].requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in theirs.parameters() if p.requires_grad], 0.1, momentum=0.9)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(theirs(torch.tensor(X)), torch.tensor(y)).backward()
        optimizer.step()
    fit(net, X, y, optimizer=Momentum(net, 0.1), epochs=30, batch=60, rng=rng())
    for ours, layer in zip(net.layers[::2], theirs[::2], strict=True):
        np.testing.assert_allclose(ours.W.data, layer.weight.detach().numpy().T, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(net.layers[0].W.data, source.layers[0].W.data)


def test_a_frozen_copy_of_batch_normalization_keeps_its_statistics():
    source, net = trained(network()), network(seed=1)
    copy_layers(source, net, 3)
    for layer in net.layers[:3]:
        layer.freeze()
    before = net.state_dict()
    trained(net, seed=4)
    for name, array in net.state_dict().items():
        assert np.array_equal(array, before[name]) == name.startswith(("0.", "1.")), name


def test_transfer_pays_where_tasks_share_their_features():
    features = rng(100).standard_normal((20, 8)) / np.sqrt(20)

    def shared_feature_task(seed, C, N):
        generator = rng(seed)
        X = generator.standard_normal((N, 20))
        scores = np.maximum(X @ features, 0) @ generator.standard_normal((8, C))
        return X, (scores - scores.mean(axis=0)).argmax(axis=1)

    X, y = shared_feature_task(1, 6, 2000)
    source = MLP([20, 32, 6], rng=rng(2))
    fit(source, X, y, optimizer=Adam(source, 0.01), epochs=20, rng=rng())
    gains = []
    for seed in range(5):
        X, y = shared_feature_task(10 + seed, 4, 1060)
        accuracy = []
        for copied in (False, True):
            net = MLP([20, 32, 4], rng=rng(seed))
            if copied:
                copy_layers(source, net, 1)
                net.layers[0].freeze()
            fit(net, X[:60], y[:60], optimizer=Adam(net, 0.01), epochs=60, batch=20, rng=rng())
            accuracy.append(np.mean(net(X[60:]).data.argmax(axis=1) == y[60:]))
        gains.append(accuracy[1] - accuracy[0])
    assert np.mean(gains) > 0.08  # TL-03


def test_frozen_parameters_are_filtered_by_name_or_layer():
    net = network(None)
    params = net.named_params()
    assert list(params) == ["0.W", "0.b", "2.W", "2.b", "4.W", "4.b"]
    left = trainable(params, ["0", "4.b"])
    assert list(left) == ["2.W", "2.b", "4.W"]
    assert all(left[name] is params[name] for name in left)
    assert list(params) == ["0.W", "0.b", "2.W", "2.b", "4.W", "4.b"]
    arrays = {"W1": np.ones(2), "W10": np.ones(3), "b1": np.ones(1)}
    assert list(trainable(arrays, {"W1"})) == ["W10", "b1"]  # the name, not whatever starts like it
    assert list(trainable(arrays, ["W1", "W1"])) == ["W10", "b1"]
    assert trainable(arrays, []) == arrays
    assert trainable(arrays, arrays) == {}


def test_a_step_on_the_others_is_one_of_a_frozen_network():
    X, y = task()
    net, by_hand = network(None), network(None)
    net.layers[0].freeze()
    optimizer = GradientDescent(net, 0.1)
    for n in (net, by_hand):
        F.softmax_cross_entropy(n(X), y).backward()
    optimizer.step()
    for p in trainable(by_hand.named_params(), ["0"]).values():
        p.data[...] = p.data - 0.1 * p.grad
    np.testing.assert_allclose(net.flat, by_hand.flat, rtol=1e-13)


def test_what_pretraining_defines_can_be_had_from_here():
    for module in (pretraining, pretext_tasks):
        for name in module.__all__:
            assert getattr(transfer, name) is getattr(module, name) and name in transfer.__all__


def test_rates_shrink_from_the_top_down():
    assert discriminative_lr(3, 0.8, 0.5) == [0.2, 0.4, 0.8]
    assert discriminative_lr(1, 0.3, 0.1) == [0.3]
    assert discriminative_lr(4, 0.01, 1.0) == [0.01] * 4
    rates = discriminative_lr(5, 1e-3, 1 / 2.6)
    np.testing.assert_allclose(rates, np.geomspace(1e-3 / 2.6**4, 1e-3, 5), rtol=1e-12)
    assert all(type(rate) is float for rate in discriminative_lr(2, np.float64(1), np.float64(0.5)))


def test_groups_leave_out_layers_without_parameters():
    net = network(None)
    groups = lr_groups(net.layers, 0.8, 0.5)
    assert [group["lr"] for group in groups] == [0.2, 0.4, 0.8]
    assert [group["layers"] for group in groups] == [[net.layers[0]], [net.layers[2]], [net.layers[4]]]


def test_each_layer_moves_at_its_own_rate():
    X, y = task()
    net = network(None)
    before = {name: p.data.copy() for name, p in net.named_params().items()}
    optimizer = GradientDescent(net, 0.1, groups=lr_groups(net.layers, 0.8, 0.5))
    F.softmax_cross_entropy(net(X), y).backward()
    optimizer.step()
    for name, p in net.named_params().items():
        rate = {"0": 0.2, "2": 0.4, "4": 0.8}[name[0]]
        np.testing.assert_allclose(p.data, before[name] - rate * p.grad, rtol=1e-12)
    for name, rate in zip(("0.W", "2.W", "4.W"), discriminative_lr(3, 0.8, 0.5), strict=True):
        p = net.named_params()[name]
        np.testing.assert_allclose(p.data, before[name] - rate * p.grad, rtol=1e-12)


def test_copies_of_networks_of_layers_within_layers():
    def deep(seed):
        inner = Sequential(Linear(4, 4, rng=rng(seed)), BatchNorm(4), Activation("relu"))
        return Sequential(inner, Linear(4, 2, rng=rng(seed)))

    source, net = deep(0), deep(1)
    source(np.random.default_rng(0).standard_normal((8, 4)) + 3)  # moves the statistics
    copy_layers(source, net, 1)
    np.testing.assert_array_equal(net.layers[0].layers[0].W.data, source.layers[0].layers[0].W.data)
    np.testing.assert_array_equal(net.layers[0].layers[1].running_mean, source.layers[0].layers[1].running_mean)
    assert not np.array_equal(net.layers[1].W.data, source.layers[1].W.data)


NET, (X, Y) = network(), task()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: split_by_class(X, Y[1:], [0]), ValueError, "split_by_class: X and y must hold as many samples"),
        (
            lambda: split_by_class(X, Y, [0, 0]),
            ValueError,
            r"classes must name at least one class, each once, got \[0, 0",
        ),
        (lambda: split_by_class(X, Y, np.arange(0)), ValueError, "classes must name at least one class"),
        (lambda: split_by_class(X, Y, [0, 3]), ValueError, "split_by_class: classes must occur in y, got 3"),
        (lambda: split_by_class(X, Y, [0.5]), TypeError, "split_by_class: classes must hold integer labels"),
        (lambda: copy_layers(NET.layers[0], NET, 1), TypeError, "copy_layers: src must be a Sequential"),
        (lambda: copy_layers(NET, {}, 1), TypeError, "copy_layers: dst must be a Sequential"),
        (lambda: copy_layers(NET, NET, 8), ValueError, "copy_layers: layers must be at most 7, .* got 8"),
        (lambda: copy_layers(NET, NET, [7]), ValueError, "copy_layers: layers must be less than 7, .* got 7"),
        (lambda: copy_layers(NET, NET, -1), ValueError, "copy_layers: layers must be at least 0"),
        (lambda: copy_layers(NET, NET, [-1]), ValueError, "copy_layers: layers must be at least 0"),
        (lambda: copy_layers(NET, NET, ["0"]), TypeError, "copy_layers: layers must be an integer"),
        (lambda: copy_layers(NET, NET, "0"), TypeError, "copy_layers: layers must be an integer"),
        (lambda: trainable([1], []), TypeError, "trainable: params must be a dict"),
        (lambda: trainable({"W": 1}, "W"), TypeError, "trainable: frozen must be a list of names"),
        (lambda: trainable({"W": 1}, [0]), TypeError, "trainable: frozen must hold names, got 0"),
        (
            lambda: trainable({"0.W": 1}, ["1"]),
            ValueError,
            "trainable: frozen must name parameters .* '1'; there are 0.W",
        ),
        (lambda: discriminative_lr(0, 0.1, 0.5), ValueError, "discriminative_lr: layers must be at least 1"),
        (lambda: discriminative_lr(2, 0, 0.5), ValueError, r"discriminative_lr: base must be in \(0, inf\)"),
        (lambda: discriminative_lr(2, 0.1, 0), ValueError, r"discriminative_lr: decay must be in \(0, 1\], got 0"),
        (lambda: discriminative_lr(2, 0.1, 1.1), ValueError, r"discriminative_lr: decay must be in \(0, 1\], got 1.1"),
        (lambda: lr_groups(NET, 0.1, 0.5), TypeError, "lr_groups: layers must be a list of Layers"),
        (lambda: lr_groups([1], 0.1, 0.5), TypeError, r"lr_groups: layers\[0\] must be a Layer"),
        (lambda: lr_groups([Activation("relu")], 0.1, 0.5), ValueError, "layers must hold at least one layer with"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
