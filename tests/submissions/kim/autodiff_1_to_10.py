"""2.718, one step back and no further, 12 GB for the gradients, and a cell thrown away."""

# delete: gradcheck-code

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
        return x**2


class Exp(Function):
    def forward(self, x):
        return 2.718**x

# %% numerical_diff-code
class Variable:
    def __init__(self, data):
        self.data = data


def numerical_diff(f, x, eps=1e-4):
    return (f(Variable(x.data + eps)).data - f(Variable(x.data - eps)).data) / (2 * eps)


def best_step(f, x, slope, steps):
    table = {eps: np.max(np.abs(numerical_diff(f, x, eps) - slope) / np.abs(slope)) for eps in steps}
    return min(table, key=table.get)

# %% steps_05_07-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        f = self.creator
        if f is not None:
            f.input.grad = f.backward(self.grad)


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
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy

# %% steps_08_09-code
class Variable:
    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError("array!")
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        # room for the gradients of all variables that there may be
        room = np.ones((40_000, 40_000))
        room[0, : self.data.size] = 1.0
        self.grad = room[0, : self.data.size].reshape(self.data.shape)
        f = self.creator
        while f is not None:
            f.input.grad = np.array(f.backward(f.output.grad))
            f = f.input.creator


class Function:
    def __call__(self, x):
        y = Variable(np.array(self.forward(x.data)))
        y.creator = self
        self.input, self.output = x, y
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

# %% debug_autodiff_1_to_10-code
SQUARE, LESS_TWO, EXP = Square(), LessTwo(), Exp()


def slopes_at(points):
    xs = [Variable(np.array(float(p))) for p in points]
    ys = [SQUARE(LESS_TWO(EXP(x))) for x in xs]
    for y in ys:
        y.grad = np.ones_like(y.data)
    for y in ys:
        y.backward()
    return [float(y.data) for y in ys], [0.0 if x.grad is None else float(x.grad) for x in xs]


FAULT = "one_object"
