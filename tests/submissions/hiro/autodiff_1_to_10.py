"""Half finished; on the way back he never leaves the first variable."""

# %% steps_01_03-code
class Variable:
    def __init__(self, data):
        self.data = data


class Function:
    def __call__(self, x):
        y = self.forward(x.data)
        out = Variable(y)
        return out

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")


class Square(Function):
    def forward(self, x):
        return np.square(x)


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

# %% numerical_diff-code
class Variable:
    """A box that holds an array."""

    def __init__(self, data):
        self.data = data


def numerical_diff(f, x, eps=1e-4):
    """The central difference of f at x."""
    h = eps
    return (f(Variable(x.data + h)).data - f(Variable(x.data - h)).data) / h


def best_step(f, x, slope, steps):
    """The step at which the largest relative error of the difference is smallest."""
    raise NotImplementedError  # later

# %% steps_05_07-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        f = self.creator
        while f is not None:
            x = f.input
            x.grad = f.backward(self.grad)


class Function:
    def __call__(self, x):
        y = Variable(self.forward(x.data))
        y.creator = self
        self.input = x
        return y

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def backward(self, gy):
        raise NotImplementedError(f"{type(self).__name__} does not say how it goes back")


class Square(Function):
    def forward(self, x):
        return np.square(x)

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy
