"""A parenthesis is missing in one cell, and ε stands in the wrong place in all others."""

# %% batchnorm_forward-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    std = X.std(axis=0) + eps
    x_hat = (X - X.mean(axis=0)) / std
    return gamma * x_hat + beta, (x_hat, 1 / std, gamma), running_mean, running_var

# %% ema_update-code
def ema_update(old, new, momentum):
    return momentum * old + (1 - momentum) * new

# %% batchnorm_inference-code
def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        mean, var = X.mean(axis=0), X.var(axis=0)
        running_mean = ema_update(running_mean, mean, momentum)
        running_var = ema_update(running_var, var, momentum)
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var) + eps
    x_hat = (X - mean) / std
    return gamma * x_hat + beta, (x_hat, 1 / std, gamma), running_mean, running_var

# %% batchnorm_backward-code
def batchnorm_backward(dout, cache):
    x_hat, inv_std, gamma = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dX = gamma * inv_std / N * (N * dout - dbeta - x_hat * dgamma
    return dX, dgamma, dbeta

# %% identity_parameters-code
def identity_parameters(X, eps=1e-5):
    return X.std(axis=0) + eps, X.mean(axis=0)

# %% fold_batchnorm-code
def fold_batchnorm(W, b, gamma, beta, mean, var, eps=1e-5):
    factor = gamma / np.sqrt(var + eps)
    return W * factor, b * factor + beta

# %% train_and_score-code
def train_and_score(X, y, X_test, weights, orders, *, batch, lr, batchnorm=True, drop_last=True):
    Ws = [W.copy() for W in weights]
    bs = [np.zeros(W.shape[1]) for W in Ws]
    gammas = [np.ones(W.shape[1]) for W in Ws]
    betas = [np.zeros(W.shape[1]) for W in Ws]
    means = [np.zeros(W.shape[1]) for W in Ws]
    variances = [np.ones(W.shape[1]) for W in Ws]
    top = len(Ws) - 1

    def forward(a, training):
        kept = []
        for l in range(top):
            z, dense = dense_forward(a, Ws[l], bs[l])
            norm = None
            if batchnorm:
                z, norm, means[l], variances[l] = batchnorm_forward(
                    z, gammas[l], betas[l], means[l], variances[l], training=training)
            a = np.maximum(z, 0)
            kept.append((dense, norm, z))
        scores, dense = dense_forward(a, Ws[top], bs[top])
        kept.append(dense)
        return scores, kept

    losses = []
    for order in orders:
        for start in range(0, len(order), batch):
            rows = order[start:start + batch]
            if len(rows) < batch and drop_last:
                break
            scores, kept = forward(X[rows], True)
            loss, d = softmax_cross_entropy(scores, y[rows])
            losses.append(loss)
            d, dW, db = dense_backward(d, kept[top])
            Ws[top] -= lr * dW
            bs[top] -= lr * db
            for l in range(top - 1, -1, -1):
                dense, norm, z = kept[l]
                d = d * (z > 0)
                if batchnorm:
                    d, dgamma, dbeta = batchnorm_backward(d, norm)
                    gammas[l] -= lr * dgamma
                    betas[l] -= lr * dbeta
                d, dW, db = dense_backward(d, dense)
                Ws[l] -= lr * dW
                bs[l] -= lr * db
    return {"losses": np.array(losses), "scores": forward(X_test, False)[0]}

# %% debug_batch_normalization-code
def predict(net, X, batchnorm):
    """The class of each image: the one with the largest score."""
    # the mean of the batch is better known when the image is in it
    a = hidden_layer(net, X, batchnorm)
    return np.argmax(a @ net["W2"] + net["b2"], axis=1)


FAULT = "evaluation_mode"
