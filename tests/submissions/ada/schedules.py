"""Everything right, with loops where others use NumPy."""

# %% power-code
def power(t, lr0, s, c=1.0):
    t = np.asarray(t) / s
    return lr0 * (1 + t) ** -c


def exponential(t, lr0, s):
    return lr0 * np.power(0.1, np.asarray(t) / s)

# %% piecewise-code
def piecewise(t, boundaries, values):
    if len(boundaries) + 1 != len(values):
        raise ValueError("wrong number of values")
    if isinstance(t, np.ndarray):
        return np.array([piecewise(step, boundaries, values) for step in t])
    i = 0
    while i < len(boundaries) and t >= boundaries[i]:
        i += 1
    return values[i]

# %% PerformanceSchedule-code
class PerformanceSchedule:
    """A rate that is multiplied by factor when the validation loss has stopped falling."""

    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self._rates = [lr0]
        self.factor = factor
        self.patience = patience
        self.keep = 1 - min_delta
        self.best = float("inf")
        self.bad = 0

    @property
    def lr(self):
        return self._rates[-1]

    def step(self, val_loss):
        """Take note of a validation loss; the rate for the next epoch."""
        rate = self.lr
        if val_loss < self.keep * self.best:
            self.best = val_loss
            self.bad = 0
        else:
            self.bad = self.bad + 1
            if self.bad > self.patience:
                rate = rate * self.factor
                self.bad = 0
        self._rates.append(rate)
        return rate

# %% one_cycle-code
def between(t, x, y):
    for i in range(len(x) - 1):
        if t < x[i + 1]:
            share = (t - x[i]) / (x[i + 1] - x[i])
            return (1 - share) * y[i] + share * y[i + 1]
    return y[-1]


def corners(T, last_frac):
    half = (1 - last_frac) / 2 * T - 1
    return [0, half, 2 * half, T - 1]


def one_cycle(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    """The rate of 1cycle: up, down, and far down."""
    if lr0 is None:
        lr0 = lr_max / 10
    if lr_last is None:
        lr_last = lr0 / 1000
    y = [lr0, lr_max, lr0, lr_last]
    if np.ndim(t) == 0:
        return between(t, corners(T, last_frac), y)
    return np.array([between(k, corners(T, last_frac), y) for k in t])


def one_cycle_momentum(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    """The momentum of 1cycle, the mirror image of the rate."""
    y = [beta_max, beta_min, beta_max, beta_max]
    if np.ndim(t) == 0:
        return between(t, corners(T, last_frac), y)
    return [between(k, corners(T, last_frac), y) for k in t]

# %% noisy_descent-code
def noisy_descent(lrs, h, sigma, w0, rng, runs=200):
    """Mean loss after the last of len(lrs) noisy steps."""
    w = np.zeros((runs, len(w0))) + w0
    for lr in lrs:
        g = h * w + rng.normal(0.0, 1.0, size=w.shape) * sigma
        w -= lr * g
    return ((w**2) @ h).mean() / 2


def tuned_losses(rates, s, h, sigma, w0, steps, rng, runs=200):
    constant, decayed = [], []
    for rate in rates:
        constant.append(noisy_descent([rate] * steps, h, sigma, w0, rng, runs))
        decayed.append(noisy_descent([power(t, rate, s) for t in range(steps)], h, sigma, w0, rng, runs))
    return [np.min(constant), np.min(decayed)]

# %% debug_schedules-code
def train(X, y, lr0, s, steps):
    """Least squares with a rate of lr0 * 0.1 ** (t / s): the weights, and the loss before each step."""
    w = np.zeros(X.shape[1])
    lr = lr0
    losses = []
    for t in range(steps):
        error = X @ w - y
        losses.append(0.5 * np.mean(error**2))
        w = w - lr * X.T @ error / len(X)
        lr = lr * 0.1 ** (1 / s)
    return w, losses


FAULT = "compounded"
