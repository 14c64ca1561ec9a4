"""Right answers to `babysitting_and_search` that are written differently from the reference."""

from __future__ import annotations

import itertools
import math
from collections import namedtuple

import numpy as np

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- expected_initial_loss, …


def loss_of_equal_probabilities(C):
    p = np.ones(C) / C
    return -np.sum(p * np.log(p))


def rises_by_loop(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    before = loss(lams[0])
    for lam in lams[1:]:
        now = loss(lam)
        if now <= before:
            return False
        before = now
    return True


def overfit_by_shuffling(net, X, y, rng, n=20, steps=100, lr=0.01):
    order = rng.permutation(len(y))
    few, labels = X[order][:n], y[order][:n]
    step = 0
    while step < steps:
        net(few, labels, lr)
        step += 1
    return net(few, labels, 0)


def rises_in_pairs(loss, lams=(0.0, 1e-4, 1e-2, 1.0)):
    return np.all([loss(a) < loss(b) for a, b in itertools.pairwise(lams)])


def overfit_with_lists(net, X, y, rng, n=20, steps=100, lr=0.01):
    """Draws places until there are enough different ones; the order of the samples is another one in each step."""
    places = []
    while len(places) < n:
        place = int(rng.integers(len(X)))
        if place not in places:
            places.append(place)
    for _ in range(steps):
        rng.shuffle(places)
        net(X[places], [y[i] for i in places], lr=lr)
    return np.float64(net(X[sorted(places)], y[sorted(places)], lr=0.0))


RIGHT["expected_initial_loss"] = {
    "loops": (lambda C: -math.log(1 / C), rises_by_loop, overfit_by_shuffling),
    "lists": (loss_of_equal_probabilities, rises_in_pairs, overfit_with_lists),
    "np.log": (np.log, lambda loss, lams=(0.0, 1e-4, 1e-2, 1.0): sorted({loss(v) for v in lams}) == [loss(v) for v in lams],
               overfit_by_shuffling),
}  # fmt: skip

# ---------------------------------------------------------------- update_ratio, update_ratios, rate_for


def ratio_by_sums(w_old, w_new):
    moved = math.sqrt(((w_new - w_old) ** 2).sum())
    size = math.sqrt((w_old**2).sum())
    if size == 0:
        return math.inf if moved > 0 else 0.0
    return moved / size


def ratio_by_loops(w_old, w_new):
    moved = size = 0.0
    for a, b in zip(np.ravel(w_old).tolist(), np.ravel(w_new).tolist(), strict=True):
        moved, size = moved + (b - a) ** 2, size + a * a
    if not moved:
        return 0
    return (moved / size) ** 0.5 if size else float("inf")


def ratio_by_errstate(w_old, w_new):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.linalg.norm(w_new - w_old) / np.linalg.norm(w_old), nan=0.0, posinf=np.inf)


def ratios_by_items(step, params):
    found = {}
    after = step({k: v.copy() for k, v in params.items()})
    for name, w in after.items():
        found[name] = ratio_by_sums(params[name], w)
    return found


RIGHT["update_ratio"] = {
    "sums": (ratio_by_sums, ratios_by_items, lambda lr, ratio, target=1e-3: lr / (ratio / target)),
    "loops": (ratio_by_loops, lambda step, params: dict(zip(params, map(
        ratio_by_loops, params.values(), map(step(params).get, params)), strict=True)),
        lambda lr, ratio, target=0.001: target / ratio * lr),
    "errstate": (ratio_by_errstate, lambda step, params: {
        k: ratio_by_errstate(params[k], v) for k, v in sorted(step(params).items())},
        lambda lr, ratio, target=1e-3: np.divide(lr * target, ratio)),
}  # fmt: skip

# ---------------------------------------------------------------- diagnose


