"""Arithmetic, functions entry by entry, reductions and shapes: against PyTorch, by hand, along random directions."""

import numpy as np
import pytest
from gradus import Variable, gradcheck, no_grad
from gradus import functions as F

MASK = np.array([[True, False, True, False], [False] * 4, [True] * 4])

# name → shapes of the inputs, the function here, the function in PyTorch. "+": positive numbers.
CASES = {
    "sin": ([(3, 4)], F.sin, lambda t, x: t.sin(x)),
    "cos": ([(3, 4)], F.cos, lambda t, x: t.cos(x)),
    "abs": ([(3, 4)], abs, lambda t, x: x.abs()),
    "square": ([(3, 4)], F.square, lambda t, x: x.square()),
    "exponential": ([(3, 4)], lambda x: 2.5**x, lambda t, x: 2.5**x),
    "exponential_below_1": ([(3, 4)], lambda x: F.exponential(0.3, x), lambda t, x: 0.3**x),
    "pos": ([(3, 4)], lambda x: +x, lambda t, x: +x),
    "maximum": ([(3, 4), (4,)], F.maximum, lambda t, x, y: t.maximum(x, y)),
    "maximum_number": ([(3, 4)], lambda x: F.maximum(x, 0.3), lambda t, x: x.clamp(min=0.3)),
    "minimum": ([(3, 1), (1, 4)], F.minimum, lambda t, x, y: t.minimum(x, y)),
    "clip": ([(3, 4)], lambda x: x.clip(-0.5, 0.7), lambda t, x: x.clamp(-0.5, 0.7)),
    "clip_below": ([(3, 4)], lambda x: F.clip(x, low=0.1), lambda t, x: x.clamp(min=0.1)),
    "clip_above": ([(3, 4)], lambda x: F.clip(x, high=0.1), lambda t, x: x.clamp(max=0.1)),
    "where": ([(3, 4), (3, 1)], lambda x, y: F.where(MASK, x, y), lambda t, x, y: t.where(t.tensor(MASK), x, y)),
    "where_number": ([(4,)], lambda x: F.where(MASK, x, 0.0), lambda t, x: t.where(t.tensor(MASK), x, 0.0)),
    "max": ([(3, 4)], lambda x: x.max(), lambda t, x: x.amax()),
    "max_axis": ([(2, 3, 4)], lambda x: x.max(axis=1), lambda t, x: x.amax(1)),
    "max_axes": ([(2, 3, 4)], lambda x: x.max((0, -1), keepdims=True), lambda t, x: x.amax((0, -1), keepdim=True)),
    "min": ([(3, 4)], F.min, lambda t, x: x.amin()),
    "min_axis": ([(2, 3, 4)], lambda x: x.min(-1), lambda t, x: x.amin(-1)),
    "mean_axes": ([(2, 3, 4)], lambda x: x.mean((2, 0)), lambda t, x: x.mean((2, 0))),
    "mean_keepdims": ([(3, 4)], lambda x: x.mean(keepdims=True), lambda t, x: x.mean((0, 1), keepdim=True)),
    "var": ([(3, 4)], lambda x: x.var(), lambda t, x: x.var(correction=0)),
    "var_axis": ([(3, 4)], lambda x: x.var(axis=0), lambda t, x: x.var(0, correction=0)),
    "var_axes": ([(2, 3, 4)], lambda x: x.var((0, 2), True), lambda t, x: x.var((0, 2), correction=0, keepdim=True)),
    "reshape_numbers": ([(3, 4)], lambda x: x.reshape(2, 6), lambda t, x: x.reshape(2, 6)),
    "reshape_one": ([(3, 4)], lambda x: x.reshape(-1), lambda t, x: x.reshape(-1)),
    "transpose_numbers": ([(2, 3, 4)], lambda x: x.transpose(2, 0, 1), lambda t, x: x.permute(2, 0, 1)),
    "transpose_negative": ([(2, 3, 4)], lambda x: x.transpose((0, -1, 1)), lambda t, x: x.permute(0, -1, 1)),
    "transpose_nothing": ([(2, 3, 4)], lambda x: x.transpose(), lambda t, x: x.permute(2, 1, 0)),
    "flatten": ([(2, 3, 4)], F.flatten, lambda t, x: x.flatten(1)),
    "squeeze": ([(2, 1, 4, 1)], lambda x: x.squeeze(), lambda t, x: x.squeeze()),
    "squeeze_axis": ([(2, 1, 4, 1)], lambda x: x.squeeze(1), lambda t, x: x.squeeze(1)),
    "expand_dims": ([(3, 4)], lambda x: F.expand_dims(x, 1), lambda t, x: x.unsqueeze(1)),
    "expand_dims_two": ([(3, 4)], lambda x: F.expand_dims(x, (0, -1)), lambda t, x: x[None, :, :, None]),
    "broadcast_to": ([(3, 1)], lambda x: F.broadcast_to(x, (2, 3, 4)), lambda t, x: x.broadcast_to(2, 3, 4)),
    "concatenate": ([(2, 4), (3, 4)], lambda x, y: F.concatenate([x, y]), lambda t, x, y: t.cat([x, y])),
    "concatenate_axis": (
        [(2, 1), (2, 3), (2, 2)],
        lambda *xs: F.concatenate(xs, axis=-1),
        lambda t, *xs: t.cat(xs, dim=-1),
    ),
    "concatenate_twice": ([(2, 4)], lambda x: F.concatenate([x, x * 2, x]), lambda t, x: t.cat([x, x * 2, x])),
    "stack": ([(2, 4), (2, 4)], lambda x, y: F.stack([x, y]), lambda t, x, y: t.stack([x, y])),
    "stack_axis": ([(2, 4), (2, 4)], lambda x, y: F.stack([x, y], -1), lambda t, x, y: t.stack([x, y], -1)),
    "split": ([(6, 2)], lambda x: F.split(x, 3)[1] * F.split(x, 3)[2], lambda t, x: x.split(2)[1] * x.split(2)[2]),
    "split_places": (
        [(2, 6)],
        lambda x: (lambda a, b, c: a.sum() * b * c.max())(*F.split(x, [1, 3], axis=1)),
        lambda t, x: (lambda a, b, c: a.sum() * b * c.amax())(*x.tensor_split([1, 3], dim=1)),
    ),
    "getitem_ellipsis": ([(2, 3, 4)], lambda x: x[..., -1, None], lambda t, x: x[..., -1, None]),
    "getitem_mixed": ([(3, 4)], lambda x: x[1:, [0, 0, 2]], lambda t, x: x[1:, [0, 0, 2]]),
    "iteration": ([(3, 4)], lambda x: sum((i + 1.0) * row for i, row in enumerate(x)), lambda t, x: x[0] + 2 * x[1] + 3 * x[2]),
    "silu": ([(3, 4)], F.silu, lambda t, x: t.nn.functional.silu(x)),
    "gelu": ([(3, 4)], F.gelu, lambda t, x: t.nn.functional.gelu(x)),
    "gelu_tanh": ([(3, 4)], lambda x: F.gelu(x, True), lambda t, x: t.nn.functional.gelu(x, approximate="tanh")),
    "softplus": ([(3, 4)], F.softplus, lambda t, x: t.nn.functional.softplus(x)),
    "softmax": ([(3, 4)], F.softmax, lambda t, x: x.softmax(-1)),
    "softmax_axis": ([(2, 3, 4)], lambda x: F.softmax(x, 1), lambda t, x: x.softmax(1)),
    "log_softmax": ([(3, 4)], F.log_softmax, lambda t, x: x.log_softmax(-1)),
    "log_softmax_axis": ([(3, 4)], lambda x: F.log_softmax(x, axis=0), lambda t, x: x.log_softmax(0)),
}  # fmt: skip
each_case = pytest.mark.parametrize("name", CASES)


