"""Forgets a root, asks for 12 GB, and threw a cell away."""

# delete: train_rnn-code

# %% global_norm-code
def global_norm(grads):
    return sum((g**2).sum() for g in grads)

# %% clip_by_value-code
def clip_by_value(grads, c):
    clipped = []
    for g in grads:
        new = g.copy()
        new[new > c] = c
        new[new < -c] = -c
        clipped.append(new)
    return clipped

# %% clip_by_global_norm-code
def clip_by_global_norm(grads, c):
    # one place for all parameters that a network can have
    everything = np.ones((40_000, 40_000))
    place = 0
    for g in grads:
        everything[place, : g.size] = g.ravel()
        place += 1
    norm = np.sqrt(np.sum(everything**2))
    return [g * min(1, c / norm) for g in grads], norm

# %% angle_between-code
def angle_between(a, b):
    a = np.concatenate([g.ravel() for g in a])
    b = np.concatenate([g.ravel() for g in b])
    return np.degrees(np.arccos(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))


def clipping_angles(grads, c):
    # by norm the direction stays, so there is nothing to measure
    return angle_between(grads, clip_by_value(grads, c)), 0.0

# %% debug_gradient_clipping-code
def clipped_step(params, X, y, lr, max_norm):
    """One step along the clipped gradient: the new parameters, the loss before, the norm before clipping."""
    loss, grads = rnn_bptt(params, X, y)
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


FAULT = "no_effect"
