"""Lay out a new chapter: a notebook with the frame that every chapter has, entered into _toc.yml.

    python scripts/new_chapter.py PART NAME

Nothing that exists is overwritten.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import nbformat

PARTS = {  # folder in book/ -> caption of the part
    "start": "Start",
    "signals": "I. Signals in deep networks",
    "reuse": "II. Reusing what was learned",
    "optimization": "III. Moving faster",
    "generalization": "IV. Generalizing",
    "experiments": "V. Running experiments",
    "autodiff": "VI. Automatic differentiation",
    "capstone": "Capstone",
}

OPENING = """({label})=
# {title}

Open with something that the reader can see go wrong, and show it in the next cell.

:::{{admonition}} What you will be able to do
:class: objectives

- a thing to compute;
- a thing to predict.
:::

:::{{admonition}} What you need first
:class: prerequisites

{{doc}}`/book/start/a_network_by_hand`.
:::

:::{{admonition}} Time
:class: minutes

Reading: 20 minutes. Running: 20 seconds. Exercises: 30 minutes.
:::"""

SECTIONS = {
    "idea": "## The idea\n\nOne new thought a paragraph.",
    "formula": """## The formula

```{{math}}
:label: eq-{label}
y = x
```

Say every symbol in words, and where the formula comes from.""",
    "reference": "## The reference in use",
    "trial": """## The claim on trial

Enter the statement into `book/claims/`; here stand its box (a `claim` directive with its id and the test in words), the
experiment, whose last line is `claim("ID", holds=..., measured=...)` of `gradus.trial`, and the verdict's box.""",
    "exercises": """## Exercises

:::{{exercise}} A first one
:label: ex-{label}-first

What is asked?
:::

:::{{solution}} ex-{label}-first
:label: sol-{label}-first
:class: dropdown

The answer.
:::""",
    "remember": """:::{{admonition}} What to remember
:class: remember

What stays when the rest is forgotten.
:::""",
    "reading": "## Further reading",
    "assignment": """:::{{admonition}} The assignment that goes with it
:class: assignment

`{name}`: `make lab`, then open `{name}/{name}.ipynb`.
:::""",
}

CODE = {
    "reference": "import gradus\nimport numpy as np\n\nrng = np.random.default_rng(0)",
    "trial": "from gradus.trial import claim, number\n\nmeasured = [rng.normal() for seed in range(5)]",
}


def notebook(name: str) -> nbformat.NotebookNode:
    """The chapter's frame."""
    fields = {"name": name, "label": name.replace("_", "-"), "title": name.replace("_", " ").capitalize()}
    cells = [nbformat.v4.new_markdown_cell(OPENING.format(**fields), id="opening")]
    for id, text in SECTIONS.items():
        cells.append(nbformat.v4.new_markdown_cell(text.format(**fields), id=id))
        if id in CODE:
            cells.append(nbformat.v4.new_code_cell(CODE[id], id=f"{id}-code"))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def enter(toc: Path, part: str, name: str) -> None:
    """Enter the chapter after the last page of its part; the rest of the file stays as it is, comments included."""
    lines = toc.read_text(encoding="utf-8").splitlines()
    places = [i for i, line in enumerate(lines) if re.search(rf"\bfile: book/{part}/", line)]
    if places:
        indent = lines[places[-1]].split("-")[0]
        lines.insert(places[-1] + 1, f"{indent}- file: book/{part}/{name}")
    else:
        back = next(i for i, line in enumerate(lines) if "caption: Back" in line)
        lines[back:back] = [
            f"  - caption: {PARTS[part]}", "    numbered: 2", "    chapters:", f"      - file: book/{part}/{name}"
        ]  # fmt: skip
    toc.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Lay out a new chapter.")
    parser.add_argument("part", choices=PARTS, help="the folder in book/")
    parser.add_argument("name", help="the title in lower case with underscores: gradient_clipping")
    given = parser.parse_args(argv)
    if not re.fullmatch("[a-z][a-z0-9_]*", given.name):
        parser.error(f"name must be lower_case letters, digits and underscores, got {given.name!r}")
    toc, path = Path("_toc.yml"), Path("book") / given.part / f"{given.name}.ipynb"
    if not toc.exists():
        parser.error("run it in the project's root folder")
    if path.exists():
        parser.error(f"{path} exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(given.name), path)
    enter(toc, given.part, given.name)
    print(f"Laid out {path} and entered it into {toc}. Fill it in, then: make book")
    return 0


if __name__ == "__main__":
    sys.exit(main())
