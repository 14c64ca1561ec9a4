"""When a submission was received, and who says so.

``timestamp.txt`` beside a notebook proves nothing: with nbgrader's exchange it is the student's own ``nbgrader submit`` that
writes it, and ``nbgrader collect`` copies it as it is. In order of trust:

1. The receipt of ``autograder collect``, kept in ``.autograder/receipts.jsonl``, where students do not write. It holds for
   the very bytes that were collected. (An archive's own timestamp.txt is never taken along.)
2. timestamp.txt, where ``nbgrader_config.py`` says ``c.Intake.trust_timestamps = True``: the course trusts its exchange.
3. Otherwise nothing is known, and nbgrader takes the submission for one in time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Receipt", "latest_receipts", "parse_time", "received_at", "trusts_timestamps", "write_receipts"]

HOURS = {
    "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4, "CST": -6,
    "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """What was collected, and when.

    Attributes:
        received: in UTC, without a time zone, as nbgrader keeps times.
        sha256: of the notebook; "" where none was among the files.
        archive: the name of the archive it came in.
    """

    student: str
    assignment: str
    received: datetime
    sha256: str
    archive: str


def write_receipts(path: Path, receipts: Iterable[Receipt]) -> None:
    """Append receipts to the file, all of them or none."""
    lines = [json.dumps({**asdict(r), "received": r.received.isoformat()}) + "\n" for r in receipts]
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb", buffering=0) as file:
        file.write("".join(lines).encode())
        os.fsync(fd)


def latest_receipts(path: Path) -> dict[tuple[str, str], Receipt]:
    """(student, assignment) -> its last receipt. A line that was cut off by a crash counts for nothing."""
    found: dict[tuple[str, str], Receipt] = {}
    if path.exists():
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValueError, TypeError):
                fields = json.loads(line)
                receipt = Receipt(**{**fields, "received": datetime.fromisoformat(fields["received"])})
                found[receipt.student, receipt.assignment] = receipt
    return found


def trusts_timestamps(config: Any) -> bool:
    """Whether the course believes timestamp.txt.

    Args:
        config: nbgrader's configuration: a mapping whose section "Intake" may say "trust_timestamps".
    """
    return "Intake" in config and config["Intake"].get("trust_timestamps", False) is True


def received_at(
    sha256: str, stamp: bytes | None, receipt: Receipt | None, trust: bool
) -> tuple[datetime | None, tuple[str, ...]]:
    """When a submission was received, or None where nobody who is trusted says so; and notes.

    Args:
        sha256: of the notebook.
        stamp: what stands in timestamp.txt, if there is one.
        receipt: the last one of this student and assignment.
        trust: whether timestamp.txt is believed.
    """
    if receipt is not None and receipt.sha256 == sha256:
        return receipt.received, ()
    if stamp is None:
        return None, ()
    if not trust:
        return None, (
            "Its timestamp.txt was not believed: the course does not trust timestamps (c.Intake.trust_timestamps).",
        )
    try:
        return parse_time(stamp.decode()), ()
    except (ValueError, OverflowError):
        return None, ("Its timestamp.txt holds no time.",)


def parse_time(text: str) -> datetime:
    """A time as nbgrader writes it, "2026-11-21 15:04:05.678 UTC", or as ISO 8601; in UTC, without a time zone.

    Raises:
        ValueError, OverflowError: it is no time.
    """
    day, *more = text.split()
    if len(more) == 2:  # its zone stands apart
        time = datetime.fromisoformat(f"{day} {more[0]}").replace(tzinfo=zone(more[1]))
    else:
        time = datetime.fromisoformat(" ".join((day, *more)))
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def zone(name: str) -> tzinfo:
    """A time zone by its abbreviation, its offset or its name in the database of time zones.

    Raises:
        ValueError: it is none. A name is never used as a path, as dateutil does.
    """
    if name in HOURS:
        return timezone(timedelta(hours=HOURS[name]))
    if name[0] in "+-":
        offset = datetime.fromisoformat(f"2000-01-01T00:00{name}").tzinfo
        assert offset is not None
        return offset
    try:
        return ZoneInfo(name)
    except (KeyError, OSError):
        raise ValueError(f"no time zone {name!r}") from None
