"""What happened in training: the losses, and whatever else was measured, by step and by epoch."""

from __future__ import annotations

from typing import Any

from .divergence import Divergence

__all__ = ["History"]

ROWS = 20  # of the table that print shows


class History(dict[str, list[float]]):
    """What happened in training: one entry an epoch in each of the lists

    train_loss: mean loss of the epoch's minibatches, measured as the network changed, without the penalty
    train_accuracy: share of their samples that were classified correctly, likewise; empty without integer labels
    val_loss, val_accuracy: on the validation data at the end of the epoch, in evaluation mode; empty without such data
    penalty, lr, momentum, grad_norm: only if there is a penalty, or a callback that records them

    ``print(history)`` shows them as a table, and ``curves({"train": history["train_loss"], …})`` of gradus.plotting
    draws them. All numbers are Python floats.

    Attributes:
        per_step: the same for every minibatch: "loss", and whatever else is recorded, in lists by name.
        seconds: how long each epoch took, with its validation.
        stopped: whether a callback ended training before the last epoch.
        diverged: None, or the Divergence that ended training. Print it.
    """

    def __init__(self) -> None:
        super().__init__(train_loss=[], train_accuracy=[], val_loss=[], val_accuracy=[])
        self.per_step: dict[str, list[float]] = {"loss": []}
        self.seconds: list[float] = []
        self.stopped = False
        self.diverged: Divergence | None = None

    @property
    def steps(self) -> list[float]:
        """The loss of every minibatch, ``per_step["loss"]``; its length is the number of steps so far."""
        return self.per_step["loss"]

    @property
    def epochs(self) -> int:
        """The number of complete epochs so far."""
        return len(self.seconds)

    def record(self, **values: float) -> None:
        """Append to the lists of these names, one entry an epoch."""
        for name, value in values.items():
            self.setdefault(name, []).append(float(value))

    def record_step(self, **values: float) -> None:
        """Append to the lists of these names in per_step, one entry a step."""
        for name, value in values.items():
            self.per_step.setdefault(name, []).append(float(value))

    def state_dict(self) -> dict[str, Any]:
        """Everything recorded so far, as lists and numbers, for a checkpoint."""
        return {
            "epochs": {name: list(values) for name, values in self.items()},
            "steps": {name: list(values) for name, values in self.per_step.items()},
            "seconds": list(self.seconds),
            "stopped": self.stopped,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to what state_dict returned."""
        self.clear()
        self.update({name: list(values) for name, values in state["epochs"].items()})
        self.per_step = {name: list(values) for name, values in state["steps"].items()}
        self.seconds = list(state["seconds"])
        self.stopped = state["stopped"]

    def __repr__(self) -> str:
        """A table, a row an epoch; of a long history the first and the last rows."""
        names = [name for name, values in self.items() if values]
        if not names:
            return f"no epoch yet{self._ending()}"
        columns = [["epoch", *map(str, range(1, self._rows() + 1))]]
        columns += [[name, *(f"{value:.4g}" for value in self[name])] for name in names]
        widths = [max(map(len, column)) for column in columns]
        lines = [
            "  ".join(
                (column[i] if i < len(column) else "").rjust(width)
                for column, width in zip(columns, widths, strict=True)
            )
            for i in range(self._rows() + 1)
        ]
        if len(lines) - 1 > ROWS:
            lines[1 + ROWS // 2 : -(ROWS // 2)] = ["…".rjust(widths[0])]
        return "\n".join(lines) + self._ending()

    def _rows(self) -> int:
        return max(len(values) for values in self.values())

    def _ending(self) -> str:
        return ("\nstopped early" if self.stopped else "") + (f"\n{self.diverged}" if self.diverged else "")
