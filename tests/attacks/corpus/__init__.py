"""The attacks, one module a section of the list; importing this package fills `harness.ENTRIES`."""

from __future__ import annotations

import importlib
from pathlib import Path

from harness import ENTRIES

__all__ = ["ENTRIES", "submissions"]

for found in sorted(Path(__file__).parent.glob("[a-z]*_*.py")):
    importlib.import_module(f"{__name__}.{found.stem}")


def submissions(wanted=lambda entry: True):
    """The entries that are carried out by submissions, as a list in the order of their numbers."""
    return [ENTRIES[number] for number in sorted(ENTRIES) if ENTRIES[number].handins and wanted(ENTRIES[number])]
