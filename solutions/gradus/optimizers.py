"""Optimizers: what to do with a gradient.

Each is a pure function of arrays, ``NAME_step(w, g, state, *, lr, …) -> (w_new, state_new)`` with state {} before the
first step, and a class that applies it to all parameters of a network, with groups and frozen layers (``Optimizer``).
"""

from __future__ import annotations

import numpy as np

from .adam_steps import adam_in_place, adam_step, adamw_step
from .adaptive_steps import adagrad_step, adamax_step, nadam_step, rmsprop_step
from .gradient_steps import gd_step, momentum_step, momentum_torch_step, nesterov_shifted_step, nesterov_step
from .layer import Layer
from .optimizer import Groups, Optimizer, Run

__all__ = [
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "GradientDescent",
    "Momentum",
    "Nadam",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "adagrad_step",
    "adam_step",
    "adamax_step",
    "adamw_step",
    "gd_step",
    "momentum_step",
    "momentum_torch_step",
    "nadam_step",
    "nesterov_shifted_step",
    "nesterov_step",
    "rmsprop_step",
]

Array = np.ndarray


class GradientDescent(Optimizer):
    """gd_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(gd_step)

    def __init__(self, net: Layer, lr: float, *, groups: Groups | None = None) -> None:
        super().__init__(net, groups=groups, lr=lr)


class Momentum(Optimizer):
    """momentum_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer.

    This is Keras' form, in which lr is inside the velocity, v ← β v − lr g. PyTorch's form, momentum_torch_step, takes the
    same steps while lr stays as it is; when lr changes, here the old part of the velocity keeps its size.
    """

    formula = staticmethod(momentum_step)
    momentum_name = "beta"

    def __init__(self, net: Layer, lr: float, beta: float = 0.9, *, groups: Groups | None = None) -> None:
        super().__init__(net, groups=groups, lr=lr, beta=beta)


class Nesterov(Optimizer):
    """nesterov_shifted_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer.

    Backpropagation gives the gradient where the parameters are. That is what this form needs: its parameters are the
    points that nesterov_step looks ahead to. nesterov_step itself needs the gradient elsewhere, a second pass through the
    network at other parameters, and so has no class.
    """

    formula = staticmethod(nesterov_shifted_step)
    momentum_name = "beta"

    def __init__(self, net: Layer, lr: float, beta: float = 0.9, *, groups: Groups | None = None) -> None:
        super().__init__(net, groups=groups, lr=lr, beta=beta)


class AdaGrad(Optimizer):
    """adagrad_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(adagrad_step)

    def __init__(
        self,
        net: Layer,
        lr: float,
        eps: float = 1e-10,
        init_acc: float = 0.0,
        eps_mode: str = "outside",
        *,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(net, groups=groups, lr=lr, eps=eps, init_acc=init_acc, eps_mode=eps_mode)


class RMSProp(Optimizer):
    """rmsprop_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(rmsprop_step)

    def __init__(
        self,
        net: Layer,
        lr: float,
        rho: float = 0.9,
        eps: float = 1e-8,
        eps_mode: str = "outside",
        *,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(net, groups=groups, lr=lr, rho=rho, eps=eps, eps_mode=eps_mode)


class InPlaceAdam(Optimizer):
    """What Adam and AdamW share: the step is taken in place."""

    momentum_name = "beta1"

    def _advance(self, w: Array, g: Array, run: Run) -> None:
        if not run.state:
            run.state = {"m": np.zeros_like(w), "s": np.zeros_like(w), "t": 0}
        adam_in_place(w, g, run.state, **run.group.hyper)


class Adam(InPlaceAdam):
    """adam_step on all parameters of a network, without copies. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(adam_step)

    def __init__(
        self,
        net: Layer,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eps_mode: str = "paper",
        *,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(net, groups=groups, lr=lr, beta1=beta1, beta2=beta2, eps=eps, eps_mode=eps_mode)


class AdamW(InPlaceAdam):
    """adamw_step on all parameters of a network, without copies. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(adamw_step)

    def __init__(
        self,
        net: Layer,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        eps_mode: str = "paper",
        *,
        groups: Groups | None = None,
    ) -> None:
        numbers = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
        super().__init__(net, groups=groups, **numbers, eps_mode=eps_mode)


class AdaMax(Optimizer):
    """adamax_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(adamax_step)
    momentum_name = "beta1"

    def __init__(
        self,
        net: Layer,
        lr: float = 0.002,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        *,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(net, groups=groups, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


class Nadam(Optimizer):
    """nadam_step on all parameters of a network. Hyperparameters as there, groups as for Optimizer."""

    formula = staticmethod(nadam_step)
    momentum_name = "beta1"

    def __init__(
        self,
        net: Layer,
        lr: float = 0.002,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        psi: float | None = None,
        *,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(net, groups=groups, lr=lr, beta1=beta1, beta2=beta2, eps=eps, psi=psi)
