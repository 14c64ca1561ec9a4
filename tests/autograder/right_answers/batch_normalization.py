"""Right answers to `batch_normalization` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- batchnorm_forward, ema_update


def ema_by_correction(old, new, momentum):
    return old + (1 - momentum) * (new - old)


def ema_by_loop(old, new, momentum):
    result = np.zeros_like(old)
    for i, (a, b) in enumerate(zip(old, new, strict=True)):
        result[i] = momentum * a + (1 - momentum) * b
    return result


def ema_by_average(old, new, momentum):
    return np.average([old, new], axis=0, weights=[momentum, 1 - momentum]).astype(old.dtype)


RIGHT["ema_update"] = {
    "correction": (ema_by_correction,),
    "loop": (ema_by_loop,),
    "np.average": (ema_by_average,),
}


def forward_by_columns(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """A loop over features; the running statistics are lists, the cache a dict."""
    out = np.empty_like(X)
    means, variances, cache = [], [], {}
    for d in range(X.shape[1]):
        column = X[:, d]
        m, v = (np.mean(column), np.var(column)) if training else (running_mean[d], running_var[d])
        cache[d] = (column - m) / np.sqrt(v + eps)
        out[:, d] = gamma[d] * cache[d] + beta[d]
        keep = momentum if training else 1.0
        means.append(keep * running_mean[d] + (1 - keep) * m)
        variances.append(keep * running_var[d] + (1 - keep) * v)
    return out, cache, np.array(means, dtype=X.dtype), np.array(variances, dtype=X.dtype)


def forward_with_kept_axes(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """Sums with keepdims, and a list in place of a tuple."""
    if not training:
        scale = gamma / (running_var + eps) ** 0.5
        return [X * scale + (beta - running_mean * scale), None, running_mean, running_var]
    N = len(X)
    mu = np.sum(X, axis=0, keepdims=True) / N
    deviation = X - mu
    var = np.sum(np.square(deviation), axis=0, keepdims=True) / N
    x_hat = deviation * np.power(var + eps, -0.5)
    running_mean = ema_by_correction(running_mean, mu[0], momentum)
    running_var = ema_by_correction(running_var, var[0], momentum)
    return [np.multiply(gamma, x_hat) + beta, (x_hat, var, gamma), running_mean, running_var]


def forward_by_squares(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """The variance as the mean of squares around a row of X, minus the square of a mean; an object as cache."""
    if training:
        shifted = X - X[0]
        mean = shifted.mean(0)
        var = np.maximum((shifted * shifted).mean(0) - mean * mean, 0)
        mean = mean + X[0]
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    normalized = ((X.T - mean[:, None]) / np.sqrt(var + eps)[:, None]).T
    return np.einsum("d,nd->nd", gamma, normalized) + beta, lambda: normalized, running_mean, running_var


def forward_training_only(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """As far as the first exercise goes: statistics handed back as they came."""
    var, mean = X.var(0), X.mean(0)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (X - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, inv_std, gamma), running_mean, running_var


def forward_into_place(X, gamma, beta, running_mean, running_var, **how):
    """Copies, changed in place; the keyword arguments as a dict."""
    out, eps, momentum = X.copy(), how.get("eps", 1e-5), how.get("momentum", 0.9)
    running_mean, running_var = running_mean.copy(), running_var.copy()
    if how["training"]:
        mean, var = np.mean(out, axis=0), np.var(out, axis=0)
        for running, new in ((running_mean, mean), (running_var, var)):
            running *= momentum
            running += (1 - momentum) * new
    else:
        mean, var = running_mean, running_var
    out -= mean
    out /= np.sqrt(var + eps)
    x_hat = out.copy()
    out *= gamma
    out += beta
    return out, (x_hat, 1 / np.sqrt(var + eps), gamma), running_mean, running_var


FORWARD = {
    "columns": (forward_by_columns,),
    "kept axes, a list": (forward_with_kept_axes,),
    "mean of squares": (forward_by_squares,),
    "copies in place": (forward_into_place,),
}
RIGHT["batchnorm_forward"] = FORWARD | {"training only": (forward_training_only,)}
RIGHT["batchnorm_inference"] = FORWARD

# ---------------------------------------------------------------- batchnorm_backward


def backward_step_by_step(dout, cache):
    """Every node of the graph on its own."""
    x_hat, inv_std, gamma = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    deviation = x_hat / inv_std
    dvar = (dx_hat * deviation).sum(axis=0) * -0.5 * inv_std**3
    dmu = -(dx_hat * inv_std).sum(axis=0) + dvar * (-2 / N) * deviation.sum(axis=0)
    dX = dx_hat * inv_std + dvar * 2 * deviation / N + dmu / N
    return dX, dgamma, dbeta


def backward_by_loops(dout, cache):
    x_hat, inv_std, gamma = cache
    N, D = dout.shape
    dX, dgamma, dbeta = np.zeros_like(dout), np.zeros_like(gamma), np.zeros_like(gamma)
    for d in range(D):
        for n in range(N):
            dbeta[d] += dout[n, d]
            dgamma[d] += dout[n, d] * x_hat[n, d]
        for n in range(N):
            dX[n, d] = gamma[d] * inv_std[d] / N * (N * dout[n, d] - dbeta[d] - x_hat[n, d] * dgamma[d])
    return [dX, dgamma, dbeta]


def backward_by_jacobian(dout, cache):
    """The Jacobian of each column as a matrix."""
    x_hat, inv_std, gamma = cache
    N = len(dout)
    dX = np.empty_like(dout)
    for d in range(dout.shape[1]):
        J = (np.eye(N) - 1 / N - np.outer(x_hat[:, d], x_hat[:, d]) / N) * inv_std[d]
        dX[:, d] = gamma[d] * J @ dout[:, d]
    return dX, np.einsum("nd,nd->d", dout, x_hat), np.ones(N, dtype=dout.dtype) @ dout


RIGHT["batchnorm_backward"] = {
    "step by step": (backward_step_by_step,),
    "loops": (backward_by_loops,),
    "Jacobian": (backward_by_jacobian,),
}

# ---------------------------------------------------------------- identity_parameters


def identity_by_loops(X, eps=1e-5):
    D = X.shape[1]
    gamma, beta = np.zeros(D, dtype=X.dtype), np.zeros(D, dtype=X.dtype)
    for d in range(D):
        beta[d] = sum(X[:, d]) / len(X)
        gamma[d] = math.sqrt(sum((x - beta[d]) ** 2 for x in X[:, d]) / len(X) + eps)
    return gamma, beta


def identity_by_norm(X, eps=1e-5):
    mean = np.mean(X, 0)
    return [np.sqrt(np.linalg.norm(X - mean, axis=0) ** 2 / len(X) + eps), mean]


RIGHT["identity_parameters"] = {"loops": (identity_by_loops,), "norm": (identity_by_norm,)}

# ---------------------------------------------------------------- fold_batchnorm


def fold_by_units(W, b, gamma, beta, mean, var, eps=1e-5):
    W_new, b_new = np.empty_like(W), np.empty_like(b)
    for j in range(len(b)):
        factor = gamma[j] / math.sqrt(var[j] + eps)
        W_new[:, j] = W[:, j] * factor
        b_new[j] = beta[j] + factor * (b[j] - mean[j])
    return W_new, b_new


def fold_by_diagonal(W, b, gamma, beta, mean, var, eps=1e-5):
    S = np.diag(gamma / np.sqrt(var + eps))
    return [W @ S, b @ S - mean @ S + beta]


def fold_by_probing(W, b, gamma, beta, mean, var, eps=1e-5):
    """What the two layers answer to 0 is the bias, what they answer to the unit vectors the rest."""

    def both(X):
        return gamma * (X @ W + b - mean) / np.sqrt(var + eps) + beta

    D = W.shape[0]
    b_new = both(np.zeros((1, D), dtype=W.dtype))[0]
    return both(np.eye(D, dtype=W.dtype)) - b_new, b_new


RIGHT["fold_batchnorm"] = {
    "units": (fold_by_units,),
    "diagonal matrix": (fold_by_diagonal,),
    "probing": (fold_by_probing,),
}

# ---------------------------------------------------------------- train_and_score


def train_with_objects(X, y, X_test, weights, orders, *, batch, lr, batchnorm=True, drop_last=True):
    layers = [Layer(W, batchnorm and l < len(weights) - 1) for l, W in enumerate(weights)]

    def forward(a, training):
        for layer in layers[:-1]:
            a = np.where((z := layer.forward(a, training)) > 0, z, 0.0)
            layer.alive = (z > 0).astype(float)
        return layers[-1].forward(a, training)

    losses = []
    for order in orders:
        pieces = np.split(order, range(batch, len(order), batch))
        for rows in pieces:
            if len(rows) != batch and drop_last:
                continue
            s = forward(X[rows], True)
            p = np.exp(s - s.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            losses.append(-np.mean(np.log(p[np.arange(len(rows)), y[rows]])))
            p[np.arange(len(rows)), y[rows]] -= 1
            d = p / len(rows)
            for i, layer in enumerate(reversed(layers)):
                d = layer.backward(d if i == 0 else d * layer.alive, lr)
    return {"losses": losses, "scores": forward(X_test, False).tolist()}


class Layer:
    """A linear layer without bias, and what comes behind it: normalization, or the bias."""

    def __init__(self, W, normalized):
        self.W, self.normalized = np.array(W), normalized
        self.gamma, self.beta = np.ones(W.shape[1]), np.zeros(W.shape[1])
        self.mean, self.var = np.zeros(W.shape[1]), np.ones(W.shape[1])

    def forward(self, a, training):
        self.a = a
        z = a @ self.W
        if not self.normalized:
            return z + self.beta
        z, self.cache, self.mean, self.var = forward_into_place(
            z, self.gamma, self.beta, self.mean, self.var, training=training
        )
        return z

    def backward(self, d, lr):
        if self.normalized:
            d, dgamma, dbeta = backward_step_by_step(d, self.cache)
            self.gamma = self.gamma - lr * dgamma
        else:
            dbeta = d.sum(axis=0)
        self.beta = self.beta - lr * dbeta
        d_below, dW = d @ self.W.T, self.a.T @ d
        self.W = self.W - lr * dW
        return d_below


def train_in_stages(X, y, X_test, weights, orders, *, batch, lr, batchnorm=True, drop_last=True):
    """Lists of arrays, with the bias kept under the normalization, where its gradient is 0."""
    L = len(weights)
    W, b = [w.copy() for w in weights], [np.zeros(w.shape[1]) for w in weights]
    g, be = [np.ones_like(v) for v in b], [np.zeros_like(v) for v in b]
    mean, var = [np.zeros_like(v) for v in b], [np.ones_like(v) for v in b]
    C, losses = weights[-1].shape[1], []
    batches = [order[i : i + batch] for order in orders for i in range(0, len(order), batch)]
    for rows in batches:
        if drop_last and len(rows) < batch:
            continue
        a, caches = [X[rows]], []
        for l in range(L):
            z = a[l] @ W[l] + b[l]
            if batchnorm and l < L - 1:
                z, cache, mean[l], var[l] = forward_into_place(z, g[l], be[l], mean[l], var[l], training=True)
                caches.append(cache)
            a.append(z if l == L - 1 else np.maximum(0, z))
        top = a[-1].max(axis=1, keepdims=True)
        log_p = a[-1] - top - np.log(np.exp(a[-1] - top).sum(axis=1, keepdims=True))
        losses.append(-sum(log_p[i, y[r]] for i, r in enumerate(rows)) / len(rows))
        d = (np.exp(log_p) - np.eye(C)[y[rows]]) / len(rows)
        updates = []
        for l in range(L - 1, -1, -1):
            if l < L - 1:
                d = np.where(a[l + 1] > 0, d, 0)
                if batchnorm:
                    d, dg, dbe = backward_by_jacobian(d, caches[l])
                    updates += [(g[l], dg), (be[l], dbe)]
            updates += [(W[l], a[l].T @ d), (b[l], d.sum(axis=0))]
            d = d @ W[l].T
        for parameter, gradient in updates:
            parameter -= lr * gradient
    s = X_test
    for l in range(L):
        s = s @ W[l] + b[l]
        if l < L - 1:
            if batchnorm:
                s = forward_with_kept_axes(s, g[l], be[l], mean[l], var[l], training=False)[0]
            s = np.maximum(s, 0)
    return {"scores": s, "losses": tuple(losses), "parameters": W}


RIGHT["train_and_score"] = {"objects": (train_with_objects,), "lists, the Jacobian on the way back": (train_in_stages,)}

# ---------------------------------------------------------------- debug_batch_normalization


def predict_in_evaluation(net, X, batchnorm):
    z = X @ net["W1"] + net["b1"]
    args = [z, *(net[k] for k in ("gamma", "beta", "running_mean", "running_var"))]
    a = np.maximum(batchnorm(*args, training=False)[0], 0)
    return (a @ net["W2"] + net["b2"]).argmax(axis=1)


def predict_by_hand(net, X, batchnorm):
    found = []
    for x in X:
        x_hat = (x @ net["W1"] + net["b1"] - net["running_mean"]) / np.sqrt(net["running_var"] + 1e-5)
        a = np.maximum(net["gamma"] * x_hat + net["beta"], 0)
        found.append(int(np.argmax(a @ net["W2"] + net["b2"])))
    return found


def predict_folded(net, X, batchnorm):
    scale = net["gamma"] / np.sqrt(net["running_var"] + 1e-5)
    z = X @ (net["W1"] * scale) + (net["b1"] - net["running_mean"]) * scale + net["beta"]
    return np.argsort((z * (z > 0)) @ net["W2"] + net["b2"], axis=1)[:, -1]


RIGHT["debug_batch_normalization"] = {
    "evaluation": ("evaluation_mode", predict_in_evaluation),
    "by hand": ("evaluation_mode", predict_by_hand),
    "folded": ("evaluation_mode", predict_folded),
}
