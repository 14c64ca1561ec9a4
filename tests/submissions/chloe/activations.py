"""Trusts the formulas as they are printed."""

# %% sigmoid-code
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1 - s)

# %% relu-code
def relu(z):
    return np.maximum(z, 0.0)


def relu_derivative(z):
    return (z > 0).astype(relu(z).dtype)


def leaky_relu(z, alpha=0.01):
    return np.maximum(alpha * z, z)


def leaky_relu_derivative(z, alpha=0.01):
    return np.where(z > 0, 1.0, alpha).astype(relu(z).dtype)

# %% elu-code
def elu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1))


def elu_derivative(z, alpha=1.0):
    return np.where(z > 0, 1, alpha * np.exp(z))

# %% selu-code
def selu_constants():
    return 1.6733, 1.0507


def selu(z):
    alpha, scale = selu_constants()
    return scale * np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0)) - 1))

# %% prelu_forward-code
def prelu_forward(z, a):
    return np.where(z > 0, z, a * z), (z, a)


def prelu_backward(dout, cache):
    z, a = cache
    dz = dout * np.where(z > 0, 1, a).astype(z.dtype)
    da = np.minimum(z, 0) * dout
    if np.ndim(a) == 0:
        return dz, da.sum()
    return dz, da.sum(axis=0)

# %% rrelu-code
def rrelu(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    # Xu et al.: divide by a ~ U(3, 8), in test by (3 + 8) / 2
    a = rng.uniform(3, 8, z.shape) if training else np.full(z.shape, 5.5)
    slopes = (1 / a).astype(z.dtype)
    return np.where(z > 0, z, slopes * z), slopes


def rrelu_derivative(z, slopes):
    return np.where(z > 0, 1, slopes).astype(z.dtype)

# %% maxout_forward-code
def maxout_forward(X, W, b):
    # max(w1 + b1, w2 + b2)
    Z = np.stack([X @ W[:, i] + b[i] for i in range(W.shape[1])], axis=1)
    return (W + b).max(axis=1), (X, W, Z.argmax(axis=1))


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
    return (z <= 0).mean()


def learning_rate_sweep(params, X, y, lrs, steps):
    shares = []
    for lr in lrs:
        p = params
        for _ in range(steps):
            p, _ = train_step(p, X, y, relu, relu_derivative, lr)
        shares.append(dead_fraction(X @ p["W1"] + p["b1"]))
    return shares


def revival(params, X, y, f, f_derivative, lr, steps):
    p = dict(params)
    p["b1"] = p["b1"] - 30
    for _ in range(steps):
        p, _ = train_step(p, X, y, f, f_derivative, lr)
    z = X @ p["W1"] + p["b1"]
    logits = f(z) @ p["W2"] + p["b2"]
    return dead_fraction(z), np.mean(np.argmax(logits, axis=1) == y)

# %% debug_activations-code
def step_size(t, lr, warmup):
    """Step size at step t: a warm-up in `warmup` equal steps, from lr / warmup at t = 0 to lr, and lr from then on."""
    return min(lr * (t + 1) / warmup, 1.0)


FAULT = "step_size"
