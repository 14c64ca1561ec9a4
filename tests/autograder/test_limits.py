"""What a student's code cannot do to the judge: outlast a limit, forge an answer, leave anything behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import toy
from toy import failure_of, session_of

from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell
from autograder.sandbox import starting
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import NotStarted, Session

# ------------------------------------------------------------------ limits

BAD_CALLS = {
    "loop": ("while True: pass", "time-limit", "Stopped after 1 s"),
    "sleep": ("import time; time.sleep(100)", "time-limit", "Stopped after 1 s"),
    "loop in C": ("import re; re.match(r'(a+)+b', 'a' * 60)", "time-limit", "Stopped after 1 s"),
    "swallows": ("""
    while True:
        try:
            while True: pass
        except BaseException: pass""", "time-limit", "Stopped after 1 s"),
    "8 GB": ("import numpy as np; return np.ones(10**9).sum()", "memory-limit", "Unable to allocate"),
    "list": ("x = [0]\n    while True: x = x + x", "memory-limit", ""),
    "exit": ("import os; os._exit(0)", "crashed", "exit code 0"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "crashed", "Segmentation fault"),
    "deep": ("import sys; sys.setrecursionlimit(10**9)\n    def f(x): return list(map(f, [x]))\n    f(1)", "", ""),
    "aborts": ("import os; os.abort()", "crashed", ""),
    "forks": ("import os\n    while True: os.fork()", "process-limit", ""),
    "runs a program": ("import subprocess; subprocess.run(['true'])", "process-limit", ""),
    "threads": ("import threading, time\n    while True: threading.Thread(target=time.sleep, args=(100,)).start()",
                "process-limit", ""),
    "fills the disk": ("for i in range(10**6): open(f'{i}', 'wb').write(b'x' * 2**20)", "output-limit", ""),
    "fills it with nothing": ("for i in range(10**6): open(f'{i}', 'wb').close()", "output-limit", ""),
    "prints": ("while True: print('x' * 1000)", "output-limit", "more than 64 KB"),
    "prints below Python": ("import os\n    while True: os.write(2, b'x' * 10000)", "output-limit", "more than 64 KB"),
    "closes the line": ("import os; os.closerange(3, 100)", "crashed", ""),
    "endless length": ("return type('L', (list,), {'__len__': lambda s: 1, '__iter__': lambda s: iter(int, 1)})()", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_call_that_runs_into_a_limit_is_ended_and_the_notebook_runs_again(name):
    body, verdict, text = BAD_CALLS[name]
    seconds = 20.0 if verdict == "memory-limit" else 1.0
    with session_of(f"def bad():\n    {body}\ndef good(): return 1", memory=500 * 2**20) as session:
        lost = failure_of(session.objects("it", ["bad", "good"], seconds)[0])
        assert lost.verdict == verdict or (not verdict and lost.verdict in ("time-limit", "memory-limit", "crashed"))
        assert text in lost.text
        assert session.objects("it", ["bad", "good"], 20.0)[1]() == 1


def test_handles_of_an_ended_process_give_its_end_again():
    with session_of("def bad():\n    while True: pass\ndef good(): return 1") as session:
        bad, good = session.objects("it", ["bad", "good"], 1.0)
        first = failure_of(bad)
        assert failure_of(good) is first
        assert failure_of(session.objects("it", ["bad", "good"], 20.0)[1], good) is first


def test_a_cell_that_runs_into_a_limit_is_not_run_again():
    cells = [Cell("solution", "a-code", "x = 1\nwhile True: pass"), Cell("check", "a", ""),
             Cell("solution", "b-code", "def f(): return 2"), Cell("check", "b", "")]  # fmt: skip
    with Session(cells, sources(()), replace(toy.QUICK, cell=2.0)) as session:
        assert failure_of(session.objects, "a", ["x"]).verdict == "time-limit"
        spent = session.spent
        assert session.objects("b", ["f"])[0]() == 2
        assert failure_of(session.objects, "a", ["x"]).verdict == "time-limit"
        assert session.spent < spent + 1.9, "the endless cell ran again"


def test_the_time_of_all_calls_together_is_limited():
    with session_of("import time\ndef slow(): time.sleep(0.3)", total=1.0) as session:
        (slow,) = session.objects("it", ["slow"])
        lost = None
        while lost is None:
            try:
                slow()
            except StudentFailure as failure:
                lost = failure
        assert (lost.verdict, lost.text) == ("time-limit", "Stopped: the notebook took more than 1 s in all.")
        assert failure_of(session.objects, "it", ["slow"]).text == lost.text


def test_what_is_left_of_that_time_bounds_a_single_call():
    with session_of("def loop():\n    while True: pass", total=1.0) as session:
        (loop,) = session.objects("it", ["loop"], 20.0)
        assert failure_of(loop).text == "Stopped: the notebook took more than 1 s in all."
        assert session.spent < 10


def test_a_limit_inside_a_function_of_the_check_ends_the_outer_call_too():
    with session_of("def outer(f): return f()\ndef loop():\n    while True: pass") as session:
        outer, loop = session.objects("it", ["outer", "loop"], 1.0)
        spent = session.spent
        assert failure_of(outer, lambda: loop()).verdict == "time-limit"
        assert session.spent < spent + 5.0


def test_output_below_the_limit_is_dropped_and_counted_for_each_call_anew():
    with session_of("def talk(): print('x' * 40_000)") as session:
        (talk,) = session.objects("it", ["talk"])
        assert [talk(), talk(), talk()] == [None] * 3


def test_answers_that_a_check_keeps_are_counted_together():
    with session_of("import numpy as np\nbig = np.zeros(7_000_000)\ndef give(): return big", memory=2**30) as session:
        (give,) = session.objects("it", ["give"])
        kept = [give() for _ in range(3)]
        (give,) = session.objects("it", ["give"])  # another case
        kept = [give() for _ in range(3)]
        assert {failure_of(lambda: [give() for _ in range(3)]).verdict} == {"output-limit"}
        assert sum(x.nbytes for x in kept) < 2**28


# ------------------------------------------------------------------ forged frames

FORGE = """
import gc, json, os, socket, stat, struct, sys, threading
def sock():
    for n in range(3, 50):
        try:
            if stat.S_ISSOCK(os.fstat(n).st_mode): return socket.socket(fileno=os.dup(n))
        except OSError: pass
