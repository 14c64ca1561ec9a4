"""Half finished, and a gradient that never gets short enough."""

# %% global_norm-code
def global_norm(grads):
    total = 0.0
    for g in grads:
        total = total + np.sum(np.square(g))
    return np.sqrt(total)

# %% clip_by_value-code
def clip_by_value(grads, c):
    # too large: cut off
    return [np.where(g > c, c, g) for g in grads]

# %% clip_by_global_norm-code
def clip_by_global_norm(grads, c):
    norm = global_norm(grads)
    clipped = [g.copy() for g in grads]
    while global_norm(grads) > c:
        clipped = [0.99 * g for g in clipped]
    return clipped, norm
