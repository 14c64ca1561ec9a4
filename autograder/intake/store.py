"""Copies of what was graded, named by their SHA-256: ``.autograder/submissions/ab/abcd….ipynb``.

What is graded are the bytes of the copy: whatever happens to the submission's folder afterwards, the copy tells what a mark was
given for. A submission with companions has a list beside it, ``abcd….json``, named by the SHA-256 of the whole, which says under
which SHA-256 each of its files is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from autograder.intake.package import Package, digest

__all__ = ["Damaged", "keep", "kept"]


class Damaged(Exception):
    """A copy does not hold the bytes that it is named by; the text says which."""


def keep(package: Package, folder: Path) -> Path | None:
    """Keep a copy of a submission; one that is there already stays as it is.

    Args:
        package: what was handed in.
        folder: ``.autograder/submissions``; made where it is missing.

    Returns:
        the copy of the notebook, or None where there is no notebook.

    Raises:
        OSError: the copy cannot be written.
    """
    if package.content is None:
        return None
    notebook = put(package.content, folder, ".ipynb")
    if package.own:
        files = {path: put(package.files[path], folder, ".data").stem for path in package.own}
        listed = json.dumps({"notebook": notebook.stem, "files": files}, indent=1, sort_keys=True)
        write(place(folder, package.sha256, ".json"), listed.encode())
    return notebook


def kept(sha256: str, folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """The notebook and the companions of a submission, as they were when it was graded.

    Raises:
        FileNotFoundError: there is no copy.
        Damaged: the copy is not what it was.
    """
    whole = place(folder, sha256, ".json")
    if not whole.exists():
        return get(sha256, folder, ".ipynb"), {}
    try:
        listed = json.loads(whole.read_bytes())
        files = {path: get(name, folder, ".data") for path, name in listed["files"].items()}
        content = get(listed["notebook"], folder, ".ipynb")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged(f"{whole} is damaged") from None
    if digest(content, files) != sha256:
        raise Damaged(f"{whole} is damaged: its files make up another submission")
    return content, files


def place(folder: Path, sha256: str, suffix: str) -> Path:
    return folder / sha256[:2] / f"{sha256}{suffix}"


def put(content: bytes, folder: Path, suffix: str) -> Path:
    path = place(folder, hashlib.sha256(content).hexdigest(), suffix)
    write(path, content)
    return path


def get(sha256: str, folder: Path, suffix: str) -> bytes:
    path = place(folder, sha256, suffix)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Damaged(f"{path} is damaged: its bytes are not those it is named by")
    return content


def write(path: Path, content: bytes) -> None:
    """Write a file that nobody is to change, unless it is there with these bytes."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:  # else it was cut off by a crash, or changed by somebody
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, fresh = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        Path(fresh).chmod(0o444)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