def arrays(name, dtype=np.float64):
    rng = np.random.default_rng(len(name))
    return [rng.standard_normal(shape).astype(dtype) for shape in CASES[name][0]]


@each_case
def test_value_and_gradients_are_those_of_pytorch(torch, name):
    _, f, f_torch = CASES[name]
    xs = [Variable(a) for a in arrays(name)]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays(name)]
    y, expected = f(*xs), f_torch(torch, *tensors)
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-10, atol=1e-14)
    assert y.shape == tuple(expected.shape)
    c = np.random.default_rng(0).standard_normal(y.shape)
    (y * c).sum().backward()
    (expected * torch.tensor(c)).sum().backward()
    for x, tensor in zip(xs, tensors, strict=True):
        np.testing.assert_allclose(x.grad, tensor.grad.numpy(), rtol=1e-10, atol=1e-13)


@each_case
def test_gradients_agree_with_differences_along_random_directions(name):
    gradcheck(CASES[name][1], *map(Variable, arrays(name)), rng=np.random.default_rng(0))


@each_case
def test_float32_stays_float32_and_inputs_stay_as_they_are(name):
    xs = [Variable(a) for a in arrays(name, np.float32)]
    y = CASES[name][1](*xs)
    y.backward()
    assert y.dtype == np.float32
    for x, before in zip(xs, arrays(name, np.float32), strict=True):
        assert x.grad.dtype == np.float32 and x.grad.shape == x.shape
        np.testing.assert_array_equal(x.data, before)


