"""The exercises, one module a topic; a topic is also the name of its assignment.

Where a topic is large its wrong versions and its probes stand beside it, in modules ``_TOPIC_….py``;
a module whose name begins with an underscore is no topic.

A course may keep exercises of its own outside of the package: folders named in the environment variable
``AUTOGRADER_CHECKS`` (separated as in PATH) are searched after this one.
"""

from __future__ import annotations

import importlib
import os
import pkgutil

from autograder.exercise import REGISTRY, Exercise

__all__ = ["exercises", "of_topic", "topics"]

__path__ += [folder for folder in os.environ.get("AUTOGRADER_CHECKS", "").split(os.pathsep) if folder]


def topics() -> list[str]:
    """Names of all topics, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def of_topic(topic: str) -> dict[str, Exercise]:
    """The exercises of one topic, by id, in the order of their declaration."""
    importlib.import_module(f"{__name__}.{topic}")
    return {id: ex for id, ex in REGISTRY.items() if ex.topic == topic}


def exercises() -> dict[str, Exercise]:
    """All exercises, by id."""
    for topic in topics():
        importlib.import_module(f"{__name__}.{topic}")
    return dict(REGISTRY)
