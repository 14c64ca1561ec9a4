"""The class report: ``report/ASSIGNMENT.html`` and ``.json``: what the class knows, what it believes, where to look.

One page that stands alone, without scripts. Anonymised, students have pseudonyms from the start: the report is built with
them, no name is taken out of it afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

from autograder.grading.course import Course, UsageError, printable
from autograder.grading.run import write_whole
from autograder.judging import LIMITS, VERDICTS
from autograder.reports.class_data import ClassData, Seen, gather
from autograder.reports.class_page import class_page

__all__ = ["class_reports", "pseudonyms", "report_of"]

NameOf = Callable[[str], str]
BIN_WIDTHS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_BINS = 12
SLOW_TIMES, SLOW_SECONDS, MOST_SLOW = 5.0, 2.0, 20  # so many times the median, and at least so long
TO_LOOK_AT = ("protocol-violation", "quarantined", "grader-fault", "crashed", "time-limit", "memory-limit", "output-limit",
              "process-limit")  # fmt: skip
NOTES = (  # what a note says -> the heading it is counted under
    ("invisible characters", "invisible characters in the code"),
    ("no Unicode", "characters that are no Unicode"),
    ("null bytes", "null bytes in the code"),
    ("read-only cell", "a read-only cell was changed: the original counted"),
    ("was deleted", "a cell was deleted"),
    ("moved", "cells were moved: they ran in the order of the assignment"),
    ("cells have the id", "a cell was copied: the first one counted"),
    ("lost its nbgrader metadata", "a cell lost its metadata and was found by its id"),
    ("no code cell", "a code cell was turned into text"),
    ("was left out", "a cell was too long and left out"),
    ("has no effect here", "a magic command or a line for the shell: it has no effect in the grader"),
    ("old format", "a notebook in an old format"),
)
VERSION = re.compile(r"[0-9a-f]{8}|\d+(\.\d+)+((a|b|rc|\.dev|\.post)\d+)*")
OTHER_NOTE = "something else about the notebook"


def class_reports(
    course: Course, names: Sequence[str], out: Path | None = None, anonymous: bool = False
) -> Iterator[Path]:
    """Write the reports on a class.

    Args:
        names: of assignments; those that nobody has handed in are passed over.
        out: the folder; ``report/`` in the course folder where left out, ``report/anonymous/`` for the anonymised ones.
        anonymous: with pseudonyms, and without anything a student wrote.

    Yields:
        each page's file; the data lie beside it with the ending .json.

    Raises:
        UsageError: nothing has been graded, or the folder cannot be made.
    """
    folder = out or course.root / "report" / ("anonymous" if anonymous else "")
    all_data = gather(course, names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out: {folder} cannot be made: {error.strerror}") from error
    for data in all_data:
        name_of: NameOf = pseudonyms(course.secret(), data.students).__getitem__ if anonymous else printable
        report = report_of(data, name_of, anonymous=anonymous)
        write_whole(folder / f"{data.assignment.name}.json", json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        page = folder / f"{data.assignment.name}.html"
        write_whole(page, class_page(report))
        yield page


def pseudonyms(secret: bytes, students: Iterable[str]) -> dict[str, str]:
    """student -> "student 07": numbered in an order that only the course's secret gives away, the same in every report on
    the same students."""
    key = hmac.digest(secret, b"pseudonyms of students", "sha256")
    order = sorted(students, key=lambda s: hmac.digest(key, s.encode("utf-8", "surrogatepass"), hashlib.sha256))
    digits = max(2, len(str(len(order))))
    return {student: f"student {number:0{digits}}" for number, student in enumerate(order, 1)}


def report_of(data: ClassData, name_of: NameOf, *, anonymous: bool) -> dict[str, Any]:
    """The report as plain data, ready for JSON.

    Args:
        name_of: a student's name in the report.
        anonymous: leave out what students wrote.
    """
    seen = data.seen
    absent = {s for s, own in seen.items() if own and all(one.submission_sha256 == "" for one in own.values())}
    handed_in = sorted(set(data.marks) - absent)

    def named(students: Iterable[str]) -> list[str]:
        return sorted(name_of(student) for student in students)

    stale = [s for s in seen for one in seen[s].values() if one.checks_sha256 != data.assignment.checks_sha256]
    return {
        "assignment": data.assignment.name,
        "title": data.title,
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "anonymous": anonymous,
        "students": len(handed_in),
        "marks": marks_of(data, handed_in),
        "exercises": [exercise_of(data, id, named, set(handed_in)) for id in data.assignment.exercises],
        "flagged": flagged(data, name_of, anonymous=anonymous),
        "slow": slow(data, name_of),
        "similar": sorted(
            ({"students": sorted(map(name_of, pair.students)), "share": round(pair.share, 3), "shared": pair.shared,
              "passages": [asdict(passage) for passage in ordered(pair, name_of)]} for pair in data.pairs),
            key=lambda pair: (-pair["share"], -pair["shared"], pair["students"]),
        ),
        "versions": {"grader": data.versions, "others": other_versions(data, named)},
        "isolation": [
            {"level": level, "students": named(s for s in seen if any(one.isolation == level for one in seen[s].values()))}
            for level in sorted({one.isolation for own in seen.values() for one in own.values()})
        ],
        "stale": named(set(stale)),
        "late": [{"student": name, "hours": round(seconds / 3600, 1)}
                 for name, seconds in sorted((name_of(s), seconds) for s, seconds in data.late.items())],
        "missing": named((set(data.students) - set(data.marks)) | absent),
    }  # fmt: skip


def ordered(pair: Any, name_of: NameOf) -> Iterable[Any]:
    """The passages, their two sides in the order in which the two students are named."""
    first, second = map(name_of, pair.students)
    for one in pair.passages:
        yield one if first <= second else type(one)(one.other_cell, one.other_lines, one.cell, one.lines)


def marks_of(data: ClassData, students: Sequence[str]) -> dict[str, Any]:
    """The distribution of the marks, late penalties taken off; those who handed in nothing are not in it."""
    scores = sorted(data.marks[student].score for student in students)
    most = max((standing.max_score for standing in data.marks.values()), default=0.0)
    width = next((w for w in BIN_WIDTHS if most / w <= MOST_BINS), max(most, 1.0) / MOST_BINS)
    edges = [0.0]
    while edges[-1] + width < most:
        edges.append(edges[-1] + width)
    counts = Counter(min(max(int(score // width), 0), len(edges) - 1) for score in scores)
    quarters = quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else scores * 3
    return {
        "max": most,
        "mean": round(mean(scores), 2) if scores else None,
        "median": median(scores) if scores else None,
        "quartiles": [round(q, 2) for q in quarters],
        "full": sum(score >= most for score in scores),
        "waiting": sum(data.marks[student].waiting for student in students),
        "bins": [{"from": edge, "to": min(edge + width, most), "students": counts[i]} for i, edge in enumerate(edges)],
    }


def exercise_of(
    data: ClassData, id: str, named: Callable[[Iterable[str]], list[str]], handed_in: set[str]
) -> dict[str, Any]:
    """What became of one exercise: how many passed, and what those who did not believe."""
    of_class = {s: own[id] for s, own in data.seen.items() if id in own and s in handed_in}
    points = next((slot.points for slot in data.assignment.slots if slot.grade_id == id), 0.0)
    verdicts = Counter(one.verdict for one in of_class.values())
    sentences = {one.misconception: one.sentence for one in of_class.values() if one.misconception}
    groups: dict[tuple[str, str], list[str]] = {}
    for student, one in of_class.items():
        if one.misconception:
            groups.setdefault(("misconception", one.misconception), []).append(student)
        elif one.trouble:
            groups.setdefault(("trouble", one.trouble), []).append(student)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return {
        "id": id,
        "title": re.sub(r"\s*\(\d[^()]*points?[^()]*\)$", "", data.titles.get(id, id)),
        "points": points,
        "students": len(of_class),
        **{kind: sum(kind_of(one) == kind for one in of_class.values()) for kind in ("passed", "partial", "failed", "missing")},
        "mean": round(mean(one.score for one in of_class.values()), 2) if of_class else None,
        "verdicts": {verdict: verdicts[verdict] for verdict in VERDICTS if verdicts[verdict]},
        "misconceptions": [{"name": name, "sentence": sentences[name], "students": named(students)}
                           for (kind, name), students in ranked if kind == "misconception"],
        "others": [{"what": what, "students": named(students)} for (kind, what), students in ranked if kind == "trouble"],
    }  # fmt: skip


def kind_of(one: Seen) -> str:
    if one.score >= one.max_score:
        return "passed"
    if one.score > 0:
        return "partial"
    return "missing" if one.verdict in ("missing", "malformed") else "failed"


def flagged(data: ClassData, name_of: NameOf, *, anonymous: bool) -> list[dict[str, Any]]:
    """What a person should look at, by what it is: limits, verdicts that changed by themselves, odd notebooks."""
    found: dict[tuple[int, str], list[dict[str, str]]] = {}
    for student, own in data.seen.items():
        for id, one in own.items():
            if one.verdict in TO_LOOK_AT:
                entry = {"student": name_of(student), "exercise": id}
                found.setdefault((TO_LOOK_AT.index(one.verdict), one.verdict), []).append(entry)
        for note in dict.fromkeys(note for one in own.values() for note in one.notes):
            place, what = next(
                ((i, what) for i, (part, what) in enumerate(NOTES) if part in note), (len(NOTES), OTHER_NOTE)
            )
            entry = (
                {"student": name_of(student)} if anonymous else {"student": name_of(student), "note": printable(note)}
            )
            entries = found.setdefault((100 + place, what), [])
            if entry not in entries[-1:]:
                entries.append(entry)
    for student, id in data.unstable:
        what = "another verdict when judged again, although nothing had changed"
        found.setdefault((len(LIMITS) + 10, what), []).append({"student": name_of(student), "exercise": id})
    return [
        {
            "what": what,
            "verdict": place < len(TO_LOOK_AT),
            "students": len({entry["student"] for entry in entries}),
            "entries": sorted(entries, key=lambda e: list(e.values())),
        }
        for (place, what), entries in sorted(found.items())
    ]


def slow(data: ClassData, name_of: NameOf) -> list[dict[str, Any]]:
    """Submissions that took far longer than the others, the slowest first."""
    seconds = {student: sum(one.seconds for one in own.values()) for student, own in data.seen.items() if own}
    limit = max(SLOW_TIMES * median(seconds.values()), SLOW_SECONDS) if seconds else 0.0
    slowest = sorted((s for s in seconds if seconds[s] > limit), key=lambda s: -seconds[s])[:MOST_SLOW]
    entries = []
    for student in slowest:
        id = max(data.seen[student], key=lambda id: data.seen[student][id].seconds)
        entries.append({"student": name_of(student), "seconds": round(seconds[student], 2), "exercise": id,
                        "exercise_seconds": round(data.seen[student][id].seconds, 2)})  # fmt: skip
    return entries


def other_versions(data: ClassData, named: Callable[[Iterable[str]], list[str]]) -> list[dict[str, Any]]:
    """What students' machines ran that the grader's does not: ("NumPy", "1.26.4") -> students."""
    ours = parsed(data.versions)
    found: dict[tuple[str, str], set[str]] = {}
    for student, own in data.seen.items():
        for one in own.values():
            for what, theirs in parsed(one.versions).items():
                if what in ours and theirs != ours[what]:
                    found.setdefault((what, theirs), set()).add(student)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {"what": what, "theirs": theirs, "grader": ours[what], "students": named(students)}
        for (what, theirs), students in ranked
    ]


def parsed(line: str) -> dict[str, str]:
    """The parts of ``checks 1a2b3c4d · NumPy 2.4.6`` that look as they should; a student can write there what he likes."""
    found = (part.rpartition(" ") for part in line.split(" · "))
    return {what: version for what, _, version in found if VERSION.fullmatch(version)}
