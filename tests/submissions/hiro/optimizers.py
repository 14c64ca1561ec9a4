"""Half finished, and a loop whose counter stands still."""

# %% gd_step-code
def gd_step(w, g, state, *, lr):
    new = np.empty_like(w)
    for i in np.ndindex(w.shape):
        new[i] = w[i] - lr * g[i]
    return new, state

# %% momentum_step-code
def momentum_step(w, g, state, *, lr, beta=0.9):
    m = state.get("m", np.zeros_like(w))
    new = w + m
    m = beta * m - lr * g
    return new, {"m": m}

# %% nesterov_step-code
def nesterov_step(w, grad_fn, state, *, lr, beta=0.9):
    m = state.get("m", np.zeros_like(w))
    steps = 1
    # look ahead first
    while steps > 0:
        ahead = w + beta * m
    g = grad_fn(ahead)
    m = beta * m - lr * g
    return w + m, {"m": m}
