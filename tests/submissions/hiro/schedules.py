"""Half finished; one loop has no end."""

# %% power-code
def power(t, lr0, s, c=1.0):
    return lr0 / (1 + t / s)


def exponential(t, lr0, s):
    return lr0 * 0.1 ** (t / s)

# %% piecewise-code
def piecewise(t, boundaries, values):
    i = 0
    while np.all(t >= boundaries[0]):
        i = min(i + 1, len(boundaries))
    return values[i]

# %% PerformanceSchedule-code
class PerformanceSchedule:
    """A rate that is multiplied by factor when the validation loss has stopped falling."""

    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self.lr = lr0
        self.factor = factor
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad = 0

    def step(self, val_loss):
        """Take note of a validation loss; the rate for the next epoch."""
        if val_loss < self.best - self.min_delta * self.best:
            self.best = val_loss
            self.bad = 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr = self.lr * self.factor
            self.bad = 0
        return self.lr
