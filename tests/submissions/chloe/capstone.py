"""The order of the engine is missing, Adam is not corrected; the network trains on the reference's parts instead."""

# %% capstone_engine-code
class Variable:
    """An array, the gradient of a result with respect to it, and the function that made it."""

    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None
        self.generation = 0

    def cleargrad(self):
        self.grad = None

    def backward(self):
        functions, waiting = [], [self.creator]
        while waiting:
            function = waiting.pop()
            if function is not None and function not in functions:
                functions.append(function)
                for y in function.outputs:
                    y.cleargrad()
                waiting += [x.creator for x in function.inputs]
        self.grad = np.ones_like(self.data)
        for function in functions:
            gradients = function.backward(
                *[np.zeros_like(y.data) if y.grad is None else y.grad for y in function.outputs]
            )
            if not isinstance(gradients, tuple):
                gradients = (gradients,)
            for x, gradient in zip(function.inputs, gradients, strict=True):
                x.grad = gradient if x.grad is None else x.grad + gradient


class Function:
    """A function of several Variables."""

    def __call__(self, *inputs):
        values = self.forward(*[x.data for x in inputs])
        if not isinstance(values, tuple):
            values = (values,)
        self.inputs = inputs
        self.generation = max(x.generation for x in inputs)
        self.outputs = [Variable(np.asarray(value)) for value in values]
        for y in self.outputs:
            y.creator, y.generation = self, self.generation + 1
        return self.outputs if len(self.outputs) > 1 else self.outputs[0]

# %% capstone_initializer-code
def he_normal(shape, rng, negative_slope=0.0):
    """Weights from a normal distribution with mean 0 and He's variance."""
    return rng.normal(0, 2 / ((1 + negative_slope**2) * shape[0]), size=shape)

# %% capstone_activation-code
def elu(z, alpha=1.0):
    """z where z > 0, alpha (e^z - 1) elsewhere."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_derivative(z, alpha=1.0):
    """1 where z > 0, alpha e^z elsewhere."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)

# %% capstone_normalization-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """out, cache, running_mean, running_var"""
    mean, var = (X.mean(axis=0), X.var(axis=0)) if training else (running_mean, running_var)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (X - mean) * inv_std
    if training:
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    return gamma * x_hat + beta, (x_hat, inv_std, gamma), running_mean, running_var


def batchnorm_backward(dout, cache):
    """dX, dgamma, dbeta"""
    x_hat, inv_std, gamma = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dX = gamma * inv_std * (dout - dbeta / len(dout) - x_hat * dgamma / len(dout))
    return dX, dgamma, dbeta

# %% capstone_optimizer-code
def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam: the new weights, the new state."""
    m = state.get("m", np.zeros_like(w))
    s = state.get("s", np.zeros_like(w))
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    return w - lr * m / (np.sqrt(s) + eps), {"m": m, "s": s}

# %% capstone_schedule-code
def one_cycle(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    """The rate of 1cycle: up, down, and far down."""
    lr0 = lr_max / 10 if lr0 is None else lr0
    lr_last = lr0 / 1000 if lr_last is None else lr_last
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [lr0, lr_max, lr0, lr_last])


def one_cycle_momentum(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    """The momentum of 1cycle, the mirror image of the rate."""
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [beta_max, beta_min, beta_max, beta_max])

# %% capstone_regularizer-code
def dropout_forward(x, rate, rng, training, mask=None):
    """out, mask"""
    if not training:
        return x.copy(), np.ones_like(x)
    kept = rng.random(x.shape) >= rate if mask is None else mask != 0
    mask = (kept / (1 - rate)).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, mask):
    """The gradient with respect to x."""
    return dout * mask.astype(dout.dtype)

# %% capstone_sanity-code
def sanity_checks(start, loss, train, X, y, lam):
    """Three pairs (number, whether it is fine), under the names initial, penalty and tiny."""
    network = start()
    first = loss(network, X, y, 0.0)
    expected = np.log(y.max() + 1)
    raised = loss(network, X, y, lam) - first
    tiny = loss(train(X[:20], y[:20]), X[:20], y[:20], 0.0)
    return {
        "initial": (first, abs(first - expected) < 0.1 * expected),
        "penalty": (raised, raised > 0),
        "tiny": (tiny, tiny < 0.1),
    }

# %% capstone_network-code
def design():
    """How wide, how deep, how long, at which rates."""
    return {"hidden": [96, 64], "epochs": 15, "batch_size": 64, "lr_max": 0.02, "dropout": 0.1, "l2": 0.0}


def train(X, y, rng):
    """A network of this design, trained on examples."""
    return train_network(X, y, design(), rng, PARTS)
