"""Attacks and accidents of the kinds E to H that are not on the list: bytes, notebooks, resources of the judge, pages."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from arena import RIGHT, cell, position
from corpus.f_notebooks import all_are, each, edited, raw
from harness import entry, handin

__all__: list[str] = []

# ------------------------------------------------------------------ bytes that are hardly a notebook

HEAD = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": ['
CELL = b'{"cell_type":"code","metadata":{},"source":""},'
entry(
    "Y001",
    raw("a million empty cells", HEAD + CELL * 400_000 + CELL[:-1] + b"]}", "malformed"),
    title="A million empty cells",
)


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("arena.ipynb", "{}")
    return made.getvalue()


entry(
    "Y002",
    *(raw(name, content, "malformed") for name, content in {
        "empty": b"", "blank": b" \n" * 1000, "null": b"null", "list": b"[]", "number": b"1e5", "text": b'"x"',
        "not ended": b'{"cells": [', "two": b'{"cells": []}{"cells": []}', "gzip": gzip.compress(b"{}"), "zip": zipped(),
        "page": b"<!DOCTYPE html><script>alert(1)</script>", "latin 1": '{"cells": ["\xe9"]}'.encode("latin-1"),
        "cells are no list": b'{"nbformat": 4, "cells": {"0": {}}}', "cells are numbers": b'{"nbformat": 4, "cells": [1, 2]}',
        "cells are lists": b'{"nbformat": 4, "cells": [[], [[]]]}', "format true": b'{"nbformat": true, "cells": []}',
        "lone quote": b'{"cells": "' + b"\\" * 10**6, "zeros": bytes(10**6), "open texts": b'"' * 10**6,
    }.items()),
    title="Files that are no notebook", quick=True,
)  # fmt: skip


def encoded(codec: str, bom: bytes = b"") -> Callable[[dict[str, Any]], bytes]:
    return lambda made: bom + json.dumps(made, ensure_ascii=False).encode(codec)


entry(
    "Y003",
    edited("UTF-8 with a mark", encoded("utf-8", codecs.BOM_UTF8)),
    *(edited(codec, encoded(codec)) for codec in ("utf-16", "utf-32", "utf-16-le", "utf-32-be")),
    title="Byte order marks and wide encodings",
)  # fmt: skip


def with_second(key: str, value: str) -> Callable[[dict[str, Any]], bytes]:
    """The same key once more at the end, where Jupyter, too, believes the last one."""
    return lambda made: (json.dumps(made)[:-1] + f', "{key}": {value}}}').encode()


entry(
    "Y004",
    edited("metadata", with_second("metadata", "{}")), edited("other key", with_second("Cells", "[]")),
    edited("cells", with_second("cells", "[]"), answers=dict(RIGHT), right=False, verdicts=all_are("malformed")),
    title="Keys that stand twice in an object",
)  # fmt: skip


def literal(text: str) -> Callable[[dict[str, Any]], bytes]:
    return lambda made: json.dumps(made).replace('"metadata": {}', f'"metadata": {{"x": {text}}}').encode()


entry("Y005", *(edited(text, literal(text)) for text in ("NaN", "Infinity", "-Infinity", "-0", "1e-99999", "1E+400")),
      title="Numbers that JSON does not know")  # fmt: skip

# ------------------------------------------------------------------ cells


def source(value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda made: made["cells"][position(made, "double-code")].update(source=value)


entry(
    "Y006",
    *(edited(name, source(value), answers={"double": ""}, verdicts={"double": "missing"}) for name, value in {
        "nested lists": [["def double(x):\n", ["    return x + x"]]], "number": 7, "null": None, "object": {"0": "x"},
        "list of numbers": [1, 2], "nothing": [], "true": True}.items()),
    edited("lines", source(RIGHT["double"].splitlines(keepends=True))),
    edited("letters", source(list(RIGHT["double"]))),
    title="A cell's source that is no text",
)  # fmt: skip

NEAR = (
    "Double-code",
    "DOUBLE-CODE",
    "double-code ",
    "double‐code",
    "ｄouble-code",
    "double-code\0",
    "double-code\n",
    "",
    "__proto__",
)


def near(made: dict[str, Any]) -> None:
    for name in NEAR:
        made["cells"].append(cell("def double(x):\n    return 0", "solution", name))


def borrowed(grade_id: str) -> Callable[[dict[str, Any]], None]:
    return lambda made: made["cells"].append(cell("def double(x):\n    return x + x", "check", grade_id, 2))


entry("Y007", edited("near", near), edited("right one in a check", borrowed("double"), right=False),
      edited("right one in the question", borrowed("explain_arena"), right=False),
      *(edited(f"{value}"[:20], each("solution", lambda c, v=value: c["metadata"]["nbgrader"].update(grade_id=v)))
        for value in (7, None, ["double-code"], {"a": 1}, "x" * 10**6)),
      title="grade_ids that are almost another, or no text")  # fmt: skip


def many(count: int) -> Callable[[dict[str, Any]], None]:
    def carry_out(made: dict[str, Any]) -> None:
        made["cells"] += [cell(f"y{i} = {i}", "solution", f"slot-{i}") for i in range(count)]

    return carry_out


entry("Y008", edited("1,900", many(1_900)),
      edited("5,000", many(5_000), answers=dict(RIGHT), right=False, verdicts=all_are("malformed")),
      title="Very many distinct slots")  # fmt: skip
entry("Y009", edited("large tail", lambda made: made["cells"].extend(cell(f"# {i}" + "x" * 900_000) for i in range(15))),
      title="Cells that together are larger than each of them may be")  # fmt: skip
entry(
    "Y010",
    handin("names of later cells", top="def check(*a): return 2.0\nimport builtins\nbuiltins.double = lambda x: x + x",
           tail="def double(x): return x + x\ndef mirror(x): return x[::-1]"),
    handin("a module in their place", top="import sys\nclass M(types.ModuleType):\n"
    "    def __getattr__(self, n): return lambda *a: 2.0\n"
           "sys.modules['autograder'] = sys.modules['numpy'] = M('m')"),
    title="A cell that redefines names of later cells",
)  # fmt: skip

# ------------------------------------------------------------------ what Jupyter would understand

MAGICS = """%matplotlib inline
%config InlineBackend.figure_format = 'retina'
%run other.py
%load other.py
%cd /
!touch {proof}
files = !touch {proof}; ls
!!touch {proof}
get_ipython().system("touch {proof}")
get_ipython().getoutput("touch {proof}")
get_ipython().run_line_magic("system", "touch {proof}")
get_ipython().run_cell_magic("bash", "", "touch {proof}")
display("<script>")
np.array?
%pip install numpy"""
BLOCKS = ("%%bash\ntouch {proof}", "%%javascript\nwindow.PWNED = 1", "%%html\n<script>window.PWNED = 1</script>",
"%%writefile {proof}\nx",
          "%%script python\nopen('{proof}', 'w')", "%%capture\nimport os", "%%sh\ntouch {proof}", "%%svg\n<svg onload=alert(1)>",
          "%%latex\n\\href{{javascript:alert(1)}}{{x}}")  # fmt: skip


def magics(made: dict[str, Any], trap: Any) -> None:
    proof = f"{trap.proofs}/{trap.token}"
    made["cells"][1:1] = [cell(text.format(proof=proof)) for text in (MAGICS, *BLOCKS)]


entry("Y011", handin("all", edit=magics, right=True), title="Magics, shell lines, get_ipython().system", quick=True)


def line_ends(end: str) -> Callable[[dict[str, Any]], None]:
    def carry_out(made: dict[str, Any]) -> None:
        for one in made["cells"]:
            one["source"] = one["source"].replace("\n", end)

    return carry_out


entry(
    "Y012",
    edited("CR LF", line_ends("\r\n")), edited("CR", line_ends("\r")), edited("form feeds", line_ends("\n\f")),
    handin("in comments", double="# \v \x1c \x85 \u2028 x\n" + RIGHT["double"], right=True, verdicts={"double": "pass"}),
    handin("as line ends", double=RIGHT["double"].replace("\n", "\u2028"), right=True, verdicts={"double": ("raised",
    "missing")}),
    handin("tabs and blanks", double="def double(x):\n\ty = x\n        return x + y", right=True, verdicts={"double": "raised"}),
    handin("tabs", double="def double(x):\n\tif True:\n\t\treturn x + x", right=True, verdicts={"double": "pass"}),
    handin("byte order mark", double="\ufeff" + RIGHT["double"], right=True, verdicts={"double": "raised"}),
    title="Line ends, tabs and odd blanks",
)  # fmt: skip
entry(
    "Y013",
    handin("own cell", tail="from __future__ import annotations", double="from __future__ import annotations\n" + RIGHT["double"],
           right=True, verdicts={"double": "pass"}),
    handin("in the middle", double="y = 1\nfrom __future__ import annotations\n" + RIGHT["double"], right=True,
           verdicts={"double": "raised"}),
    handin("braces", tail="from __future__ import braces", right=True),
    title="from __future__ in the middle",
)  # fmt: skip
entry("Y014", handin("in a cell of one's own", top="import asyncio\nawait asyncio.sleep(0)", right=True),
      handin("an endless one", tail="import asyncio\nawait asyncio.sleep(10**6)", right=True),
      handin("coroutine", double="async def double(x):\n    return x + x", right=True, verdicts={"double": "wrong"}),
      title="await outside of a function")  # fmt: skip

# ------------------------------------------------------------------ what the judge itself has to bear


def quickly(run: Any) -> list[str]:
    """The judge spent no more time on an exercise than the student's code may take."""
    own = {student: h.name for student, h in run.handins.items() if h in SLOW}
    return [f"time: {r['seconds']} s on {own[s]}, {e}" for s in own for e, r in run.results.get(s, {}).items()
            if r["seconds"] > 35]  # fmt: skip