# -- ties, kinks, NaN ----------------------------------------------------------------------------------------------


def gradient(f, *values):
    xs = [Variable(np.array(v, float)) for v in values]
    f(*xs).backward()
    return [x.grad.tolist() for x in xs]


def test_entries_that_tie_for_the_maximum_share_its_gradient():
    assert gradient(F.max, [1.0, 3.0, 3.0, 2.0]) == [[0, 0.5, 0.5, 0]]
    assert gradient(F.min, [[1.0, 1.0, 2.0], [3.0, 0.0, 0.0]]) == [[[0, 0, 0], [0, 0.5, 0.5]]]
    assert gradient(lambda x: x.max(axis=1), [[1.0, 1.0, 1.0, 1.0], [0.0, 5.0, 5.0, 2.0]]) == [
        [[0.25] * 4, [0, 0.5, 0.5, 0]]
    ]


def test_ties_are_treated_as_pytorchs_amax_and_maximum_treat_them(torch):
    x, y = np.array([[0.0, 2.0, 2.0], [1.0, 1.0, 1.0]]), np.array([[0.0, 3.0, 2.0], [0.0, 1.0, 5.0]])
    a, b = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
    (a.amax(1).sum() + 2 * torch.maximum(a, b).sum() + 3 * torch.minimum(a, b).sum()).backward()
    here = gradient(lambda p, q: p.max(1).sum() + 2 * F.maximum(p, q).sum() + 3 * F.minimum(p, q).sum(), x, y)
    np.testing.assert_allclose(here, [a.grad.numpy(), b.grad.numpy()])


def test_of_two_equal_numbers_each_gets_half():
    assert gradient(F.maximum, [1.0, 2.0, 3.0], 2.0) == [[0, 0.5, 1], 1.5]
    assert gradient(F.minimum, [1.0, 2.0, 3.0], 2.0) == [[1, 0.5, 0], 1.5]


def test_clip_passes_the_gradient_inside_and_on_the_bounds():
    assert gradient(lambda x: x.clip(-1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]) == [[0, 1, 1, 1, 0]]


def test_the_derivative_of_the_absolute_value_is_the_sign():
    assert gradient(abs, [-2.0, 0.0, 3.0]) == [[-1, 0, 1]]


def test_a_number_to_the_power_of_a_variable_by_hand():
    x = Variable(np.array([0.0, 1.0, -3.0]))
    y = F.exponential(2, x)
    y.backward()
    np.testing.assert_array_equal(y.data, [1, 2, 0.125])
    np.testing.assert_allclose(x.grad, np.log(2) * np.array([1, 2, 0.125]), rtol=1e-15)
    np.testing.assert_array_equal((2**x).data, y.data)
    with pytest.raises(ValueError, match=r"c must be in \(0, inf\), got 0"):
        F.exponential(0, x)


def test_the_square_is_the_second_power():
    x = Variable(np.array([-3.0, 0.0, 0.5]))
    y = F.square(x)
    y.backward()
    np.testing.assert_array_equal(y.data, [9, 0, 0.25])
    np.testing.assert_array_equal(x.grad, [-6, 0, 1])


def test_what_where_does_not_choose_gets_no_gradient_even_if_it_is_nan():
    x = Variable(np.array([4.0, -1.0]))
    with np.errstate(invalid="ignore"):
        y = F.where(x > 0, F.sqrt(x), 0.0)
        y.sum().backward()
    np.testing.assert_array_equal(y.data, [2.0, 0.0])
    assert x.grad[0] == 0.25  # 1 / (2 √4); the other entry's is 0 · ∂√(−1), which is NaN in every library
    x = Variable(np.array([1.0, np.nan, np.inf]))
    F.where(np.array([True, False, False]), x, -x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, -1, -1])
    x, big = Variable(np.array([1.0, 2.0])), np.array([np.inf, 1.0])
    y = F.where(np.array([False, True]), x, 0.0)
    np.testing.assert_array_equal(y.creator.backward(big)[0], [0.0, 1.0])  # not ∞ · 0


def test_nan_counts_as_the_largest_and_the_smallest():
    x = Variable(np.array([[1.0, np.nan], [2.0, 3.0]]))
    np.testing.assert_array_equal(x.max(1).data, [np.nan, 3.0])
    np.testing.assert_array_equal(x.min(1).data, [np.nan, 2.0])
    x.max(1).backward()
    np.testing.assert_array_equal(x.grad, [[np.nan, np.nan], [0, 1]])


