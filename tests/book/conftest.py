"""What the tests of the book share: the built book, and a small project to change and build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/book", "assets/extensions", "scripts")]


@pytest.fixture(scope="session")
def built_book() -> Path:
    """The folder of the book's pages, as `make book` leaves it (and at once, where nothing changed since)."""
    command = [sys.executable, str(ROOT / "scripts" / "build_book.py")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert result.returncode == 0, f"the book does not build:\n{result.stdout[-3000:]}\n{result.stderr[-6000:]}"
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def browser():
    from real_browser import open_browser

    with open_browser() as opened:
        yield opened
