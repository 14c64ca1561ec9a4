"""Variable, Function and backward: order, accumulation, memory, and what may go wrong."""

import gc
import weakref

import numpy as np
import pytest
from gradus import Function, Variable, no_grad
from gradus import functions as F


def scalar(value):
    return Variable(np.array(float(value)))


class Square(Function):
    """A function of a reader's own."""

    calls = 0

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, gy):
        type(self).calls += 1
        return 2 * self.x * gy


class SumAndDifference(Function):
    def forward(self, x0, x1):
        return x0 + x1, x0 - x1

    def backward(self, g_sum, g_difference):
        return g_sum + g_difference, g_sum - g_difference


def test_the_worked_example_of_the_steps():
    x = scalar(2)
    a = Square()(x)
    y = Square()(a) + Square()(a)
    y.backward()
    assert (y.data, x.grad) == (32.0, 64.0)
    assert [v.generation for v in (x, a, y)] == [0, 1, 3]


def test_a_second_backward_through_the_same_graph_starts_afresh():
    x = scalar(2)
    y = (x**2) ** 2
    y.backward()
    assert x.grad == 32.0
    x.cleargrad()
    y.backward()
    assert x.grad == 32.0  # 64 where the gradients in between are left standing
    y.backward(retain_grad=True)
    assert x.grad == 64.0  # a leaf adds up until it is cleared
    x.cleargrad()
    y.backward()
    assert x.grad == 32.0


@pytest.mark.parametrize("order", [lambda a: a + Square()(a), lambda a: Square()(a) + a], ids=["a + a²", "a² + a"])
def test_a_function_waits_for_all_that_use_its_output(order):
    x = scalar(2)
    order(Square()(x)).backward()
    assert x.grad == 36.0  # (1 + 2 x²) 2x; 4 where one operand's branch is forgotten


def test_a_shared_variable_is_passed_once_and_not_exponentially_often():
    Square.calls = 0
    x = scalar(1.5)
    y = x
    for _ in range(40):
        y = Square()(y) * 0.5 + Square()(y) * 0.0 + y * 0.25
    y.backward()
    assert Square.calls == 80


@pytest.mark.parametrize("seed", range(25))
def test_random_graphs_agree_with_the_complex_step(seed):
    rng = np.random.default_rng(seed)
    kinds = [lambda a, b: a + b, lambda a, b: a * b * 0.5, lambda a, b: a - b, lambda a, b: a * a * 0.25]
    steps = [(kinds[rng.integers(4)], *rng.integers(i + 2, size=2)) for i in range(25)]

    def run(x0, x1):
        values = [x0, x1]
        for kind, i, j in steps:
            values.append(kind(values[i], values[j]))
        return sum(values[-4:], start=0 * x0)

    point = [0.7, -0.4]
    xs = [scalar(v) for v in point]
    run(*xs).backward()
    for i, x in enumerate(xs):
        moved = [complex(v, 1e-30 if i == j else 0) for j, v in enumerate(point)]
        slope = run(*moved).imag / 1e-30  # exact: no difference is taken
        gradient = 0.0 if x.grad is None else float(x.grad)
        assert gradient == pytest.approx(slope, rel=1e-10, abs=1e-300)


def test_generations_count_the_longest_way():
    x = scalar(1)
    a = Square()(x)
    b = Square()(Square()(a))
    c = a + b
    assert [v.generation for v in (x, a, b, c)] == [0, 1, 3, 4]
    assert c.creator.generation == 3 and x.creator is None


def test_gradients_add_up_without_touching_one_another():
    x = scalar(3)
    y = x + x
    y.backward()
    assert x.grad == 2.0 and y.grad == 1.0  # Add hands y's gradient to both inputs: += would have changed it
    x.cleargrad()
    (x + x + x).backward()
    assert x.grad == 3.0
    a, b = scalar(1), scalar(1)
    (a + b).backward()
    (a * 5).backward()
    assert (a.grad, b.grad) == (6.0, 1.0)


def test_gradients_in_between_are_kept_only_on_request():
    x = scalar(3)
    a = x * 2
    y = a * a
    y.backward()
    assert a.grad is None and y.grad == 1.0
    y.backward(retain_grad=True)
    assert a.grad == 12.0
    y.backward()
    assert a.grad is None


def test_a_leaf_is_its_own_derivative():
    x = Variable(np.array([1.0, 2.0]))
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_several_numbers_are_differentiated_as_their_sum():
    x = Variable(np.array([1.0, 2.0, 3.0]))
    (x**2).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


def test_several_outputs_of_which_not_all_are_used():
    x0, x1 = scalar(5), scalar(3)
    total, difference = SumAndDifference()(x0, x1)
    assert (total.data, difference.data) == (8.0, 2.0)
    difference.backward()
    assert (x0.grad, x1.grad) == (1.0, -1.0)
    x0.cleargrad(), x1.cleargrad()
    (total * difference).backward()  # x0² − x1²
    assert (x0.grad, x1.grad) == (10.0, -6.0)
    x0.cleargrad(), x1.cleargrad()
    (difference * 2 + difference).backward()
    assert (x0.grad, x1.grad) == (3.0, -3.0)


def test_none_stands_for_no_influence():
    class First(Function):
        def forward(self, x0, x1):
            return x0 * 1.0

        def backward(self, gy):
            return gy, None

    x0, x1 = scalar(1), scalar(1)
    First()(x0, x1 * 2).backward()
    assert x0.grad == 1.0 and x1.grad is None


