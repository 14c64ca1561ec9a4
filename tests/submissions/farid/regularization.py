"""A parenthesis is missing in one cell; writes into what he is given, and keeps what is not his."""

# %% l1_penalty-code
def l1_penalty(ws, lam):
    return lam * sum(np.sum(np.abs(w)) for w in ws)


def l1_grad(ws, lam):
    return [lam * np.sign(w) for w in ws]


def l2_penalty(ws, lam):
    return lam / 2 * sum(np.sum(w * w) for w in ws)


def l2_grad(ws, lam):
    return [lam * w for w in ws]


def penalized(loss, grads, params, lam1, lam2):
    for name in grads:
        if name.startswith("W"):
            grads[name] += lam1 * np.sign(params[name])
            grads[name] += lam2 * params[name]
            loss += l1_penalty([params[name]], lam1) + l2_penalty([params[name]], lam2)
    return loss, grads

# %% soft_threshold-code
def soft_threshold(w, t):
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def proximal_step(w, g, lr, lam):
    w -= lr * g
    return soft_threshold(w, lr * lam)

# %% dropout_forward-code
def dropout_forward(x, rate, rng, training, mask=None):
    if not training:
        return x, np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape) >= rate
    return x * mask / (1 - rate), mask.astype(x.dtype)


def dropout_backward(dout, mask):
    return dout * mask

# %% alpha_dropout-code
def alpha_dropout_constants(rate):
    mean = rate * ALPHA_PRIME
    variance = (1 - rate) + rate * ALPHA_PRIME**2 - mean**2
    a = float(1 / np.sqrt(variance)
    return a, -a * mean


def alpha_dropout(x, rate, rng, training, mask=None):
    a, b = alpha_dropout_constants(rate)
    if mask is None:
        mask = rng.random(x.shape) >= rate
    return a * np.where(mask, x, ALPHA_PRIME) + b, a * mask

# %% mc_dropout_predict-code
def mc_dropout_predict(net, X, T, rng):
    p = np.stack([softmax(net(X, rng)) for _ in range(T)])
    mean = p.mean(axis=0)

    def entropy(p):
        return -np.sum(p * np.log(p), axis=-1)

    return mean, p.std(axis=0), entropy(mean), entropy(mean) - entropy(p).mean(axis=0)

# %% max_norm-code
def max_norm(W, r):
    norms = np.linalg.norm(W, axis=0, keepdims=True)
    return W * np.minimum(1, r / norms)

# %% EarlyStopping-code
class EarlyStopping:
    def __init__(self, patience, min_delta=0.0, restore_best=True):
        self.patience = patience
        self.min_delta = min_delta
        self.restore_best = restore_best
        self.best = float("inf")
        self.counter = 0

    def step(self, value, params):
        if value < self.best - self.min_delta:
            self.best = value
            self.best_params = dict(params)
            self.counter = 0
        else:
            self.counter += 1
        if self.counter >= self.patience:
            if self.restore_best:
                for name in params:
                    params[name] = self.best_params[name]
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

# %% debug_regularization-code
def mended_step(params, X, y, lr, rate, rng):
    """One step of gradient descent with dropout on the hidden layer: the new parameters, the loss of the step."""
    z, of_first = dense_forward(X, params["W1"], params["b1"])
    h = drop(np.maximum(z, 0), rate, rng)
    scores, of_second = dense_forward(h, params["W2"], params["b2"])
    loss, d = softmax_cross_entropy(scores, y)
    d, dW2, db2 = dense_backward(d, of_second)
    d = d * (h > 0)
    _, dW1, db1 = dense_backward(d * (z > 0), of_first)
    slopes = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: params[name] - lr * slopes[name] for name in params}, loss


FAULT = "new_mask"
