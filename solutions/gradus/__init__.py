"""gradus: everything the book teaches, in NumPy.

Formulas on arrays, each on its own: network, initializers, activations, preprocessing, normalization, clipping,
convolution, pooling, recurrence; the steps of optimizers, schedules; regularizers, dropout, quantization, calibration.

The engine, from the ground up: variable, operations, functions, layers, optimizers, training with its callbacks and
checkpoints. Above it: transfer, pretraining, diagnostics, search. checking compares gradients with differences, graph
draws computations, data and problems are what to try it all on; plotting and trial serve the chapters.

Where a topic fills several files, its module passes on the names of all of them: gradus.layers has every layer,
gradus.optimizers every step and class. gradus.steps holds the engine as it was after each of the book's sixteen steps.

    import gradus
    from gradus import Variable, functions as F
"""

from . import (
    activations,
    arguments,
    calibration,
    callbacks,
    checking,
    checkpoints,
    clipping,
    convolution,
    data,
    diagnostics,
    dropout,
    early_stopping,
    functions,
    graph,
    initializers,
    layer,
    layers,
    network,
    normalization,
    operations,
    optimizers,
    penalties,
    plotting,
    pooling,
    preprocessing,
    pretraining,
    problems,
    quantization,
    recurrence,
    recurrent,
    regularizers,
    schedules,
    search,
    training,
    transfer,
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
    "calibration",
    "callbacks",
    "checking",
    "checkpoints",
    "clipping",
    "convolution",
    "data",
    "diagnostics",
    "dropout",
    "early_stopping",
    "functions",
    "gradcheck",
    "graph",
    "initializers",
    "layer",
    "layers",
    "network",
    "no_grad",
    "normalization",
    "numerical_diff",
    "operations",
    "optimizers",
    "penalties",
    "plotting",
    "pooling",
    "preprocessing",
    "pretraining",
    "problems",
    "quantization",
    "recurrence",
    "recurrent",
    "regularizers",
    "schedules",
    "search",
    "training",
    "transfer",
    "trial",
    "variable",
]
