"""The gradient checker: what it measures, what it refuses, and that it leaves everything as it was."""

import numpy as np
import pytest
from gradus import Function, GradientError, Variable, gradcheck, numerical_diff
from gradus import functions as F


def variable(*shape, seed=0):
    return Variable(np.random.default_rng(seed).standard_normal(shape))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_differences_of_the_steps():
    slope = numerical_diff(lambda x: x**2, Variable(np.array(2.0)))
    assert slope == pytest.approx(4.000000000004, abs=1e-11)
    slope = numerical_diff(lambda x: F.exp(x**2) ** 2, Variable(np.array(0.5)))
    assert slope == pytest.approx(3.2974426293330694, abs=1e-11)  # the derivative itself is 3.2974425414…


def test_the_error_of_a_central_difference_is_of_second_order():
    errors = [abs(float(numerical_diff(F.exp, np.array(1.0), eps)) - np.e) for eps in (1e-2, 1e-3)]
    assert errors[0] == pytest.approx(np.e * 1e-4 / 6, rel=1e-3)  # ε² f‴ / 6
    assert errors[0] / errors[1] == pytest.approx(100, rel=1e-3)


def test_differences_follow_every_entry_of_an_array():
    x, W = variable(3, 4), np.random.default_rng(1).standard_normal((4, 2))
    f = lambda x: F.tanh(x @ W)  # noqa: E731
    data = x.data.copy()
    slopes = numerical_diff(f, x)
    f(x).backward()
    np.testing.assert_allclose(slopes, x.grad, rtol=1e-6)
    np.testing.assert_array_equal(x.data, data)
    assert numerical_diff(f, x.data.astype(np.float32), eps=1e-2).dtype == np.float32


def test_a_right_gradient_passes_with_a_small_error(rng):
    error = gradcheck(lambda x, W: F.tanh(x @ W), variable(3, 4), variable(4, 2), rng=rng)
    assert 0 < error < 1e-8


class Broken(Function):
    """tanh(x W) with a backward that is wrong in some way."""

    def __init__(self, way):
        self.way = way

    def forward(self, x, W):
        self.x, self.W, self.y = x, W, np.tanh(x @ W)
        return self.y

    def backward(self, gy):
        gz = gy * (1 - self.y**2)
        gx, gW = gz @ self.W.T, self.x.T @ gz
        ways = {
            "right": lambda: (gx, gW),
            "sign": lambda: (-gx, gW),
            "factor": lambda: (gx, gW * 1.001),
            "mean over the batch": lambda: (gx, gW / len(self.x)),
            "derivative forgotten": lambda: (gy @ self.W.T, self.x.T @ gy),
            "upstream forgotten": lambda: ((1 - self.y**2) @ self.W.T, self.x.T @ (1 - self.y**2)),
            "one entry": lambda: (gx, gW * np.where(np.arange(gW.size).reshape(gW.shape) == 3, 1.01, 1)),
            "transposed": lambda: (gx, gW.T.reshape(gW.shape)),
            "zero": lambda: (gx, np.zeros_like(gW)),
            "none": lambda: (gx, None),
            "first row for all": lambda: (np.broadcast_to(gx[:1], gx.shape), gW),
            "not a number": lambda: (gx, gW * np.nan),
        }
        return ways[self.way]()


WAYS = [
    "sign",
    "factor",
    "mean over the batch",
    "derivative forgotten",
    "upstream forgotten",
    "one entry",
    "transposed",
    "zero",
    "none",
    "first row for all",
    "not a number",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6], ids=["gradients near 1", "tiny", "huge"])
def test_a_wrong_gradient_is_refused_whatever_its_size(way, scale, rng):
    x, W = variable(5, 4), variable(4, 2, seed=1)
    gradcheck(lambda x, W: Broken("right")(x, W) * scale, x, W, rng=rng)
    with pytest.raises(GradientError, match=r"wrong gradient with respect to input [01]"):
        gradcheck(lambda x, W: Broken(way)(x, W) * scale, x, W, rng=rng)


@pytest.mark.parametrize("way", ["right", *WAYS])
def test_pytorchs_checker_comes_to_the_same_verdict(torch, way, rng):
    class TorchBroken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, W):
            ctx.function = Broken(way)
            return torch.tensor(ctx.function.forward(x.numpy(), W.numpy()))

        @staticmethod
        def backward(ctx, gy):
            return tuple(None if g is None else torch.tensor(g) for g in ctx.function.backward(gy.numpy()))

    x, W = variable(5, 4), variable(4, 2, seed=1)
    tensors = [torch.tensor(v.data, requires_grad=True) for v in (x, W)]
    theirs = torch.autograd.gradcheck(TorchBroken.apply, tensors, rtol=1e-5, raise_exception=False)
    try:
        gradcheck(lambda x, W: Broken(way)(x, W), x, W, rng=rng)
        ours = True
    except GradientError:
        ours = False
    assert ours == theirs == (way == "right")


def test_a_wrong_small_gradient_cannot_hide_behind_a_large_one(rng):
    class Sum(Function):
        def forward(self, small, large):
            return 1e-4 * small + 1e4 * large

        def backward(self, gy):
            return 2e-4 * gy, 1e4 * gy

    with pytest.raises(GradientError, match="input 0"):
        gradcheck(lambda a, b: Sum()(a, b), variable(3), variable(3, seed=1), rng=rng)


