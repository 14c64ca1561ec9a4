"""The frames between the judge and the process that runs a student's code."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from autograder.handle import NotPlain, Seed
from autograder.sandbox import wire
from autograder.sandbox.wire import MAX_DATA, MAX_HEAD, Inbox, ProtocolViolation, decode, encode


class Thing:
    """Something that stays on the other side."""

    def __init__(self, number):
        self.number = number


def special(value):
    if isinstance(value, Thing):
        return ["h", value.number, "a thing"]
    raise TypeError(type(value).__name__)


def meant(tag, fields):
    return {"h": lambda: Thing(fields[0]), "s": lambda: Seed(fields[0]), "f": lambda: print}[tag]()


def frame(message) -> bytes:
    return b"".join(encode(message, special))


def received(raw: bytes):
    """The message of a frame, or None where it is not complete."""
    inbox = Inbox()
    while raw and not inbox.complete:
        count = min(len(inbox.space()), len(raw))
        inbox.space()[:count] = raw[:count]
        raw = raw[count:]
        inbox.filled(count)
    return decode(*inbox.take(), meant) if inbox.complete else None


def of(head, data: bytes = b"") -> bytes:
    """A frame made by hand."""
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">II", len(head), len(data)) + head + data


VALUES = {
    "nothing": None,
    "truth": [True, False],
    "numbers": [0, -1, 2**63, -(2**64) + 1, 1.0, -0.0, 1e-320, float("inf"), float("nan"), 2 - 3j],
    "texts": ["", "ö\n\0", "\ud800", '["a"]'],
    "containers": {"x": (1, [2.5, ()]), 3: {}, True: []},
    "seed": Seed(2**63 + 1),
    "arrays": [np.arange(6).reshape(2, 3).T, np.zeros((0, 3)), np.array(2.5), np.array([np.nan, 1], np.float16)],
    "dtypes": [np.ones(3, dtype) for dtype in "?bhilqBHILQefdgFD"],
    "scalars": [np.float32(0.1), np.int64(-4), np.bool_(True)],
    "strides": np.arange(20)[::-2],
}


def same(a, b) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return repr(a) == repr(b)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_arrives_as_it_was_sent(name):
    assert same(VALUES[name], received(frame({"value": VALUES[name]}))["value"])


def test_arrays_of_another_byte_order_arrive_with_the_same_values_in_the_machine_s_own():
    got = received(frame({"value": np.array([1.5, -2], ">f8")}))["value"]
    assert got.dtype == np.dtype(float) and got.tolist() == [1.5, -2]


def test_what_arrives_can_be_written_to_and_shares_no_memory():
    first, second = received(frame({"value": [np.arange(4.0), np.arange(4.0)]}))["value"]
    first += 1
    assert second.tolist() == [0, 1, 2, 3]


def test_a_handle_arrives_as_its_number():
    assert received(frame({"value": [Thing(7)]}))["value"][0].number == 7


def test_a_value_too_large_for_a_frame_is_refused_by_the_sender(monkeypatch):
    with pytest.raises(NotPlain, match="8 MB in all"):
        encode({"value": "x" * (MAX_HEAD + 1)}, special)
    monkeypatch.setattr(wire, "MAX_MARKS", 1000)
    encode({"value": [[]] * 300}, special)
    with pytest.raises(NotPlain):
        encode({"value": [[]] * 1000}, special)
    with pytest.raises(NotPlain):
        encode({"value": 2**65}, special)


def test_an_object_that_is_neither_data_nor_handle_is_refused_by_the_sender():
    with pytest.raises(TypeError, match="set"):
        encode({"value": {1, 2}}, special)


HOSTILE = {
    "not JSON": of(b"{"),
    "not UTF-8": of(b'{"a": "\xff"}'),
    "not an object": of([1]),
    "bare JSON list": of({"a": [1, 2]}),
    "empty list": of({"a": []}),
    "nested object": of({"a": {"b": 1}}),
    "unknown tag": of({"a": ["x", 1]}),
    "pickle tag": of({"a": ["p", "cos\nsystem\n(S'true'\ntR."]}),
    "deep JSON": of(b'{"a":' + b"[" * 100_000),
    "deep lists": of(b'{"a":' + b'["l",' * 60 + b'["l"]' + b"]" * 60 + b"}"),
    "many lists": of(b'{"a":["l"' + b",[]" * 1_500_000 + b"]}"),
    "long integer": of(b'{"a":' + b"9" * 5000 + b"}"),
    "integer of 65 bits": of({"a": 2**64}),
    "object dtype": of({"a": ["a", "O", [1]]}, b"\0" * 8),
    "hostile dtype": of({"a": ["a", "f8,(1000000,1000000)f8", [1]]}, b"\0" * 8),
    "dtype that is a list": of({"a": ["a", [["x", "O"]], [1]]}, b"\0" * 8),
    "negative length": of({"a": ["a", "float64", [-1]]}, b""),
    "shape of floats": of({"a": ["a", "float64", [1.0]]}, b"\0" * 8),
    "shape of truth": of({"a": ["a", "float64", [True]]}, b"\0" * 8),
    "shape too large": of({"a": ["a", "float64", [10**9, 10**9]]}, b"\0" * 8),
    "too many axes": of({"a": ["a", "float64", [1] * 65]}, b"\0" * 8),
    "too few bytes": of({"a": ["a", "float64", [2]]}, b"\0" * 8),
    "bytes left over": of({"a": 1}, b"\0" * 8),
    "truth value 2": of({"a": ["a", "bool", [1]]}, b"\2"),
    "handle of a text": of({"a": ["h", "1", ""]}),
    "handle without a number": of({"a": ["h"]}),
    "handle of a list": of({"a": ["h", 1, []]}),
    "negative handle": of({"a": ["h", -1]}),
    "dict with a list as key": of({"a": ["d", [["l"], 1]]}),
    "dict of triples": of({"a": ["d", [1, 2, 3]]}),
    "complex of texts": of({"a": ["c", "1", "2"]}),
    "seed of a text": of({"a": ["s", "1"]}),
    "no head": struct.pack(">II", 0, 0),
    "announces a large head": struct.pack(">II", MAX_HEAD + 1, 0),
    "announces large data": struct.pack(">II", 10, MAX_DATA + 1),
    "many names": of({str(i): i for i in range(30)}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_is_a_violation(name):
    with pytest.raises(ProtocolViolation):
        received(HOSTILE[name])


def test_a_mutated_frame_is_read_or_a_violation_and_nothing_else():
    rng = np.random.default_rng(20)
    seeds = [frame({"op": "reply", "id": 12, "value": value}) for value in VALUES.values()] + list(HOSTILE.values())
    seeds = [s for s in seeds if len(s) < 10_000]
    pieces = [
        b"[",
        b"]",
        b",",
        b'"a"',
        b"1e999",
        b"-1",
        b"null",
        b"NaN",
        b'"l"',
        b"\\ud800",
        b"\0",
        b"9" * 30,
        b'"float64"',
    ]
    outcomes = {"read": 0, "violation": 0}
    for _ in range(6000):
        raw = bytearray(seeds[rng.integers(len(seeds))])
        for _ in range(rng.integers(1, 5)):
            at = int(rng.integers(len(raw) + 1))
            kind = rng.integers(4)
            if kind == 0 and at < len(raw):
                raw[at] = rng.integers(256)
            elif kind == 1:
                del raw[at : at + int(rng.integers(1, 9))]
            elif kind == 2:
                raw[at:at] = pieces[rng.integers(len(pieces))]
            else:
                raw[at:at] = raw[max(at - 8, 0) : at]
        if rng.random() < 0.7 and len(raw) > 8:  # keep the lengths right, so that the body is what is tried
            data = struct.unpack_from(">I", raw, 4)[0] % (len(raw) - 7)
            struct.pack_into(">II", raw, 0, len(raw) - 8 - data, data)
        try:
            received(bytes(raw))
            outcomes["read"] += 1
        except ProtocolViolation:
            outcomes["violation"] += 1
    assert min(outcomes.values()) > 500, outcomes  # both sides of the fence were visited
