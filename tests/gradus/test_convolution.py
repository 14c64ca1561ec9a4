"""Convolution: against naive loops, PyTorch and Keras, and along random directions."""

import numpy as np
import pytest
from gradus import Variable, convolution, gradcheck
from gradus import functions as F
from gradus.convolution import conv2d_backward, conv2d_forward, conv2d_input_grad, conv2d_kernel_grad
from gradus.windows import Grid, col2im, im2col
from image_support import as_image, pair, windows_by_loops

# (N, C, H, W), C_out, (kh, kw), stride, padding
GEOMETRIES = [
    ((2, 3, 5, 6), 4, (3, 3), 1, 0),
    ((2, 3, 5, 6), 4, (3, 3), 1, 1),
    ((3, 2, 7, 6), 3, (3, 2), 2, 1),
    ((2, 1, 6, 8), 2, (2, 4), (3, 1), (0, 2)),
    ((1, 2, 5, 5), 1, (5, 5), 1, 0),
    ((2, 2, 4, 4), 3, (1, 1), 1, 0),
    ((2, 2, 7, 5), 3, (1, 1), 2, 0),
    ((2, 2, 3, 3), 2, (4, 5), 1, (2, 1)),
]
each_geometry = pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)


def inputs(geometry, dtype=np.float64):
    shape, C_out, size, _, _ = geometry
    rng = np.random.default_rng(0)
    arrays = rng.standard_normal(shape), rng.standard_normal((*size, shape[1], C_out)), rng.standard_normal(C_out)
    return [a.astype(dtype) for a in arrays]


# -- convolution ---------------------------------------------------------------------------------------------------


