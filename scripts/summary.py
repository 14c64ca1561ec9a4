"""The last lines of `make`: where everything lies, and what to run next."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> None:
    book = ROOT / "_build" / "html" / "index.html"
    released = sorted(p.parent.name for p in (ROOT / "release").glob("*/*.ipynb"))
    print(f"""
The book         {book.relative_to(ROOT)}  (opens from disk, without a network)
The assignments  {", ".join(f"release/{name}" for name in released)}
The marks        gradebook.db; one line a verdict in .course/results.jsonl
The feedback     feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html

Next
  make serve                     read the book in the browser
  make lab                       work an assignment in JupyterLab
  .venv/bin/autograder --help    release, grade and give feedback yourself
  make test                      prove all of it
  make help                      everything else""")


if __name__ == "__main__":
    main()
