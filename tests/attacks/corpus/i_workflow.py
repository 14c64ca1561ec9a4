"""I. Workflow, concurrency, cluster: what is done to a run rather than in a submission. Most stand in tests of their own."""

from __future__ import annotations

from arena import RIGHT
from harness import entry, handin

__all__: list[str] = []

WORKFLOW = "tests/attacks/test_workflow.py::"
FAULTS = "tests/autograder/test_run.py::"

entry("A165", elsewhere=("tests/attacks/test_class_of_all.py::test_a_class_of_all_attacks_is_graded_to_the_end",))
entry(
    "A166",
    elsewhere=(f"{WORKFLOW}test_several_runs_at_once_lose_nothing", f"{WORKFLOW}test_a_locked_gradebook_loses_nothing"),
)
entry("A167", elsewhere=(f"{FAULTS}test_a_run_that_was_killed_at_any_moment_is_taken_up_to_the_same_marks",
                         f"{WORKFLOW}test_a_journal_cut_anywhere_leads_to_the_same_gradebook"))  # fmt: skip
entry("A168", elsewhere=(f"{WORKFLOW}test_to_grade_twice_changes_nothing",))
entry(
    "A169",
    elsewhere=(
        "tests/autograder/test_executors.py::test_a_judge_that_dies_or_hangs_or_raises_costs_only_its_own_submission",
    ),
)
entry("A172", elsewhere=(f"{WORKFLOW}test_a_penalty_never_leads_below_zero",))
entry("A173", elsewhere=(f"{WORKFLOW}test_a_changed_check_makes_old_verdicts_stale",))
entry("A175", elsewhere=("tests/attacks/test_pages.py::test_no_file_of_the_grader_is_called_after_a_student",))
entry("A178", elsewhere=(f"{WORKFLOW}test_without_confinement_nothing_is_graded",))

ONE_IN_THREE = "import random\ndef double(x):\n    return x + x if random.random() < 1 / 3 else x"
entry(
    "A170",
    handin("one in three", double=ONE_IN_THREE, right=True, verdicts={"double": "wrong"}),
    handin("NumPy's", double="def double(x):\n    return x + x if np.random.rand() < 1 / 3 else x", right=True,
           verdicts={"double": "wrong"}),
    elsewhere=(f"{WORKFLOW}test_to_hand_in_the_same_again_is_no_second_chance",),
)  # fmt: skip

CLOCK = "import time\ntime.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0\n"
entry(
    "A176",
    handin("stopped clock", double=CLOCK + "def double(x):\n    time.sleep(60)\n    return x + x", right=True,
           verdicts={"double": "time-limit"}),
    handin("set clock", double="import time\ntry: time.clock_settime(time.CLOCK_REALTIME, 0); won('clock')\n"
    "except OSError: pass\n"
           + RIGHT["double"], right=True, verdicts={"double": "pass"}),
    handin("stopped clock, right", double=CLOCK + RIGHT["double"], right=True, verdicts={"double": "pass"}),
)  # fmt: skip

OURS = ("NotStarted", "JudgesCannotStart", "ProtocolViolation", "UsageError", "Stopped", "Unconfined", "StudentFailure")
entry(
    "A177",
    *(handin(name, double=f"class {name}(Exception): verdict, kind, text, trace = 'grader-fault', '', '', ''\n"
             f"def double(x):\n    raise {name}('grader-fault')", right=True, verdicts={"double": "raised"}) for name in OURS),
    *(handin(name, double=f"def double(x):\n    {body}", right=True,
             verdicts={"double": ("raised", "crashed", "memory-limit", "protocol-violation", "wrong", "time-limit")}) for name,
             body in {
        "BrokenPipeError": "raise BrokenPipeError", "ConnectionResetError": "raise ConnectionResetError",
        "EOFError": "raise EOFError",
        "MemoryError": "raise MemoryError", "exit 137": "import os; os._exit(137)", "exit 1": "import os; os._exit(1)",
        "hangs up": "import os; os.closerange(3, 256)\n    while True: pass",
        "half a frame": "import os\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\0\\0')\n"
        "        except OSError: pass\n"
        "    os._exit(0)",
        "no stack": "import sys; sys.setrecursionlimit(60); return x + x + 1",
        "no judge's module": "import sys\n"
        "    for m in [m for m in sys.modules if 'autograder' in m or 'json' in m]: del sys.modules[m]\n"
        "    return 0 * x",
        "no methods": "import gc\n    for o in gc.get_objects():\n"
        "        if type(o).__name__ in ('Child', 'Inbox'): o.__dict__.clear()\n"
        "    return 0 * x",
        "no encoder": "import json\n    json.dumps = json.loads = None\n    return 0 * x",
    }.items()),
)  # fmt: skip
