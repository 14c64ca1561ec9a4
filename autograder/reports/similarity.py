"""Pairs of submissions that look alike: a list of places to look at, never a verdict.

Winnowing (Schleimer, Wilkerson and Aiken 2003): code becomes tokens in which names, numbers and texts no longer count;
hashes of K tokens in a row are its fingerprint candidates, of W in a row the smallest one is kept. So every stretch of
K + W − 1 tokens that two submissions share leaves a common fingerprint, however its names, comments and line breaks were
changed. What many of the class have in common, the handed-out code and the reference are left out.

The code is read by a lexer of this file's own: it neither compiles nor runs anything, and takes time in proportion to the text.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

__all__ = ["Pair", "Passage", "similar", "tokens"]

K = 10  # tokens in a hash
W = 6  # hashes of which one is kept
MAX_CHARACTERS = 200_000  # of the cells of one submission together; what comes after them is not compared
COMMON = 0.1  # a fingerprint that a larger share of the class has is nobody's own
COMMON_LEAST = 3  # submissions that may have it in a small class
LEAST_SHARED = 8  # fingerprints: some 35 tokens, five lines
LEAST_SHARE = 0.5  # of the smaller one's own fingerprints

TOKEN = re.compile(
    r"""[ \t\f\r]*+(?:
    ([^\W\d]\w*+)
    |(\n)
    |(\.?\d(?:[eE][+-]|[\w.])*+)
    |(\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:\"{3})?|'{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3})?
        |"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?)
    |(\#[^\n]*)
    |(\*\*|//|<<|>>|->|:=|[-+*/%@&|^<>=!]=|[^\s\w])
    |)""",  # nothing: a run of blanks at the end is passed over as one
    re.VERBOSE | re.DOTALL,
)
IS_NAME, IS_LINE, IS_NUMBER, IS_TEXT, IS_COMMENT, _ = range(1, 7)  # the pattern's groups
PREFIXES = frozenset(("r", "b", "u", "f", "t", "rb", "br", "rf", "fr", "rt", "tr"))  # of a text, in any case
QUOTES = ('"', "'")
KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))
NAME, NUMBER, TEXT = "n", "0", "''"


@dataclass(frozen=True)
class Passage:
    """A stretch of code that two submissions share.

    Attributes:
        cell: the label of the cell in which it stands in the first one.
        lines, other_lines: its first and last line there, and in the second one's `other_cell`; counted from 1.
    """

    cell: str
    lines: tuple[int, int]
    other_cell: str
    other_lines: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two submissions that look alike.

    Attributes:
        students: in alphabetical order.
        share: of the smaller one's own fingerprints, those that the other one has, too: between 0 and 1.
        shared: how many these are.
        passages: where, the longest first.
    """

    students: tuple[str, str]
    share: float
    shared: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Print:
    """The fingerprints of a submission: hashes, and at which cell and line each one begins and ends."""

    hashes: np.ndarray
    cells: tuple[str, ...]
    cell: np.ndarray
    first: np.ndarray
    last: np.ndarray


@cache
def library_names() -> frozenset[str]:
    """Attributes that a student cannot rename: those of NumPy and its arrays."""
    known = (np, np.ndarray, np.random, np.random.Generator, np.linalg)
    return frozenset(name for thing in known for name in dir(thing) if not name.startswith("_"))


def tokens(source: str) -> list[tuple[str, int]]:
    """The tokens of a program and their lines, counted from 1; comments, docstrings, and how things are called, left out."""
    kept, library = KEPT, library_names()
    found: list[tuple[str, int]] = []
    line, depth, start, before = 1, 0, True, ""
    lone: int | None = None  # place of a text that opens a statement, and may be all of it
    for match in TOKEN.finditer(source):
        kind = match.lastindex
        if kind is None:
            continue
        text = match[kind]
        if kind == IS_NAME:
            if source[match.end() : match.end() + 1] in QUOTES and text.lower() in PREFIXES:
                continue
            if text not in kept and not (before == "." and text in library):
                text = NAME
            found.append((text, line))
            start, before, lone = False, text, None
            continue
        if kind == IS_LINE:
            if lone is not None and depth == 0:
                del found[lone:]
            start, lone = start or depth == 0, None if depth == 0 else lone
            line += 1
            continue
        if kind == IS_COMMENT:
            continue
        if kind == IS_TEXT:
            if start and depth == 0:
                lone = len(found)
            found.append((TEXT, line))
            line += text.count("\n")
            before, start = TEXT, False
            continue
        lone = None
        if kind == IS_NUMBER:
            text = NUMBER
        elif text in "([{":
            depth += 1
        elif text in ")]}":
            depth = max(depth - 1, 0)
        found.append((text, line))
        start, before = text == ":" and depth == 0, text
    if lone is not None:
        del found[lone:]
    return found


def fingerprint(cells: Sequence[tuple[str, str]]) -> Print:
    """Winnow the cells of a submission, (label, source) each; no fingerprint reaches over the end of a cell.

    MAX_CHARACTERS are read, of all cells together.
    """
    room = MAX_CHARACTERS
    words: list[int] = []
    lines: list[int] = []
    cell: list[int] = []
    for number, (_, source) in enumerate(cells):
        read = tokens(source[:room])
        room = max(room - len(source), 0)
        words += [identity(text) for text, _ in read] + [0]
        lines += [line for _, line in read] + [0]
        cell += [number] * (len(read) + 1)
    size = len(words) - K + 1
    if size < 1:
        empty = np.empty(0, np.int64)
        return Print(np.empty(0, np.uint64), tuple(label for label, _ in cells), empty, empty, empty)
    values = np.array(words, np.uint64)
    hashes = np.zeros(size, np.uint64)
    for i in range(K):  # a polynomial in an odd number, modulo 2⁶⁴
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + values[i : i + size]
    hashes ^= hashes >> np.uint64(29)
    ends = np.cumsum(values == 0)
    whole = ends[K - 1 :] - np.concatenate([[0], ends])[:size] == 0
    at = winnowed(np.where(whole, hashes, np.iinfo(np.uint64).max))
    at = at[whole[at]]
    of, line = np.array(cell), np.array(lines)
    return Print(hashes[at], tuple(label for label, _ in cells), of[at], line[at], line[at + K - 1])


@cache
def identity(text: str) -> int:
    """A number for a token, the same in every run; 0 is none."""
    number = 1
    for character in text:
        number = (number * 1_000_003 + ord(character)) % 2**61
    return number


def winnowed(hashes: np.ndarray) -> np.ndarray:
    """Places of the smallest hash, the last of equal ones, of each W in a row."""
    if len(hashes) <= W:
        return np.array([len(hashes) - 1 - int(np.argmin(hashes[::-1]))])
    windows = np.lib.stride_tricks.sliding_window_view(hashes, W)
    smallest = W - 1 - np.argmin(windows[:, ::-1], axis=1)
    return np.unique(np.arange(len(windows)) + smallest)


def similar(
    submissions: Mapping[str, Sequence[tuple[str, str]]],
    known: Iterable[Sequence[tuple[str, str]]] = (),
    most: int = 200,
) -> list[Pair]:
    """Pairs of submissions that share much of what is their own, the most alike first.

    Args:
        submissions: student -> cells, (label, source) each.
        known: code that everybody has seen or that is to be expected, as the same kind of cells: what was handed out, the
            reference.
        most: pairs at most.

    Memory and time grow with the submissions, and with how many have a fingerprint in common, at most a share COMMON.
    """
    students = sorted(submissions)
    prints = [fingerprint(submissions[s]) for s in students]
    if len(students) < 2:
        return []
    own = [np.unique(p.hashes) for p in prints]
    expected = [fingerprint(cells).hashes for cells in known]
    holders = np.repeat(np.arange(len(own)), [len(o) for o in own])
    hashes, number, times = np.unique(np.concatenate(own), return_inverse=True, return_counts=True)
    usual = times > max(COMMON_LEAST, COMMON * len(students))
    if expected:
        usual |= np.isin(hashes, np.concatenate(expected))
    rare = ~usual[number]
    number, holders = number[rare], holders[rare]
    sizes = np.bincount(holders, minlength=len(students))
    order = np.argsort(number, kind="stable")
    posted = holders[order]  # holders of each hash, in a row
    begins = np.searchsorted(number[order], np.arange(len(hashes) + 1))
    mine = np.split(number, np.cumsum(sizes)[:-1])
    found = []
    for i, numbers in enumerate(mine):
        if len(numbers) < LEAST_SHARED:
            continue
        others = np.concatenate([posted[begins[n] : begins[n + 1]] for n in numbers])
        shared = np.bincount(others[others > i], minlength=len(students))
        share = shared / np.maximum(np.minimum(sizes, sizes[i]), 1)
        found += [
            (float(share[j]), int(shared[j]), i, int(j))
            for j in np.flatnonzero((shared >= LEAST_SHARED) & (share >= LEAST_SHARE))
        ]
    found.sort(key=lambda pair: (-pair[0], -pair[1], pair[2:]))
    counted = set(hashes[~usual].tolist())
    return [
        Pair((students[i], students[j]), share, shared, tuple(passages(prints[i], prints[j], counted)))
        for share, shared, i, j in found[:most]
    ]


def passages(one: Print, other: Print, counted: set[int]) -> list[Passage]:
    """Where two submissions share fingerprints that count; neighbouring ones are one passage, the longest come first."""
    places: dict[int, int] = {}
    for place, value in enumerate(other.hashes.tolist()):
        places.setdefault(value, place)
    runs: list[list[int]] = []  # cell, first and last line, the other's cell, first and last line, fingerprints
    for place, value in enumerate(one.hashes.tolist()):
        there = places.get(value) if value in counted else None
        if there is None:
            continue
        a, b = int(one.cell[place]), int(other.cell[there])
        first, last = int(one.first[place]), int(one.last[place])
        first_there, last_there = int(other.first[there]), int(other.last[there])
        if (
            runs
            and runs[-1][0] == a
            and runs[-1][3] == b
            and first <= runs[-1][2] + 2
            and first_there <= runs[-1][5] + 2
        ):
            run = runs[-1]
            run[2], run[4], run[5] = max(run[2], last), min(run[4], first_there), max(run[5], last_there)
            run[6] += 1
        else:
            runs.append([a, first, last, b, first_there, last_there, 1])
    runs.sort(key=lambda run: -run[6])
    return [Passage(one.cells[a], (f, t), other.cells[b], (g, u)) for a, f, t, b, g, u, _ in runs]