def test_gradients_have_the_shape_and_dtype_of_their_variable():
    x, y = Variable(np.ones((3, 1), np.float32)), Variable(np.ones(4))
    (x * y).backward()
    assert (x.grad.dtype, x.grad.shape) == (np.float32, (3, 1))
    assert (y.grad.dtype, y.grad.shape) == (np.float64, (4,))
    z = scalar(2)
    (z * z).backward()
    assert z.grad.__class__ is np.ndarray and (z * z).data.__class__ is np.ndarray


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.int64(2), True], ids=lambda n: type(n).__name__)
def test_a_number_leaves_float32_float32(number):
    x = Variable(np.ones(3, np.float32))
    for y in (x * number, number * x, x + number, number - x, x / number, number / x, x**2):
        assert isinstance(y, Variable) and y.dtype == np.float32


def test_arrays_on_the_left_are_added_as_a_whole():
    x = Variable(np.arange(3.0))
    y = np.ones((2, 3)) + x
    assert isinstance(y, Variable) and y.shape == (2, 3)
    assert isinstance(np.ones((2, 3)) @ x, Variable) and isinstance(np.float64(1) - x, Variable)


def test_integers_and_booleans_become_float64():
    assert Variable(np.array(3)).dtype == np.float64 and Variable(np.array([True])).dtype == np.float64
    x = Variable(np.array(3))
    (x * x).backward()
    assert x.grad.dtype == np.float64 and x.grad == 6.0
    assert (Variable(np.ones(2)) * np.array([1, 2])).dtype == np.float64


def test_under_no_grad_nothing_is_recorded():
    x = scalar(3)
    with no_grad():
        with no_grad():
            pass
        y = x * x
    assert y.data == 9.0 and y.creator is None and y.generation == 0
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * x).creator is not None


def test_a_function_of_data_alone_is_not_recorded():
    y = F.exp(np.zeros(2))
    assert isinstance(y, Variable) and y.creator is None


def test_a_chain_may_be_deeper_than_the_stack_of_python():
    x = scalar(1)
    y = x
    for _ in range(100_000):
        y = y + 1e-5
    y.backward()
    assert x.grad == 1.0 and y.generation == 100_000
    del y  # freed without recursion, too


def test_graphs_are_freed_by_counting_references_alone():
    gc.collect()
    gc.disable()
    try:
        x = Variable(np.ones((4, 4)))
        total, difference = SumAndDifference()(F.tanh(x @ x), x)
        y = (total * difference).sum()
        y.backward(retain_grad=True)
        watched = weakref.ref(total)
        del total, difference, y
        assert watched() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_inputs_are_not_changed():
    data = np.array([1.0, -2.0, 3.0])
    x = Variable(data)
    ((x * x - x) / 2 + F.relu(x)).backward()
    assert x.data is data
    np.testing.assert_array_equal(data, [1.0, -2.0, 3.0])


def test_print_shows_value_and_name():
    assert repr(Variable(np.array([1.0, 2.0]))) == "Variable([1. 2.])"
    assert repr(Variable(np.eye(2), name="I")) == "Variable([[1. 0.]\n          [0. 1.]], name='I')"
    x = Variable(np.ones((2, 3)))
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.float64)
    assert Variable(None).data is None


class Wrong(Function):
    def __init__(self, gradients):
        self.gradients = gradients

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return self.gradients


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        (np.ones(3), "Wrong.backward: 1 gradients for 2 inputs"),
        ((np.ones(3),) * 3, "Wrong.backward: 3 gradients for 2 inputs"),
        ((np.ones(3), np.ones((3, 1))), r"Wrong.backward: the gradient of x1 must have its shape \(3,\), got \(3, 1\)"),
        ((1.0, np.ones(3)), r"Wrong.backward: the gradient of x0 must have its shape \(3,\), got \(\)"),
    ],
)
def test_gradients_of_the_wrong_number_or_shape_are_refused(gradients, message):
    y = Wrong(gradients)(Variable(np.ones(3)), Variable(np.zeros(3)))
    with pytest.raises(ValueError, match=message):
        y.backward()


class Returns(Function):
    def __init__(self, value):
        self.value = value

    def forward(self, x):
        return self.value


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Variable(1.0), TypeError, r"Variable: data must be a NumPy array of real numbers, got 1.0 \(float\)"),
        (lambda: Variable([1.0]), TypeError, "Variable: data must be a NumPy array"),
        (lambda: Variable(np.array([1j])), TypeError, "Variable: data must be .*complex128"),
        (lambda: Variable(np.array(["a"])), TypeError, "Variable: data must be"),
        (lambda: Returns([1.0])(scalar(1)), TypeError, "Returns.forward must return an array or a tuple"),
        (lambda: Returns(None)(scalar(1)), TypeError, "Returns.forward must return .* got None"),
        (lambda: Returns((np.ones(1), "a"))(scalar(1)), TypeError, "Returns.forward must return .* got 'a'"),
        (lambda: Function()(scalar(1)), NotImplementedError, "Function has no forward"),
        (lambda: Returns(np.ones(1))(scalar(1)).backward(), NotImplementedError, "Returns has no backward"),
        (lambda: Square()(scalar(1), scalar(2)), TypeError, "Square with x of shape .*takes 2 positional arguments"),
        (lambda: (lambda f: f(f(scalar(1))))(Square()), RuntimeError, "Square: an object is called once"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
