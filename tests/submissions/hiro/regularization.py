"""Half finished; draws until all examples lose equally many units, which they never do."""

# %% l1_penalty-code
def l1_penalty(ws, lam):
    return lam * sum(np.sum(np.abs(w)) for w in ws)


def l1_grad(ws, lam):
    return [lam * np.sign(w) for w in ws]


def l2_penalty(ws, lam):
    # the norm of the weights
    return lam / 2 * np.sqrt(sum(np.sum(w**2) for w in ws))


def l2_grad(ws, lam):
    return [lam * w for w in ws]


def penalized(loss, grads, params, lam1, lam2):
    raise NotImplementedError  # your code here

# %% soft_threshold-code
def soft_threshold(w, t):
    return w - t * np.sign(w)


def proximal_step(w, g, lr, lam):
    return soft_threshold(w - lr * g, lr * lam)

# %% dropout_forward-code
def dropout_forward(x, rate, rng, training, mask=None):
    if not training:
        return x, np.ones_like(x)
    if mask is None:
        mask = rng.random(x.shape) >= rate
        while len(set(mask.sum(axis=1))) > 1:
            mask = rng.random(x.shape) >= rate
    mask = (mask / (1 - rate)).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout * mask

# %% max_norm-code
def max_norm(W, r):
    norms = np.sqrt(np.sum(W**2, axis=1, keepdims=True))
    return W * (r / np.maximum(norms, r))
