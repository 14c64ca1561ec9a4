"""Returns one value where two are due, keeps things outside, stores what he corrected; a bracket is missing."""

# %% gd_step-code
def gd_step(w, g, state, *, lr):
    return w - lr * g

# %% momentum_step-code
def momentum_step(w, g, state, *, lr, beta=0.9):
    if "m" not in state:
        state["m"] = np.zeros_like(w)
    state["m"] = beta * state["m"] - lr * g
    w += state["m"]
    return w, state

# %% nesterov_step-code
velocity = None


def nesterov_step(w, grad_fn, state, *, lr, beta=0.9):
    global velocity
    if velocity is None:
        velocity = np.zeros_like(w)
    g = grad_fn(w + beta * velocity)
    velocity = beta * velocity - lr * g
    return w + velocity, state

# %% adagrad_step-code
def adagrad_step(w, g, state, *, lr, eps=1e-10):
    s = state.get("s", 0) + g * g
    return w - lr * g / (np.sqrt(s) + eps, {"s": s}


def rmsprop_step(w, g, state, *, lr, rho=0.9, eps=1e-8):
    s = rho * state.get("s", 0) + (1 - rho) * g * g
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}

# %% adam_step-code
def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = state.get("m", np.zeros_like(w))
    s = state.get("s", np.zeros_like(w))
    t = state.get("t", 0) + 1
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m / (np.sqrt(s_hat) + eps), {"m": m, "s": s, "t": t}

# %% adamax_step-code
def adamax_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    u = np.maximum(beta2 * state.get("u", np.zeros_like(w)), abs(g))
    return w - lr * m / (1 - beta1**t) / (u + eps), {"m": m, "u": u, "t": t}


def nadam_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    s = beta2 * state.get("s", np.zeros_like(w)) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * (beta1 * m_hat + (1 - beta1) * g / (1 - beta1**t)) / (np.sqrt(s_hat) + eps), {"m": m, "s": s, "t": t}

# %% measure_velocity-code
def measure_velocity(step, g, *, lr, beta):
    w, state, v = np.zeros_like(g), {}, []
    for i in range(2000):
        w_old = w
        w, state = step(w, g, state, lr=lr, beta=beta)
        v.append(np.linalg.norm(w - w_old))
    v = np.array(v)
    return v[-1] / (lr * np.linalg.norm(g)), np.argmax(v >= 0.9 * v[-1])


def steps_to_leave(step, grad_fn, x, edge, at_most, **hyper):
    state = {}
    for i in range(at_most):
        x, state = step(x, grad_fn(x), state, **hyper)
        if np.abs(x)[0] < edge:
            return i + 1
    return None

# %% wilson_data-code
def wilson_data(n, p, rng):
    y = np.ones(n)
    y[rng.random(n) >= p] = -1
    X = np.zeros((n, 3 + 5 * n))
    X[:, 0] = y
    X[:, 1:3] = 1
    X[y == 1, 3] = 1
    X[y == -1, 3:8] = 1
    return X, y


def train_and_test(step, X, y, n_train, steps, **hyper):
    X1, y1, X2, y2 = X[:n_train], y[:n_train], X[n_train:], y[n_train:]
    w, state = np.zeros(X.shape[1]), {}
    for i in range(steps):
        g = (X1 @ w - y1) @ X1 / n_train
        w, state = step(w, g, state, **hyper)
    return ((X1 @ w - y1) ** 2).mean(), (np.sign(X2 @ w) == y2).mean()

# %% debug_optimizers-code
def train(step, params, loss_and_grads, steps, **hyper):
    losses = []
    state = {}
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        moved = {}
        for name in params:
            moved[name], state = step(params[name], grads[name], state, **hyper)
        params = moved
    return params, losses


FAULT = "forgotten_state"
