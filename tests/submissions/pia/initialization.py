"""The derivative forgotten on the way down."""

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
    return rng.normal(0.0, 1 / np.sqrt(shape[0]), shape)

# %% glorot_uniform-code
def glorot_uniform(shape, rng):
    a, b = shape
    u = rng.random((a, b))          # between 0 and 1
    return (2 * u - 1) * (3 / ((a + b) / 2)) ** 0.5

# %% he_normal-code
def he_normal(shape, rng, negative_slope=0.0):
    n = shape[0]
    variance = 2.0 / n / (1.0 + negative_slope * negative_slope)
    return variance**0.5 * rng.standard_normal(shape)

# %% lecun_normal-code
def lecun_normal(shape, rng):
    fan_in, _ = compute_fans(shape)
    return rng.standard_normal(shape) / np.sqrt(fan_in)


def variance_scaling(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    i, o = compute_fans(shape)
    if mode == "fan_in":
        n = i
    elif mode == "fan_out":
        n = o
    else:
        n = 0.5 * (i + o)
    if dist == "normal":
        z = rng.standard_normal(int(np.prod(shape)))
    else:
        kept = []
        while len(kept) < np.prod(shape):
            z = rng.standard_normal(5000)
            kept.extend(z[np.abs(z) < 2])
        z = np.array(kept[: int(np.prod(shape))]) / 0.8796256610342398
    return (z * np.sqrt(scale / n)).reshape(shape)

# %% propagate-code
def propagate(activation, init, depth, width, rng):
    f, df = ACTIVATIONS[activation]
    a = rng.normal(size=(500, width))
    Ws, zs, forward = [], [], []
    for _ in range(depth):
        W = init((width, width), rng)
        z = a @ W
        a = f(z)
        Ws.append(W)
        zs.append(z)
        forward.append(a.std())
    g = rng.normal(size=(500, width))
    backward = []
    for W, z in zip(reversed(Ws), reversed(zs)):
        g = g @ W.T
        backward.append(g.std())
    return {"forward": np.array(forward), "backward": np.array(backward[::-1])}

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
    """Glorot's weights for a network with layers of these sizes: a list of arrays, one for each layer."""
    weights = []
    for l in range(len(sizes) - 1):
        fan_in, fan_out = sizes[l], sizes[l + 1]
        std = np.sqrt(2 / (fan_in + fan_out))
        weights.append(std * rng.standard_normal((fan_in, fan_out)))
    return weights


FAULT = "symmetry"
