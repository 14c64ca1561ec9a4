"""A state in a file: what state_dict methods return, exactly, and without pickle.

The file is an .npz of plain arrays and one text: to load it executes nothing. It is written under another name first and
then renamed, so that at any moment, also after a power cut, the old or the new one is there and complete.
"""

from __future__ import annotations

import json
import os
from errno import EINVAL
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile
from zlib import error as ZlibError

import numpy as np

from .arguments import describe, fail, fail_type

__all__ = ["load_state", "rehearse_saving", "save_state"]

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
    arrays = _as_arrays(state)
    unfinished = _unfinished(path)
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


def rehearse_saving(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Raise what save_state would raise, without writing; an older file stays as it is.

    Args:
        path: of the file.
        state: as for save_state.

    Raises:
        TypeError, OSError: as save_state.
    """
    path = _as_path(path)
    _as_arrays(state)
    with _unfinished(path).open("wb"):
        pass
    _unfinished(path).unlink()


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
    with path.open("rb") as file:
        if not is_zipfile(file):
            fail(f"path {path} is damaged, or not a file of save_state: it is no .npz, or only a part of one")
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as npz:
                others = None if "json" in npz.files else npz.files
                arrays = {name: npz[name] for name in npz.files}
        except (EOFError, OSError, RuntimeError, TypeError, ValueError, BadZipFile, ZlibError) as error:
            if isinstance(error, OSError) and error.errno != EINVAL:  # zipfile looks where a damaged file sends it
                raise
            # NumPy's own words recommend pickle, which would execute what is in the file.
            objects = "Object arrays" in str(error)
            reason = "it holds Python objects, not numbers" if objects else "an array in it cannot be read"
            raise ValueError(f"load_state: path {path} is damaged, or not a file of save_state: {reason}") from error
    if others is not None:
        names = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        fail(
            f"path {path} is not a file of save_state, but an .npz of the arrays {names or '(none)'}; a Layer takes its "
            f"parameters from such a file by load_state_dict(dict(np.load(path)))"
        )
    try:
        content = json.loads(arrays["json"].tobytes().decode())
        written_as = content["format"]
        state: dict[str, Any] = _unpack(content["state"], arrays) if written_as == FORMAT else {}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = "the text in it is none that save_state writes"
        raise ValueError(f"load_state: path {path} is damaged, or not a file of save_state: {reason}") from error
    if written_as != FORMAT:
        fail(f"path {path} is not a file of this version of save_state: its format is {written_as!r}, not {FORMAT!r}")
    return state


def _as_path(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        fail_type(f"path must be the path of a file, got {describe(path)}")
    return Path(path)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".unfinished")


def _as_arrays(state: Any) -> dict[str, Array]:
    """What the file is to hold: the arrays in the state, and all else as one text."""
    if not isinstance(state, dict):
        fail_type(f"state must be a dict, got {describe(state)}")
    arrays: dict[str, Array] = {}
    text = json.dumps({"format": FORMAT, "state": _pack(state, "state", arrays)})
    arrays["json"] = np.frombuffer(text.encode(), np.uint8)
    return arrays


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
