"""The sandbox is attacked before it is used: once after each start of the machine, and never trusted where that fails."""

from __future__ import annotations

import json

import pytest

from autograder.doctor import proved as module
from autograder.doctor.proved import proved
from autograder.sandbox.jail import confined
from autograder.sandbox.starting import NotStarted, best


@pytest.fixture
def tests(monkeypatch):
    """What the self-test finds, and how often it was run."""
    found: list[object] = []
    runs: list[tuple[str, ...]] = []

    def self_test(layers):
        runs.append(layers)
        if found and isinstance(found[0], Exception):
            raise found[0]
        return found

    monkeypatch.setattr(module, "best", lambda: ("namespaces", "uid", "landlock", "seccomp", "rlimits"))
    monkeypatch.setattr(module, "self_test", self_test)
    return found, runs


def test_a_sandbox_that_holds_is_attacked_once(tmp_path, tests):
    _, runs = tests
    assert proved(tmp_path) == proved(tmp_path) == (("namespaces", "uid", "landlock", "seccomp", "rlimits"), "")
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("finding", "says"),
    [("course secret", "does not hold: course secret"), (NotStarted("no namespaces"), "no namespaces")],
)
def test_one_that_does_not_is_never_trusted_and_attacked_again(tmp_path, tests, finding, says):
    found, runs = tests
    found.append(finding)
    assert says in proved(tmp_path)[1]
    assert says in proved(tmp_path)[1]
    assert len(runs) == 2


def test_layers_that_are_too_few_need_no_attack(tmp_path, tests, monkeypatch):
    monkeypatch.setattr(module, "best", lambda: ("rlimits",))
    assert "cannot be confined" in proved(tmp_path)[1]
    assert tests[1] == []


@pytest.mark.parametrize("change", ["boot", "code", "record", "layers"])
def test_another_start_other_code_or_a_damaged_record_means_another_attack(tmp_path, tests, monkeypatch, change):
    proved(tmp_path)
    memory = tmp_path / "self_test.json"
    if change == "boot":
        (tmp_path / "boot_id").write_text("another")
        monkeypatch.setattr(module, "BOOT", tmp_path / "boot_id")
    elif change == "code":
        monkeypatch.setattr(module, "fingerprint", lambda: "of other code")
    elif change == "record":
        memory.write_text("{")
    else:  # whoever writes there cannot talk the grader into trusting a plain process
        memory.write_text(json.dumps(json.loads(memory.read_text()) | {"layers": ["rlimits"]}))
    assert proved(tmp_path)[1] == ""
    assert len(tests[1]) == 2


@pytest.mark.skipif(not confined(best()), reason="this machine cannot confine")
def test_the_sandbox_of_this_machine_withstands_the_real_attack(tmp_path):
    assert proved(tmp_path) == (best(), "")
    assert json.loads((tmp_path / "self_test.json").read_text())["layers"] == list(best())
