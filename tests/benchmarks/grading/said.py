"""The figures that the book's page on large courses prints, computed from what was measured."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import class_sizes

sys.path.insert(0, str(Path(__file__).parents[1]))
from table import processor

MEASURED = Path(__file__).with_name("measured.json")
LARGE = 100_000


def header(isolation: str) -> dict[str, Any]:
    """The machine, and what ran on it."""
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "system": platform.system(),
        "python": platform.python_version(), "numpy": version("numpy"), "nbgrader": version("nbgrader"),
        "isolation": isolation,
    }  # fmt: skip


def said(measured: dict[str, Any]) -> dict[str, str]:
    """Name → text, for all parts that were measured."""
    loads = sorted(measured.get("load", {"": 0.0}).values())
    found = {"load": f"{loads[0]:g}" if loads[0] == loads[-1] else f"{loads[0]:g} to {loads[-1]:g}"}
    if about := measured.get("about"):
        found |= {"machine": about["machine"], "cores": str(about["cores"]), "isolation": about["isolation"]}
    for name in ("six_tasks", "initialization"):
        if row := measured.get(name):
            found |= {f"{name} submissions": str(row["submissions"]), f"{name} ratio": f"{row['ratio']:.0f}",
                      f"{name} stock seconds": f"{row['stock_seconds']:.0f}", f"{name} marks": str(row["marks"]),
                      f"{name} seconds": f"{sorted(row['seconds'])[len(row['seconds']) // 2]:.1f}"}  # fmt: skip
        if row := measured.get(f"{name} where"):
            found |= {f"{name} {key} ms": f"{row[key]:.1f}" for key in row if key != "start"}
            found[f"{name} start"] = f"{row['start']:.1f}"
    if row := measured.get("memory"):
        found |= {f"{key} MB": f"{value / 2**20:.0f}" for key, value in row.items()}
    if row := measured.get("growth"):
        found |= of_growth(row, int(found.get("cores", "2")))
    for row in measured.get("cluster", ()):
        found[f"workers {row['workers']}"] = f"{row['again']:.1f}"
        found["cluster submissions"] = str(row["submissions"])
    return found


def of_growth(row: dict[str, Any], cores: int) -> dict[str, str]:
    """What follows from straight lines through what was measured: a start, and so much a submission."""
    found = {}
    start, each = class_sizes.line_through(row["ours"])
    stock_start, stock_each = class_sizes.line_through(row["stock"])
    core_seconds = each * cores
    for number, p in enumerate(row["ours"], 1):
        found |= {f"class {number}": f"{p['submissions']:,}", f"class {number} seconds": f"{p['seconds']:.1f}",
                  f"class {number} MB": f"{p['memory'] / 2**20:.0f}",
                  f"class {number} stock seconds": f"{stock_start + stock_each * p['submissions']:,.0f}"}  # fmt: skip
    largest = row["ours"][-1]
    found |= {
        "each core ms": f"{core_seconds * 1000:.0f}", "a minute": f"{60 / each:,.0f}",
        "stock each": f"{stock_each:.2f}", "stock largest": f"{row['stock'][-1]['submissions']}",
        "stock MB": f"{row['stock'][-1]['memory'] / 2**20:.0f}", "largest": f"{largest['submissions']:,}",
        "disk each KB": f"{largest['disk'] / largest['submissions'] / 1024:.0f}",
        "large disk GB": f"{largest['disk'] / largest['submissions'] * LARGE / 2**30:.1f}",
        "large core hours": f"{LARGE * core_seconds / 3600:.1f}",
        "large stock hours": f"{(stock_start + LARGE * stock_each) / 3600:.0f}",
    }  # fmt: skip
    for n in (2, 8, 32):
        found[f"large minutes {n} cores"] = f"{(start + LARGE * core_seconds / n) / 60:.0f}"
    return found


LOAD = round(os.getloadavg()[0], 1)  # of the machine before the benchmark began: what else it had to do


def store(part: str, value: Any, path: Path = MEASURED) -> None:
    """Put one part's figures into the file, the load they were measured under, and what the page says anew."""
    measured = json.loads(path.read_text()) if path.exists() else {}
    measured[part] = value
    measured["load"] = {**measured.get("load", {}), part: LOAD}
    measured["said"] = said(measured)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)
