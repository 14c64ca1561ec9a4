"""Forgets a return, a dtype, a copy, and gives eigh the data themselves."""

# %% Standardizer-code
class Standardizer:
    def fit(self, X):
        self.mu = X.mean(0)
        self.sigma = X.std(0)
        for d in range(len(self.sigma)):
            if self.sigma[d] < 1e-8:
                self.sigma[d] = 1

    def transform(self, X):
        return (X - self.mu) / self.sigma

# %% mean_image-code
def mean_image(X):
    total = np.zeros_like(X[0])
    for picture in X:
        total += picture
    return total / len(X)


def channel_mean(X):
    return X.reshape(-1, X.shape[3]).mean(axis=0)

# %% pca-code
def pca(X):
    mean = X.mean(axis=0)
    values, vectors = np.linalg.eigh(X - mean)
    return mean, vectors[:, ::-1], values[::-1]


def whiten(X, mean, U, eigenvalues, eps=1e-5):
    return (X - mean) @ U / (eigenvalues + eps) ** 0.5

# %% sign_agreement-code
def sign_agreement(G):
    smallest, largest = G.min(axis=0), G.max(axis=0)
    return np.mean(smallest * largest > 0)


def path_ratio(path):
    return np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / np.linalg.norm(path[0] - path[-1])


def sgd_path(X, t, lr, epochs):
    w = np.zeros(X.shape[1])
    path = [w]
    for epoch in range(epochs):
        for x, target in zip(X, t):
            w -= lr * (x @ w - target) * x
            path.append(w)
    return np.array(path)

# %% debug_preprocessing-code
def fit_prepare(X_train):
    return Standardizer_for(X_train)


class Standardizer_for:
    def __init__(self, X_train):
        self.mean = X_train.mean(axis=0)
        self.sd = X_train.std(axis=0)
        self.sd[self.sd < 1e-8] = 1

    def __call__(self, X):
        return (X - self.mean) / self.sd


FAULT = "constant_pixels"
