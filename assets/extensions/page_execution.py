"""Execute the book's notebooks, several at a time, and keep their outputs in the cache from which the pages are made.

A notebook is executed when its outputs are not in the cache, or were made with other sources than those it would see now
(see page_keys). The cache is jupyter-cache's; myst-nb finds the outputs there.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import page_keys

CELL_SECONDS = 120


@dataclass
class Execution:
    """How the execution of one notebook ended. `problem` is None where it went well."""

    document: str
    seconds: float
    notebook: object
    problem: str | None


def prepare_kernels() -> None:
    """What every kernel started from here inherits, whatever the caller's environment says.

    One thread for linear algebra: small matrices run faster on one, and alike on every machine. Figures go into the
    notebook. Where matplotlib finds no font cache it says so on stderr, which would stop the build: it is made here.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    os.environ.pop("PYTHONWARNINGS", None)
    import matplotlib.font_manager  # noqa: F401


def describe_failure(notebook: object, error: Exception) -> str:
    """Which cell failed and with what, for a person: the cell's number and id, the error, its trace without colours."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
                return f"cell {number} (id {cell.get('id', '?')}): {output.ename}: {output.evalue}\n\n{trace}"
    return f"{type(error).__name__}: {error}"


def describe_stderr(notebook: object) -> str | None:
    """Which cell wrote to stderr, and what; None where none did. A warning is a fault of the page: the reader would see it."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" and "remove-stderr" not in cell.metadata.get("tags", []):
                return f"cell {number} (id {cell.get('id', '?')}), which wrote to stderr:\n\n{output.text}"
    return None


def execute(document: str, path: Path) -> Execution:
    """Run one notebook from top to bottom, in a kernel of its own and a temporary folder."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    started, problem = time.perf_counter(), None
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            resources={"metadata": {"path": folder}},
            timeout=CELL_SECONDS,
            # On a busy machine a kernel's messages may be late; without this, outputs would be lost in silence.
            iopub_timeout=60,
            raise_on_iopub_timeout=True,
            extra_arguments=["--IPKernelApp.log_level=40"],
            record_timing=False,
        )
        try:
            client.execute()
            problem = describe_stderr(notebook)
        except Exception as error:
            problem = describe_failure(notebook, error)
    return Execution(document, time.perf_counter() - started, notebook, problem)


def pending_notebooks(cache_folder: Path, notebooks: dict[str, Path], keys: dict[str, str]) -> dict[str, Path]:
    """The notebooks to execute. Outputs that were made with other sources are removed from the cache."""
    import nbformat
    from jupyter_cache import get_cache

    cache = get_cache(str(cache_folder))
    executed = page_keys.read_keys(cache_folder)
    pending = {}
    for document, path in notebooks.items():
        try:
            record = cache.match_cache_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            pending[document] = path
            continue
        if executed.get(document) != keys[document]:
            cache.remove_cache(record.pk)
            pending[document] = path
    return pending


def execute_pending(
    root: Path,
    cache_folder: Path,
    notebooks: dict[str, Path],
    *,
    jobs: int = 2,
    say: Callable[[str], None] = lambda line: print(line, flush=True),
) -> list[Execution]:
    """Execute what is pending among `notebooks` (document → file), `jobs` at a time.

    Args:
        root: the project's folder.
        cache_folder: jupyter-cache's folder; made where it is not there.
        notebooks: document name → file.
        jobs: kernels that run at the same time.
        say: gets one line for each notebook that was executed.

    Returns:
        The executions that failed; [] where all went well.
    """
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    keys = page_keys.page_keys(root, notebooks)
    pending = pending_notebooks(cache_folder, notebooks, keys)
    say(f"book: {len(pending)} notebooks to execute, {len(notebooks) - len(pending)} unchanged")
    if not pending:
        return []
    prepare_kernels()
    failed = []
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        running = [pool.submit(execute, document, path) for document, path in pending.items()]
        for done, future in enumerate(as_completed(running), start=1):
            result = future.result()
            outcome = "FAILED" if result.problem else "ok"
            say(f"book: [{done}/{len(pending)}] {result.document}  {result.seconds:.1f} s  {outcome}")
            if result.problem:
                failed.append(result)
                continue
            bundle = CacheBundleIn(
                result.notebook, str(notebooks[result.document]), data={"execution_seconds": result.seconds}
            )
            get_cache(str(cache_folder)).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            page_keys.record_key(cache_folder, result.document, keys[result.document])
    return failed


def failure_report(failed: list[Execution]) -> str:
    """What to tell a person about executions that failed."""
    return "\n".join(f"book: {result.document}.ipynb failed in {result.problem}\n" for result in failed)
