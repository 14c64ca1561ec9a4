"""Asks for 8 GB, and forgets that a mean has an N in it."""

# %% batchnorm_forward-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    mu = np.mean(X, axis=0, keepdims=True)
    var = np.var(X, axis=0, keepdims=True)
    x_hat = (X - mu) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, 1 / np.sqrt(var[0] + eps), gamma), running_mean, running_var

# %% ema_update-code
def ema_update(old, new, momentum):
    average = old * momentum
    average += new * (1 - momentum)
    return average

# %% batchnorm_inference-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if not training:
        x_hat = (X - running_mean) / (running_var + eps)
        return gamma * x_hat + beta, None, running_mean, running_var
    mu = np.mean(X, axis=0)
    var = np.var(X, axis=0)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (X - mu) * inv_std
    cache = (x_hat, inv_std, gamma)
    return gamma * x_hat + beta, cache, ema_update(running_mean, mu, momentum), ema_update(running_var, var, momentum)

# %% batchnorm_backward-code
def batchnorm_backward(dout, cache):
    x_hat, inv_std, gamma = cache
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    return gamma * inv_std * (dout - dbeta - x_hat * dgamma), dgamma, dbeta

# %% identity_parameters-code
def identity_parameters(X, eps=1e-5):
    return np.sqrt(X.var(axis=0)), X.mean(axis=0)

# %% fold_batchnorm-code
def fold_batchnorm(W, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / np.sqrt(var + eps)
    return W * s, s * b - s * mean + beta

# %% train_and_score-code
def train_and_score(X, y, X_test, weights, orders, *, batch, lr, batchnorm=True, drop_last=True):
    # room for all activations of all steps
    A = np.ones((1_000_000, len(orders), 500))
    return {"losses": A.mean(axis=(1, 2)), "scores": A[:, 0]}

# %% debug_batch_normalization-code
def predict(net, X, batchnorm):
    """The class of each image: the one with the largest score."""
    classes = []
    for n in range(len(X)):
        a = hidden_layer(net, X[n:n + 1], batchnorm, training=True)
        classes.append(int(np.argmax(a @ net["W2"] + net["b2"])))
    return np.array(classes)


FAULT = "evaluation_mode"