def child():
    return next(o for o in gc.get_objects() if type(o).__name__ == "Child")
def send(message, data=b""):
    head = message if isinstance(message, bytes) else json.dumps(message).encode()
    sock().sendall(struct.pack(">II", len(head), len(data)) + head + data)
"""
FORGED = {
    "garbage": "sock().sendall(os.urandom(5000))",
    "no JSON": "send(b'pass')",
    "another number": "send({'op': 'reply', 'id': 1, 'value': 7, 'args': ['l'], 'kwargs': ['d'], 'warnings': ['l']})",
    "a verdict": "send({'op': 'failed', 'id': child().request, 'verdict': 'pass', 'kind': '', 'text': '', 'trace': ''})",
    "a pass": "send({'op': 'pass', 'id': child().request, 'score': 2})",
    "an object dtype": "send({'op': 'reply', 'id': child().request, 'value': ['a', 'O', [1]]}, b'12345678')",
    "a function": "send({'op': 'reply', 'id': child().request, 'value': ['f', 1]})",
    "a call of print": "send({'op': 'callback', 'id': child().request, 'function': 1, 'args': ['l'], 'kwargs': ['d']})",
    "no arguments after": "send({'op': 'reply', 'id': child().request, 'value': 7})",
    "warnings of arrays": "send({'op': 'reply', 'id': child().request, 'value': 7, 'args': ['l'], 'kwargs': ['d'],"
    " 'warnings': ['l', ['l']]})",
    "four gigabytes": "sock().sendall(b'\\xff' * 8)",
    "deep": 'send(b\'{"op":"reply","id":1,"value":\' + b\'[\' * 100000)',
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_frame_is_a_protocol_violation(name):
    with session_of(f"{FORGE}\ndef bad():\n    {FORGED[name]}\n    return 1\ndef good(): return 1") as session:
        bad, _ = session.objects("it", ["bad", "good"])
        assert failure_of(bad.call).verdict == "protocol-violation"
        assert session.objects("it", ["bad", "good"])[1]() == 1


def test_a_second_answer_to_one_question_is_a_protocol_violation():
    source = f"{FORGE}\ndef f():\n    send({{'op': 'reply', 'id': child().request, 'value': 7}})\n    return 1"
    with session_of(source) as session:
        (f,) = session.objects("it", ["f"])
        assert f() == 7, "a forged value is a value: it is compared like any other"
        assert failure_of(f).verdict == "protocol-violation"


def test_a_thread_that_floods_the_line_is_a_protocol_violation():
    source = f"""{FORGE}
def flood():
    s = sock()
    while True: s.send(b"x" * 1000)
