"""Right answers to `preprocessing` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- Standardizer


class Plain:
    """As most will write it."""

    def __init__(self):
        self.mean = None
        self.std = None

    def fit(self, X):
        self.mean = X.mean(axis=0)
        self.std = X.std(axis=0)
        self.std[self.std < 1e-8] = 1
        return self

    def transform(self, X):
        return (X - self.mean) / self.std


class ByLoops:
    """Column by column and row by row, in Python numbers; the dtype is restored at the end."""

    def fit(self, X):
        N, D = X.shape
        self.means, self.devs = [], []
        for d in range(D):
            m = sum(float(x) for x in X[:, d]) / N
            v = sum((float(x) - m) ** 2 for x in X[:, d]) / N
            self.means.append(m)
            self.devs.append(math.sqrt(v) if math.sqrt(v) >= 1e-8 else 1.0)
        return self

    def transform(self, X):
        Z = np.zeros(X.shape, dtype=X.dtype if X.dtype.kind == "f" else float)
        for n in range(X.shape[0]):
            for d in range(X.shape[1]):
                Z[n, d] = (X[n, d] - self.means[d]) / self.devs[d]
        return Z


class BySquares:
    """Var = E[(x − m)²], on a copy, with keepdims and a where."""

    def fit(self, X):
        self.m = np.mean(X, axis=0, keepdims=True)
        deviation = X - self.m
        var = np.mean(deviation * deviation, axis=0, keepdims=True)
        self.constant = np.sqrt(var) < 1e-8
        self.s = np.sqrt(var)
        return self

    def transform(self, X):
        Z = X - self.m
        return np.divide(Z, self.s, out=Z.copy(), where=~self.constant)


class KeepsTheData:
    """Keeps a copy of the training data and measures at every call."""

    def fit(self, X):
        self.X_train = np.array(X)
        return self

    def transform(self, X):
        mean, sd = np.average(self.X_train, axis=0), np.std(self.X_train, 0)
        return np.stack([
            (X[:, d] - mean[d]) / sd[d] if sd[d] > 1e-8 else X[:, d] - mean[d] for d in range(X.shape[1])
        ], axis=1).astype(mean.dtype)  # fmt: skip


class WithArguments:
    """More than is asked for: an argument with a default, fit_transform, inverse, statistics in a dict."""

    def __init__(self, tiny=1e-8):
        self.tiny, self.stats = tiny, {}

    def fit(self, X, y=None):
        sd = np.sqrt(np.var(X, axis=0))
        self.stats = {"mean": X.sum(axis=0) / len(X), "sd": np.array([1 if s < self.tiny else s for s in sd], sd.dtype)}
        return self

    def transform(self, X):
        Z = X.astype(self.stats["sd"].dtype, copy=True)
        Z -= self.stats["mean"].astype(Z.dtype)
        Z /= self.stats["sd"]
        return Z

    def fit_transform(self, X):
        return self.fit(X).transform(X)


class ByMoments:
    """Var = E[x²] − E[x]²."""

    def fit(self, X):
        self.mean = X.mean(axis=0)
        var = (X**2).mean(axis=0) - self.mean**2
        sd = np.sqrt(np.maximum(var, 0))
        self.sd = np.where(sd < 1e-8, 1, sd).astype(sd.dtype)
        return self

    def transform(self, X):
        return (X - self.mean) / self.sd


def make_standardizer():
    """A function in place of a class: what matters is what can be called on what it gives."""
    return Plain()


RIGHT["Standardizer"] = {
    "plain": (Plain,), "loops": (ByLoops,), "squares": (BySquares,), "keeps the data": (KeepsTheData,),
    "arguments": (WithArguments,), "moments": (ByMoments,), "function": (make_standardizer,),
}  # fmt: skip

# ---------------------------------------------------------------- mean_image, channel_mean


def image_by_loop(X):
    total = np.zeros(X.shape[1:])
    for image in X:
        total += image
    return total / X.shape[0]


def channels_by_loop(X):
    return np.array([X[:, :, :, c].mean() for c in range(X.shape[3])])


def image_by_sum(X):
    return np.sum(X, axis=0, dtype=float) / len(X)


def channels_of_mean_image(X):
    return image_by_sum(X).mean(axis=(0, 1))


def channels_flat(X):
    return X.reshape(-1, X.shape[-1]).mean(axis=0)


def image_flat(X):
    return np.average(X.reshape(len(X), -1), axis=0).reshape(X.shape[1:])


def image_running(X):
    mean = np.zeros(X.shape[1:])
    for n, image in enumerate(X, 1):
        mean = mean + (image - mean) / n
    return mean


def channels_step_by_step(X):
    return X.mean(axis=0).mean(axis=0).mean(axis=0)


def channels_by_einsum(X):
    N, H, W, _ = X.shape
    return np.einsum("nhwc->c", X.astype(np.float64)) / (N * H * W)


RIGHT["mean_image"] = {
    "loops": (image_by_loop, channels_by_loop), "sum": (image_by_sum, channels_of_mean_image),
    "flat": (image_flat, channels_flat), "running": (image_running, channels_step_by_step),
    "einsum": (lambda X: X.mean(0), channels_by_einsum),
}  # fmt: skip

# ---------------------------------------------------------------- pca, whiten


def pca_by_eigh(X):
    mean = X.mean(axis=0)
    Xc = X - mean
    values, vectors = np.linalg.eigh(Xc.T @ Xc / len(X))
    return mean, vectors[:, ::-1], values[::-1]


def whiten_by_broadcasting(X, mean, U, eigenvalues, eps=1e-5):
    Z = np.dot(X - mean[None, :], U)
    return Z * (eigenvalues[None, :] + eps) ** -0.5


def pca_by_cov(X):
    values, vectors = np.linalg.eig(np.cov(X, rowvar=False, bias=True))
    order = np.argsort(-values)
    return [X.mean(0), vectors[:, order], values[order]]


def whiten_by_loops(X, mean, U, eigenvalues, eps=1e-5):
    Z = np.empty((len(X), U.shape[1]), dtype=X.dtype)
    for n in range(len(X)):
        for k in range(U.shape[1]):
            Z[n, k] = sum((X[n] - mean) * U[:, k]) / math.sqrt(eigenvalues[k] + eps)
    return Z


def pca_by_svd_of_cov(X):
    mean = np.mean(X, axis=0)
    C = np.zeros((X.shape[1], X.shape[1]))
    for x in X:
        C += np.outer(x - mean, x - mean)
    U, S, _ = np.linalg.svd(C / len(X))
    return mean, U, S


def whiten_with_matrix(X, mean, U, eigenvalues, eps=1e-5):
    P = U @ np.diag(1 / np.sqrt(eigenvalues + eps))
    return ((X - mean) @ P).astype(X.dtype)


def pca_with_full_svd(X):
    mean = X.mean(axis=0)
    _, s, Vh = np.linalg.svd((X - mean) / np.sqrt(len(X)))
    return mean, -Vh.T, s * s


def whiten_step_by_step(X, mean, U, eigenvalues, eps=1e-5):
    centred = X - mean
    turned = (U.T @ centred.T).T
    sd = np.sqrt(eigenvalues + eps)
    return turned / sd


RIGHT["pca"] = {
    "eigh": (pca_by_eigh, whiten_by_broadcasting), "cov and loops": (pca_by_cov, whiten_by_loops),
    "svd of the covariance": (pca_by_svd_of_cov, whiten_with_matrix), "full svd": (pca_with_full_svd, whiten_step_by_step),
}  # fmt: skip

# ---------------------------------------------------------------- sign_agreement, path_ratio, sgd_path


def signs_by_loop(G):
    agree = 0
    for j in range(G.shape[1]):
        column = G[:, j]
        if all(g > 0 for g in column) or all(g < 0 for g in column):
            agree += 1
    return agree / G.shape[1]


def signs_by_sum(G):
    return np.mean(np.abs(np.sign(G).sum(axis=0)) == len(G))


def signs_by_extremes(G):
    return float((G.min(axis=0) * G.max(axis=0) > 0).sum()) / G.shape[1]


def ratio_by_loop(path):
    length = 0
    for n in range(1, len(path)):
        length += math.sqrt(sum((path[n] - path[n - 1]) ** 2))
    return length / math.sqrt(sum((path[-1] - path[0]) ** 2))


def ratio_by_diff(path):
    steps = np.diff(path, axis=0)
    return np.sqrt((steps**2).sum(axis=1)).sum() / np.linalg.norm(steps.sum(axis=0))


def ratio_by_norm(path):
    return np.linalg.norm(path[1:] - path[:-1], axis=1).sum() / np.linalg.norm(path[0] - path[-1])


def walk_into_array(X, t, lr, epochs):
    N, D = X.shape
    path = np.zeros((1 + epochs * N, D))
    for k in range(epochs * N):
        x, w = X[k % N], path[k]
        path[k + 1] = w - lr * (np.dot(x, w) - t[k % N]) * x
    return path


def walk_with_copies(X, t, lr, epochs):
    w = np.zeros(X.shape[1])
    path = [w.copy()]
    for _ in range(epochs):
        for n in range(len(X)):
            error = sum(X[n] * w) - t[n]
            w -= lr * error * X[n]
            path.append(w.copy())
    return np.stack(path)


def walk_as_list(X, t, lr, epochs):
    path = [np.zeros(X.shape[1])]
    for _ in range(epochs):
        for x, target in zip(X, t, strict=True):
            path.append(path[-1] + lr * (target - path[-1] @ x) * x)
    return path


RIGHT["sign_agreement"] = {
    "loops": (signs_by_loop, ratio_by_loop, walk_into_array), "sums": (signs_by_sum, ratio_by_diff, walk_with_copies),
    "extremes": (signs_by_extremes, ratio_by_norm, walk_as_list),
}  # fmt: skip

# ---------------------------------------------------------------- debug_preprocessing


def prepare_as_before(X_train):
    mean = X_train.mean(axis=0)
    std = X_train.std(axis=0)
    std[std < 1e-8] = 1.0

    def prepare(X):
        return (X - mean) / std

    return prepare


def prepare_by_class(X_train):
    return Plain().fit(X_train).transform


class Prepare:
    def __init__(self, X_train):
        self.X_train = X_train.copy()

    def __call__(self, X):
        sd = self.X_train.std(axis=0)
        return (X - self.X_train.mean(axis=0)) / np.where(sd < 1e-8, 1, sd)


RIGHT["debug_preprocessing"] = {
    "as before": ("refitted", prepare_as_before), "method": ("refitted", prepare_by_class), "object": ("refitted", Prepare),
}  # fmt: skip
