"""What the checks of an assignment do, recorded for a student's kit: probes as text, observations as data.

Of each case that a student may see, the kit gets the probe and the comparison (see `autograder.closed.sources`), the call as it
is shown, what is expected, and what was observed on every wrong version, so that mistakes are recognised without them.
"""

from __future__ import annotations

import contextlib
import copy
import io
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.closed import replay
from autograder.closed.replay import ARCHIVE, REFERENCE
from autograder.closed.sources import Sheet, Unwritable, Writer
from autograder.exercise import Case, Exercise, Mistake
from autograder.handle import StudentFailure, local
from autograder.judging import PUBLIC_SEED, recognise, rng_of

__all__ = ["Recording", "record"]

REPLAY = "autograder.closed.replay"
SMALL = 1000  # values: a shorter form of fewer would save nothing
NARROW = 0.1  # slack of a comparison that must not tell a shorter form from what it stands for
HEAD = '"""Recorded for the kit of the assignment {topic}: what its public cases try, and what is expected."""'


@dataclass(frozen=True)
class Recording:
    """The recorded checks of an assignment.

    Attributes:
        files: the files of the package ``autograder.checks``, by name.
        waiting: (exercise, case) -> why a case that is not hidden waits for the grader all the same.
    """

    files: dict[str, bytes]
    waiting: dict[tuple[str, str], str]


