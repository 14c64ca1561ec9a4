"""Everything right, in loops and other algebra; a dict as cache, a list of minibatches."""

# %% dense_forward-code
def dense_forward(X, W, b):
    z = np.empty((X.shape[0], W.shape[1]), dtype=X.dtype)
    for n in range(X.shape[0]):
        z[n] = X[n].dot(W) + b
    return z, {"inputs": X, "weights": W}


def dense_backward(dz, cache):
    X = cache["inputs"]
    W = cache["weights"]
    dW = np.zeros_like(W)
    db = np.zeros(W.shape[1], dtype=W.dtype)
    dX = np.zeros_like(X)
    for n in range(len(X)):
        dW += np.outer(X[n], dz[n])
        db += dz[n]
        dX[n] = W.dot(dz[n])
    return dX, dW, db

# %% softmax_cross_entropy-code
def softmax_cross_entropy(logits, y):
    N, C = logits.shape
    onehot = np.eye(C, dtype=logits.dtype)[y]
    biggest = np.max(logits, axis=1).reshape(N, 1)
    logsum = biggest + np.log(np.sum(np.exp(logits - biggest), axis=1)).reshape(N, 1)
    p = np.exp(logits - logsum)
    loss = np.sum(onehot * (logsum - logits)) / N
    return float(loss), (p - onehot) / N

# %% iterate_minibatches-code
def iterate_minibatches(X, y, batch, rng, drop_last=True):
    keys = rng.random(len(y))
    X, y = X[np.argsort(keys)], y[np.argsort(keys)]
    batches = []
    while len(X) >= batch:
        batches.append((X[:batch], y[:batch]))
        X, y = X[batch:], y[batch:]
    if len(X) > 0 and not drop_last:
        batches.append((X, y))
    return batches

# %% train_step-code
def train_step(params, X, y, *, lr):
    W1, b1, W2, b2 = (params[k] for k in ("W1", "b1", "W2", "b2"))
    n = len(X)
    h = np.tanh(np.dot(X, W1) + b1)
    out = np.dot(h, W2) + b2
    out = out - out.max(axis=1, keepdims=True)
    p = np.exp(out)
    p /= p.sum(axis=1, keepdims=True)
    loss = float(-np.mean(out[range(n), y] - np.log(np.exp(out).sum(axis=1))))
    d = p
    d[range(n), y] -= 1
    d /= n
    back = (d @ W2.T) / np.cosh(np.dot(X, W1) + b1) ** 2
    return {
        "W1": W1 - lr * X.T @ back,
        "b1": b1 - lr * back.sum(0),
        "W2": W2 - lr * h.T @ d,
        "b2": b2 - lr * d.sum(0),
    }, loss
