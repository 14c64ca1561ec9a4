"""MNIST and Fashion-MNIST from the files they are published in, where the reader has them.

Nothing is downloaded. Each set consists of four files in the IDX format, whose name says what is in it: pictures
(idx3, three axes) and labels (idx1), for training and for testing (t10k, ten thousand). They may be packed (.gz) or not.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .arguments import as_float_dtype, caller_name, describe, fail, fail_type, require_bool, require_int

__all__ = ["load_fashion_mnist", "load_mnist", "read_idx"]

Array = np.ndarray

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The third byte of a file → what its numbers are, the most significant byte first."""

LARGEST = 2**30
"""Bytes that a file may hold unpacked, unless the caller allows more."""

# name of the file → number of axes, number of samples, as published
FILES = {
    "train-images-idx3-ubyte": (3, 60_000),
    "train-labels-idx1-ubyte": (1, 60_000),
    "t10k-images-idx3-ubyte": (3, 10_000),
    "t10k-labels-idx1-ubyte": (1, 10_000),
}
# MD5 of the packed files, in the order of FILES: they find damage and confusion, and are no protection from malice
MNIST = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
)
FASHION_MNIST = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
MNIST_SOURCE = "yann.lecun.com/exdb/mnist, or PyTorch's copy ossci-datasets.s3.amazonaws.com/mnist"
FASHION_MNIST_SOURCE = "github.com/zalandoresearch/fashion-mnist, folder data/fashion"


def load_mnist(
    folder: str | os.PathLike[str], *, scale: bool = True, check: bool = True, dtype: Any = np.float64
) -> tuple[Array, Array, Array, Array]:
    """MNIST: 70,000 handwritten digits of 28 × 28 pixels, ten classes (LeCun, Bottou, Bengio, Haffner 1998).

        X = pixels / 255

    In float64 the pictures take 440 MB, in float32 half of that.

    Args:
        folder: where the four files are: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
            t10k-labels-idx1-ubyte, each with .gz or without. Where both are there, the packed one is read.
        scale: False leaves pixel values 0 (background) to 255.
        check: packed files must be those published (MD5), unpacked ones must hold as many pictures of that size. False
            admits other files in the same format: a reduced set, a set of one's own.
        dtype: floating-point dtype of the images.

    Returns:
        X_train (60000, 784), y_train int64 (60000,), X_test (10000, 784), y_test int64 (10000,). A picture is
        ``X[i].reshape(28, 28)``.

    Raises:
        TypeError: an argument is of the wrong type.
        FileNotFoundError: a file is missing. The message says which, and where they are to be had.
        ValueError: a file is damaged or another one, or pictures and labels do not fit together.
    """
    return _load(folder, "MNIST", MNIST, MNIST_SOURCE, scale, check, dtype)


