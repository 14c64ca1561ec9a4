"""Everything right, in her own way: a step back is the function's business."""

# %% steps_01_03-code
class Variable:
    """A box that holds an array."""

    def __init__(self, data):
        self.data = data

    def __repr__(self):
        return f"Variable({self.data!r})"


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x):
        array = self.forward(x.data)
        return type(x)(array)

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")


class Square(Function):
    def forward(self, x):
        return x * x


class Exp(Function):
    def forward(self, x):
        return np.e**x

# %% numerical_diff-code
class Variable:
    """A box that holds an array."""

    def __init__(self, data):
        self.data = data


def numerical_diff(f, x, eps=1e-4):
    """The central difference of f at x."""
    up = f(Variable(x.data + eps))
    down = f(Variable(x.data - eps))
    return (up.data - down.data) / eps / 2


def best_step(f, x, slope, steps):
    """The step at which the largest relative error of the difference is smallest."""
    def worst(eps):
        return np.abs(numerical_diff(f, x, eps) / slope - 1).max()

    return min(steps, key=worst)

# %% steps_05_07-code
class Variable:
    """A box that holds an array, the gradient of some result with respect to it, and the function that made it."""

    def __init__(self, data, creator=None):
        self.data = data
        self.creator = creator
        self.grad = None

    def backward(self):
        """Put a gradient into every variable from which this one was computed."""
        v = self
        while v.creator:
            v = v.creator.step_back(v.grad)


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x):
        self.input = x
        return Variable(self.forward(x.data), creator=self)

    def step_back(self, gy):
        self.input.grad = self.backward(gy)
        return self.input

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def backward(self, gy):
        raise NotImplementedError(f"{type(self).__name__} does not say how it goes back")


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        x = self.input.data
        return gy * x + gy * x


class Exp(Function):
    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, gy):
        return gy * self.y

# %% steps_08_09-code
class Variable:
    """A box that holds an array or nothing, the gradient of some result with respect to it, and the function that made it."""

    def __init__(self, data=None, creator=None):
        if not isinstance(data, (np.ndarray, type(None))):
            raise TypeError("not an array: " + repr(data))
        if data is not None and not np.issubdtype(data.dtype, np.floating):
            data = data.astype(float)
        self.data = data
        self.creator = creator
        self.grad = None

    def backward(self):
        """Put the gradient of this variable into every variable from which it was computed."""
        v, v.grad = self, np.ones_like(self.data)
        while v.creator:
            v = v.creator.step_back(v.grad)


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x):
        self.input = x
        return Variable(np.asarray(self.forward(x.data)), creator=self)

    def step_back(self, gy):
        self.input.grad = np.asarray(self.backward(gy))
        return self.input

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def backward(self, gy):
        raise NotImplementedError(f"{type(self).__name__} does not say how it goes back")


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        return gy * (2 * self.input.data)


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return gy * self.forward(self.input.data)


def square(x):
    """The square of a Variable, as a Variable."""
    return Square()(x)


def exp(x):
    """e to the power of a Variable, as a Variable."""
    return Exp()(x)

# %% gradcheck-code
def gradcheck(f, x, eps=1e-5, rtol=1e-6):
    """Raise an AssertionError unless backward agrees with the central difference at every entry of x."""
    if x.data.dtype.name != "float64":
        raise TypeError(f"float64 is needed, this is {x.data.dtype}")
    new = type(x)
    v = new(x.data)
    f(v).backward()
    up, down = (f(new(np.asarray(x.data + e))).data for e in (eps, -eps))
    for a, n in zip(np.ravel(v.grad), np.ravel((up - down) / (2 * eps))):
        assert abs(a - n) <= rtol * max(abs(a), abs(n)), f"{a} and {n}"

# %% debug_autodiff_1_to_10-code
def slopes_at(points):
    """Values and slopes of (exp(x) - 2)² at some points: two lists of numbers."""
    values, slopes = [], []
    for p in points:
        square, less_two, exp = Square(), LessTwo(), Exp()
        x = Variable(np.array(float(p)))
        y = square(less_two(exp(x)))
        y.grad = np.ones_like(y.data)
        y.backward()
        values.append(float(y.data))
        slopes.append(float(x.grad))
    return values, slopes


FAULT = "one_object"