class Arrays:
    """The recorded arrays, each once."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self.kept: dict[str, np.ndarray] = {}

    def expression(self, a: np.ndarray, sheet: Sheet, dtype: str = "") -> str:
        """An expression that gives an array, in the dtype named where that is not its own."""
        a = np.asarray(a, order="C")
        name = self.found.setdefault((a.dtype.str, a.shape, a.tobytes()), f"a{len(self.found) + 1}")
        self.kept[name] = a
        return f'{sheet.imported(REPLAY)}.stored("{name}"{f", {dtype!r}" if dtype else ""})'

    def content(self) -> bytes:
        archive = io.BytesIO()
        np.savez_compressed(archive, **self.kept)  # type: ignore[arg-type]
        return archive.getvalue()


@dataclass(frozen=True)
class Shown:
    """What was observed in a case that a student may see: on the reference, and by name on the wrong versions."""

    index: int
    case: Case
    right: Any
    expected: Any
    seen: dict[str, Any]

    def differs(self, name: str) -> bool:
        """Whether a wrong version goes wrong in this case."""
        what = self.seen[name]
        return isinstance(what, StudentFailure) or self.case.compare(what, self.expected, 1.0) is not None


def record(topic: str, exercises: Sequence[Exercise], shipped: Collection[str]) -> Recording:
    """Record the exercises of an assignment.

    Args:
        topic: also the name of the assignment.
        exercises: all that one kit is to hold.
        shipped: names of the modules that the kit has: of `autograder`, and of `gradus` what the assignment provides.

    Returns:
        The recording, the same bytes each time.

    Raises:
        RuntimeError: a reference fails in a case: a fault of ours.
    """
    arrays, waiting = Arrays(), {}
    secrets = [o for ex in exercises for objects in (ex.reference, *(m.objects for m in ex.mistakes)) for o in objects]
    writer = Writer(shipped, secrets, arrays.expression)
    main, entries = Sheet(), []
    for ex in exercises:
        shown = [look(ex, index, case) for index, case in enumerate(ex.cases) if case.group != "hidden"]
        left_out = confused(ex, shown)
        mistakes = {m.name: m.sentence for m in ex.mistakes if m.name not in left_out}
        cases = []
        for one in shown:
            before = copy.deepcopy((writer.sheets, main)), dict(arrays.found), dict(arrays.kept)
            try:
                cases.append(case_text(ex, one, mistakes, writer, main, arrays))
            except Unwritable as why:
                (writer.sheets, main), arrays.found, arrays.kept = before  # without what was half written
                waiting[ex.id, one.case.name] = str(why)
        entries.append(exercise_text(ex, cases, mistakes, [n for i, n in waiting if i == ex.id], main))
    main.lines += entries
    texts = {f"{topic}.py": HEAD.format(topic=topic) + "\n\n" + main.text()}
    texts |= {f"{writer.module(home).rpartition('.')[2]}.py": sheet.text() for home, sheet in writer.sheets.items()}
    files = {name: text.encode() for name, text in sorted(texts.items())}
    return Recording({**files, ARCHIVE: arrays.content()}, waiting)


def look(ex: Exercise, index: int, case: Case) -> Shown:
    """Observe a case on everything that is declared."""
    right = observed(ex, case, index, ex.reference)
    if isinstance(right, StudentFailure):
        raise RuntimeError(f"the reference of {ex.id} failed in {case.name!r}: {right}") from right
    expected = case.expected(rng_of(case, index, 0)) if case.expected else right
    return Shown(index, case, right, expected, {m.name: observed(ex, case, index, m.objects) for m in ex.mistakes})


def confused(ex: Exercise, shown: Sequence[Shown]) -> set[str]:
    """Mistakes that these cases alone cannot tell from others with another sentence: no word is better than a wrong one."""
    cases = [
        replay.case(s.index, s.case.name, s.case.group, s.case.probe, s.case.compare, call="",
                    seen={REFERENCE: lambda s=s: s.right, **{n: lambda s=s, n=n: s.seen[n] for n in s.seen if s.differs(n)}},
                    expected=(lambda s=s: s.expected) if s.case.expected else None)
        for s in shown
    ]  # fmt: skip
    absent = [Mistake(m.name, (replay.StandIn(m.name),), m.sentence) for m in ex.mistakes]
    known = replace(ex, cases=tuple(cases), mistakes=tuple(absent), reference=(replay.StandIn(REFERENCE),))
    found: set[str] = set()
    for m in absent:
        failed = [(i, s.seen[m.name]) for i, s in enumerate(shown) if s.differs(m.name)]
        taken_for = recognise(known, 0, failed) if failed else None
        if taken_for and taken_for.sentence != m.sentence:
            found |= {m.name, taken_for.name}
    return found


def exercise_text(ex: Exercise, cases: list[str], mistakes: dict[str, str], not_written: list[str], main: Sheet) -> str:
    """The call that enters an exercise into the register."""
    hidden = [c.name for c in ex.cases if c.group == "hidden"]
    told = {k: getattr(ex, k) for k in ("topic", "points", "minutes", "chapter", "section", "seconds", "names")}
    lines = [f"{k}={v!r}," for k, v in told.items()]
    lines += [f"waiting={(*not_written, *hidden)!r},", f"mistakes={mistakes!r},", "cases=["]
    return (
        "\n    ".join([f"{main.imported(REPLAY)}.enter(", f"{ex.id!r},", *lines, *(f"    {c}," for c in cases), "],"])
        + "\n)"
    )


def case_text(ex: Exercise, one: Shown, mistakes: Collection[str], writer: Writer, main: Sheet, arrays: Arrays) -> str:
    """The call that makes a case.

    Raises:
        Unwritable: something in it cannot be written, or uses what a kit must not hold.
    """
    index, case = one.index, one.case
    probe, compare = writer.value(case.probe, main), writer.value(case.compare, main)
    call = case.shown(rng_of(case, index, 0), ex.names) if case.shown else ""
    lines = []
    for name, what in {REFERENCE: one.right, **one.seen}.items():
        if isinstance(what, StudentFailure) and name in mistakes:
            lines.append(f"{name!r}: lambda: {main.imported(REPLAY)}.failed({what.kind!r})")
        elif name == REFERENCE or (name in mistakes and one.differs(name)):  # a right one is seen as the reference
            lines.append(f"{name!r}: lambda: {observation_text(what, one.expected, case, writer, main, arrays)}")
    wanted = [f"expected=lambda: {writer.value(one.expected, main)}"] if case.expected else []
    given = [str(index), repr(case.name), repr(case.group), probe, compare, f"call={call!r}", *wanted]
    return f"{main.imported(REPLAY)}.case({', '.join(given)}, seen={{{', '.join(lines)}}})"


def observation_text(what: Any, expected: Any, case: Case, writer: Writer, main: Sheet, arrays: Arrays) -> str:
    """An observation as text. A large array is stored in a shorter form where the comparison cannot tell the two apart.

    Of random weights it looks at moments only: sorted and rounded they take a tenth of the space.
    """
    if not isinstance(what, np.ndarray) or what.dtype != np.float64 or what.size < SMALL:
        return writer.value(what, main)
    ordered = np.sort(what, axis=None).reshape(what.shape)
    right = case.compare(what, expected, 1.0) is None
    for dtype in (np.float16, np.float32):
        with np.errstate(all="ignore"):
            short = ordered.astype(dtype)
        back = short.astype(np.float64)
        alike = case.compare(back, what, NARROW) is None and case.compare(what, back, NARROW) is None
        if alike and (case.compare(back, expected, 1.0) is None) == right:
            return arrays.expression(short, main, "float64")
    return writer.value(what, main)


def observed(ex: Exercise, case: Case, index: int, objects: Sequence[Any]) -> Any:
    """What a case observes on some objects, or the failure in its place; the same each time."""
    with seeded():
        try:
            return case.probe(rng_of(case, index, PUBLIC_SEED), *(local(o) for o in objects))
        except StudentFailure as failure:
            return failure


@contextlib.contextmanager
def seeded() -> Iterator[None]:
    """The global generators in a known state, as some wrong versions draw from them."""
    state, array_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(array_state)  # noqa: NPY002
