"""Layer: a function that owns parameters. What all layers have in common; the layers themselves are in ``layers``.

The parameters of a layer are the Variables among its attributes and those of the layers it holds, in the order in which
they were assigned. Variables and layers may also stand in lists, tuples and dicts, and in these within one another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from operator import getitem, is_
from typing import Any, NamedTuple

import numpy as np

from .arguments import as_float_array, describe, fail, fail_type
from .layer_text import Row, one_line, table
from .state_files import load_state, save_state
from .variable import Variable

__all__ = ["Layer"]

Array = np.ndarray
Held = tuple[str, Any, Any, Any]  # a name, the dict or list that holds a value, its key there, and the value


class Found(NamedTuple):
    """What a search for parameters came upon, and how to see, quickly, that another would find the same.

    The dict of the layer that searched is not among the holders: a reference to it would be a cycle, which keeps networks
    in memory. What a tuple holds cannot change.
    """

    params: list[Variable]
    own: list[tuple[str, Any]]  # Variables, layers, lists, and None, which may become one: key and value
    places: list[list[Any]]  # holders and keys of such values elsewhere
    values: list[Any]
    holders: list[Any]
    sizes: list[int]  # of the searcher's dict and the holders

    def is_so_in(self, own: dict[str, Any]) -> bool:
        """Whether nothing has been exchanged, added or removed."""
        if [len(own), *map(len, self.holders)] != self.sizes:
            return False
        try:
            for key, value in self.own:
                if own[key] is not value:
                    return False
            return all(map(is_, map(getitem, *self.places), self.values))
        except LookupError:
            return False


class Layer:
    """A subclass assigns its parameters in ``__init__`` and defines ``forward(x)``.

    Attributes:
        training: whether the layer behaves as in training; set by train() and eval().
        frozen: whether optimizers leave the parameters of the layer alone; set by freeze() and unfreeze().
        buffers: names of attributes, arrays, that are saved with the parameters but not trained.
        _row: the attribute whose layers have a number for a name, as in "0.W"; in other lists it is "encoder.0.W".
    """

    training = True
    frozen = False
    buffers: tuple[str, ...] = ()
    _row: str | None = None

    _flat: Array | None = None
    _found: Found | None = None

    def __call__(self, x: Any) -> Variable:
        return self.forward(x)

    def forward(self, x: Any) -> Variable:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __repr__(self) -> str:
        return one_line(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_found"}  # a copy finds its own

    def named_layers(self, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """This layer and all within it, each with the prefix of its names: "", "0.", "1.", …, "encoder.0.", …"""
        yield prefix, self
        for name, _, _, value in self._held():
            if isinstance(value, Layer):
                yield from value.named_layers(f"{prefix}{name}.")

    def named_params(self) -> dict[str, Variable]:
        """The parameters by name ("0.W", "0.b", "2.W", …). A parameter that several layers share appears once.

        Raises:
            TypeError: layers or Variables are in a set, which has no order.
            ValueError: two parameters have one name.
        """
        return {name: p for name, (_, _, p) in self.owned_params().items()}

    def owned_params(self) -> dict[str, tuple[str, Layer, Variable]]:
        """Each parameter by name, as in named_params: the prefix of the layer that owns it, that layer, and itself."""
        owned: dict[str, tuple[str, Layer, Variable]] = {}
        seen: set[Variable] = set()
        for prefix, layer in self.named_layers():
            for name, _, _, p in layer._held():
                if isinstance(p, Variable) and p not in seen:
                    if prefix + name in owned:
                        raise ValueError(f"{type(self).__name__}: two parameters have the name {prefix + name}")
                    owned[prefix + name] = prefix, layer, p
                    seen.add(p)
        return owned

    def owns(self, p: Variable) -> bool:
        """Whether p is a parameter of this layer itself, not only of one within it."""
        return any(value is p for _, _, _, value in self._held())

    def params(self) -> list[Variable]:
        """The parameters, in the order of named_params."""
        found = self._found
        if found is None or not found.is_so_in(self.__dict__):
            found = self._search()
        return found.params.copy()

    def _held(self) -> Iterator[Held]:
        """All in this layer itself that is, holds or may become a parameter or layer, in the order of assignment."""
        return _held_in(vars(self), "", self._row)

    def _search(self) -> Found:
        """Find the parameters anew; the vector is forgotten if it does not hold them in their order."""
        self._flat, self._found = self._flat, None  # both are in the dict before its entries are counted
        own, mine, others, holders = vars(self), [], [], dict[int, Any]()
        for layer in dict.fromkeys(layer for _, layer in self.named_layers()):
            holders[id(vars(layer))] = vars(layer)
            for _, holder, key, value in layer._held():
                if holder is own:
                    mine.append((key, value))
                elif not isinstance(holder, tuple):
                    others.append((holder, key, value))
                if isinstance(value, list | dict):
                    holders[id(value)] = value
        del holders[id(own)]
        params = list(self.named_params().values())
        if self._flat is not None and not _lie_in(self._flat, params):
            self._flat = None
        *places, values = ([other[i] for other in others] for i in range(3))
        sizes = [len(own), *map(len, holders.values())]
        self._found = Found(params, mine, places, values, [*holders.values()], sizes)
        return self._found

    def cleargrads(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.params():
            p.grad = None

    def train(self) -> Layer:
        """Behave as in training, in all layers: batch normalization uses the statistics of the batch. Returns self."""
        return self._set_training(True)

    def eval(self) -> Layer:
        """Behave as in use, in all layers: batch normalization uses its running statistics. Returns self."""
        return self._set_training(False)

    def _set_training(self, training: bool) -> Layer:
        for _, layer in self.named_layers():
            layer.training = training
        return self

    def freeze(self) -> Layer:
        """Keep this layer, and all within it, as they are. Returns self.

        Optimizers leave the parameters alone, and batch normalization uses its running statistics and does not move
        them. Gradients still pass through to the layers below, and params() still lists everything.
        """
        return self._set_frozen(True)

    def unfreeze(self) -> Layer:
        """Let this layer, and all within it, learn again. Returns self."""
        return self._set_frozen(False)

    def _set_frozen(self, frozen: bool) -> Layer:
        for _, layer in self.named_layers():
            layer.frozen = frozen
        return self

    def state_dict(self) -> dict[str, Array]:
        """Copies of all parameters and buffers, by name."""
        return {name: array.copy() for name, array in self._state().items()}

    def load_state_dict(self, state: dict[str, Array]) -> None:
        """Copy the arrays of a state_dict into the parameters and buffers.

        Raises:
            TypeError: state is not a dict, or does not hold arrays of real numbers.
            ValueError: a name is missing or unknown, or a shape differs. Nothing is changed then.
        """
        if not isinstance(state, dict):
            fail_type(f"state must be a dict of arrays, got {describe(state)}")
        mine = self._state()
        if missing := [name for name in mine if name not in state]:
            fail(f"state lacks {', '.join(missing)}")
        if unknown := [name for name in state if name not in mine]:
            fail(f"state has unknown names {', '.join(map(str, unknown))}")
        new = {name: as_float_array(**{f"state[{name!r}]": state[name]}) for name in mine}
        for name, array in mine.items():
            if new[name].shape != array.shape:
                fail(f"state[{name!r}] must have shape {array.shape}, got {new[name].shape}")
        for name, array in mine.items():
            array[...] = new[name]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all parameters and buffers to a file, an .npz without pickle (gradus.state_files).

        It is written at once or not at all: an older file of that name stays until the new one is complete.

        Args:
            path: of the file, with its ending: ``net.save("digits.npz")``.

        Raises:
            TypeError: path is no path.
            OSError: the file cannot be written.
        """
        save_state(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> Layer:
        """Take the parameters and buffers from a file that save wrote. Returns self.

        They are written into the arrays that are there, so the parameters stay views of one vector.

        Args:
            path: of the file.

        Raises:
            TypeError: path is no path.
            ValueError: the file is damaged or not one of save, or its names, shapes or dtypes are not those of this layer.
                Nothing is changed then.
            OSError: there is no such file, or it cannot be read.
        """
        state = load_state(path)
        for name, array in self._state().items():
            dtype = getattr(state.get(name, array), "dtype", None)
            if dtype != array.dtype:
                fail(f"path {os.fspath(path)} must hold {name} as {array.dtype}, got {dtype or describe(state[name])}")
        self.load_state_dict(state)
        return self

    def count_params(self) -> tuple[int, int]:
        """How many numbers the layer keeps, and how many of them are trained.

        The first counts parameters and buffers: batch normalization of D columns keeps 4 D, of which it trains 2 D. A
        frozen layer trains none. What layers share counts once.
        """
        kept = sum(array.size for array in self._state().values())
        return kept, sum(p.size for p in self._trained())

    def _trained(self) -> list[Variable]:
        return [p for _, layer, p in self.owned_params().values() if not layer.frozen]

    def summary(self) -> str:
        """A table to print: every layer with its arrays, the numbers it keeps, and those that are trained."""
        rows: list[Row] = []
        owned, trained = self.owned_params(), set(self._trained())
        for prefix, layer in self.named_layers():
            mine = {name.removeprefix(prefix): p for name, (where, _, p) in owned.items() if where == prefix}
            arrays = {name: p.data for name, p in mine.items()} | {name: getattr(layer, name) for name in layer.buffers}
            if not arrays and len([*layer.named_layers()]) > 1:
                continue  # it only holds other layers
            shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            learnt = sum(p.size for p in mine.values() if p in trained)
            title = f"{prefix.removesuffix('.')} {type(layer).__name__}{' (frozen)' if layer.frozen else ''}".strip()
            rows.append((title, shapes, f"{sum(a.size for a in arrays.values()):,}", f"{learnt:,}"))
        kept, learnt = self.count_params()
        return table(("layer", "arrays", "numbers", "trained"), rows, ("all", "", f"{kept:,}", f"{learnt:,}"))

    def _state(self) -> dict[str, Array]:
        state = {name: p.data for name, p in self.named_params().items()}
        for prefix, layer in self.named_layers():
            state |= {prefix + name: getattr(layer, name) for name in layer.buffers}
        return state

    # An optimizer's step on one vector is a handful of operations, however many layers there are.

    @property
    def flat(self) -> Array:
        """All parameters in one vector (P,), in the order of params(). The data of each parameter is a view of it."""
        params = self.params()
        flat = self._flat
        if flat is None:
            return self.flatten()
        for p in params:
            if p.data.base is not flat:  # it was exchanged
                return self.flatten()
        return flat

    @property
    def flat_grad(self) -> Array:
        """The gradients of all parameters in a new vector (P,); zeros for a parameter that has none.

        Raises:
            ValueError: no parameter has a gradient.
        """
        params = self.params()
        grads = [p.grad for p in params if p.grad is not None]
        if not grads:
            fail("there are no gradients: call backward() on a loss first")
        if len(grads) < len(params):
            grads = [np.zeros(p.size, p.dtype) if p.grad is None else p.grad for p in params]
        return np.concatenate(grads, axis=None)

    def flatten(self) -> Array:
        """Move the parameters into one new vector and return it. ``flat`` does so where one was added or removed.

        Raises:
            ValueError: there are no parameters, or they have different dtypes.
        """
        params = self._search().params
        if not params:
            fail(f"{type(self).__name__} has no parameters")
        if len({p.dtype for p in params}) > 1:
            fail(f"parameters must have one dtype, got {', '.join(sorted({str(p.dtype) for p in params}))}")
        flat = np.concatenate([p.data.reshape(-1) for p in params])
        start = 0
        for p in params:
            p.data = flat[start : start + p.size].reshape(p.shape)
            start += p.size
        self._flat = flat
        return flat


def _held_in(holder: Any, prefix: str, row: str | None = None) -> Iterator[Held]:
    """The values of a dict or list, and of those within it, that matter to a search for parameters."""
    for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
        if (name := f"{prefix}{key}") in ("_flat", "_found"):
            continue
        if value is None or isinstance(value, Layer | Variable):
            yield name, holder, key, value
        elif isinstance(value, list | tuple | dict):
            yield name, holder, key, value
            yield from _held_in(value, "" if name == row else f"{name}.")
        elif isinstance(value, set | frozenset) and any(isinstance(v, Layer | Variable) for v in value):
            raise TypeError(f"Layer: {name} must be a list or dict: the layers or Variables in a set have no order")


def _lie_in(flat: Array, params: list[Variable]) -> bool:
    """Whether the vector consists of the parameters, one after the other."""
    address = flat.ctypes.data
    for p in params:
        if p.data.base is not flat or p.data.ctypes.data != address:
            return False
        address += p.data.nbytes
    return bool(address == flat.ctypes.data + flat.nbytes)