@each_geometry
def test_convolution_equals_naive_loops(geometry):
    x, W, b = inputs(geometry)
    _, _, size, stride, padding = geometry
    expected = {
        place: np.array([[(w * W[..., k].transpose(2, 0, 1)).sum() + b[k] for k in range(len(b))] for w in window])
        for place, window in windows_by_loops(x, size, stride, padding)
    }
    y, _ = conv2d_forward(x, W, b, stride=stride, padding=padding)
    np.testing.assert_allclose(y, as_image(expected), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(
        conv2d_forward(x, W, stride=stride, padding=padding)[0], y - b[:, None, None], rtol=1e-10, atol=1e-12
    )


@each_geometry
def test_convolution_and_its_gradients_equal_pytorchs(torch, geometry):
    x, W, b = inputs(geometry)
    _, _, _, stride, padding = geometry
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, W, b)]
    expected = torch.nn.functional.conv2d(
        tensors[0], tensors[1].permute(3, 2, 0, 1), tensors[2], stride=stride, padding=padding
    )
    dy = np.random.default_rng(1).standard_normal(tuple(expected.shape))
    expected.backward(torch.tensor(dy))
    y, cache = conv2d_forward(x, W, b, stride=stride, padding=padding)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-10, atol=1e-13)
    for gradient, tensor in zip(conv2d_backward(dy, cache), tensors, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(convolution.conv2d_input_grad(dy, cache), conv2d_backward(dy, cache)[0])
    np.testing.assert_array_equal(convolution.conv2d_kernel_grad(dy, cache), conv2d_backward(dy, cache)[1])


def test_convolution_equals_keras_on_images_with_the_channels_last(keras):
    x, W, b = inputs(GEOMETRIES[0])
    y, _ = conv2d_forward(x, W, b, stride=(2, 1))
    expected = keras.ops.conv(x.transpose(0, 2, 3, 1), W, strides=(2, 1), padding="valid", data_format="channels_last")
    np.testing.assert_allclose(y, np.asarray(expected).transpose(0, 3, 1, 2) + b[:, None, None], rtol=1e-10, atol=1e-12)


@each_geometry
def test_gradients_of_convolution_agree_with_differences(geometry):
    _, _, _, stride, padding = geometry
    variables = [Variable(a) for a in inputs(geometry)]
    gradcheck(lambda *v: F.conv2d(*v, stride=stride, padding=padding), *variables, rng=np.random.default_rng(0))


@pytest.mark.parametrize("room", [1, 9000, 10**9])  # 9000 for three images: 3, 3 and 1
def test_the_batch_may_go_through_in_parts_of_any_size(monkeypatch, room):
    x, W, b = inputs(((7, 2, 5, 4), 3, (3, 3), 1, 1))
    y, cache = conv2d_forward(x, W, b, padding=1)
    gradients = conv2d_backward(y, cache)
    monkeypatch.setattr(convolution, "CACHE_BYTES", room)
    y_in_parts, cache = conv2d_forward(x, W, b, padding=1)
    np.testing.assert_allclose(y_in_parts, y, rtol=1e-13, atol=1e-14)
    for part, whole in zip(conv2d_backward(y, cache), gradients, strict=True):
        np.testing.assert_allclose(part, whole, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_part_holds_as_many_images_as_have_room(monkeypatch, dtype):
    _, cache = conv2d_forward(np.ones((7, 2, 5, 4)), np.ones((3, 3, 2, 1)))
    of_one = 3 * 3 * 2 * 3 * 2 * np.dtype(dtype).itemsize  # taps · channels · places
    for room, images in [(1, 1), (of_one, 1), (2 * of_one - 1, 1), (3 * of_one, 3), (10**9, 7)]:
        monkeypatch.setattr(convolution, "CACHE_BYTES", room)
        parts = [(range(7)[part], cols) for part, cols in convolution._parts(cache.grid, np.dtype(dtype))]
        assert [i for part, _ in parts for i in part] == list(range(7))
        assert len(parts[0][0]) == images and all(len(part) == len(cols) for part, cols in parts)
        assert {cols.dtype for _, cols in parts} == {np.dtype(dtype)}


def test_a_kernel_with_a_single_one_moves_the_image():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    W = np.zeros((3, 3, 1, 1))
    W[0, 1] = 1
    y, _ = conv2d_forward(x, W, padding=1)
    np.testing.assert_array_equal(y[0, 0], [[0, 0, 0, 0], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]])


def test_a_kernel_of_the_size_of_the_image_is_a_dense_layer():
    x, W, b = inputs(((4, 3, 2, 5), 6, (2, 5), 1, 0))
    y, _ = conv2d_forward(x, W, b)
    dense = x.transpose(0, 2, 3, 1).reshape(4, -1) @ W.reshape(-1, 6) + b
    np.testing.assert_allclose(y, dense[:, :, None, None], rtol=1e-12)


def test_convolution_is_linear_and_its_backward_the_transpose():
    x, W, _ = inputs(GEOMETRIES[2])
    y, cache = conv2d_forward(x, W, stride=2, padding=1)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    dx, dW, db = conv2d_backward(dy, cache)
    assert np.vdot(dy, y) == pytest.approx(np.vdot(dx, x), rel=1e-12) == pytest.approx(np.vdot(dW, W), rel=1e-12)
    assert np.vdot(conv2d_input_grad(dy, cache), x) == pytest.approx(np.vdot(dy, y), rel=1e-12)
    assert np.vdot(conv2d_kernel_grad(dy, cache), W) == pytest.approx(np.vdot(dy, y), rel=1e-12)
    np.testing.assert_allclose(db, dy.sum((0, 2, 3)), rtol=1e-12)


@pytest.mark.parametrize("wide", ["x", "W", "dy"])
def test_one_array_in_float64_makes_what_depends_on_it_float64(wide):
    x, W, _ = inputs(GEOMETRIES[1])
    arrays = {"x": x, "W": W, "dy": np.random.default_rng(1).standard_normal((2, 4, 5, 6))}
    arrays = {name: a if name == wide else a.astype(np.float32) for name, a in arrays.items()}
    y, cache = conv2d_forward(arrays["x"], arrays["W"], padding=1)
    dx, dW, db = conv2d_backward(arrays["dy"], cache)
    widened = [wide in of for of in (("x", "W"), ("W", "dy"), ("x", "dy"), ("dy",))]
    assert [a.dtype == np.float64 for a in (y, dx, dW, db)] == widened


def test_an_empty_batch_gives_an_empty_batch():
    y, cache = conv2d_forward(np.ones((0, 2, 4, 4)), np.ones((3, 3, 2, 5)))
    assert y.shape == (0, 5, 2, 2)
    dx, dW, db = conv2d_backward(y, cache)
    assert dx.shape == (0, 2, 4, 4) and not dW.any() and not db.any()


# -- columns -------------------------------------------------------------------------------------------------------


@each_geometry
def test_columns_are_the_windows_flattened(geometry):
    x, _, _ = inputs(geometry)
    _, _, size, stride, padding = geometry
    cols = im2col(x, size, stride, padding)
    flat = [w.transpose(0, 2, 3, 1).reshape(len(x), -1) for _, w in windows_by_loops(x, size, stride, padding)]
    np.testing.assert_array_equal(cols, np.stack(flat, axis=-1))


def test_columns_equal_pytorchs_unfold_and_images_its_fold(torch):
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    cols = im2col(x, (2, 3), (2, 1), (1, 0))
    unfolded = torch.nn.functional.unfold(torch.tensor(x), (2, 3), stride=(2, 1), padding=(1, 0)).numpy()
    by_channel = unfolded.reshape(2, 3, 6, -1).transpose(0, 2, 1, 3).reshape(cols.shape)
    np.testing.assert_array_equal(cols, by_channel)
    folded = torch.nn.functional.fold(torch.tensor(unfolded), (5, 6), (2, 3), stride=(2, 1), padding=(1, 0)).numpy()
    np.testing.assert_allclose(col2im(cols, x.shape, (2, 3), (2, 1), (1, 0)), folded, rtol=1e-13)


@each_geometry
def test_what_a_tap_meets_everywhere_is_its_part_of_the_columns(geometry):
    x, _, _ = inputs(geometry)
    _, _, size, stride, padding = geometry
    grid = Grid(x.shape, size, pair(stride), pair(padding))
    seen = np.stack(list(grid.views(grid.pad(x))), axis=1)
    np.testing.assert_array_equal(seen.reshape(grid.columns_shape), im2col(x, size, stride, padding))


def test_windows_move_by_one_and_without_margin_unless_told():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    expected = [[0, 1, 2, 4, 5, 6], [1, 2, 3, 5, 6, 7], [4, 5, 6, 8, 9, 10], [5, 6, 7, 9, 10, 11]]
    np.testing.assert_array_equal(im2col(x, 2), [expected])
    np.testing.assert_array_equal(
        col2im(im2col(x, 2), x.shape, 2)[0, 0], x[0, 0] * [[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]]
    )
    assert col2im(im2col(x[:0], 2), (0, 1, 3, 4), 2).shape == (0, 1, 3, 4)


@each_geometry
def test_col2im_is_the_transpose_of_im2col(geometry):
    x, _, _ = inputs(geometry)
    _, _, size, stride, padding = geometry
    cols = im2col(x, size, stride, padding)
    other = np.random.default_rng(1).standard_normal(cols.shape)
    image = col2im(other, x.shape, size, stride, padding)
    assert image.shape == x.shape
    assert np.vdot(cols, other) == pytest.approx(np.vdot(x, image), rel=1e-12)


# -- as Functions --------------------------------------------------------------------------------------------------


def test_the_function_is_the_formula():
    x, W, b = inputs(GEOMETRIES[2])
    y, cache = conv2d_forward(x, W, b, stride=2, padding=1)
    variables = [Variable(a) for a in (x, W, b)]
    out = F.conv2d(*variables, stride=2, padding=1)
    out.backward()
    np.testing.assert_array_equal(out.data, y)
    for v, gradient in zip(variables, conv2d_backward(np.ones_like(y), cache), strict=True):
        np.testing.assert_allclose(v.grad, gradient, rtol=1e-12)


def test_no_gradient_is_computed_for_images_that_are_data():
    x, W, _ = inputs(GEOMETRIES[0])
    y = F.conv2d(x, Variable(W))
    gx, gW = y.creator.backward(np.ones(y.shape))
    assert gx is None and gW.shape == W.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_small_network_keeps_its_dtype_and_learns(dtype):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 1, 6, 6)).astype(dtype)
    y = (X[:, 0, :, :3].mean((1, 2)) > X[:, 0, :, 3:].mean((1, 2))).astype(int)
    W, V = (Variable((0.3 * rng.standard_normal(s)).astype(dtype)) for s in [(3, 3, 1, 4), (36, 2)])
    for _ in range(60):
        for p in (W, V):
            p.cleargrad()
        logits = F.flatten(F.max_pool2d(F.relu(F.conv2d(X, W, padding=1)), 2)) @ V
        loss = F.softmax_cross_entropy(logits, y)
        loss.backward()
        for p in (W, V):
            assert p.grad.dtype == dtype
            p.data = p.data - 0.5 * p.grad
    assert loss.dtype == dtype and loss.item() < 0.2 and (logits.data.argmax(1) == y).mean() > 0.95


