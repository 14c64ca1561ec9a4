"""Thinks of one step at a time; a colon is missing in one cell."""

# %% power-code
def power(t, lr0, s, c=1.0):
    lr = lr0
    for step in range(1, t + 1):
        lr = lr / (1 + step / s) ** c
    return lr


def exponential(t, lr0, s):
    lr = lr0
    for step in range(1, t + 1):
        lr = lr * 0.1 ** (step / s)
    return lr

# %% piecewise-code
def piecewise(t, boundaries, values):
    if len(values) != len(boundaries) + 1:
        raise ValueError("lengths")
    for b, v in zip(boundaries, values):
        if t < b:
            return v
    return values[-1]

# %% PerformanceSchedule-code
class PerformanceSchedule:
    """A rate that is multiplied by factor when the validation loss has stopped falling."""

    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self.lr = lr0
        self.factor, self.patience, self.min_delta = factor, patience, min_delta
        self.last = None
        self.bad = 0

    def step(self, val_loss):
        """Take note of a validation loss; the rate for the next epoch."""
        if self.last is None or val_loss < self.last * (1 - self.min_delta):
            self.bad = 0
        else:
            self.bad += 1
        self.last = val_loss
        if self.bad > self.patience:
            self.lr = self.lr * self.factor
            self.bad = 0
        return self.lr

# %% one_cycle-code
def one_cycle(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1)
    f = (1 - last_frac) / 2
    return np.interp(t, [0, f * T - 1, 2 * f * T - 2, T - 1], [lr0, lr_max, lr0, lr_last])

# %% noisy_descent-code
def noisy_descent(lrs, h, sigma, w0, rng, runs=200):
    """Mean loss after the last of len(lrs) noisy steps."""
    losses = []
    for run in range(runs):
        w = np.array(w0)
        for lr in lrs:
            g = h * w
            w = w - lr * g + sigma * rng.standard_normal(len(w))
        losses.append(0.5 * np.sum(h * w**2))
    return np.mean(losses)


def tuned_losses(rates, s, h, sigma, w0, steps, rng, runs=200):
    raise NotImplementedError  # your code here

# %% debug_schedules-code
def train(X, y, lr0, s, steps):
    """Least squares with a rate of lr0 * 0.1 ** (t / s): the weights, and the loss before each step."""
    w = np.zeros(X.shape[1])
    losses = []
    for t in range(steps):
        error = X @ w - y
        losses.append(0.5 * np.mean(error**2))
        w = w - lr0 * X.T @ error / len(X)
    return w, losses


FAULT = "compounded"
