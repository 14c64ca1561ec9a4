"""The table on the terminal and in a file, and what the figures were measured with."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from race import Line

PEERS = ("torch", "dezero", "autograd", "micrograd")
HEADINGS = ("", "", "time", "ratio", "quartiles", "goal", "met")


def header(rounds: int) -> str:
    """Machine, versions, and how the figures were made."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    packages = ", ".join(f"{name} {installed(name)}" for name in PEERS)
    return "\n".join(
        [
            f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {platform.system()}",
            f"Python {platform.python_version()}, NumPy {np.__version__} ({blas['name']} {blas['version']}), {packages}",
            f"One thread each. Process time, medians of {rounds} interleaved rounds; ratio = gradus' time to the other's",
            "in the same round. Before all, one large array is made and freed: from then on the C library keeps the",
            "memory that a step frees, as in any program that has loaded data, instead of handing it back each time.",
        ]
    )


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cells(line: Line, first: bool) -> tuple[str, ...]:
    spread = "" if line.spread is None else "{:.2f}–{:.2f}".format(*line.spread)
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    met = {None: "", True: "yes", False: "NO"}[line.met]
    return (line.row if first else "", line.contestant, line.value, ratio, spread, line.goal, met)


def formatted(rows: list[tuple[str, ...]], names: int, contestants: int) -> Iterator[str]:
    """Lines of text, names flush left and figures flush right."""
    for row, contestant, value, ratio, spread, goal, met in rows:
        text = f"{row:<{names}}  {contestant:<{contestants}}{value:>14}{ratio:>7}{spread:>13}  {goal:<11}{met}"
        yield text.rstrip()


def summary(lines: list[Line]) -> str:
    judged = [line for line in lines if line.met is not None]
    missed = [f"  {line.row}, {line.contestant}: {reached(line)}, goal {line.goal}" for line in judged if not line.met]
    if not judged:
        return "No goals among these."
    return "\n".join(
        [f"{len(judged) - len(missed)} of {len(judged)} goals met.", *(["Missed:", *missed] if missed else [])]
    )


def reached(line: Line) -> str:
    """What the goal of the line is about: the ratio, or where there is none the value itself."""
    return line.value if line.ratio is None else f"{line.ratio:.2f}"


def write_json(path: Path, lines: list[Line], about: str) -> None:
    path.write_text(
        json.dumps({"about": about, "lines": [asdict(line) for line in lines]}, indent=1, ensure_ascii=False)
    )
