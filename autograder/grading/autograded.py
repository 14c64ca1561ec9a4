"""The notebook that a person looks at when marking by hand: ``autograded/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb``.

It is the student's version as it was handed out, with what the student wrote put into it, and with the judge's verdicts as the
outputs of the check cells. Nothing else comes from the student: no output, no lock, no points, no tag. nbgrader's
formgrader opens it in the instructor's browser, so a student's words are made harmless first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from autograder.answer import as_html, as_text
from autograder.assignment import Assignment
from autograder.grading.jobs import Graded, Job
from autograder.grading.result import Result
from autograder.grading.student_markdown import harmless
from autograder.grading.submission import Examined, examine, read
from autograder.intake.notebook import fill

__all__ = ["compose", "grade_job", "put_verdicts"]

Notebook = dict[str, Any]


def grade_job(job: Job) -> Graded:
    """Judge a submission, unless its verdicts are known, and make the notebook that shows them."""
    examined = read(job.task) if job.known else examine(job.task, times=job.repeat, unsafe=job.unsafe)
    fresh = tuple(replace(result, versions=examined.versions) for result in examined.results)
    return written_up(job, job.known or fresh, examined)


def written_up(job: Job, results: Sequence[Result], examined: Examined) -> Graded:
    """Verdicts with the notebook that shows them."""
    notebook, untouched = compose(json.loads(job.template), examined.cells, job.task.assignment)
    put_verdicts(notebook, [*job.earlier, *results])
    return Graded(tuple(results), json.dumps(notebook), untouched, examined.versions)


def compose(
    template: Notebook, cells: Sequence[dict[str, Any]], assignment: Assignment
) -> tuple[Notebook, frozenset[str]]:
    """Put what a student wrote into the student's version.

    Args:
        template: the student's version, as plain data.
        cells: of the submitted notebook, as `read_cells` gives them; none where it is absent or cannot be read.

    Returns:
        the notebook, and the grade_ids of the cells whose text is as it was handed out.
    """
    slots = {s.grade_id: s for s in assignment.slots}
    place = fill(cells, slots, [])
    own = {grade_id: cells[position]["source"] for position, grade_id in place.items()}
    extras = extras_of(cells, place, template)
    notebook, untouched = {**template, "cells": []}, set()
    for handed_out in template["cells"]:
        cell = dict(handed_out)
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        notebook["cells"] += extras.pop(grade_id, []) if grade_id else []
        if grade_id in slots and slots[grade_id].kind in ("solution", "manual"):
            if own.get(grade_id, cell["source"]) == cell["source"]:
                untouched.add(grade_id)
            else:
                cell["source"] = own[grade_id] if cell["cell_type"] == "code" else harmless(own[grade_id])
        notebook["cells"].append(cell)
    notebook["cells"] += [cell for group in extras.values() for cell in group]
    return notebook, frozenset(untouched)


def extras_of(
    cells: Sequence[dict[str, Any]], place: dict[int, str], template: Notebook
) -> dict[str | None, list[Notebook]]:
    """The student's own cells, by the grade_id of the slot that follows them in the file; None for the last ones."""
    known = {text.strip() for cell in template["cells"] if (text := cell["source"])} | {""}
    groups: dict[str | None, list[Notebook]] = {}
    waiting: list[Notebook] = []
    for position, cell in enumerate(cells):
        if position in place:
            groups.setdefault(place[position], []).extend(waiting)
            waiting = []
        elif cell["source"].strip() not in known:
            waiting.append(extra(position, cell))
    return {**groups, None: waiting}


def extra(position: int, cell: dict[str, Any]) -> Notebook:
    made = {"cell_type": "markdown", "id": f"extra-{position + 1}", "metadata": {}, "source": harmless(cell["source"])}
    if cell.get("cell_type") == "code":
        made |= {"cell_type": "code", "source": cell["source"], "execution_count": None, "outputs": []}
    return made


def put_verdicts(notebook: Notebook, results: Iterable[Result]) -> None:
    """Write verdicts as outputs of the check cells, in the form that nbgrader reads marks from.

    A value whose text is that of a float is that many points; an error is none (nbgrader takes everything else for all the
    points). A check cell without a verdict becomes an error too.
    """
    by_exercise = {r.exercise: r for r in results}
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not meta.get("grade") or meta.get("solution"):
            continue
        result = by_exercise.get(meta["grade_id"])
        if result is None:
            cell["outputs"] = [
                error_output("grader-fault", "No verdict on this exercise.", "No verdict on this exercise.")
            ]
        elif result.score > 0:
            shown = {"text/plain": repr(float(result.score)), "text/html": as_html(result.answer)}
            cell["outputs"] = [
                {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": shown}
            ]
        else:
            cell["outputs"] = [error_output(result.verdict, result.message, as_text(result.answer))]


def error_output(name: str, message: str, text: str) -> Notebook:
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": text.splitlines()}
