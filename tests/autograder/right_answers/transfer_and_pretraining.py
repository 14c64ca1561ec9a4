"""Right answers to `transfer_and_pretraining` that are written differently from the reference."""

from __future__ import annotations

import copy
import math
import statistics

import numpy as np

from autograder.checks._transfer_and_pretraining_reference import Dense
from right_answers._transfer_and_pretraining_networks import REUSE

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- copy_layers


def copy_into_the_arrays(src, dst, k):
    for i in range(k):
        dst[i].W[...] = src[i].W
        dst[i].b[:] = src[i].b


def copy_whole_layers(src, dst, k):
    dst[:k] = copy.deepcopy(src[:k])


def copy_entry_by_entry(src, dst, k):
    for i, layer in enumerate(src):
        if i < k:
            rows, columns = layer.W.shape
            for r in range(rows):
                for c in range(columns):
                    dst[i].W[r, c] = layer.W[r, c]
            dst[i].b = np.array([float(v) for v in layer.b])
    return dst


def copy_by_new_layers(src, dst, k):
    dst[:] = [Dense(layer.W, layer.b) if i < k else dst[i] for i, layer in enumerate(src)]


RIGHT["copy_layers"] = {
    "in place": (copy_into_the_arrays, Dense), "deepcopy": (copy_whole_layers, Dense), "loops": (copy_entry_by_entry, Dense),
    "new layers": (copy_by_new_layers, Dense),
}  # fmt: skip

# ---------------------------------------------------------------- frozen_step


