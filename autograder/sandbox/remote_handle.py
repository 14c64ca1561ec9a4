"""A handle on an object of a student's process, with the operations of `autograder.handle.Handle`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder.handle import FLOAT_WARNINGS, Reply

if TYPE_CHECKING:
    from autograder.sandbox.remote import Session

__all__ = ["RemoteHandle", "clean"]


class RemoteHandle:
    """A handle on an object of the other process, with the operations of `autograder.handle.Handle`."""

    def __init__(self, session: Session, number: int, shown: str) -> None:
        self.session, self.number, self.shown = session, number, shown
        self.process = session.process

    def call(self, *args: Any, **kwargs: Any) -> Reply:
        """Call the object with copies of the arguments.

        Raises:
            StudentFailure: it raised, returned what is not acceptable as data, or ran into a limit.
        """
        got = self.session.ask(self.process, "call", handle=self, args=list(args), kwargs=kwargs, after=True)
        after, named, caught = got.get("args"), got.get("kwargs"), got.get("warnings")
        if not (isinstance(after, list) and len(after) == len(args) and isinstance(named, dict)
                and set(named) == set(kwargs) and isinstance(caught, list | tuple)
                and all(isinstance(name, str) for name in caught)):  # fmt: skip
            raise self.session.violated("a reply of the wrong form")
        return Reply(got.get("value"), after, named, [name for name in FLOAT_WARNINGS if name in caught])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        got = self.session.ask(self.process, "call", handle=self, args=list(args), kwargs=kwargs, after=False)
        return got.get("value")

    def get(self, name: str) -> Any:
        """Read an attribute."""
        return self.session.ask(self.process, "get", handle=self, name=name).get("value")

    def set(self, name: str, value: Any) -> None:
        """Set an attribute."""
        self.session.ask(self.process, "set", handle=self, name=name, value=value)

    def __repr__(self) -> str:
        return self.shown

    def __del__(self) -> None:
        if self.process is self.session.process:
            self.session.released.append(self.number)


def clean(text: str, length: int) -> str:
    """A text of a student's making: short, and without what would steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text[:length])
