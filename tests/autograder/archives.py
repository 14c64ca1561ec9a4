"""Archives as learning platforms and students make them, for the tests of `autograder collect`."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from datetime import datetime
from pathlib import Path

from small_course import NAME

NOTEBOOK = json.dumps({"cells": [], "nbformat": 4}).encode()
WHEN = datetime(2026, 11, 20, 18, 30)
PATH = f"{NAME}/{NAME}.ipynb"
HONEST = {
    f"lovelaceada_1_10_{NAME}.ipynb": NOTEBOOK,
    f"babbagecharles_LATE_2_20_{NAME}.ipynb": NOTEBOOK + b" ",
    "lovelaceada_1_11_data.csv": b"1,2",
    "__MACOSX/._lovelaceada_1_11_data.csv": b"x",
}


def zip_of(path: Path, files, **more) -> Path:
    """A zip; `files` is a dict name -> bytes, or a list of (name or ZipInfo, bytes)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items() if isinstance(files, dict) else files:
            made.writestr(name, content, **more)
    return path


def tar_of(path: Path, members, mode="w:gz", **more) -> Path:
    """A tar of (name or TarInfo, bytes)."""
    with tarfile.open(path, mode, **more) as made:
        for member, content in members:
            if isinstance(member, str):
                member = tarfile.TarInfo(member)
                member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def why(collected) -> str:
    [(_, reason)] = collected.refused
    return reason
