"""The recurrent layer and backpropagation through time by hand: against PyTorch, differences and each other."""

import numpy as np
import pytest
from gradus import Variable, gradcheck
from gradus import functions as F
from gradus.layers import RNN, Linear, Sequential
from gradus.recurrence import rnn_bptt

N, T, D, H, K = 5, 7, 3, 4, 2


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def params(rng):
    shapes = {"Wx": (D, H), "Wh": (H, H), "b": (H,), "Wy": (H, K), "by": (K,)}
    return {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}


@pytest.fixture
def data(rng):
    return rng.standard_normal((N, T, D)), rng.standard_normal((N, K))


def in_torch(torch, Wx, Wh, b):
    """PyTorch's RNN with these weights; it has two biases, which are added."""
    rnn = torch.nn.RNN(*Wx.shape, batch_first=True).double()
    rnn.weight_ih_l0.data, rnn.weight_hh_l0.data = torch.tensor(Wx.T.copy()), torch.tensor(Wh.T.copy())
    rnn.bias_ih_l0.data, rnn.bias_hh_l0.data = torch.tensor(b), torch.zeros(len(b), dtype=torch.float64)
    return rnn


def test_loss_and_gradients_by_hand_equal_pytorchs(torch, params, data):
    X, y = data
    rnn = in_torch(torch, params["Wx"], params["Wh"], params["b"])
    Wy, by = (torch.tensor(params[name], requires_grad=True) for name in ("Wy", "by"))
    states, _ = rnn(torch.tensor(X))
    expected = torch.nn.functional.mse_loss(states[:, -1] @ Wy + by, torch.tensor(y))
    expected.backward()
    loss, grads = rnn_bptt(params, X, y)
    assert loss == pytest.approx(expected.item(), rel=1e-12) and isinstance(loss, float)
    theirs = {"Wx": rnn.weight_ih_l0.grad.T, "Wh": rnn.weight_hh_l0.grad.T, "b": rnn.bias_ih_l0.grad}
    theirs |= {"Wy": Wy.grad, "by": by.grad}
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, theirs[name].numpy(), rtol=1e-10, atol=1e-14, err_msg=name)
    assert list(grads) == list(params)


def test_gradients_by_hand_are_those_of_the_engine(params, data):
    X, y = data
    v = {name: Variable(array) for name, array in params.items()}
    h = F.tanh(F.linear(X[:, 0], v["Wx"], v["b"]))
    for t in range(1, T):
        h = F.tanh(F.linear(X[:, t], v["Wx"], v["b"]) + h @ v["Wh"])
    loss = F.mean_squared_error(F.linear(h, v["Wy"], v["by"]), y)
    loss.backward()
    by_hand, grads = rnn_bptt(params, X, y)
    assert by_hand == pytest.approx(float(loss.data), rel=1e-13)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, v[name].grad, rtol=1e-11, atol=1e-15, err_msg=name)


def test_one_step_of_one_number_by_hand():
    one = np.ones((1, 1))
    params = {"Wx": one, "Wh": 5 * one, "b": np.zeros(1), "Wy": 2 * one, "by": np.ones(1)}
    loss, grads = rnn_bptt(params, np.array([[[0.5]]]), np.array([[1.0]]))
    h = np.tanh(0.5)
    assert loss == pytest.approx(4 * h * h, rel=1e-14)  # out = 2 h + 1, wanted 1
    assert grads["by"] == pytest.approx(4 * h) and grads["Wy"] == pytest.approx(4 * h * h)
    assert grads["b"] == pytest.approx(8 * h * (1 - h * h)) and grads["Wx"] == pytest.approx(4 * h * (1 - h * h))
    assert grads["Wh"] == 0  # there was no state before


def test_the_gradient_explodes_with_the_recurrent_weights(data):
    X, y = np.zeros((1, 50, 1)), np.ones((1, 1))
    norms = []
    for scale in (0.5, 2.0):
        params = {"Wx": np.ones((1, 1)), "Wh": np.full((1, 1), scale), "b": np.zeros(1)}
        params |= {"Wy": np.ones((1, 1)), "by": np.zeros(1)}
        X[0, 0] = 1e-20  # so small that tanh is the identity
        norms.append(abs(rnn_bptt(params, X, y)[1]["Wx"].item()))
    assert norms[1] / norms[0] == pytest.approx(4.0**49, rel=1e-3)


def test_by_hand_float32_stays_float32_and_inputs_stay_as_they_are(params, data):
    single = {name: a.astype(np.float32) for name, a in params.items()}
    before = {name: a.copy() for name, a in single.items()}
    _, grads = rnn_bptt(single, data[0].astype(np.float32), data[1].astype(np.float32))
    assert {g.dtype for g in grads.values()} == {np.dtype(np.float32)}
    assert all((single[name] == before[name]).all() for name in before)


# The layer


