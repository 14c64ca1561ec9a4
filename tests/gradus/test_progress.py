"""The progress bar: shown where somebody watches, and nowhere else. The kernels are real ones."""

import os
import subprocess
import sys
import textwrap
import types

import pytest
from gradus.progress import ProgressBar, somebody_watches


def in_a_kernel(tmp_path, how):
    """What a kernel says of itself, executed in this way: in another process, which Jupyter's threads may outlive."""
    pytest.importorskip("nbclient")
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(how))
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    process = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


CELL = "from gradus.progress import ProgressBar; bar = ProgressBar(None, 0, 2); print(bar.bar is not None); bar.__exit__(0, 0, 0)"


def test_a_notebook_with_a_person_before_it_has_a_bar_and_one_that_is_executed_has_none(tmp_path):
    program = f"""
        from jupyter_client.manager import start_new_kernel
        manager, client = start_new_kernel(kernel_name="python3")
        def look(message):
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                print(message["content"]["text"])
        for person in (True, False, True):
            client.execute_interactive({CELL!r}, allow_stdin=person, output_hook=look, timeout=60)
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    """
    assert in_a_kernel(tmp_path, program) == ["True", "False", "True"]


def test_the_program_that_executes_the_book_sees_no_bar(tmp_path):
    program = f"""
        import nbformat
        from nbclient import NotebookClient
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell({CELL!r})])
        NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
        print("".join(output["text"] for output in notebook.cells[0].outputs))
    """
    assert in_a_kernel(tmp_path, program) == ["False"]


class Stream:
    """In place of stderr."""

    def __init__(self, tty):
        self.tty = tty

    def isatty(self):
        return self.tty

    def write(self, text):
        pass

    def flush(self):
        pass


@pytest.mark.parametrize("tty", [True, False])
@pytest.mark.parametrize("progress", [None, True, False])
def test_without_a_notebook_a_terminal_decides_unless_it_is_said(progress, tty, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Stream(tty))
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with ProgressBar(progress, 0, 2) as bar:
        assert (bar.bar is not None) == (tty if progress is None else progress)


def test_nobody_watches_where_there_is_no_stderr_or_no_kernel(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    for shell in (None, object(), types.SimpleNamespace(kernel=object())):
        monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda shell=shell: shell))
        assert somebody_watches() is False
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace())
    assert somebody_watches() is False
