"""What a layer holds: in lists and dicts, its names, and what happens when it changes; and how it is printed."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest
from gradus import Variable, gradcheck
from gradus import functions as F
from gradus.divergence import divergent_layer
from gradus.layers import (
    MLP,
    RNN,
    Activation,
    AlphaDropout,
    BatchNorm,
    Conv2d,
    Dropout,
    Layer,
    Linear,
    Maxout,
    Sequential,
)
from gradus.optimizers import Adam, GradientDescent
from gradus.training import fit


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class Coder(Layer):
    def __init__(self, rng, width):
        self.enc = [Linear(4, width, rng=rng)]
        self.dec = [Linear(width, 4, rng=rng)]

    def forward(self, x):
        return self.dec[0](F.tanh(self.enc[0](x)))


class Nested(Layer):
    """Layers and Variables in dicts and lists, within one another."""

    def __init__(self, rng):
        self.heads = {"mean": Linear(3, 2, rng=rng), "more": [(Linear(3, 2, rng=rng, bias=False),)]}
        self.scales = [Variable(np.ones(2)), {"last": Variable(np.ones(2))}]

    def forward(self, x):
        return self.heads["mean"](x) * self.scales[0] + self.heads["more"][0][0](x) * self.scales[1]["last"]


@pytest.mark.parametrize("width", [4, 3])
def test_two_lists_of_layers_are_both_trained_saved_and_counted(rng, width):
    net = Coder(rng, width)
    assert list(net.named_params()) == list(net.state_dict()) == ["enc.0.W", "enc.0.b", "dec.0.W", "dec.0.b"]
    assert net.flat.size == net.count_params()[1] == 4 * width + width + width * 4 + 4
    before = net.state_dict()
    X = rng.standard_normal((8, 4))
    fit(net, X, X, optimizer=GradientDescent(net, 0.1), epochs=1, batch=8, rng=rng, loss=F.mean_squared_error)
    assert all((before[name] != array).any() for name, array in net.state_dict().items())


def test_layers_and_variables_in_dicts_and_nested_lists_are_found(rng):
    net = Nested(rng)
    names = ["scales.0", "scales.1.last", "heads.mean.W", "heads.mean.b", "heads.more.0.0.W"]
    assert list(net.named_params()) == names and net.flat.size == 2 + 2 + 8 + 6
    gradcheck(lambda *_: net(np.ones((4, 3))), *net.params(), rng=rng)
    net.heads["more"][0][0].freeze()
    assert net.count_params() == (18, 12) and "heads.more.0.0 Linear (frozen)" in net.summary()
    assert "scales.0 (2,), scales.1.last (2,)" in net.summary()
    net.scales[1]["last"].data[...] = np.inf
    assert divergent_layer(net, np.ones((1, 3))) == "Nested"


def test_names_that_occur_twice_and_sets_are_refused(rng):
    net = Layer()
    net.parts = {1: Linear(2, 2, rng=rng), "1": Linear(2, 2, rng=rng)}
    with pytest.raises(ValueError, match=r"Layer: two parameters have the name parts\.1\.W"):
        net.params()
    net.parts = {Linear(2, 2, rng=rng)}
    with pytest.raises(TypeError, match=r"Layer: parts must be a list or dict: .* set"):
        net.params()
    net.parts = {1.5, "a"}
    assert net.params() == []


def replace_the_head(net, rng):
    net.layers = (net.layers[0], Linear(3, 3, rng=rng))


def replace_in_list(net, rng):
    net.layers[1] = Linear(3, 3, rng=rng)


CHANGES = {
    "a new tuple": replace_the_head,
    "a new entry": replace_in_list,
    "append": lambda net, rng: net.layers.append(Linear(3, 2, rng=rng)),
    "pop": lambda net, rng: net.layers.pop(),
    "swap": lambda net, rng: net.layers.reverse(),
    "an attribute": lambda net, rng: setattr(net, "head", Linear(3, 2, rng=rng)),
    "a bias": lambda net, rng: setattr(net.layers[1], "b", Variable(np.zeros(3))),
    "no bias": lambda net, rng: setattr(net.layers[0], "b", None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_optimizer_refuses_a_net_whose_layers_have_changed_since(rng, change):
    net = Sequential(Linear(3, 3, rng=rng), Linear(3, 3, rng=rng, bias=False))
    net.layers = list(net.layers)
    optimizer = Adam(net)
    net.flat  # noqa: B018 - searched once more, now that layers is a list
    change(net, rng)
    assert net.params() == list(net.named_params().values())
    for p in net.params():
        p.grad = np.ones(p.shape)
    with pytest.raises(ValueError, match=r"Optimizer.step: net has other parameters .*: .*\d\.[Wb]|head\.W"):
        optimizer.step()
    sizes = [p.size for p in net.params()]
    assert net.flat.size == sum(sizes) == net.flat_grad.size
    net.flat[...] = np.repeat(np.arange(len(sizes)), sizes)
    assert all((p.data == i).all() for i, p in enumerate(net.params()))


def test_fit_refuses_an_optimizer_of_former_layers(rng):
    net = MLP([3, 3, 3], rng=rng)
    optimizer = Adam(net)
    net.layers = (net.layers[0], Linear(3, 3, rng=rng))
    with pytest.raises(ValueError, match=r"net has other parameters .*, make a new one: 1\.W, 1\.b, 2\.W, 2\.b"):
        fit(net, np.ones((4, 3)), np.array([0, 1, 2, 0]), optimizer=optimizer, epochs=1, batch=4, rng=rng)


def test_modes_and_new_numbers_leave_the_vector_where_it_is(rng):
    net = MLP([3, 4, 2], rng=rng, batchnorm="pre", dropout=0.1)
    flat = net.flat
    net.eval().freeze()
    net.unfreeze().train()
    net.layers[1].momentum, net.note = 0.5, "x"
    net(np.ones((2, 3)))
    assert net.flat is flat


def test_parameters_tied_later_are_one_parameter(rng):
    net = Sequential(Linear(3, 3, rng=rng), Linear(3, 3, rng=rng))
    net[1].W = net[0].W
    assert list(net.named_params()) == ["0.W", "0.b", "1.b"]
    assert len(net.params()) == 3 and net.flat.size == 15


def test_copies_are_trained_by_themselves_and_networks_are_freed_without_the_collector(rng):
    net = Coder(rng, 3)
    net.flat[...] = 1
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert not any(p is q for p in twin.params() for q in net.params())
        twin.flat[...] = 2
        assert (twin.enc[0].W.data == 2).all() and (net.flat == 1).all()
    gone = weakref.ref(net)
    gc.disable()
    try:
        del net
        assert gone() is None
    finally:
        gc.enable()


def test_looking_for_the_layer_that_diverges_disturbs_no_other_thread(rng):
    net, other = MLP([3, 4, 2], rng=rng), MLP([3, 4, 2], rng=rng)
    net.layers[0].W.data[...] = np.inf
    calls, inside = [], threading.Event()

    class Slow(Activation):
        def forward(self, x):
            inside.set()
            calls.append(before is Layer.__call__)
            return super().forward(x)

    before = Layer.__call__
    net.layers = (*net.layers, Slow("identity"))
    assert divergent_layer(net, np.ones((1, 3))) == "0 Linear"
    assert calls == [True] and not any("forward" in vars(layer) for _, layer in net.named_layers())
    assert np.isfinite(other(np.ones((1, 3))).data).all()


def test_a_dense_layer_takes_the_last_axis(rng):
    X, layer = rng.standard_normal((2, 5, 4, 3)), Linear(3, 2, rng=rng)
    np.testing.assert_allclose(layer(X).data, np.einsum("abij,jk->abik", X, layer.W.data), rtol=1e-13)
    gradcheck(lambda x, *_: layer(x), Variable(X), *layer.params(), rng=rng)
    assert layer(np.empty((0, 5, 3))).shape == (0, 5, 2)


def test_a_dense_layer_answers_at_every_step_of_a_sequence_as_pytorchs_does(torch, rng):
    net, X = Sequential(RNN(3, 4, rng=rng, every_step=True), Linear(4, 2, rng=rng)), rng.standard_normal((5, 6, 3))
    states, W = net[0](X).data, net[1].W.data
    expected = torch.nn.functional.linear(torch.tensor(states), torch.tensor(W.T), torch.tensor(net[1].b.data))
    np.testing.assert_allclose(net(X).data, expected.numpy(), rtol=1e-12)
    gradcheck(lambda *_: net(X), *net.params(), rng=rng)


LAYERS = {
    "Linear": (lambda rng: Linear(3, 2, rng=rng, dtype=np.float32), (4, 3)),
    "Conv2d": (lambda rng: Conv2d(3, 2, 1, rng=rng, dtype=np.float32), (4, 3, 2, 2)),
    "Maxout": (lambda rng: Maxout(3, 2, rng=rng, dtype=np.float32), (4, 3)),
    "BatchNorm": (lambda rng: BatchNorm(3, dtype=np.float32), (4, 3)),
    "RNN": (lambda rng: RNN(3, 2, rng=rng, dtype=np.float32), (4, 5, 3)),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("kind", [np.float64, np.int64])
def test_a_float32_layer_computes_in_float32_whatever_the_data(rng, name, kind):
    make, shape = LAYERS[name]
    layer, X = make(rng), rng.integers(0, 9, shape)
    assert layer(X.astype(kind)).dtype == np.float32
    np.testing.assert_array_equal(layer(X.astype(kind)).data, layer(X.astype(np.float32)).data)


def test_data_that_a_float64_layer_gets_in_float32_are_computed_in_float64(rng):
    layer, X = Linear(3, 2, rng=rng), rng.standard_normal((4, 3)).astype(np.float32)
    np.testing.assert_array_equal(layer(X).data, layer(X.astype(np.float64)).data)


def test_dropout_in_selu_networks_is_alpha_dropout(rng):
    kinds = {name: {type(layer) for layer in MLP([3, 4, 2], name, rng=rng, dropout=0.1)} for name in ("selu", "relu")}
    assert AlphaDropout in kinds["selu"] and Dropout not in kinds["selu"]
    assert Dropout in kinds["relu"] and AlphaDropout not in kinds["relu"]


def test_an_optimizer_given_parameters_says_that_it_wants_the_net(rng):
    net = MLP([3, 2], rng=rng)
    with pytest.raises(TypeError, match=r"Adam: net must be a Layer, got (?s:.*) \(the net itself, not its parameters"):
        Adam(net.params())
    with pytest.raises(TypeError, match=r"Adam: net must be a Layer, got 3 \(int\)$"):
        Adam(3)


def test_a_layer_is_printed_with_what_it_holds(rng):
    net = Sequential(
        Linear(4, 3, rng=rng),
        BatchNorm(3),
        Activation("relu"),
        Dropout(0.5, rng=rng),
        Linear(3, 2, rng=rng, bias=False),
    )
    assert repr(net) == (
        "Sequential(Linear(W (4, 3), b (3,)), BatchNorm(gamma (3,), beta (3,), momentum=0.9, eps=1e-05), "
        "Activation(name='relu'), Dropout(rate=0.5), Linear(W (3, 2)))"
    )
    assert repr(net.eval().freeze()).startswith("Sequential(Linear(W (4, 3), b (3,))")
    assert repr(Coder(rng, 2)) == "Coder(enc=Linear(W (4, 2), b (2,)), dec=Linear(W (2, 4), b (4,)))"
    assert repr(Nested(rng)) == (
        "Nested(heads=mean: Linear(W (3, 2), b (2,)), more: Linear(W (3, 2)), scales=(2,), last: (2,))"
    )
