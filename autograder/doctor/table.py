"""What the doctor found, as a table and as plain data."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from autograder.doctor.examination import PROBES, Examination, examine
from autograder.sandbox import jail, starting
from autograder.sandbox.starting import NotStarted

__all__ = ["Diagnosis", "as_data", "as_table", "diagnose"]

ALL, NONE = "all", "none"


@dataclass
class Diagnosis:
    """The sandbox of this machine.

    Attributes:
        layers: those that it has.
        refused: layer → why the machine does not have it.
        found: "none", each layer alone, "all" → what came of the attacks.
    """

    layers: tuple[str, ...]
    refused: dict[str, str] = field(default_factory=dict)
    found: dict[str, Examination] = field(default_factory=dict)

    @property
    def possible(self) -> list[str]:
        """Names of the attacks that succeed where nothing stands in the way."""
        return [p.name for p in PROBES if p.name in self.found[NONE].succeeded]

    def stopped_by(self, column: str) -> list[str]:
        """The possible attacks that were stopped."""
        through = self.found[column].failed_to_stop
        return [name for name in self.possible if name not in through]

    @property
    def confined(self) -> bool:
        """Whether strangers' code may run here: enough layers, and nothing gets through them."""
        return jail.confined(self.layers) and ALL in self.found and not self.found[ALL].failed_to_stop


def diagnose(done: Callable[[str], None] = lambda text: None) -> Diagnosis:
    """Attack this machine's sandbox: without a layer, behind each alone, behind all.

    Args:
        done: called with a text after each attack, for a progress bar.
    """
    layers = starting.best()
    made = Diagnosis(layers, reasons(jail.LAYERS))
    for column, chosen in ((NONE, ()), *((layer, (layer,)) for layer in layers), (ALL, layers)):
        try:
            found = examine(chosen, lambda name, column=column: done(f"{column}: {name}"))
        except NotStarted as error:
            made.refused[column] = str(error).strip()
            continue
        if found.missing:
            made.refused[column] = reasons(chosen).get(column, "it did not stand")
        else:
            made.found[column] = found
    return made


def reasons(layers: Sequence[str]) -> dict[str, str]:
    """Layer → why this machine does not have it."""
    warm = starting.lend({}, (), layers)
    try:
        return dict(warm.refused)
    finally:
        starting.give_back(warm)


# ------------------------------------------------------------------ as text


def as_table(made: Diagnosis) -> str:
    """The level, what each layer is worth alone, and every attack with the layers that stop it."""
    columns = [c for c in (*jail.LAYERS, ALL) if c in made.found]
    lines = [f"Level: {jail.name_of(made.layers)}", ""]
    lines += [*summary(made, columns), "", *matrix(made, columns), "", verdict(made)]
    return "\n".join(lines)


def summary(made: Diagnosis, columns: Sequence[str]) -> list[str]:
    """A line a layer: how many attacks it stops alone, and those that only it stops."""
    most = len(made.possible)
    lines = [f"{most} of {len(PROBES)} attacks succeed here where nothing stands in their way. Of these are stopped:"]
    for layer in jail.LAYERS:
        if layer not in made.found:
            here = "not alone here: " if layer in made.layers else "not here: "
            lines += wrapped(f"  {layer:<11} –         ", here + made.refused.get(layer, "nobody knows why"))
            continue
        stopped = made.stopped_by(layer)
        others = {name for c in columns if c not in (layer, ALL) for name in made.stopped_by(c)}
        only = [name for name in stopped if name not in others]
        more = f"no other layer: {', '.join(map(spoken, only))}" if only else ""
        lines += wrapped(f"  {layer:<11}{len(stopped):>2} of {most}   ", more)
    if ALL in made.found:
        together = made.found[ALL]
        lines.append(f"  {'all':<11}{len(made.stopped_by(ALL)):>2} of {most}   in {together.seconds * 1000:.0f} ms")
    return lines


def wrapped(head: str, text: str) -> list[str]:
    """A text beside a head, in lines of a terminal's width."""
    return textwrap.fill(head + text, 110, subsequent_indent=" " * len(head)).splitlines()


def matrix(made: Diagnosis, columns: Sequence[str]) -> list[str]:
    """A line an attack: ✓ stopped, ✗ got through, – impossible on this machine in any case."""
    width = max(len(p.name) for p in PROBES) + 2
    lines = [" " * width + "".join(f"{c:>12}" for c in columns)]
    for topic, probes in groupby(PROBES, lambda p: p.topic):
        lines.append(topic)
        for p in probes:
            marks = "".join(f"{mark(made, p.name, c):>12}" for c in columns)
            lines.append(f"  {spoken(p.name):<{width - 2}}{marks}")
    return lines


def mark(made: Diagnosis, name: str, column: str) -> str:
    if name in made.found[column].broken:
        return "broken"
    if name in made.found[column].succeeded:
        return "✗"
    return "✓" if name in made.possible else "–"


def spoken(name: str) -> str:
    return name.replace("_", " ")


def verdict(made: Diagnosis) -> str:
    if made.confined:
        return "Confined: no attack gets through all layers together."
    if ALL not in made.found:
        return f"NOT CONFINED: the sandbox does not start: {made.refused.get(ALL, '')}"
    if through := made.found[ALL].failed_to_stop:
        return f"NOT CONFINED: {', '.join(map(spoken, through))}"
    return "NOT CONFINED: the layers that this machine has are not enough for code of strangers."


# ------------------------------------------------------------------ as data


def as_data(made: Diagnosis) -> dict[str, Any]:
    """The same as plain data, for ``--json``."""
    return {
        "level": jail.name_of(made.layers),
        "confined": made.confined,
        "layers": {layer: layer_data(made, layer) for layer in jail.LAYERS},
        "all": layer_data(made, ALL),
        "attacks": [
            {"name": p.name, "topic": p.topic, "text": p.text, "possible": p.name in made.possible,
             "stopped_by": [c for c in made.found if c != NONE and p.name in made.stopped_by(c)],
             "broken": {c: f.broken[p.name] for c, f in made.found.items() if p.name in f.broken}}
            for p in PROBES
        ],
    }  # fmt: skip


def layer_data(made: Diagnosis, column: str) -> Mapping[str, Any]:
    if column not in made.found:
        return {"available": False, "why": made.refused.get(column, "")}
    found = made.found[column]
    return {"available": True, "stopped": made.stopped_by(column), "through": found.failed_to_stop,
            "seconds": round(found.seconds, 3)}  # fmt: skip