def diagnose_by_lists(history):
    """Names only, with loops and plain Python."""
    train = history["train_loss"]
    for curve in (train, history["val_loss"]):
        for loss in curve:
            if math.isnan(loss) or math.isinf(loss):
                return ["nan"]
    accuracy, other = history["train_accuracy"][-1], history["val_accuracy"][-1]
    half = train[len(train) // 2 :]
    change = (max(half) - min(half)) / train[-1]
    if accuracy < 0.9:
        if max(train) > 3 * train[0] and change < 0.01:
            return ["plateau"]
        if min(train) > 0.99 * train[0]:
            return ["flat"]
    names = []
    if accuracy - other > 0.05:
        names.append("gap")
    elif accuracy < 0.9 and change < 0.05:
        names.append("capacity")
    return names


def diagnose_by_rules(history):
    train, val, acc, val_acc = (np.asarray(history[k], dtype=float) for k in
                                ("train_loss", "val_loss", "train_accuracy", "val_accuracy"))  # fmt: skip
    if not np.isfinite(np.concatenate([train, val])).all():
        return {"nan": "lower the rate"}
    tail = train[len(train) // 2 :]
    poor, change = acc[-1] < 0.9, np.ptp(tail) / train[-1]
    rules = {
        "plateau": poor and (train > 3 * train[0]).any() and change < 0.01,
        "flat": poor and (train[0] - train.min()) / train[0] < 0.01,
    }
    rules["gap"] = acc[-1] > val_acc[-1] + 0.05 and not any(rules.values())
    rules["capacity"] = poor and change < 0.05 and not any(rules.values())
    if rules["plateau"]:
        rules["flat"] = False
    return {name: f"{name}!" for name, holds in rules.items() if holds}


RIGHT["diagnose"] = {
    "names in a list": (diagnose_by_lists,), "rules": (diagnose_by_rules,),
    "a set": (lambda history: set(diagnose_by_rules(history)),),
    "a tuple": (lambda history: tuple(diagnose_by_lists(history)),),
}  # fmt: skip

# ---------------------------------------------------------------- log_uniform, random_search, at_edge


def log_uniform_by_shares(low, high, size, rng):
    return low * (high / low) ** rng.random(size)


def log_uniform_by_exp(low, high, size, rng):
    return np.exp(np.log(low) + (np.log(high) - np.log(low)) * rng.random(size))


def search_of_all_points_first(space, objective, n, rng, abort=3.0, epochs=5):
    drawn = {name: log_uniform_by_shares(low, high, n, rng) for name, (low, high) in space.items()}
    points = [{name: drawn[name][i] for name in space} for i in range(n)]
    results = []
    for point in points:
        costs = []
        while len(costs) < epochs and (not costs or (np.isfinite(costs[-1]) and costs[-1] <= abort * costs[0])):
            costs.append(objective(point, len(costs)))
        good = np.isfinite(costs[-1]) and costs[-1] <= abort * costs[0]
        results.append([point, costs[-1] if good else float("inf")])
    results.sort(key=lambda r: r[1])
    return results


def cost_of(objective, point, abort, epochs):
    first = objective(point, 0)
    if math.isnan(first) or first == math.inf:
        return math.inf
    cost = first
    for epoch in range(1, epochs):
        cost = objective(point, epoch)
        if math.isnan(cost) or math.isinf(cost) or cost > abort * first:
            return math.inf
    return cost


def search_with_a_helper(space, objective, n, rng, abort=3.0, epochs=5):
    points = [{k: float(log_uniform_by_exp(*bounds, 1, rng)[0]) for k, bounds in space.items()} for _ in range(n)]
    costs = [cost_of(objective, point, abort, epochs) for point in points]
    return tuple((points[i], costs[i]) for i in np.argsort(costs))


def edge_by_bounds(best, low, high, frac=0.1, log=True):
    if log:
        inner_low, inner_high = low * (high / low) ** frac, high * (low / high) ** frac
    else:
        inner_low, inner_high = low + frac * (high - low), high - frac * (high - low)
    return not (inner_low < best < inner_high)


def edge_by_numpy(best, low, high, frac=0.1, log=True):
    v = np.array([low, best, high])
    v = np.log2(v) if log else v
    u = (v[1] - v[0]) / (v[2] - v[0])
    return np.minimum(u, 1 - u) <= frac


Trial = namedtuple("Trial", "point cost")


def search_with_names(space, objective, n, rng, abort=3.0, epochs=5):
    return [Trial(*trial) for trial in search_of_all_points_first(space, objective, n, rng, abort, epochs)]


RIGHT["log_uniform"] = {
    "tuples with names": (log_uniform_by_shares, search_with_names, edge_by_bounds),
    "shares, all points first": (log_uniform_by_shares, search_of_all_points_first, edge_by_bounds),
    "exp, a helper": (log_uniform_by_exp, search_with_a_helper, edge_by_numpy),
}  # fmt: skip

# ---------------------------------------------------------------- grid_points, grid_and_random


def grid_by_product(D, B):
    k = 1
    while k**D < B:
        k += 1
    return [list(point) for point in itertools.product([(2 * i + 1) / (2 * k) for i in range(k)], repeat=D)]


def compare_point_by_point(f, D, B, rng):
    grid = max(f(np.array(point)) for point in grid_by_product(D, B))
    random = -math.inf
    for _ in range(B):
        random = max(random, f(rng.uniform(size=D)))
    return grid, random


def grid_by_digits(D, B):
    k = int(B ** (1 / D) + 0.5)
    numbers = np.arange(B)
    return np.column_stack([(numbers // k**d % k + 0.5) / k for d in range(D)])


def compare_at_once(f, D, B, rng):
    heights = f(np.vstack([grid_by_digits(D, B), rng.random((B, D))]))
    return np.array([heights[:B].max(), heights[B:].max()])


def compare_by_places(f, D, B, rng):
    """Asks for the height of the best point once more."""
    best = []
    for points in (np.array(grid_by_product(D, B)), rng.random((B, D))):
        best.append(f(points[np.argmax(f(points))]))
    return tuple(best)


RIGHT["grid_points"] = {
    "by places": (grid_by_digits, compare_by_places),
    "product, point by point": (grid_by_product, compare_point_by_point),
    "digits, at once": (grid_by_digits, compare_at_once),
}  # fmt: skip

# ---------------------------------------------------------------- debug_babysitting_and_search


def split_by_shuffled_places(X, y, n_val, rng):
    places = np.arange(len(y))
    rng.shuffle(places)
    X, y = X[places], y[places]
    return X[n_val:], y[n_val:], X[:n_val], y[:n_val]


def split_by_choice(X, y, n_val, rng):
    val = rng.choice(len(X), n_val, replace=False)
    mask = np.ones(len(X), dtype=bool)
    mask[val] = False
    return [X[mask], y[mask], X[val], y[val]]


RIGHT["debug_babysitting_and_search"] = {
    "shuffled places": ("labels", split_by_shuffled_places), "choice": ("labels", split_by_choice),
}  # fmt: skip