class Raised(Function):
    """x + 10 000, with a gradient that is wrong by a factor."""

    def __init__(self, factor):
        self.factor = factor

    def forward(self, x):
        return x + 1e4

    def backward(self, gy):
        return self.factor * gy


def test_what_rounding_does_to_large_values_excuses_no_more_than_that(rng):
    x = Variable(np.array([0.3]))
    gradcheck(lambda x: Raised(1.0)(x), x, rng=rng, rtol=1e-12)  # the quotient has seven digits
    with pytest.raises(GradientError):
        gradcheck(lambda x: Raised(1.00002)(x), x, rng=rng)


def test_chance_is_noticed_where_it_is_small_and_the_last_digit_is_not_chance(rng):
    other = np.random.default_rng(1)
    with pytest.raises(ValueError, match="is it random"):
        gradcheck(lambda x: x * (1 + 1e-9 * other.standard_normal()), variable(3), rng=rng)
    signs = iter([1, -1] * 50)
    gradcheck(lambda x: x * (1 + 2e-16 * next(signs)), variable(3), rng=rng)


def test_the_message_gives_both_slopes_and_the_name(rng):
    x, W = variable(5, 4), Variable(variable(4, 2).data, name="W")
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda x, W: Broken("zero")(x, W), x, W, rng=rng)
    message = str(caught.value)
    assert "input 1 (W) of shape (4, 2)" in message and "backward gives 0, the difference quotient" in message
    assert "kink" not in message


def test_a_kink_is_named_as_a_suspicion(rng):
    x = Variable(np.array([0.0, 1.0, -2.0]))
    with pytest.raises(GradientError, match=r"The slopes to the left and to the right are .* is there a kink here"):
        gradcheck(F.relu, x, rng=rng)
    gradcheck(F.relu, Variable(np.array([0.1, 1.0, -2.0])), rng=rng)


def test_inputs_reached_by_other_ways_are_checked_too(rng):
    x, W = variable(3, 4), variable(4, 2)
    gradcheck(lambda *_: F.tanh(x @ W), W, rng=rng)
    with pytest.raises(GradientError):
        gradcheck(lambda *_: Broken("one entry")(x, W), W, rng=rng)


def test_everything_is_as_it_was_afterwards(rng):
    x, W = variable(3, 4), variable(4, 2)
    data, x.grad = x.data, np.full((3, 4), 7.0)
    values, grad = data.copy(), x.grad

    def breaks_off(x, W):
        if x.data is not data:
            raise KeyError
        return x @ W

    gradcheck(lambda x, W: x @ W, x, W, rng=rng)
    for f, error in [(lambda x, W: Broken("sign")(x, W), GradientError), (breaks_off, KeyError)]:
        with pytest.raises(error):
            gradcheck(f, x, W, rng=rng)
        assert x.data is data and x.grad is grad and W.grad is None
        np.testing.assert_array_equal(x.data, values)


def test_a_constant_has_gradient_0(rng):
    assert gradcheck(lambda x: Variable(np.ones(2)), variable(3), rng=rng) == 0
    assert gradcheck(lambda x: x * 0.0, variable(3), rng=rng) == 0


X, SINGLE, NAN = variable(3), Variable(np.ones(3, np.float32)), Variable(np.array([np.nan]))
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gradcheck(F.exp, SINGLE, rng=RNG), TypeError, r"gradcheck: inputs\[0\] must be float64, got float32"),
        (lambda: gradcheck(F.exp, np.ones(3), rng=RNG), TypeError, r"gradcheck: inputs\[0\] must be a Variable, got"),
        (lambda: gradcheck(F.exp, rng=RNG), ValueError, "gradcheck: inputs must hold at least one Variable"),
        (lambda: gradcheck("exp", X, rng=RNG), TypeError, "gradcheck: f must be"),
        (lambda: gradcheck(F.exp, NAN, rng=RNG), ValueError, r"gradcheck: inputs\[0\] must be finite"),
        (lambda: gradcheck(F.exp, X, rng=0), TypeError, "gradcheck: rng must be"),
        (lambda: gradcheck(F.exp, X, rng=RNG, directions=0), ValueError, "gradcheck: directions must be at least 1"),
        (lambda: gradcheck(F.exp, X, rng=RNG, eps=0), ValueError, r"gradcheck: eps must be in \(0, inf\)"),
        (lambda: gradcheck(F.exp, X, rng=RNG, rtol=-1), ValueError, r"gradcheck: rtol must be in \(0, inf\)"),
        (lambda: gradcheck(lambda x: x.data, X, rng=RNG), TypeError, "f must return a Variable, got an array"),
        (
            lambda: gradcheck(lambda x: x * (RNG.random(3) > 0.5), X, rng=RNG),
            ValueError,
            "gradcheck: f must give the same value for the same inputs",
        ),
        (lambda: numerical_diff("exp", X), TypeError, "numerical_diff: f must be"),
        (lambda: numerical_diff(F.exp, 2.0), TypeError, "numerical_diff: x must be a Variable or an array, got 2.0"),
        (lambda: numerical_diff(F.exp, np.ones(2, complex)), TypeError, "numerical_diff: x must be an array of real"),
        (lambda: numerical_diff(F.exp, X, eps=0), ValueError, r"numerical_diff: eps must be in \(0, inf\), got 0"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
