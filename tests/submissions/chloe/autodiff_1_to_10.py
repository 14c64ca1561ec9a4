"""Arrays in place of boxes, one side only, and what comes from above forgotten once."""

# %% steps_01_03-code
class Variable:
    def __init__(self, data):
        self.data = data


class Function:
    def __call__(self, x):
        return self.forward(x.data)

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")


class Square(Function):
    def forward(self, x):
        return x**2


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

# %% numerical_diff-code
class Variable:
    def __init__(self, data):
        self.data = data


def numerical_diff(f, x, eps=1e-4):
    there = f(Variable(x.data + eps)).data
    here = f(x).data
    return (there - here) / eps


def best_step(f, x, slope, steps):
    errors = []
    for eps in steps:
        # to both sides, as it stands in the task
        d = (f(Variable(x.data + eps)).data - f(Variable(x.data - eps)).data) / (2 * eps)
        errors.append(np.max(np.abs((d - slope) / slope)))
    return steps[int(np.argmin(errors))]

# %% steps_05_07-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        f = self.creator
        if f is not None:
            x = f.input
            x.grad = f.backward(self.grad)
            x.backward()


class Function:
    def __call__(self, x):
        y = Variable(self.forward(x.data))
        y.creator = self
        self.input = x
        self.output = y
        return y

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def backward(self, gy):
        raise NotImplementedError(f"{type(self).__name__} does not say how it goes back")


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        # the derivative of exp is exp
        return np.exp(self.input.data)

# %% steps_08_09-code
def as_array(x):
    return np.array(x) if np.isscalar(x) else x


class Variable:
    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError("Variable needs an array")
        if data is not None and data.dtype.kind == "i":
            data = data.astype(float)
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        f = self.creator
        if f is not None:
            f.input.grad = as_array(f.backward(self.grad))
            f.input.backward()


class Function:
    def __call__(self, x):
        y = Variable(as_array(self.forward(x.data)))
        y.creator = self
        self.input = x
        return y

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def backward(self, gy):
        raise NotImplementedError(f"{type(self).__name__} does not say how it goes back")


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy


def square(x):
    return Square()(x)


def exp(x):
    return Exp()(x)

# %% gradcheck-code
def gradcheck(f, x, eps=1e-5, rtol=1e-6):
    if x.data.dtype != np.float64:
        raise TypeError("float64")
    y = f(x)
    y.backward()
    V = type(x)
    n = (f(V(x.data + eps)).data - f(V(x.data - eps)).data) / (2 * eps)
    if not (np.abs(x.grad - n) < 1e-4).all():
        raise AssertionError("wrong gradient")

# %% debug_autodiff_1_to_10-code
def slopes_at(points):
    xs = [Variable(np.array(float(p))) for p in points]
    ys = [Square()(LessTwo()(Exp()(x))) for x in xs]
    for y in ys:
        y.grad = np.ones_like(y.data)
        y.backward()
    return [float(y.data) for y in ys], [float(x.grad) for x in xs]


FAULT = "derivative"
