"""What must hold after every grading run, whatever was handed in."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from arena import EXERCISES, NAME
from attacked_course import Run

__all__ = ["KINDS", "honest_marks", "violations"]

KINDS = (
    "attack",
    "judge",
    "marks",
    "time",
    "files",
    "stray",
    "process",
    "canary",
    "network",
    "proof",
    "marker",
    "script",
    "book",
)
SAME = ("verdict", "score", "max_score", "message", "misconception", "seed", "submission_sha256", "checks_sha256")


def violations(run: Run, expected: Mapping[str, Any] | None = None, seconds: float | None = None) -> list[str]:
    """Everything that does not hold, as "kind: what"; the kinds are `KINDS`.

    Args:
        expected: `honest_marks` of a run without attacks.
        seconds: what the whole run may take.
    """
    found = [*judge(run), *marks(run), *files(run), *leaks(run), *book(run)]
    if expected is not None:
        for name, own in honest_marks(run).items():
            found += [f"marks: an honest result differs: {name} {e}: {own.get(e)} instead of {expected[name][e]}"
                      for e in EXERCISES if not alike(own.get(e, ()), expected[name][e])]  # fmt: skip
    if seconds is not None and run.seconds > seconds:
        found.append(f"time: {run.seconds:.1f} s of {seconds:.0f}")
    return found


def honest_marks(run: Run) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Name of the honest submission -> exercise -> all of the result that must always be the same."""
    return {
        h.name: {e: tuple(r[key] for key in SAME) for e, r in run.results.get(student, {}).items()}
        for student, h in run.handins.items() if h.name.startswith("honest")
    }  # fmt: skip


def alike(own: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """The same in all of `SAME`; where somebody edits the grader between two runs, which changes all seeds, in the marks."""
    if own and own[-1] != expected[-1]:
        return own[:3] == expected[:3]
    return own == expected


def judge(run: Run) -> Iterator[str]:
    if run.code != 0:
        yield f"judge: exit code {run.code}\n{run.output[-1500:]}"
    for sign in ("fault while judging", "grader-fault", "quarantined", "Exception ignored", "the judge of"):
        if sign in run.output:
            at = run.output.index(sign)
            yield f"judge: {run.output[max(at - 300, 0) : at + 1200]}"
    for student in run.handins:
        missing = set(EXERCISES) - set(run.results.get(student, {}))
        if missing:
            yield f"judge: no verdict for {student} on {sorted(missing)}"


def marks(run: Run) -> Iterator[str]:
    for student, one in run.handins.items():
        if one.name.startswith("honest"):
            continue
        for exercise, result in run.results.get(student, {}).items():
            verdicts, score = one.permits(exercise)
            if "the attack did not run to its end" in result["message"]:
                yield f"attack: {one.name or student} did not run to its end"
                break
            if result["verdict"] not in verdicts or score not in (None, result["score"]):
                yield (f"marks: {one.name or student} {exercise}: {result['verdict']} with {result['score']} "
                       f"({result['message']}) instead of {' or '.join(verdicts)} with {score}")  # fmt: skip


def files(run: Run) -> Iterator[str]:
    for name in sorted({*run.before, *run.after}):
        if run.before.get(name) != run.after.get(name):
            what = "made" if name not in run.before else "removed" if name not in run.after else "changed"
            yield f"files: {name} was {what}"
    yield from (f"stray: {path}" for path in run.found)
    yield from (f"process: {text}" for text in run.left)
    yield from (f"network: {text}" for text in run.heard)
    yield from (f"proof: {text}" for text in run.proofs)
    if not run.canary:
        yield "canary: an innocent process was ended"


def leaks(run: Run) -> Iterator[str]:
    """Search all that a student may see: his feedback page, his results, his graded notebook."""
    secret = dict(run.markers)
    secret["EXPECTED"] = secret["HIDDEN"][::-1]
    proof = f"PROOF-{run.trap.token}"
    for student, one in run.handins.items():
        seen = {"results": json.dumps(run.results.get(student, {}))}
        for step in ("feedback", "autograded"):
            for path in (run.course / step / student).rglob("*"):
                if path.is_file():
                    seen[f"{step}/{path.name}"] = path.read_text(encoding="utf-8", errors="replace")
        for where, text in seen.items():
            for kind, marker in secret.items():
                if marker in text and not (kind == "STUDENT" and one.name == "honest-victim"):
                    yield f"marker: {kind} in {where} of {one.name or student}"
            if proof in text:
                at = text.index(proof)
                yield f"proof: {text[at : at + 160]!r} in {where} of {one.name or student}"
            if where.startswith("feedback") and "<script" in text.lower():
                yield f"script: in {where} of {one.name or student}"


def book(run: Run) -> Iterator[str]:
    """The gradebook holds the judge's marks and nothing else."""
    with contextlib.closing(sqlite3.connect(f"file:{run.course / 'gradebook.db'}?mode=ro", uri=True)) as db:
        try:
            names = dict(db.execute("select id, last_name from student").fetchall())
            rows = db.execute(
                "select s.student_id, c.name, g.auto_score, g.manual_score, g.extra_credit from grade g "
                "join base_cell c on c.id = g.cell_id join submitted_notebook n on n.id = g.notebook_id "
                "join submitted_assignment s on s.id = n.assignment_id"
            ).fetchall()
        except sqlite3.DatabaseError as error:
            yield f"book: {error}"
            return
    if names.get("victim") != run.markers["BOOK"]:
        yield "book: a student's row was changed"
    for student, name, auto, manual, extra in rows:
        result = run.results.get(student, {}).get(name)
        if (result and auto != result["score"]) or manual or extra:
            yield f"book: {student} {name} has {auto}, {manual}, {extra}; judged {result and result['score']}"
    if {student for student, *_ in rows} < set(run.handins):
        yield f"book: students without marks in {NAME}"
