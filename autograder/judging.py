"""How an answer is judged: every case tried, the points counted, the mistake behind a wrong answer recognised.

`judge` runs unchanged in a notebook, where the objects are in the same process, and in the grader, where they are not. It
alone decides points and verdict; nothing that comes from the student's side is more to it than a value to be compared.
"""

from __future__ import annotations

import builtins
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from autograder.comparison import Difference
from autograder.exercise import Case, Exercise, Mistake
from autograder.handle import StudentFailure, local
from autograder.wording import shortened

LOG = logging.getLogger("autograder.judging")

__all__ = ["VERDICTS", "Answer", "CaseResult", "judge", "unanswered"]

VERDICTS = (
    "pass", "wrong", "raised", "time-limit", "memory-limit", "output-limit", "process-limit", "crashed",
    "protocol-violation", "missing", "malformed", "quarantined", "grader-fault",
)  # fmt: skip
LIMITS = {"time-limit", "memory-limit", "output-limit", "process-limit", "crashed", "protocol-violation"}
PUBLIC_SEED = 20_150_206  # the same for everybody: public cases are the ones a student can talk about
OBSERVED: dict[tuple[int, int], tuple[Any, Case, Any]] = {}
SAID_BY_ITSELF = {  # what the student's own process reports, or brings about: its words could carry hidden inputs
    "memory-limit": "Your code used more memory than there is for it.",
    "output-limit": "Your code wrote more than there is room for.",
    "protocol-violation": "Stopped: your code sent the grader what no honest code sends.",
    "process-limit": "Your code tried to start another process, or too many threads.",
}
LENGTHS = {"call": 500, "part": 200, "expected": 500, "given": 500, "hint": 1000, "trace": 800}  # of a case's texts
LARGEST = 32 * 2**20  # bytes of an observation that is kept to recognise the mistake behind it
RECOGNISE_SLACK = 1.5  # two random observations are compared, where a mark compares one with an exact value


@dataclass(frozen=True)
class CaseResult:
    """How one case went. The texts are made for the student: those of a hidden case hold no inputs and no values."""

    name: str
    group: str
    passed: bool
    verdict: str = "pass"
    call: str = ""
    part: str = ""
    expected: str = ""
    given: str = ""
    hint: str = ""
    trace: str = ""

    def __post_init__(self) -> None:
        for name, most in LENGTHS.items():
            object.__setattr__(self, name, shortened(getattr(self, name), most))


@dataclass(frozen=True)
class Answer:
    """The judgement of one exercise: points, verdict and everything a student reads.

    Attributes:
        score: between 0 and `points`, in steps of one half.
        verdict: one of `VERDICTS`; partial marks are "wrong".
        message: the sentence that matters most.
        misconception: the name of the recognised mistake, or None.
        waiting: names of cases that only the grader has: the points are not known here (a student's kit).
    """

    exercise: str
    points: int
    score: float
    verdict: str
    message: str
    misconception: str | None = None
    results: tuple[CaseResult, ...] = ()
    chapter: str = ""
    section: str = ""
    notes: tuple[str, ...] = field(default=())
    waiting: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a journal."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Answer:
        """What `to_dict` gave, as an answer again."""
        results = tuple(CaseResult(**r) for r in data["results"])
        return cls(
            **{**data, "results": results, "notes": tuple(data["notes"]), "waiting": tuple(data.get("waiting", ()))}
        )


def unanswered(ex: Exercise, verdict: str, message: str, trace: str = "") -> Answer:
    """An answer without points: nothing could be tried."""
    results = (CaseResult("your code runs", "public", False, verdict, hint=message, trace=trace),) if trace else ()
    return Answer(ex.id, ex.points, 0.0, verdict, message, None, results, ex.chapter, ex.section)


