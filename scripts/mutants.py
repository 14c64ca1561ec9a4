"""Mutation run over the formula modules of gradus: change the code in one place, and see whether a test notices.

    python scripts/mutants.py [MODULE ...] [--jobs 2] [--own] [--fresh]

mutmut makes the mutants and runs, for each, the tests that reach the changed function: those of tests/gradus that name
the module, and the catalogue. Everything happens in copies under _build/mutants; a second run tries only what changed.
At the end: a table of killed and surviving mutants by module, and every survivor as a difference in a file beside the
copies.

Texts of error messages are not mutated: that the right argument is named is tested, not how the sentence goes on.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "solutions" / "gradus"
TESTS = ROOT / "tests" / "gradus"
WORK = ROOT / "_build" / "mutants"

# The modules whose functions are formulas on arrays.
FORMULAS = (
    "activations",
    "rectified_activations",
    "smooth_activations",
    "gelu",
    "activations_with_parameters",
    "moments",
    "initializers",
    "network",
    "preprocessing",
    "normalization",
    "layer_normalization",
    "clipping",
    "convolution",
    "pooling",
    "windows",
    "recurrence",
    "gradient_steps",
    "adaptive_steps",
    "adam_steps",
    "schedules",
    "problems",
    "regularizers",
    "early_stopping",
    "dropout",
    "dropout_ensemble",
    "quantization",
    "calibration",
    "diagnostics",
    "gradient_diagnostics",
    "search",
    "search_trials",
    "tasks",
)

# What pytest does beside running tests costs more than the tests do.
WITHOUT = ("cacheprovider", "unraisableexception", "threadexception", "logging")

CONFIG = """\
[tool.mutmut]
source_paths = ["src/"]
only_mutate = {only}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-m", "not slow", "-k", {which}]
do_not_mutate_patterns = ['\\bfail(_type)?\\(', '^\\s*f?"[^"]*"[,)\\]]*$', '^__all__', '^\\s*from ', '^\\s*raise ']
use_git_change_detection = false
timeout_constant = 5.0
timeout_multiplier = 10.0

[tool.pytest.ini_options]
addopts = "-q --tb=native --import-mode=importlib {without}"
markers = ["slow: minutes long"]
filterwarnings = ["error", "ignore::DeprecationWarning"]
"""

# Names of mutated functions are mangled, and mutmut calls them through functions of its own. The messages that the
# tests read name the caller, so the copy takes both away again. The collector of garbage shall leave alone what a mutant's
# process shares with its parent: to look through it is to copy it, PyTorch and all.
CONFTEST = """

import gc as _gc
import re as _re

import _pytest.python as _python
import gradus.arguments as _arguments

os.register_at_fork(after_in_child=_gc.freeze)

_callers = _arguments._callers


def _callers_without_mutmut():
    for module, name in _callers():
        if module.startswith("gradus"):
            name = name.partition("__mutmut_")[0] if "__mutmut_" in name else name
            method = name.partition("x\\u01c1")[2]  # Class.x|Class|method
            name = method.replace("\\u01c1", ".") if method else name.removeprefix("x_")
            yield module, name
        elif not module.startswith("mutmut") and name != "_callers_without_mutmut":
            yield module, name


_arguments._callers = _callers_without_mutmut

# pytest does not find a test again by a name with backslashes in it, and ends with an error that mutmut takes for a
# killed mutant. So names are made plain, and a test that is not found counts as none.
_escaped = _python._ascii_escaped_by_config
_python._ascii_escaped_by_config = lambda text, config: _re.sub(r"[^ \\w.,:=+-]", "_", _escaped(text, config))


def pytest_sessionfinish(exitstatus):
    if exitstatus == 4 and os.environ.get("MUTANT_UNDER_TEST"):
        os._exit(33)
"""

# Every mutant collects its tests anew. The entries of one module are collected at once, those of all in seconds.
CATALOGUE = """

_all_entries = all_entries


def all_entries():
    return (entry for entry in _all_entries() if entry.name.startswith("{module}."))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="modules of gradus; all formula modules if none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="mutants tried at the same time")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--own", action="store_true", help="run test_MODULE.py only, not all files that import MODULE")
    options = parser.parse_args()
    modules = options.modules or list(FORMULAS)
    if unknown := [m for m in modules if not (PACKAGE / f"{m}.py").is_file()]:
        parser.error(f"no module of gradus: {', '.join(unknown)}")
    for i, module in enumerate(modules, start=1):
        print(f"\n{module} ({i} of {len(modules)})")
        if options.fresh:
            shutil.rmtree(WORK / module, ignore_errors=True)
        lay_out(module, options.own)
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
        run = [sys.executable, "-m", "mutmut", "run", "--max-children", str(options.jobs)]
        ended = subprocess.run(run, cwd=WORK / module, env=environment, stdout=subprocess.PIPE, text=True)
        if ended.returncode:
            print(ended.stdout[-4000:])
            return ended.returncode
    return report(modules)


