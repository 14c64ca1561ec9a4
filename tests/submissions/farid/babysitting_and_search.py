"""A bracket is missing in one cell; elsewhere he looks one step back."""

# %% expected_initial_loss-code
def expected_initial_loss(C):
    """Cross-entropy of a classifier that knows nothing about C classes."""
    return np.log(C)


def regularization_raises_loss(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    """Whether the loss grows from each strength of regularization to the next."""
    return bool(np.all(np.diff([loss(lam) for lam in lams]) > 0))


def overfit_tiny(net, X, y, rng, n=20, steps=100, lr=0.01):
    """Loss on n samples after training on nothing else."""
    chosen = rng.choice(len(X), n, replace=False)
    for _ in range(steps):
        loss = net(X[chosen], y[chosen], lr)
    return loss

# %% update_ratio-code
def update_ratio(w_old, w_new):
    return np.linalg.norm(w_new - w_old / np.linalg.norm(w_old)


def update_ratios(step, params):
    new = step(params)
    return {name: update_ratio(params[name], new[name]) for name in params}

# %% diagnose-code
def diagnose(history):
    """Symptoms in the curves of a training run: name -> sentence."""
    found = {}
    train = history["train_loss"]
    if not np.isfinite(train).all() or not np.isfinite(history["val_loss"]).all():
        found["nan"] = "not finite"
        return found
    accuracy = history["train_accuracy"][-1]
    if accuracy < 0.9 and min(train) > 0.99 * train[0]:
        found["flat"] = "the loss hardly moves"
        return found
    half = train[len(train) // 2 :]
    if accuracy - history["val_accuracy"][-1] > 0.05:
        found["gap"] = "overfits"
    elif accuracy < 0.9 and (max(half) - min(half)) / train[-1] < 0.05:
        found["capacity"] = "too few units"
    return found

# %% log_uniform-code
def log_uniform(low, high, size, rng):
    """Random numbers whose logarithms are spread evenly."""
    return 10 ** rng.uniform(np.log10(low), np.log10(high), size)


def random_search(space, objective, n, rng, abort=3.0, epochs=5):
    """n random points and their costs, the best first."""
    trials = []
    for i in range(n):
        point = {name: log_uniform(low, high, None, rng) for name, (low, high) in space.items()}
        last = None
        for epoch in range(epochs):
            cost = objective(point, epoch)
            if not np.isfinite(cost) or (last is not None and cost > abort * last):
                cost = np.inf
                break
            last = cost
        trials.append((point, cost))
    trials.sort(key=lambda t: t[1])
    return trials


def at_edge(best, low, high, frac=0.1, log=True):
    """Whether a better value may lie beyond an end of the range."""
    if log:
        share = np.log(best / low) / np.log(high / low)
    else:
        share = (best - low) / (high - low)
    return share <= frac or share >= 1 - frac

# %% grid_points-code
def grid_points(D, B):
    """B points of a grid in the unit cube, one a row."""
    k = int(B ** (1 / D))
    axis = (np.arange(k) + 0.5) / k
    return np.array(list(product(axis, repeat=D)))


def grid_and_random(f, D, B, rng):
    """The largest of B heights on a grid, and of B at random."""
    return np.max(f(grid_points(D, B))), np.max(f(rng.random((B, D))))

# %% debug_babysitting_and_search-code
def split(X, y, n_val, rng):
    """X_train, y_train, X_val, y_val in random order, n_val of the samples in the validation part."""
    return X[n_val:], y[n_val:], X[:n_val], y[:n_val]


FAULT = "labels"
