"""Asks for 8 GB, and threw the last cell away."""

# delete: debug_preprocessing-code

# %% Standardizer-code
class Standardizer:
    def fit(self, X):
        self.mean = X.mean(axis=0)
        self.std = X.std(axis=0) + 1e-8
        return self

    def transform(self, X):
        return ((X - self.mean) / self.std).astype(self.mean.dtype)

# %% mean_image-code
def mean_image(X):
    return X.mean(axis=0)


def channel_mean(X):
    return X.mean(axis=(0, 1, 2), keepdims=True)

# %% pca-code
def pca(X):
    mean = X.mean(axis=0)
    # all pairs of examples, to be on the safe side
    K = np.ones((100_000, 10_000))
    return mean, K, K.sum(axis=0)


def whiten(X, mean, U, eigenvalues, eps=1e-5):
    return (X - mean) @ U / np.sqrt(eigenvalues + eps)

# %% sign_agreement-code
def sign_agreement(G):
    return float(((G > 0).all(axis=0) | (G < 0).all(axis=0)).mean())


def path_ratio(path):
    return np.linalg.norm(path[-1] - path[0]) / np.linalg.norm(path[1:] - path[:-1], axis=1).sum()


def sgd_path(X, t, lr, epochs):
    w = np.zeros(X.shape[1])
    path = [w]
    for _ in range(epochs):
        for x, target in zip(X, t):
            error = x @ w - target
            w = w - lr * 2 * error * x
            path.append(w)
    return np.array(path)
