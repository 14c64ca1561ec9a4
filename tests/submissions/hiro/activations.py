"""Half finished, and a search that never ends."""

# %% sigmoid-code
def sigmoid(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1 - s)

# %% relu-code
def relu(z):
    return np.maximum(z, 0.0)


def relu_derivative(z):
    return (z >= 0).astype(relu(z).dtype)


def leaky_relu(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z, alpha=0.01):
    return np.where(z >= 0, 1.0, alpha).astype(relu(z).dtype)

# %% elu-code
def elu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_derivative(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)

# %% selu-code
def selu_constants():
    z = np.linspace(-12, 0, 1201)
    phi = np.exp(-z**2 / 2) / np.sqrt(2 * np.pi) * 0.01
    alpha = 1.0
    while 1 / np.sqrt(2 * np.pi) + alpha * np.sum((np.exp(z) - 1) * phi) != 0:
        alpha += 1e-9
    return alpha, 1 / np.sqrt(0.5 + alpha**2 * np.sum((np.exp(z) - 1) ** 2 * phi))


def selu(z):
    return 1.0507009873554805 * elu(z, 1.6732632423543772)

# %% prelu_forward-code
def prelu_forward(z, a):
    return np.where(z > 0, z, a * z), (z, a)


def prelu_backward(dout, cache):
    z, a = cache
    dz = dout * np.where(z > 0, 1, a).astype(z.dtype)
    da = np.minimum(z, 0) * dout
    return dz, da
