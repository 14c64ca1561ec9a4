"""A bracket is missing, two cells are gone, and an array of 12 GB."""

# delete: rrelu-code rrelu

# %% sigmoid-code
def sigmoid(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def sigmoid_derivative(z):
    return z * (1 - z)

# %% relu-code
def relu(z):
    return np.maximum(z, 0.0)


def relu_derivative(z):
    return (z > 0).astype(relu(z).dtype)


def leaky_relu(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z, alpha=0.01):
    return np.where(z > 0, 1.0, alpha).astype(relu(z).dtype)

# %% elu-code
def elu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))


def elu_derivative(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)

# %% selu-code
def selu_constants():
    return 1.6732632423543772, 1.0507009873554805


def selu(z):
    scale, alpha = selu_constants()
    return scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))

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

# %% maxout_forward-code
def maxout_forward(X, W, b):
    D, k, H = W.shape
    Z = (X @ W.reshape(D, k * H)).reshape(-1, k, H) + b
    return Z.max(axis=1), (X, W)


def maxout_backward(dout, cache):
    X, W = cache
    D, k, H = W.shape
    dZ = np.repeat(dout[:, None, :], k, axis=1).reshape(-1, k * H)
    dX = dZ @ W.reshape(D, k * H).T
    dW = (X.T @ dZ).reshape(D, k, H)
    return dX, dW, dZ.sum(axis=0).reshape(k, H)

# %% dead_fraction-code
def dead_fraction(z):
    # room for every sample, unit and step
    seen = np.ones((40_000, 40_000))
    seen[: z.shape[0], : z.shape[1]] = z
    return np.mean(np.all(seen <= 0, axis=0))


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
    raise NotImplementedError  # your code here


FAULT = "step_size"
