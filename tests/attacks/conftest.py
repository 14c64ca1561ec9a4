"""Makes the harness importable by name, and gives the arenas that the tests share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from arena import HONEST
from attacked_course import Arena, honest
from invariants import honest_marks, violations


@pytest.fixture(scope="session")
def arena(tmp_path_factory) -> Arena:
    return Arena(tmp_path_factory.mktemp("arena"))


@pytest.fixture(scope="session")
def class_of_honest(arena) -> dict:
    """The marks of the honest students where nobody attacks."""
    run = arena.run([honest(kind) for kind in HONEST])
    assert violations(run) == []
    return honest_marks(run)
