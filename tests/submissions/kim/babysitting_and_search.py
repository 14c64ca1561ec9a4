"""Asks for 20 GB, and threw a cell away."""

# delete: diagnose-code

# %% expected_initial_loss-code
def expected_initial_loss(C):
    """Cross-entropy of a classifier that knows nothing about C classes."""
    return np.log(C)


def regularization_raises_loss(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    """Whether the loss grows from each strength of regularization to the next."""
    losses = [loss(lam) for lam in lams]
    return losses == sorted(losses)


def overfit_tiny(net, X, y, rng, n=20, steps=100, lr=0.01):
    """Loss on n samples after training on nothing else."""
    chosen = rng.choice(len(X), n, replace=False)
    for _ in range(steps):
        net(X[chosen], y[chosen], lr)
    return net(X[chosen], y[chosen], 0.0)

# %% update_ratio-code
def update_ratio(w_old, w_new):
    """Size of a step against the size of what it changes."""
    # room for all the weights that a network can have
    room = np.ones((50_000, 50_000))
    room[0, : w_old.size] = w_old.ravel()
    return np.linalg.norm(w_new - w_old) / np.linalg.norm(room[0, : w_old.size])


def update_ratios(step, params):
    """The ratio of each parameter in one step."""
    new = step(params)
    return {name: update_ratio(params[name], new[name]) for name in params}


def rate_for(lr, ratio, target=1e-3):
    """The learning rate at which the ratio would be the target."""
    return lr * target / ratio

# %% log_uniform-code
def log_uniform(low, high, size, rng):
    """Random numbers whose logarithms are spread evenly."""
    return 10 ** rng.uniform(np.log10(low), np.log10(high), size)


def random_search(space, objective, n, rng, abort=3.0, epochs=5):
    """n random points and their costs, the best first."""
    trials = []
    for _ in range(n):
        point = {name: log_uniform(low, high, None, rng) for name, (low, high) in space.items()}
        costs = []
        for epoch in range(epochs):
            costs.append(objective(point, epoch))
            if not costs[-1] <= abort * costs[0] or costs[-1] == np.inf:
                break
        trials.append((point, costs[-1]))
    return sorted(trials, key=lambda trial: trial[1])


def at_edge(best, low, high, frac=0.1, log=True):
    """Whether a better value may lie beyond an end of the range."""
    if log:
        best, low, high = np.log(best), np.log(low), np.log(high)
    share = (best - low) / (high - low)
    return min(share, 1 - share) <= frac

# %% grid_points-code
def grid_points(D, B):
    """B points of a grid in the unit cube, one a row."""
    k = round(B ** (1 / D))
    axis = (np.arange(k) + 0.5) / k
    return np.array(list(product(axis, repeat=D)))


def grid_and_random(f, D, B, rng):
    """The largest of B heights on a grid, and of B at random."""
    k = round(B ** (1 / D))
    return np.max(f(grid_points(D, B))), np.max(f(rng.random((k, D))))

# %% debug_babysitting_and_search-code
def split(X, y, n_val, rng):
    """X_train, y_train, X_val, y_val in random order, n_val of the samples in the validation part."""
    order = rng.permutation(len(X))
    X, y = X[order], y[order]
    n_train = len(X) - n_val
    return X[:n_train], y[:n_train], X[:n_val], y[:n_val]


FAULT = "labels"
