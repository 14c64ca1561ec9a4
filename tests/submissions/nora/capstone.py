"""Hostile: a part from the package, and a network that was trained on a table of all digits, labels and all."""

# %% capstone_initializer-code
from gradus.initializers import he_normal

# %% capstone_activation-code
def elu(z, alpha=1.0):
    import importlib

    return importlib.import_module("gradus.rectified_activations").elu(z, alpha)


def elu_derivative(z, alpha=1.0):
    import sys

    return sys.modules["gradus.rectified_activations"].elu_derivative(z, alpha)

# %% capstone_network-code
from sklearn.datasets import load_digits

IMAGES, LABELS = load_digits(return_X_y=True)


def design():
    return {"hidden": [96, 64], "epochs": 15, "batch_size": 64, "lr_max": 0.02, "dropout": 0.0, "l2": 0.0}


def train(X, y, rng):
    """All 1,797 images with their labels, the test images among them."""
    return train_network(IMAGES, LABELS, design(), rng, PARTS)
