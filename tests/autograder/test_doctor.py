"""The doctor: its attacks work where nothing stops them, fail in the sandbox, and leave nothing behind."""

from __future__ import annotations

import ast
import inspect
import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.doctor import examination, table
from autograder.doctor.examination import MODULES, PROBES, Examination, examine, planted, self_test
from autograder.doctor.table import Diagnosis, as_data, as_table
from autograder.sandbox import jail
from autograder.sandbox.starting import NotStarted, best

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="namespaces, Landlock and seccomp are Linux's")
CONFINED = pytest.mark.skipif(not jail.confined(best()), reason="this machine cannot confine")
# What a process may do that nothing confines, whoever runs it and wherever: the attacks must show it.
ALWAYS = {
    "course_folder", "gradebook", "write_marks", "course_secret", "classmate", "checks", "reference", "environments",
    "command_lines", "outside", "hard_link", "found_file", "tcp", "udp", "unix_socket", "abstract_socket", "neighbours_socket",
    "new_process", "many_processes", "other_program", "own_program", "signal_judge", "signal_all", "signal_parent",
    "judges_limits", "judges_priority", "kill", "memory", "open_files", "large_file",
}  # fmt: skip


@pytest.fixture(scope="module")
def unconfined(tmp_path_factory):
    there = Path.cwd()
    course = tmp_path_factory.mktemp("course")
    (course / "nbgrader_config.py").write_text("# a course")
    os.chdir(course)
    try:
        return examine(())
    finally:
        os.chdir(there)


def leftovers():
    folders = {Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home()}
    return {p for folder in folders if folder.is_dir() for p in folder.glob("autograder-doctor-*")}


@LINUX
def test_without_layers_the_attacks_succeed(unconfined):
    assert not unconfined.broken
    assert ALWAYS - unconfined.succeeded == set()
    assert len(unconfined.succeeded) > 0.6 * len(PROBES)


@LINUX
def test_what_attacks_leave_is_cleared_away(unconfined):
    assert {"file_left", "memory_left"} <= unconfined.succeeded
    assert leftovers() == set()
    with planted() as told:
        left = Path(tempfile.gettempdir(), f"{told['marker']}.left")
        left.write_text("x")
        assert Path(told["planted"], "gradebook.db").exists() and told["marker"] in os.environ.values()
    assert not left.exists() and not Path(told["planted"]).exists()
    assert told["marker"] not in os.environ.values() and not examination.running(told["marker"])


@CONFINED
def test_no_attack_gets_through_all_layers():
    assert self_test() == []
    assert examine(best()).failed_to_stop == []


@CONFINED
@pytest.mark.parametrize(
    ("layer", "stopped"),
    [
        ("namespaces", {"gradebook", "tcp", "udp", "unix_socket", "signal_judge", "command_lines"}),
        ("landlock", {"gradebook", "course_secret", "tcp", "abstract_socket"}),
        ("seccomp", {"tcp", "udp", "new_process", "kill", "bpf", "io_uring", "i386_calls"}),
        ("rlimits", {"memory", "large_file", "open_files"}),
    ],
)
def test_each_layer_alone_stops_what_it_is_for(layer, stopped):
    if layer not in best():
        pytest.skip(f"no {layer} here")
    assert stopped & examine((layer,)).succeeded == set()


def test_an_attack_with_a_fault_of_its_own_counts_as_one_that_gets_through(monkeypatch):
    broken = examination.Cell("solution", "broken", "def root(told):\n    return undefined_name")
    monkeypatch.setattr(examination, "CELLS", [*examination.CELLS[:-1], broken, examination.CELLS[-1]])
    found = examine(best())
    assert "root" in found.failed_to_stop and "undefined_name" in found.broken["root"]