@pytest.mark.parametrize("every_step", [True, False])
def test_states_and_gradients_of_the_layer_equal_pytorchs(torch, rng, data, every_step):
    layer = RNN(D, H, rng=rng, every_step=every_step)
    layer.b.data[:] = rng.standard_normal(H)
    rnn = in_torch(torch, layer.Wx.data, layer.Wh.data, layer.b.data)
    tx, vx = torch.tensor(data[0], requires_grad=True), Variable(data[0])
    states, _ = rnn(tx)
    expected = states if every_step else states[:, -1]
    weights = rng.standard_normal(expected.shape)
    (expected * torch.tensor(weights)).sum().backward()
    y = layer(vx)
    (y * weights).backward()
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(vx.grad, tx.grad.numpy(), rtol=1e-10, atol=1e-13)
    for ours, theirs in ((layer.Wx, rnn.weight_ih_l0), (layer.Wh, rnn.weight_hh_l0)):
        np.testing.assert_allclose(ours.grad, theirs.grad.numpy().T, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(layer.b.grad, rnn.bias_ih_l0.grad.numpy(), rtol=1e-10)


def test_gradients_of_the_layer_agree_with_differences(rng, data):
    net = Sequential(RNN(D, H, rng=rng), Linear(H, 2, rng=rng))
    y = np.array([0, 1, 1, 0, 1])
    gradcheck(lambda *_: F.softmax_cross_entropy(net(data[0]), y), *net.params(), rng=rng)
    gradcheck(lambda x: RNN(D, H, rng=np.random.default_rng(1), every_step=True)(x), Variable(data[0]), rng=rng)


def test_the_layer_returns_the_last_state_or_all(rng, data):
    last, every = (RNN(D, H, rng=np.random.default_rng(3), every_step=e) for e in (False, True))
    assert every(data[0]).shape == (N, T, H) and RNN(D, H, rng=rng)(data[0]).shape == (N, H)
    np.testing.assert_array_equal(every(data[0]).data[:, -1], last(data[0]).data)
    assert len(last.states(data[0])) == T
    np.testing.assert_allclose(last(data[0][:, :1]).data, np.tanh(data[0][:, 0] @ last.Wx.data), rtol=1e-13)


def test_first_weights_of_the_layer_come_from_their_initializers(rng):
    layer = RNN(300, 400, rng=rng)
    assert abs(layer.Wx.data.std() / (2 / 700) ** 0.5 - 1) < 0.02
    assert abs(layer.Wh.data.std() / 400**-0.5 - 1) < 0.02
    assert not layer.b.data.any() and list(layer.named_params()) == ["Wx", "Wh", "b"]
    layer = RNN(2, 3, rng=rng, init=lambda s, r: np.ones(s), recurrent_init=lambda s, r: np.eye(3), dtype=np.float32)
    assert (layer.Wx.data == 1).all() and layer.Wh.dtype == layer(np.ones((2, 4, 2), np.float32)).dtype == np.float32


R = np.random.default_rng(0)
GOOD = {"Wx": np.ones((D, H)), "Wh": np.ones((H, H)), "b": np.ones(H), "Wy": np.ones((H, K)), "by": np.ones(K)}
X, Y = np.ones((N, T, D)), np.ones((N, K))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: RNN(0, 3, rng=R), ValueError, "RNN: fan_in must be at least 1"),
        (lambda: RNN(3, 0, rng=R), ValueError, "RNN: units must be at least 1"),
        (lambda: RNN(3, 3, rng=0), TypeError, "RNN: rng must be"),
        (lambda: RNN(3, 3, rng=R, every_step=1), TypeError, "RNN: every_step must be True or False"),
        (lambda: RNN(3, 3, rng=R, init=0), TypeError, "RNN: init must be a function"),
        (lambda: RNN(3, 3, rng=R, recurrent_init=0), TypeError, "RNN: recurrent_init must be a function"),
        (lambda: RNN(3, 2, rng=R, init=lambda s, r: np.ones(2)), ValueError, "RNN: init must return an array"),
        (lambda: RNN(3, 2, rng=R, recurrent_init=lambda s, r: np.ones(2)), ValueError, "RNN: recurrent_init must ret"),
        (lambda: RNN(3, 2, rng=R, dtype=int), TypeError, "RNN: dtype must be"),
        (lambda: RNN(3, 2, rng=R)(np.ones((4, 3))), ValueError, r"x must have shape \(N, T, 3\)"),
        (lambda: RNN(3, 2, rng=R)(np.ones((4, 0, 3))), ValueError, r"x must have shape \(N, T, 3\)"),
        (lambda: RNN(3, 2, rng=R)(np.ones((4, 2, 2))), ValueError, r"x must have shape \(N, T, 3\)"),
        (lambda: rnn_bptt([], X, Y), TypeError, "rnn_bptt: params must be a dict"),
        (
            lambda: rnn_bptt({"Wx": X}, X, Y),
            ValueError,
            "rnn_bptt: params must have the keys Wx, Wh, b, Wy, by, got Wx",
        ),
        (lambda: rnn_bptt({}, X, Y), ValueError, "got none"),
        (lambda: rnn_bptt(GOOD | {"b": None}, X, Y), TypeError, r"rnn_bptt: params\['b'\] must be an array"),
        (lambda: rnn_bptt(GOOD | {"Wx": np.ones(3)}, X, Y), ValueError, r"rnn_bptt: params\['Wx'\] must have 2 axes"),
        (lambda: rnn_bptt(GOOD | {"Wy": np.ones(4)}, X, Y), ValueError, r"rnn_bptt: params\['Wy'\] must have 2 axes"),
        (
            lambda: rnn_bptt(GOOD | {"Wh": np.ones((3, 4))}, X, Y),
            ValueError,
            r"params\['Wh'\] must have shape \(4, 4\)",
        ),
        (lambda: rnn_bptt(GOOD, X[0], Y), ValueError, "rnn_bptt: X must have 3 axes"),
        (lambda: rnn_bptt(GOOD, X[:, :0], Y), ValueError, "rnn_bptt: X must hold at least one sequence"),
        (lambda: rnn_bptt(GOOD, X, Y[:2]), ValueError, r"rnn_bptt: y must have shape \(5, 2\)"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
