"""All right, in her own way: recursion on a tree, gradients in a dict, users counted."""

# %% steps_11_13-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.maker = None

    def backward(self):
        self.grad = np.ones_like(self.data)
        self.hand_down()

    def hand_down(self):
        f = self.maker
        if f is None:
            return
        gys = []
        for y in f.ys:
            gys.append(np.zeros(y.data.shape, y.data.dtype) if y.grad is None else y.grad)
        gxs = f.backward(*gys)
        if not isinstance(gxs, (tuple, list)):
            gxs = [gxs]
        if len(gxs) != len(f.vs):
            raise ValueError(f"{type(f).__name__}.backward: {len(gxs)} gradients for {len(f.vs)} inputs")
        for v, gx in zip(f.vs, gxs):
            v.grad = gx
        for v in f.vs:
            v.hand_down()


class Function:
    def __call__(self, *vs):
        self.vs = vs
        result = self.forward(*(v.data for v in vs))
        self.ys = [Variable(np.asarray(r)) for r in (result if type(result) in (tuple, list) else (result,))]
        for y in self.ys:
            y.maker = self
        return self.ys[0] if len(self.ys) == 1 else tuple(self.ys)


class Square(Function):
    def forward(self, x):
        self.slope = 2 * x
        return x * x

    def backward(self, gy):
        return self.slope * gy


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return [gy, gy]


class Mul(Function):
    def forward(self, x0, x1):
        self.x0, self.x1 = x0, x1
        return x0 * x1

    def backward(self, gy):
        return self.x1 * gy, self.x0 * gy

# %% step_14-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.maker = None

    def cleargrad(self):
        self.grad = None

    def backward(self):
        gradient = {self: np.ones_like(self.data)}     # of inner variables: begins anew at each call
        self.grad = gradient[self]
        waiting = [self]
        while waiting:
            y = waiting.pop(0)
            f = y.maker
            if f is None:
                y.grad = gradient[y] if y.grad is None else y.grad + gradient[y]
                continue
            gxs = f.backward(gradient[y])
            gxs = gxs if isinstance(gxs, (tuple, list)) else [gxs]
            for v, gx in zip(f.vs, gxs):
                if v in gradient:
                    gradient[v] = gradient[v] + gx
                else:
                    gradient[v] = gx
                    waiting.append(v)


class Leafy:
    """Leaves are served last, when all has arrived."""

    def backward(self):
        total = {}
        self.grad = np.ones_like(self.data)
        inner = [(self, self.grad)]
        while inner:
            y, gy = inner.pop()
            gxs = y.maker.backward(gy) if y.maker else ()
            gxs = gxs if isinstance(gxs, (tuple, list)) else [gxs]
            for v, gx in zip(y.maker.vs if y.maker else (), gxs):
                if v.maker is None:
                    total[v] = gx if v not in total else total[v] + gx
                else:
                    inner.append((v, gx))
        for v, g in total.items():
            v.grad = g if v.grad is None else v.grad + g


Variable.backward = Leafy.backward      # the first one served a leaf before the end


class Function:
    def __call__(self, *vs):
        self.vs = vs
        result = self.forward(*(v.data for v in vs))
        self.ys = [Variable(np.asarray(r)) for r in (result if type(result) in (tuple, list) else (result,))]
        for y in self.ys:
            y.maker = self
        return self.ys[0] if len(self.ys) == 1 else tuple(self.ys)


class Square(Function):
    def forward(self, x):
        self.slope = 2 * x
        return x * x

    def backward(self, gy):
        return self.slope * gy


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return [gy, gy]


class Mul(Function):
    def forward(self, x0, x1):
        self.x0, self.x1 = x0, x1
        return x0 * x1

    def backward(self, gy):
        return self.x1 * gy, self.x0 * gy

# %% steps_15_16-code
class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.maker = None

    def cleargrad(self):
        self.grad = None

    def backward(self):
        users = {}                       # function: how many functions behind self wait for its outputs
        found = [self.maker] if self.maker else []
        for f in found:
            for g in {v.maker for v in f.vs if v.maker}:
                if g not in found:
                    found.append(g)
                users[g] = users.get(g, 0) + 1
        for f in found:
            for y in f.ys:
                y.grad = None
        self.grad = np.ones_like(self.data)
        ready = found[:1]
        while ready:
            f = ready.pop()
            gys = [np.zeros_like(y.data) if y.grad is None else y.grad for y in f.ys]
            gxs = f.backward(*gys)
            gxs = gxs if isinstance(gxs, (tuple, list)) else [gxs]
            if len(gxs) != len(f.vs):
                raise ValueError("lengths")
            for v, gx in zip(f.vs, gxs):
                v.grad = gx if v.grad is None else v.grad + gx
            for g in {v.maker for v in f.vs if v.maker}:
                users[g] -= 1
                if users[g] == 0:
                    ready.append(g)


class Function:
    def __call__(self, *vs):
        self.vs = vs
        result = self.forward(*(v.data for v in vs))
        self.ys = [Variable(np.asarray(r)) for r in (result if type(result) in (tuple, list) else (result,))]
        for y in self.ys:
            y.maker = self
        return self.ys[0] if len(self.ys) == 1 else tuple(self.ys)


class Square(Function):
    def forward(self, x):
        self.slope = 2 * x
        return x * x

    def backward(self, gy):
        return self.slope * gy


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return [gy, gy]


class Mul(Function):
    def forward(self, x0, x1):
        self.x0, self.x1 = x0, x1
        return x0 * x1

    def backward(self, gy):
        return self.x1 * gy, self.x0 * gy

# %% debug_autodiff_11_to_16-code
FAULT = "one_operand"


def mended_engine():
    classes = broken_engine()
    Variable, Function = classes[:2]
    first_call = Function.__call__

    def call(self, *inputs):
        result = first_call(self, *inputs)
        self.generation = max(x.generation for x in inputs)
        for y in self.outputs:
            y.generation = self.generation + 1
        return result

    Function.__call__ = call
    return classes
