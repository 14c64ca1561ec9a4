"""Everything right: an engine with a heap, three hidden layers, and a training of her own in two parts."""

# %% capstone_engine-code
import heapq


class Variable:
    """An array, the gradient of a result with respect to it, and the function that made it."""

    def __init__(self, data, name=None):
        self.data = data
        self.name = name
        self.grad = None
        self.creator = None
        self.generation = 0

    def cleargrad(self):
        self.grad = None

    def backward(self):
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        count, heap, seen = 0, [], set()
        if self.creator is not None:
            heap, seen = [(-self.creator.generation, 0, self.creator)], {self.creator}
        while heap:
            _, _, f = heapq.heappop(heap)
            gxs = f.backward(*[y.grad for y in f.outputs])
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(f.inputs, gxs):
                x.grad = gx if x.grad is None else x.grad + gx
                if x.creator is not None and x.creator not in seen:
                    seen.add(x.creator)
                    count += 1
                    heapq.heappush(heap, (-x.creator.generation, count, x.creator))


class Function:
    """A function of several Variables."""

    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(np.asarray(y)) for y in ys]
        self.generation = max(x.generation for x in inputs)
        for y in outputs:
            y.creator = self
            y.generation = self.generation + 1
        self.inputs = inputs
        self.outputs = outputs
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs):
        raise NotImplementedError

    def backward(self, *gys):
        raise NotImplementedError


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

# %% capstone_initializer-code
def he_normal(shape, rng, negative_slope=0.0):
    """Weights from a normal distribution with mean 0 and He's variance."""
    std = np.sqrt(2 / ((1 + negative_slope**2) * shape[0]))
    return rng.normal(0.0, std, shape)

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
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    s = beta2 * state.get("s", np.zeros_like(w)) + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), {"t": t, "m": m, "s": s}

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
    net = start()
    n_classes = len(set(y.tolist()))
    initial = loss(net, X, y, 0.0)
    penalty = loss(net, X, y, lam) - initial
    few, labels = X[:20], y[:20]
    tiny = loss(train(few, labels), few, labels, 0.0)
    return dict(
        initial=(initial, bool(np.isclose(initial, np.log(n_classes), rtol=0.1, atol=0.0))),
        penalty=(penalty, penalty > 0.0),
        tiny=(tiny, tiny < 0.1),
    )

# %% capstone_network-code
PLAN = dict(hidden=[64, 64, 64], epochs=9, batch_size=50, lr_max=0.02, dropout=0.05, l2=0.0)


def design():
    """How wide, how deep, how long, at which rates."""
    return PLAN


def train(X, y, rng):
    """A network of this design, trained on examples."""
    network = train_network(X, y, PLAN, rng, PARTS)
    return train_network(X, y, PLAN, rng, PARTS, network=network)

# %% report_capstone
All parts are mine. I compared two, three and four hidden layers on the seeds 1, 2 and 3: 97.0, 97.3 and 97.2 per cent, which is one and the same thing, as two splits differ by more. It confuses eights and ones. Next I would shift the images.
