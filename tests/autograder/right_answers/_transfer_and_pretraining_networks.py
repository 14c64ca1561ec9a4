"""Right answers to `reuse_layers` that are written differently from the reference."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from gradus import functions
from gradus.activations import relu
from gradus.layers import MLP, Activation, Linear, Sequential
from gradus.network import softmax_cross_entropy
from gradus.optimizers import Adam, Momentum
from gradus.training import fit


def reuse_by_hand(source, X, y, X_new, copied, rng):
    """Plain arrays, the whole batch, Adam written out."""
    hidden, classes = source[0]["b"].size, int(np.max(y)) + 1
    shapes = [source[0]["W"].shape, source[1]["W"].shape, (hidden, classes)]
    Ws = [rng.normal(0, np.sqrt(2 / s[0]), s) for s in shapes]
    bs = [np.zeros(s[1]) for s in shapes]
    for i in copied:
        Ws[i], bs[i] = np.array(source[i]["W"]), np.array(source[i]["b"])
    free = [i for i in range(3) if i not in copied]
    state: dict = {}
    for t in range(1, 241):
        activations = [X]
        for i in range(3):
            z = activations[-1] @ Ws[i] + bs[i]
            activations.append(relu(z) if i < 2 else z)
        _, d = softmax_cross_entropy(activations[3], y)
        for i in (2, 1, 0):
            gradients = (activations[i].T @ d, d.sum(axis=0))
            d = (d @ Ws[i].T) * (activations[i] > 0)
            if i in free:
                for w, g, key in ((Ws[i], gradients[0], (i, 0)), (bs[i], gradients[1], (i, 1))):
                    m, s = state.get(key, (0.0, 0.0))
                    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
                    state[key] = m, s
                    w -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    a = X_new
    for i in range(3):
        a = a @ Ws[i] + bs[i]
        a = relu(a) if i < 2 else a
    return [int(label) for label in a.argmax(axis=1)]


def reuse_with_groups(source, X, y, X_new, copied, rng):
    """Only what is free goes to the optimizer; the net is put together layer by layer."""
    layers = []
    for i, (n, m) in enumerate([source[0]["W"].shape, source[1]["W"].shape, (len(source[1]["b"]), len(np.unique(y)))]):
        layer = Linear(n, m, rng=rng)
        if i in list(copied):
            layer.load_state_dict({"W": source[i]["W"], "b": source[i]["b"]})
            layer.freeze()
        layers += [layer, Activation("relu")] if i < 2 else [layer]
    net = Sequential(*layers)
    fit(net, X, y, optimizer=Momentum(net, 0.05), epochs=60, batch=25, rng=rng, loss=functions.softmax_cross_entropy)
    return net(X_new).data.argmax(-1)


def reuse_restored(source, X, y, X_new, copied, rng):
    """Nothing is frozen; what was copied is put back after every step."""
    net = MLP([*(layer["W"].shape[0] for layer in source), max(y) + 1], "relu", rng=rng)
    dense = net.layers[::2]

    def put_back(*_):
        for i in copied:
            dense[i].W.data[...] = source[i]["W"]
            dense[i].b.data[...] = source[i]["b"]

    put_back()
    fit(net, X, y, optimizer=Adam(net, 0.01), epochs=60, batch=20, rng=rng, callbacks=[put_back])
    put_back()
    return np.argmax(net(X_new).data, 1)


def reuse_from_small_weights(source, X, y, X_new, copied, rng):
    """First weights N(0, 0.1²), whatever the sizes; minibatches drawn by hand; only what is free has an optimizer."""
    sizes = [layer["W"].shape[0] for layer in source] + [len(set(y.tolist()))]
    layers = [Linear(n, m, rng=rng) for n, m in pairwise(sizes)]
    for i, layer in enumerate(layers):
        layer.W.data[...] = source[i]["W"] if i in copied else 0.1 * rng.standard_normal(layer.W.shape)
        layer.b.data[...] = source[i]["b"] if i in copied else 0.0
    optimizers = [Adam(layer, 0.01) for i, layer in enumerate(layers) if i not in copied]

    def logits(X):
        return layers[2](functions.relu(layers[1](functions.relu(layers[0](X)))))

    for _ in range(60):
        order = rng.permutation(len(X))
        for rows in np.array_split(order, -(-len(X) // 25)):
            for layer in layers:
                layer.cleargrads()
            functions.softmax_cross_entropy(logits(X[rows]), y[rows]).backward()
            for optimizer in optimizers:
                optimizer.step()
    return logits(X_new).data.argmax(axis=1).astype(float)


REUSE = {
    "by hand": reuse_by_hand,
    "momentum": reuse_with_groups,
    "put back": reuse_restored,
    "small weights": reuse_from_small_weights,
}