def step_by_lists(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    learning = [name for name in params if name.partition(".")[0] not in set(frozen)]
    new_velocity = {
        n: beta * velocity[n] if n in velocity else np.zeros_like(params[n]) for n in grads if n in learning
    }
    for name in new_velocity:
        new_velocity[name] = new_velocity[name] - lr * grads[name] - lr * weight_decay * params[name]
    moved = {n: params[n] + v for n, v in new_velocity.items()}
    measured = {n: v.copy() for n, v in stats.items() if n in learning}
    return {n: moved.get(n, measured.get(n, w)) for n, w in params.items()}, new_velocity


def step_as_pytorch(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    """The buffer without the rate in it: the same path while the rate stays."""
    new, buffers = {}, {}
    for name in params:
        layer, _ = name.split(".", 1)
        if layer in list(frozen):
            new[name] = params[name].copy()
            buffers[name] = velocity.get(name)
        elif name in stats:
            new[name] = np.array(stats[name])
        else:
            g = grads[name] + weight_decay * params[name]
            old = velocity.get(name)
            buffers[name] = g if old is None else beta * old + g
            new[name] = params[name] - lr * buffers[name]
    return [new, buffers]


def step_on_deep_copies(params, grads, stats, velocity, frozen, *, lr, beta, weight_decay):
    """Everything copied first, changed in place then; what is frozen forgets its velocity."""
    params, velocity = copy.deepcopy(params), copy.deepcopy(velocity)
    for name, g in grads.items():
        if name[: name.index(".")] in frozen:
            velocity.pop(name, None)
            continue
        velocity.setdefault(name, np.zeros(g.shape))
        velocity[name] *= beta
        velocity[name] -= lr * g
        velocity[name] -= lr * weight_decay * params[name]
        params[name] += velocity[name]
    for name, value in stats.items():
        if name[: name.index(".")] not in frozen:
            params[name][...] = value
    return params, velocity


RIGHT["frozen_step"] = {
    "by lists": (step_by_lists,), "as PyTorch": (step_as_pytorch,), "deep copies": (step_on_deep_copies,),
}  # fmt: skip

RIGHT["reuse_layers"] = {name: (reuse,) for name, reuse in REUSE.items()}

# ---------------------------------------------------------------- honest_report


def report_with_statistics(trial, draws):
    if not draws >= 5:
        raise ValueError("at least five draws of the labels, please")
    scratch = [trial("scratch", d) for d in range(draws)]
    frozen = [trial("frozen", d) for d in range(draws)]
    gains = [f - s for f, s in zip(frozen, scratch, strict=True)]
    t = statistics.mean(gains) / (statistics.stdev(gains) / math.sqrt(draws))
    verdict = "helps" if t > 2 else "harms" if t < -2 else "cannot tell"
    return {"verdict": verdict, "spread": statistics.stdev(gains), "scratch": statistics.mean(scratch),
            "frozen": statistics.mean(frozen)}  # fmt: skip


def report_draw_by_draw(trial, draws):
    if draws < 5:
        raise ValueError
    total = {"scratch": 0.0, "frozen": 0.0}
    gains = np.empty(draws)
    for d in reversed(range(draws)):
        f, s = trial("frozen", d), trial("scratch", d)
        total["frozen"] += f
        total["scratch"] += s
        gains[d] = f - s
    spread = np.sqrt(((gains - gains.mean()) ** 2).sum() / (draws - 1))
    low, high = gains.mean() - 2 * spread / draws**0.5, gains.mean() + 2 * spread / draws**0.5
    report = {k: v / draws for k, v in total.items()}
    report["spread"] = spread
    report["verdict"] = "cannot tell" if low <= 0 <= high else ("harms" if high < 0 else "helps")
    return report


def report_in_numpy_scalars(trial, draws):
    if draws < 5:
        raise ValueError("draws")
    measured = np.array([[trial(method, d) for d in np.arange(draws)] for method in ("scratch", "frozen")])
    (gain,) = np.diff(measured, axis=0)
    errors = gain.mean() / (gain.std(ddof=1) / np.sqrt(draws))
    verdict = np.select([errors > 2, errors < -2], ["helps", "harms"], "cannot tell")
    scratch, frozen = measured.mean(axis=1)
    return {"scratch": scratch, "frozen": frozen, "spread": gain.std(ddof=1), "verdict": verdict}


RIGHT["honest_report"] = {
    "statistics": (report_with_statistics,), "draw by draw": (report_draw_by_draw,), "NumPy": (report_in_numpy_scalars,),
}  # fmt: skip

# ---------------------------------------------------------------- denoising_gradients


def gradients_example_by_example(params, X, X_noisy):
    grads = {name: np.zeros_like(w) for name, w in params.items()}
    loss, N, D = 0.0, *X.shape
    for x, seen in zip(X, X_noisy, strict=True):
        h = np.tanh(seen @ params["W1"] + params["b1"])
        error = params["b2"] + h @ params["W2"] - x
        loss += float(error @ error) / (N * D)
        d = 2.0 * error / (N * D)
        dz = (params["W2"] @ d) / np.cosh(seen @ params["W1"] + params["b1"]) ** 2
        for name, g in (("W1", np.outer(seen, dz)), ("b1", dz), ("W2", np.outer(h, d)), ("b2", d)):
            grads[name] += g.astype(grads[name].dtype)
    return loss, grads


def gradients_by_einsum(params, X, X_noisy):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    h = np.tanh(np.einsum("nd,dh->nh", X_noisy, W1) + b1)
    E = np.einsum("nh,hd->nd", h, W2) + b2 - X
    loss = (E * E).mean(axis=1).mean()
    E = E * (2.0 / E.size)
    dz = np.einsum("nd,hd->nh", E, W2) * (1 + h) * (1 - h)
    return loss, {
        "b2": np.sum(E, 0),
        "W2": np.einsum("nh,nd->hd", h, E),
        "b1": np.sum(dz, 0),
        "W1": np.einsum("nd,nh->dh", X_noisy, dz),
    }


RIGHT["denoising_gradients"] = {"example by example": (gradients_example_by_example,), "einsum": (gradients_by_einsum,)}

# ---------------------------------------------------------------- make_pairs, make_rotation_task


def pairs_by_rejection(X, y, n, rng):
    pairs, same = [], []
    while len(pairs) < n:
        wanted = len(pairs) < n // 2
        i, j = (int(v) for v in rng.integers(0, len(X), 2))
        if i != j and (y[i] == y[j]) == wanted:
            pairs.append([X[i], X[j]])
            same.append(wanted)
    order = rng.permutation(n)
    return np.array(pairs)[order], np.array(same)[order]


def pairs_by_class(X, y, n, rng):
    rows = {c: np.flatnonzero(y == c) for c in np.unique(y)}
    found = []
    for t in range(n):
        if t < n // 2:
            c = rng.choice([c for c in rows if len(rows[c]) > 1])
            i, j = rng.choice(rows[c], 2, replace=False)
        else:
            c, d = rng.choice(list(rows), 2, replace=False)
            i, j = rng.choice(rows[c]), rng.choice(rows[d])
        found.append((i, j, int(t < n // 2)))
    rng.shuffle(found)
    return X[[[i, j] for i, j, _ in found]], np.array([label for _, _, label in found], dtype=float)


def rotations_image_by_image(images):
    turned, labels = [], []
    for image in images:
        for k in range(4):
            turned.append(image)
            labels.append(k)
            image = image.T[::-1]  # a quarter turn against the clock
    return np.array(turned), np.array(labels)


def rotations_by_flips(images):
    quarter = images.transpose(0, 2, 1)[:, ::-1]
    half = images[:, ::-1, ::-1]
    stacks = [half, images, quarter[:, ::-1, ::-1], quarter]
    return np.concatenate(stacks), [k for k in (2, 0, 3, 1) for _ in images]


def pairs_out_of_all(X, y, n, rng):
    """Every pair there is, of which some are drawn, with repetition; lists and truth values."""
    of = {True: [], False: []}
    for j in range(len(X)):
        for i in range(j):
            of[bool(y[i] == y[j])].append((i, j))
    same = [t < n // 2 for t in range(n)]
    rng.shuffle(same)
    drawn = [of[wanted][rng.integers(len(of[wanted]))] for wanted in same]
    return [[X[i], X[j]] for i, j in drawn], same


def rotations_in_lists(images):
    labels = [k for _ in images for k in range(4)]
    return [np.rot90(image, k) for image in images for k in range(4)], labels


RIGHT["make_pairs"] = {
    "rejection": (pairs_by_rejection, rotations_image_by_image), "by class": (pairs_by_class, rotations_by_flips),
    "out of all": (pairs_out_of_all, rotations_in_lists),
}  # fmt: skip

# ---------------------------------------------------------------- debug_transfer_and_pretraining


def pairs_from_a_loop(X, y, target, n, rng):
    rows = [i for i in range(len(y)) if y[i] not in target]
    return pairs_by_class(X[rows], y[rows], n, rng)


def pairs_from_a_mask(X, y, target, n, rng):
    mask = np.ones(len(y), bool)
    for c in target:
        mask &= y != c
    return pairs_by_rejection(X[mask], y[mask], n, rng)


RIGHT["debug_transfer_and_pretraining"] = {
    "loop": ("labels_leak", pairs_from_a_loop), "mask": ("labels_leak", pairs_from_a_mask),
}  # fmt: skip
