"""Build the book: fetch its web files, execute what changed (in parallel), then let jupyter-book write the pages.

    python scripts/build_book.py [--jobs 2] [--all]

A notebook is executed when its code changed, or the project modules that it imports, or the locked environment (see
assets/extensions/page_keys.py). Where nothing at all changed since the last good build, nothing is done. Any warning fails the
build, and so does a notebook that raises: it is named with its cell and its error.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "assets" / "extensions")]

import page_execution  # noqa: E402
import page_keys  # noqa: E402
import vendor  # noqa: E402

HTML = ROOT / "_build" / "html"
CACHE = ROOT / "_build" / ".jupyter_cache"
STAMP = ROOT / "_build" / "book.stamp"


def notebooks_of_the_book(root: Path = ROOT) -> dict[str, Path]:
    """Document name → file, for the notebooks that `_toc.yml` names, in its order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    documents = [toc["root"]]

    def collect(node: object) -> None:
        if isinstance(node, dict):
            documents.extend([node["file"]] if "file" in node else [])
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                collect(child)

    collect(toc)
    files = {document: root / f"{document}.ipynb" for document in documents}
    return {document: path for document, path in files.items() if path.is_file()}


def fingerprint(root: Path = ROOT) -> str:
    """Hash of everything that the built book depends on."""
    files = [root / name for name in ("_config.yml", "_toc.yml", str(page_keys.LOCK), "scripts/build_book.py")]
    for folder in ("book", "assets", *map(str, page_keys.PACKAGES.values())):
        files += (root / folder).rglob("*")
    ignored = {"__pycache__", ".ipynb_checkpoints", "vendor"}
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        name = path.relative_to(root)
        if path.is_file() and not ignored & set(name.parts):
            digest.update(f"\n{name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    for package in vendor.PACKAGES:
        digest.update(package.stamp.encode())
    return digest.hexdigest()


def write_pages(everything: bool) -> int:
    """Run jupyter-book, strictly; only its warnings are shown. Returns its exit code."""
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command = [*jupyter_book, "build", "--quiet", "-n", "-W", "--keep-going", str(ROOT)]
    return subprocess.run(command + ["--all"] * everything, cwd=ROOT, stdout=subprocess.DEVNULL).returncode


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="notebooks executed at the same time (default 2)")
    parser.add_argument("--all", action="store_true", help="write every page anew; valid outputs are kept")
    options = parser.parse_args(arguments)
    started = time.perf_counter()

    for package in vendor.PACKAGES:
        if not vendor.is_present(package):
            print(f"book: fetching {package.name} {package.version}", flush=True)
            vendor.install(package)
    state = fingerprint()
    good = STAMP.read_text(encoding="utf-8") if STAMP.is_file() else ""
    index = HTML / "index.html"
    if state == good and index.is_file() and not options.all:
        print(f"book: nothing changed, {index.relative_to(ROOT)} is up to date")
        return 0

    failed = page_execution.execute_pending(ROOT, CACHE, notebooks_of_the_book(), jobs=options.jobs)
    if failed:
        print("\n" + page_execution.failure_report(failed), file=sys.stderr)
        return 1
    # After a build that failed, Sphinx would not repeat the warnings of pages that it has already read.
    STAMP.unlink(missing_ok=True)
    code = write_pages(everything=options.all or not good)
    if code != 0:
        print("book: the build failed, see the warnings above", file=sys.stderr)
        return 1
    STAMP.write_text(state, encoding="utf-8")
    print(f"book: {index.relative_to(ROOT)} written in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
