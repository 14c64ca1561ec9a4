"""Whether submissions of strangers may run here: the sandbox attacked before it is used, once after each start of the machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from pathlib import Path

from autograder.doctor.examination import self_test
from autograder.grading.entering import write_whole
from autograder.sandbox.jail import confined
from autograder.sandbox.starting import NotStarted, best

__all__ = ["proved"]

BOOT = Path("/proc/sys/kernel/random/boot_id")  # another one after each start (Linux)


def proved(state: Path) -> tuple[tuple[str, ...], str]:
    """The layers that confine submissions on this machine, and why that is not enough for strangers' code; "" where it is.

    A sandbox that has withstood its own attack is not attacked again before the machine is started anew, or its code, its
    Python or its user is another one.

    Args:
        state: the folder where that is remembered.
    """
    memory, key = state / "self_test.json", fingerprint()
    try:
        record = json.loads(memory.read_text(encoding="utf-8"))
        if record["key"] == key and confined(record["layers"]):
            return tuple(record["layers"]), ""
    except (OSError, ValueError, KeyError, TypeError):
        pass
    layers = best()
    if not confined(layers):
        return layers, "submissions cannot be confined on this machine (autograder doctor says what is missing)"
    try:
        through = self_test(layers)
    except NotStarted as error:
        return layers, f"the sandbox does not start: {error}"
    if through:
        return layers, f"the sandbox of this machine does not hold: {', '.join(through)} (see autograder doctor)"
    write_whole(memory, json.dumps({"key": key, "layers": layers}))
    return layers, ""


def fingerprint() -> str:
    """All that the outcome depends on, as one hash."""
    here = Path(__file__).parents[1]
    digest = hashlib.sha256()
    boot = BOOT.read_text() if BOOT.exists() else ""
    for part in (boot, platform.release(), str(os.getuid()), sys.executable, sys.version):
        digest.update(f"{part}\n".encode())
    for folder in "sandbox", "doctor":
        for path in sorted((here / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
