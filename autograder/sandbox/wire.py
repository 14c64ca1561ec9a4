"""The language between the judge and the process that runs a student's code: frames of plain data.

A frame is a head and data: 8 bytes (the two lengths, big-endian uint32), then JSON, then the bytes of all arrays one after the
other. The JSON is one object of named values. None, truth values, numbers and texts stand for themselves; everything else
is a list that begins with a tag:

    ["l", …] list    ["t", …] tuple    ["d", [key, value], …] dict    ["c", real, imag] complex
    ["a", dtype, shape] array    ["n", dtype] NumPy scalar            their bytes: the next ones of the data
    ["h", id, type] handle    ["f", id] function to call back    ["s", n] Seed

The decoder trusts nothing: it knows these tags and the dtypes of a table, counts before it allocates, and executes
nothing. There is no message that says "pass": whoever forges frames can only send values, and values are compared.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.handle import MAX_BYTES, MAX_DEPTH, NotPlain, Seed

__all__ = ["Inbox", "ProtocolViolation", "decode", "encode"]

HEADER = struct.Struct(">II")
MAX_HEAD = 8 * 2**20  # bytes of JSON
MAX_DATA = 4 * MAX_BYTES  # bytes of arrays: a result and the arguments after the call
FIRST_ROOM = 2**20  # bytes
MAX_MARKS = 2_000_000  # commas and brackets of the JSON: what its objects cost in memory
DEPTH = MAX_DEPTH + 4  # a message wraps its values: arguments in a list, in a message

NAMES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
         "longdouble", "complex64", "complex128")  # fmt: skip
DTYPES: dict[str, np.dtype[Any]] = {name: np.dtype(name) for name in NAMES}
TAGS: dict[np.dtype[Any], str] = {dtype: name for name, dtype in reversed(DTYPES.items())}


class ProtocolViolation(Exception):
    """Bytes that no honest process would have sent."""


# ------------------------------------------------------------------ encoding


def encode(message: dict[str, Any], special: Callable[[Any], list[Any]]) -> list[bytes]:
    """A message as the pieces of a frame.

    Args:
        message: names and values, as `autograder.handle.plain` makes them.
        special: ``special(value)``: the tagged list of anything else, such as a handle.

    Raises:
        NotPlain: the message is too large for one frame.
        TypeError: `special` does not know a value.
    """
    data: list[bytes] = []

    def pack(v: Any) -> Any:
        if v is None or isinstance(v, bool | str):
            return v
        if isinstance(v, np.ndarray | np.generic):
            dtype = v.dtype.newbyteorder("=")
            if dtype not in TAGS:
                return special(v)
            data.append(np.ascontiguousarray(v, dtype=dtype).tobytes())
            return ["a", TAGS[dtype], list(v.shape)] if isinstance(v, np.ndarray) else ["n", TAGS[dtype]]
        if isinstance(v, int):
            if v.bit_length() > 64:
                raise NotPlain("an integer of more than 64 bits")
            return v
        if isinstance(v, float):
            return v
        if isinstance(v, complex):
            return ["c", v.real, v.imag]
        if isinstance(v, Seed):
            return ["s", v.value]
        if isinstance(v, list):
            return ["l", *map(pack, v)]
        if isinstance(v, tuple):
            return ["t", *map(pack, v)]
        if isinstance(v, dict):
            return ["d", *([k, pack(w)] for k, w in v.items())]
        return special(v)

    head = json.dumps({name: pack(value) for name, value in message.items()}, separators=(",", ":")).encode()
    size = sum(map(len, data))
    if len(head) > MAX_HEAD or marks(head) > MAX_MARKS or size > MAX_DATA:
        raise NotPlain(f"a value of {(len(head) + size) // 2**20} MB in all")
    return [HEADER.pack(len(head), size), head, *data]


# ------------------------------------------------------------------ decoding


class Inbox:
    """Collects the bytes of one frame: fill `space()`, tell `filled(n)`, and `take` the frame when it is `complete`."""

    def __init__(self) -> None:
        self.header, self.body = bytearray(HEADER.size), bytearray()
        self.have = self.size = 0  # bytes that have arrived, bytes that the body will have

    @property
    def complete(self) -> bool:
        return self.have == HEADER.size + self.size and self.size > 0

    def space(self) -> memoryview:
        """Where the next bytes belong: never more than the frame under way needs, nor far more than has arrived of it."""
        if self.have < HEADER.size:
            return memoryview(self.header)[self.have :]
        at = self.have - HEADER.size
        if at == len(self.body) < self.size:  # what a header announces costs nothing: the room grows with what comes
            grown = bytearray(min(self.size, max(FIRST_ROOM, 4 * at)))
            grown[:at] = self.body
            self.body = grown
        return memoryview(self.body)[at:]

    def filled(self, count: int) -> None:
        """The first `count` bytes of the space are there.

        Raises:
            ProtocolViolation: the frame announces more than a frame may hold, or nothing.
        """
        self.have += count
        if self.have == HEADER.size and not self.size:
            head, data = HEADER.unpack(self.header)
            if not 0 < head <= MAX_HEAD or data > MAX_DATA:
                raise ProtocolViolation(f"a frame of {head} and {data} bytes")
            self.size = head + data

    def take(self) -> tuple[bytes, memoryview]:
        """The complete frame's head and data, taken out."""
        head, _ = HEADER.unpack(self.header)
        body, self.body, self.have, self.size = memoryview(self.body), bytearray(), 0, 0
        return bytes(body[:head]), body[head:]


