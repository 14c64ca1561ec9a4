"""Knows PyTorch, and believes that statistics are constants."""

# %% batchnorm_forward-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    mu = X.mean(0)
    var = X.var(0)
    inv_std = (var + eps) ** -0.5
    x_hat = (X - mu) * inv_std
    return x_hat * gamma + beta, (x_hat, inv_std, gamma), running_mean, running_var

# %% ema_update-code
def ema_update(old, new, momentum):
    # as in torch.nn.BatchNorm1d
    return (1 - momentum) * old + momentum * new

# %% batchnorm_inference-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        mu = X.mean(0)
        var = X.var(0)
        running_mean = ema_update(running_mean, mu, momentum)
        running_var = ema_update(running_var, var, momentum)
    else:
        mu = running_mean
        var = running_var
    inv_std = (var + eps) ** -0.5
    x_hat = (X - mu) * inv_std
    return x_hat * gamma + beta, (x_hat, inv_std, gamma), running_mean, running_var

# %% batchnorm_backward-code
def batchnorm_backward(dout, cache):
    x_hat, inv_std, gamma = cache
    dgamma = (dout * x_hat).sum(0)
    dbeta = dout.sum(0)
    dX = dout * gamma * inv_std
    return dX, dgamma, dbeta

# %% identity_parameters-code
def identity_parameters(X, eps=1e-5):
    # gamma = the variance and beta = the mean, as in my notes
    return X.var(axis=0), X.mean(axis=0)

# %% fold_batchnorm-code
def fold_batchnorm(W, b, gamma, beta, mean, var, eps=1e-5):
    scale = gamma / np.sqrt(var + eps)
    W_new = scale[:, None] * W
    b_new = scale * (b - mean) + beta
    return W_new, b_new

# %% debug_batch_normalization-code
def predict(net, X, batchnorm):
    z = X @ net["W1"] + net["b1"]
    out = batchnorm(z, net["gamma"], net["beta"], net["running_mean"], net["running_var"], training=False)[0]
    return np.argmax(np.maximum(out, 0) @ net["W2"] + net["b2"], axis=1)


FAULT = "wrong_axis"
