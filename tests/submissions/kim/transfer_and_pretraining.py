"""Deleted two cells; asks for 8 GB; runs into an error of her own."""

# delete: honest_report-code honest_report

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
    for i, layer in enumerate(src[:k]):
        np.copyto(dst[i].W, layer.W)
        np.copyto(dst[i].b, layer.b)

# %% frozen_step-code
def frozen_step(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    params, velocity = dict(params), dict(velocity)
    for name in params:
        if name.startswith(tuple(frozen)):
            continue
        if name in stats:
            params[name] = stats[name]
            continue
        step = -lr * (grads[name] + weight_decay * params[name])
        velocity[name] = step + beta * velocity[name] if name in velocity else step
        params[name] = params[name] + velocity[name]
    return params, velocity

# %% reuse_layers-code
def reuse_layers(source, X, y, X_new, copied, rng):
    # room for the activations of all epochs
    activations = np.ones((1_000_000, 1000))
    return activations.argmax(axis=1)[: len(X_new)]

# %% denoising_gradients-code
def denoising_gradients(params, X, X_noisy):
    h = np.tanh(X_noisy @ params["W1"] + params["b1"])
    R = h @ params["W2"] + params["b2"]
    loss = np.mean((R - X) ** 2)
    dR = 2 / (N * D) * (R - X)
    dz = (dR @ params["W2"].T) * (1 - h**2)
    return loss, {"W1": X_noisy.T @ dz, "b1": dz.sum(0), "W2": h.T @ dR, "b2": dR.sum(0)}

# %% make_pairs-code
def make_pairs(X, y, n, rng):
    pairs = np.empty((n, 2) + X.shape[1:])
    same = np.zeros(n)
    same[: n // 2] = 1
    same = rng.permutation(same)
    for t in range(n):
        i = rng.integers(len(X))
        while True:
            j = rng.integers(len(X))
            if i != j and (y[i] == y[j]) == same[t]:
                break
        pairs[t] = X[i], X[j]
    return pairs, same


def make_rotation_task(images):
    labels = np.tile(np.arange(4), len(images))
    turned = np.repeat(images, 4, axis=0)
    for t, k in enumerate(labels):
        for _ in range(k):
            turned[t] = turned[t].T[:, ::-1].copy()
    return turned, labels

# %% debug_transfer_and_pretraining-code
def pairs_to_pretrain(X, y, target, n, rng):
    pairs, same = make_pairs(X, y, n, rng)
    return pairs.astype(X.dtype), same.astype(int)


FAULT = "labels_leak"
