"""Everything right, with loops where others have arrays, and the original form of dropout in her own network."""

# %% l1_penalty-code
def l1_penalty(ws, lam):
    total = 0.0
    for w in ws:
        total = total + np.abs(w).sum()
    return lam * total


def l1_grad(ws, lam):
    return [np.where(w > 0, lam, np.where(w < 0, -lam, 0.0)).astype(w.dtype) for w in ws]


def l2_penalty(ws, lam):
    return lam * sum(0.5 * np.vdot(w, w) for w in ws)


def l2_grad(ws, lam):
    return [w * lam for w in ws]


def penalized(loss, grads, params, lam1, lam2):
    result = {}
    for name, g in grads.items():
        if name.startswith("W"):
            w = [params[name]]
            loss = loss + l1_penalty(w, lam1) + l2_penalty(w, lam2)
            result[name] = g + l1_grad(w, lam1)[0] + l2_grad(w, lam2)[0]
        else:
            result[name] = g
    return loss, result

# %% soft_threshold-code
def soft_threshold(w, t):
    # the part that is cut off is w, limited to [-t, t]
    return w - np.minimum(np.maximum(w, -t), t)


def proximal_step(w, g, lr, lam):
    return soft_threshold(w - lr * g, lam * lr)

# %% dropout_forward-code
def dropout_forward(x, rate, rng, training, mask=None):
    if training:
        if mask is None:
            mask = rng.random(x.shape) < 1 - rate
        mask = np.where(mask, 1 / (1 - rate), 0.0).astype(x.dtype)
    else:
        mask = np.ones(x.shape, dtype=x.dtype)
    return mask * x, mask


def dropout_backward(dout, mask):
    return mask * dout

# %% alpha_dropout-code
def alpha_dropout_constants(rate):
    keep = 1 - rate
    a = (keep + keep * rate * ALPHA_PRIME**2) ** -0.5
    b = -a * rate * ALPHA_PRIME
    return a, b


def alpha_dropout(x, rate, rng, training, mask=None):
    if not training:
        return x, np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape) < 1 - rate
    a, b = alpha_dropout_constants(rate)
    out = x.copy()
    out[~mask] = ALPHA_PRIME
    return a * out + b, a * mask.astype(x.dtype)

# %% mc_dropout_predict-code
def H(p):
    logs = np.zeros_like(p)
    np.log(p, out=logs, where=p > 0)
    return -(p * logs).sum(axis=-1)


def mc_dropout_predict(net, X, T, rng):
    all_p = []
    for t in range(T):
        all_p.append(softmax(net(X, rng)))
    all_p = np.array(all_p)
    mean = all_p.sum(axis=0) / T
    std = np.sqrt(((all_p - mean) ** 2).sum(axis=0) / T)
    return [mean, std, H(mean), H(mean) - H(all_p).mean(axis=0)]

# %% max_norm-code
def max_norm(W, r):
    W = W.copy()
    for j in range(W.shape[1]):
        length = np.linalg.norm(W[:, j])
        if length > r:
            W[:, j] = W[:, j] * (r / length)
    return W

# %% EarlyStopping-code
class EarlyStopping:
    def __init__(self, patience, min_delta=0.0, restore_best=True):
        self.settings = patience, min_delta, restore_best
        self.values = []
        self.best_epoch = None
        self.memory = None

    @property
    def best(self):
        return None if self.best_epoch is None else self.values[self.best_epoch]

    def step(self, value, params):
        patience, min_delta, restore_best = self.settings
        self.values.append(value)
        if self.best is None or value < self.best - min_delta:
            self.best_epoch = len(self.values) - 1
            self.memory = {k: v + 0 for k, v in params.items()}
        stop = len(self.values) - 1 - self.best_epoch >= patience
        if stop and restore_best:
            for k in params:
                params[k][:] = self.memory[k]
        return stop


def train(params, steps, values, stopper):
    """A training loop, reduced to what concerns the stopper: how many epochs, and the parameters at the end."""
    epoch = 0
    for step, value in zip(steps, values, strict=True):
        epoch += 1
        for name in params:
            params[name] += step[name]
        if stopper.step(value, params):
            break
    return epoch, params

# %% loss_record-code
def loss_record(params, X, y, X_test, y_test, orders, *, batch, lr, rate, rng):
    p = {k: v.copy() for k, v in params.items()}
    running, on_train, on_test = [], [], []

    def loss_and_slopes(x, labels, factors):
        z = x @ p["W1"] + p["b1"]
        h = np.maximum(z, 0) * factors
        loss, d = softmax_cross_entropy(h @ p["W2"] + p["b2"], labels)
        dz = (d @ p["W2"].T) * factors * (z > 0)
        return loss, {"W1": x.T @ dz, "b1": dz.sum(0), "W2": h.T @ d, "b2": d.sum(0)}

    for order in orders:
        total = 0.0
        batches = order.reshape(-1, batch)
        for rows in batches:
            factors = (rng.random((batch, len(p["b1"]))) >= rate) / (1 - rate)
            loss, slopes = loss_and_slopes(X[rows], y[rows], factors)
            total += loss
            for k in p:
                p[k] -= lr * slopes[k]
        running.append(total / len(batches))
        on_train.append(loss_and_slopes(X, y, 1.0)[0])
        on_test.append(loss_and_slopes(X_test, y_test, 1.0)[0])
    return p, {"running": running, "train": on_train, "test": on_test}


def mask_ensemble(x, W, b, rate):
    import itertools

    logs = np.zeros(len(b))
    arithmetic = np.zeros(len(b))
    for mask in itertools.product([0, 1], repeat=len(x)):
        mask = np.array(mask)
        probability = np.prod(np.where(mask, 1 - rate, rate))
        p = softmax(((mask * x) @ W + b)[None])[0]
        logs += probability * np.log(p)
        arithmetic += probability * p
    return softmax(logs[None])[0], arithmetic, softmax(((1 - rate) * x @ W + b)[None])[0]

# %% debug_regularization-code
def mended_step(params, X, y, lr, rate, rng):
    """One step of gradient descent with dropout on the hidden layer: the new parameters, the loss of the step."""
    z, of_first = dense_forward(X, params["W1"], params["b1"])
    h, mask = dropout_forward(np.maximum(z, 0), rate, rng, True)
    scores, of_second = dense_forward(h, params["W2"], params["b2"])
    loss, d = softmax_cross_entropy(scores, y)
    d, dW2, db2 = dense_backward(d, of_second)
    d = dropout_backward(d, mask)
    _, dW1, db1 = dense_backward(d * (z > 0), of_first)
    slopes = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: params[name] - lr * slopes[name] for name in params}, loss


FAULT = "new_mask"
