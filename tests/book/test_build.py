"""The book builds, strictly, and says plainly what is wrong where it does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_book import SmallBook

pytestmark = [pytest.mark.book, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]


def test_the_built_book_opens_at_its_index(built_book):
    assert "book/index.html" in (built_book / "index.html").read_text(encoding="utf-8")
    assert "Training Deep Networks from Scratch" in (built_book / "book" / "index.html").read_text(encoding="utf-8")


def test_a_plain_build_gives_no_warning(built_book, tmp_path):
    """From nothing but the execution cache; jupyter-book alone, as a reader of its manual would call it."""
    shutil.copytree(ROOT / "_build" / ".jupyter_cache", tmp_path / "_build" / ".jupyter_cache")
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        "-n",
        "-W",
        "--keep-going",
    ]
    result = subprocess.run(
        [*command, "--path-output", str(tmp_path), "."], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    output = result.stdout + result.stderr
    assert "WARNING" not in output
    assert result.returncode == 0, output[-3000:]
    assert "0 notebooks to execute" in output
    assert (tmp_path / "_build" / "html" / "index.html").is_file()


def test_the_built_book_carries_what_a_reader_needs_and_nothing_else(built_book):
    static = built_book / "_static"
    assert (static / "vendor" / "mathjax" / "tex-mml-chtml.js").is_file()
    assert not list(static.rglob("*.py"))
    assert not list(static.rglob("axe*"))


def test_no_page_names_an_outside_script_or_stylesheet(built_book):
    for page in built_book.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for sign in ('src="http', 'src="//', 'rel="stylesheet" href="http', "unpkg.com", "jsdelivr", "googleapis"):
            assert sign not in text, f"{page.name} holds {sign}"


def test_a_notebook_that_raises_fails_the_build_and_is_named_with_its_cell_and_its_error(tmp_path):
    book = SmallBook(tmp_path)
    book.notebook("two", "print('fine')", "apples = {}\napples['green']")
    result = book.build()
    assert result.returncode == 1
    assert "book/two.ipynb failed in cell 3 (id cell-3): KeyError: 'green'" in result.stderr
    assert not (tmp_path / "_build" / "html" / "index.html").exists()

    plain = book.build(plain=True)
    assert plain.returncode != 0
    assert "KeyError: 'green'" in plain.stdout + plain.stderr

    book.notebook("two", "print('fine')", "print('mended')")
    mended = book.build()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "1 notebooks to execute, 1 unchanged" in mended.stdout


def test_a_warning_of_numpy_fails_the_build(tmp_path):
    book = SmallBook(tmp_path)
    book.notebook("two", "import numpy as np\nnp.zeros(1) / np.zeros(1);")
    result = book.build()
    assert result.returncode == 1
    assert "book/two.ipynb failed in cell 2 (id cell-2), which wrote to stderr" in result.stderr
    assert "RuntimeWarning: invalid value encountered in divide" in result.stderr


def test_a_plain_build_without_the_web_files_fails_and_says_how_to_get_them(tmp_path):
    book = SmallBook(tmp_path)
    (tmp_path / "assets" / "vendor" / "mathjax" / "tex-mml-chtml.js").unlink()
    result = book.build(plain=True)
    assert result.returncode != 0
    assert "tex-mml-chtml.js is missing: run python scripts/vendor.py" in result.stdout + result.stderr


def test_a_warning_fails_the_build_every_time_until_it_is_mended(tmp_path):
    book = SmallBook(tmp_path)
    book.write("book/index.md", "# Small\n\n{doc}`nowhere`\n")
    for _ in range(2):
        result = book.build()
        assert result.returncode == 1
        assert "nowhere" in result.stderr
    book.write("book/index.md", "# Small\n\nA book.\n")
    assert book.build().returncode == 0
