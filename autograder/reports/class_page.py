"""The class report as a page: what stands in the report as data, as bars and sentences.

The bars are plain HTML, so that they can be read, copied and printed, fit a phone, and follow the colours of the reader's
system; each figure says in words what it shows.
"""

from __future__ import annotations

from typing import Any

from autograder.reports.pages import render

__all__ = ["class_page"]

MOST_BELIEFS = 10  # in the figure at the top
SHORTEST = 4  # students for a bar of full length: what one alone believes is no long bar
KINDS = (("passed", "passed"), ("partial", "in part"), ("failed", "wrong"), ("missing", "not started"))


def class_page(report: dict[str, Any]) -> str:
    """The page of a report, see `class_report.report_of`."""
    beliefs = [
        {**one, "exercise": exercise["id"], "of": exercise["students"]}
        for exercise in report["exercises"]
        for one in exercise["misconceptions"]
    ]
    beliefs.sort(key=lambda one: -len(one["students"]))
    return render(
        "class_report.html", "feedback.css", "class_report.css",
        report=report, marks=columns(report["marks"]), beliefs=beliefs[:MOST_BELIEFS],
        longest=max([SHORTEST, *(len(one["students"]) for one in beliefs)]),
        exercises=[{**exercise, **stack(exercise)} for exercise in report["exercises"]],
        heading=headings(report, beliefs), students=students, percent=percent,
    )  # fmt: skip


def students(number: int) -> str:
    """``1 student``, ``14 students``."""
    return f"{number} student{'s' if number != 1 else ''}"


def percent(part: float, whole: float) -> str:
    """A share as a number for a style: ``37.5``."""
    return f"{100 * part / whole:.4g}" if whole else "0"


def columns(marks: dict[str, Any]) -> dict[str, Any]:
    """The distribution of marks as columns of a height in per cent, with a text that says the same."""
    bins = marks["bins"]
    highest = max((one["students"] for one in bins), default=0)
    made = [
        {**one, "label": f"{one['from']:g}", "width": f"{one['to'] - one['from']:g}", "height": percent(one["students"], highest),
         "edge": "" if one is not bins[-1] else f"{one['to']:g}"}
        for one in bins
    ]  # fmt: skip
    said = ", ".join(f"{one['from']:g} to {one['to']:g}: {one['students']}" for one in bins if one["students"])
    return {**marks, "columns": made, "said": f"Students by points. {said}."}


def stack(exercise: dict[str, Any]) -> dict[str, Any]:
    """The parts of an exercise's bar, and the bars of what was wrong."""
    parts = [
        {"kind": kind, "share": percent(exercise[kind], exercise["students"]), "said": f"{exercise[kind]} {words}"}
        for kind, words in KINDS
        if exercise[kind]
    ]
    wrong = [{**one, "known": True} for one in exercise["misconceptions"]]
    wrong += [
        {"name": one["what"], "sentence": "", "students": one["students"], "known": False} for one in exercise["others"]
    ]
    return {"parts": parts, "wrong": wrong, "said": ", ".join(part["said"] for part in parts)}


def headings(report: dict[str, Any], beliefs: list[dict[str, Any]]) -> dict[str, str]:
    """What each figure shows, in a sentence."""
    marks, tried = report["marks"], [e for e in report["exercises"] if e["students"]]
    heading = {"marks": "Marks", "exercises": "Exercises", "beliefs": ""}
    if marks["median"] is not None:
        heading["marks"] = f"Half of the class has {marks['median']:g} of {marks['max']:g} points or more"
    hardest = min(tried, key=lambda e: e["passed"] / e["students"], default=None)
    if hardest and hardest["passed"] < hardest["students"]:
        heading["exercises"] = f"Hardest: {hardest['title']} ({hardest['passed']} of {hardest['students']} passed)"
    elif hardest:
        heading["exercises"] = "Every exercise was passed by everybody"
    if beliefs:
        first, most = beliefs[0], len(beliefs[0]["students"])
        equal = sum(len(one["students"]) == most for one in beliefs)
        heading["beliefs"] = (
            f"The mistake made most: {first['name'].replace('_', ' ')}, in {first['exercise']}, by {most} of {first['of']}"
            if equal == 1
            else f"No mistake stands out: {equal} are made most, each by {students(most)}"
        )
    return heading
