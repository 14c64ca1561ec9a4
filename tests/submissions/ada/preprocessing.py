"""Everything right, in small steps."""

# %% Standardizer-code
class Standardizer:
    def __init__(self, tiny=1e-8):
        self.tiny = tiny
        self.mean_ = None
        self.scale_ = None

    def fit(self, X):
        self.mean_ = np.mean(X, axis=0)
        std = np.std(X, axis=0)
        std[std < self.tiny] = 1.0
        self.scale_ = std
        return self

    def transform(self, X):
        centred = X - self.mean_
        return centred / self.scale_

    def fit_transform(self, X):
        return self.fit(X).transform(X)

# %% mean_image-code
def mean_image(X):
    N, H, W, C = X.shape
    total = np.zeros((H, W, C))
    for picture in X:
        total += picture
    return total / N


def channel_mean(X):
    # all pictures have the same size, so the mean of the mean image will do
    return mean_image(X).mean(axis=(0, 1))

# %% pca-code
def pca(X):
    mean = X.mean(axis=0)
    centred = X - mean
    Sigma = centred.T @ centred / X.shape[0]
    values, vectors = np.linalg.eigh(Sigma)
    order = np.argsort(values)[::-1]
    return mean, vectors[:, order], values[order]


def whiten(X, mean, U, eigenvalues, eps=1e-5):
    components = (X - mean) @ U
    return components / np.sqrt(eigenvalues + eps)

# %% + sign_agreement-code
mean, U, eigenvalues = pca(X_train)
Z = whiten(X_train, mean, U, eigenvalues)
print(np.round(np.cov(Z.T, bias=True)[:3, :3], 4))

# %% sign_agreement-code
def sign_agreement(G):
    units = G.shape[1]
    agree = 0
    for j in range(units):
        signs = np.sign(G[:, j])
        if abs(signs.sum()) == len(signs):
            agree += 1
    return agree / units


def path_ratio(path):
    length = sum(np.linalg.norm(b - a) for a, b in zip(path[:-1], path[1:]))
    return length / np.linalg.norm(path[-1] - path[0])


def sgd_path(X, t, lr, epochs):
    N, D = X.shape
    path = np.zeros((1 + epochs * N, D))
    step = 0
    for epoch in range(epochs):
        for n in range(N):
            w = path[step]
            gradient = (X[n] @ w - t[n]) * X[n]
            path[step + 1] = w - lr * gradient
            step += 1
    return path

# %% debug_preprocessing-code
def fit_prepare(X_train):
    mean, sd = X_train.mean(axis=0), X_train.std(axis=0)
    sd[sd < 1e-8] = 1.0

    def prepare(X):
        return (X - mean) / sd

    return prepare


FAULT = "refitted"

# %% explain_preprocessing
1. By 256. Divided by 16 the gradient is 16 times smaller and a weight has to change 16 times as much, so 16 * 16. The eigenvalues say the same, 2675 / 10.4 = 257.

2. Above 2 / (eigenvalue / 2) a step jumps over the minimum in the direction of the largest eigenvalue. This direction is what all the pictures have in common. Without the mean image the largest eigenvalue is 180, so there is room for rates 15 times larger.

3. The blue curve, shifted by 256. Each pixel by its own deviation changes the shape. It matters if the pixels have very different deviations; I multiplied half of the pixels by 10 and the loss after 100 steps was much worse.
