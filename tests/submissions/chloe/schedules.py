"""Writes what she knows from Keras, and divides whole numbers."""

# %% power-code
def power(t, lr0, s, c=1.0):
    return lr0 / (1 + t // s) ** c


def exponential(t, lr0, s):
    return lr0 * 0.1 ** (t // s)

# %% piecewise-code
def piecewise(t, boundaries, values):
    if len(values) != len(boundaries) + 1:
        raise ValueError("one value more than boundaries, please")
    passed = sum(np.asarray(t) > b for b in boundaries)
    return np.array(values)[passed]

# %% PerformanceSchedule-code
class PerformanceSchedule:
    """A rate that is multiplied by factor when the validation loss has stopped falling."""

    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self.lr = lr0
        self.factor, self.patience, self.min_delta = factor, patience, min_delta
        self.best = np.inf
        self.wait = 0

    def step(self, val_loss):
        """Take note of a validation loss; the rate for the next epoch."""
        if val_loss < self.best * (1 - self.min_delta):
            self.best = val_loss
            self.wait = 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.lr *= self.factor
                self.wait = 0
        return self.lr

# %% one_cycle-code
def one_cycle(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    """The rate of 1cycle: up, down, and far down."""
    if lr0 is None:
        lr0 = lr_max / 10
    if lr_last is None:
        lr_last = lr_max / 1000
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [lr0, lr_max, lr0, lr_last])


def one_cycle_momentum(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    """The momentum of 1cycle, the mirror image of the rate."""
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [beta_max, beta_min, beta_max, beta_max])

# %% noisy_descent-code
def noisy_descent(lrs, h, sigma, w0, rng, runs=200):
    """Mean loss after the last of len(lrs) noisy steps."""
    w = np.tile(w0, (runs, 1))
    for lr in lrs:
        w = w - lr * (h * w + sigma * rng.standard_normal(w.shape))
    return np.mean(0.5 * np.sum(h * w**2, axis=1))


def tuned_losses(rates, s, h, sigma, w0, steps, rng, runs=200):
    losses = [noisy_descent(steps * [rate], h, sigma, w0, rng, runs) for rate in rates]
    best = rates[np.argmin(losses)]
    decayed = noisy_descent(best / (1 + np.arange(steps) / s), h, sigma, w0, rng, runs)
    return min(losses), decayed

# %% debug_schedules-code
def train(X, y, lr0, s, steps):
    """Least squares with a rate of lr0 * 0.1 ** (t / s): the weights, and the loss before each step."""
    w = np.zeros(X.shape[1])
    losses = []
    for t in range(steps):
        error = X @ w - y
        losses.append(0.5 * np.mean(error**2))
        lr = lr0 * 0.1 ** (t / s)
        w = w - lr * X.T @ error / len(X)
    return w, losses


FAULT = "wrong_unit"
