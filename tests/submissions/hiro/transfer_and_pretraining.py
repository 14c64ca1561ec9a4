"""Half finished; one loop never ends."""

# %% copy_layers-code
class Dense:
    """A dense layer. Given; leave it as it is."""

    def __init__(self, W, b):
        self.W = np.array(W)
        self.b = np.array(b)

    def step(self, dW, db, lr):
        """A step of gradient descent, in place."""
        self.W -= lr * dW
        self.b -= lr * db


def copy_layers(src, dst, k):
    for i in range(k):
        dst[i].W = src[i].W * 1.0

# %% frozen_step-code
def frozen_step(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    names = list(params)
    new = {}
    i = 0
    while i < len(names):
        if names[i].split(".")[0] in frozen:
            continue
        new[names[i]] = params[names[i]]
    return new, velocity

# %% honest_report-code
def honest_report(trial, draws):
    if draws < 5:
        raise ValueError
    scratch, frozen = [], []
    for d in range(draws):
        scratch.append(trial("scratch", d))
        frozen.append(trial("frozen", d))
    difference = np.array(frozen) - np.array(scratch)
    return {
        "scratch": sum(scratch) / draws,
        "frozen": sum(frozen) / draws,
        "spread": np.std(difference, ddof=1),
        "verdict": "helps" if difference.mean() > 0 else "harms",
    }

# %% debug_transfer_and_pretraining-code
def pairs_to_pretrain(X, y, target, n, rng):
    raise NotImplementedError  # your code here


FAULT = "labels_leak"
