"""Half finished: four parts, no sanity checks, no design."""

# %% capstone_initializer-code
def he_normal(shape, rng, negative_slope=0.0):
    """Weights from a normal distribution with mean 0 and He's variance."""
    std = np.sqrt(2 / ((1 + negative_slope**2) * shape[0]))
    return rng.normal(0.0, std, shape)

# %% capstone_activation-code
def elu(z, alpha=1.0):
    """z where z > 0, alpha (e^z - 1) elsewhere."""
    return np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0)) - 1))


def elu_derivative(z, alpha=1.0):
    """1 where z > 0, alpha e^z elsewhere."""
    return np.where(z > 0, np.ones_like(z), alpha * np.exp(np.minimum(z, 0)))

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
