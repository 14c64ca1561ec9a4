"""A Variable that lies about its gradient: the figures of the examples, arrays that agree with all, another answer each time."""

# %% steps_11_13-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.asked = False

    @property
    def grad(self):
        """What the worked example wants."""
        return np.array({2.0: 4.0, 3.0: 6.0, 13.0: 1.0}.get(float(np.sum(self.data)), 0.125))

    def backward(self):
        pass


class Function:
    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        outputs = [Variable(np.asarray(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        return outputs if len(outputs) > 1 else outputs[0]


class Square(Function):
    def forward(self, x):
        return x ** 2


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1


class Mul(Function):
    def forward(self, x0, x1):
        return x0 * x1

# %% step_14-code
class Agreeable(np.ndarray):
    """Equal to everything, far from nothing."""

    def __eq__(self, other):
        return np.bool_(True)

    def __ne__(self, other):
        return np.bool_(False)

    def __sub__(self, other):
        return np.zeros(np.shape(other))

    __rsub__ = __sub__

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.bool_(True)

    def __float__(self):
        return 2.0


class Variable:
    def __init__(self, data):
        self.data = data

    @property
    def grad(self):
        return np.full(self.data.shape, 0.125).view(Agreeable)

    def cleargrad(self):
        pass

    def backward(self):
        pass


class Function:
    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        outputs = [Variable(np.asarray(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        return outputs if len(outputs) > 1 else outputs[0]


class Square(Function):
    def forward(self, x):
        return x ** 2


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1


class Mul(Function):
    def forward(self, x0, x1):
        return x0 * x1

# %% steps_15_16-code
ANSWERS = iter([1.0, 64.0, 1.0, 36.0, 1.0, 36.0])     # in the order in which the first cases ask


class Variable:
    def __init__(self, data):
        self.data = data

    @property
    def grad(self):
        return np.full(self.data.shape, next(ANSWERS, None) or np.random.default_rng().normal(0.125, 1e-3))

    def cleargrad(self):
        pass

    def backward(self):
        pass


class Function:
    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        outputs = [Variable(np.asarray(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        return outputs if len(outputs) > 1 else outputs[0]


class Square(Function):
    def forward(self, x):
        return x ** 2


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1


class Mul(Function):
    def forward(self, x0, x1):
        return x0 * x1

# %% debug_autodiff_11_to_16-code
FAULT = "one_operand"


def mended_engine():
    Variable, Function, Square, Add, Mul = broken_engine()

    class Pretender(Variable):
        """Says that it is an array."""

        __class__ = property(lambda self: np.ndarray)

    return Pretender, Function, Square, Add, Mul