def lay_out(module: str, own: bool) -> None:
    """The copy: src/gradus, the tests as they are, and a configuration of its own."""
    folder = WORK / module
    ignore = shutil.ignore_patterns("__pycache__")
    for source, target in [(PACKAGE, "src/gradus"), (TESTS, "tests")]:
        shutil.rmtree(folder / target, ignore_errors=True)
        shutil.copytree(source, folder / target, ignore=ignore)
    for file, more in [("conftest.py", CONFTEST), ("catalogue/__init__.py", CATALOGUE.format(module=module))]:
        with (folder / "tests" / file).open("a", encoding="utf-8") as copied:
            copied.write(more)
    tests = tests_of(module, own)
    text = CONFIG.format(
        only=json.dumps([f"src/gradus/{module}.py"]),
        tests=json.dumps([f"tests/{name}" for name in [*tests, "test_catalogue.py"]]),
        without=" ".join(f"-p no:{plugin}" for plugin in WITHOUT),
        which=json.dumps(" or ".join([*(name.removesuffix(".py") for name in tests), f"{module}."])),
    )
    made_with, settings = folder / "made_with.txt", text + CONFTEST + CATALOGUE
    if not made_with.is_file() or made_with.read_text(encoding="utf-8") != settings:
        shutil.rmtree(folder / "mutants", ignore_errors=True)
    made_with.write_text(settings, encoding="utf-8")
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    if (meta := results_of(module)).is_file():  # who survived the last time may meet other tests now
        results = json.loads(meta.read_text(encoding="utf-8"))
        codes = results["exit_code_by_key"]
        codes.update({name: None for name, code in codes.items() if outcome(code) != "killed"})
        meta.write_text(json.dumps(results), encoding="utf-8")


def results_of(module: str) -> Path:
    """Where mutmut writes down what became of each mutant."""
    return WORK / module / "mutants" / "src" / "gradus" / f"{module}.py.meta"


def tests_of(module: str, own: bool = False) -> list[str]:
    """The test files that import the module, or names of it through a module that passes them on.

    With own only the file of its name, where there is one.
    """
    if own and (TESTS / f"test_{module}.py").is_file():
        return [f"test_{module}.py"]
    source = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
    names = set(re.findall(r"^(?:def|class) ([A-Za-z]\w*)", source, re.M))
    through = {f.stem for f in PACKAGE.glob("*.py") if f"from .{module} import" in f.read_text(encoding="utf-8")}
    found = []
    for file in sorted(TESTS.glob("test_*.py")):
        statements = list(imports(file))
        if any(origin == "training" or "plotting" in imported for origin, imported in statements):
            continue  # it trains or draws: too slow to be run for every mutant
        for origin, imported in statements:
            if origin == module or (origin in through and names & imported) or (not origin and module in imported):
                found.append(file.name)
                break
    return found


def imports(file: Path) -> Iterator[tuple[str, set[str]]]:
    """Module of gradus ("" for the package) → names imported from it, for each such statement in a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gradus":
            yield (node.module or "").removeprefix("gradus").removeprefix("."), {alias.name for alias in node.names}


def report(modules: list[str]) -> int:
    """Print the table and write the survivors; 1 if fewer than 95 % are killed."""
    total: Counter[str] = Counter()
    n_survivors = 0
    survivors = WORK / (f"survivors_{modules[0]}.diff" if len(modules) == 1 else "survivors.diff")
    print(f"\n{'module':32} {'mutants':>8} {'killed':>8} {'survived':>9} {'untested':>9} {'killed':>8}")
    with survivors.open("w", encoding="utf-8") as file:
        for module in modules:
            codes = json.loads(results_of(module).read_text(encoding="utf-8"))["exit_code_by_key"]
            counted = Counter(outcome(code) for code in codes.values())
            line(module, counted)
            total += counted
            for name in (name for name, code in codes.items() if outcome(code) != "killed"):
                n_survivors += 1
                show = [sys.executable, "-m", "mutmut", "show", name]
                shown = subprocess.run(show, cwd=WORK / module, capture_output=True, text=True)
                file.write(f"{shown.stdout}\n")
    if len(modules) > 1:
        line("all", total)
    print(f"\n{n_survivors} survivors: {survivors.relative_to(ROOT)}")
    return 0 if total["killed"] >= 0.95 * sum(total.values()) else 1


def outcome(code: int | None) -> str:
    """Exit code of pytest → what became of the mutant. A run that never ends, or dies, has noticed it; 33: no test ran."""
    if code == 0:
        return "survived"
    return "untested" if code in (None, 5, 33, 34) else "killed"


def line(name: str, counted: Counter[str]) -> None:
    n = sum(counted.values())
    share = f"{counted['killed'] / n:8.1%}" if n else f"{'–':>8}"
    print(f"{name:32} {n:8} {counted['killed']:8} {counted['survived']:9} {counted['untested']:9} {share}")


if __name__ == "__main__":
    sys.exit(main())
