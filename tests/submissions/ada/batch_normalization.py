"""Everything right, one thing at a time."""

# %% batchnorm_forward-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    N = X.shape[0]
    mu = X.sum(axis=0) / N
    centred = X - mu
    var = (centred**2).sum(axis=0) / N
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = centred * inv_std
    out = gamma * x_hat + beta
    cache = (x_hat, inv_std, gamma)
    return out, cache, running_mean, running_var

# %% ema_update-code
def ema_update(old, new, momentum):
    return old + (1 - momentum) * (new - old)

# %% batchnorm_inference-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        mean = X.mean(axis=0)
        var = ((X - mean) ** 2).mean(axis=0)
        new_mean = ema_update(running_mean, mean, momentum)
        new_var = ema_update(running_var, var, momentum)
    else:
        mean, var = running_mean, running_var
        new_mean, new_var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (X - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, inv_std, gamma), new_mean, new_var

# %% batchnorm_backward-code
def batchnorm_backward(dout, cache):
    x_hat, inv_std, gamma = cache
    N = dout.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    # x_hat = centred * inv_std
    centred = x_hat / inv_std
    dinv_std = np.sum(dx_hat * centred, axis=0)
    dcentred = dx_hat * inv_std
    # inv_std = (var + eps) ** -0.5
    dvar = -0.5 * inv_std**3 * dinv_std
    # var = mean of centred ** 2
    dcentred = dcentred + 2 * centred * dvar / N
    # centred = X - mu
    dmu = -np.sum(dcentred, axis=0)
    return dcentred + dmu / N, dgamma, dbeta

# %% identity_parameters-code
def identity_parameters(X, eps=1e-5):
    beta = X.mean(axis=0)
    gamma = ((X - beta) ** 2).mean(axis=0)
    return (gamma + eps) ** 0.5, beta

# %% fold_batchnorm-code
def fold_batchnorm(W, b, gamma, beta, mean, var, eps=1e-5):
    factor = gamma / np.sqrt(var + eps)
    W_new = np.zeros_like(W)
    for j in range(W.shape[1]):
        W_new[:, j] = W[:, j] * factor[j]
    return W_new, b * factor + beta - mean * factor

# %% + train_and_score-code
class Hidden:
    """A dense layer, its normalization, and ReLU."""

    def __init__(self, W, batchnorm):
        H = W.shape[1]
        self.W, self.b = W + 0, np.zeros(H)
        self.batchnorm = batchnorm
        self.gamma, self.beta = np.ones(H), np.zeros(H)
        self.mean, self.var = np.zeros(H), np.ones(H)

    def forward(self, a, training):
        z, self.of_dense = dense_forward(a, self.W, self.b)
        if self.batchnorm:
            z, self.of_norm, self.mean, self.var = batchnorm_forward(
                z, self.gamma, self.beta, self.mean, self.var, training=training)
        self.z = z
        return np.maximum(z, 0)

    def backward(self, da, lr):
        dz = np.where(self.z > 0, da, 0)
        if self.batchnorm:
            dz, dgamma, dbeta = batchnorm_backward(dz, self.of_norm)
            self.gamma, self.beta = self.gamma - lr * dgamma, self.beta - lr * dbeta
        da, dW, db = dense_backward(dz, self.of_dense)
        self.W, self.b = self.W - lr * dW, self.b - lr * db
        return da

# %% train_and_score-code
def train_and_score(X, y, X_test, weights, orders, *, batch, lr, batchnorm=True, drop_last=True):
    hidden = [Hidden(W, batchnorm) for W in weights[:-1]]
    W, b = weights[-1] + 0, np.zeros(weights[-1].shape[1])
    losses = []
    for order in orders:
        end = len(order) // batch * batch if drop_last else len(order)
        for start in range(0, end, batch):
            rows = order[start:min(start + batch, end)]
            a = X[rows]
            for layer in hidden:
                a = layer.forward(a, True)
            scores, cache = dense_forward(a, W, b)
            loss, dscores = softmax_cross_entropy(scores, y[rows])
            losses.append(loss)
            da, dW, db = dense_backward(dscores, cache)
            W, b = W - lr * dW, b - lr * db
            for layer in hidden[::-1]:
                da = layer.backward(da, lr)
    a = X_test
    for layer in hidden:
        a = layer.forward(a, False)
    return {"losses": losses, "scores": a @ W + b}

# %% debug_batch_normalization-code
def predict(net, X, batchnorm):
    """The class of each image: the one with the largest score."""
    a = hidden_layer(net, X, batchnorm, training=False)
    return (a @ net["W2"] + net["b2"]).argmax(axis=1)


FAULT = "evaluation_mode"

# %% explain_batch_normalization
The normalization divides by the standard deviation of what the weights give, so a factor in the weights cancels and the first loss is the same. The gradient of the large weights is smaller by the same factor, and the weights are larger, so a step changes them by a hundredth when they are ten times as large. At 10 and 100 they hardly move at all; only gamma, beta and the last layer learn. With run_on_digits(0, [1000, 1000, 1000, 0.2]) I get the same curve once more.