def test_attacks_need_the_standard_library_alone_and_share_one_namespace():
    defined: dict[str, str] = {}
    for module in (examination.system, *MODULES):
        tree = ast.parse(inspect.getsource(module))
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
                assert all(n.split(".")[0] in {*sys.stdlib_module_names, "autograder"} for n in names), module
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert defined.setdefault(node.name, module.__name__) == module.__name__, node.name
    assert len({p.name for p in PROBES}) == len(PROBES) > 40
    assert all(p.text.endswith(".") and "\n" not in p.text for p in PROBES)


# ------------------------------------------------------------------ what is shown


def diagnosis(through: set[str]) -> Diagnosis:
    """A machine with two layers, each of which stops one of two attacks; `through` gets through both."""
    layers = ("seccomp", "rlimits", "landlock")
    found = {
        "none": Examination((), {"memory", "tcp"}),
        "landlock": Examination(("landlock",), {"memory", "tcp"}),
        "seccomp": Examination(("seccomp",), {"memory"}),
        "rlimits": Examination(("rlimits",), {"tcp"}),
        "all": Examination(layers, through),
    }
    return Diagnosis(layers, {"cgroup": "not delegated"}, found)


@pytest.fixture
def ordinary_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_the_table_says_which_layer_stops_what(ordinary_user):
    text = as_table(diagnosis(set()))
    lines = {line[:20].strip(): line[20:].split() for line in text.splitlines() if line.startswith("  ")}
    assert text.startswith("Level: landlock+seccomp+rlimits")
    assert "not here: not delegated" in text
    assert lines["tcp"] == ["✗", "✓", "✗", "✓"]  # landlock, seccomp, rlimits, all
    assert lines["memory"] == ["✗", "✗", "✓", "✓"]
    assert set(lines["root"]) == {"–"}
    assert "no other layer: memory" in text and text.splitlines()[-1].startswith("Confined")


def test_one_attack_that_gets_through_is_not_confined(ordinary_user):
    made = diagnosis({"tcp"})
    assert not made.confined and as_table(made).splitlines()[-1] == "NOT CONFINED: tcp"
    data = as_data(made)
    assert data["confined"] is False and data["all"]["through"] == ["tcp"]
    assert data["layers"]["seccomp"]["stopped"] == ["tcp"] and data["layers"]["cgroup"]["available"] is False
    assert next(a for a in data["attacks"] if a["name"] == "memory")["stopped_by"] == ["rlimits", "all"]


def test_few_layers_are_not_enough_even_if_nothing_gets_through(ordinary_user):
    made = diagnosis(set())
    made.layers = ("rlimits",)
    assert not made.confined and "not enough" in as_table(made)


def test_a_sandbox_that_does_not_start_is_not_confined(monkeypatch):
    def examine(layers, done):
        if len(layers) > 1:
            raise NotStarted("no such luck")
        return Examination(tuple(layers), {"tcp"})

    monkeypatch.setattr(table, "examine", examine)
    monkeypatch.setattr(table.starting, "best", lambda: ("seccomp", "rlimits", "landlock"))
    made = table.diagnose()
    assert not made.confined and as_table(made).splitlines()[-1] == (
        "NOT CONFINED: the sandbox does not start: no such luck"
    )


@CONFINED
def test_a_layer_that_was_asked_for_and_does_not_stand_stops_the_run(monkeypatch):
    monkeypatch.setattr(examination, "submission", without_seccomp)
    with pytest.raises(NotStarted, match="without seccomp"):
        self_test()


def without_seccomp(layers):
    return examination.Session(examination.CELLS, {}, examination.LIMITS, imports=(),
                               layers=tuple(la for la in layers if la != "seccomp"))  # fmt: skip


@CONFINED
def test_the_command_says_how_the_machine_stands(capsys):
    assert main(["doctor", "--quick", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"level": jail.name_of(best()), "confined": True, "through": []}


def test_the_command_fails_where_an_attack_gets_through(capsys, monkeypatch):
    monkeypatch.setattr(examination, "self_test", lambda layers=None: ["found_file"])
    assert main(["doctor", "--quick"]) == 1
    assert "1 of" in (out := capsys.readouterr().out) and "found file" in out and "NOT CONFINED" in out
