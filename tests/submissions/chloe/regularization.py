"""Writes what is often printed: the conventions of other books, and the slips in them."""

# %% l1_penalty-code
def l1_penalty(ws, lam):
    return lam * sum(np.sum(np.abs(w)) for w in ws)


def l1_grad(ws, lam):
    return [lam / 2 * np.sign(w) for w in ws]


def l2_penalty(ws, lam):
    return lam / 2 * sum(np.sum(w**2) for w in ws)


def l2_grad(ws, lam):
    return [lam * w for w in ws]


def penalized(loss, grads, params, lam1, lam2):
    new = dict(grads)
    ws = [params[name] for name in params if name.startswith("W")]
    for name in params:
        if name.startswith("W"):
            new[name] = grads[name] + l1_grad([params[name]], lam1)[0] + l2_grad([params[name]], lam2)[0]
    return loss + l1_penalty(ws, lam1) + l2_penalty(ws, lam2), new

# %% soft_threshold-code
def soft_threshold(w, t):
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def proximal_step(w, g, lr, lam):
    return w - lr * (g + lam * np.sign(w))

# %% dropout_forward-code
def dropout_forward(x, rate, rng, training, mask=None):
    # as in the paper: p is the probability that a unit is retained
    if not training:
        return x.copy(), np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape) < rate
    mask = (mask / (1 - rate)).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout * mask

# %% alpha_dropout-code
def alpha_dropout_constants(rate):
    variance = (1 - rate) * (1 + rate * ALPHA_PRIME**2)
    a = float(1 / np.sqrt(variance))
    return a, a * rate * ALPHA_PRIME


def alpha_dropout(x, rate, rng, training, mask=None):
    if not training:
        return x.copy(), np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape) >= rate
    a, b = alpha_dropout_constants(rate)
    kept = mask.astype(x.dtype)
    return a * (kept * x + (1 - kept) * ALPHA_PRIME) + b, a * kept

# %% mc_dropout_predict-code
def mc_dropout_predict(net, X, T, rng):
    z = np.stack([net(X, rng) for _ in range(T)])
    p = softmax(z)
    mean = softmax(z.mean(axis=0))

    def entropy(p):
        return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)

    return mean, p.std(axis=0), entropy(mean), entropy(mean) - entropy(p).mean(axis=0)

# %% max_norm-code
def max_norm(W, r):
    norms = np.linalg.norm(W, axis=0)
    norms[norms == 0] = 1
    return W * r / norms

# %% EarlyStopping-code
class EarlyStopping:
    def __init__(self, patience, min_delta=0.0, restore_best=True):
        self.patience, self.min_delta, self.restore_best = patience, min_delta, restore_best
        self.best = np.inf
        self.best_params = {}
        self.wait = 0

    def step(self, value, params):
        if value < self.best - self.min_delta:
            self.best = value
            self.best_params = {name: array.copy() for name, array in params.items()}
            self.wait = 0
            return False
        self.wait += 1
        if self.wait > self.patience:
            if self.restore_best:
                params.update(self.best_params)
            return True
        return False


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
    record = {"running": [], "train": [], "test": []}

    def evaluated(X, y):
        h = np.maximum(X @ params["W1"] + params["b1"], 0)
        return softmax_cross_entropy(h @ params["W2"] + params["b2"], y)[0]

    for order in orders:
        losses = []
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            z, first = dense_forward(X[rows], params["W1"], params["b1"])
            factors = (rng.random(z.shape) >= rate) / (1 - rate)
            scores, second = dense_forward(np.maximum(z, 0) * factors, params["W2"], params["b2"])
            loss, d = softmax_cross_entropy(scores, y[rows])
            d, dW2, db2 = dense_backward(d, second)
            _, dW1, db1 = dense_backward(d * factors * (z > 0), first)
            slopes = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
            params = {name: params[name] - lr * slopes[name] for name in params}
            losses.append(loss)
        record["running"].append(np.mean(losses))
        record["train"].append(evaluated(X, y))
        record["test"].append(evaluated(X_test, y_test))
    return params, {name: np.array(values) for name, values in record.items()}


def mask_ensemble(x, W, b, rate):
    n = len(x)
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) % 2
    weights = np.prod(np.where(masks == 1, 1 - rate, rate), axis=1)
    mean = weights @ softmax((masks * x) @ W + b)
    # dropout averages the networks
    return mean, mean, softmax((x @ ((1 - rate) * W) + b)[None])[0]

# %% debug_regularization-code
def mended_step(params, X, y, lr, rate, rng):
    """One step of gradient descent with dropout on the hidden layer: the new parameters, the loss of the step."""
    z, of_first = dense_forward(X, params["W1"], params["b1"])
    mask = (rng.random(z.shape) >= rate) / (1 - rate)
    scores, of_second = dense_forward(np.maximum(z, 0) * mask, params["W2"], params["b2"])
    loss, d = softmax_cross_entropy(scores, y)
    d, dW2, db2 = dense_backward(d, of_second)
    _, dW1, db1 = dense_backward(d * mask * (z > 0), of_first)
    slopes = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: params[name] - lr * slopes[name] for name in params}, loss


FAULT = "learning_rate"
