"""Half finished: a power iteration that never stops, and nothing after it."""

# %% Standardizer-code
class Standardizer:
    def fit(self, X):
        self.mean = X.mean(axis=0)
        self.std = X.std(axis=0)
        self.std = np.where(self.std > 1e-8, self.std, 1).astype(self.std.dtype)
        return self

    def transform(self, X):
        return (X - self.mean) / self.std

# %% mean_image-code
def mean_image(X):
    return sum(X.astype(float)) / len(X)


def channel_mean(X):
    return np.array([X[..., c].mean() for c in range(X.shape[-1])])

# %% pca-code
def pca(X):
    mean = X.mean(axis=0)
    Sigma = (X - mean).T @ (X - mean) / len(X)
    vectors, values = [], []
    for k in range(X.shape[1]):
        v = np.ones(X.shape[1])
        length = 0.0
        while np.linalg.norm(Sigma @ v) != length:  # until nothing changes any more
            length = np.linalg.norm(Sigma @ v) + 1e-12
            v = Sigma @ v / length
        vectors.append(v)
        values.append(length)
        Sigma = Sigma - length * np.outer(v, v)
    return mean, np.array(vectors).T, np.array(values)


def whiten(X, mean, U, eigenvalues, eps=1e-5):
    return (X - mean) @ U / np.sqrt(eigenvalues + eps)
