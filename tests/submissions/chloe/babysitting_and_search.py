"""Takes the wrong logarithm, the wrong mean, and the wrong scale."""

# %% expected_initial_loss-code
def expected_initial_loss(C):
    """Cross-entropy of a classifier that knows nothing about C classes."""
    return np.log10(C)


def regularization_raises_loss(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    """Whether the loss grows from each strength of regularization to the next."""
    losses = [loss(lam) for lam in lams]
    return all(losses[i] < losses[i + 1] for i in range(len(losses) - 1))


def overfit_tiny(net, X, y, rng, n=20, steps=100, lr=0.01):
    """Loss on n samples after training on nothing else."""
    chosen = rng.choice(len(X), size=n, replace=False)
    for _ in range(steps):
        net(X[chosen], y[chosen], lr)
    return net(X[chosen], y[chosen], 0.0)

# %% update_ratio-code
def update_ratio(w_old, w_new):
    """Size of a step against the size of what it changes."""
    return np.mean(np.abs(w_new - w_old) / np.abs(w_old))


def update_ratios(step, params):
    """The ratio of each parameter in one step."""
    new = step(params)
    return {name: update_ratio(params[name], new[name]) for name in params}


def rate_for(lr, ratio, target=1e-3):
    """The learning rate at which the ratio would be the target."""
    return lr * target / ratio

# %% diagnose-code
def diagnose(history):
    """Symptoms in the curves of a training run: name -> sentence."""
    train = np.array(history["train_loss"])
    val = np.array(history["val_loss"])
    if np.isnan(train).any() or np.isnan(val).any():
        return {"nan": "NaN in the losses"}
    acc, val_acc = history["train_accuracy"][-1], history["val_accuracy"][-1]
    half = train[len(train) // 2 :]
    with np.errstate(all="ignore"):
        change = (half.max() - half.min()) / train[-1]
    if acc < 0.9 and train.max() > 3 * train[0] and change < 0.01:
        return {"plateau": "too high a rate"}
    if acc < 0.9 and train.min() > 0.99 * train[0]:
        return {"flat": "too low a rate"}
    if acc - val_acc > 0.05:
        return {"gap": "overfitting"}
    if acc < 0.9 and change < 0.05:
        return {"capacity": "underfitting"}
    return {}

# %% log_uniform-code
def log_uniform(low, high, size, rng):
    """Random numbers whose logarithms are spread evenly."""
    return rng.uniform(low, high, size)


def random_search(space, objective, n, rng, abort=3.0, epochs=5):
    """n random points and their costs, the best first."""
    trials = []
    for _ in range(n):
        point = {name: log_uniform(low, high, None, rng) for name, (low, high) in space.items()}
        first = objective(point, 0)
        cost = first if np.isfinite(first) else np.inf
        epoch = 1
        while epoch < epochs and cost < np.inf:
            cost = objective(point, epoch)
            if not (cost <= abort * first):
                cost = np.inf
            epoch += 1
        trials.append((point, cost))
    return sorted(trials, key=lambda t: t[1])


def at_edge(best, low, high, frac=0.1, log=True):
    """Whether a better value may lie beyond an end of the range."""
    f = np.log if log else np.asarray
    share = (f(best) - f(low)) / (f(high) - f(low))
    return share <= frac or share >= 1 - frac

# %% grid_points-code
def grid_points(D, B):
    """B points of a grid in the unit cube, one a row."""
    k = round(B ** (1 / D))
    return np.array(list(product(np.linspace(0, 1, k), repeat=D)))


def grid_and_random(f, D, B, rng):
    """The largest of B heights on a grid, and of B at random."""
    return f(grid_points(D, B)).max(), f(rng.random((B, D))).max()

# %% debug_babysitting_and_search-code
def split(X, y, n_val, rng):
    """X_train, y_train, X_val, y_val in random order, n_val of the samples in the validation part."""
    order = rng.permutation(len(X))
    X, y = X[order], y[order]
    return X[n_val:], y[n_val:], X[:n_val], y[:n_val]


FAULT = "capacity"
