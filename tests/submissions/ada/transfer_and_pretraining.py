"""Everything right, in her own way."""

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
    for number in range(k):
        dst[number] = Dense(src[number].W, src[number].b)  # np.array makes a copy

# %% frozen_step-code
def frozen_step(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    def is_frozen(name):
        layer, _, _ = name.partition(".")
        return layer in frozen

    new = {name: value.copy() for name, value in params.items()}
    m = {name: value.copy() for name, value in velocity.items()}
    for name in grads:
        if is_frozen(name):
            m[name] = np.zeros_like(params[name])
        else:
            old = m[name] if name in m else np.zeros_like(params[name])
            m[name] = beta * old - lr * (grads[name] + weight_decay * params[name])
            new[name] += m[name]
    for name in stats:
        if not is_frozen(name):
            new[name] = stats[name].copy()
    return new, m

# %% reuse_layers-code
def reuse_layers(source, X, y, X_new, copied, rng):
    hidden = source[0]["b"].shape[0]
    net = MLP([X.shape[1], hidden, hidden, len(np.unique(y))], "relu", rng=rng)
    for number in copied:
        layer = net.layers[2 * number]
        layer.W.data[...] = source[number]["W"]
        layer.b.data[...] = source[number]["b"]
        layer.freeze()
    fit(net, X, y, optimizer=Adam(net, 0.01), epochs=60, batch=25, rng=rng)
    return [int(label) for label in net(X_new).data.argmax(axis=1)]

# %% honest_report-code
import statistics


def honest_report(trial, draws):
    if draws < 5:
        raise ValueError("at least five draws")
    pairs = [(trial("scratch", d), trial("frozen", d)) for d in range(draws)]
    gains = [f - s for s, f in pairs]
    gain = statistics.fmean(gains)
    spread = statistics.stdev(gains)
    error = spread / draws**0.5
    verdict = "cannot tell"
    if gain > 2 * error:
        verdict = "helps"
    if gain < -2 * error:
        verdict = "harms"
    return {
        "scratch": statistics.fmean(s for s, _ in pairs),
        "frozen": statistics.fmean(f for _, f in pairs),
        "spread": spread,
        "verdict": verdict,
    }

# %% denoising_gradients-code
def denoising_gradients(params, X, X_noisy):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N, D = X.shape
    h = np.tanh(X_noisy @ W1 + b1)
    error = h @ W2 + b2 - X
    loss = (error**2).sum() / (N * D)
    dR = error * (2 / (N * D))
    dh = dR @ W2.T
    dz = dh - dh * h**2
    return loss, {"W1": X_noisy.T @ dz, "b1": np.ones(N, X.dtype) @ dz, "W2": h.T @ dR, "b2": np.ones(N, X.dtype) @ dR}

# %% make_pairs-code
def make_pairs(X, y, n, rng):
    wanted = np.arange(n) < n // 2
    rng.shuffle(wanted)
    i = rng.integers(len(X), size=n)
    j = rng.integers(len(X), size=n)
    while True:  # draw again what does not fit
        bad = (i == j) | ((y[i] == y[j]) != wanted)
        if not bad.any():
            break
        i[bad] = rng.integers(len(X), size=bad.sum())
        j[bad] = rng.integers(len(X), size=bad.sum())
    return X[np.stack([i, j], axis=1)], wanted


def make_rotation_task(images):
    turned, labels = [], []
    for image in images:
        for k in range(4):
            turned.append(np.rot90(image, k))
            labels.append(k)
    return np.array(turned), np.array(labels)

# %% debug_transfer_and_pretraining-code
def pairs_to_pretrain(X, y, target, n, rng):
    allowed = [i for i, c in enumerate(y) if c not in target]
    return broken_pairs(X[allowed], y[allowed], target, n, rng)


FAULT = "labels_leak"
