"""nbgrader is imported without what a command line never uses, by one thread at a time, and is whole all the same."""

from __future__ import annotations

import json
import subprocess
import sys

LEFT_OUT = ["rfc3987_syntax", "nbgrader.server_extensions.formgrader", "jupyter_server"]


def said_by(program: str) -> object:
    """What a fresh interpreter prints, as JSON."""
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120,
                         check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_pages_for_a_server_and_a_parser_that_nobody_asks_for_stay_away():
    program = f"""
import json, sys
from autograder.grading.light_imports import import_nbgrader
import_nbgrader()
print(json.dumps([name for name in {LEFT_OUT} if name in sys.modules]))
"""
    assert said_by(program) == []
    assert said_by(program.replace("import_nbgrader()", "import nbgrader.api")) == LEFT_OUT


def test_what_stayed_away_is_there_when_it_is_asked_for():
    program = """
import json
from autograder.grading.light_imports import import_nbgrader
import_nbgrader("preprocessors")
import rfc3987_syntax, nbgrader.api, nbgrader.server_extensions.formgrader as page
import nbgrader
loaded = []
page.load_jupyter_server_extension = loaded.append  # the real one wants a server
nbgrader.load_formgrader("a server")
print(json.dumps([loaded, page.__file__.endswith("formgrader/__init__.py"), nbgrader.__version__.count(".")]))
"""
    assert said_by(program) == [["a server"], True, 2]


def test_several_threads_may_want_it_at_once():
    program = """
import json, threading
from autograder.grading.light_imports import import_nbgrader
found, wall = [], threading.Barrier(6)
def ask(part):
    wall.wait()
    import_nbgrader(part, "preprocessors", "converters")
    from nbgrader import api, preprocessors
    import nbgrader.converters
    found.append(bool(api.Gradebook and preprocessors.SaveCells and nbgrader.converters.GenerateAssignment))
threads = [threading.Thread(target=ask, args=(part,)) for part in ["preprocessors", "converters", "utils"] * 2]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(found))
"""
    assert said_by(program) == [True] * 6
