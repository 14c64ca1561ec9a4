"""One mask for the batch, decisions instead of probabilities, all predictions of a lifetime at once; threw a cell away."""

# delete: EarlyStopping-code

# %% l1_penalty-code
def l1_penalty(ws, lam):
    return lam * sum(np.sum(np.abs(w)) for w in ws)


def l1_grad(ws, lam):
    return [lam * np.sign(w) for w in ws]


def l2_penalty(ws, lam):
    return lam * sum(np.sum(w**2) for w in ws)


def l2_grad(ws, lam):
    return [2 * lam * w for w in ws]


def penalized(loss, grads, params, lam1, lam2):
    # every parameter that the network has
    new = {}
    for name, w in params.items():
        new[name] = grads[name] + l1_grad([w], lam1)[0] + l2_grad([w], lam2)[0]
        loss = loss + l1_penalty([w], lam1) + l2_penalty([w], lam2)
    return loss, new

# %% soft_threshold-code
def soft_threshold(w, t):
    return np.where(w > t, w - t, np.where(w < -t, w + t, 0))


def proximal_step(w, g, lr, lam):
    return soft_threshold(w - lr * g, lam)

# %% dropout_forward-code
def dropout_forward(x, rate, rng, training, mask=None):
    if not training:
        return x, np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape[1]) >= rate
    mask = (mask / (1 - rate)).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout * mask

# %% alpha_dropout-code
def alpha_dropout_constants(rate):
    mean = rate * ALPHA_PRIME
    variance = (1 - rate) + rate * ALPHA_PRIME**2 - mean**2
    a = float(1 / np.sqrt(variance))
    return a, -a * mean


def alpha_dropout(x, rate, rng, training, mask=None):
    if not training:
        return x.copy(), np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape) >= rate
    a, b = alpha_dropout_constants(rate)
    kept = mask.astype(x.dtype)
    return a * (kept * x) + b, a * kept

# %% mc_dropout_predict-code
def mc_dropout_predict(net, X, T, rng):
    # room for every question that is ever asked
    answers = np.ones((40_000, 40_000))
    for t in range(T):
        p = softmax(net(X, rng))
        answers[t, : p.size] = p.ravel()
    p = answers[:T, : p.size].reshape(T, len(X), -1)
    mean = p.mean(axis=0)
    entropy = -np.sum(mean * np.log(mean), axis=1)
    return mean, p.std(axis=0), entropy, entropy + np.sum(p * np.log(p), axis=2).mean(axis=0)

# %% max_norm-code
def max_norm(W, r):
    for j in range(W.shape[1]):
        norm = np.sqrt(np.sum(W[:, j] ** 2))
        if norm > r:
            W[:, j] *= r / norm
    return W

# %% loss_record-code
def loss_record(params, X, y, X_test, y_test, orders, *, batch, lr, rate, rng):
    record = {"running": [], "train": [], "test": []}

    def forward(X, y):
        z, first = dense_forward(X, params["W1"], params["b1"])
        factors = (rng.random(z.shape) >= rate) / (1 - rate)
        scores, second = dense_forward(np.maximum(z, 0) * factors, params["W2"], params["b2"])
        return *softmax_cross_entropy(scores, y), z, factors, first, second

    for order in orders:
        losses = []
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            loss, d, z, factors, first, second = forward(X[rows], y[rows])
            d, dW2, db2 = dense_backward(d, second)
            _, dW1, db1 = dense_backward(d * factors * (z > 0), first)
            slopes = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
            params = {name: params[name] - lr * slopes[name] for name in params}
            losses.append(loss)
        record["running"].append(np.mean(losses))
        record["train"].append(forward(X, y)[0])
        record["test"].append(forward(X_test, y_test)[0])
    return params, {name: np.array(values) for name, values in record.items()}


def mask_ensemble(x, W, b, rate):
    n = len(x)
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) % 2
    weights = np.prod(np.where(masks == 1, 1 - rate, rate), axis=1)
    p = softmax((masks * x) @ W + b)
    geometric = np.exp(weights @ np.log(p))
    return geometric / geometric.sum(), weights @ p, softmax((x @ ((1 - rate) * W) + b)[None])[0]

# %% debug_regularization-code
def mended_step(params, X, y, lr, rate, rng):
    """One step of gradient descent with dropout on the hidden layer: the new parameters, the loss of the step."""
    z, of_first = dense_forward(X, params["W1"], params["b1"])
    h = drop(np.maximum(z, 0), rate, rng)
    scores, of_second = dense_forward(h, params["W2"], params["b2"])
    loss, d = softmax_cross_entropy(scores, y)
    d, dW2, db2 = dense_backward(d, of_second)
    _, dW1, db1 = dense_backward(d * (z > 0), of_first)
    slopes = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: params[name] - lr * slopes[name] for name in params}, loss


FAULT = "new_mask"
