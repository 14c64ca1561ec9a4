"""Layer: a function that owns parameters. What all layers have in common; the layers themselves are in ``layers``.

The parameters of a layer are the Variables among its attributes and those of the layers it holds (also in lists and
tuples), in the order in which they were assigned.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .arguments import as_float_array, describe, fail, fail_type
from .state_files import load_state, save_state
from .variable import Variable

__all__ = ["Layer"]

Array = np.ndarray


class Layer:
    """A subclass assigns its parameters in ``__init__`` and defines ``forward(x)``.

    Attributes:
        training: whether the layer behaves as in training; set by train() and eval().
        frozen: whether optimizers leave the parameters of the layer alone; set by freeze() and unfreeze().
        buffers: names of attributes, arrays, that are saved with the parameters but not trained.
    """

    training = True
    frozen = False
    buffers: tuple[str, ...] = ()

    _flat: Array | None = None
    _slots: list[tuple[Layer, str]] | None = None  # where the parameters are found, once flatten() has searched

    def __call__(self, x: Any) -> Variable:
        return self.forward(x)

    def forward(self, x: Any) -> Variable:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def named_layers(self, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """This layer and all within it, each with the prefix of its names: "", "0.", "1.", …"""
        yield prefix, self
        for name, value in vars(self).items():
            held = enumerate(value) if isinstance(value, list | tuple) else [(name, value)]
            for key, layer in held:
                if isinstance(layer, Layer):
                    yield from layer.named_layers(f"{prefix}{key}.")

    def named_params(self) -> dict[str, Variable]:
        """The parameters by name ("0.W", "0.b", "2.W", …). A parameter that several layers share appears once."""
        named: dict[str, Variable] = {}
        seen: set[Variable] = set()
        for prefix, layer in self.named_layers():
            for name, value in vars(layer).items():
                if isinstance(value, Variable) and value not in seen:
                    named[prefix + name] = value
                    seen.add(value)
        return named

    def params(self) -> list[Variable]:
        """The parameters, in the order of named_params."""
        if self._slots is None:
            return list(self.named_params().values())
        return [getattr(layer, name) for layer, name in self._slots]

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
            path: of the file. It gets no ending of its own: ``net.save("digits.npz")``.

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
        layers = dict(self.named_layers())
        return [p for name, p in self.named_params().items() if not layers[name[: name.rfind(".") + 1]].frozen]

    def summary(self) -> str:
        """A table to print: every layer with its arrays, the numbers it keeps, and those that are trained."""
        rows = [("layer", "arrays", "numbers", "trained")]
        state, trained = self._state(), {id(p.data) for p in self._trained()}
        for prefix, layer in self.named_layers():
            own = {name: a for name, a in state.items() if name.rpartition(".")[0] == prefix.removesuffix(".")}
            if not own and len(list(layer.named_layers())) > 1:
                continue  # it only holds other layers
            shapes = ", ".join(f"{name.rpartition('.')[2]} {array.shape}" for name, array in own.items())
            learnt = sum(a.size for a in own.values() if id(a) in trained)
            frozen = " (frozen)" if layer.frozen else ""
            title = f"{prefix.removesuffix('.')} {type(layer).__name__}{frozen}".strip()
            rows.append((title, shapes, f"{sum(a.size for a in own.values()):,}", f"{learnt:,}"))
        kept, learnt = self.count_params()
        rows.append(("all", "", f"{kept:,}", f"{learnt:,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}" for a, b, c, d in rows]
        rule = "─" * (sum(widths) + 6)
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    def _state(self) -> dict[str, Array]:
        state = {name: p.data for name, p in self.named_params().items()}
        for prefix, layer in self.named_layers():
            state |= {prefix + name: getattr(layer, name) for name in layer.buffers}
        return state

    # An optimizer's step on one vector is a handful of operations, however many layers there are.

    @property
    def flat(self) -> Array:
        """All parameters in one vector (P,), in the order of params(). The data of each parameter is a view of it."""
        flat = self._flat
        if flat is None:
            return self.flatten()
        for p in self.params():
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
        """Move the parameters into one new vector and return it. Call it after adding or removing a parameter.

        Raises:
            ValueError: there are no parameters, or they have different dtypes.
        """
        self._slots = None
        named = self.named_params()
        params = list(named.values())
        if not params:
            fail(f"{type(self).__name__} has no parameters")
        if len({p.dtype for p in params}) > 1:
            fail(f"parameters must have one dtype, got {', '.join(sorted({str(p.dtype) for p in params}))}")
        flat = np.concatenate([p.data.reshape(-1) for p in params])
        start = 0
        for p in params:
            p.data = flat[start : start + p.size].reshape(p.shape)
            start += p.size
        layers = self.named_layers()
        self._slots = [(layer, name) for prefix, layer in layers for name in vars(layer) if prefix + name in named]
        self._flat = flat
        return flat
