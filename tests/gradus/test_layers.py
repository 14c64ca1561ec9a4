"""Layers: networks against PyTorch's, their parameters and names, modes, state, and the one vector they live in."""

import copy

import numpy as np
import pytest
from gradus import Variable, gradcheck, no_grad
from gradus import functions as F
from gradus.initializers import INIT_FOR_ACTIVATION, constant, glorot_normal, naive_normal
from gradus.layers import MLP, Activation, BatchNorm, Layer, Linear, Sequential
from gradus.optimizers import GradientDescent
from record_golden import expected

NETWORKS = [f"{a}_None" for a in ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu")]
NETWORKS += ["tanh_pre", "relu_post"]
every_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(scope="module")
def oracle():
    return expected("networks")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def network(name, flat=None, dtype=np.float64):
    activation, _, batchnorm = name.rpartition("_")
    batchnorm = None if batchnorm == "None" else batchnorm
    net = MLP([5, 7, 6, 3], activation, rng=np.random.default_rng(0), batchnorm=batchnorm, dtype=dtype)
    if flat is not None:
        net.flat[...] = flat
    return net


def test_every_network_has_its_oracle(oracle):
    assert sorted(oracle) == sorted(NETWORKS)


@every_network
def test_loss_and_gradients_in_training_are_those_of_pytorch(name, oracle):
    entry = oracle[name]
    net = network(name, entry["flat"])
    loss = F.softmax_cross_entropy(net(entry["X"]), entry["y"])
    loss.backward()
    np.testing.assert_allclose(loss.data, entry["loss"], rtol=1e-10)
    np.testing.assert_allclose(net.flat_grad, entry["flat_grad"], rtol=1e-10, atol=1e-13)


@every_network
def test_logits_in_use_are_those_of_pytorch(name, oracle):
    entry = oracle[name]
    net = network(name, entry["flat"]).eval()
    start = 0
    for layer in net.layers:
        if isinstance(layer, BatchNorm):
            end = start + layer.gamma.size
            layer.running_mean, layer.running_var = entry["mean"][start:end], entry["var"][start:end]
            start = end
    np.testing.assert_allclose(net(entry["X"]).data, entry["logits_in_use"], rtol=1e-10, atol=1e-13)


@every_network
def test_gradients_of_all_parameters_agree_with_differences(name, oracle, rng):
    net = network(name, oracle[name]["flat"])
    X, y = oracle[name]["X"], oracle[name]["y"]
    gradcheck(lambda *_: F.softmax_cross_entropy(net(X), y), *net.params(), rng=rng)
    gradcheck(lambda x: net(x), Variable(X), rng=rng)


@every_network
def test_float32_stays_float32_in_every_layer(name, rng):
    net = network(name, dtype=np.float32)
    X, y = rng.standard_normal((8, 5)).astype(np.float32), rng.integers(0, 3, 8)
    assert {a.dtype for _, a in net.outputs(X)} == {np.dtype(np.float32)}
    loss = F.softmax_cross_entropy(net(X), y)
    loss.backward(retain_grad=True)
    assert loss.dtype == np.float32
    assert {array.dtype for array in net.state_dict().values()} == {np.dtype(np.float32)}
    assert {p.grad.dtype for p in net.params()} == {np.dtype(np.float32)} == {net.flat.dtype, net.flat_grad.dtype}


def test_names_and_order_of_parameters_are_those_of_assignment(rng):
    net = MLP([4, 3, 2], rng=rng, batchnorm="pre")
    shapes = {name: p.shape for name, p in net.named_params().items()}
    assert list(shapes.items()) == [
        ("0.W", (4, 3)),
        ("0.b", (3,)),
        ("1.gamma", (3,)),
        ("1.beta", (3,)),
        ("3.W", (3, 2)),
        ("3.b", (2,)),
    ]
    assert [type(layer).__name__ for layer in net.layers] == ["Linear", "BatchNorm", "Activation", "Linear"]
    post = MLP([4, 3, 2], rng=rng, batchnorm="post")
    assert [type(layer).__name__ for layer in post.layers] == ["Linear", "Activation", "BatchNorm", "Linear"]
    assert all(p is q for p, q in zip(net.params(), net.named_params().values(), strict=True))


class Twins(Layer):
    """A layer of a reader's own: two branches, of which one is used twice, and a scale."""

    def __init__(self, rng):
        self.scale = Variable(np.ones(2))
        shared = Linear(3, 2, rng=rng)
        self.branches = [shared, shared, Linear(3, 2, rng=rng, bias=False)]
        self.last = Sequential(Activation("tanh"), Linear(2, 1, rng=rng))

    def forward(self, x):
        first, second, third = (branch(x) for branch in self.branches)
        return self.last((first + second * third) * self.scale)


def test_a_layer_of_ones_own_has_its_parameters_once(rng):
    net = Twins(rng)
    assert list(net.named_params()) == ["scale", "branches.0.W", "branches.0.b", "branches.2.W", "last.1.W", "last.1.b"]
    assert net.flat.shape == (2 + 6 + 2 + 6 + 2 + 1,)
    gradcheck(lambda *_: net(np.ones((4, 3))), *net.params(), rng=rng)
    assert net.train().training and not net.eval().last.layers[0].training


def test_parameters_are_views_of_one_vector(rng):
    net = MLP([4, 3, 2], rng=rng)
    W, b = net.layers[0].W, net.layers[0].b
    assert all(np.shares_memory(p.data, net.flat) for p in net.params())
    net.flat[:12] = np.arange(12)
    net.flat[12:15] = -1
    np.testing.assert_array_equal(W.data, np.arange(12).reshape(4, 3))
    np.testing.assert_array_equal(b.data, [-1, -1, -1])
    net.layers[2].W.grad = np.ones((3, 2))
    np.testing.assert_array_equal(net.flat_grad, [0] * 15 + [1] * 6 + [0] * 2)


@pytest.mark.parametrize("by", ["data", "variable"])
def test_an_exchanged_parameter_is_the_one_that_is_trained(rng, by):
    net = MLP([4, 3, 2], rng=rng)
    optimizer = GradientDescent(net, 0.1)
    W = np.full((4, 3), 0.5)
    if by == "data":
        net.layers[0].W.data = W
    else:
        net.layers[0].W = Variable(W)
    F.softmax_cross_entropy(net(np.ones((2, 4))), np.array([0, 1])).backward()
    expected_W = 0.5 - 0.1 * net.layers[0].W.grad
    optimizer.step()
    np.testing.assert_allclose(net.layers[0].W.data, expected_W, rtol=1e-14)
    assert np.abs(expected_W - 0.5).max() > 0
    np.testing.assert_array_equal(W, 0.5)  # the array that was put in is not written to


def test_two_networks_may_share_layers(rng):
    old = MLP([4, 3, 2], rng=rng)
    new = Sequential(*old.layers[:-1], Linear(3, 5, rng=rng))
    for net in (new, old, new):
        F.softmax_cross_entropy(net(np.ones((2, 4))), np.array([0, 1])).backward()
        before = net.layers[0].W.data.copy()
        GradientDescent(net, 0.1).step()
        net.cleargrads()
        assert old.layers[0].W.data is new.layers[0].W.data and (before != old.layers[0].W.data).any()


def test_a_deep_copy_is_trained_by_itself(rng):
    net = MLP([4, 3, 2], rng=rng, batchnorm="post")
    twin, flat = copy.deepcopy(net), net.flat.copy()
    F.softmax_cross_entropy(twin(rng.standard_normal((6, 4))), np.array([0, 1] * 3)).backward()
    GradientDescent(twin, 0.1).step()
    np.testing.assert_array_equal(net.flat, flat)
    assert (twin.layers[0].W.data != net.layers[0].W.data).any() and not net.layers[2].running_mean.any()


def test_state_goes_from_one_network_to_another(rng):
    source, target = (MLP([4, 3, 2], rng=rng, batchnorm="pre") for _ in range(2))
    X = rng.standard_normal((6, 4))
    source(X)  # moves the running statistics
    state = source.state_dict()
    assert list(state)[-2:] == ["1.running_mean", "1.running_var"] and len(state) == 8
    target.load_state_dict(state)
    np.testing.assert_array_equal(target.eval()(X).data, source.eval()(X).data)
    assert np.shares_memory(target.layers[0].W.data, target.flat)
    state["0.W"][...] = 0  # a copy
    assert source.layers[0].W.data.any() and target.layers[0].W.data.any()


def test_batch_normalization_moves_its_statistics_in_training_only(rng):
    layer, X = BatchNorm(3, momentum=0.9), 5 + rng.standard_normal((8, 3))
    with no_grad():
        layer(X)
    layer.eval()(X)
    np.testing.assert_array_equal(layer.running_mean, 0)
    out = layer.train()(X).data
    np.testing.assert_allclose(layer.running_mean, 0.1 * X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * X.var(axis=0), rtol=1e-12)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    one = layer.eval()(X[:1]).data
    np.testing.assert_allclose(one, layer(X).data[:1], rtol=1e-13)  # in use a row does not depend on the others


def test_the_bias_before_batch_normalization_has_no_influence(rng):
    net = MLP([4, 3, 2], "tanh", rng=rng, batchnorm="pre")
    F.softmax_cross_entropy(net(rng.standard_normal((8, 4))), np.array([0, 1] * 4)).backward()
    np.testing.assert_allclose(net.layers[0].b.grad, 0, atol=1e-15)
    assert np.abs(net.layers[0].W.grad).max() > 1e-3


def test_activations_are_what_the_hidden_layers_send_on(rng):
    net, X = MLP([4, 3, 5, 2], "tanh", rng=rng), rng.standard_normal((6, 4))
    first, second = net.activations(X)
    np.testing.assert_allclose(first, np.tanh(X @ net.layers[0].W.data), rtol=1e-13)
    np.testing.assert_allclose(second, np.tanh(first @ net.layers[2].W.data), rtol=1e-13)
    assert [type(layer).__name__ for layer, _ in net.outputs(X)] == ["Linear", "Activation"] * 2 + ["Linear"]
    np.testing.assert_array_equal(net.outputs(X)[-1][1], net(X).data)


def test_grad_norms_are_those_of_the_weights(rng):
    net = MLP([4, 3, 2], rng=rng)
    net.layers[0].W.grad, net.layers[2].W.grad = np.full((4, 3), 2.0), np.full((3, 2), -1.0)
    assert net.grad_norms() == pytest.approx([48**0.5, 6**0.5])
    for size in (1e-37, 1e37):  # squares have no room in float32
        net.layers[0].W.grad, net.layers[2].W.grad = np.full((4, 3), size, np.float32), np.full((3, 2), 0, np.float32)
        assert net.grad_norms() == pytest.approx([48**0.5 / 2 * size, 0])


def test_a_row_of_layers_has_a_length_parts_and_an_order(rng):
    net = MLP([4, 3, 5, 2], rng=rng)
    assert len(net) == 5 and list(net) == list(net.layers)
    assert net[0] is net.layers[0] and net[-1] is net.layers[4]
    lower, X = net[:2], rng.standard_normal((6, 4))
    assert isinstance(lower, Sequential) and lower[0] is net[0] and len(lower) == 2
    np.testing.assert_array_equal(net[2:](lower(X)).data, net(X).data)


def test_a_frozen_or_plain_run_through_the_layers_gives_the_same_outputs(rng):
    net, X = MLP([4, 3, 2], rng=rng), rng.standard_normal((6, 4))
    before = net(X).data
    np.testing.assert_array_equal(net.freeze()(X).data, before)


def test_dropout_ends_every_hidden_layer_and_is_off_in_use(rng):
    net = MLP([4, 30, 20, 2], rng=rng, dropout=0.4, batchnorm="post")
    kinds = [type(layer).__name__ for layer in net]
    assert kinds == ["Linear", "Activation", "BatchNorm", "Dropout"] * 2 + ["Linear"]
    assert net[3].rate == 0.4 and net[3].rng is rng
    X = rng.standard_normal((8, 4))
    assert (net(X).data != net(X).data).all()
    net.eval()
    np.testing.assert_array_equal(net(X).data, net(X).data)
    plain = MLP([4, 30, 2], rng=np.random.default_rng(5))
    dropped = MLP([4, 30, 2], rng=np.random.default_rng(5), dropout=0.4)
    np.testing.assert_array_equal(plain.flat, dropped.flat)
    np.testing.assert_array_equal(plain(X).data, dropped.eval()(X).data)


def test_first_weights_come_from_the_initializer_of_the_activation(rng):
    for activation in ("tanh", "relu", "selu"):
        net = MLP([400, 300, 10], activation, rng=np.random.default_rng(1))
        first = INIT_FOR_ACTIVATION[activation]((400, 300), np.random.default_rng(1))
        np.testing.assert_array_equal(net.layers[0].W.data, first)
        assert not net.layers[0].b.data.any()
    net = MLP([4, 3, 2], init=constant, rng=rng)
    assert not net.flat.any()
    layer = Linear(4, 3, rng=rng, init=lambda shape, rng: naive_normal(shape, rng, std=0.0) + 2, bias=False)
    assert (layer.W.data == 2).all() and layer.b is None and list(layer.named_params()) == ["W"]
    assert Linear(4, 3, rng=rng, init=glorot_normal, dtype=np.float32).W.dtype == np.float32


def test_activation_layers_pass_on_their_hyperparameters():
    x = np.array([[-1.0, 2.0]])
    np.testing.assert_allclose(Activation("leaky_relu", alpha=0.2)(x).data, [[-0.2, 2.0]])
    np.testing.assert_allclose(Activation("elu", alpha=2.0)(x).data, [[2 * np.expm1(-1), 2.0]])


R = np.random.default_rng(0)
NET = MLP([4, 3, 2], rng=R)


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Linear(0, 3, rng=R), ValueError, "Linear: fan_in must be at least 1, got 0"),
        (lambda: Linear(2, 3.0, rng=R), TypeError, "Linear: fan_out must be an integer"),
        (lambda: Linear(2, 3, rng=0), TypeError, "Linear: rng must be a numpy.random.Generator"),
        (lambda: Linear(2, 3, rng=R, init="he"), TypeError, "Linear: init must be"),
        (
            lambda: Linear(2, 3, rng=R, init=lambda s, r: np.ones(3)),
            ValueError,
            r"Linear: init must return .* \(2, 3\)",
        ),
        (lambda: Linear(2, 3, rng=R, dtype=int), TypeError, "Linear: dtype must be a floating-point dtype"),
        (lambda: Activation("swish"), ValueError, "Activation: name must be one of elu, gelu, identity"),
        (lambda: Linear(2, 3, rng=R, bias=0), TypeError, "Linear: bias must be True or False"),
        (lambda: MLP([4, 2], rng=R, dropout=1.0), ValueError, r"MLP: dropout must be in \[0, 1\), got 1"),
        (lambda: MLP([4, 2], rng=R, dropout=True), TypeError, "MLP: dropout must be a number"),
        (lambda: BatchNorm(0), ValueError, "BatchNorm: D must be at least 1"),
        (lambda: BatchNorm(3, momentum=1.5), ValueError, r"BatchNorm: momentum must be in \[0, 1\], got 1.5"),
        (lambda: BatchNorm(3, eps=0), ValueError, r"BatchNorm: eps must be in \(0, inf\), got 0"),
        (lambda: Sequential(), ValueError, "Sequential: layers must hold at least one Layer"),
        (lambda: Sequential(F.relu), TypeError, r"Sequential: layers\[0\] must be a Layer, got"),
        (lambda: MLP([4], rng=R), TypeError, "MLP: sizes must be a list of at least two widths"),
        (lambda: MLP(4, rng=R), TypeError, "MLP: sizes must be a list"),
        (lambda: MLP([4, 0, 2], rng=R), ValueError, r"MLP: sizes\[1\] must be at least 1, got 0"),
        (lambda: MLP([4, 2], "swish", rng=R), ValueError, "MLP: activation must be one of .* got 'swish'"),
        (lambda: MLP([4, 2], rng=R, batchnorm="mid"), ValueError, "MLP: batchnorm must be one of post, pre, got 'mid'"),
        (lambda: NET(np.ones((2, 5))), ValueError, r"Linear with x of shape \(2, 5\), W of shape \(4, 3\)"),
        (lambda: NET([[1.0] * 4]), TypeError, "Linear: x must be a Variable, an array or a number"),
        (lambda: NET.grad_norms(), ValueError, "there are no gradients yet"),
        (lambda: NET.flat_grad, ValueError, "there are no gradients"),
        (lambda: Activation("tanh").flat, ValueError, "Activation has no parameters"),
        (lambda: Layer()(1), NotImplementedError, "Layer has no forward"),
        (lambda: NET.load_state_dict([]), TypeError, "state must be a dict of arrays"),
        (lambda: NET.load_state_dict(without(NET.state_dict(), "0.W")), ValueError, "state lacks 0.W"),
        (lambda: NET.load_state_dict(NET.state_dict() | {"9.W": 1}), ValueError, "state has unknown names 9.W"),
        (
            lambda: NET.load_state_dict(NET.state_dict() | {"0.b": ["a"] * 3}),
            TypeError,
            r"state\['0.b'\] must be an array of real numbers",
        ),
        (
            lambda: NET.load_state_dict(NET.state_dict() | {"0.b": np.ones(4)}),
            ValueError,
            r"state\['0.b'\] must have shape",
        ),
        (
            lambda: Sequential(Linear(2, 2, rng=R), BatchNorm(2, dtype=np.float32)),
            ValueError,
            "parameters must have one dtype, got float32, float64",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
