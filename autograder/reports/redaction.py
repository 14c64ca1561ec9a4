"""What a student may read of a verdict: of a hidden case its name and a hint, nothing of the machine that judged.

The judge leaves a hidden case's call, values and trace empty. They are emptied here, too: a journal may have been written by an
older grader. Paths and the host's name are taken out here alone: a student's exception, which the judge repeats, can carry them.
"""

from __future__ import annotations

import platform
import re
from dataclasses import replace

from autograder.judging import Answer, CaseResult

__all__ = ["for_students", "without_host"]

FOLDERS = re.compile(r"""(?<![\w.:/\\~-])(?:~/|[A-Za-z]:[\\/]++|[\\/])(?:[^\s\\/'"<>:;,()|]++[\\/]++)+""")


def without_host(text: str) -> str:
    """Text without the folders of absolute paths and without this machine's name: ``/srv/course/x.py`` becomes ``…/x.py``."""
    text = FOLDERS.sub("…/", text)
    name = platform.node()
    return re.sub(rf"\b{re.escape(name)}\b", "…", text) if len(name) > 3 and name != "localhost" else text


def for_students(answer: Answer) -> Answer:
    """The answer as it may be handed out."""
    return replace(
        answer, message=without_host(answer.message), notes=tuple(map(without_host, answer.notes)),
        results=tuple(map(case_for_students, answer.results)),
    )  # fmt: skip


def case_for_students(case: CaseResult) -> CaseResult:
    if case.group == "hidden":
        return replace(case, call="", expected="", given="", trace="", hint=without_host(case.hint))
    return replace(
        case,
        given=without_host(case.given),
        hint=without_host(case.hint),
        trace="\n".join(map(without_host, case.trace.splitlines())),
    )
