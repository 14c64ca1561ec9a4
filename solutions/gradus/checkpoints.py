"""Checkpoints: a run of training in a file, from which it goes on as if it had never been interrupted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from .arguments import describe, fail_type, require_int
from .history import History
from .layer import Layer
from .optimizers import Optimizer
from .state_files import load_state, rehearse_saving, save_state

__all__ = ["Checkpoint"]

Array = np.ndarray


@dataclass
class Run:
    """Everything on which the rest of a training run depends: what changes, and what must stay the same."""

    net: Layer
    optimizer: Optimizer
    history: History
    rng: np.random.Generator
    callbacks: Sequence[Any]
    data: dict[str, Array | None]
    settings: dict[str, Any]

    def state_dict(self) -> dict[str, Any]:
        """Copies of all that changes from step to step."""
        return {
            "network": self.net.state_dict(),
            "modes": [[layer.training, layer.frozen] for _, layer in self.net.named_layers()],
            "optimizer": deepcopy(self.optimizer.state_dict()),
            "generators": [generator.bit_generator.state for generator, _ in self._generators()],
            "callbacks": [deepcopy(callback.state_dict()) for callback in self.stateful()],
            "history": self.history.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from there. After an error everything is as before."""
        before = self.state_dict()
        try:
            self._load(state)
        except Exception:
            self._load(before)
            raise

    def _load(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["network"])
        for (_, layer), (training, frozen) in zip(self.net.named_layers(), state["modes"], strict=True):
            layer.training, layer.frozen = training, frozen
        self.optimizer.load_state_dict(state["optimizer"])
        for (generator, _), generator_state in zip(self._generators(), state["generators"], strict=True):
            generator.bit_generator.state = generator_state
        for callback, callback_state in zip(self.stateful(), state["callbacks"], strict=True):
            callback.load_state_dict(callback_state)
        self.history.load_state_dict(state["history"])

    def identity(self) -> dict[str, str]:
        """What must be the same in the run that goes on, by the names under which an error message shows it."""
        arrays = {f"parameter {name}": array for name, array in self.net.state_dict().items()}
        generators = [f"{type(g.bit_generator).__name__} in {', '.join(names)}" for g, names in self._generators()]
        return {
            **{name: _in_words(value) for name, value in self.settings.items()},
            "optimizer": type(self.optimizer).__name__,
            **{name: f"{array.dtype} of shape {array.shape}" for name, array in arrays.items()},
            "layers": ", ".join(prefix + type(layer).__name__ for prefix, layer in self.net.named_layers()),
            "callbacks with a state": ", ".join(type(callback).__name__ for callback in self.stateful()),
            "generators": "; ".join(generators),
            **{name: _fingerprint(array) for name, array in self.data.items()},
        }

    def stateful(self) -> list[Any]:
        """The callbacks with something to remember."""
        return [c for c in self.callbacks if hasattr(c, "state_dict") and hasattr(c, "load_state_dict")]

    def _generators(self) -> list[tuple[np.random.Generator, list[str]]]:
        """Every generator once, with the places where it is: one that fit shares with a layer stays shared."""
        places: list[tuple[str, Any]] = [("rng", self.rng)]
        for prefix, layer in self.net.named_layers():
            places += [(prefix + name, value) for name, value in vars(layer).items()]
        for i, callback in enumerate(self.callbacks):
            places += [(f"callbacks[{i}].{name}", value) for name, value in getattr(callback, "__dict__", {}).items()]
        found: dict[int, tuple[np.random.Generator, list[str]]] = {}
        for name, value in places:
            if isinstance(value, np.random.Generator):
                found.setdefault(id(value.bit_generator), (value, []))[1].append(name)
        return list(found.values())


def _in_words(setting: Any) -> str:
    """A number as it is, a function by its name."""
    return str(getattr(setting, "__qualname__", type(setting).__name__) if callable(setting) else setting)


def _fingerprint(array: Array | None) -> str:
    """Tells one data set from another."""
    if array is None:
        return "none"
    return f"{array.dtype} of shape {array.shape} with checksum {crc32(np.ascontiguousarray(array).tobytes()):08x}"


class Checkpoint:
    """Where and how often fit keeps its run: ``fit(…, checkpoint=Checkpoint("run.npz", every=5))``.

    Everything on which the rest of the run depends is kept: parameters and running statistics, which layers are frozen
    or in evaluation mode, the optimizer's state, that of fit's rng and of each generator that a layer or a callback has
    among its attributes, the state of the callbacks, and the history. What follows is then the same to the last bit.
    A Generator's count of those that it has spawned is not kept.

    Args:
        path: of the file, written when an epoch is complete and read when fit begins.
        every: write after each of so many epochs, and after the last.

    Raises:
        TypeError: path is no path, or every is not an integer.
        ValueError: every is less than 1.
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        if not isinstance(path, str | os.PathLike):
            fail_type(f"path must be the path of a file, got {describe(path)}")
        require_int(every=(every, 1))
        self.path = Path(path)
        self.every = int(every)

    def rehearse(self, run: Run) -> None:
        """See before the first step, not after an epoch of work, whether the run can be written.

        Raises:
            TypeError: a callback has a state that a file cannot hold.
            OSError: there is no such folder, or the file cannot be written there.
        """
        if not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"fit: checkpoint {self.path} cannot be written, there is no folder {self.path.parent}"
            )
        state = run.state_dict()
        names = [f"callback {type(callback).__name__}" for callback in run.stateful()]
        for name, part in [*zip(names, state["callbacks"], strict=True), ("run", state)]:
            try:
                rehearse_saving(self.path, {name: part})
            except TypeError as error:
                reason = str(error).removeprefix("rehearse_saving: ")
                raise TypeError(f"{self.path} cannot hold the state of the {name}: {reason}") from error

    def write(self, run: Run, last: bool) -> None:
        """Write the run if it is time to."""
        if last or run.history.epochs % self.every == 0:
            save_state(self.path, {"identity": run.identity(), "run": run.state_dict()})

    def read(self, run: Run, epochs: int) -> dict[str, Any] | None:
        """The state in which the run was last written; None if it was not.

        Raises:
            ValueError: the file is damaged, of another run, or of one with more epochs.
        """
        if not self.path.exists():
            return None
        saved = load_state(self.path)
        if set(saved) != {"identity", "run"}:
            raise ValueError(f"{self.path} holds a state, but not of a training run")
        then, now = saved["identity"], run.identity()
        for name in then | now:
            if then.get(name) != now.get(name):
                was, here = then.get(name, "absent"), now.get(name, "absent")
                raise ValueError(
                    f"{self.path} is of another run: {name} was {was or 'none'}, here it is {here or 'none'}"
                )
        state: dict[str, Any] = saved["run"]
        done = len(state["history"]["seconds"])
        if done > epochs:
            raise ValueError(f"{self.path} is of another run: it holds {done} epochs, here there are to be {epochs}")
        return state