FAILS = "raise ValueError\n"
SLOW = tuple(
    handin(name, double=code, right=True, verdicts={"double": ("raised", "missing", "memory-limit")}) for name, code in {
        "newlines": FAILS + "\n" * 900_000, "blanks": FAILS + " \n" * 450_000, "names": FAILS + "double " * 130_000,
        "imports": FAILS + "'''" + "import " * 130_000 + "'''", "classes": FAILS + "'''" + "class " * 130_000 + "'''",
        "equals": FAILS + "'''" + "double=" * 130_000 + "'''", "tabs": FAILS + "\t" * 900_000,
    }.items()
)  # fmt: skip
entry("Y015", *SLOW, after=quickly, seconds=120, title="Source text made for the regular expressions of the judge")

FLOOD = (
    "def apply_twice(f, x):\n    for _ in range({count}):\n        try: f({value})\n"
    "        except (TypeError, ValueError): pass\n"
    "    return f(f(x))"
)
entry(
    "Y016",
    *(handin(name, apply_twice=FLOOD.format(count=count, value=value), right=True, verdicts={"apply_twice": (
        "wrong", "time-limit", "output-limit", "memory-limit", "raised", "protocol-violation")})
      for name, count, value in (("arrays", 200, "np.ones(7 * 10**6)"), ("numbers", 10**7, "1.0"), ("texts", 10**5,
      "'x' * 90_000"),
                                 ("lists", 10**5, "[1.0] * 90_000"))),
    elsewhere=("tests/attacks/test_judge_memory.py::test_no_value_fills_the_memory_of_the_judge",),
    title="A flood of calls back fills the judge's memory",
)  # fmt: skip
entry(
    "Y017",
    *(handin(name, double=f"def double(x):\n    return {value}", right=True,
             verdicts={"double": ("wrong", "memory-limit", "time-limit", "raised", "output-limit")})
      for name, value in {
          "one text many times": "['x' * 10**5] * 10**5", "one array many times": "[np.ones(8 * 10**6)] * 1000",
          "a tree of itself": "__import__('functools').reduce(lambda a, _: [a] * 10, range(19), 0.0)",
          "a long text": "'x' * 10**9", "many numbers": "list(range(10**7))",
          "wide": "np.zeros((2, 3) + (1,) * 30)",
          "empty, but huge": "np.empty((0, 2**62))", "a generator of generators": "((y for y in iter(int, 1)) for _ in "
          "iter(int, 1))",
          "keys": "{('x' * 1000 + str(i)): i for i in range(90_000)}", "a name": "type('N' * 10**6, (), {})()",
          "nothing but handles": "[object() for _ in range(99_000)]",
      }.items()),
    elsewhere=("tests/attacks/test_judge_memory.py::test_no_value_fills_the_memory_of_the_judge",),
    title="Values that are small in the student's process and large in the judge's",
)  # fmt: skip
entry(
    "Y018",
    *(handin(name, Tally=f"class Tally:\n    def __init__(self, start): self.total = start\n    {method}", right=True,
             verdicts={"Tally": ("wrong", "raised", "time-limit", "crashed", "missing")})
      for name, method in {
          "new objects for ever": "def __getattr__(self, name): return Tally(0)",
          "attributes that call back": "add = property(lambda s: s.add)",
          "total that is a property": "def add(self, x): return self\n"
          "    total = property(lambda s: [s] * 1000, lambda s, v: None)",
          "deleting": "def __del__(self):\n        while True: pass\n    def add(self, x): return Tally(x)",
          "no attributes can be set": "__slots__ = ('total',)\n    def __setattr__(self, n, v): raise AttributeError(n)",
      }.items()),
    title="Objects that misbehave when their attributes are read",
)  # fmt: skip
entry(
    "Y019",
    *(handin(name, double=f"{code}\ndef double(x):\n    return x + x", right=True, verdicts={"double": "pass"}) for name,
    code in {
        "priority": "import os\nfor f in (lambda: os.nice(19), lambda: os.sched_setaffinity(0, {0})):\n    try: f()\n"
        "    except OSError: pass",
        "descriptors": "import os\ntry:\n    while True: os.dup(1)\nexcept OSError: pass\nos.closerange(60, 65536)",
        "collector off": "import gc; gc.disable(); gc.freeze()", "hooks": "import sys\n"
        "sys.excepthook = sys.unraisablehook = None",
        "stdin": "import sys\nassert sys.stdin is None or sys.stdin.read() == ''",
        "folder gone": "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)",
        "elsewhere": "import os\nos.chdir('/')", "float errors": "np.seterr(all='raise')",
        "encodings": "import sys\nfor s in (sys.stdout, sys.stderr):\n    try: s.reconfigure(encoding='utf-16')\n"
        "    except Exception: pass",
    }.items()),
    title="Right answers by code that upsets its own process",
)  # fmt: skip
entry(
    "Y020",
    edited("names", lambda made: made["cells"].insert(0, cell("# " + "é" * 500 + "\n" + "\U0001f600 = 1"))),
    handin("versions", right=True, edit=lambda made, trap: each("check", lambda c: c.update(outputs=[{
        "output_type": "execute_result", "metadata": {}, "data": {
            "text/html": "<div data-versions=\"checks 1a2b3c4d · gradus 5e6f7a8b'><script>window.PWNED=1</script>\">",
            "text/plain": "checks 1a2b3c4d · NumPy <script>window.PWNED=1</script>"}}]))(made)),
    *(edited(f"outputs {i}", each("check", lambda c, v=value: c.update(outputs=v))) for i, value in enumerate(
        (7, [7], [{"data": 7}], [{"data": {"text/html": [7]}}], [{"text": {"a": 1}}], {"0": []}, "x"))),
    title="Forged versions and outputs of odd types",
)  # fmt: skip