threading.Thread(target=flood, daemon=True).start()
def f(): return 1"""
    with session_of(source) as session:
        assert failure_of(session.objects, "it", ["f"]).verdict == "protocol-violation"


# ------------------------------------------------------------------ what is left behind


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_gone(pids: list[int]) -> bool:
    """Whether they have ended, a killed process's last moments granted."""
    end = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.01)
    return not any(map(alive, pids))


LEAVERS = """
import os, threading, time
threading.Thread(target=lambda: time.sleep(1000)).start()
def child():
    if (pid := os.fork()) == 0: time.sleep(1000)
    return pid
def daemon():
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, b"x")
            time.sleep(1000)
        os._exit(0)
    return len(os.read(read, 100))
def here():
    with open("file", "w") as file: file.write("x")
    return os.listdir()
def loop():
    while True: pass
"""


def processes_of(session: Session) -> list[int]:
    """All that carry the mark of the warm process, but for that one itself."""
    warm = session.process.warm
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if warm.mark.encode() in (entry / "environ").read_bytes() and int(entry.name) != warm.popen.pid:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("layers", [(), ("rlimits",), ("namespaces",)], ids=["plain", "limits", "namespaces"])
def test_nothing_is_left_when_a_session_is_closed(layers):
    with session_of(LEAVERS, layers=layers) as session:
        child, daemon, here = session.objects("it", ["child", "daemon", "here"])
        child(), daemon()
        assert "file" in here()
        pids = processes_of(session)
        assert len(pids) >= 3, "the student's, its child, and the daemon"
        start = time.monotonic()
    assert time.monotonic() - start < 5, "somebody waited for a clean exit"
    assert all_gone(pids)
    with session_of(LEAVERS, layers=layers) as session:
        assert [name for name in session.objects("it", ["here"])[0]() if name != "file"] == [], (
            "files of the one before"
        )


@pytest.mark.parametrize("layers", [(), ("namespaces",)], ids=["plain", "namespaces"])
def test_nothing_is_left_when_a_call_runs_into_a_limit(layers):
    with session_of(LEAVERS, layers=layers) as session:
        daemon, loop = session.objects("it", ["daemon", "loop"])
        daemon()
        pids = processes_of(session)
        session.objects("it", ["daemon", "loop"], 1.0)
        failure_of(loop)
        assert len(pids) >= 2 and all_gone(pids)


JUDGE = """
from autograder.intake.notebook import Cell
from autograder.sandbox.remote import Session
source = "def loop(): [0 for _ in iter(int, 1)]"
session = Session([Cell("solution", "code", source), Cell("check", "it", "")], {"autograder": (False, "")})
(loop,) = session.objects("it", ["loop"])
print(session.process.pid, flush=True)
loop()
"""


def test_folders_of_graders_that_were_killed_are_removed_and_no_others(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    for name in (
        f"autograder-{gone.pid}-left",
        f"autograder-{os.getpid()}-used",
        "autograder-notes-2",
        f"autograder-{gone.pid}-elsewhere",
    ):
        (tmp_path / name / "home").mkdir(parents=True)
    elsewhere = os.open(tmp_path / f"autograder-{gone.pid}-elsewhere", os.O_RDONLY)  # a grader in another container
    fcntl.flock(elsewhere, fcntl.LOCK_EX)
    starting.tidy(tmp_path)
    os.close(elsewhere)
    (tmp_path / f"autograder-{gone.pid}-elsewhere" / "home").rmdir()
    (tmp_path / f"autograder-{gone.pid}-elsewhere").rmdir()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [f"autograder-{os.getpid()}-used", "autograder-notes-2"]
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at the parent's death is Linux's")
def test_the_process_ends_when_the_judge_is_killed(tmp_path):
    env = os.environ | {"TMPDIR": str(tmp_path)}  # nobody is left to remove the process's folder
    with subprocess.Popen([sys.executable, "-c", JUDGE], stdout=subprocess.PIPE, text=True, env=env) as judge:
        pid = int(judge.stdout.readline())
        assert alive(pid)
        judge.kill()
    assert all_gone([pid])


def test_a_process_that_does_not_start_is_a_fault_of_ours(monkeypatch):
    monkeypatch.setattr(starting, "environment", lambda folder, mark: {"PYTHONHOME": "/nowhere"})
    starting.close_all()
    with session_of("x = 1") as session, pytest.raises(NotStarted, match="No module named 'encodings'"):
        session.objects("it", ["x"])
