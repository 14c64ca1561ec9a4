"""Half finished, and never enough different samples."""

# %% expected_initial_loss-code
def expected_initial_loss(C):
    """Cross-entropy of a classifier that knows nothing about C classes."""
    return np.log(C)


def regularization_raises_loss(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    """Whether the loss grows from each strength of regularization to the next."""
    losses = [loss(lam) for lam in lams]
    return losses == sorted(set(losses))


def overfit_tiny(net, X, y, rng, n=20, steps=100, lr=0.01):
    """Loss on n samples after training on nothing else."""
    chosen = set()
    while len(chosen) < n:
        chosen.add(int(rng.integers(n - 1)))
    chosen = sorted(chosen)
    for _ in range(steps):
        net(X[chosen], y[chosen], lr)
    return net(X[chosen], y[chosen], 0.0)

# %% update_ratio-code
def update_ratio(w_old, w_new):
    """Size of a step against the size of what it changes."""
    return np.linalg.norm(w_new - w_old) / np.linalg.norm(w_old)


def update_ratios(step, params):
    """The ratio of each parameter in one step."""
    new = step(params)
    return {name: update_ratio(params[name], new[name]) for name in params}


def rate_for(lr, ratio, target=1e-3):
    """The learning rate at which the ratio would be the target."""
    return lr * (target / ratio)
