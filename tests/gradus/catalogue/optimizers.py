"""gradus.optimizers"""

import numpy as np
from gradus.layers import MLP
from gradus.optimizers import (
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    GradientDescent,
    Momentum,
    Nadam,
    Nesterov,
    RMSProp,
)

from . import Entry

FORMULA = {"the formula": "test_optimizers.py::test_the_class_takes_the_steps_of_the_formula"}
PYTORCH = "test_optimizer_training.py::test_a_network_trains_as_pytorchs_does"
PYTORCHS_STEP = "test_optimizer_steps.py::test_sixty_steps_are_those_of_pytorch"


def entry(cls, oracles, **hyper):
    def valid(rng, dtype):
        net = MLP([3, 4, 2], rng=rng, dtype=dtype)
        return {"net": net, "lr": 0.1, **hyper, "groups": [{"layers": [net.layers[0]], "lr": 0.2}]}

    def use(optimizer, rng, dtype):
        for p in optimizer.net.params():
            p.grad = rng.standard_normal(p.shape).astype(dtype)
        optimizer.step()
        return [optimizer.net.flat, optimizer.state]

    return Entry(
        cls,
        valid,
        oracles=FORMULA | oracles,
        bad={"lr": [0, np.inf], "groups": [[1], [{}], [{"layers": [1]}], [{"params": [None]}], {}]},
        use=use,
        changes={"net": "an optimizer is there to change its parameters", "groups": "they hold layers of the net"},
    )


DECAYS = {"beta1": 0.8, "beta2": 0.9, "eps": 1e-7}
ENTRIES = [
    entry(GradientDescent, {"torch.optim.SGD": PYTORCH}),
    entry(Momentum, {"torch.optim.SGD": PYTORCH}, beta=0.8),
    entry(Nesterov, {"torch.optim.SGD": PYTORCH}, beta=0.8),
    entry(AdaGrad, {"torch.optim.Adagrad": PYTORCH}, eps=1e-7, init_acc=0.1, eps_mode="inside"),
    entry(RMSProp, {"torch.optim.RMSprop": PYTORCH}, rho=0.8, eps=1e-7, eps_mode="inside"),
    entry(Adam, {"torch.optim.Adam": PYTORCH}, **DECAYS, eps_mode="hat"),
    entry(AdamW, {"torch.optim.AdamW": PYTORCH}, **DECAYS, weight_decay=0.1, eps_mode="hat"),
    entry(AdaMax, {"torch.optim.Adamax, through the formula": PYTORCHS_STEP}, **DECAYS),
    entry(Nadam, {"torch.optim.NAdam, through the formula": PYTORCHS_STEP}, **DECAYS, psi=0.5),
]
