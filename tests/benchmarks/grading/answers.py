"""What honest students write: right, differently right, partly right, and mistakes that are recognised."""

from __future__ import annotations

RIGHT = "right"
PARTLY = "partly right"
WRONG = "a mistake"

# exercise → (kind, the cell); a student draws one of each
ANSWERS: dict[str, list[tuple[str, str]]] = {
    "softmax": [
        (RIGHT, "def softmax(Z):\n    E = np.exp(Z - Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1, keepdims=True)"),
        (RIGHT, """def softmax(Z):
    P = np.empty_like(Z)
    for i in range(len(Z)):
        e = np.exp(Z[i] - np.max(Z[i]))
        P[i] = e / np.sum(e)
    return P"""),
        (RIGHT, """def softmax(Z):
    top = np.max(Z, axis=1)[:, None]
    logs = Z - top - np.log(np.sum(np.exp(Z - top), axis=1))[:, None]
    return np.exp(logs)"""),
        (PARTLY, "def softmax(Z):\n    E = np.exp(Z)\n    return E / E.sum(axis=1, keepdims=True)"),
        (WRONG, "def softmax(Z):\n    E = np.exp(Z - Z.max(axis=0))\n    return E / E.sum(axis=0)"),
        (WRONG, "def softmax(Z):\n    return np.exp(Z - Z.max(axis=1, keepdims=True))"),
    ],
    "standardize": [
        (RIGHT, """def standardize(X):
    spread = X.std(axis=0)
    spread[spread == 0] = 1
    return (X - X.mean(axis=0)) / spread"""),
        (RIGHT, """def standardize(X):
    out = np.zeros_like(X)
    for j in range(X.shape[1]):
        column = X[:, j] - sum(X[:, j]) / len(X)
        variance = sum(column**2) / len(X)
        if variance > 1e-20:
            out[:, j] = column / variance**0.5
    return out"""),
        (PARTLY, "def standardize(X):\n    return (X - X.mean(axis=0)) / X.std(axis=0)"),
        (WRONG, "def standardize(X):\n    return (X - X.mean()) / X.std()"),
        (WRONG, """def standardize(X):
    spread = np.std(X, axis=0, ddof=1)
    spread[spread == 0] = 1
    return (X - np.mean(X, axis=0)) / spread"""),
    ],
    "relu_backward": [
        (RIGHT, "def relu_backward(dY, X):\n    return dY * (X > 0)"),
        (RIGHT, "def relu_backward(dY, X):\n    return np.where(X > 0, dY, np.zeros_like(dY))"),
        (RIGHT, """def relu_backward(dY, X):
    dX = dY.copy()
    for i in range(dX.shape[0]):
        for j in range(dX.shape[1]):
            if X[i, j] <= 0:
                dX[i, j] = 0
    return dX"""),
        (PARTLY, "def relu_backward(dY, X):\n    dY[X <= 0] = 0\n    return dY"),
        (WRONG, "def relu_backward(dY, X):\n    return dY * (dY > 0)"),
        (WRONG, "def relu_backward(dY, X):\n    return dY * np.maximum(X, 0)"),
    ],
    "accuracy": [
        (RIGHT, "def accuracy(scores, labels):\n    return float(np.mean(np.argmax(scores, axis=1) == labels))"),
        (RIGHT, """def accuracy(scores, labels):
    right = 0
    for row, label in zip(scores, labels):
        if list(row).index(max(row)) == label:
            right += 1
    return right / len(labels)"""),
        (WRONG, "def accuracy(scores, labels):\n    return int((scores.argmax(axis=1) == labels).sum())"),
        (WRONG, "def accuracy(scores, labels):\n    return 100 * float((scores.argmax(axis=1) == labels).mean())"),
    ],
    "moving_average": [
        (RIGHT, """def moving_average(x, beta):
    m = 0.0
    means = []
    for t in range(len(x)):
        m = beta * m + (1 - beta) * x[t]
        means.append(m / (1 - beta ** (t + 1)))
    return np.array(means)"""),
        (RIGHT, """def moving_average(x, beta):
    means = np.empty(len(x))
    for t in range(len(x)):
        weights = beta ** np.arange(t, -1, -1)
        means[t] = (weights * x[: t + 1]).sum() / weights.sum()
    return means"""),
        (PARTLY, """def moving_average(x, beta):
    for t in range(len(x)):
        x[t] = beta * (x[t - 1] if t else 0) + (1 - beta) * x[t]
    return x / (1 - beta ** np.arange(1, len(x) + 1))"""),
        (WRONG, """def moving_average(x, beta):
    m, means = 0.0, []
    for value in x:
        m = beta * m + (1 - beta) * value
        means.append(m)
    return np.array(means)"""),
        (WRONG, """def moving_average(x, beta):
    m, means = 0.0, []
    for t, value in enumerate(x, 1):
        m = (1 - beta) * m + beta * value
        means.append(m / (1 - (1 - beta) ** t))
    return np.array(means)"""),
    ],
    "loss_plot": [
        (RIGHT, """fig, axes = plt.subplots(figsize=(6, 3.5))
axes.plot(epochs, training, label="training")
axes.plot(epochs, validation, label="validation")
axes.set_yscale("log")
axes.set_xlabel("epoch")
axes.set_ylabel("loss")
axes.legend()
plt.show()"""),
        (RIGHT, """plt.figure()
plt.semilogy(epochs, training, "b-", epochs, validation, "r--")
plt.xlabel("Epoch")
plt.ylabel("Loss")
plt.title("Two losses")
axes = plt.gca()"""),
        (PARTLY, """fig, axes = plt.subplots()
axes.plot(epochs, training)
axes.plot(epochs, validation)
axes.set(xlabel="epoch", ylabel="loss")
fig.tight_layout()"""),
        (PARTLY, """fig, axes = plt.subplots()
axes.semilogy(epochs, training)
axes.semilogy(epochs, validation)
plt.grid(True)"""),
        (WRONG, "fig, axes = plt.subplots()\naxes.hist(training, bins=20)"),
    ],
}  # fmt: skip
