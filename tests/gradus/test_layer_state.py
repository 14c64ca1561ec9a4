"""What layers keep: freezing, parameter counts and the summary, files and their damage."""

import numpy as np
import pytest
from gradus import functions as F
from gradus.layers import MLP, BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Sequential
from gradus.optimizers import GradientDescent

Y = np.array([0, 1] * 4)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def net(rng):
    net = MLP([4, 3, 3, 2], "tanh", rng=rng, batchnorm="pre")
    net(rng.standard_normal((8, 4)))  # moves the running statistics
    return net


def same(first, second):
    assert first.keys() == second.keys()
    return all((first[name] == second[name]).all() for name in first)


# Freezing


def test_freezing_reaches_all_layers_and_unfreezing_too(net):
    assert not any(layer.frozen for _, layer in net.named_layers())
    assert net.freeze() is net and all(layer.frozen for _, layer in net.named_layers())
    assert net.unfreeze() is net and not any(layer.frozen for _, layer in net.named_layers())
    net[0].freeze()
    assert [layer.frozen for layer in net] == [True] + [False] * 6


def test_frozen_batch_normalization_is_that_of_use_and_rests_in_training(net, rng):
    layer, X = net[1], 5 + rng.standard_normal((8, 3))
    mean, var = layer.running_mean.copy(), layer.running_var.copy()
    expected = layer.eval()(X).data
    out = layer.train().freeze()(X).data
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(layer.running_mean, mean)
    np.testing.assert_array_equal(layer.running_var, var)
    layer.unfreeze()(X)
    assert (layer.running_mean != mean).all()


def test_gradients_pass_through_frozen_layers_to_those_below(net, rng):
    X = rng.standard_normal((8, 4))
    net.eval()
    F.softmax_cross_entropy(net(X), Y).backward()
    expected = net[0].W.grad
    net.cleargrads()
    for layer in net[1:]:
        layer.freeze()
    net.train()
    F.softmax_cross_entropy(net(X), Y).backward()
    np.testing.assert_array_equal(net[0].W.grad, expected)
    assert len(net.params()) == 10


# Counting


def test_batch_normalization_keeps_four_numbers_a_column_and_trains_two():
    assert BatchNorm(7).count_params() == (28, 14)
    assert BatchNorm(7).freeze().count_params() == (28, 0)
    assert Dropout(0.5, rng=np.random.default_rng(0)).count_params() == (0, 0)


def test_parameters_are_counted_once_and_frozen_ones_are_not_trained(net, rng):
    assert net.count_params() == ((12 + 3) + 12 + (9 + 3) + 12 + (6 + 2), (12 + 3) + 6 + (9 + 3) + 6 + (6 + 2))
    net[0].freeze()
    assert net.count_params() == (59, 47 - 15)
    shared = Linear(3, 3, rng=rng)
    assert Sequential(shared, shared).count_params() == (12, 12)


def test_the_summary_lists_every_layer_with_its_arrays_and_numbers(rng):
    net = Sequential(
        Conv2d(1, 2, 3, rng=rng), BatchNorm(2), MaxPool2d(2), Flatten(), Sequential(Linear(18, 100, rng=rng))
    )
    net[1].freeze()
    lines = net.summary().splitlines()
    assert lines[0].split() == ["layer", "arrays", "numbers", "trained"]
    rows = [line.split() for line in lines[2:-2]]
    rest = ["running_var", "(2,)", "8", "0"]
    assert rows == [
        ["0", "Conv2d", "W", "(3,", "3,", "1,", "2),", "b", "(2,)", "20", "20"],
        ["1", "BatchNorm", "(frozen)", "gamma", "(2,),", "beta", "(2,),", "running_mean", "(2,),", *rest],
        ["2", "MaxPool2d", "0", "0"],
        ["3", "Flatten", "0", "0"],
        ["4.0", "Linear", "W", "(18,", "100),", "b", "(100,)", "1,900", "1,900"],
    ]
    assert lines[-1].split() == ["all", "1,928", "1,920"]
    assert len({len(line) for line in lines}) == 1
    assert "W (2, 3), b (3,)" in Linear(2, 3, rng=rng).summary()


