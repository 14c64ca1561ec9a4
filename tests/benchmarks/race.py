"""Contestants that do the same work, timed in turns.

In each round every contestant has one turn of some milliseconds, so that whatever else the machine does hits all of them
alike. What is compared is the ratio of the two times of one round, of which the median over the rounds is taken. Time is
process time: what other processes take from the clock does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import process_time
from typing import Any

import numpy as np

Contestant = Callable[[], Any]  # does the work once, and returns something that all contestants agree on


@dataclass(frozen=True)
class Row:
    """One comparison. The first contestant is the one the goals are for.

    Attributes:
        name: of the row.
        makers: contestant's name → function that prepares it. It raises ImportError where the package is missing.
        goals: contestant's name → what the first one's time divided by this one's may be at most.
        limit: what the first one's time may be at most, in the unit.
        unit: "µs", "ms" or "s".
        per: contestant's name → what its time is divided by, the number of nodes for instance; 1 if not named.
        checks: how often each is run, before it is timed, to compare the results. 0: there is nothing to compare.
        rtol: how far the results may differ, relative to their largest value.
        rounds: at most that many rounds, where one takes long.
    """

    name: str
    makers: dict[str, Callable[[], Contestant]]
    goals: dict[str, float] = field(default_factory=dict)
    limit: float | None = None
    unit: str = "µs"
    per: dict[str, float] = field(default_factory=dict)
    checks: int = 1
    rtol: float = 2e-4
    rounds: int | None = None


@dataclass(frozen=True)
class Fact:
    """Something that is counted, not timed: measure() returns what was found, and whether it is as it should be."""

    name: str
    goal: str
    measure: Callable[[], tuple[str, bool]]


@dataclass(frozen=True)
class Line:
    """A line of the table: one contestant of a row."""

    row: str
    contestant: str
    value: str  # its median time
    ratio: float | None = None  # of the first contestant's time to this one's
    spread: tuple[float, float] | None = None  # the quartiles of that ratio
    goal: str = ""
    met: bool | None = None
    times: tuple[float, ...] = ()  # seconds, round by round


def run(row: Row | Fact, rounds: int, turn: float, report: Callable[[str], None]) -> list[Line]:
    """The lines of one row.

    Args:
        row: what to measure.
        rounds: how many.
        turn: about how long a contestant's turn is, in seconds.
        report: called with a text when something has been done.
    """
    if isinstance(row, Fact):
        report("")
        found, met = row.measure()
        return [Line(row.name, "gradus", found, goal=row.goal, met=met)]
    contestants, missing = prepare(row)
    times = race(contestants, min(rounds, row.rounds or rounds), turn, report)
    return [*lines(row, times), *(Line(row.name, name, "not installed", goal=why) for name, why in missing.items())]


def prepare(row: Row) -> tuple[dict[str, Contestant], dict[str, str]]:
    """The contestants, whose results agree, and the missing ones with the name of the package that they need."""
    contestants, missing = {}, {}
    for name, make in row.makers.items():
        try:
            contestants[name] = make()
        except ImportError as error:
            missing[name] = error.name or str(error)
    expected = None
    for name, contestant in contestants.items():
        results = np.array([np.asarray(contestant(), float) for _ in range(row.checks)])
        expected = results if expected is None else expected
        # all compute the same, or their times mean nothing
        atol = row.rtol * np.abs(expected).max(initial=0)
        np.testing.assert_allclose(results, expected, rtol=0, atol=atol, err_msg=f"{row.name}: {name}")
    return contestants, missing


def race(
    contestants: dict[str, Contestant], rounds: int, turn: float, report: Callable[[str], None]
) -> dict[str, list[float]]:
    """Seconds a call, round by round, for each contestant."""
    calls = {name: calls_within(turn, contestant) for name, contestant in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    rng = np.random.default_rng(0)
    for number in range(rounds):
        report(f"round {number + 1} of {rounds}")
        for i in rng.permutation(len(calls)):  # in fixed order each would find the cache as the same other one left it
            name = list(calls)[i]
            if calls[name] > 10:
                contestants[name]()  # fetches what the others have driven out of the cache
            times[name].append(seconds_a_call(contestants[name], calls[name]))
    return times


def calls_within(turn: float, contestant: Contestant) -> int:
    """How many calls fill a turn; at least one."""
    calls = 1
    while (seconds := seconds_a_call(contestant, calls)) * calls < turn / 4 and calls < 1_000_000:
        calls *= 4
    return max(1, round(turn / seconds)) if seconds else calls


def seconds_a_call(contestant: Contestant, calls: int) -> float:
    start = process_time()
    for _ in range(calls):
        contestant()
    return (process_time() - start) / calls


def lines(row: Row, times: dict[str, list[float]]) -> list[Line]:
    """What was measured, beside what was to be reached."""
    first = next(iter(row.makers))
    found = []
    for name, seconds in times.items():
        value = median(seconds) * {"µs": 1e6, "ms": 1e3, "s": 1}[row.unit] / row.per.get(name, 1)
        text = f"{value:,.2f} {row.unit}" if value < 10 else f"{value:,.1f} {row.unit}"
        if name == first:
            met = None if row.limit is None else value <= row.limit
            goal = "" if row.limit is None else f"≤ {row.limit:g} {row.unit}"
            found.append(Line(row.name, name, text, goal=goal, met=met, times=tuple(seconds)))
            continue
        scale = row.per.get(name, 1) / row.per.get(first, 1)
        ratios = [scale * a / b for a, b in zip(times[first], seconds, strict=True)]
        ratio = median(ratios)
        quartiles = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else [ratio] * 3
        limit = row.goals.get(name)
        met = None if limit is None else ratio <= limit
        goal = "" if limit is None else f"≤ {limit:g}"
        spread = (quartiles[0], quartiles[2])
        found.append(Line(row.name, name, text, ratio, spread, goal, met, tuple(seconds)))
    return found
