"""What both fuzzers share: cases numbered from a seed, limits on each, a report that anybody can repeat."""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Campaign", "Found", "mutated_tree", "run"]


class Found(AssertionError):
    """A case that did what no case may do; the text says how to repeat it."""


@dataclass
class Campaign:
    """What came of many cases.

    Attributes:
        outcomes: how often each allowed outcome was seen.
        slowest: (seconds, number of the case).
        grown: megabytes by which the process grew.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)
    seconds: float = 0.0
    grown: float = 0.0

    def __str__(self) -> str:
        counts = ", ".join(f"{what} {count:,}" for what, count in self.outcomes.most_common())
        return (
            f"{self.outcomes.total():,} cases in {self.seconds:.0f} s: {counts}; slowest {self.slowest[0] * 1000:.0f} ms "
            f"(case {self.slowest[1]}); memory grew by {self.grown:.0f} MB"
        )


def run(
    name: str, case: Callable[[random.Random], bytes], judge: Callable[[bytes, random.Random], str], count: int, *,
    seed: int, first: int = 0, seconds: float, megabytes: float,
) -> Campaign:  # fmt: skip
    """Try cases.

    Args:
        name: of the fuzzer, as on the command line.
        case: makes the bytes of a case.
        judge: what came of them, in a word; raises for what may not be.
        count, seed, first: cases `first` … `first + count - 1` of the seed.
        seconds, megabytes: what one case may take, and what the process may grow by.

    Raises:
        Found: a case raised, took too long or too much memory.
    """
    campaign, before = Campaign(), peak()
    begun = told = time.monotonic()
    for number in range(first, first + count):
        rng = random.Random(seed << 40 | number)
        raw = case(rng)
        start = time.process_time()
        try:
            campaign.outcomes[judge(raw, rng)] += 1
        except Exception as error:
            raise found(name, f"{type(error).__name__}: {error}"[:500], raw, number, seed) from error
        took = time.process_time() - start
        campaign.slowest = max(campaign.slowest, (took, number))
        campaign.grown = peak() - before
        if took > seconds:
            raise found(name, f"it took {took:.1f} s", raw, number, seed)
        if campaign.grown > megabytes:
            raise found(name, f"the process grew by {campaign.grown:.0f} MB", raw, number, seed)
        if time.monotonic() - told > (0.5 if sys.stderr.isatty() else 30.0):
            told = time.monotonic()
            rate = (number - first + 1) / (told - begun)
            end = "" if sys.stderr.isatty() else "\n"
            left = (first + count - number) / rate
            print(f"\r{name}: {number - first + 1:,} of {count:,}, {rate:,.0f} a second, {left:.0f} s left ", end=end,
                  file=sys.stderr, flush=True)  # fmt: skip
    campaign.seconds = time.monotonic() - begun
    return campaign


def found(name: str, what: str, raw: bytes, number: int, seed: int) -> Found:
    shown = repr(raw[:1500]) + (f" … {len(raw)} bytes" if len(raw) > 1500 else "")
    return Found(f"{what}\nrepeat it: python tests/fuzz {name} 1 --seed {seed} --first {number}\n{shown}")


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


# ------------------------------------------------------------------ trees of JSON


def places(tree: object) -> list[tuple[list | dict, int | str]]:
    """(container, key) of every value in a tree."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list | dict):
            keys = range(len(node)) if isinstance(node, list) else list(node)
            found += [(node, key) for key in keys]
            waiting += [node[key] for key in keys]
    return found


def mutated_tree(tree: object, rng: random.Random, values: Callable[[random.Random], object]) -> object:
    """A tree changed in place at one value: replaced, removed, repeated, exchanged, moved elsewhere, or wrapped.

    Args:
        values: draws a value that may stand anywhere.
    """
    spots = places(tree)
    if not spots:
        return values(rng)
    holder, key = rng.choice(spots)
    other, where = rng.choice(spots)
    kind = rng.randrange(8)
    if kind <= 1:
        holder[key] = values(rng)
    elif kind == 2:
        del holder[key]
    elif kind == 3 and isinstance(holder, list):
        holder[key:key] = [holder[key]] * rng.choice((1, 2, 30))
    elif kind == 4:
        holder[key], other[where] = other[where], holder[key]
        if cyclic(tree):
            holder[key], other[where] = other[where], holder[key]
    elif kind == 5 and isinstance(holder, dict):
        holder[rng.choice((*map(str, holder), "x", "", "nbformat", "op", "id"))] = holder[key]
    elif kind == 6:
        holder[key] = [holder[key]] if rng.random() < 0.5 else {"source": holder[key]}
    elif kind == 7 and isinstance(holder, list):
        rng.shuffle(holder)
    return tree


def cyclic(tree: object, above: tuple[int, ...] = ()) -> bool:
    if not isinstance(tree, list | dict):
        return False
    if id(tree) in above or len(above) > 200:
        return True
    return any(cyclic(v, (*above, id(tree))) for v in (tree if isinstance(tree, list) else tree.values()))
