"""Optimizer: what the classes of ``optimizers`` have in common: groups of parameters, frozen layers, saved states.

All parameters of a network lie in one vector, ``net.flat``, and a step is taken for as much of it at once as possible: for
the whole, unless parameters are in groups or frozen; then for each run of neighbours that are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from math import inf
from numbers import Real
from typing import Any

import numpy as np

from .adam_steps import BLOCK
from .arguments import describe, fail, fail_type, require_in_range
from .layer import Layer
from .variable import Variable

__all__ = ["Optimizer"]

Array = np.ndarray
State = dict[str, Any]
Groups = Sequence[Mapping[str, Any]]


@dataclass(eq=False)
class Group:
    """Hyperparameters that several parameters share."""

    hyper: dict[str, Any]  # lr among them
    share: float  # lr in units of that of the parameters in no group


@dataclass(eq=False)
class Run:
    """Parameters that are neighbours in net.flat and take their steps together."""

    members: list[int]  # their places in net.params()
    part: slice  # of net.flat
    group: Group
    frozen: bool
    state: State  # of the formula


class Optimizer:
    """Applies a step to all parameters of a network.

    A subclass names the step in ``formula``, and the hyperparameter that plays the part of momentum in ``momentum_name``.

    Groups give some of the parameters other hyperparameters, any that the class has:

        AdamW(net, lr=1e-3, groups=[
            {"layers": [net.layers[0], net.layers[2]], "lr": 1e-4},
            {"params": [net.layers[4].b], "weight_decay": 0.0},
        ])

    For parameters in no group, and hyperparameters that a group does not name, the other arguments hold.

    The parameters of a frozen layer, and what is remembered of them, stay as they are: no momentum moves them and no
    decay shrinks them. A layer may be frozen and unfrozen at any time. Steps are counted for each parameter by itself, so
    that Adam's corrections begin when a layer takes its first step.

    Args:
        net: a Layer. Its parameters are moved into one vector, net.flat, and stay there.
        groups: dicts with "layers" (Layers within the net), "params" (Variables of the net) or both, and hyperparameters.
        **hyper: lr and the further arguments of the step.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a hyperparameter is out of its range or unknown; a group is empty, holds what is not of this net, or a
            parameter that is in another group, too.
    """

    formula: Callable[..., tuple[Array, State]]
    momentum_name: str | None = None

    def __init__(self, net: Layer, *, groups: Groups | None = None, **hyper: Any) -> None:
        with _said_by(type(self).__name__):
            if not isinstance(net, Layer):
                several = isinstance(net, list | tuple | dict)
                hint = " (the net itself, not its parameters; groups= is for some of them)" if several else ""
                fail_type(f"net must be a Layer, got {describe(net)}{hint}")
            self.net = net
            self._flat = net.flatten()
            self._parts = _parts_of(net)
            self._dtype = self._flat.dtype
            self._names = list(net.named_params())
            self._shapes = [p.shape for p in net.params()]
            self._ends = np.cumsum([p.size for p in net.params()]).tolist()
            layers = list(dict.fromkeys(layer for _, layer in net.named_layers()))
            self._owners = [[layer for layer in layers if layer.owns(p)] for p in net.params()]
            self._layers = list(dict.fromkeys(layer for owners in self._owners for layer in owners))
            self._groups = [Group(self._checked(hyper), 1.0)]
            self._group_of = [self._groups[0]] * len(self._names)
            self._add_groups([] if groups is None else groups)
            self._arrange([{} for _ in self._names])

    def _checked(self, hyper: dict[str, Any]) -> dict[str, Any]:
        """Hyperparameters that have been through a step without effect; numbers as Python floats."""
        _, self._example = self.formula(np.zeros(1), np.zeros(1), {}, **hyper)
        return {name: float(x) if isinstance(x, Real) else x for name, x in hyper.items()}

    def _add_groups(self, groups: Groups) -> None:
        if not isinstance(groups, list | tuple):
            fail_type(f"groups must be a list of dicts, got {describe(groups)}")
        default = self._groups[0]
        for i, given in enumerate(groups):
            if not isinstance(given, dict):
                fail_type(f"groups[{i}] must be a dict, got {describe(given)}")
            hyper = {name: value for name, value in given.items() if name not in ("layers", "params")}
            if unknown := [name for name in hyper if name not in default.hyper]:
                fail(
                    f"groups[{i}] has unknown names {', '.join(map(str, unknown))}; there are layers, params, "
                    f"{', '.join(default.hyper)}"
                )
            with _said_by(f"{type(self).__name__}: groups[{i}]"):
                hyper = self._checked(default.hyper | hyper)
            group = Group(hyper, hyper["lr"] / default.hyper["lr"])
            for k in self._members(i, given):
                if self._group_of[k] not in (default, group):
                    fail(f"groups[{i}] holds {self._names[k]}, which is in another group, too")
                self._group_of[k] = group
            self._groups.append(group)

    def _members(self, i: int, given: Mapping[str, Any]) -> list[int]:
        """Places in net.params() of the parameters in group i."""
        params, layers = self.net.params(), [layer for _, layer in self.net.named_layers()]
        wanted: list[Variable] = []
        for kind, known in ("layers", layers), ("params", params):
            things = given.get(kind, [])
            if not isinstance(things, list | tuple):
                fail_type(f"groups[{i}][{kind!r}] must be a list, got {describe(things)}")
            for thing in things:
                if not any(thing is one for one in known):
                    fail(f"groups[{i}][{kind!r}] must be of this net, got {describe(thing)}")
                wanted += thing.params() if isinstance(thing, Layer) else [thing]
        if not wanted:
            fail(f"groups[{i}] holds no parameters")
        return [k for k, p in enumerate(params) if p in wanted]

    def step(self) -> None:
        """Change the parameters, using the gradients that the last backward left; a missing one counts as zeros.

        The parameters change in place. A graph made before the step is of no more use: backward through it would mix
        old values with new ones. So do every backward of a forward pass before the step.

        Raises:
            ValueError: no parameter has a gradient; the net has other layers or parameters than when the optimizer was
                made.
        """
        flat = self.net.flat
        if flat is not self._flat:
            self._check_net(flat)
        if self._frozen != [layer.frozen for layer in self._layers]:
            self._arrange(self._states())
        moving = [run for run in self._runs if not run.frozen]
        if moving:
            grad = self.net.flat_grad
            for run in moving:
                self._advance(flat[run.part], grad[run.part], run)

    def _check_net(self, flat: Array) -> None:
        """Parameters may have been exchanged for others of their shape, but not added, removed or given to new layers."""
        before, now = self._parts, _parts_of(self.net)
        changed = [name for name in dict.fromkeys([*now, *before]) if now.get(name) != before.get(name)]
        if changed or flat.dtype != self._dtype:
            what = f": {', '.join(changed)}" if changed else f": {flat.dtype} instead of {self._dtype}"
            fail(f"net has other parameters than when this optimizer was made, make a new one{what}")
        self._flat = flat

    def _advance(self, w: Array, g: Array, run: Run) -> None:
        """The formula on one run, in place and block by block, so that its intermediate results stay in the cache."""
        after = dict(run.state)
        for start in range(0, w.size, BLOCK):
            block = slice(start, start + BLOCK)
            before = {key: x[block] if isinstance(x, np.ndarray) else x for key, x in run.state.items()}
            w[block], state = self.formula(w[block], g[block], before, **run.group.hyper)
            for key, x in state.items():
                if not isinstance(x, np.ndarray):
                    after[key] = x
                else:
                    if key not in after:
                        after[key] = np.empty_like(w)
                    after[key][block] = x
        run.state = after

    def _arrange(self, states: list[State]) -> None:
        """Put neighbours into runs, where group, frozen or not, and the numbers in their states are the same."""
        self._frozen = [layer.frozen for layer in self._layers]
        frozen = [any(layer.frozen for layer in owners) for owners in self._owners]
        numbers = [{key: None if isinstance(x, np.ndarray) else x for key, x in state.items()} for state in states]
        self._runs = []
        start = 0
        for _, places in groupby(range(len(states)), lambda i: (self._group_of[i], frozen[i], numbers[i])):
            members = list(places)
            first, end = members[0], self._ends[members[-1]]
            state = dict(numbers[first])
            for key, x in states[first].items():
                if isinstance(x, np.ndarray):
                    state[key] = np.concatenate([states[i][key].reshape(-1) for i in members])
            self._runs.append(Run(members, slice(start, end), self._group_of[first], frozen[first], state))
            start = end

    def _states(self) -> list[State]:
        """The state of each parameter by itself; arrays are views, in its shape."""
        states = []
        for run in self._runs:
            start = 0
            for i in run.members:
                end = self._ends[i] - run.part.start
                arrays = {
                    k: x[start:end].reshape(self._shapes[i]) for k, x in run.state.items() if isinstance(x, np.ndarray)
                }
                states.append(run.state | arrays)
                start = end
        return states

    @property
    def lr(self) -> float:
        """The learning rate of the parameters in no group. Setting it changes those of the groups in proportion."""
        return float(self._groups[0].hyper["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        require_in_range(lr=(lr, 0, inf), low_open=True)
        for group in self._groups:
            group.hyper["lr"] = float(lr) * group.share

    @property
    def momentum(self) -> float:
        """β, or the β1 of Adam and its kin, of the parameters in no group. Setting it sets it for all groups.

        Raises:
            AttributeError: this optimizer has none.
        """
        return float(self._groups[0].hyper[self._name_of_momentum()])

    @momentum.setter
    def momentum(self, momentum: float) -> None:
        name = self._name_of_momentum()
        require_in_range(momentum=(momentum, 0, 1))
        for group in self._groups:
            group.hyper[name] = float(momentum)

    def _name_of_momentum(self) -> str:
        if self.momentum_name is None:
            raise AttributeError(f"{type(self).__name__} has no momentum")
        return self.momentum_name

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The hyperparameters of the parameters in no group, then those of each group. A copy."""
        return [dict(group.hyper) for group in self._groups]

    @property
    def state(self) -> State:
        """What is kept from one step to the next, by name: "0.W.m", "0.W.t", "0.b.m", … Nothing before the first step."""
        named = zip(self._names, self._states(), strict=True)
        return {f"{name}.{key}": x for name, state in named for key, x in state.items()}

    def state_dict(self) -> State:
        """All that the next step depends on, but for the parameters: a copy of ``state``, and the hyperparameters.

        It holds arrays and numbers only, for ``np.savez(file, **optimizer.state_dict())``. Which parameters are in which
        group, and hyperparameters that are no numbers, are up to whoever makes the optimizer again.
        """
        state = {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in self.state.items()}
        return state | {name: group.hyper[key] for name, group, key in self._numbers()}

    def _numbers(self) -> list[tuple[str, Group, str]]:
        """Each hyperparameter that is a number: its name in a state_dict, its group, its name there."""
        return [
            (f"groups.{i}.{key}", group, key)
            for i, group in enumerate(self._groups)
            for key, x in group.hyper.items()
            if isinstance(x, float)
        ]

    def load_state_dict(self, state: State) -> None:
        """Go on from a state_dict, made by an optimizer of the same class and groups for a net with the same parameters.

        Args:
            state: that dict. Numbers may have become arrays without axes, as np.load returns them.

        Raises:
            TypeError: state is not a dict, or an entry is of the wrong type.
            ValueError: names are missing or unknown, a shape differs, or a number is out of its range. Nothing is changed
                then.
        """
        if not isinstance(state, dict):
            fail_type(f"state must be a dict, got {describe(state)}")
        rest = {name: x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for name, x in state.items()}
        if missing := [name for name, _, _ in self._numbers() if name not in rest]:
            fail(f"state lacks {', '.join(missing)}")
        hypers = [dict(group.hyper) for group in self._groups]
        for name, group, key in self._numbers():
            hypers[self._groups.index(group)][key] = rest.pop(name)
        with _said_by(f"{type(self).__name__}.load_state_dict"):
            hypers = [self._checked(hyper) for hyper in hypers]
        states = [self._taken_from(rest, i) for i in range(len(self._names))]
        if rest:
            fail(f"state has unknown names {', '.join(map(str, rest))}")
        for group, hyper in zip(self._groups, hypers, strict=True):
            group.hyper = hyper
        self._arrange(states)

    def _taken_from(self, rest: State, i: int) -> State:
        """The state of parameter i, checked by a step from it, and taken out of the rest."""
        name, w = self._names[i], np.zeros(self._shapes[i], self._dtype)
        given = {key: rest.pop(f"{name}.{key}") for key in self._example if f"{name}.{key}" in rest}
        with np.errstate(all="ignore"), _said_by(f"{type(self).__name__}.load_state_dict: {name}"):
            self.formula(w, w, given, **self._group_of[i].hyper)
        kinds = {key: type(x) for key, x in self._example.items()}
        return {key: np.array(x, w.dtype) if kinds[key] is np.ndarray else kinds[key](x) for key, x in given.items()}


@contextmanager
def _said_by(speaker: str) -> Iterator[None]:
    """An error inside names this speaker instead of the function that raised it."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"{speaker}: {str(error).partition(': ')[2]}") from None


def _parts_of(net: Layer) -> dict[str, tuple[Any, ...]]:
    """What an optimizer relies on: of each parameter the layer and the shape, by name."""
    return {name: (layer, p.shape) for name, (_, layer, p) in net.owned_params().items()}
