"""Where the time and the memory of a submission go: the student's own code, the judge's work, the process around it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

import contest

Notebook = dict[str, Any]


def slots(notebook: Notebook) -> list[Any]:
    """The notebook's code cells as they run."""
    from autograder.intake.notebook import Cell

    made = []
    for one in notebook["cells"]:
        mark = one["metadata"].get("nbgrader", {})
        if one["cell_type"] != "code" or (mark.get("grade") and mark.get("solution")):
            continue
        kind = "check" if mark.get("grade") else "given" if mark.get("locked") else "solution"
        made.append(Cell(kind, one["id"], "" if kind == "check" else "".join(one["source"])))
    return made


def computing(name: str, notebooks: list[Notebook]) -> dict[str, float]:
    """Seconds of processor time a submission, in this very process, where everything is loaded (honest submissions only).

    Returns:
        "cells": the student's cells run; "calls": the student's functions called in all cases; "judging": the
        reference called in the same cases, the comparison, and the search for a known mistake.
    """
    rows = []
    with Path(os.devnull).open("w") as void, contextlib.redirect_stdout(void):
        for notebook in [notebooks[0], *notebooks]:  # the first one pays for what is loaded late, and does not count
            rows.append(computing_of(name, notebook))
            if pyplot := sys.modules.get("matplotlib.pyplot"):
                pyplot.close("all")
    return {key: mean(row[key] for row in rows[1:]) for key in rows[0]}


def computing_of(name: str, notebook: Notebook) -> dict[str, float]:
    """The same for one submission."""
    from autograder.assignment import declared
    from autograder.handle import StudentFailure, local
    from autograder.judging import judge, rng_of
    from autograder.sandbox import cells

    exercises, names = declared(name), cells.namespace()
    seconds = {"cells": 0.0, "calls": 0.0, "judging": 0.0}
    for slot in slots(notebook):
        start = time.process_time()
        if slot.kind != "check":
            with contextlib.suppress(StudentFailure):
                cells.run(slot.source, slot.label, names)
            seconds["cells"] += time.process_time() - start
            continue
        ex = exercises[slot.label]
        given = [local(names[n]) for n in ex.names if n in names]
        if len(given) < len(ex.names):
            continue
        for index, case in enumerate(ex.cases):
            with contextlib.suppress(StudentFailure):
                case.probe(rng_of(case, index, 1), *given)
        calls = time.process_time() - start
        start = time.process_time()
        judge(ex, lambda given=given: given, seed=1)
        seconds["calls"] += calls
        seconds["judging"] += max(0.0, time.process_time() - start - calls)
    return seconds


def slot_seconds(rounds: int = 30) -> float:
    """Seconds that a process for one submission costs, from its start to its end, without a line of a student's."""
    from autograder.intake.notebook import Cell
    from autograder.sandbox.provided import sources
    from autograder.sandbox.remote import Session

    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        with Session([Cell("solution", "a", "x = 1"), Cell("check", "it", "")], sources(())) as session:
            session.objects("it", ["x"])
        times.append(time.perf_counter() - start)
    return median(times[1:])


def memory(notebook: Notebook) -> dict[str, int]:
    """Bytes of the processes behind a session that has run a whole notebook.

    Returns:
        "slot_pss", "slot_private": of the process that runs the submission; "warm_pss": of the one that it was forked
        from, which a judge has once. Pss counts a page that both have by halves.
    """
    from autograder.sandbox.provided import sources
    from autograder.sandbox.remote import Session

    cells = slots(notebook)
    with Session(cells, sources(())) as session:
        session.objects([c.label for c in cells if c.kind == "check"][-1], ["np"])
        slot = contest.memory_of(session.process.pid)
        warm = contest.memory_of(session.process.warm.popen.pid)
    return {"slot_pss": slot["Pss"], "slot_private": slot["Private"], "warm_pss": warm["Pss"]}


def where(root: Path, name: str, runs: int, *more: str) -> dict[str, Any]:
    """What one submission costs and what for.

    Args:
        root: the course folder of ours, with a class handed in.
        runs: gradings of each kind; medians count.

    Returns:
        core-milliseconds a submission: "all", of it "cells", "calls", "judging", "slot", "writing" (journal, gradebook,
        notebooks), "rest" (intake, frames between the processes, waiting); "overhead" is all but cells and calls.
        "start": seconds of a run that grades one submission, what a run costs in any case.
    """
    handed_in = sorted((root / "submitted").glob("*/*/*.ipynb"))
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in handed_in]

    def seconds(*options: str) -> float:
        times = []
        for _ in range(runs):
            contest.again(root)
            times.append(contest.grade(root, "ours", name, 2, *options, *more).seconds)
        return median(times)

    found = {key: value * 1000 for key, value in computing(name, notebooks[:50]).items()}
    found["slot"] = slot_seconds() * 1000
    whole, dry, start = seconds(), seconds("--dry-run"), seconds("--only", handed_in[0].parts[-3])
    cores, others = min(2, len(os.sched_getaffinity(0))), max(1, len(notebooks) - 1)
    found["all"] = (whole - start) / others * cores * 1000
    found["writing"] = max(0.0, whole - dry) / others * cores * 1000
    found["rest"] = found["all"] - sum(found[k] for k in ("cells", "calls", "judging", "slot", "writing"))
    found["overhead"] = found["all"] - found["cells"] - found["calls"]
    found["start"] = start
    return found
