"""Completion, tried in a real shell."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess

import pytest

from autograder.cli import COMMANDS, main, parser

SHELLS = ("bash", "zsh", "fish", "tcsh")


def script(shell: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["completion", shell]) == 0
    return said.getvalue()


@pytest.fixture(scope="module")
def bash_script():
    return script("bash")


def completed(script: str, line: str, folder) -> list[str]:
    """What bash offers for the last word of a command line."""
    words = line.split(" ")
    quoted = " ".join(f"'{w}'" for w in words)
    ask = (
        f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}\n"
        'how=$(complete -p autograder); function=${how##*-F }; function=${function%% *}\n"$function" autograder\n'
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", ask], cwd=folder, capture_output=True, text=True, timeout=20, check=True
    )
    return ran.stdout.split()


@pytest.fixture
def course(tmp_path):
    for name in ("initialization", "inverse_problems", "network_by_hand", ".ipynb_checkpoints"):
        (tmp_path / "solutions" / "assignments" / name).mkdir(parents=True)
    (tmp_path / "handed_in").mkdir()
    (tmp_path / "handed_in.zip").touch()
    return tmp_path


def test_bash_completes_commands(bash_script, course):
    assert completed(bash_script, "autograder rel", course) == ["release"]
    names = {module.__name__.rpartition(".")[2] for module in COMMANDS}
    assert set(completed(bash_script, "autograder ", course)) >= names


def test_bash_completes_the_options_of_a_command(bash_script, course):
    assert completed(bash_script, "autograder grade --res", course) == ["--results", "--resume", "--reseed"] or set(
        completed(bash_script, "autograder grade --res", course)
    ) >= {"--results", "--resume", "--reseed"}
    assert completed(bash_script, "autograder release --res", course) == []


def test_bash_completes_the_assignments_of_the_folder(bash_script, course):
    assert sorted(completed(bash_script, "autograder grade in", course)) == ["initialization", "inverse_problems"]
    assert completed(bash_script, "autograder bundle net", course) == ["network_by_hand"]


def test_bash_completes_folders_and_files_where_an_option_asks_for_them(bash_script, course):
    assert completed(bash_script, "autograder grade --submitted hand", course) == ["handed_in"]
    assert sorted(completed(bash_script, "autograder bundle --to hand", course)) == ["handed_in", "handed_in.zip"]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_with_every_command(shell):
    made = script(shell)
    [subparsers] = (a for a in parser()._actions if a.dest == "command")
    assert all(re.search(rf"\b{name}\b", made) for name in subparsers.choices)
    checks = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"], "tcsh": ["tcsh", "-n"]}
    if shutil.which(shell):
        subprocess.run([*checks[shell]], input=made, text=True, timeout=20, check=True, stdin=None)


def test_an_unknown_shell_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["completion", "cmd.exe"])
    assert exit.value.code == 2
    assert "bash" in capsys.readouterr().err
