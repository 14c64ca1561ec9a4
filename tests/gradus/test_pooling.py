"""Pooling: against naive loops, PyTorch and Keras, by hand, and along random directions."""

import numpy as np
import pytest
from gradus import Variable, gradcheck
from gradus import functions as F
from gradus.pooling import avg_pool2d_backward, avg_pool2d_forward, max_pool2d_backward, max_pool2d_forward
from image_support import as_image, pair, windows_by_loops

POOLS = [((2, 3, 6, 8), 2, None, 0), ((2, 3, 5, 7), (2, 3), None, 0), ((2, 2, 6, 5), 3, 1, 1), ((1, 2, 7, 7), 3, 2, 1)]
each_pool = pytest.mark.parametrize("pool", POOLS, ids=str)


@each_pool
def test_pooling_equals_naive_loops(pool):
    shape, size, stride, padding = pool
    x = np.random.default_rng(0).standard_normal(shape)
    step = pair(size) if stride is None else stride
    places = list(windows_by_loops(x, pair(size), step, padding, outside=-np.inf))
    y, _ = max_pool2d_forward(x, size, stride, padding)
    np.testing.assert_array_equal(y, as_image({place: w.max((2, 3)) for place, w in places}))
    places = list(windows_by_loops(x, pair(size), step, padding))
    y, _ = avg_pool2d_forward(x, size, stride, padding)
    np.testing.assert_allclose(y, as_image({place: w.mean((2, 3)) for place, w in places}), rtol=1e-13, atol=1e-14)


@each_pool
def test_pooling_and_its_gradients_equal_pytorchs(torch, pool):
    shape, size, stride, padding = pool
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, shape).astype(float)  # many ties
    for f_torch, forward, backward in [
        (torch.nn.functional.max_pool2d, max_pool2d_forward, max_pool2d_backward),
        (torch.nn.functional.avg_pool2d, avg_pool2d_forward, avg_pool2d_backward),
    ]:
        tensor = torch.tensor(x, requires_grad=True)
        expected = f_torch(tensor, size, stride, padding)
        dy = rng.standard_normal(tuple(expected.shape))
        expected.backward(torch.tensor(dy))
        y, cache = forward(x, size, stride, padding)
        np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(backward(dy, cache), tensor.grad.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("size", "stride"), [(2, None), ((2, 3), None), (3, 2), ((3, 2), (1, 2))])
def test_pooling_without_margin_equals_keras(keras, size, stride):
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 8))
    last = x.transpose(0, 2, 3, 1)
    options = {"strides": stride, "padding": "valid", "data_format": "channels_last"}
    for ours, theirs in ((max_pool2d_forward, keras.ops.max_pool), (avg_pool2d_forward, keras.ops.average_pool)):
        expected = np.asarray(theirs(last, size, **options)).transpose(0, 3, 1, 2)
        np.testing.assert_allclose(ours(x, size, stride)[0], expected, rtol=1e-12, atol=1e-14)


@each_pool
def test_gradients_of_pooling_agree_with_differences(pool):
    shape, *settings = pool
    x = Variable(np.random.default_rng(0).standard_normal(shape))
    for f in (F.max_pool2d, F.avg_pool2d):
        gradcheck(lambda v, f=f: f(v, *settings), x, rng=np.random.default_rng(0))


def test_pooling_by_hand():
    x = np.array([[[[1.0, 2.0, 0.0, 0.0], [4.0, 3.0, 0.0, -1.0]]]])
    y, cache = max_pool2d_forward(x, 2)
    np.testing.assert_array_equal(y, [[[[4, 0]]]])
    np.testing.assert_array_equal(
        max_pool2d_backward(np.array([[[[5.0, 7.0]]]]), cache)[0, 0], [[0, 0, 7, 0], [5, 0, 0, 0]]
    )
    y, cache = avg_pool2d_forward(x, 2)
    np.testing.assert_array_equal(y, [[[[2.5, -0.25]]]])
    np.testing.assert_array_equal(avg_pool2d_backward(np.array([[[[4.0, 8.0]]]]), cache)[0, 0], [[1, 1, 2, 2]] * 2)


def test_a_window_of_300_entries_finds_the_last():
    x = np.zeros((1, 1, 15, 20))
    x[0, 0, -1, -1] = 1  # tap 299: more than a byte counts
    y, cache = max_pool2d_forward(x, (15, 20))
    assert y.item() == 1 and max_pool2d_backward(y, cache)[0, 0, -1, -1] == 1
    assert cache.winner.dtype == np.uint16 and max_pool2d_forward(x, 15)[1].winner.dtype == np.uint8


def test_max_pooling_passes_nan_on_and_never_chooses_the_margin():
    x = np.full((1, 1, 2, 2), -5.0)
    assert (max_pool2d_forward(x, 2, 1, 1)[0] == -5).all()
    x[0, 0, 0, 0] = np.nan
    y, _ = max_pool2d_forward(x, 2, 1, 1)
    np.testing.assert_array_equal(np.isnan(y[0, 0]), [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_the_functions_are_the_formulas():
    x = np.random.default_rng(0).standard_normal((3, 2, 7, 6))
    np.testing.assert_array_equal(F.max_pool2d(x, 2, 1, 1).data, max_pool2d_forward(x, 2, 1, 1)[0])
    np.testing.assert_array_equal(F.avg_pool2d(x, 2, 1, 1).data, avg_pool2d_forward(x, 2, 1, 1)[0])


def test_stride_and_padding_reach_the_edge_exactly():
    assert max_pool2d_forward(X, (4, 5))[0].shape == avg_pool2d_forward(X, (4, 5))[0].shape == (2, 3, 1, 1)
    assert avg_pool2d_forward(X, 2, (1, 3), 1)[0].shape == (2, 3, 5, 2)
    assert avg_pool2d_forward(X, (2, 3), 1, (1, 2))[0].shape == (2, 3, 5, 7)  # margins just less than the window


X = np.ones((2, 3, 4, 5))
TABLE = [
    (lambda: max_pool2d_forward(X, 2, None, 2), r"max_pool2d_forward: padding must be less than the size \(2, 2\), got"),
    (lambda: avg_pool2d_forward(X, (2, 3), None, (2, 0)), "avg_pool2d_forward: padding must be less than the size"),
    (lambda: avg_pool2d_forward(X, (3, 2), None, (0, 2)), "avg_pool2d_forward: padding must be less than the size"),
    (lambda: avg_pool2d_forward(X, 5), "avg_pool2d_forward: size must not exceed"),
    (lambda: max_pool2d_forward(X, 0), "max_pool2d_forward: size must be at least 1"),
    (lambda: max_pool2d_backward(X, avg_pool2d_forward(X, 2)[1]), "max_pool2d_backward: cache must be the cache that max"),
    (lambda: avg_pool2d_backward(X, max_pool2d_forward(X, 2)[1]), "avg_pool2d_backward: cache must be the cache that avg"),
    (lambda: avg_pool2d_backward(X, avg_pool2d_forward(X, 2)[1]), r"dy must have shape \(2, 3, 2, 2\), got"),
    (lambda: max_pool2d_backward(X, max_pool2d_forward(X, 2)[1]), r"dy must have shape \(2, 3, 2, 2\), got"),
    (lambda: F.max_pool2d(Variable(X), "a"), "MaxPool2d with .*size = 'a', stride = None, padding = 0: .*size must be"),
    (lambda: F.avg_pool2d(Variable(X), 9), "AvgPool2d with .*size must not exceed"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), TABLE, ids=[message[:40] for _, message in TABLE])
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
