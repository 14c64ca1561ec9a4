"""gradus: everything the book teaches, in NumPy.

The engine, from the ground up: variable, operations, functions, layers, optimizers, training; checking compares its
gradients with differences. The formulas on arrays, each on its own: network, activations, initializers, normalization,
clipping. What the chapters use besides: data, diagnostics, plotting, trial.

    import gradus
    from gradus import Variable, functions as F
"""

from . import (
    activations,
    arguments,
    checking,
    clipping,
    data,
    diagnostics,
    functions,
    initializers,
    layer,
    layers,
    network,
    normalization,
    operations,
    optimizers,
    plotting,
    training,
    trial,
    variable,
)
from .checking import GradientError, gradcheck, numerical_diff
from .variable import Function, Variable, no_grad

__version__ = "0.1.0"

__all__ = [
    "Function",
    "GradientError",
    "Variable",
    "activations",
    "arguments",
    "checking",
    "clipping",
    "data",
    "diagnostics",
    "functions",
    "gradcheck",
    "initializers",
    "layer",
    "layers",
    "network",
    "no_grad",
    "normalization",
    "numerical_diff",
    "operations",
    "optimizers",
    "plotting",
    "training",
    "trial",
    "variable",
]
