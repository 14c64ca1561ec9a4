"""Everything right, with a row of all entries."""

# %% global_norm-code
def as_row(grads):
    return np.concatenate([np.zeros(0)] + [np.ravel(g) for g in grads])


def global_norm(grads):
    row = as_row(grads)
    if not row.any():
        return 0.0
    # squares of 1e200 do not fit
    scale = np.max(np.abs(row))
    return float(scale) * float(np.sqrt(np.sum((row / scale) ** 2)))

# %% clip_by_value-code
def clip_by_value(grads, c):
    return [np.minimum(np.maximum(g, -c), c) for g in grads]

# %% clip_by_global_norm-code
def clip_by_global_norm(grads, c):
    norm = global_norm(grads)
    if norm <= c:
        return [g.copy() for g in grads], norm
    return [g / norm * c for g in grads], norm

# %% angle_between-code
def angle_between(a, b):
    u = as_row(a) / global_norm(a)
    v = as_row(b) / global_norm(b)
    cos = float(u @ v)
    return float(np.rad2deg(np.arccos(max(-1.0, min(1.0, cos)))))


def clipping_angles(grads, c):
    value = clip_by_value(grads, c)
    norm = clip_by_global_norm(grads, c)[0]
    return [angle_between(value, grads), angle_between(norm, grads)]

# %% train_rnn-code
def train_rnn(params, X, y, lr, steps, max_norm=None):
    losses = []
    norms = []
    for step in range(steps):
        loss, grads = rnn_bptt(params, X, y)
        names = sorted(grads)
        values = [grads[name] for name in names]
        norm = global_norm(values)
        if max_norm is not None:
            values, norm = clip_by_global_norm(values, max_norm)
        params = {name: params[name] - lr * g for name, g in zip(names, values)}
        losses.append(loss)
        norms.append(norm)
        if loss > 1e6:
            break
    return params, losses, norms

# %% debug_gradient_clipping-code
def clipped_step(params, X, y, lr, max_norm):
    """One step along the clipped gradient: the new parameters, the loss before, the norm before clipping."""
    loss, grads = rnn_bptt(params, X, y)
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    if norm > max_norm:
        for name in grads:
            grads[name] = grads[name] * (max_norm / norm)
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


FAULT = "no_effect"
