"""How the engines of the sixteen steps behave: links, leaves, types, several outputs, order, a second backward."""

import numpy as np
import pytest
from steps_support import negate, number, split, step

SLOPE = 3.297442541400256  # of (exp(x²))² at 0.5


@pytest.mark.parametrize("n", [14, 15, 16])
def test_what_depends_on_the_order(n):
    s, right = step(n), n == 16
    for first, wrong in ((True, 72), (False, 40)):
        x = number(s, 2)
        a = s.square(x)
        y = s.add(a, s.square(a)) if first else s.add(s.square(a), a)
        y.backward()
        assert (y.data, x.grad) == (20, 36 if right else wrong)


def test_no_finite_difference_is_as_good_as_the_chain_rule():
    s = step(4)
    f, x = (lambda x: s.Square()(s.Exp()(s.Square()(x)))), number(s, 0.5)
    errors = [abs(s.numerical_diff(f, x, 10.0**-k) / SLOPE - 1) for k in range(1, 15)]
    assert min(errors) > 1e-13
    assert 4 <= np.argmin(errors) + 1 <= 7
    assert errors[3] < 1e-7
    assert np.exp(2 * 0.25) * 4 * 0.5 == pytest.approx(SLOPE, rel=1e-15)  # 4 x exp(2 x²), by hand


@pytest.mark.parametrize("n", [7, 8, 9, 10])
def test_links_lead_back_from_the_result(n):
    s = step(n)
    f, x = s.Square(), number(s, 3)
    y = f(x)
    assert y.creator is f and f.input is x and x.creator is None
    assert y is not x and x.data == 3


@pytest.mark.parametrize("n", range(8, 17))
def test_a_chain_of_five_thousand(n):
    s = step(n)
    x = y = number(s, 1)
    for _ in range(5000):
        y = negate(s, y)
    y.grad = np.array(1.0)
    y.backward()
    assert x.grad == 1


@pytest.mark.parametrize("n", range(7, 17))
def test_backward_of_a_leaf_ends_at_once(n):
    s = step(n)
    x = number(s, 3)
    x.backward()
    assert x.grad == (1 if n >= 9 else None)


@pytest.mark.parametrize("n", range(9, 17))
def test_a_box_holds_an_array_or_nothing(n):
    Variable = step(n).Variable
    assert Variable(None).data is None
    for wrong in (1.0, [1], "text", np.float64(1)):
        with pytest.raises(TypeError, match=f"data must be a NumPy array, got {type(wrong).__name__}"):
            Variable(wrong)
    assert Variable(np.array(3)).data.dtype == np.float64
    assert Variable(np.ones(2, np.float32)).data.dtype == np.float32


@pytest.mark.parametrize("n", range(9, 17))
def test_numbers_stay_arrays_and_float32_stays_float32(n):
    s = step(n)
    for dtype in (np.float32, np.float64):
        x = s.Variable(np.array(3, dtype))
        y = s.square(x)
        y.backward()
        for array in (y.data, x.grad):
            assert type(array) is np.ndarray and array.dtype == dtype
        assert x.grad == 6
    assert type(step(8).Square()(number(step(8), 3)).data) is np.float64  # what step 9 mends


@pytest.mark.parametrize("n", range(9, 17))
def test_an_object_is_called_once(n):
    s = step(n)
    f, x = s.Square(), number(s, 3)
    argument = [x] if n == 11 else x
    f(argument)
    with pytest.raises(RuntimeError, match="Square: an object remembers one"):
        f(argument)


def test_an_object_called_twice_went_round_in_circles_before():
    with pytest.raises(RecursionError):
        s = step(7)
        f = s.Square()
        y = f(f(number(s, 1)))
        y.grad = np.array(1.0)
        y.backward()

    class Rounds(step(8).Square):
        calls = 0

        def backward(self, gy):
            self.calls += 1
            if self.calls == 100:
                raise StopIteration
            return gy

    f = Rounds()
    y = f(f(number(step(8), 1)))
    with pytest.raises(StopIteration):  # two functions, a hundred calls and no end
        y.backward()


@pytest.mark.parametrize("n", range(2, 17))
def test_the_base_class_computes_nothing(n):
    s = step(n)
    x = number(s, 3)
    with pytest.raises(NotImplementedError, match="Function has no forward"):
        s.Function()([x] if n == 11 else x)
    if n >= 5:
        name = "derivative" if n == 5 else "backward"
        with pytest.raises(NotImplementedError, match=f"Function has no {name}"):
            getattr(s.Function(), name)(x.data)


def test_gradcheck_of_step_10():
    s = step(10)
    s.test_square()
    s.test_exp()
    x = s.Variable(np.linspace(-2, 2, 5))
    s.gradcheck(lambda x: s.square(s.exp(s.square(x))), x)
    assert x.grad is None
    with pytest.raises(TypeError, match="x must be float64, got float32"):
        s.gradcheck(s.square, s.Variable(np.ones(2, np.float32)))

    class Small(s.Function):
        """Value and gradient about 1e-6: an absolute tolerance would let the wrong factor pass."""

        def forward(self, x):
            return 1e-6 * x

        def backward(self, gy):
            return 1.01e-6 * gy

    with pytest.raises(AssertionError, match="backward gives"):
        s.gradcheck(lambda x: Small()(x), number(s, 1))


@pytest.mark.parametrize("n", range(12, 17))
def test_a_list_of_outputs_is_refused(n):
    s = step(n)

    class Pair(s.Function):
        def forward(self, x):
            return [x, x]

    with pytest.raises(TypeError, match="must be a NumPy array, got list"):
        Pair()(number(s, 1))


