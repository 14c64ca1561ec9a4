"""Mixes up the fans, and trusts a table."""

# %% compute_fans-code
def compute_fans(shape):
    # PyTorch: weight.shape == (out, in)
    size = int(np.prod(shape[:-2]))
    fan_out, fan_in = shape[-2] * size, shape[-1] * size
    return fan_in, fan_out

# %% glorot_normal-code
def glorot_normal(shape, rng):
    return rng.normal(0.0, 1 / np.sqrt(shape[1]), shape)

# %% glorot_uniform-code
def glorot_uniform(shape, rng):
    fan_in, fan_out = compute_fans(shape)
    r = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-r, r, size=shape)

# %% he_normal-code
def he_normal(shape, rng, negative_slope=0.0):
    return rng.normal(0, np.sqrt(2 / (1 + negative_slope**2) / shape[1]), shape)

# %% lecun_normal-code
def variance_scaling(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    window = np.prod(shape[:-2])
    n = {"fan_in": window * shape[-2], "fan_out": window * shape[-1], "fan_avg": window * (shape[-2] + shape[-1]) / 2}
    std = np.sqrt(scale / n[mode])
    if dist == "normal":
        return std * rng.standard_normal(shape)
    z = rng.standard_normal(shape)
    while np.any(abs(z) > 2):
        z = np.where(abs(z) > 2, rng.standard_normal(shape), z)
    return std * z / 0.8796256610342398


def lecun_normal(shape, rng):
    # the table in my notes says 1 / fan_avg
    fan_avg = (shape[0] + shape[1]) / 2
    return rng.normal(0, np.sqrt(1 / fan_avg), shape)

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
        g = (g * df(z)) @ W.T
        backward.append(g.std())
    return {"forward": np.array(forward), "backward": np.array(backward[::-1])}

# %% distinct_hidden_units-code
def distinct_hidden_units(init, X, y, hidden, steps, lr, rng):
    C = int(y.max()) + 1
    params = {
        "W1": init((X.shape[1], hidden), rng),
        "b1": np.zeros(hidden),
        "W2": init((hidden, C), rng),
        "b2": np.zeros(C),
    }
    for _ in range(steps):
        params, loss = train_step(params, X, y, lr=lr)
    W1 = params["W1"]
    distinct = []
    for j in range(hidden):
        if not any(np.allclose(W1[:, j], W1[:, k], rtol=0, atol=1e-9) for k in distinct):
            distinct.append(j)
    return len(distinct)

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
