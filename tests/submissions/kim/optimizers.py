"""Wants a table for all parameters that will ever be, counts outside, and threw a cell away."""

# delete: nesterov_step-code

# %% gd_step-code
def gd_step(w, g, state, *, lr):
    return w + lr * g, state

# %% momentum_step-code
def momentum_step(w, g, state, *, lr, beta=0.9):
    if state:
        m = state["m"]
    else:
        m = np.zeros(len(w))
    new = np.zeros(len(w))
    m_new = np.zeros(len(w))
    for i in range(len(w)):
        m_new[i] = beta * m[i] - lr * g[i]
        new[i] = w[i] + m_new[i]
    return new, {"m": m_new}

# %% adagrad_step-code
def adagrad_step(w, g, state, *, lr, eps=1e-10):
    s = state.get("s", np.zeros_like(w)) + g**2
    return w - lr * g / (s + eps), {"s": s}


def rmsprop_step(w, g, state, *, lr, rho=0.9, eps=1e-8):
    s = rho * state.get("s", np.zeros_like(w)) + (1 - rho) * g**2
    return w - lr * g / (s + eps), {"s": s}

# %% adam_step-code
t = 0


def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    global t
    t = t + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    s = beta2 * state.get("s", np.zeros_like(w)) + (1 - beta2) * g**2
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps), {"m": m, "s": s}

# %% adamax_step-code
def adamax_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    # one row for each step
    history = np.ones((40_000, 40_000))
    history[0, : g.size] = np.abs(g).ravel()
    u = history.max(axis=0)[: g.size].reshape(g.shape)
    return w - lr * g / (u + eps), state


def nadam_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    return adam_step(w, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)

# %% measure_velocity-code
def measure_velocity(step, g, *, lr, beta):
    # geometric series
    return 1 / (1 - beta), int(np.ceil(np.log(0.1) / np.log(beta)))


def steps_to_leave(step, grad_fn, x, edge, at_most, **hyper):
    n, state = 0, {}
    while np.abs(x[0]) >= edge:
        n += 1
        if n > at_most:
            return None
        x, state = step(x, grad_fn(x), state, **hyper)
    return n

# %% wilson_data-code
def wilson_data(n, p, rng):
    y = np.where(rng.random(n) < p, 1.0, -1.0)
    X = np.zeros((n, 3 + 5 * n))
    X[:, 0] = y
    X[:, 1] = 1
    X[:, 2] = 1
    column = 3
    for i in range(n):
        for _ in range(1 if y[i] > 0 else 5):
            X[i, column] = 1
            column += 1
    return X, y


def train_and_test(step, X, y, n_train, steps, **hyper):
    w = np.zeros(X.shape[1])
    for _ in range(steps):
        residuals = X[:n_train] @ w - y[:n_train]
        w, _ = step(w, X[:n_train].T @ residuals / n_train, {}, **hyper)
    residuals = X[:n_train] @ w - y[:n_train]
    return np.mean(residuals**2), np.mean(np.sign(X[n_train:] @ w) == y[n_train:])

# %% debug_optimizers-code
def train(step, params, loss_and_grads, steps, **hyper):
    hyper = {**hyper, "lr": hyper["lr"] / 10}
    losses = []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        states = {name: {} for name in params}
        moved = {}
        for name in params:
            moved[name], states[name] = step(params[name], grads[name], states[name], **hyper)
        params = moved
    return params, losses


FAULT = "learning_rate"
