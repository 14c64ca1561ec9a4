"""Mutated frames into the decoder: whatever bytes the process of a student's code sends, the judge reads a message or says no.

A mutated frame must become a message of plain data that takes no more memory than the frame, a `ProtocolViolation`, or be
waited for, with no more room set aside than a frame may have.
"""

from __future__ import annotations

import json
import random
import struct
from typing import Any

import campaign
import numpy as np

from autograder.handle import NotPlain, Seed
from autograder.sandbox import wire
from autograder.sandbox.wire import MAX_DATA, MAX_HEAD, Inbox, ProtocolViolation, decode, encode

__all__ = ["fuzz"]

SECONDS, MEGABYTES = 2.0, 400.0


class Thing:
    """Stands for an object that stays on the other side."""

    def __init__(self, number: int) -> None:
        self.number = number


def special(value: Any) -> list[Any]:
    if isinstance(value, Thing):
        return ["h", value.number, "a thing"]
    raise TypeError(type(value).__name__)


def in_judge(tag: str, fields: list[Any]) -> Any:
    if tag != "h":
        raise ProtocolViolation("something that only the grader may send")
    return Thing(fields[0])


def in_child(tag: str, fields: list[Any]) -> Any:
    return {"h": Thing, "s": Seed, "f": Thing}[tag](fields[0])


VALUES = [
    None, [True, False], [0, -1, 2**63, 1.0, -0.0, float("inf"), float("nan"), 2 - 3j], ["", "ö\n\0", "\ud800", '["a"]'],
    {"x": (1, [2.5, ()]), 3: {}}, Seed(7), [Thing(1), Thing(2)], np.arange(6.0).reshape(2, 3), np.zeros((0, 3)),
    [np.ones(3, dtype) for dtype in "?bhilqBHILQefdgFD"], [np.float32(0.1), np.int64(-4), np.bool_(True)],
]  # fmt: skip
MESSAGES = [
    *({"op": "reply", "id": 12, "value": v, "args": [v], "kwargs": {"k": v}, "warnings": ["divide"]} for v in VALUES),
    {"op": "reply", "id": 2**47, "objects": {"double": Thing(3), "n": 7}},
    {"op": "reply", "id": 3, "notes": ["Line 2 has no effect here."], "cells": [{"source": "x = 1", "id": None}]},
    {"op": "failed", "id": 4, "verdict": "raised", "kind": "ValueError", "text": "no", "trace": "line 1"},
    {"op": "callback", "id": 5, "function": 0, "args": [np.arange(4)], "kwargs": {}},
]
CORPUS = [b"".join(encode(m, special)) for m in MESSAGES]
TAGS = ["l", "t", "d", "c", "a", "n", "h", "f", "s", "x", "", "p", "O", "pickle", 0, None]
DTYPES = [*wire.NAMES, "O", "object", "V8", "U100000000", "S4", "datetime64[ns]", "float128", "f8,(1000,1000)f8", ">f8", "", 7,
          [["a", "O"]], None]  # fmt: skip
SHAPES = [[], [0], [1], [-1], [2**31], [2**62], [2**63], [2**32, 2**32], [0, 2**62, 2**62], [1] * 33, [1.0], [True], ["3"], [[3]],
          3, None, {}, [10**6, 10**6]]  # fmt: skip
NUMBERS = [
    0,
    1,
    -1,
    2**31,
    2**53,
    2**53 + 1,
    2**63,
    2**64,
    2**64 + 1,
    -(2**70),
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    True,
]
TEXTS = ["", "a" * 101, "\0", "\ud800", "reply", "callback", "failed", "pass", "__class__", "x" * 5000]
PIECES = [b"[", b"]", b",", b'"a"', b"1e999", b"-1", b"null", b"NaN", b"-Infinity", b"\\ud800", b"\0", b"9" * 30, b"9" * 5000,
          b'["l",' * 70, b"[" * 2000, b"{" * 50, b'"float64"', b"\xff", b"\xc0\x80", b"/*", b" " * 100]  # fmt: skip


def value(rng: random.Random) -> object:
    """Something that may stand where a value, a tag, a dtype or a shape belongs."""
    drawn = rng.choice((TAGS, DTYPES, SHAPES, NUMBERS, TEXTS))
    picked = rng.choice(drawn)
    if rng.random() < 0.3:
        picked = rng.choice(
            (["a", rng.choice(DTYPES), rng.choice(SHAPES)], ["n", rng.choice(DTYPES)], ["h", rng.choice(NUMBERS)],
             ["s", rng.choice(NUMBERS)], ["c", rng.choice(NUMBERS), rng.choice(NUMBERS)], ["d", [picked, picked]], ["l", picked],
             [rng.choice(TAGS), picked], {"a": picked}, nested(rng.choice((10, 60, 500))))
        )  # fmt: skip
    return json.loads(json.dumps(picked))  # of its own: it may be changed later


def nested(depth: int) -> object:
    made: object = 1
    for _ in range(depth):
        made = ["l", made]
    return made