def test_reductions_by_hand():
    x = Variable(np.array([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]]))
    assert (x.sum().item(), x.mean().item(), x.max().item(), x.min().item()) == (12, 2, 6, 0)
    np.testing.assert_allclose(x.var(1).data, [14 / 3, 2.0])
    x.var(1)[0].backward()
    np.testing.assert_allclose(x.grad, [[-4 / 3, -2 / 3, 2.0], [0, 0, 0]])  # 2 (x − 3) / 3


def test_a_sum_over_nothing_is_0_and_a_mean_over_nothing_an_error():
    x = Variable(np.ones((0, 3)))
    np.testing.assert_array_equal(x.sum(0).data, [0, 0, 0])
    assert x.mean(1).shape == (0,)
    for f in (F.mean, F.var, F.max, F.min):
        with pytest.raises(ValueError, match=r"with x of shape \(0, 3\)"):
            f(x, 0)


# -- shapes --------------------------------------------------------------------------------------------------------


def test_parts_that_are_not_used_get_no_gradient():
    x = Variable(np.arange(6.0))
    a, _, c = F.split(x, [1, 4])
    (a * c.sum()).sum().backward()
    np.testing.assert_array_equal(x.grad, [9, 0, 0, 0, 0, 0])


def test_split_undoes_concatenate():
    xs = [Variable(np.full((2, n), float(n))) for n in (1, 3, 2)]
    parts = F.split(F.concatenate(xs, axis=1), [1, 4], axis=1)
    for x, part in zip(xs, parts, strict=True):
        np.testing.assert_array_equal(x.data, part.data)
    rows = list(F.stack([xs[0], xs[0] * 2]))
    np.testing.assert_array_equal(rows[1].data, 2 * xs[0].data)


def test_an_index_may_pick_an_entry_several_times():
    x = Variable(np.zeros(3))
    x[np.array([1, 1, 2, 1])].sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 3, 1])
    x.cleargrad()
    x[[True, False, True]].sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 1])


def test_shapes_by_hand():
    x = Variable(np.arange(6.0).reshape(2, 1, 3))
    assert F.flatten(x).shape == (2, 3) and F.flatten(Variable(np.ones((0, 2, 3)))).shape == (0, 6)
    assert F.squeeze(x).shape == (2, 3) and F.expand_dims(x, 0).shape == (1, 2, 1, 3)
    assert x.T.shape == (3, 1, 2) and x.reshape((3, 2)).shape == x.reshape(3, 2).shape == (3, 2)
    np.testing.assert_array_equal(F.broadcast_to(x, (2, 2, 3)).data[:, 1], x.data[:, 0])
    x.cleargrad()
    F.broadcast_to(x, (5, 2, 4, 3)).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full((2, 1, 3), 20.0))


# -- operators -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_and_numbers_may_stand_on_either_side(dtype):
    x, a = Variable(np.array([1.0, 4.0], dtype)), np.array([2.0, 8.0], dtype)
    for y, expected in [
        (a + x, [3, 12]), (x + a, [3, 12]), (a - x, [1, 4]), (x - a, [-1, -4]), (a * x, [2, 32]), (a / x, [2, 2]),
        (x / a, [0.5, 0.5]), (2 + x, [3, 6]), (2 - x, [1, -2]), (3 * x, [3, 12]), (4 / x, [4, 1]), (-x, [-1, -4]),
        (x**2, [1, 16]), (x**0.5, [1, 2]),
    ]:  # fmt: skip
        assert isinstance(y, Variable) and y.dtype == dtype
        np.testing.assert_allclose(y.data, expected)
    assert (a @ x).item() == (x @ a).item() == 34


def test_comparisons_look_at_the_numbers_and_record_nothing():
    x, y = Variable(np.array([1.0, 2.0, 3.0])), Variable(np.array([2.0, 2.0, 2.0]))
    for found, expected in [
        (x < y, [1, 0, 0]), (x <= y, [1, 1, 0]), (x > y, [0, 0, 1]), (x >= y, [0, 1, 1]), (x > 1.5, [0, 1, 1]),
        (y.data <= x, [0, 1, 1]), (y.data > x, [1, 0, 0]),
    ]:  # fmt: skip
        assert type(found) is np.ndarray and found.dtype == bool
        np.testing.assert_array_equal(found, np.array(expected, bool))
    with pytest.raises(TypeError):
        x < "a"  # noqa: B015


