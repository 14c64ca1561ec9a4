"""Unfinished: the first three."""

# %% compute_fans-code
def compute_fans(shape):
    receptive = 1
    for n in shape[:-2]:
        receptive = receptive * n
    return shape[-2] * receptive, shape[-1] * receptive

# %% glorot_normal-code
def glorot_normal(shape, rng):
    fan_in, fan_out = compute_fans(shape)
    fan_avg = (fan_in + fan_out) / 2
    return rng.normal(0, np.sqrt(1 / fan_avg), size=shape)

# %% glorot_uniform-code
def glorot_uniform(shape, rng):
    fan_in, fan_out = compute_fans(shape)
    r = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-r, r, size=shape)
