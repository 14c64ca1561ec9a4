"""Lay out a new exercise: its declaration, its right answers, and its cells in the assignment's notebook.

    python scripts/new_exercise.py TOPIC ID [POINTS]

What is laid out runs at once and fails the rules of proof until it is filled in; nothing that exists is overwritten.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

import nbformat

DECLARATION = '''

# ---------------------------------------------------------------- {id}


def {id}_reference(x):
    """Replace this by the reference in gradus: `from gradus import MODULE as ref`, then ref.{id} below."""
    raise NotImplementedError


def {id}_mistaken(x):
    """A wrong version, as a student writes it."""
    return x


exercise(
    "{id}", {id}_reference, points={points}, minutes=20, chapter="{title}", section="The section to read",
    names=["{id}"],
    cases=[
        public("a worked example", returns(lambda rng: args(np.array([1.0, 2.0])))),
        hidden("other inputs", returns(lambda rng: args(rng.normal(size=5)))),
        manners(lambda rng: args(rng.normal(size=5))),
    ],
    mistakes=[
        mistake("its_name", """What the student sees of it, and the thought that leads out of it.""", {id}_mistaken),
    ],
)  # fmt: skip
'''
MODULE = '''"""Exercises of the assignment `{topic}`."""

from __future__ import annotations

import numpy as np

from autograder.exercise import exercise, hidden, mistake, public
from autograder.probes import args, manners, returns
'''
RIGHT = '''"""Right answers to `{topic}` that are written differently from the reference."""

from __future__ import annotations

RIGHT: dict[str, dict[str, tuple]] = {{}}
'''
ANSWER = """

def {id}_by_loop(x):
    raise NotImplementedError


def {id}_other_algebra(x):
    raise NotImplementedError


RIGHT["{id}"] = {{"loop": ({id}_by_loop,), "other algebra": ({id}_other_algebra,)}}
"""


def nbgrader(grade_id: str, *, solution: bool = False, points: int | None = None) -> dict:
    """nbgrader's metadata of a cell: read-only, to be solved, or (with points) a test."""
    data = {"grade_id": grade_id, "locked": not solution, "schema_version": 3, "solution": solution, "task": False}
    return {"nbgrader": {**data, "grade": points is not None, **({"points": points} if points is not None else {})}}


def cells(id: str, points: int) -> list:
    """The three cells of an exercise."""
    task = f"## `{id}` ({points} points, 20 minutes)\n\nWhat to write, with a worked example."
    code = f"def {id}(x):\n    ### BEGIN SOLUTION\n    raise NotImplementedError\n    ### END SOLUTION"
    made = [
        nbformat.v4.new_markdown_cell(task, metadata=nbgrader(f"{id}-task"), id=f"{id}-task"),
        nbformat.v4.new_code_cell(code, metadata=nbgrader(f"{id}-code", solution=True), id=f"{id}-code"),
        nbformat.v4.new_code_cell(f'check("{id}", {id})', metadata=nbgrader(id, points=points), id=id),
    ]
    return made


def new_notebook(topic: str) -> nbformat.NotebookNode:
    """An assignment without exercises."""
    start = f"# {title_of(topic)}\n\nWhat you will have built at the end, what you need first, minutes, points."
    imports = "import numpy as np\n\nfrom autograder import check"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(start, metadata=nbgrader("opening"), id="opening"),
            nbformat.v4.new_code_cell(imports, metadata=nbgrader("imports"), id="imports"),
        ],
        metadata={
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "autograder": {"provides": []},
        },
    )
    return notebook


def title_of(topic: str) -> str:
    return topic.replace("_", " ").capitalize()


def append(path: Path, start: str, text: str) -> None:
    """Add text to a file, which begins with `start` if it is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text(encoding="utf-8") if path.exists() else start
    path.write_text(old.rstrip("\n") + "\n" + text, encoding="utf-8")
    print(f"  {path}")


def declared_in(source: str) -> set[str]:
    """Ids of the exercises declared in a module's source."""
    calls = [
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "exercise"
    ]
    return {c.args[0].value for c in calls if c.args and isinstance(c.args[0], ast.Constant)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Lay out a new exercise.")
    parser.add_argument("topic", help="the assignment's name: gradient_clipping")
    parser.add_argument("id", help="the exercise's id, the name of the function asked for: global_norm")
    parser.add_argument("points", nargs="?", type=int, default=5)
    given = parser.parse_args(argv)
    topic, id, points = given.topic, given.id, given.points
    for what, name in (("topic", topic), ("id", id)):
        if not re.fullmatch("[a-z][a-z0-9_]*", name):
            parser.error(f"{what} must be lower_case letters, digits and underscores, got {name!r}")
    checks = Path("autograder/checks")
    if not checks.is_dir():
        parser.error("run it in the project's root folder")
    for module in checks.glob("*.py"):
        if id in declared_in(module.read_text(encoding="utf-8")):
            parser.error(f"exercise {id!r} is declared in {module} already")
    print(f"Laid out {id} ({points} points):")
    fields = {"topic": topic, "id": id, "points": points, "title": title_of(topic)}
    append(checks / f"{topic}.py", MODULE.format(**fields), DECLARATION.format(**fields))
    right = Path("tests/autograder/right_answers") / f"{topic}.py"
    append(right, RIGHT.format(**fields), ANSWER.format(**fields))
    path = Path("solutions/assignments") / topic / f"{topic}.ipynb"
    notebook = nbformat.read(path, as_version=4) if path.exists() else new_notebook(topic)
    notebook.cells += cells(id, points)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    print(f"  {path}")
    print(f"Then: .venv/bin/python -m pytest tests/autograder/test_proof.py -k {id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
