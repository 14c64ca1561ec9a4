"""Divides by N - 1 as in statistics class, did half of it, and threw a cell away."""

# delete: identity_parameters-code

# %% batchnorm_forward-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    N, D = X.shape
    out = np.zeros_like(X)
    x_hat = np.zeros_like(X)
    inv_std = np.zeros_like(gamma)
    for d in range(D):
        column = X[:, d]
        m = sum(column) / N
        v = sum((x - m) ** 2 for x in column) / (N - 1)
        inv_std[d] = 1 / np.sqrt(v + eps)
        x_hat[:, d] = (column - m) * inv_std[d]
        out[:, d] = gamma[d] * x_hat[:, d] + beta[d]
    return out, (x_hat, inv_std, gamma), running_mean, running_var

# %% ema_update-code
def ema_update(old, new, momentum):
    share = 1.0 - momentum
    return new * share + old * momentum

# %% batchnorm_inference-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training is True:
        m = X.mean(axis=0)
        v = X.var(axis=0, ddof=1)
        running_mean = ema_update(running_mean, m, momentum)
        running_var = ema_update(running_var, v, momentum)
    else:
        m = running_mean
        v = running_var
    x_hat = (X - m) / np.sqrt(v + eps)
    return gamma * x_hat + beta, (x_hat, 1 / np.sqrt(v + eps), gamma), running_mean, running_var

# %% fold_batchnorm-code
def fold_batchnorm(W, b, gamma, beta, mean, var, eps=1e-5):
    G = np.diag(gamma / np.sqrt(var + eps))
    return W @ G, (b - mean) @ G + beta