@pytest.mark.parametrize("n", range(13, 17))
def test_several_outputs_used(n):
    s = step(n)
    x0, x1 = number(s, 5), number(s, 2)
    total, difference = split(s)()(x0, x1)
    s.mul(total, difference).backward()  # x0² − x1²
    if n in (13, 16):
        assert (x0.grad, x1.grad) == (10, -4)
    else:  # the function runs twice: once for each of its outputs
        assert (x0.grad, x1.grad) != (10, -4)


@pytest.mark.parametrize("n", range(13, 17))
def test_an_output_that_nobody_used_counts_as_zero(n):
    s = step(n)
    x0, x1 = number(s, 5), number(s, 2)
    _, difference = split(s)()(x0, x1)
    s.square(difference).backward()
    assert (x0.grad, x1.grad) == (6, -6)


@pytest.mark.parametrize("n", range(13, 17))
@pytest.mark.parametrize("gradients", [1, 3])
def test_another_number_of_gradients_is_an_error(n, gradients):
    s = step(n)
    y, _ = split(s, gradients)()(number(s, 5), number(s, 2))
    with pytest.raises(ValueError, match="zip"):
        y.backward()


@pytest.mark.parametrize("n", range(13, 17))
def test_a_stretched_array_is_refused(n):
    s = step(n)
    y = s.add(s.Variable(np.ones((3, 1))), s.Variable(np.ones((3, 4))))
    with pytest.raises(ValueError, match=r"a gradient has shape \(3, 4\), its variable \(3, 1\)"):
        y.backward()


@pytest.mark.parametrize("n", [14, 15, 16])
def test_gradients_add_up_and_none_is_changed_in_place(n):
    s = step(n)
    x = number(s, 3)
    y = s.add(x, x)
    y.backward()
    assert (x.grad, y.grad) == (2, 1)  # y.grad is 2 where += changed the array that Add returned twice
    x.cleargrad()
    s.add(s.add(x, x), x).backward()
    assert x.grad == 3
    s.square(x).backward()
    assert x.grad == 9  # a leaf adds up until it is cleared


@pytest.mark.parametrize("n", [14, 15, 16])
def test_a_second_backward_through_the_same_graph_starts_afresh(n):
    s = step(n)
    x = number(s, 2)
    a = s.square(x)
    y = s.square(a)
    for _ in range(3):
        x.cleargrad()
        y.backward()
        assert (a.grad, x.grad) == (8, 32)  # 64 where the gradient of a is left standing
    x.cleargrad()
    s.mul(a, number(s, 3)).backward()  # another graph through the same a
    assert (a.grad, x.grad) == (3, 12)


def test_both_outputs_of_a_function_one_after_the_other():
    s = step(16)
    x0, x1 = number(s, 5), number(s, 2)
    total, difference = split(s)()(x0, x1)
    total.backward()
    assert (x0.grad, x1.grad) == (1, 1)
    x0.cleargrad(), x1.cleargrad()
    difference.backward()
    assert (x0.grad, x1.grad) == (1, -1)


def test_generations_of_a_diamond():
    s = step(16)
    x = number(s, 2)
    a = s.square(x)
    y = s.add(s.square(a), a)
    assert [v.generation for v in (x, a, y)] == [0, 1, 3]
    assert [f.generation for f in (a.creator, y.creator)] == [0, 2]


def test_each_function_runs_once_and_after_all_that_use_its_output():
    s = step(16)
    x = y = number(s, 1)
    for _ in range(300):  # 2³⁰⁰ paths from y to x
        y = s.add(y, y)
    ran = []
    y.backward(watch=ran.append)
    assert len(ran) == len(set(ran)) == 300
    assert [f.generation for f in ran] == list(range(299, -1, -1))
    assert x.grad == 2.0**300


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_have_pytorchs_gradients(torch, seed):
    s, rng = step(16), np.random.default_rng(seed)

    class Exp(s.Function):
        def forward(self, x):
            return np.exp(-x * x)

        def backward(self, gy):
            x = self.inputs[0].data
            return -2 * x * np.exp(-x * x) * gy

    starts = rng.standard_normal((3, 4))
    ours = [s.Variable(x.copy()) for x in starts]
    theirs = [torch.tensor(x, requires_grad=True) for x in starts]
    leaves = list(zip(ours, theirs, strict=True))
    for _ in range(25):
        i, j = rng.integers(0, len(ours), 2)
        kind = rng.integers(4)
        if kind == 0:
            ours.append(s.add(ours[i], ours[j]))
            theirs.append(theirs[i] + theirs[j])
        elif kind == 1:
            ours.append(s.mul(ours[i], Exp()(ours[j])))
            theirs.append(theirs[i] * torch.exp(-(theirs[j] ** 2)))
        elif kind == 2:
            ours.append(Exp()(s.square(ours[i])))
            theirs.append(torch.exp(-(theirs[i] ** 4)))
        else:
            ours.append(s.mul(Exp()(ours[i]), ours[j]))
            theirs.append(torch.exp(-(theirs[i] ** 2)) * theirs[j])
    y, t = ours[-1], theirs[-1]
    for k in (-2, -3, -4):
        y, t = s.add(y, ours[k]), t + theirs[k]
    y.backward()
    t.sum().backward()
    for x, w in leaves:
        if w.grad is None:
            assert x.grad is None
        else:
            np.testing.assert_allclose(x.grad, w.grad.numpy(), rtol=1e-10, atol=1e-300)