# Files


def test_a_saved_network_comes_back_bit_for_bit_as_views_of_one_vector(net, rng, tmp_path):
    path = tmp_path / "net.npz"
    net.save(path)
    other = MLP([4, 3, 3, 2], "tanh", rng=rng, batchnorm="pre")
    flat = other.flat
    assert not same(other.state_dict(), net.state_dict())
    assert other.load(str(path)) is other
    assert same(other.state_dict(), net.state_dict())
    assert other.flat is flat and all(np.shares_memory(p.data, flat) for p in other.params())
    X = rng.standard_normal((5, 4))
    np.testing.assert_array_equal(other.eval()(X).data, net.eval()(X).data)
    F.softmax_cross_entropy(other(X), Y[:5]).backward()
    GradientDescent(other, 0.1).step()
    assert not same(other.state_dict(), net.state_dict())


def test_the_file_is_read_without_pickle_and_stands_alone(net, tmp_path):
    net.save(tmp_path / "net.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    np.testing.assert_array_equal(arrays["state/0.W"], net[0].W.data)


def test_saving_that_fails_leaves_the_old_file(net, tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    net.save(path)
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    net.flat[:] = 0
    with pytest.raises(OSError, match="no space"):
        net.save(path)
    assert path.read_bytes() == before


def damaged_files(path):
    good = path.read_bytes()
    text = path.with_name("text.npz")
    text.write_text("no npz")
    cut = path.with_name("cut.npz")
    cut.write_bytes(good[: len(good) // 2])
    empty = path.with_name("empty.npz")
    empty.write_bytes(b"")
    plain = path.with_name("plain.npz")
    np.savez(plain, W=np.ones(3))
    pickled = path.with_name("pickled.npz")
    np.savez(pickled, json=np.array([{"W": 1}], dtype=object), allow_pickle=True)
    return [text, cut, empty, plain, pickled]


def test_a_file_that_is_damaged_or_something_else_is_refused_by_name(net, tmp_path):
    path = tmp_path / "net.npz"
    net.save(path)
    before = net.state_dict()
    for bad in damaged_files(path):
        with pytest.raises(ValueError, match=f"{bad.name} is (damaged, or )?not a file of save_state"):
            net.load(bad)
        assert same(net.state_dict(), before)
    with pytest.raises(FileNotFoundError):
        net.load(tmp_path / "nothing.npz")
    with pytest.raises(TypeError, match="path must be the path of a file"):
        net.load(3)


def test_names_shapes_and_dtypes_must_fit_or_nothing_is_changed(net, rng, tmp_path):
    others = {
        "state lacks 4.gamma, 4.beta, 6.W, 6.b, 4.running_mean": MLP([4, 3, 2], "tanh", rng=rng, batchnorm="pre"),
        "state lacks 1.gamma": MLP([4, 3, 3, 2], "tanh", rng=rng),
        "state has unknown names 7.gamma, 7.beta, 9.W": MLP([4, 3, 3, 3, 2], "tanh", rng=rng, batchnorm="pre"),
        r"state\['6.W'\] must have shape \(3, 2\), got \(3, 5\)": MLP([4, 3, 3, 5], "tanh", rng=rng, batchnorm="pre"),
        "must hold 0.W as float64, got float32": MLP([4, 3, 3, 2], "tanh", rng=rng, batchnorm="pre", dtype=np.float32),
    }
    before = net.state_dict()
    for message, other in others.items():
        other.save(tmp_path / "other.npz")
        with pytest.raises(ValueError, match=message):
            net.load(tmp_path / "other.npz")
        assert same(net.state_dict(), before)
