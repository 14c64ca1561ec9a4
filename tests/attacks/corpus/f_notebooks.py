"""F. Notebook bytes and metadata: what a notebook claims of itself, and bytes that are hardly one.

Honest accidents are among them (a copied cell, a deleted test, lost metadata): there the answers are right and must pass.
"""

from __future__ import annotations

import contextlib
import copy
import json
import sqlite3
from collections.abc import Callable
from typing import Any

from arena import EXERCISES, RIGHT, cell, position
from harness import Handin, Trap, entry, handin

__all__ = ["all_are", "each", "edited", "raw"]

Notebook = dict[str, Any]
STUBS: dict[str, str | None] = dict.fromkeys(EXERCISES, "raise NotImplementedError  # your code here")


def all_are(*verdicts: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(EXERCISES, verdicts)


def meta(made: Notebook, grade_id: str) -> dict[str, Any]:
    return made["cells"][position(made, grade_id)]["metadata"]["nbgrader"]


def edited(name: str, change: Callable[[Notebook], Any], *, right: bool = True, **more: Any) -> Handin:
    """The arena's notebook, changed; what `change` returns, if it is bytes, is handed in."""

    def edit(made: Notebook, trap: Trap) -> bytes | None:
        changed = change(made)
        return changed if isinstance(changed, bytes) else None

    return handin(name, edit=edit, right=right, **more)


def raw(name: str, content: bytes, *verdicts: str) -> Handin:
    return handin(name, raw=content, verdicts=all_are(*verdicts))


def each(kind: str, change: Callable[[Notebook], Any]) -> Callable[[Notebook], None]:
    """A change of every cell: of the checks, of the solutions, or (kind "") of all."""

    def carry_out(made: Notebook) -> None:
        for one in made["cells"]:
            known = one["metadata"].get("nbgrader", {})
            if not kind or (
                known and {"check": "grade", "solution": "solution"}[kind] in [k for k in known if known[k] is True]
            ):
                change(one)

    return carry_out


def tagged(tag: str) -> Callable[[Notebook], None]:
    return each("", lambda one: one["metadata"].update(tags=[tag]))


# ------------------------------------------------------------------ what cells claim

entry("A111", edited("on the checks", each("check", lambda c: c["metadata"].update(tags=["skip-execution"])), right=False),
      quick=True)  # fmt: skip
entry("A112", edited("untouched", tagged("skip-execution"), answers=STUBS, verdicts=all_are("missing")), quick=True)
entry("A113", edited("on all", tagged("raises-exception"), right=False),
      edited("and nothing else", tagged("raises-exception"), answers=dict.fromkeys(EXERCISES, "1 / 0"),
      right=False))  # fmt: skip


def waits_for_a_person(run: Any) -> list[str]:
    """The question marked by hand has no mark of a machine's."""
    with contextlib.closing(sqlite3.connect(f"file:{run.course / 'gradebook.db'}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "select s.student_id, g.auto_score, g.needs_manual_grade from grade g join base_cell c on c.id = g.cell_id "
            "join submitted_notebook n on n.id = g.notebook_id join submitted_assignment s on s.id = n.assignment_id "
            "where c.name = 'explain_arena'"
        ).fetchall()
    return [f"marks: a machine has marked the question of {who}: {auto}" for who, auto, _ in rows if auto]


entry(
    "A114",
    edited("no solution", lambda made: meta(made, "explain_arena").update(solution=False, points=100)),
    edited("code", lambda made: made["cells"].__setitem__(
        position(made, "explain_arena"), cell("100.0", "check", "explain_arena", 100))),
    after=waits_for_a_person,
)  # fmt: skip
entry("A115", edited("not graded", each("check", lambda c: c["metadata"]["nbgrader"].update(grade=False))),
      edited("not graded, wrong", each("check", lambda c: c["metadata"]["nbgrader"].update(grade=False)),
      right=False))  # fmt: skip
entry("A116", edited("own points", each("solution", lambda c: c["metadata"]["nbgrader"].update(grade=True, points=50)),
right=False),
      edited("own points, right", each("solution", lambda c: c["metadata"]["nbgrader"].update(grade=True,
      points=50))))  # fmt: skip


def points(value: Any) -> Callable[[Notebook], None]:
    return each("check", lambda c: c["metadata"]["nbgrader"].update(points=value))


entry("A118", *(edited(f"{value}"[:20], points(value), right=False)
                for value in ("NaN", float("nan"), float("inf"), -5, 1e308, [2], {"a": 1}, True, None, 10**400)),
      edited("right", points(float("nan"))))  # fmt: skip


def twice(*grade_ids: str) -> Callable[[Notebook], None]:
    def carry_out(made: Notebook) -> None:
        for grade_id in grade_ids:
            at = position(made, grade_id)
            made["cells"].insert(at + 1, copy.deepcopy(made["cells"][at]))

    return carry_out


entry(
    "A119",
    edited("solution", twice("double-code")), edited("check", twice("double")), edited("all", twice(*EXERCISES)),
    edited("question", twice("explain_arena")), edited("a hundred", twice(*["mirror-code"] * 100)),
    quick=True,
)  # fmt: skip
entry("A121", edited("99", each("", lambda c: c["metadata"].get("nbgrader", {}).update(schema_version=99))),
      edited("text", each("", lambda c: c["metadata"].get("nbgrader", {}).update(schema_version="x"))),
      edited("none", each("", lambda c: c["metadata"].get("nbgrader", {}).pop("schema_version", 0))))  # fmt: skip


def without(kept: Callable[[dict[str, Any]], bool]) -> Callable[[Notebook], None]:
    return lambda made: made.update(cells=[c for c in made["cells"] if kept(c)])


def is_test(one: dict[str, Any]) -> bool:
    return bool(one["source"].startswith("check("))


entry("A122", edited("one", without(lambda c: c["id"] != "double")), edited("all", without(lambda c: not is_test(c))),
      edited("wrong", without(lambda c: not is_test(c)), right=False),
      edited("solutions, too", without(lambda c: not c["id"].endswith("-code")), right=False,
      verdicts=all_are("missing")))  # fmt: skip
entry(
    "A123",
    elsewhere=("tests/attacks/test_workflow.py::test_a_worse_submission_lowers_the_mark_whatever_it_leaves_out",),
)
entry(
    "A124",
    edited("backwards", lambda made: made["cells"].reverse()),
    edited("tests first", lambda made: made["cells"].sort(key=lambda c: not is_test(c))),
    edited("solutions after all", lambda made: made["cells"].sort(key=lambda c: c["id"].endswith("-code")), right=False),
    edited("patch between", lambda made: made["cells"].insert(
        position(made, "double"), cell("check = lambda *a: 2.0\nprint('2.0')\n2.0")), right=False),
)  # fmt: skip
entry(
    "A125",
    edited("checks as text", each("check", lambda c: c.update(cell_type="markdown"))),
    edited("checks raw", each("check", lambda c: c.update(cell_type="raw"))),
    edited("solution as text", lambda made: made["cells"][position(made, "double-code")].update(cell_type="markdown"),
           answers={"double": RIGHT["double"]}, verdicts={"double": "missing"}),
    edited("odd kinds", each("check", lambda c: c.update(cell_type=["code"]))),
)  # fmt: skip
entry(
    "A127",
    edited("no ids", each("", lambda c: c.pop("id"))),
    edited("one id", each("", lambda c: c.update(id="same"))),
    edited("ids of others", each("", lambda c: c.update(id="double-code"))),
    edited("numbers", each("", lambda c: c.update(id=7))),
    edited("minor 99", lambda made: made.update(nbformat_minor=99)),
    edited("minor text", lambda made: made.update(nbformat_minor="x")),
)  # fmt: skip
entry(
    "A128",
    edited("text", each("", lambda c: c["metadata"].update(nbgrader="x"))),
    edited("list", each("", lambda c: c["metadata"].update(nbgrader=[1]))),
    edited("no metadata", each("", lambda c: c.update(metadata=None))),
    edited("nothing to go by", each("", lambda c: c.update(metadata="x", id="y")), answers=dict(RIGHT), right=False,
           verdicts=all_are("malformed")),
)  # fmt: skip


def kernel(name: str) -> Callable[[Notebook], None]:
    spec = {"kernelspec": {"name": name, "display_name": name, "language": name}, "language_info": {"name": name}}
    return lambda made: made.update(metadata=spec)


entry("A130", *(edited(name, kernel(name)) for name in ("bash", "../../../evil", "python3; touch /tmp/x")),
      edited("no object", lambda made: made.update(metadata=[])))  # fmt: skip

# ------------------------------------------------------------------ bytes

BEGIN, END = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {"x": ', b'}, "cells": []}'
entry(
    "A131",
    raw("lists", b"[" * 200_000, "malformed"), raw("objects", b'{"a":' * 200_000, "malformed"),
    raw("deep metadata", BEGIN + b"[" * 50_000 + b"]" * 50_000 + END, "malformed"),
    raw("a million keys", BEGIN + b"{" + b",".join(b'"%d":0' % i for i in range(10**6)) + b"}" + END, "malformed"),
    raw("ten million brackets", b"[" + b"[]," * 5 * 10**6 + b"0]", "malformed"),
    raw("10 MB number", BEGIN + b"9" * 10**7 + END, "malformed"),
    edited("1e999999", lambda made: json.dumps(made).replace('"metadata": {}', '"metadata": {"x": 1e999999}').encode()),
    edited("10 MB fraction", lambda made: json.dumps(made).replace(
        '"nbformat_minor": 5', '"nbformat_minor": 0.' + "1" * 10**7).encode()),
    quick=True,
)  # fmt: skip


entry("A133", handin("in a comment", double=RIGHT["double"] + "  # \ud800 \udfff", right=True, verdicts={"double": "pass"}),
      handin("in a text", mirror=f"odd = '\udcff'\n{RIGHT['mirror']}", right=True, verdicts={"mirror": "pass"}))  # fmt: skip


def noted(run: Any) -> list[str]:
    """The instructor is told: the journal has a note on each of these submissions."""
    lines = (run.course / ".autograder" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    told = {
        r["student"] for r in map(json.loads, lines) if any(note.startswith("Cell ") for note in r.get("notes", ()))
    }
    return [
        f"marks: nobody was told of what is hidden in {s}"
        for s, h in run.handins.items()
        if h in HIDING and s not in told
    ]


HIDING = (
    handin("null", double="def double(x):\n    return x + x  # \0", right=True, verdicts={"double": "pass"}),
    handin("bidi", double="def double(x):\n    ok = '\u202e } \u2066if ok\u2069 \u2066 begin'\n    return x + x", right=True,
           verdicts={"double": "pass"}),
    handin("zero width", double="def double(x):\n    return x + x  # \u200b\u200d\u2060", right=True,
    verdicts={"double": "pass"}),
    handin("homoglyphs", double="def dоuble(x):\n    return x + x\ndouble = dоuble", right=True, verdicts={"double": "pass"}),
    handin("another name", double="def dоuble(x):\n    return x + x", right=True, verdicts={"double": "missing"}),
)  # fmt: skip
entry("A134", *HIDING, after=noted)


def with_output(text: str) -> Callable[[Notebook], None]:
    made = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": text}}
    return each("check", lambda c: c.update(outputs=[made]))


entry(
    "A136",
    edited("2 MB images", with_output("iVBOR" * 400_000)),
    edited("attachments", lambda made: made["cells"][0].update(attachments={"a.png": {"image/png": "A" * 10**7}})),
    edited("30 MB", lambda made: made["cells"][0].update(source="x" * 30 * 10**6), answers=dict(RIGHT), right=False,
           verdicts=all_are("malformed")),
)  # fmt: skip
entry(
    "A137",
    edited("full marks", with_output("2.0"), right=False),
    edited("html", each("check", lambda c: c.update(outputs=[{"output_type": "display_data", "metadata": {}, "data": {
        "text/html": "<b>PROOF-forged</b> 2 of 2 points", "text/plain": "2.0"}}])), right=False),
    edited("untouched", with_output("2.0"), answers=STUBS, verdicts=all_are("missing")),
    after=lambda run: [f"proof: a forged output in {path}" for path in (run.course / "feedback").rglob("*.html")
                       if "PROOF-forged" in path.read_text(encoding="utf-8")],
)  # fmt: skip
entry(
    "A139",
    edited("in the cell", lambda made: made["cells"][position(made, "imports")].update(
        source="import fake as np\ndef check(*a): return 2.0"), right=True),
    handin("before it", top="import types\nnp = types.SimpleNamespace(allclose=lambda *a: True)\ncheck = lambda *a: 2.0"),
)  # fmt: skip


def old(version: int) -> Callable[[Notebook], bytes]:
    """The notebook in the formats of 2012."""

    def carry_out(made: Notebook) -> bytes:
        cells = [
            {**c, "input": c["source"], "language": "python"} if c["cell_type"] == "code" else c for c in made["cells"]
        ]
        return json.dumps({"nbformat": version, "nbformat_minor": 0, "metadata": {"name": ""},
                           "worksheets": [{"cells": cells, "metadata": {}}]}).encode()  # fmt: skip

    return carry_out


entry(
    "A140",
    edited("format 3", old(3)), edited("format 2", old(2)),
    raw("format 3, empty", b'{"nbformat": 3, "worksheets": 7}', "malformed"),
    raw("format 5", b'{"nbformat": 5, "cells": []}', "malformed"),
    raw("a program", b"import numpy as np\n\ndef double(x):\n    return 2 * x\n", "malformed"),
)  # fmt: skip
