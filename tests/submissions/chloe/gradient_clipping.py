"""Thinks in arrays, one at a time, and in radians."""

# %% global_norm-code
def global_norm(grads):
    return sum(np.linalg.norm(g) for g in grads)

# %% clip_by_value-code
def clip_by_value(grads, c):
    return [np.clip(g, -c, c) for g in grads]

# %% clip_by_global_norm-code
def clip_by_global_norm(grads, c):
    clipped = []
    total = 0.0
    for g in grads:
        norm = np.linalg.norm(g)
        total += float(norm) ** 2 if norm < 1e150 else np.inf
        clipped.append(g * float(c / norm) if norm > c else g.copy())
    return clipped, total**0.5

# %% angle_between-code
def angle_between(a, b):
    dot = sum(np.sum(x * y) for x, y in zip(a, b))
    aa = np.sqrt(sum(np.sum(x * x) for x in a))
    bb = np.sqrt(sum(np.sum(y * y) for y in b))
    return np.arccos(np.clip(dot / (aa * bb), -1, 1))


def clipping_angles(grads, c):
    return angle_between(grads, clip_by_value(grads, c)), angle_between(grads, clip_by_global_norm(grads, c)[0])

# %% train_rnn-code
def train_rnn(params, X, y, lr, steps, max_norm=None):
    losses, norms = [], []
    for _ in range(steps):
        loss, grads = rnn_bptt(params, X, y)
        if loss > 1e6:
            losses.append(loss)
            norms.append(norms[-1])
            break
        clipped, norm = clip_by_global_norm(list(grads.values()), 1e100 if max_norm is None else max_norm)
        losses.append(loss)
        norms.append(norm)
        params = {k: params[k] - lr * g for k, g in zip(grads, clipped)}
    return params, losses, norms

# %% debug_gradient_clipping-code
def clipped_step(params, X, y, lr, max_norm):
    """One step along the clipped gradient: the new parameters, the loss before, the norm before clipping."""
    loss, grads = rnn_bptt(params, X, y)
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    factor = max_norm / norm if norm > max_norm else 1.0
    return {name: params[name] - lr * factor * grads[name] for name in params}, loss, norm


FAULT = "after_step"
