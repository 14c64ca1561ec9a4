"""The progress bar of training. tqdm is imported when a bar is to be shown, not before."""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import Any

from .history import History

__all__ = ["ProgressBar"]


def somebody_watches() -> bool:
    """Whether a person sees what is written while it is written: at a terminal, or in a notebook.

    With every cell the front end tells the kernel whether somebody could answer a question of input(). JupyterLab and
    the like say yes; nbconvert, the build of a book and tests of notebooks, who all execute cells by themselves, say no.
    ipykernel keeps that only under a private name; where it is not there, nobody is taken to watch.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", False))


class ProgressBar:
    """Epochs, loss and validation accuracy while training runs; used as a context, so that it is closed in any case.

    Args:
        progress: True shows it, False does not. None shows it to whoever sits at a terminal or a notebook, after a second,
            if tqdm is installed: a run in the background, a test or the execution of a book stays quiet.
        done: epochs that lie behind already.
        epochs: epochs in all.

    Raises:
        ImportError: progress is True and tqdm is not installed.
    """

    def __init__(self, progress: bool | None, done: int, epochs: int) -> None:
        self.bar: Any = None
        if progress or (progress is None and somebody_watches()):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # in a notebook without widgets the bar is one of text
                    from tqdm.auto import tqdm  # type: ignore[import-untyped]
            except ImportError:
                if progress:
                    raise
                return
            self.bar = tqdm(total=epochs, initial=done, unit="epoch", delay=0 if progress else 1)

    def show(self, history: History) -> None:
        """One epoch more, with what was measured in it."""
        if self.bar is not None:
            shown = {"loss": "train_loss", "val_loss": "val_loss", "val_accuracy": "val_accuracy"}
            text = ", ".join(f"{label} {history[name][-1]:.4g}" for label, name in shown.items() if history[name])
            self.bar.set_postfix_str(text, refresh=False)
            self.bar.update(1)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
