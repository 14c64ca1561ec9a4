"""Run a chapter with the effects of its experiments reversed, and see which claims still find what they conclude.

``reversed/GROUP.toml`` names for every claim that is tried a change of the experiment's code that takes the effect away:

    [[reversed]]
    claim = "ACT-05"               # or several that rest on the same effect: "ACT-05 ACT-06"
    cell = "signs-in-a-batch"      # the id of the cell that is changed; one of the experiment, not of the conclusion
    old = "X_positive"             # stands there once, and not inside a call of claim(...)
    new = "X_centred"
    round = 2                      # optional: changes that would disturb one another go into different rounds

All changes of a chapter's round are made at once, and the chapter runs once. Several changes may belong to one claim.

    python tests/book/reversing.py GROUP…      runs the rounds of these groups and prints what came of each claim
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "reversed"
KEYS = {"claim", "cell", "old", "new", "round"}

#: Runs the cells on standard input in one namespace; a claim says what it found instead of raising.
RUNNER = """
import json, sys, traceback
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
plt.show = lambda *a, **k: plt.close("all")
import gradus.trial
found, names = {}, {"__name__": "__main__", "display": lambda *a, **k: None}
def claim(id, *, holds, measured):
    found[id] = [bool(holds), measured]
gradus.trial.claim = claim
for name, source in json.load(sys.stdin):
    try:
        exec(compile(source, name, "exec"), names)
    except Exception:
        found["cell " + name] = [None, traceback.format_exc(limit=-1)]
    plt.close("all")
sys.__stdout__.write("\\n" + json.dumps(found))
"""


def entries() -> list[dict]:
    """All changes, as they stand in the files."""
    rows = []
    for path in sorted(FOLDER.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["reversed"]:
            assert row.keys() <= KEYS and {"claim", "cell", "old", "new"} <= row.keys(), f"{path.name}: {row}"
            names = row["claim"].split()
            assert all(name.startswith(f"{path.stem}-") for name in names), (
                f"{path.name}: {names} belong into another file"
            )
            rows.append({"round": 1} | row | {"claims": names})
    return rows


def code_cells(chapter: Path) -> dict[str, str]:
    """Cell id → source."""
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}


def rounds(changes: list[dict], chapter_of: Callable[[str], str]) -> dict[tuple[str, int], list[dict]]:
    """(chapter, round) → its changes."""
    found: dict[tuple[str, int], list[dict]] = {}
    for change in changes:
        found.setdefault((chapter_of(change["claims"][0]), change["round"]), []).append(change)
    return found


def outside_the_conclusion(source: str, old: str) -> bool:
    """Does the text lie outside of every call of claim(...)?"""
    called = [
        ast.get_source_segment(source, node) or ""
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "claim"
    ]
    return not any(old in text for text in called)


def run(chapter: Path, changes: list[dict]) -> dict[str, list]:
    """Claim id → [does it hold, what was measured], with all changes made; a cell that raised → [None, its traceback]."""
    cells = code_cells(chapter)
    for change in changes:
        source = cells[change["cell"]]
        assert source.count(change["old"]) == 1, (
            f"{change['claim']}: {change['old']!r} must stand once in {change['cell']}"
        )
        cells[change["cell"]] = source.replace(change["old"], change["new"])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUNNER], input=json.dumps(list(cells.items())),
        capture_output=True, text=True, timeout=900, check=True,
    )  # fmt: skip
    return json.loads(ran.stdout.splitlines()[-1])


def main() -> int:
    sys.path.insert(0, str(ROOT / "assets" / "extensions"))
    import claims

    rows, failed = claims.load_claims(ROOT), 0
    asked = [change for change in entries() if change["claims"][0].partition("-")[0] in sys.argv[1:]]
    for (chapter, number), changes in rounds(asked, lambda name: rows[name]["chapter"]).items():
        found = run(ROOT / f"{chapter}.ipynb", changes)
        for name in sorted({name for change in changes for name in change["claims"]}):
            holds, measured = found.get(name, [None, "its cell did not get that far"])
            failed += holds is not False
            print("refused " if holds is False else "NOT REFUSED", name, f"[round {number}]", measured)
        for name, (_, trace) in found.items():
            if name.startswith("cell "):
                print(name, "raised:", trace.strip().splitlines()[-1])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
