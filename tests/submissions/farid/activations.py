"""Writes for single numbers, and does not read what NumPy says."""

# %% sigmoid-code
def sigmoid(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1 - s)

# %% relu-code
def relu(z):
    if z > 0:
        return z
    return 0


def relu_derivative(z):
    if z > 0:
        return 1
    return 0


def leaky_relu(z, alpha=0.01):
    if z > 0:
        return z
    return alpha * z


def leaky_relu_derivative(z, alpha=0.01):
    if z > 0:
        return 1
    return alpha

# %% elu-code
def elu(z, alpha=1.0):
    return alpha * (math.exp(z) - 1)


def elu_derivative(z, alpha=1.0):
    return alpha * math.exp(z)

# %% selu-code
def selu_constants():
    z = np.linspace(-12, 0, 1_000_001)
    phi = np.exp(-z**2 / 2) / np.sqrt(2 * np.pi)
    e1 = np.trapezoid((np.exp(z) - 1) * phi, z)
    e2 = np.trapezoid((np.exp(z) - 1) ** 2 * phi, z)
    alpha = -1 / (np.sqrt(2 * np.pi) * e1)
    return alpha, 1 / np.sqrt(0.5 + alpha**2 * e2)


ALPHA, LAMBDA = selu_constants()


def selu(z):
    return LAMBDA * np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0)))

# %% prelu_forward-code
def prelu_forward(z, a):
    return np.where(z > 0, z, a * z), (z, a)


def prelu_backward(dout, cache):
    z, a = chache
    dz = dout * np.where(z > 0, 1, a).astype(z.dtype)
    da = np.minimum(z, 0) * dout
    if np.ndim(a) == 0:
        return dz, da.sum()
    return dz, da.sum(axis=0)

# %% rrelu-code
def rrelu(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    if training:
        slopes = np.random.uniform(lower, upper, size=z.shape).astype(z.dtype)
    else:
        slopes = np.ones_like(z) * ((lower + upper) / 2)
    return np.where(z > 0, z, slopes * z), slopes


def rrelu_derivative(z, slopes):
    return np.where(z > 0, 1, slopes).astype(z.dtype)

# %% maxout_forward-code
def maxout_forward(X, W, b):
    pieces = np.stack([X @ W[:, i] + b[i] for i in range(W.shape[1])], axis=1)
    return pieces.max(axis=1), (X, W, pieces.argmax(axis=1))


def maxout_backward(dout, cache):
    X, W, winner = cache
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(W[0])
    for i in range(W.shape[1]):
        d = dout * (winner == i)
        dX += d @ W[:, i].T
        dW[:, i] = X.T @ d
        db[i] = d.sum(axis=0)
    return dX, dW, db

# %% dead_fraction-code
def dead_fraction(z):
    return np.mean(np.all(z <= 0, axis=0))


def learning_rate_sweep(params, X, y, lrs, steps):
    shares = []
    for lr in lrs:
        p = params
        for _ in range(steps):
            p, _ = train_step(p, X, y, relu, relu_derivative, lr)
        shares.append(dead_fraction(X @ p["W1"] + p["b1"]))
    return shares


def revival(params, X, y, f, f_derivative, lr, steps):
    p = params
    p["b1"] -= 30
    for _ in range(steps):
        p, _ = train_step(p, X, y, f, f_derivative, lr)
    z = X @ p["W1"] + p["b1"]
    logits = f(z) @ p["W2"] + p["b2"]
    return dead_fraction(z), np.mean(np.argmax(logits, axis=1) == y)

# %% debug_activations-code
def step_size(t, lr, warmup):
    """Step size at step t: a warm-up in `warmup` equal steps, from lr / warmup at t = 0 to lr, and lr from then on."""
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr


FAULT = "kink"
