"""gradus.recurrence"""

import numpy as np
from gradus import recurrence as module

from . import Entry

NAN = {"NaN": "the loss is NaN"}


def case(rng, dtype):
    shapes = {"Wx": (3, 4), "Wh": (4, 4), "b": (4,), "Wy": (4, 2), "by": (2,)}
    params = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    X, y = rng.standard_normal((5, 6, 3)).astype(dtype), rng.standard_normal((5, 2)).astype(dtype)
    return {"params": params, "X": X, "y": y}


ENTRIES = [
    Entry(
        module.rnn_bptt,
        case,
        oracles={
            "torch.nn.RNN": "test_recurrent.py::test_loss_and_gradients_by_hand_equal_pytorchs",
            "the engine": "test_recurrent.py::test_gradients_by_hand_are_those_of_the_engine",
            "by hand": "test_recurrent.py::test_one_step_of_one_number_by_hand",
        },
        bad={"params": [{}, {"Wx": np.ones((3, 4))}], "X": [np.ones((5, 0, 3))]},
        fine={"X": NAN, "y": NAN},
    ),
]
