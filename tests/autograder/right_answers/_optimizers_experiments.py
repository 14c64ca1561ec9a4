"""Right answers to the experiments of `optimizers` that are written differently from the reference."""

from __future__ import annotations

import numpy as np

EXPERIMENTS: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- measure_velocity, steps_to_leave


def velocity_until_still(step, g, *, lr, beta):
    """Goes on until the steps are equal to the last bits."""
    w, state, seen = 0 * g, {}, []
    while len(seen) < 2 or (abs(seen[-1] / seen[-2] - 1) > 1e-10 and len(seen) < 3000):
        before = w
        w, state = step(w, g, state, lr=lr, beta=beta)
        seen.append(np.abs(w - before).max())
    reached = np.array(seen) >= 0.9 * seen[-1]
    return np.array([seen[-1] / (lr * np.abs(g).max()), reached.argmax() + 1])


def velocity_by_first_coordinate(step, g, *, lr, beta):
    w, state, places = np.zeros(g.shape), {}, [0.0]
    for _ in range(2000):
        w, state = step(w, g, state, lr=lr, beta=beta)
        places.append(float(w[0]))
    velocity = np.diff(places)
    n = 0
    while abs(velocity[n]) < 0.9 * abs(velocity[-1]):
        n += 1
    return [-velocity[-1] / (lr * g[0]), n + 1]


def velocity_until_no_change(step, g, *, lr, beta):
    """Ends when a step differs from the one before by less than 1e-12, whatever its length; then counts in a second run."""
    w, state, last, length = np.zeros_like(g), {}, -1.0, 0.0
    while abs(length - last) > 1e-12:
        new, state = step(w, g, state, lr=lr, beta=beta)
        last, length, w = length, np.sqrt(((new - w) ** 2).sum()), new
    w, state, n, now = np.zeros_like(g), {}, 0, 0.0
    while now < 0.9 * length:
        new, state = step(w, g, state, lr=lr, beta=beta)
        n, now, w = n + 1, np.sqrt(((new - w) ** 2).sum()), new
    return length / np.linalg.norm(lr * g), n


def velocity_by_the_longest(step, g, *, lr, beta, steps=4000):
    w, state, lengths = np.zeros_like(g), {}, np.zeros(steps)
    for k in range(steps):
        new, state = step(w, g, state, lr=lr, beta=beta)
        lengths[k], w = np.linalg.norm(new - w), new
    return {"r": lengths.max() / lr / np.linalg.norm(g)}["r"], int(np.sum(lengths < 0.9 * lengths.max()) + 1)


def leave_by_while(step, grad_fn, x, edge, at_most, **hyper):
    n, state = 0, {}
    while np.any(np.abs(x) >= edge):
        if n == at_most:
            return None
        x, state = step(x, grad_fn(x), state, **hyper)
        n += 1
    return n


def leave_in_full(step, grad_fn, x, edge, at_most, **hyper):
    state, path = {}, []
    for _ in range(at_most):
        new, state = step(x, grad_fn(x), state, **hyper)
        path.append(abs(new.item()))
        x = new
    inside = [i for i, value in enumerate(path, 1) if value < edge]
    return inside[0] if inside else None


EXPERIMENTS["measure_velocity"] = {
    "until still": (velocity_until_still, leave_by_while), "one coordinate": (velocity_by_first_coordinate, leave_in_full),
    "no change, two runs": (velocity_until_no_change, leave_by_while), "4,000 steps": (velocity_by_the_longest, leave_in_full),
}  # fmt: skip

# ---------------------------------------------------------------- wilson_data, train_and_test


def data_by_choice(n, p, rng):
    y = rng.choice([1, -1], size=n, p=[p, 1 - p])
    X = np.zeros((n, 5 * n + 3), dtype=int)
    X[:, 0], X[:, 1], X[:, 2] = y, 1, 1
    free = 3
    for row, label in zip(X, y, strict=True):
        own = 1 if label == 1 else 5
        row[free : free + own] = 1  # one after the other, without gaps
        free += own
    return [X, y]


def data_by_blocks(n, p, rng):
    y = 2.0 * rng.binomial(1, p, n) - 1
    first = np.column_stack([y, np.ones(n), np.ones(n)])
    own = np.kron(np.eye(n), np.ones(5))
    own[y > 0] = np.kron(np.eye(n), np.array([0, 0, 1, 0, 0]))[y > 0]
    return np.hstack([first, own]), y


def train_with_means(step, X, y, n_train, steps, **hyper):
    Xs, ys = X[:n_train], y[:n_train]
    w = np.zeros(X.shape[1])
    state = {}
    for _ in range(steps):
        residual = Xs.dot(w) - ys
        w, state = step(w, np.mean(residual[:, None] * Xs, axis=0), state, **hyper)
    error = ((Xs.dot(w) - ys) ** 2).sum() / n_train
    return [error, ((X[n_train:].dot(w) > 0) == (y[n_train:] > 0)).mean()]


def train_with_einsum(step, X, y, n_train, steps, **hyper):
    A, b, T, c = X[:n_train], y[:n_train], X[n_train:], y[n_train:]
    w, state = np.zeros_like(X[0], dtype=float), {}
    for _ in range(steps):
        g = np.einsum("nd,n->d", A, np.einsum("nd,d->n", A, w) - b) / len(A)
        w, state = step(w, g, state, **hyper)
    right = sum(1 for row, label in zip(T, c, strict=True) if label * float(row @ w) > 0)
    return np.square(A @ w - b).mean(), right / len(c)


EXPERIMENTS["wilson_data"] = {
    "choice, without gaps": (data_by_choice, train_with_means), "blocks": (data_by_blocks, train_with_einsum),
}  # fmt: skip

# ---------------------------------------------------------------- debug_optimizers


def train_with_get(step, params, loss_and_grads, steps, **hyper):
    losses, states = [], {}
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        moved = {}
        for name in params:
            moved[name], states[name] = step(params[name], grads[name], states.get(name, {}), **hyper)
        params = moved
    return [params, losses]


def train_on_a_copy(step, params, loss_and_grads, steps, **hyper):
    params = dict(params)
    states = dict.fromkeys(params)
    losses = np.zeros(steps)
    for t in range(steps):
        losses[t], grads = loss_and_grads(params)
        for name, g in grads.items():
            params[name], states[name] = step(params[name], g, states[name] or {}, **hyper)
    return params, losses


def train_on_lists(step, params, loss_and_grads, steps, **hyper):
    names = list(params)
    ws, states, losses = [params[name] for name in names], [{} for _ in names], []
    while len(losses) < steps:
        loss, grads = loss_and_grads(dict(zip(names, ws, strict=True)))
        losses.append(loss)
        pairs = [step(w, grads[name], s, **hyper) for name, w, s in zip(names, ws, states, strict=True)]
        ws, states = [w for w, _ in pairs], [s for _, s in pairs]
    return dict(zip(names, ws, strict=True)), losses


EXPERIMENTS["debug_optimizers"] = {
    "get": ("forgotten_state", train_with_get), "a copy": ("forgotten_state", train_on_a_copy),
    "lists": ("forgotten_state", train_on_lists),
}  # fmt: skip
