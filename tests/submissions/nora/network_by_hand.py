"""A bias gradient for each sample; uphill."""

# %% dense_forward-code
def dense_forward(X, W, b):
    z = X @ W + b
    return z, (X, W)


def dense_backward(dz, cache):
    X, W = cache
    dX = dz @ W.T
    dW = X.T @ dz
    db = dz
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
    z1, cache1 = dense_forward(X, params["W1"], params["b1"])
    a1 = np.tanh(z1)
    logits, cache2 = dense_forward(a1, params["W2"], params["b2"])
    loss, dlogits = softmax_cross_entropy(logits, y)
    da1, dW2, db2 = dense_backward(dlogits, cache2)
    _, dW1, db1 = dense_backward(da1 * (1 - a1**2), cache1)
    grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: w + lr * grads[name] for name, w in params.items()}, loss
