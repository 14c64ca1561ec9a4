"""Mutated notebooks into intake: whatever a student hands in becomes a submission or is malformed.

A submission that comes out must have its checks once each and in the order of the source, the source's own text in the read-only
cells, nothing of a student's in a check, and texts that can be sent on.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import tracemalloc
from functools import cache
from pathlib import Path
from typing import Any

import campaign
import toy

from autograder.assignment import Assignment
from autograder.intake.cells import Malformed, read_cells
from autograder.intake.notebook import Submission, arrange

__all__ = ["fuzz"]

SECONDS, MEGABYTES = 10.0, 1500.0
MEMORY = 700 * 2**20  # bytes that one notebook may take while it is read

IDS = ["imports", "double-code", "double", "Tally-code", "Tally", "explain_toy", "extra 3", "", "nothing", "dоuble"]
JUNK = [None, True, 0, -1, 7, 4, 3, 2, 1e308, float("nan"), float("inf"), 10**30, "", "text", "\ud800", "\0", "\u202e", "рrint",
        [], {}, [[]], {"a": 1}, ["x = 1\n", 3], ["x", "y"], "code", "markdown", "raw", "cells", {"nbgrader": "text"},
        {"nbgrader": {"grade_id": ["double"]}}, {"nbgrader": {"grade_id": "double-code"}}, {"nbgrader": None}]  # fmt: skip
SOURCES = [
    "x = '\ud800'",
    "\0",
    ["x\n", "\udfff"],
    ["x", 3],
    "\ufeffx",
    "рrint(1)",
    "%%bash\nls",
    "",
    "x = 1\r\n",
    {},
    7,
    "\u2028",
]
PIECES = [b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"\\ud800", b"\0", b"\xff", b"1e999999", b"9" * 5000, b"NaN",
          b"[" * 100_000, b'{"a":' * 100, b'"cells":', b"\xef\xbb\xbf", b"\xff\xfe", b"null", b"// x"]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1"]
VERSIONS = "checks 1a2b3c4d · gradus 5e6f7a8b · NumPy 2.4.6 · Python 3.11.7"


@cache
def assignment() -> Assignment:
    with tempfile.TemporaryDirectory() as folder, toy.declared_exercises():
        return toy.toy_assignment(Path(folder))


def seeds() -> list[str]:
    """Notebooks as students hand them in, as JSON."""
    plain, answered = toy.notebook(), toy.notebook(toy.STUBS)
    for cell in answered["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "2.0", "text/html": f'<p data-versions="{VERSIONS}">'},
                },
                {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]},
                {"output_type": "error", "ename": "CheckFailed", "evalue": VERSIONS, "traceback": ["x", VERSIONS]},
            ]
    cells = [
        {**c, "input": c["source"], "language": "python"} if c["cell_type"] == "code" else c for c in plain["cells"]
    ]
    old = {"nbformat": 3, "metadata": {"name": ""}, "worksheets": [{"cells": cells[:9]}, {"cells": cells[9:]}]}
    picture = {
        "cell_type": "markdown",
        "source": "![a](attachment:a.png)",
        "metadata": {},
        "attachments": {"a.png": {"image/png": "iVBO" * 50}},
    }
    extra = {
        **plain,
        "cells": [picture, *plain["cells"], toy.cell("print('end')")],
        "metadata": {"kernelspec": {"name": "bash"}},
    }
    return [json.dumps(made) for made in (plain, answered, old, {**old, "nbformat": 2}, extra)]


SEEDS = seeds()


def value(rng: random.Random) -> object:
    """Something that may stand anywhere in a notebook."""
    if rng.random() < 0.3:
        return rng.choice(IDS)
    if rng.random() < 0.003:
        return rng.choice(
            (
                "x" * 1_100_000,
                "é" * 900_000,
                [[]] * 40_000,
                [""] * 40_000,
                "a = 1\n" * 100_000,
                nested(rng.choice((30, 70, 900))),
            )
        )
    return json.loads(json.dumps(rng.choice(JUNK)))


def nested(depth: int) -> object:
    made: object = {}
    for i in range(depth):
        made = [made] if i % 2 else {"a": made}
    return made


def case(rng: random.Random) -> bytes:
    """A mutated notebook."""
    text = rng.choice(SEEDS)
    if rng.random() < 0.85:
        tree = json.loads(text)
        for _ in range(rng.choice((1, 1, 2, 4, 12))):
            tree = of_cells(tree, rng) if rng.random() < 0.4 else campaign.mutated_tree(tree, rng, value)
        text = json.dumps(tree, ensure_ascii=rng.random() < 0.7, indent=rng.choice((None, 1)))
    raw = text.encode(rng.choice(ENCODINGS) if text.isascii() else "utf-8", "surrogatepass")
    if rng.random() < 0.3:
        raw = flipped(raw, rng)
    return raw


def of_cells(tree: Any, rng: random.Random) -> Any:
    """Whole cells moved, repeated, left out, renamed, or exchanged for those of another notebook."""
    cells = tree.get("cells") if isinstance(tree, dict) else None
    if not isinstance(cells, list) or not cells:
        return tree
    at = rng.randrange(len(cells))
    kind = rng.randrange(7)
    if kind == 0:
        cells.insert(rng.randrange(len(cells)), cells.pop(at))
    elif kind == 1:
        cells[at:at] = [
            json.loads(json.dumps(cells[at])) for _ in range(rng.choice((1, 2, 50, 2100 if rng.random() < 0.05 else 3)))
        ]
    elif kind == 2:
        del cells[at : at + rng.choice((1, 3, 100))]
    elif kind == 3 and isinstance(cells[at], dict):
        cells[at]["metadata"] = {
            "nbgrader": {"grade_id": rng.choice(IDS), "grade": True, "locked": False, "solution": True, "points": "NaN"}
        }
    elif kind == 4 and isinstance(cells[at], dict):
        cells[at].update(cell_type=rng.choice(("code", "markdown", "raw", "heading")), id=rng.choice(IDS))
    elif kind == 5 and isinstance(cells[at], dict):
        cells[at]["source"] = rng.choice(SOURCES)
    else:
        donor = json.loads(rng.choice(SEEDS[:2]))["cells"]
        cells[at] = rng.choice(donor)
    return tree


def flipped(raw: bytes, rng: random.Random) -> bytes:
    """Bytes changed, cut off, repeated or put in."""
    made = bytearray(raw)
    for _ in range(rng.choice((1, 1, 3, 10))):
        at = rng.randrange(len(made) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del made[at : at + rng.choice((1, 3, 50))]
        elif kind == 2:
            made[at:at] = rng.choice(PIECES)
        elif kind == 3:
            made[at:at] = made[max(0, at - 40) : at]
        elif rng.random() < 0.2:
            del made[at:]
    return bytes(made)


def judge(raw: bytes, rng: random.Random) -> str:
    """Read the notebook, and hold what comes out to what is promised."""
    tracemalloc.start(1)
    try:
        cells, notes = read_cells(raw)
        cells, notes = json.loads(json.dumps([cells, notes]))  # as they come out of the sandbox
        submission = arrange(cells, notes, assignment(), hashlib.sha256(raw).hexdigest())
    except Malformed as error:
        assert 3 < len(str(error)) < 200, error
        return "malformed"
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken < MEMORY, f"it took {taken >> 20} MB"
    hold(submission)
    return "submission"


def hold(submission: Submission) -> None:
    """The promises about a submission."""
    slots = assignment().slots
    of_source = {s.grade_id: s for s in slots}
    order = [s.grade_id for s in slots]
    labels = [c.label for c in submission.cells if c.kind != "extra"]
    assert labels == sorted(labels, key=order.index) and len(set(labels)) == len(labels), (
        "not in the order of the source"
    )
    assert [c.label for c in submission.cells if c.kind == "check"] == list(assignment().exercises), (
        "not every check once"
    )
    for cell in submission.cells:
        assert cell.kind != "check" or cell.source == "", "a check with text of the student's"
        assert cell.kind != "given" or cell.source == of_source[cell.label].source, "a read-only cell was changed"
        assert type(cell.source) is str and "\0" not in cell.source
        cell.source.encode()
    assert len(json.dumps([c.source for c in submission.cells])) < 8 * 2**20
    assert all(type(note) is str and len(note) < 300 for note in submission.notes) and len(submission.notes) < 200


def fuzz(count: int, seed: int, first: int = 0) -> campaign.Campaign:
    """Try mutated notebooks; raises `campaign.Found`."""
    assignment()
    return campaign.run("notebooks", case, judge, count, seed=seed, first=first, seconds=SECONDS, megabytes=MEGABYTES)
