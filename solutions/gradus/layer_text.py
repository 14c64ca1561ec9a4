"""How a layer is printed: in one line, and as a table. Nothing is refused here."""

from __future__ import annotations

from numbers import Real
from typing import Any

__all__ = ["one_line", "table"]

Row = tuple[str, str, str, str]


def one_line(layer: Any) -> str:
    """``Sequential(Linear(W (4, 3), b (3,)), Activation(name='relu'))``: what it holds, shapes of arrays, settings."""
    parts = []
    for name, value in vars(layer).items():
        if not name.startswith("_") and name not in ("training", "frozen") and (text := _text(value)):
            between = " " if hasattr(value, "creator") else "="
            parts.append(text if name == layer._row else f"{name}{between}{text}")
    return f"{type(layer).__name__}({', '.join(parts)})"


def _text(value: Any) -> str:
    """A value as one_line shows it; nothing for what says little in one line: arrays, generators, functions."""
    if hasattr(value, "creator"):  # a Variable
        return str(value.shape)
    if hasattr(value, "named_params") or isinstance(value, str | Real):
        return repr(value)
    if isinstance(value, dict):
        texts = {key: _text(v) for key, v in value.items()}
        return ", ".join(f"{key}: {text}" for key, text in texts.items() if text)
    if isinstance(value, list | tuple):
        return ", ".join(text for v in value if (text := _text(v)))
    return ""


def table(head: Row, rows: list[Row], foot: Row) -> str:
    """The rows between head and foot, the last two columns set to the right."""
    everything = [head, *rows, foot]
    widths = [max(len(row[i]) for row in everything) for i in range(4)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}" for a, b, c, d in everything]
    rule = "─" * (sum(widths) + 6)
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
