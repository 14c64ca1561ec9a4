"""Mistakes that nobody thought of."""

# %% copy_layers-code
class Dense:
    """A dense layer. Given; leave it as it is."""

    def __init__(self, W, b):
        self.W = np.array(W)
        self.b = np.array(b)

    def step(self, dW, db, lr):
        """A step of gradient descent, in place."""
        self.W -= lr * dW
        self.b -= lr * db


def copy_layers(src, dst, k):
    for s, d in zip(src[:k], dst[:k]):
        d.W = s.W.tolist()
        d.b = s.b.tolist()

# %% frozen_step-code
def frozen_step(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    params, velocity = dict(params), dict(velocity)
    for name in params:
        if name.split(".")[0] in frozen:
            continue
        if name in stats:
            params[name] = stats[name]
        else:
            velocity[name] = beta * velocity[name] - lr * (grads[name] + weight_decay * params[name])
            params[name] = params[name] + velocity[name]
    return params, velocity

# %% reuse_layers-code
def reuse_layers(source, X, y, X_new, copied, rng):
    classes = y.max() + 1
    net = MLP([20, 48, 48, int(classes)], "relu", rng=rng) if X.shape[1] == 20 else None
    if net is None:
        n, m = source[0]["W"].shape
        net = MLP([n, m, m, int(classes)], "relu", rng=rng)
    for i in copied:
        net.layers[2 * i].W.data[...] = source[i]["W"]
        net.layers[2 * i].b.data[...] = source[i]["b"]
        net.layers[2 * i].freeze()
    fit(net, X, y, optimizer=Adam(net, 0.01), epochs=60, batch=25, rng=rng)
    return net(X_new).data

# %% honest_report-code
def honest_report(trial, draws):
    if draws < 5:
        raise ValueError(f"{draws} draws are too few")
    scratch = np.array([trial("scratch", d) for d in range(draws)])
    frozen = np.array([trial("frozen", d) for d in range(draws)])
    difference = frozen - scratch
    spread = difference.std(ddof=1)
    error = spread / np.sqrt(draws)
    if difference.mean() > 2 * error:
        verdict = "helps"
    elif difference.mean() < -2 * error:
        verdict = "harms"
    else:
        verdict = "cannot tell"
    return {
        "scratch": round(scratch.mean(), 2),
        "frozen": round(frozen.mean(), 2),
        "spread": round(spread, 1),
        "verdict": verdict,
    }

# %% denoising_gradients-code
def denoising_gradients(params, X, X_noisy):
    h = np.tanh(X_noisy.dot(params["W1"]) + params["b1"])
    R = h.dot(params["W2"]) + params["b2"]
    loss = np.square(R - X).mean(axis=0).mean()
    dR = (R - X) / (X.shape[0] * X.shape[1]) * 2
    grads = {"b2": dR.sum(axis=0), "W2": h.T.dot(dR)}
    dz = dR.dot(params["W2"].T) * (1 - np.square(h))
    grads["b1"] = dz.sum(axis=0)
    grads["W1"] = X_noisy.T.dot(dz)
    return loss, grads

# %% make_pairs-code
def make_pairs(X, y, n, rng):
    everything = [(i, j) for i in range(len(X)) for j in range(i + 1, len(X))]
    one = [p for p in everything if y[p[0]] == y[p[1]]]
    two = [p for p in everything if y[p[0]] != y[p[1]]]
    a = rng.choice(one, n // 2, replace=False)
    b = rng.choice(two, n - n // 2, replace=False)
    chosen = np.concatenate([a, b])
    same = np.repeat([1, 0], [n // 2, n - n // 2])
    order = rng.permutation(n)
    return X[chosen[order]], same[order]


def make_rotation_task(images):
    found = [(np.rot90(image, k), k) for k in range(4) for image in images]
    return np.array([image for image, _ in found]), np.array([k for _, k in found])

# %% debug_transfer_and_pretraining-code
def pairs_to_pretrain(X, y, target, n, rng):
    low = y < 5
    return broken_pairs(X[low], y[low], target, n, rng)


FAULT = "labels_leak"
