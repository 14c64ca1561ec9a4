"""gradus.penalties"""

import numpy as np
from gradus import penalties
from gradus.layers import MLP
from gradus.optimizers import GradientDescent

from . import Entry


def value_and_gradients(penalty, rng, dtype):
    net = MLP([3, 4, 2], rng=rng, dtype=dtype)
    value = penalty(net)
    value.backward()
    return [value, *(p.grad for p in net.params() if p.ndim > 1)]


def weights_after(callback, rng, dtype):
    net = MLP([3, 4, 2], rng=rng, dtype=dtype)
    callback(net, GradientDescent(net, 0.5), None)
    return [p.data for p in net.params()]


ENTRIES = [
    Entry(
        penalties.l2,
        lambda rng, dtype: {"lam": 0.1},
        oracles={
            "torch.optim.SGD(weight_decay)": "test_penalties.py::test_l2_is_pytorchs_weight_decay",
            "keras.regularizers": "test_penalties.py::test_values_are_those_of_keras",
        },
        use=value_and_gradients,
        bad={"lam": [np.inf, True]},
    ),
    Entry(
        penalties.l1,
        lambda rng, dtype: {"lam": 0.1},
        oracles={
            "keras.regularizers": "test_penalties.py::test_values_are_those_of_keras",
            "difference quotients": "test_penalties.py::test_gradients_are_difference_quotients",
        },
        use=value_and_gradients,
        bad={"lam": [np.inf, True]},
    ),
    Entry(
        penalties.elastic_net,
        lambda rng, dtype: {"lam1": 0.1, "lam2": 0.2},
        oracles={
            "keras.regularizers": "test_penalties.py::test_values_are_those_of_keras",
            "difference quotients": "test_penalties.py::test_gradients_are_difference_quotients",
        },
        use=value_and_gradients,
        bad={"lam1": [np.inf, True], "lam2": [np.inf, True]},
    ),
    Entry(
        penalties.proximal_l1,
        lambda rng, dtype: {"lam": 0.1},
        oracles={
            "torch softshrink": "test_penalties.py::test_a_proximal_step_is_a_step_and_pytorchs_softshrink",
            "sklearn Lasso": "test_penalties.py::test_training_with_proximal_steps_finds_the_lasso",
        },
        use=weights_after,
        bad={"lam": [np.inf, True]},
    ),
]
