"""Wrong versions of the exercises of `transfer_and_pretraining`, as students write them. Their sentences stand there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from gradus.layers import MLP, Linear
from gradus.optimizers import Adam
from gradus.training import fit

from autograder.checks._transfer_and_pretraining_reference import Array, Dense, Rng, copy_layers

F = Callable[..., Any]

# ---------------------------------------------------------------- copy_layers


def shares_arrays(src, dst, k):
    for i in range(k):
        dst[i].W, dst[i].b = src[i].W, src[i].b


def shares_biases(src, dst, k):
    for i in range(k):
        dst[i].W, dst[i].b = src[i].W.copy(), src[i].b


def shares_layers(src, dst, k):
    dst[:k] = src[:k]


def forgets_biases(src, dst, k):
    for i in range(k):
        dst[i].W = src[i].W.copy()


def one_more(src, dst, k):
    copy_layers(src, dst, min(k + 1, len(src)))


def all_of_them(src, dst, k):
    copy_layers(src, dst, len(src))


def one_less(src, dst, k):
    copy_layers(src, dst, max(k - 1, 0))


def top_layers(src, dst, k):
    for i in range(len(src) - k, len(src)):
        dst[i] = Dense(src[i].W, src[i].b)


def wrong_way(src, dst, k):
    copy_layers(dst, src, k)


def returns_a_new_list(src, dst, k):
    return [Dense(layer.W, layer.b) for layer in src[:k]] + dst[k:]


# ---------------------------------------------------------------- frozen_step


def step_with(
    is_frozen: F = lambda name, frozen: name.split(".")[0] in frozen,
    frozen_gradient: F | None = None,
    stats_move: F = lambda frozen: not frozen,
    decay: F = lambda name, is_frozen, weight_decay: weight_decay,
    velocity_of: F = lambda old, g, lr, beta: beta * old - lr * g,
    gradient: F = lambda g, w, weight_decay: g + weight_decay * w,
) -> F:
    """frozen_step with one part in a wrong version; frozen_gradient(g) goes on as if nothing were frozen, with that gradient."""

    def frozen_step(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
        params, velocity = dict(params), dict(velocity)
        for name, w in params.items():
            held = is_frozen(name, frozen)
            if name in grads and not (held and frozen_gradient is None):
                g = frozen_gradient(grads[name]) if held else grads[name]
                g = gradient(g, w, decay(name, held, weight_decay))
                velocity[name] = velocity_of(velocity.get(name, 0.0), g, lr, beta)
                params[name] = w + velocity[name]
            elif name in stats and stats_move(held):
                params[name] = stats[name]
        return params, velocity

    return frozen_step


def shrinks_what_is_frozen(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    shrunk = {
        n: w * (1 - lr * weight_decay) if n in grads and n.split(".")[0] in frozen else w for n, w in params.items()
    }
    return step_with()(shrunk, grads, stats, velocity, frozen, lr=lr, beta=beta, weight_decay=weight_decay)


def decays_past_the_momentum(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    step = step_with(gradient=lambda g, w, weight_decay: g)
    new, velocity = step(params, grads, stats, velocity, frozen, lr=lr, beta=beta, weight_decay=weight_decay)
    for name in grads:
        if name.split(".")[0] not in frozen:
            new[name] = new[name] - lr * weight_decay * params[name]
    return new, velocity


def averages_statistics(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    averaged = {name: beta * params[name] + (1 - beta) * new for name, new in stats.items()}
    return step_with()(params, grads, averaged, velocity, frozen, lr=lr, beta=beta, weight_decay=weight_decay)


def writes_into_velocity(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    new, moved = step_with()(params, grads, stats, velocity, frozen, lr=lr, beta=beta, weight_decay=weight_decay)
    velocity.update(moved)
    return new, velocity


def writes_into_params(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    new, velocity = step_with()(params, grads, stats, velocity, frozen, lr=lr, beta=beta, weight_decay=weight_decay)
    for name in params:
        params[name] = new[name]
    return params, velocity


# ---------------------------------------------------------------- reuse_layers


def reuse_with(
    take: F = lambda copied: copied,
    freeze: bool = True,
    layer_of_source: F = lambda i: i,
    only_frozen: bool = False,
    train: bool = True,
    biases: bool = True,
) -> F:
    """reuse_layers with one part in a wrong version."""

    def reuse_layers(source, X, y, X_new, copied, rng):
        sizes = [source[0]["W"].shape[0], *(layer["W"].shape[1] for layer in source[:-1]), int(y.max()) + 1]
        net = MLP(sizes, "relu", rng=rng)
        dense = [layer for layer in net.layers if isinstance(layer, Linear)]
        for i in take(copied):
            if not only_frozen and dense[i].W.data.shape == source[layer_of_source(i)]["W"].shape:
                dense[i].W.data[...] = source[layer_of_source(i)]["W"]
                if biases:
                    dense[i].b.data[...] = source[layer_of_source(i)]["b"]
            if freeze:
                dense[i].freeze()
        if train:
            fit(net, X, y, optimizer=Adam(net, 0.01), epochs=60, batch=25, rng=rng)
        return np.argmax(net(X_new).data, axis=1)

    return reuse_layers


# ---------------------------------------------------------------- honest_report


def report_with(
    values: F = lambda trial, draws: [[trial(m, d) for d in range(draws)] for m in ("scratch", "frozen")],
    mean: F = np.mean,
    spread: F = lambda scratch, frozen: np.std(frozen - scratch, ddof=1),
    error: F = lambda spread, draws: spread / np.sqrt(draws),
    verdict: F = lambda gain, error: "cannot tell" if abs(gain) <= 2 * error else "helps" if gain > 0 else "harms",
    least: int = 5,
) -> F:
    """honest_report with one part in a wrong version."""

    def honest_report(trial, draws):
        if draws < least:
            raise ValueError("too few draws")
        scratch, frozen = (np.array(v) for v in values(trial, draws))
        found = spread(scratch, frozen)
        return {
            "scratch": float(mean(scratch)),
            "frozen": float(mean(frozen)),
            "spread": float(found),
            "verdict": verdict(float(mean(frozen) - mean(scratch)), error(found, draws)),
        }

    return honest_report


def asserts_draws(trial, draws):
    assert draws >= 5, "too few draws"
    return report_with()(trial, draws)


# ---------------------------------------------------------------- denoising_gradients


def denoising_with(
    target: F = lambda X, X_noisy: X,
    loss: F = lambda E, X: np.mean(E**2),
    dR: F = lambda E, X: 2 * E / X.size,
    slope: F = lambda h, z: 1 - h * h,
    back: F = lambda dR, W2: dR @ W2.T,
    into_W1: F = lambda X, X_noisy: X_noisy,
    into_W2: F = lambda h, z: h,
    bias: F = lambda d: d.sum(axis=0),
    output: F = lambda r: r,
) -> F:
    """Loss and gradients with one line in a wrong version."""

    def denoising_gradients(params, X, X_noisy):
        W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
        z = X_noisy @ W1 + b1
        h = np.tanh(z)
        E = output(h @ W2 + b2) - target(X, X_noisy)
        d = dR(E, X)
        dz = back(d, W2) * slope(h, z)
        grads = {"W1": into_W1(X, X_noisy).T @ dz, "b1": bias(dz), "W2": into_W2(h, z).T @ d, "b2": bias(d)}
        return float(loss(E, X)), grads

    return denoising_gradients


def corrupted_entries_only(params, X, X_noisy):
    seen = denoising_with(
        loss=lambda E, X: np.mean((E * (X_noisy != X)) ** 2), dR=lambda E, X: 2 * E * (X_noisy != X) / X.size
    )
    return seen(params, X, X_noisy)


# ---------------------------------------------------------------- make_pairs, make_rotation_task


def pairs_with(
    positives: F = lambda n: n // 2,
    partners: F = lambda y, i, wanted: np.flatnonzero((y == y[i]) == wanted),
    itself: bool = False,
    label: F = lambda wanted: int(wanted),
    first: F = lambda N, rng, t: rng.integers(N),
    generator: F = lambda rng: rng,
    order: F = lambda kinds, rng: rng.permutation(kinds),
    shape: F = lambda pairs: pairs,
) -> F:
    """make_pairs, pair by pair, with one part in a wrong version."""

    def make_pairs(X, y, n, rng):
        rng = generator(rng)
        kinds = order(np.arange(n) < positives(n), rng)
        pairs, same = [], []
        for t, wanted in enumerate(kinds):
            i = first(len(X), rng, t)
            others = partners(y, i, wanted)
            j = rng.choice(others if itself else others[others != i])
            pairs.append((X[i], X[j]))
            same.append(label(wanted))
        return shape(np.array(pairs)), np.array(same)

    return make_pairs


def pairs_of_one_class(X, y, n, rng):
    """The class is drawn once, before the loop."""
    c = rng.choice(np.unique(y))
    pairs, same = [], []
    for wanted in rng.permutation(np.arange(n) < n // 2):
        i = rng.choice(np.flatnonzero(y == c)) if wanted else rng.integers(len(X))
        j = rng.choice([k for k in np.flatnonzero((y == y[i]) == wanted) if k != i])
        pairs.append((X[i], X[j]))
        same.append(int(wanted))
    return np.array(pairs), np.array(same)


def shuffled_apart(X, y, n, rng):
    pairs, same = pairs_with()(X, y, n, rng)
    rng.shuffle(same)
    return pairs, same


def any_two(X, y, n, rng):
    i = rng.integers(len(X), size=n)
    j = (i + rng.integers(1, len(X), n)) % len(X)
    return np.stack([X[i], X[j]], axis=1), (y[i] == y[j]).astype(int)


def rotations_with(
    turn: F = lambda image, k: np.rot90(image, k), labels: F = lambda N: np.repeat(np.arange(4), N)
) -> F:
    def make_rotation_task(images):
        return np.array([turn(image, k) for k in range(4) for image in images]), labels(len(images))

    return make_rotation_task


def one_turn_each(images):
    labels = np.arange(len(images)) % 4
    return np.array([np.rot90(image, k) for image, k in zip(images, labels, strict=True)]), labels


# ---------------------------------------------------------------- debug_transfer_and_pretraining


def from_classes(keep: Callable[[Array, Collection[int]], Array]) -> F:
    """pairs_to_pretrain with another choice of samples."""

    def pairs_to_pretrain(X: Array, y: Array, target: Collection[int], n: int, rng: Rng) -> tuple[Array, Array]:
        chosen = keep(y, target)
        return pairs_with()(X[chosen], y[chosen], n, rng)

    return pairs_to_pretrain


def partner_of_any_class(X: Array, y: Array, target: Collection[int], n: int, rng: Rng) -> tuple[Array, Array]:
    """Only the first sample of a pair is kept out of the target's classes."""
    allowed = np.flatnonzero(~np.isin(y, list(target)))
    return pairs_with(first=lambda N, rng, t: rng.choice(allowed))(X, y, n, rng)
