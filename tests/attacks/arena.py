"""The assignment that is attacked: its answers, right and wrong, and its notebook.

`arena_checks.py` holds its exercises. Every wrong answer tells what the attack around it has won (`kit.py`), so that a
success shows in what the student may see.
"""

from __future__ import annotations

from typing import Any

__all__ = ["EXERCISES", "HONEST", "RIGHT", "WRONG", "cell", "notebook", "position"]

NAME = "arena"
POINTS = 2.0

RIGHT = {
    "double": "def double(x):\n    return x + x",
    "noise": "def noise(shape, rng):\n    return 0.5 * rng.standard_normal(shape)",
    "Tally": "class Tally:\n    def __init__(self, start):\n        self.total = start\n"
    "    def add(self, x):\n        self.total = self.total + x\n        return self",
    "apply_twice": "def apply_twice(f, x):\n    return f(f(x))",
    "countdown": "def countdown(n):\n    for i in range(n, 0, -1):\n        yield i",
    "mirror": "def mirror(text):\n    return ''.join(reversed(text))",
    "plot_line": "import matplotlib.pyplot as plt\ndef plot_line(x, y):\n    fig, ax = plt.subplots()\n    ax.plot(x, y)\n"
    "    ax.set_xlabel('time')\n    return ax",
}
EXERCISES = tuple(RIGHT)

# Each one tells first what has been won; `told` is the kit's.
WRONG = {
    "double": "def double(x):\n    told()\n    return 0 * x",
    "noise": "def noise(shape, rng):\n    told()\n    return rng.normal(0.0, 0.0, shape)",
    "Tally": "class Tally:\n    def __init__(self, start):\n        told()\n        self.total = start\n"
    "    def add(self, x):\n        return self",
    "apply_twice": "def apply_twice(f, x):\n    told()\n    return f(x)",
    "countdown": "def countdown(n):\n    told()\n    return list(range(n))",
    "mirror": "def mirror(text):\n    told()\n    return text + '.'",
    "plot_line": "def plot_line(x, y):\n    told()\n    return None",
}

# What honest students of the class write: right, right in another way, half right, wrong, and nothing at all.
HONEST: dict[str, dict[str, str]] = {
    "right": {},
    "other": {
        "double": "import numpy as np\n\ndef double(x):\n    return np.multiply(x, 2)",
        "apply_twice": "def apply_twice(f, x):\n    y = f(x)\n    return f(y)",
        "countdown": "def countdown(n):\n    return list(range(1, n + 1))[::-1]",
    },
    "half": {
        "double": "def double(x):\n    x *= 2\n    return x",
        "Tally": "class Tally:\n    pass",
        "mirror": "def mirror(text):\n    return text",
    },
    "squares": {
        "double": "def double(x):\n    return x * x",
        "noise": "def noise(shape, rng):\n    import numpy as np\n    return np.random.normal(0, 0.5, shape)",
        "countdown": "def countdown(n):\n    return n / 0",
    },
    "empty": dict.fromkeys(RIGHT, "raise NotImplementedError  # your code here"),
}


def cell(
    source: str, kind: str = "", grade_id: str = "", points: float | None = None, code: bool = True
) -> dict[str, Any]:
    """A notebook cell; `kind` is "given", "solution", "check", "manual", or "" for a cell that nbgrader does not know."""
    made: dict[str, Any] = {"cell_type": "code" if code else "markdown", "metadata": {}, "source": source}
    if code:
        made |= {"execution_count": None, "outputs": []}
    if grade_id:
        made["id"] = grade_id
        made["metadata"]["nbgrader"] = {
            "grade_id": grade_id, "schema_version": 3, "task": False, "locked": kind in ("given", "check"),
            "grade": kind in ("check", "manual"), "solution": kind in ("solution", "manual"),
        } | ({"points": points} if points is not None else {})  # fmt: skip
    return made


def notebook(answers: dict[str, str], top: str = "", tail: str = "", words: str = "Because.") -> dict[str, Any]:
    """The assignment's notebook with these answers.

    Args:
        answers: exercise -> code; an exercise left out has lost its cell.
        top, tail: cells of the student's own, before the first and after the last exercise.
        words: the answer to the question marked by hand.
    """
    cells = [cell("# Arena", code=False),
             cell("import numpy as np\nfrom autograder import check", "given", "imports")]  # fmt: skip
    cells += [cell(top)] if top else []
    for name in EXERCISES:
        cells.append(cell(f"Write `{name}`.", code=False))
        cells += [cell(answers[name], "solution", f"{name}-code")] if name in answers else []
        cells.append(cell(f'check("{name}", {name})', "check", name, POINTS))
    cells.append(cell(words, "manual", "explain_arena", 4, code=False))
    cells += [cell(tail)] if tail else []
    for number, made in enumerate(cells):
        made.setdefault("id", f"cell-{number}")
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def position(made: dict[str, Any], grade_id: str) -> int:
    """Where the cell with a grade_id stands."""
    return next(i for i, c in enumerate(made["cells"]) if c["id"] == grade_id)
