"""Everything right."""

# %% sigmoid-code
def sigmoid(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def sigmoid_derivative(z):
    return sigmoid(z) * sigmoid(-z)

# %% relu-code
def leaky_relu(z, alpha=0.01):
    z = np.asarray(z, dtype=z.dtype if z.dtype.kind == "f" else float)
    return (z > 0) * z + (z <= 0) * (alpha * z)


def leaky_relu_derivative(z, alpha=0.01):
    out = np.full(z.shape, alpha, dtype=z.dtype if z.dtype.kind == "f" else float)
    out[z > 0] = 1
    return out


def relu(z):
    return leaky_relu(z, alpha=0.0)


def relu_derivative(z):
    return leaky_relu_derivative(z, alpha=0.0)

# %% elu-code
def elu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_derivative(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)

# %% selu-code
def selu_constants():
    # completing the square: the integral of exp(k z) phi(z) up to 0 is exp(k^2 / 2) Phi(-k)
    def part(k):
        return math.exp(k * k / 2) * math.erfc(k / math.sqrt(2)) / 2

    e1 = part(1) - part(0)
    e2 = part(2) - 2 * part(1) + part(0)
    alpha = -1 / (e1 * math.sqrt(2 * math.pi))
    return alpha, (0.5 + alpha**2 * e2) ** -0.5


def selu(z):
    alpha, scale = selu_constants()
    return scale * elu(z, alpha)

# %% prelu_forward-code
def prelu_forward(z, a):
    positive = (z > 0).astype(z.dtype)
    slope = positive + a * (1 - positive)
    return slope * z, {"slope": slope, "below": np.minimum(z, 0), "a": a}


def prelu_backward(dout, cache):
    terms = dout * cache["below"]
    axis = 0 if isinstance(cache["a"], np.ndarray) else None
    return dout * cache["slope"], terms.sum(axis=axis)

# %% rrelu-code
def rrelu(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    if training:
        slopes = rng.uniform(lower, upper, size=z.shape).astype(z.dtype)
    else:
        slopes = np.ones_like(z) * ((lower + upper) / 2)
    return np.where(z > 0, z, slopes * z), slopes


def rrelu_derivative(z, slopes):
    return np.where(z > 0, 1, slopes).astype(z.dtype)

# %% maxout_forward-code
def maxout_forward(X, W, b):
    Z = np.einsum("nd,dih->nih", X, W) + b
    out = Z.max(axis=1)
    return out, (X, W, Z == out[:, None])


def maxout_backward(dout, cache):
    X, W, won = cache
    dZ = dout[:, None] * won
    return np.einsum("nih,dih->nd", dZ, W), np.einsum("nd,nih->dih", X, dZ), dZ.sum(axis=0)

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
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr


FAULT = "step_size"

# %% explain_activations
A unit of layer 1 that is dead gets no gradient, and its inputs are the data, which never change. So its z stays negative for ever.
Units above can come back because the layer below them still learns and sends them other inputs. On the right whole layers are dead
and no gradient gets through to anybody below; only the output biases learn, and they learn the shares of the classes: log 3.
