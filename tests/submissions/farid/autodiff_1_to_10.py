"""Saves memory by writing into what he is given; a colon is missing in one cell."""

# %% steps_01_03-code
class Variable:
    def __init__(self, data):
        self.data = data


class Function:
    def __call__(self, x):
        return Variable(self.forward(x.data))

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")


class Square(Function):
    def forward(self, x):
        x *= x
        return x


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

# %% numerical_diff-code
class Variable:
    def __init__(self, data):
        self.data = data


def numerical_diff(f, x, eps=1e-4):
    x.data = x.data + eps
    y1 = f(x).data
    x.data = x.data - 2 * eps
    y0 = f(x).data
    return (y1 - y0) / (2 * eps)


def best_step(f, x, slope, steps):
    data = x.data
    best, best_error = None, np.inf
    for eps in steps:
        error = np.max(np.abs(numerical_diff(f, Variable(data), eps) - slope) / np.abs(slope))
        if error < best_error:
            best, best_error = eps, error
    return best

# %% steps_05_07-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        if self.creator is None:
            return
        x = self.creator.input
        x.grad = self.creator.backward(self.grad)
        x.backward()


class Function:
    def __call__(self, x):
        self.input = x
        y = Variable(self.forward(x.data))
        y.creator = self
        return y

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def backward(self, gy):
        raise NotImplementedError(f"{type(self).__name__} does not say how it goes back")


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        gy *= 2 * self.input.data
        return gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return gy * np.exp(self.input.data)

# %% steps_08_09-code
class Variable:
    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray)
            raise TypeError(type(data))
        self.data = data
        self.grad = None
        self.creator = None


def square(x):
    return Square()(x)


def exp(x):
    return Exp()(x)

# %% gradcheck-code
def gradcheck(f, x, eps=1e-5, rtol=1e-6):
    if x.data.dtype != np.float64:
        raise TypeError("use float64")
    y = f(x)
    y.backward()
    right = f(type(x)(x.data + eps)).data
    left = f(type(x)(x.data - eps)).data
    slope = (right - left) / (2 * eps)
    error = np.abs(x.grad - slope) / np.maximum(np.abs(x.grad), np.abs(slope))
    assert np.all(error <= rtol), error

# %% debug_autodiff_1_to_10-code
def slopes_at(points):
    values, slopes = [], []
    for p in points:
        x = Variable(np.array(float(p)))
        y = Square()(LessTwo()(Exp()(x)))
        y.grad = np.array(1.0)
        y.backward()
        values += [float(y.data)]
        slopes += [float(x.grad)]
    return values, slopes


FAULT = "one_object"
