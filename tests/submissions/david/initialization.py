"""Variance for standard deviation, the 3 of the uniform law, W divided by 2."""

# %% compute_fans-code
def compute_fans(shape):
    if len(shape) == 2:
        fan_in, fan_out = shape
    else:
        kh, kw, c_in, c_out = shape
        fan_in = kh * kw * c_in
        fan_out = kh * kw * c_out
    return (fan_in, fan_out)

# %% glorot_normal-code
def glorot_normal(shape, rng):
    fan_in, fan_out = compute_fans(shape)
    return rng.normal(0, 2 / (fan_in + fan_out), shape)

# %% glorot_uniform-code
def glorot_uniform(shape, rng):
    fan_avg = sum(compute_fans(shape)) / 2
    r = np.sqrt(1 / fan_avg)
    return rng.uniform(-r, r, shape)

# %% he_normal-code
def he_normal(shape, rng, negative_slope=0.0):
    fan_in, _ = compute_fans(shape)
    gain = np.sqrt(1 / (1 + negative_slope**2))
    return gain * rng.normal(0, np.sqrt(1 / fan_in), shape) / 2

# %% lecun_normal-code
def variance_scaling(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    fan_in, fan_out = compute_fans(shape)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    std = np.sqrt(scale / n)
    if dist == "normal":
        return rng.normal(0, std, shape)
    W = rng.normal(0, std, shape)
    while (outside := np.abs(W) > 2 * std).any():
        W[outside] = rng.normal(0, std, outside.sum())
    return W


def lecun_normal(shape, rng):
    return variance_scaling(shape, rng)

# %% propagate-code
def propagate(activation, init, depth, width, rng):
    f, f_derivative = ACTIVATIONS[activation]
    layers = [init((width, width), rng) for layer in range(depth)]
    signal = [rng.standard_normal((1000, width))]
    before = []
    for W in layers:
        before.append(signal[-1] @ W)
        signal.append(f(before[-1]))
    gradient = [None] * depth + [rng.standard_normal((1000, width))]
    for l in range(depth - 1, -1, -1):
        gradient[l] = (f_derivative(before[l]) * gradient[l + 1]) @ layers[l].T
    return {
        "forward": [np.std(s) for s in signal[1:]],
        "backward": [np.std(g) for g in gradient[:-1]],
    }

# %% distinct_hidden_units-code
def distinct_hidden_units(init, X, y, hidden, steps, lr, rng):
    n_classes = len(set(y.tolist()))
    p = dict(W1=init((X.shape[1], hidden), rng), W2=init((hidden, n_classes), rng))
    p["b1"], p["b2"] = np.zeros(hidden), np.zeros(n_classes)
    for step in range(steps):
        p, _ = train_step(p, X, y, lr=lr)
    return np.unique(np.round(p["W1"], 8), axis=1).shape[1]

# %% debug_initialization-code
def layer_weights(sizes, rng):
    return [glorot_normal((i, o), rng) for i, o in zip(sizes[:-1], sizes[1:])]


FAULT = "symmetry"
