"""Everything right: classes for what is remembered, and loops where they are clearer."""

# %% gd_step-code
def gd_step(w, g, state, *, lr):
    return w - lr * g, None

# %% + momentum_step-code
class Memory:
    """Arrays by name, zeros until they are set, and a number of steps."""

    def __init__(self, like):
        self.like = like
        self.arrays = {}
        self.steps = 0

    def __getitem__(self, name):
        if name not in self.arrays:
            self.arrays[name] = np.zeros_like(self.like)
        return self.arrays[name]

    def __setitem__(self, name, array):
        self.arrays[name] = array

    @property
    def t(self):
        return self.steps


def recall(state, w):
    memory = Memory(w) if state == {} else state
    memory.steps += 1
    return memory

# %% momentum_step-code
def momentum_step(w, g, state, *, lr, beta=0.9):
    memory = recall(state, w)
    memory["velocity"] = beta * memory["velocity"] - lr * g
    return w + memory["velocity"], memory

# %% nesterov_step-code
def nesterov_step(w, grad_fn, state, *, lr, beta=0.9):
    memory = recall(state, w)
    ahead = w + beta * memory["velocity"]
    new = ahead - lr * grad_fn(ahead)
    memory["velocity"] = new - w
    return new, memory

# %% adagrad_step-code
def adagrad_step(w, g, state, *, lr, eps=1e-10):
    memory = recall(state, w)
    memory["squares"] = memory["squares"] + g * g
    return w - lr * g / (np.sqrt(memory["squares"]) + eps), memory


def rmsprop_step(w, g, state, *, lr, rho=0.9, eps=1e-8):
    memory = recall(state, w)
    memory["squares"] = memory["squares"] + (1 - rho) * (g * g - memory["squares"])
    return w - lr * g / (np.sqrt(memory["squares"]) + eps), memory

# %% adam_step-code
def adam_step(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    memory = recall(state, w)
    memory["m"] = beta1 * memory["m"] + (1 - beta1) * g
    memory["s"] = beta2 * memory["s"] + (1 - beta2) * g * g
    m = memory["m"] / (1 - beta1**memory.t)
    s = memory["s"] / (1 - beta2**memory.t)
    return w - lr * m / (s**0.5 + eps), memory

# %% adamax_step-code
def adamax_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    memory = recall(state, w)
    memory["m"] = beta1 * memory["m"] + (1 - beta1) * g
    memory["u"] = np.maximum(beta2 * memory["u"], abs(g))
    where = memory["u"] > 0
    step = np.zeros_like(w)
    step[where] = memory["m"][where] / memory["u"][where]
    return w - lr / (1 - beta1**memory.t) * step, memory


def nadam_step(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    memory = recall(state, w)
    t = memory.t
    memory["m"] = beta1 * memory["m"] + (1 - beta1) * g
    memory["s"] = beta2 * memory["s"] + (1 - beta2) * g * g
    look = beta1 / (1 - beta1 ** (t + 1)) * memory["m"] + (1 - beta1) / (1 - beta1**t) * g
    return w - lr * look / (np.sqrt(memory["s"] / (1 - beta2**t)) + eps), memory

# %% measure_velocity-code
def measure_velocity(step, g, *, lr, beta):
    places, state = [np.zeros(g.shape)], {}
    for _ in range(2000):
        w, state = step(places[-1], g, state, lr=lr, beta=beta)
        places.append(w)
    lengths = np.array([np.linalg.norm(b - a) for a, b in zip(places, places[1:])])
    first = np.flatnonzero(lengths >= 0.9 * lengths[-1])[0]
    return lengths[-1] / np.linalg.norm(lr * g), first + 1


def steps_to_leave(step, grad_fn, x, edge, at_most, **hyper):
    state = {}
    n = 0
    while n < at_most:
        x, state = step(x, grad_fn(x), state, **hyper)
        n += 1
        if (np.abs(x) < edge).all():
            return n

# %% wilson_data-code
def wilson_data(n, p, rng):
    y = rng.choice([1.0, -1.0], size=n, p=[p, 1 - p])
    rows = []
    for i, label in enumerate(y):
        row = np.zeros(3 + 5 * n)
        row[:3] = label, 1, 1
        if label == 1:
            row[5 * i + 3] = 1
        else:
            row[5 * i + 3 : 5 * i + 8] = 1
        rows.append(row)
    return np.array(rows), y


def train_and_test(step, X, y, n_train, steps, **hyper):
    train, test = slice(0, n_train), slice(n_train, len(y))
    w, state = np.zeros(X.shape[1]), {}
    for _ in range(steps):
        off = X[train] @ w - y[train]
        w, state = step(w, (off[:, None] * X[train]).mean(axis=0), state, **hyper)
    off = X[train] @ w - y[train]
    return [(off**2).mean(), ((X[test] @ w) * y[test] > 0).mean()]

# %% debug_optimizers-code
def train(step, params, loss_and_grads, steps, **hyper):
    losses, states = [], {}
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        moved = {}
        for name in params:
            moved[name], states[name] = step(params[name], grads[name], states.get(name, {}), **hyper)
        params = moved
    return params, losses


FAULT = "forgotten_state"
