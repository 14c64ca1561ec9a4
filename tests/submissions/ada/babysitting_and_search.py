"""Everything right, step by step and without many arrays."""

# %% expected_initial_loss-code
def expected_initial_loss(C):
    """Cross-entropy of a classifier that knows nothing about C classes."""
    probability = 1 / C
    return -np.log(probability)


def regularization_raises_loss(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    """Whether the loss grows from each strength of regularization to the next."""
    losses = np.array([loss(lam) for lam in lams])
    return (losses[1:] > losses[:-1]).all()


def overfit_tiny(net, X, y, rng, n=20, steps=100, lr=0.01):
    """Loss on n samples after training on nothing else."""
    places = rng.permutation(len(X))[:n]
    few, labels = X[places], y[places]
    for step in range(steps):
        net(few, labels, lr)
    return net(few, labels, 0)

# %% update_ratio-code
def length(w):
    return np.sqrt(np.sum(w**2))


def update_ratio(w_old, w_new):
    """Size of a step against the size of what it changes."""
    step = length(w_new - w_old)
    if step == 0:
        return 0.0
    if length(w_old) == 0:
        return float("inf")
    return step / length(w_old)


def update_ratios(step, params):
    """The ratio of each parameter in one step."""
    new = step(params)
    ratios = {}
    for name in params:
        ratios[name] = update_ratio(params[name], new[name])
    return ratios


def rate_for(lr, ratio, target=1e-3):
    """The learning rate at which the ratio would be the target."""
    return lr / ratio * target

# %% diagnose-code
def change(curve):
    half = curve[len(curve) // 2 :]
    return (max(half) - min(half)) / half[-1]


def diagnose(history):
    """Symptoms in the curves of a training run: name -> sentence."""
    losses = history["train_loss"]
    if not all(np.isfinite(v) for v in losses + history["val_loss"]):
        return {"nan": "not a number"}
    symptoms = {}
    poor = history["train_accuracy"][-1] < 0.9
    if poor and max(losses) > 3 * losses[0] and change(losses) < 0.01:
        symptoms["plateau"] = "shot up, and stayed"
    elif poor and min(losses) > 0.99 * losses[0]:
        symptoms["flat"] = "does not move"
    elif history["train_accuracy"][-1] - history["val_accuracy"][-1] > 0.05:
        symptoms["gap"] = "learnt by heart"
    elif poor and change(losses) < 0.05:
        symptoms["capacity"] = "too small"
    return symptoms

# %% log_uniform-code
def log_uniform(low, high, size, rng):
    """Random numbers whose logarithms are spread evenly."""
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def random_search(space, objective, n, rng, abort=3.0, epochs=5):
    """n random points and their costs, the best first."""
    trials = []
    while len(trials) < n:
        point = {}
        for name in space:
            low, high = space[name]
            point[name] = log_uniform(low, high, None, rng)
        costs = []
        for epoch in range(epochs):
            costs.append(objective(point, epoch))
            if np.isnan(costs[-1]) or np.isinf(costs[-1]) or costs[-1] > abort * costs[0]:
                costs.append(np.inf)
                break
        trials.append([point, costs[-1]])
    trials.sort(key=lambda trial: trial[1])
    return trials


def at_edge(best, low, high, frac=0.1, log=True):
    """Whether a better value may lie beyond an end of the range."""
    if log:
        best, low, high = np.log10(best), np.log10(low), np.log10(high)
    width = frac * (high - low)
    return best <= low + width or best >= high - width

# %% grid_points-code
def grid_points(D, B):
    """B points of a grid in the unit cube, one a row."""
    k = int(np.rint(B ** (1 / D)))
    axis = np.linspace(0, 1, k, endpoint=False) + 1 / (2 * k)
    axes = np.meshgrid(*(D * [axis]))
    return np.column_stack([a.ravel() for a in axes])


def grid_and_random(f, D, B, rng):
    """The largest of B heights on a grid, and of B at random."""
    best = {"grid": -np.inf, "random": -np.inf}
    for point in grid_points(D, B):
        best["grid"] = max(best["grid"], f(point))
    for point in rng.uniform(0, 1, (B, D)):
        best["random"] = max(best["random"], f(point))
    return best["grid"], best["random"]

# %% debug_babysitting_and_search-code
def split(X, y, n_val, rng):
    """X_train, y_train, X_val, y_val in random order, n_val of the samples in the validation part."""
    order = np.arange(len(X))
    rng.shuffle(order)
    train, val = order[n_val:], order[:n_val]
    return X[train], y[train], X[val], y[val]


FAULT = "labels"
