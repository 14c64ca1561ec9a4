"""Knows PyTorch, copies from the web, and trusts the slides on Adam."""

# %% gd_step-code
def gd_step(w, g, state, *, lr):
    return w - lr * g, {}

# %% momentum_step-code
def momentum_step(w, g, state, *, lr, beta=0.9):
    buf = state.get("buf")
    buf = g.copy() if buf is None else beta * buf + g
    return w - lr * buf, {"buf": buf}

# %% nesterov_step-code
def nesterov_step(w, grad_fn, state, *, lr, beta=0.9):
    v = state.get("v", np.zeros_like(w))
    g = grad_fn(w)
    v = beta * v - lr * g
    return w + v, {"v": v}

# %% adagrad_step-code
def adagrad_step(w, g, state, *, lr, eps=1e-10):
    s = state.get("s", 0.0) + g**2
    return w - lr * g / np.sqrt(s + eps), {"s": s}


def rmsprop_step(w, g, state, *, lr, rho=0.9, eps=1e-8):
    s = rho * state.get("s", 0.0) + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}

# %% adam_step-code
def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, t = state if state else (0.0, 0.0, 0)
    t += 1
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat = m / (1 - beta2**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), (m, s, t)

# %% adamax_step-code
def adamax_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    m, u, t = state if state else (0.0, 0.0, 0)
    t += 1
    m = beta1 * m + (1 - beta1) * g
    u = np.maximum(beta2 * u, np.abs(g))
    m_hat = m / (1 - beta1**t)
    u_hat = u / (1 - beta2**t)
    return w - lr * m_hat / (u_hat + eps), (m, u, t)


def nadam_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    m, s, t = state if state else (0.0, 0.0, 0)
    t += 1
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_bar = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
    return w - lr * m_bar / (np.sqrt(s / (1 - beta2**t)) + eps), (m, s, t)

# %% measure_velocity-code
def measure_velocity(step, g, *, lr, beta):
    w = np.zeros_like(g)
    state = {}
    sizes = []
    for _ in range(200):
        new, state = step(w, g, state, lr=lr, beta=beta)
        sizes.append(np.sqrt(np.sum((new - w) ** 2)))
        w = new
    n = 1
    while sizes[n - 1] < 0.9 * sizes[-1]:
        n += 1
    return sizes[-1] / (lr * np.sqrt(np.sum(g**2))), n


def steps_to_leave(step, grad_fn, x, edge, at_most, **hyper):
    state = {}
    for n in range(at_most):
        x, state = step(x, grad_fn(x), state, **hyper)
        if abs(x) < edge:
            return n + 1
    return None

# %% wilson_data-code
def wilson_data(n, p, rng):
    y = np.where(rng.uniform(size=n) < p, 1, -1)
    X = np.zeros((n, 3 + 5 * n))
    X[:, 0] = y
    X[:, 1] = X[:, 2] = 1
    for i in range(n):
        for j in range(1 if y[i] == 1 else 5):
            X[i, 3 + 5 * i + j] = 1
    return X, y


def train_and_test(step, X, y, n_train, steps, **hyper):
    w = np.zeros(X.shape[1])
    state = {}
    for _ in range(steps):
        # derivative of the square
        g = 2 * X[:n_train].T @ (X[:n_train] @ w - y[:n_train]) / n_train
        w, state = step(w, g, state, **hyper)
    error = np.mean((X[:n_train] @ w - y[:n_train]) ** 2)
    return error, np.mean(np.sign(X[n_train:] @ w) == y[n_train:])

# %% debug_optimizers-code
def train(step, params, loss_and_grads, steps, **hyper):
    losses = []
    states = {name: {} for name in params}
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        moved = {}
        for name in params:
            moved[name], states[name] = step(params[name], grads[name], states[name], **hyper)
        params = moved
    return params, losses


FAULT = "learning_rate"
