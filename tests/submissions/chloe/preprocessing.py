"""Mixes up whose numbers are whose, and the axes."""

# %% Standardizer-code
class Standardizer:
    def fit(self, X):
        self.X = X
        return self

    def transform(self, X):
        mean = X.mean(axis=0)
        std = X.std(axis=0)
        std = np.where(std < 1e-8, 1, std).astype(std.dtype)
        return (X - mean) / std

# %% mean_image-code
def mean_image(X):
    return np.mean(X, axis=0)


def channel_mean(X):
    return np.mean(X, axis=(0, 1))

# %% pca-code
def pca(X):
    mean = X.mean(axis=0)
    _, S, Vh = np.linalg.svd(X - mean)
    return mean, Vh.T, S**2 / len(X)


def whiten(X, mean, U, eigenvalues, eps=1e-5):
    rotated = np.dot(X - mean, U)
    return rotated / (eigenvalues + eps)

# %% sign_agreement-code
def sign_agreement(G):
    same = (G > 0).all(axis=1) | (G < 0).all(axis=1)
    return same.mean()


def path_ratio(path):
    steps = path[1:] - path[:-1]
    return np.sqrt((steps**2).sum(axis=1)).sum() / np.sqrt(((path[-1] - path[0]) ** 2).sum())


def sgd_path(X, t, lr, epochs):
    w = np.zeros(X.shape[1])
    path = [w]
    for _ in range(epochs):
        for x_n, t_n in zip(X, t):
            w = w - lr * (w @ x_n - t_n) * x_n
            path.append(w)
    return np.stack(path)

# %% debug_preprocessing-code
def fit_prepare(X_train):
    mean = X_train.mean(axis=0)

    def prepare(X):
        sd = X.std(axis=0)
        sd[sd < 1e-8] = 1.0
        return (X - mean) / sd

    return prepare


FAULT = "refitted"