def test_equality_is_identity_and_refused_for_numbers():
    x, y = Variable(np.ones(2)), Variable(np.ones(2))
    assert x == x and x != y and not x.__eq__(y) and x is not None and x != "x"
    assert len({x, y, x}) == 2 and {x: 1}[x] == 1
    for number in (1.0, np.ones(2), np.float64(1)):
        with pytest.raises(TypeError, match=r"compare x\.data"):
            x == number  # noqa: B015
        with pytest.raises(TypeError, match=r"compare x\.data"):
            x != number  # noqa: B015


def test_one_number_can_be_taken_out():
    x = Variable(np.array([2.5]))
    assert float(x) == x.item() == 2.5 and type(x.item()) is float
    assert bool(x) and not Variable(np.array(0.0))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Variable(np.ones(2)))
    with pytest.raises(TypeError, match="unsized"):
        list(Variable(np.array(1.0)))


def test_numpys_functions_refuse_a_variable_instead_of_losing_its_gradient():
    x = Variable(np.ones(2))
    for f in (np.exp, np.asarray, lambda x: np.concatenate([x, x]), lambda x: np.add(np.ones(2), x)):
        with pytest.raises(TypeError):
            f(x)
    with pytest.raises(TypeError, match=r"use x\.data"):
        np.array(x)


V = Variable(np.ones((3, 4)))
TABLE = [
    (lambda: V.max(axis=2), ValueError, r"Max with x of shape \(3, 4\), axis = 2, keepdims = False: axis 2 is out of"),
    (lambda: V.var(axis="a"), TypeError, "Var with .*axis = 'a'"),
    (lambda: V.mean(keepdims="a"), TypeError, "Mean with .*keepdims = 'a'"),
    (lambda: F.clip(V, 1, 0), ValueError, "clip: low must be at most high, got low = 1, high = 0"),
    (lambda: F.clip(V, np.nan), ValueError, "clip: low must be at most high, got low = nan"),
    (lambda: F.clip(V, "a"), TypeError, r"clip: low must be a number, got 'a' \(str\)"),
    (lambda: F.clip(V, 0, None), TypeError, "clip: high must be a number, got None"),
    (lambda: F.where(V, V, 0), TypeError, "where: mask must be an array of booleans, got Variable"),
    (lambda: F.where(np.ones((3, 4)), V, 0), TypeError, "where: mask must be an array of booleans, got an array of"),
    (lambda: F.where(np.ones(3, bool), V, 0), ValueError, r"Where with x0 of shape \(3, 4\), x1 of shape \(\), mask ="),
    (lambda: F.concatenate(V), TypeError, "concatenate: xs must be a list or tuple of Variables or arrays, got Vari"),
    (lambda: F.concatenate([]), ValueError, "concatenate: xs must hold at least one"),
    (lambda: F.stack([]), ValueError, "stack: xs must hold at least one"),
    (lambda: F.concatenate([V, "a"]), TypeError, r"Concatenate: xs\[1\] must be a Variable, an array or a number"),
    (lambda: F.stack([V, V[0]]), ValueError, r"Stack with xs\[0\] of shape \(3, 4\), xs\[1\] of shape \(4,\), axis"),
    (lambda: F.split(V, 2), ValueError, r"Split with x of shape \(3, 4\), sections = 2, axis = 0: array split does"),
    (lambda: F.squeeze(V, 0), ValueError, r"Squeeze with x of shape \(3, 4\), axis = 0: cannot select"),
    (lambda: F.expand_dims(V, 5), ValueError, r"ExpandDims with x of shape \(3, 4\), axis = 5"),
    (lambda: F.broadcast_to(V, (4, 4)), ValueError, r"BroadcastTo with x of shape \(3, 4\), shape = \(4, 4\)"),
    (lambda: F.flatten(2.0), TypeError, r"Flatten with x of shape \(\)"),
    (lambda: F.softmax(V, 2), ValueError, r"Softmax with z of shape \(3, 4\), axis = 2: softmax: axis must be less"),
    (lambda: F.log_softmax(V, 0.5), TypeError, "LogSoftmax with .*axis must be an integer"),
    (lambda: F.leaky_relu(V, alpha="a"), TypeError, "LeakyReLU with .*alpha must be a number"),
    (lambda: F.gelu(V, approximate=3), TypeError, "GELU with .*approximate must be"),
    (lambda: F.maximum(V, None), TypeError, "Maximum: x1 must be"),
    (lambda: V**V, TypeError, "power: c must be a number"),
    (lambda: (-2) ** V, ValueError, r"exponential: c must be in \(0, inf\)"),
    (lambda: F.power(V, np.nan), ValueError, "power: c must be a number, got nan"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), TABLE, ids=[message[:40] for *_, message in TABLE])
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
    with no_grad(), pytest.raises(error, match=message):
        call()