def load_fashion_mnist(
    folder: str | os.PathLike[str], *, scale: bool = True, check: bool = True, dtype: Any = np.float64
) -> tuple[Array, Array, Array, Array]:
    """Fashion-MNIST: 70,000 pictures of clothes in MNIST's format, harder to tell apart (Xiao, Rasul, Vollgraf 2017).

    The classes: T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.
    Its files have the names of MNIST's: keep the two in different folders.

    Args:
        folder: where the four files are, as for load_mnist.
        scale: True divides pixel values by 255.
        check: as for load_mnist.
        dtype: floating-point dtype of the images.

    Returns:
        X_train (60000, 784), y_train int64 (60000,), X_test (10000, 784), y_test int64 (10000,).

    Raises:
        TypeError, FileNotFoundError, ValueError: as load_mnist.
    """
    return _load(folder, "Fashion-MNIST", FASHION_MNIST, FASHION_MNIST_SOURCE, scale, check, dtype)


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = LARGEST) -> Array:
    """The array in a file of the IDX format, packed by gzip or not.

        0  0  type  number of axes       four bytes
        length of each axis              four bytes each
        the numbers                      the last axis fastest

    All numbers begin with their most significant byte. Types are 8: uint8, 9: int8, 11: int16, 12: int32, 13: float32,
    14: float64. What the header announces is compared with what the file holds before memory is taken for it.

    Args:
        path: of the file. Whether it is packed is seen from its content, not its name.
        max_bytes: largest size of the numbers, unpacked, that is accepted; 1 GiB.

    Returns:
        A new array with the shape and type the file names, in the byte order of this machine.

    Raises:
        TypeError: path is no path, or max_bytes no integer.
        FileNotFoundError: there is no such file.
        ValueError: the file is not in this format, damaged, too short, too long, or larger than max_bytes.
    """
    path = _as_path(path=path)
    require_int(max_bytes=(max_bytes, 0))
    if not path.is_file():
        raise FileNotFoundError(f"{caller_name()}: path must name a file, there is none at {path.resolve()}")
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if packed:
                with gzip.open(plain) as unpacked:
                    return _parse(unpacked, path, max_bytes, size=None)
            return _parse(plain, path, max_bytes, size=path.stat().st_size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{caller_name()}: path {path} is damaged, it cannot be unpacked: {error}") from error


def _parse(file: BinaryIO | gzip.GzipFile, path: Path, max_bytes: int, size: int | None) -> Array:
    """The array in an open file, of known size if it is not packed."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES or start[3] == 0:
        hint = " It looks like a web page: was the download refused?" if start.lstrip()[:1] == b"<" else ""
        fail(
            f"path {path} is no IDX file: it starts with {start.hex(' ') or 'nothing'}, expected 00 00, a type (one of "
            f"{', '.join(f'{t:02x}' for t in TYPES)}) and the number of axes.{hint}"
        )
    dtype, ndim = np.dtype(TYPES[start[2]]), start[3]
    lengths = file.read(4 * ndim)
    if len(lengths) < 4 * ndim or ndim > 32:
        fail(f"path {path} must have 1 to 32 axes and their lengths in its header, got {ndim} and {len(lengths)} bytes")
    shape = tuple(int.from_bytes(lengths[i : i + 4], "big") for i in range(0, 4 * ndim, 4))
    wanted = math.prod(shape) * dtype.itemsize
    announced = f"path {path} announces an array of shape {shape}, {wanted:,} bytes"
    if wanted > max_bytes:
        fail(f"{announced}: more than max_bytes, {max_bytes:,}")
    if size is not None and (held := size - 4 - 4 * ndim) != wanted:
        fail(f"{announced}, and holds {held:,}: {'there is too much of it' if held > wanted else 'it is cut off'}")
    content = bytearray()
    while len(content) <= wanted and (block := file.read(min(2**20, wanted + 1 - len(content)))):
        content += block
    if len(content) != wanted:
        end = "more: there is too much of it" if len(content) > wanted else f"{len(content):,}: it is cut off"
        fail(f"{announced}, and holds {end}")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _load(
    folder: Any, name: str, digests: tuple[str, ...], source: str, scale: bool, check: bool, dtype: Any
) -> tuple[Array, Array, Array, Array]:
    folder = _as_path(folder=folder)
    require_bool(scale=scale, check=check)
    dtype = as_float_dtype(dtype=dtype)
    paths = _find(folder, name, source)
    parts = []
    for path, digest, (stem, (ndim, count)) in zip(paths, digests, FILES.items(), strict=True):
        if check and path.suffix == ".gz":
            _check_digest(path, digest, name, stem, source)
        part = read_idx(path)
        if part.ndim != ndim or part.dtype != np.uint8:
            fail(f"folder: {path} must hold uint8 of {ndim} axes, got {part.dtype} of shape {part.shape}")
        published = (count, 28, 28)[:ndim]
        if check and part.shape != published:
            fail(f"folder: {path} must have the shape {published} of {name}, got {part.shape}; check=False reads it")
        parts.append(part)
    for k in (1, 3):
        if len(parts[k]) != len(parts[k - 1]):
            fail(f"folder: {paths[k]} must hold {len(parts[k - 1])} labels, one for each picture, got {len(parts[k])}")
    if parts[0].shape[1:] != parts[2].shape[1:]:
        fail(f"folder: pictures must have one size, got {parts[0].shape[1:]} and {parts[2].shape[1:]} in {folder}")
    X_train, X_test = (_pixels(images, scale, dtype) for images in parts[::2])
    return X_train, parts[1].astype(np.int64), X_test, parts[3].astype(np.int64)


def _pixels(images: Array, scale: bool, dtype: np.dtype[Any]) -> Array:
    X = images.reshape(len(images), math.prod(images.shape[1:])).astype(dtype)
    if scale:
        X /= 255.0
    return X


def _find(folder: Path, name: str, source: str) -> list[Path]:
    """The path of each of the four files, packed before unpacked; programs that unpack may have made the first - a dot."""
    found = {}
    for stem in FILES:
        candidates = [folder / f"{form}{end}" for end in (".gz", "") for form in (stem, stem.replace("-idx", ".idx"))]
        found[stem] = next((path for path in candidates if path.is_file()), None)
    missing = [stem for stem, path in found.items() if path is None]
    if missing:
        where = folder.resolve() if folder.is_dir() else f"{folder.resolve()}, which is no folder"
        raise FileNotFoundError(
            f"{caller_name()}: folder must hold the four files of {name}: {', '.join(FILES)}, each with .gz or without. "
            f"Looked in {where}; missing: {', '.join(missing)}. They are to be had from {source}."
        )
    return [path for path in found.values() if path is not None]


def _check_digest(path: Path, digest: str, name: str, stem: str, source: str) -> None:
    with path.open("rb") as file:
        got = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if got == digest:
        return
    known = dict(
        zip(
            MNIST + FASHION_MNIST,
            [f"MNIST's {s}" for s in FILES] + [f"Fashion-MNIST's {s}" for s in FILES],
            strict=True,
        )
    )
    if got in known:
        fail(f"folder: {path} is {known[got]}, not {name}'s {stem}")
    fail(
        f"folder: {path} is not the file that was published (MD5 {got}, expected {digest}). It is damaged, or was packed "
        f"anew: get it from {source}, or pass check=False"
    )


def _as_path(**named: Any) -> Path:
    ((name, value),) = named.items()
    if not isinstance(value, str | os.PathLike):
        fail_type(f"{name} must be a path, got {describe(value)}")
    return Path(value)
