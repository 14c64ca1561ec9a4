"""keepdims forgotten: shapes do not fit, NumPy raises."""

# %% dense_forward-code
def dense_forward(X, W, b):
    z = X @ W + b
    return z, (X, W)


def dense_backward(dz, cache):
    X, W = cache
    dX = dz @ W.T
    dW = X.T @ dz
    db = dz.sum(axis=0)
    return dX, dW, db

# %% softmax_cross_entropy-code
def softmax_cross_entropy(logits, y):
    s = logits - logits.max(axis=1)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    loss = -log_p[range(len(y)), y].mean()
    p = np.exp(log_p)
    p[range(len(y)), y] -= 1
    return loss, p / len(y)

# %% iterate_minibatches-code
def iterate_minibatches(X, y, batch, rng, drop_last=True):
    order = rng.permutation(len(X))
    end = len(X) - len(X) % batch if drop_last else len(X)
    for start in range(0, end, batch):
        rows = order[start : start + batch]
        yield X[rows], y[rows]

# %% train_step-code
def train_step(params, X, y, *, lr):
    z1, cache1 = dense_forward(X, params["W1"], params["b1"])
    a1 = np.tanh(z1)
    logits, cache2 = dense_forward(a1, params["W2"], params["b2"])
    loss, dlogits = softmax_cross_entropy(logits, y)
    da1, dW2, db2 = dense_backward(dlogits, cache2)
    _, dW1, db1 = dense_backward(da1 * (1 - a1**2), cache1)
    grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: w - lr * grads[name] for name, w in params.items()}, loss
