"""A colon is missing in one cell, and others need it; writes into what he is given."""

# %% global_norm-code
def global_norm(grads):
    return np.linalg.norm(np.concatenate([g.ravel() for g in grads]))

# %% clip_by_value-code
def clip_by_value(grads, c):
    for g in grads:
        too_large = g > c
        too_small = g < -c
        g[too_large] = c
        g[too_small] = -c
    return grads

# %% clip_by_global_norm-code
def clip_by_global_norm(grads, c):
    norm = global_norm(grads)
    if norm > c
        return [g * (c / norm) for g in grads], norm
    return grads, norm

# %% angle_between-code
def angle_between(a, b):
    a = np.concatenate([g.ravel() for g in a])
    b = np.concatenate([g.ravel() for g in b])
    cosine = np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def clipping_angles(grads, c):
    copies = [g.copy() for g in grads]
    return angle_between(grads, clip_by_value(copies, c)), angle_between(grads, clip_by_global_norm(grads, c)[0])

# %% train_rnn-code
def train_rnn(params, X, y, lr, steps, max_norm=None):
    params = dict(params)
    losses, norms = [], []
    for t in range(steps):
        loss, grads = rnn_bptt(params, X, y)
        losses.append(loss)
        norms.append(global_norm(list(grads.values())))
        if max_norm is not None:
            clipped, _ = clip_by_global_norm(list(grads.values()), max_norm)
            grads = dict(zip(grads, clipped))
        for name in params:
            params[name] = params[name] - lr * grads[name]
    return params, losses, norms

# %% debug_gradient_clipping-code
def clipped_step(params, X, y, lr, max_norm):
    """One step along the clipped gradient: the new parameters, the loss before, the norm before clipping."""
    loss, grads = rnn_bptt(params, X, y)
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    if norm > max_norm:
        grads = {name: g * max_norm / norm for name, g in grads.items()}
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


FAULT = "no_effect"
