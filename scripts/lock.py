"""Resolve the direct dependencies of pyproject.toml in a fresh environment and pin everything in requirements.txt.

PyTorch is left out: it is large, and only a live oracle (`make test` installs it with CI=true).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = """\
# Everything that `make` installs, pinned. Made by `make lock` from the ranges in pyproject.toml; do not edit.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", f"{ROOT}[course,book,test,cluster,postgres]"], check=True
        )
        frozen = subprocess.run(
            [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
        ).stdout
    ours = ("pip==", "setuptools==", "training-deep-networks==")
    pins = [line for line in frozen.splitlines() if line and not line.lower().startswith(ours)]
    target = ROOT / "requirements.txt"
    fresh = target.with_suffix(".new")
    fresh.write_text(HEADER + "\n".join(sorted(pins, key=str.lower)) + "\n", encoding="utf-8")
    fresh.replace(target)
    print(f"{target.name}: {len(pins)} packages")


if __name__ == "__main__":
    main()