def marks(head: bytes) -> int:
    return head.count(b",") + head.count(b"[") + head.count(b"{")


def count_of(value: Any, at_most: int, what: str) -> int:
    if type(value) is not int or not 0 <= value <= at_most:
        raise ProtocolViolation(f"{what} {str(value)[:40]}")
    return value


def decode(head: bytes, data: memoryview, special: Callable[[str, list[Any]], Any]) -> dict[str, Any]:
    """A frame as the message it holds.

    Args:
        head, data: as `Inbox.take` gives them.
        special: ``special(tag, fields)``: the object of a tag "h", "f" or "s"; raises ProtocolViolation for one that has no
            business here.

    Raises:
        ProtocolViolation: anything is not as `encode` makes it. Nothing else is raised.
    """
    if marks(head) > MAX_MARKS:
        raise ProtocolViolation("too many values")
    try:
        tree = json.loads(head.decode())
    except (ValueError, RecursionError):
        raise ProtocolViolation("the head is not JSON") from None
    if type(tree) is not dict or len(tree) > 20:
        raise ProtocolViolation("the head is not an object of a few names")
    place = 0

    def array(name: Any, shape: Any) -> np.ndarray[Any, Any]:
        nonlocal place
        dtype = DTYPES.get(name) if type(name) is str else None
        if dtype is None:
            raise ProtocolViolation(f"dtype {str(name)[:40]!r}")
        if type(shape) is not list or len(shape) > 32:
            raise ProtocolViolation("a shape of the wrong form")
        size = math.prod([count_of(n, 2**62, "a length of") for n in shape])
        end = place + size * dtype.itemsize
        if size * dtype.itemsize > MAX_BYTES or end > len(data):
            raise ProtocolViolation("an array of more bytes than there are")
        raw = data[place:end]
        place = end
        if dtype.kind == "b" and np.frombuffer(raw, np.uint8).max(initial=0) > 1:
            raise ProtocolViolation("a truth value that is neither 0 nor 1")
        try:
            return np.frombuffer(raw, dtype, size).reshape(shape).copy() if size else np.empty(shape, dtype)
        except ValueError:  # an empty array with lengths that NumPy cannot hold
            raise ProtocolViolation("a shape of the wrong form") from None

    def unpack(v: Any, depth: int) -> Any:
        if v is None or type(v) in (bool, float, str):
            return v
        if type(v) is int:
            if v.bit_length() > 64:
                raise ProtocolViolation("an integer of more than 64 bits")
            return v
        if type(v) is not list or not v or type(v[0]) is not str or depth > DEPTH:
            raise ProtocolViolation("a value of the wrong form")
        tag, fields = v[0], v[1:]
        if tag == "l":
            return [unpack(w, depth + 1) for w in fields]
        if tag == "t":
            return tuple(unpack(w, depth + 1) for w in fields)
        if tag == "d":
            if not all(type(p) is list and len(p) == 2 and isinstance(p[0], str | int) for p in fields):
                raise ProtocolViolation("a dict of the wrong form")
            return {unpack(k, depth): unpack(w, depth + 1) for k, w in fields}
        if tag == "a" and len(fields) == 2:
            return array(*fields)
        if tag == "n" and len(fields) == 1:
            return array(fields[0], [])[()]
        if tag == "c" and [type(x) for x in fields] == [float, float]:
            return complex(*fields)
        if tag == "s" and len(fields) == 1:
            fields = [count_of(fields[0], 2**64, "a seed of")]
        elif tag not in ("h", "f") or not fields or len(fields) > 2:
            raise ProtocolViolation(f"tag {tag[:40]!r}")
        else:
            count_of(fields[0], 2**53, "an id of")
            if len(fields) == 2 and (type(fields[1]) is not str or len(fields[1]) > 100):
                raise ProtocolViolation("a type's name of the wrong form")
        return special(tag, fields)

    message = {name: unpack(value, 0) for name, value in tree.items()}
    if place != len(data):
        raise ProtocolViolation("bytes left over")
    return message
