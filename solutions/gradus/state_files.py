"""A state in a file: what state_dict methods return, exactly, and without pickle.

The file is an .npz of plain arrays and one text: to load it executes nothing. It is written under another name first and
then renamed, so that at any moment, also after a power cut, the old or the new one is there and complete.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np

from .arguments import describe, fail, fail_type

__all__ = ["load_state", "save_state"]

Array = np.ndarray
FORMAT = "gradus state 1"


def save_state(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write a state to a file, at once or not at all.

    Args:
        path: of the file; it is replaced if it exists.
        state: dicts, lists and tuples, one in another, of arrays, numbers, text, True, False and None.

    Raises:
        TypeError: path is no path, or something in state is of another type.
        OSError: the file cannot be written.
    """
    path = _as_path(path)
    if not isinstance(state, dict):
        fail_type(f"state must be a dict, got {describe(state)}")
    arrays: dict[str, Array] = {}
    text = json.dumps({"format": FORMAT, "state": _pack(state, "state", arrays)})
    arrays["json"] = np.frombuffer(text.encode(), np.uint8)
    unfinished = path.with_name(path.name + ".unfinished")
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    if os.name == "posix":  # the new name, too, is to survive a power cut
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def load_state(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What save_state wrote, bit for bit.

    Args:
        path: of the file.

    Returns:
        The state.

    Raises:
        TypeError: path is no path.
        ValueError: the file is damaged, or was not written by save_state.
        OSError: there is no such file, or it cannot be read.
    """
    path = _as_path(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as npz:
            content = json.loads(npz["json"].tobytes().decode())
            arrays = {name: npz[name] for name in npz.files}
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}, not {FORMAT!r}")
        state: dict[str, Any] = _unpack(content["state"], arrays)
    except (AttributeError, EOFError, KeyError, TypeError, ValueError, BadZipFile, ZlibError) as error:
        fail(f"path {path} is damaged, or not a file of save_state: {error}")
    return state


def _as_path(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        fail_type(f"path must be the path of a file, got {describe(path)}")
    return Path(path)


def _pack(value: Any, name: str, arrays: dict[str, Array]) -> Any:
    """The value as JSON; its arrays, and long lists of floats, go into ``arrays`` under names that say where they were."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcUS":
        arrays[name] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    if isinstance(value, list) and len(value) > 16 and all(type(v) is float for v in value):
        arrays[name] = np.array(value)
        return {"floats": name}
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        packed = [_pack(v, f"{name}/{i}", arrays) for i, v in enumerate(value)]
        return packed if isinstance(value, list) else {"tuple": packed}
    if type(value) is dict:
        return {"dict": [[_pack(k, "", {}), _pack(v, f"{name}/{k}", arrays)] for k, v in value.items()]}
    fail_type(f"state must hold arrays, numbers, text, lists, tuples and dicts only, got {describe(value)} at {name}")


def _unpack(value: Any, arrays: dict[str, Array]) -> Any:
    if isinstance(value, list):
        return [_unpack(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {_unpack(k, arrays): _unpack(v, arrays) for k, v in content}
    if kind == "tuple":
        return tuple(_unpack(v, arrays) for v in content)
    array = arrays[content]
    return {"array": array, "scalar": array[()], "floats": array.tolist() if kind == "floats" else None}[kind]
