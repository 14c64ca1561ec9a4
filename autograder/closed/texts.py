"""What a student's kit says in words: how to set up, check and hand in; and which packages at which versions it needs."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable

__all__ = ["readme", "requirements"]

ALWAYS = ("numpy", "jupyterlab")

README = """# {title}

Your kit for this assignment. It holds the notebook, what the notebook imports, and `check`, which tells you under each exercise
what is right, what is wrong, and often which mistake was made. It needs no network once it is set up.

## Set up, once

You need Python {python} or newer. In this folder:

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt

(on Windows: `py -m venv .venv`, then `.venv\\Scripts\\pip install -r requirements.txt`).

## Work

    .venv/bin/jupyter lab {name}.ipynb

(on Windows: `.venv\\Scripts\\jupyter lab {name}.ipynb`). Keep the notebook in this folder: what it imports lies beside it. Write
your code where the notebook says so, and leave the names of functions as they are.

## Check

Run the cell `check(…)` under an exercise. It tries the public cases: "public cases: 3 of 4" means that one of them is still
wrong, and shows the call, the expected value and yours. Hidden cases, with other inputs, wait for the grader: points are decided
there, by the same rules. A function that is right for all inputs, not only for those shown, passes them.

## Hand in

Before you do: Run > Restart Kernel and Run All Cells, then save. Hand in {hand_in} in the way your course says; leave
{its} as it is. Nothing else of this folder is asked for, and changes to it have no effect on your mark.
"""


def readme(name: str, notebook: bytes, accepts: Iterable[str] = ()) -> bytes:
    """The kit's README.

    Args:
        name: of the assignment.
        notebook: the student's version; its first heading becomes the title.
        accepts: patterns of further files that may be handed in.
    """
    lines = [line for cell in json.loads(notebook)["cells"] for line in "".join(cell["source"]).splitlines()
             if cell["cell_type"] == "markdown"]  # fmt: skip
    title = next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), name)
    also = "".join(f", `{pattern}`" for pattern in accepts)
    hand_in = f"`{name}.ipynb`{also and ' and, where you have them,' + also[1:]}"
    its = "its name" if not also else "the notebook's name"
    return README.format(title=title, name=name, python=minimal_python(), hand_in=hand_in, its=its).encode()


def minimal_python() -> str:
    """The oldest Python that this package says it runs on; this one's where it is not installed."""
    from importlib import metadata

    try:
        said = metadata.metadata("training-deep-networks").get("Requires-Python") or ""
    except metadata.PackageNotFoundError:
        said = ""
    return said.removeprefix(">=") if said.startswith(">=") else ".".join(map(str, sys.version_info[:2]))


def requirements(notebook: bytes, modules: Iterable[str]) -> bytes:
    """The packages that the notebook and the modules beside it import, at the versions installed here.

    Args:
        notebook: the student's version.
        modules: sources of the modules in the kit.
    """
    from importlib import metadata

    cells = ["".join(c["source"]) for c in json.loads(notebook)["cells"] if c["cell_type"] == "code"]
    owners = metadata.packages_distributions()
    wanted = {d for source in (*cells, *modules) for top in imported(source) for d in owners.get(top, ())[:1]}
    pins = sorted({*ALWAYS, *wanted} - {"training-deep-networks"})
    lines = [f"# Python {minimal_python()} or newer", *(f"{d}=={metadata.version(d)}" for d in pins)]
    return ("\n".join(lines) + "\n").encode()


def imported(source: str) -> set[str]:
    """Names of the packages, other than the standard library, that a source imports; none where it is no Python."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a notebook's magic lines
        return set()
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