def judge(
    ex: Exercise,
    fetch: Callable[[], Sequence[Any]],
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Answer:
    """Try all cases of an exercise on a student's objects.

    Args:
        ex: the exercise.
        fetch: gives the student's objects (handles or plain data), called before each case, so that a process that
            was stopped can be replaced in between.
        seed: of the hidden cases.
        progress: called with (cases done, cases in all).

    Returns:
        The answer; every failure of the student's code is in it, none is raised.

    Raises:
        Exception: something of ours failed; the caller's verdict is "grader-fault".
    """
    results: dict[int, CaseResult] = {}
    failed: list[tuple[int, Any]] = []
    limits, stopped = 0, ""
    hidden_last = sorted(range(len(ex.cases)), key=lambda i: ex.cases[i].group == "hidden")
    for done, index in enumerate(hidden_last, 1):  # what is shown comes from code that has not seen a hidden input
        case = ex.cases[index]
        if limits >= 2:  # two calls ran into a limit: the others would only cost time
            results[index] = CaseResult(case.name, case.group, False, stopped, hint="Not tried any more.")
            continue
        try:
            objects = fetch()
        except StudentFailure as failure:
            observation, results[index] = failed_case(ex, index, seed, failure)
        else:
            observation, results[index] = try_case(ex, index, seed, objects)
        if results[index].verdict in LIMITS:
            limits, stopped = limits + 1, results[index].verdict
        if not results[index].passed:
            failed.append((index, observation if size_of(observation) <= LARGEST else StudentFailure("wrong")))
        if progress:
            progress(done, len(ex.cases))
    if results and all(r.verdict == "missing" for r in results.values()):
        return unanswered(ex, "missing", missing_text(failed[0][1]))
    found = recognise(ex, seed, sorted(failed, key=lambda pair: pair[0])) if failed else None
    return count(ex, [results[index] for index in range(len(ex.cases))], found)


def size_of(value: Any) -> int:
    """Bytes of the arrays in an observation."""
    if isinstance(value, list | tuple | dict):
        return sum(map(size_of, value.values() if isinstance(value, dict) else value))
    return value.nbytes if isinstance(value, np.ndarray) else 0


def try_case(ex: Exercise, index: int, seed: int, objects: Sequence[Any]) -> tuple[Any, CaseResult]:
    """Try one case: the observation, or the failure in its place, and how it went.

    Raises:
        Exception: the check fails on its own reference, too.
    """
    case = ex.cases[index]
    try:
        observation = case.probe(rng_of(case, index, seed), *objects)
        return observation, compare_case(ex, case, index, seed, observation)
    except StudentFailure as failure:
        return failed_case(ex, index, seed, failure)
    except Exception as error:
        if not compare_case(ex, case, index, seed, of_reference(ex, case, index, seed)).passed:
            raise
        # The reference goes through the very same case: what the student's code gave is what the check stumbled over.
        LOG.warning("the check of %s, %r, cannot use what it was given", ex.id, case.name, exc_info=error)
        unusable = "What your code gave back cannot be used in the way the task describes."
        return failed_case(ex, index, seed, StudentFailure("wrong", text=unusable))


def failed_case(ex: Exercise, index: int, seed: int, failure: StudentFailure) -> tuple[StudentFailure, CaseResult]:
    """A case in which the student's code gave no observation."""
    failure.__traceback__ = failure.__context__ = None  # they hold on to all that the case was given
    return failure, compare_case(ex, ex.cases[index], index, seed, failure)


def rng_of(case: Case, index: int, seed: int) -> np.random.Generator:
    """The generator of a case: another one for each case, and for hidden cases for each seed."""
    return np.random.default_rng([index, seed if case.group == "hidden" else PUBLIC_SEED])


def expected_of(ex: Exercise, case: Case, index: int, seed: int) -> Any:
    """What is expected in a case: what the declaration says, or what the reference does."""
    if case.expected is not None:
        return case.expected(rng_of(case, index, seed))
    return of_reference(ex, case, index, seed)


def of_reference(ex: Exercise, case: Case, index: int, seed: int) -> Any:
    """The observation on the reference.

    Raises:
        RuntimeError: the reference fails: a fault of ours.
    """
    try:
        return observed(ex, ex.reference, case, index, seed)
    except StudentFailure as failure:
        raise RuntimeError(f"the reference of {ex.id} failed in {case.name!r}: {failure}") from failure


def observed(owner: Exercise | Mistake, objects: Sequence[Any], case: Case, index: int, seed: int) -> Any:
    """What a case observes on objects of ours. Where its inputs are the same for everybody it is asked once."""
    if case.group == "hidden":
        return case.probe(rng_of(case, index, seed), *map(local, objects))
    known = OBSERVED.get((id(owner), id(case)))
    if known is None:
        known = (owner, case, case.probe(rng_of(case, index, seed), *map(local, objects)))
        if all_plain(known[2]):
            OBSERVED[id(owner), id(case)] = known  # with owner and case, so that their ids stay theirs
    return known[2]


def all_plain(value: Any) -> bool:
    """Whether an observation is data through and through, without an object that looking at it could change."""
    if isinstance(value, list | tuple | dict):
        return all(map(all_plain, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, bool | int | float | complex | str | np.ndarray | np.generic)


def compare_case(ex: Exercise, case: Case, index: int, seed: int, observation: Any) -> CaseResult:
    """Hold an observation against the expected one and put the difference into words."""
    show = case.group != "hidden"
    call = case.shown(rng_of(case, index, seed), ex.names) if show and case.shown else ""
    if isinstance(observation, StudentFailure):
        text, trace = failure_text(observation, show)
        return CaseResult(case.name, case.group, False, observation.verdict, call, hint=text, trace=trace)
    difference = case.compare(observation, expected_of(ex, case, index, seed), 1.0)
    if difference is None:
        return CaseResult(case.name, case.group, True)
    hint = difference.sentence(show)
    if not show:
        return CaseResult(case.name, case.group, False, "wrong", hint=hidden_text(difference, hint))
    return CaseResult(case.name, case.group, False, "wrong", call, difference.part, difference.expected,
                      difference.given, hint)  # fmt: skip


def hidden_text(difference: Difference, hint: str) -> str:
    """What may be said of a difference in a hidden case: which sort it is, never a value."""
    what = {"type": "It is not of the expected type.", "shape": "The shape is wrong.",
            "dtype": "The dtype is wrong."}.get(difference.kind, "The values are wrong.")  # fmt: skip
    part = f" ({difference.part})" if difference.part else ""
    return f"{what[:-1]}{part}. {hint}".strip() if not (hint and difference.kind == "values") else hint


def failure_text(failure: StudentFailure, show: bool) -> tuple[str, str]:
    """A failure in words, and the student's lines of the traceback.

    In a hidden case neither the exception's text nor a name of the student's own making is repeated: both could carry
    the inputs out.
    """
    if failure.kind:
        if show:
            return f"Your code raised {failure.kind}: {failure.text}".rstrip(": "), failure.trace
        known = isinstance(getattr(builtins, failure.kind, None), type)
        return f"Your code raised {failure.kind if known else 'an exception of its own'}.", ""
    if failure.verdict in SAID_BY_ITSELF and not show:
        return SAID_BY_ITSELF[failure.verdict], ""
    if failure.verdict in LIMITS or show:
        return failure.text[:1].upper() + failure.text[1:], ""
    return "It is not of the expected type.", ""


def missing_text(failure: StudentFailure) -> str:
    return "Not started yet: your code still raises NotImplementedError." if failure.kind else failure.text


def recognise(ex: Exercise, seed: int, failed: list[tuple[int, Any]]) -> Mistake | None:
    """The mistake whose wrong version did what the student's did: in the first failed case, and in most of the others."""
    matching: list[tuple[int, Mistake]] = []
    for mistake in ex.mistakes:
        matches = 0
        for position, (index, observation) in enumerate(failed):
            if not alike(ex.cases[index], index, seed, observation, mistake):
                if position == 0:
                    break
                continue
            matches += 1
        if matches:
            matching.append((matches, mistake))
    wrong = {index for index, _ in failed}
    ranked = sorted(matching, key=lambda pair: -pair[0])
    return next((m for _, m in ranked if keeps_to(ex, seed, m, wrong)), None)


def keeps_to(ex: Exercise, seed: int, mistake: Mistake, wrong: set[int]) -> bool:
    """Where all the student's values are right, whether those of a wrong version are, too: else it explains nothing."""
    of_values = [i for i, case in enumerate(ex.cases) if case.group != "purity"]
    if wrong & set(of_values):
        return True
    objects = [local(o) for o in mistake.objects]
    return all(try_case(ex, i, seed, objects)[1].passed for i in of_values)


def alike(case: Case, index: int, seed: int, observation: Any, mistake: Mistake) -> bool:
    """Whether a wrong version does in this case what the student's did."""
    try:
        wrong = observed(mistake, mistake.objects, case, index, seed)
    except StudentFailure as failure:
        return isinstance(observation, StudentFailure) and observation.kind == failure.kind != ""
    if isinstance(observation, StudentFailure):
        return False
    if case.expected is None:
        return case.compare(observation, wrong, 1.0) is None
    rightly = case.compare(wrong, case.expected(rng_of(case, index, seed)), 1.0) is None
    return not rightly and case.compare(observation, wrong, RECOGNISE_SLACK) is None


def count(ex: Exercise, results: list[CaseResult], found: Mistake | None) -> Answer:
    """Points by case group; none at all where no hidden case passes (in a student's kit, which has none, no public one)."""
    failures = [r for r in results if not r.passed]
    if not failures:
        return Answer(
            ex.id,
            ex.points,
            float(ex.points),
            "pass",
            "All right.",
            None,
            tuple(results),
            ex.chapter,
            ex.section,
            waiting=ex.waiting,
        )
    score = 0.0
    if any(r.passed for r in results if r.group == ("public" if ex.waiting else "hidden")):
        for group in ("public", "hidden", "purity"):
            of_group = [r.passed for r in results if r.group == group]
            score += ex.weight(group) * sum(of_group) / max(len(of_group), 1)  # type: ignore[arg-type]
    score = min(math.floor(2 * ex.points * score + 1e-9) / 2, ex.points - 0.5)
    first = failures[0]
    message = found.sentence if found else first.hint
    if not message:
        message = f"{first.name}: expected {first.expected}, yours is {first.given}." if first.expected else first.name
    verdict = first.verdict if score == 0 or first.verdict in LIMITS else "wrong"
    return Answer(ex.id, ex.points, score, verdict, message, found.name if found else None, tuple(results),
                  ex.chapter, ex.section, waiting=ex.waiting)  # fmt: skip
