"""How an attack is written down, carried out, and what must hold afterwards.

An **entry** is one attack of the list (`list.toml`) with the submissions that carry it out; `Arena.run` grades submissions with
the real command line in a course folder of their own and returns a `Run`; `violations` (in `invariants.py`) names every
invariant that does not hold.

    entry("A001", handin(top="np.array_equal = lambda *a, **k: True"))
    entry("A026", handin(double="import os\\ndef double(x):\\n    os._exit(0)", right=True, verdicts={"double": "crashed"}))
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from arena import EXERCISES, NAME, RIGHT, WRONG, notebook
from kit import Trap

__all__ = ["ENTRIES", "Entry", "Handin", "Trap", "entry", "handin", "listed"]

UNEARNED = ("wrong", "raised", "missing", "malformed", "crashed", "protocol-violation", "time-limit", "memory-limit",
            "output-limit", "process-limit")  # fmt: skip
ENTRIES: dict[str, Entry] = {}


@cache
def listed() -> dict[str, dict[str, str]]:
    """The list: number -> section, title, how, must."""
    text = Path(__file__).with_name("list.toml").read_text(encoding="utf-8")
    return {number: said for number, said in tomllib.loads(text).items() if number != "sections"}


@dataclass(frozen=True)
class Handin:
    """One submission, and what a correct grader says of it.

    Attributes:
        name: tells the submissions of an entry apart.
        build: ``build(trap)``: the notebook, as plain data or bytes; None for none.
        verdicts: exercise -> the verdicts that are right; an exercise that is left out may have any verdict without points.
        scores: exercise -> score, None for any; 0 where left out.
        place: ``place(folder, trap)`` does more to the folder of the submission: companions, links, odd names.
    """

    name: str
    build: Callable[[Trap], dict[str, Any] | bytes | None]
    verdicts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scores: Mapping[str, float | None] = field(default_factory=dict)
    place: Callable[[Path, Trap], None] | None = None

    def put(self, folder: Path, trap: Trap) -> None:
        """Write the submission into its folder, ``SUBMITTED/STUDENT/ASSIGNMENT``."""
        folder.mkdir(parents=True, exist_ok=True)
        made = self.build(trap)
        if made is not None:
            content = made if isinstance(made, bytes) else json.dumps(made).encode()
            (folder / f"{NAME}.ipynb").write_bytes(content)
        if self.place:
            self.place(folder, trap)

    def permits(self, exercise: str) -> tuple[tuple[str, ...], float | None]:
        """The verdicts and the score that are right for an exercise."""
        return tuple(self.verdicts.get(exercise, UNEARNED)), self.scores.get(exercise, 0.0)


@dataclass(frozen=True)
class Entry:
    """One attack.

    Attributes:
        number: of the list, or X001 …, Y001 … for those that are not on it.
        handins: the submissions.
        needs: what must go wrong when nothing is confined, as `Violation.kind`s, one of them; () where the attack fails
            without confinement, too.
        seconds: the time that each of its submissions may take.
        after: ``after(run) -> problems``: further invariants.
        elsewhere: tests that stand for the entry, as "tests/faults/test_kill.py::test_name", where it is no submission.
        quick: part of the small selection.
    """

    number: str
    handins: tuple[Handin, ...] = ()
    needs: tuple[str, ...] = ()
    seconds: float = 60.0
    after: Callable[[Any], Sequence[str]] | None = None
    elsewhere: tuple[str, ...] = ()
    quick: bool = False
    title: str = ""

    @property
    def section(self) -> str:
        return listed()[self.number]["section"] if self.number in listed() else self.number[0]

    def __str__(self) -> str:
        return self.number


def entry(number: str, *handins: Handin, needs: Sequence[str] | str = (), **more: Any) -> Entry:
    """Write down an attack; see `Entry`. Several submissions need different names."""
    if number in ENTRIES:
        raise ValueError(f"entry: {number} is there already")
    if number not in listed() and not (number[0] in "XY" and more.get("title")):
        raise ValueError(f"entry: {number} is not on the list; X and Y numbers need a title")
    if len({h.name for h in handins}) != len(handins):
        raise ValueError(f"entry: {number}: its submissions need different names")
    made = Entry(number, handins, (needs,) if isinstance(needs, str) else tuple(needs), **more)
    ENTRIES[number] = made
    return made


def handin(
    name: str = "",
    *,
    top: str = "",
    tail: str = "",
    answers: Mapping[str, str | None] | None = None,
    right: bool = False,
    verdicts: Mapping[str, str | Sequence[str]] | None = None,
    edit: Callable[[dict[str, Any], Trap], Any] | None = None,
    raw: bytes | Callable[[Trap], bytes | None] | None = None,
    place: Callable[[Path, Trap], None] | None = None,
    stops: bool = False,
    **answer: str,
) -> Handin:
    """A submission: the arena's notebook with wrong answers (or right ones), and the attack in it.

    Args:
        top, tail: code of a cell before the first and after the last exercise; the kit (`kit.py`) stands before `top`.
        answers, **answer: exercise -> code; None deletes the cell.
        right: the answers that are not given are right and earn their points, so those exercises must pass; else they are wrong.
        verdicts: exercise -> the verdict (or several) that is right. Without points, unless "pass" is among them.
        edit: ``edit(notebook, trap)`` changes the notebook in place, or returns bytes to be handed in instead.
        raw: the submission's bytes (or a function of the trap, which may give None for no notebook), instead of all that.
        place: ``place(folder, trap)`` does more to the folder.
        stops: the code of `top` may be stopped on its way; else a violation says so ("attack: …").
    """
    own = {**(answers or {}), **answer}
    unknown = {*own, *(verdicts or {})} - set(EXERCISES)
    if unknown:
        raise ValueError(f"handin: no exercises {sorted(unknown)}")
    told = {e: (v,) if isinstance(v, str) else tuple(v) for e, v in (verdicts or {}).items()}
    if right:
        told = {e: ("pass",) for e in EXERCISES if e not in own} | told
    filled = {e: code for e, code in {**(RIGHT if right else WRONG), **own}.items() if code is not None}

    begin = "FINISHED.append(0)\n" if stops else ""

    def build(trap: Trap) -> dict[str, Any] | bytes | None:
        if raw is not None:
            return raw(trap) if callable(raw) else raw
        made = copy.deepcopy(notebook(filled, f"{trap.kit()}\n{begin}{top}\nFINISHED.append(1)", tail))
        changed = edit(made, trap) if edit else None
        return changed if isinstance(changed, bytes) else made

    scores = {e: 2.0 if v == ("pass",) else None for e, v in told.items() if "pass" in v}
    return Handin(name, build, told, scores, place)
