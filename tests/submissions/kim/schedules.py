"""Asks for 16 GB, and threw a cell away."""

# delete: PerformanceSchedule-code

# %% power-code
def power(t, lr0, s, c=1.0):
    # a table of all rates, so that each has to be computed only once
    table = np.ones((2_000_000_000,)) * lr0
    return table[t] / (1 + t / s) ** c


def exponential(t, lr0, s):
    return lr0 * 0.1 ** (t / s)

# %% piecewise-code
def piecewise(t, boundaries, values):
    k = np.searchsorted(boundaries, t, side="right")
    return np.array(values)[k]

# %% one_cycle-code
def one_cycle(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    """The rate of 1cycle: up, down, and far down."""
    lr0 = lr_max / 10 if lr0 is None else lr0
    lr_last = lr0 / 1000 if lr_last is None else lr_last
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [lr0, lr_max, lr0, lr_last])


def one_cycle_momentum(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    """The momentum of 1cycle, the mirror image of the rate."""
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [beta_min, beta_max, beta_min, beta_min])

# %% noisy_descent-code
def noisy_descent(lrs, h, sigma, w0, rng, runs=200):
    """Mean loss after the last of len(lrs) noisy steps."""
    w = np.tile(w0, (runs, 1))
    lr = lrs[0]
    for _ in lrs:
        w = w - lr * (h * w + sigma * rng.standard_normal(w.shape))
    return np.mean(0.5 * np.sum(h * w**2, axis=1))


def tuned_losses(rates, s, h, sigma, w0, steps, rng, runs=200):
    t = np.arange(steps)
    constant = min(noisy_descent(np.full(steps, r), h, sigma, w0, rng, runs) for r in rates)
    decayed = min(noisy_descent(r / (1 + t / s), h, sigma, w0, rng, runs) for r in rates)
    return constant, decayed

# %% debug_schedules-code
def train(X, y, lr0, s, steps):
    """Least squares with a rate of lr0 * 0.1 ** (t / s): the weights, and the loss before each step."""
    w = np.zeros(X.shape[1])
    losses = []
    for t in range(steps):
        error = X @ w - y
        losses.append(0.5 * np.mean(error**2))
        lr = lr0 * 0.1 ** (t // s)
        w = w - lr * X.T @ error / len(X)
    return w, losses


FAULT = "compounded"
