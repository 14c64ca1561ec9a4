"""Knows the idea, misses what it takes."""

# %% copy_layers-code
import copy


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
    for i in range(k):
        dst[i] = copy.copy(src[i])

# %% frozen_step-code
def frozen_step(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    new, m = {}, {}
    for name, w in params.items():
        is_frozen = name.split(".")[0] in frozen
        if name in grads:
            g = np.zeros_like(w) if is_frozen else grads[name]  # no gradient, no learning
            m[name] = beta * velocity.get(name, 0) - lr * (g + weight_decay * w)
            new[name] = w + m[name]
        else:
            new[name] = w if is_frozen else stats[name]
    return new, m

# %% reuse_layers-code
def reuse_layers(source, X, y, X_new, copied, rng):
    sizes = [source[0]["W"].shape[0], source[0]["W"].shape[1], source[1]["W"].shape[1], int(y.max()) + 1]
    net = MLP(sizes, "relu", rng=rng)
    for i in copied:
        net.layers[2 * i].W.data[...] = source[i]["W"]
        net.layers[2 * i].b.data[...] = source[i]["b"]
    fit(net, X, y, optimizer=Adam(net, 0.01), epochs=60, batch=25, rng=rng)
    return net(X_new).data.argmax(axis=1)

# %% honest_report-code
def honest_report(trial, draws):
    if draws < 5:
        raise ValueError("draws must be at least 5")
    scratch = np.array([trial("scratch", d) for d in range(draws)])
    frozen = np.array([trial("frozen", d) for d in range(draws)])
    spread = np.std(frozen - scratch)
    gain = np.mean(frozen - scratch)
    error = spread / np.sqrt(draws)
    verdict = "helps" if gain > 2 * error else "harms" if gain < -2 * error else "cannot tell"
    return {"scratch": np.mean(scratch), "frozen": np.mean(frozen), "spread": spread, "verdict": verdict}

# %% denoising_gradients-code
def denoising_gradients(params, X, X_noisy):
    N = len(X)
    h = np.tanh(X_noisy @ params["W1"] + params["b1"])
    R = h @ params["W2"] + params["b2"]
    loss = np.sum((R - X) ** 2) / N
    dR = 2 * (R - X) / N
    dz = (dR @ params["W2"].T) * (1 - h**2)
    return loss, {"W1": X_noisy.T @ dz, "b1": dz.sum(axis=0), "W2": h.T @ dR, "b2": dR.sum(axis=0)}

# %% make_pairs-code
def make_pairs(X, y, n, rng):
    pairs, same = [], []
    for t in range(n):
        i = rng.integers(len(X))
        if t < n // 2:
            partners = [j for j in range(len(X)) if y[j] == y[i] and j != i]
        else:
            partners = [j for j in range(len(X)) if y[j] != y[i]]
        j = rng.choice(partners)
        pairs.append([X[i], X[j]])
        same.append(1 if t < n // 2 else 0)
    return np.array(pairs), np.array(same)


def make_rotation_task(images):
    return np.concatenate([np.rot90(images, k, axes=(1, 2)) for k in range(4)]), np.repeat([0, 1, 2, 3], len(images))

# %% debug_transfer_and_pretraining-code
def pairs_to_pretrain(X, y, target, n, rng):
    keep = ~np.isin(y, target)
    order = rng.permutation(n)
    pairs, same = make_pairs(X[keep], y[keep], n, rng)
    return pairs[order], same[order]


FAULT = "too_easy"