X, K = np.ones((2, 3, 4, 5)), np.ones((3, 3, 3, 4))
TABLE = [
    (lambda: conv2d_forward(X[0], K), "conv2d_forward: x must have 4 axes"),
    (lambda: conv2d_forward(X, K[0]), "conv2d_forward: W must have 4 axes"),
    (lambda: conv2d_forward(X, K[:, :, :2]), r"W must have shape \(kh, kw, C_in, C_out\) with C_in = 3 .*\(3, 3, 2, 4\)"),
    (lambda: conv2d_forward(X, K[:0]), "conv2d_forward: W must hold at least one number"),
    (lambda: conv2d_forward(X[:, :, :2], K), r"conv2d_forward: W must not exceed the padded images"),
    (lambda: conv2d_forward(X, K, np.ones(3)), r"conv2d_forward: b must have shape \(4,\), got \(3,\)"),
    (lambda: conv2d_forward(X, K, stride=0), "conv2d_forward: stride must be at least 1, got 0"),
    (lambda: conv2d_forward(X, K, stride=(1, 0)), r"conv2d_forward: stride\[1\] must be at least 1, got 0"),
    (lambda: conv2d_forward(X, K, stride=(1, 1, 1)), "conv2d_forward: stride must be an integer or a pair"),
    (lambda: conv2d_forward(X, K, padding=-1), "conv2d_forward: padding must be at least 0, got -1"),
    (lambda: conv2d_forward(X, K, padding=0.5), "conv2d_forward: padding must be an integer, got 0.5"),
    (lambda: conv2d_backward(X, None), "conv2d_backward: cache must be the cache that conv2d_forward returned"),
    (lambda: conv2d_backward(X, conv2d_forward(X, K)[1]), r"conv2d_backward: dy must have shape \(2, 4, 2, 3\)"),
    (lambda: im2col(X, 6), r"im2col: size must not exceed the padded images, got \(6, 6\) for .* \(2, 3, 4, 5\)"),
    (lambda: im2col(X[0], 2), "im2col: x must have 4 axes"),
    (lambda: col2im(X, 3, 2), "col2im: shape must be"),
    (lambda: col2im(X, (1, 2, 3), 2), "col2im: shape must be"),
    (lambda: col2im(X, (1, 1, 4, 4), 2), r"col2im: cols must have shape \(1, 4, 9\), got \(2, 3, 4, 5\)"),
    (lambda: F.conv2d(X, Variable(K[:, :, :2])), r"Conv2d with x of shape \(2, 3, 4, 5\), W of shape .*, stride = 1"),
    (lambda: F.conv2d("a", K), "Conv2d: x must be a Variable"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), TABLE, ids=[message[:40] for _, message in TABLE])
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_stride_and_padding_reach_the_edge_exactly():
    assert conv2d_forward(X, K, stride=2)[0].shape == (2, 4, 1, 2)
    assert conv2d_forward(X[:, :, :3, :3], K)[0].shape == (2, 4, 1, 1)
    assert conv2d_forward(X, K, padding=(1, 0))[0].shape == (2, 4, 4, 3)
