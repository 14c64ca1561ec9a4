"""The course folder: where everything lies, how nbgrader is configured there, and the secret that hidden inputs hang on.

``.autograder/`` in it holds what belongs to the grader alone: ``secret``, ``reseed``, ``journal.jsonl``, ``lock``.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.grading.light_imports import import_nbgrader

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

__all__ = ["CONFIG", "Course", "UsageError", "printable"]

CONFIG = "nbgrader_config.py"
SECRET_BYTES = 32


class UsageError(Exception):
    """The command cannot be carried out as it was given; the text says why and what to do (exit code 2)."""


def printable(text: object) -> str:
    """Text that may be shown in a terminal: control characters and what is no valid Unicode are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


@dataclass(frozen=True)
class Course:
    """A course folder and the gradebook that its marks go to. Made by `Course.open`.

    Attributes:
        root: the folder.
        config: nbgrader's configuration, as the folder's ``nbgrader_config.py`` says.
        db_url: the gradebook's address for SQLAlchemy.
    """

    root: Path
    config: Config
    db_url: str

    @classmethod
    def open(cls, root: Path | str = ".", db_url: str | None = None) -> Course:
        """The course in a folder.

        Args:
            root: the folder that holds ``nbgrader_config.py``.
            db_url: another gradebook than the configured one.

        Raises:
            UsageError: there is no such folder, or no configuration in it, or it cannot be read.
        """
        from traitlets.config import PyFileConfigLoader

        folder = Path(root).resolve()
        if not (folder / CONFIG).is_file():
            raise UsageError(f"{folder} is no course folder: it has no {CONFIG}. Run this in the course folder, or name it "
                             "with --course.")  # fmt: skip
        try:
            config = PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
        except Exception as error:
            raise UsageError(f"{folder / CONFIG} cannot be read: {error!r}") from error
        if db_url is not None:
            config.CourseDirectory.db_url = db_url
        made = cls(folder, config, "")
        return cls(folder, config, made.setting("db_url", f"sqlite:///{folder / 'gradebook.db'}"))

    def directory(self, **names: Any) -> CourseDirectory:
        """nbgrader's own idea of the folder, narrowed by `names`: ``assignment_id``, ``student_id``."""
        import_nbgrader()
        from nbgrader.coursedir import CourseDirectory

        return CourseDirectory(config=self.config, **{"root": str(self.root), **names})

    def folder(self, step: str, student: str = ".", assignment: str = ".") -> Path:
        """Where a step's files lie; `step` is one of source, release, submitted, autograded, feedback."""
        name = self.setting(f"{step}_directory", step)
        laid_out = self.setting("directory_structure", "{nbgrader_step}/{student_id}/{assignment_id}")
        return self.root / laid_out.format(nbgrader_step=name, student_id=student, assignment_id=assignment)

    def setting(self, name: str, default: str) -> str:
        """What the configuration says of nbgrader's CourseDirectory, without importing nbgrader."""
        return self.config.CourseDirectory.get(name, default) if "CourseDirectory" in self.config else default

    def notebook(self, step: str, student: str, assignment: str) -> Path:
        """A step's notebook; an assignment has one, of the same name."""
        return self.folder(step, student, assignment) / f"{assignment}.ipynb"

    def source(self, assignment: str) -> Path:
        """The notebook that an assignment is made from, with its solutions."""
        return self.notebook("source", ".", assignment)

    def assignments(self, wanted: Sequence[str] = ()) -> list[str]:
        """Names of the assignments, all or those wanted.

        Raises:
            UsageError: there are none, or one that is wanted is not there.
        """
        folder = self.folder("source")
        found = sorted(p.parent.name for p in folder.glob("*/*.ipynb") if p.stem == p.parent.name)
        if not found:
            raise UsageError(f"no assignments: {folder} holds no NAME/NAME.ipynb")
        for name in wanted:
            if name not in found:
                near = difflib.get_close_matches(name, found, n=1) or found
                raise UsageError(f"no assignment {name!r} in {folder}; there is {', '.join(near)}")
        return list(dict.fromkeys(wanted)) or found

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook, closed again at the end.

        Raises:
            UsageError: the database cannot be opened.
        """
        import_nbgrader()
        from nbgrader.api import Gradebook

        try:
            gradebook = Gradebook(self.db_url, self.directory().course_id)
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UsageError(f"the gradebook {self.db_shown} cannot be opened: {reason}") from error
        with gradebook:
            yield gradebook

    @property
    def db_shown(self) -> str:
        """The gradebook's address without its password."""
        from sqlalchemy.engine import make_url

        try:
            return make_url(self.db_url).render_as_string(hide_password=True)
        except Exception:
            return "(an address that SQLAlchemy does not understand)"

    @property
    def state(self) -> Path:
        """``.autograder/``, made where it is missing."""
        folder = self.root / ".autograder"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def secret(self) -> bytes:
        """The course's secret, made at first use. Hidden inputs cannot be foretold without it.

        Raises:
            UsageError: the file is damaged.
        """
        path = self.state / "secret"
        if not path.exists():
            fresh = path.with_name(f"secret.{os.getpid()}")
            fresh.touch(0o600, exist_ok=False)
            fresh.write_bytes(secrets.token_bytes(SECRET_BYTES))
            with contextlib.suppress(FileExistsError):  # another process was faster: its secret it is
                os.link(fresh, path)
            fresh.unlink()
        secret = path.read_bytes()
        if len(secret) != SECRET_BYTES:
            raise UsageError(f"{path} is damaged: {len(secret)} bytes instead of {SECRET_BYTES}. Bring back the old one, or "
                             "delete it (hidden inputs then change for everybody).")  # fmt: skip
        return secret

    def reseed(self, *, advance: bool = False) -> int:
        """How often the hidden inputs were drawn anew; `advance` draws them anew once more, for this and later runs."""
        path = self.state / "reseed"
        try:
            count = int(path.read_text()) if path.exists() else 0
        except ValueError:
            raise UsageError(f"{path} is damaged: it must hold a number") from None
        if advance:
            count += 1
            path.write_text(f"{count}\n")
        return count