def case(rng: random.Random) -> bytes:
    """A mutated frame."""
    raw = rng.choice(CORPUS)
    head_size, _ = struct.unpack_from(">II", raw)
    head, data = raw[8 : 8 + head_size], raw[8 + head_size :]
    if rng.random() < 0.7:
        head = rebuilt(head, rng)
    if rng.random() < 0.2:
        head = flipped(head, rng)
    if rng.random() < 0.1:
        data = flipped(data, rng)
    elif data and rng.random() < 0.4:  # other values of the same length
        at = rng.randrange(len(data))
        data = data[:at] + rng.randbytes(len(data[at : at + 8])) + data[at + 8 :]
    lengths = [len(head), len(data)]
    if rng.random() < 0.15:
        which = rng.randrange(2)
        near, caps = lengths[which], (MAX_HEAD, MAX_DATA)
        lengths[which] = rng.choice(
            (
                0,
                1,
                near + 1,
                max(0, near - 1),
                *caps,
                *(cap + 1 for cap in caps),
                2**31,
                2**32 - 1,
                rng.randrange(2**32),
            )
        )
    made = struct.pack(">II", *lengths) + head + data
    if rng.random() < 0.1:
        made = made[: rng.randrange(len(made) + 1)]
    return made + rng.choice(CORPUS) if rng.random() < 0.1 else made


def rebuilt(head: bytes, rng: random.Random) -> bytes:
    """The head with its tree mutated."""
    tree = json.loads(head)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        if rng.random() < 0.15 and isinstance(tree, dict):
            other = rng.choice(CORPUS)
            donor = json.loads(other[8 : 8 + struct.unpack_from(">I", other)[0]])
            tree[rng.choice((*tree, "more"))] = rng.choice(list(donor.values()))
        else:
            tree = campaign.mutated_tree(tree, rng, value)
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=rng.random() < 0.9).encode(errors="surrogatepass")


def flipped(raw: bytes, rng: random.Random) -> bytes:
    """Bytes changed, taken out, repeated or put in."""
    made = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(made) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(made):
            made[at] = rng.randrange(256)
        elif kind == 1:
            del made[at : at + rng.choice((1, 2, 8, 100))]
        elif kind == 2:
            made[at:at] = rng.choice(PIECES)
        elif kind == 3:
            made[at:at] = made[max(at - rng.choice((1, 8, 60)), 0) : at]
        else:
            made[at:at] = rng.randbytes(rng.choice((1, 4, 8, 64)))
    return bytes(made)


def judge(raw: bytes, rng: random.Random) -> str:
    """Let the bytes arrive in pieces, and hold what comes out to what is promised."""
    inbox, rest, outcome = Inbox(), memoryview(raw), "waiting"
    meant = rng.choice((in_judge, in_child))
    try:
        while rest:
            space = inbox.space()
            count = min(len(space), len(rest), rng.choice((1, 7, 100, 2**20)))
            assert count, "no room for the next bytes, and no frame"
            space[:count] = rest[:count]
            rest = rest[count:]
            inbox.filled(count)
            assert len(inbox.body) <= max(2**20, 4 * len(raw)), "more room than what has come"
            if inbox.complete:
                head, data = inbox.take()
                message = decode(head, data, meant)
                outcome = "message"
                assert type(message) is dict and all(type(name) is str for name in message)
                assert sum(size_of(v) for v in message.values()) <= len(data)
                if rng.random() < 0.1:
                    sent_back(message, meant)
    except ProtocolViolation as error:
        assert len(str(error)) < 200
        return "violation"
    return outcome


def size_of(value: Any, depth: int = 0) -> int:
    """Bytes of the arrays in a value; raises for what is no plain data."""
    assert depth <= wire.DEPTH + 1, "nested too deep"
    if value is None or type(value) in (bool, float, complex, str) or isinstance(value, Thing | Seed):
        return 0
    if type(value) is int:
        assert value.bit_length() <= 64
        return 0
    if type(value) in (list, tuple):
        return sum(size_of(v, depth + 1) for v in value)
    if type(value) is dict:
        return sum(size_of(v, depth + 1) + size_of(k, depth + 1) for k, v in value.items())
    assert isinstance(value, np.generic) or type(value) is np.ndarray, type(value)
    assert value.dtype in wire.TAGS and not value.dtype.hasobject
    assert type(value) is not np.ndarray or value.flags.writeable
    return value.nbytes


def sent_back(message: dict[str, Any], meant: Any) -> None:
    """What was read can be sent, and is read as the same once more."""
    if not all(special_free(v) for v in message.values()):
        return
    try:
        frame = b"".join(encode(message, special))
    except NotPlain:
        return
    inbox = Inbox()
    for part in (frame[:8], frame[8:]):
        inbox.space()[: len(part)] = part
        inbox.filled(len(part))
    again = decode(*inbox.take(), meant)
    assert repr(again) == repr(message), "it is not the same when it is sent back"


def special_free(value: Any) -> bool:
    if isinstance(value, Thing | Seed):
        return False
    if isinstance(value, list | tuple):
        return all(map(special_free, value))
    return all(map(special_free, value.values())) if isinstance(value, dict) else True


def fuzz(count: int, seed: int, first: int = 0) -> campaign.Campaign:
    """Try mutated frames; raises `campaign.Found`."""
    return campaign.run("frames", case, judge, count, seed=seed, first=first, seconds=SECONDS, megabytes=MEGABYTES)
