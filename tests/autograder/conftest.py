"""What several tests of the grader begin with."""

import json

import pytest
import toy

from autograder.intake.package import read_package


@pytest.fixture(scope="module")
def browser():
    """A browser for the tests of one file."""
    from in_browser import open_browser

    with open_browser() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    """The folder that ada has handed in: the toy assignment, answered rightly."""
    made = tmp_path / "submitted" / "ada" / "toy"
    made.mkdir(parents=True)
    (made / "toy.ipynb").write_text(json.dumps(toy.notebook()))
    return made


@pytest.fixture
def read(course, folder):
    """Reads what lies in `folder`, as a submission to the file's own `course`: (source folder, assignment)."""

    def read(**more):
        return read_package(folder, course[1], course[0], **more)

    return read
