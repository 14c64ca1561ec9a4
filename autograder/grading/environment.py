"""The software that verdicts hang on beside the project's own code: a change of it makes old verdicts stale."""

from __future__ import annotations

import platform
from functools import cache

__all__ = ["environment"]

PACKAGES = {"numpy": "NumPy", "scipy": "SciPy", "matplotlib": "matplotlib", "scikit-learn": "scikit-learn"}


@cache
def environment() -> str:
    """What judges here: ``Python 3.11.7 · NumPy 2.4.6 · SciPy 1.17.1 · … · Linux x86_64``; packages that are absent are
    left out. The same text, the same numbers: the processor's kind counts, its speed does not.
    """
    from importlib.metadata import PackageNotFoundError, version

    parts = [f"{platform.python_implementation().replace('CPython', 'Python')} {platform.python_version()}"]
    for package, name in PACKAGES.items():
        try:
            parts.append(f"{name} {version(package)}")
        except PackageNotFoundError:
            continue
    return " · ".join([*parts, f"{platform.system()} {platform.machine()}"])
