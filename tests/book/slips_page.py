"""The page *Common slips*, taken apart."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "back" / "common_slips.md").read_text(encoding="utf-8")
#: Title → text.
ENTRIES = dict(re.findall(r"^### (.+)\n\n((?:(?!^##).*\n?)*)", PAGE, flags=re.MULTILINE))


def linked(text: str) -> list[str]:
    """The claims that a text links to, in order."""
    return [name.upper() for name in re.findall(r"\{ref\}`(?:claim|row)-([a-z]+-\d+)`", text)]


def part(entry: str, name: str) -> str:
    [found] = re.findall(rf"^\*\*{name}\.\*\* (.*?)(?=^\*\*|\Z)", entry, flags=re.MULTILINE | re.DOTALL)
    return found.strip()


def lines(title: str, name: str) -> str:
    """The code in a part of an entry, "" where there is none."""
    return "".join(re.findall(r"^```python\n(.*?)^```$", part(ENTRIES[title], name), flags=re.MULTILINE | re.DOTALL))
