"""The benchmarks run, and their contestants agree. How fast they are is not tested: that depends on the machine."""

import json
import subprocess
import sys
from pathlib import Path


def benchmarks(*options):
    return subprocess.run(
        [sys.executable, Path(__file__).parent, *options], capture_output=True, text=True, timeout=120
    )


def test_rows_are_measured_and_written_to_a_file(tmp_path):
    path = tmp_path / "figures.json"
    only = r"10, batch 32, float32|batch norm .* float64|garbage"
    done = benchmarks("--only", only, "--rounds", "2", "--turn", "0.001", "--json", str(path))
    assert done.returncode == 0, done.stderr
    lines = json.loads(path.read_text())["lines"]
    assert len({line["row"] for line in lines}) == 3
    hand = next(line for line in lines if line["contestant"] == "hand-tuned NumPy")
    assert len(hand["times"]) == 2 and hand["ratio"] > 0 and hand["goal"] == "≤ 1.35"
    counted = next(line for line in lines if "garbage" in line["row"])
    assert counted["value"] == "0 objects" and counted["met"] is True
    assert "hand-tuned NumPy" in done.stdout and "One thread each" in done.stdout


def test_a_pattern_that_no_row_matches_is_wrong_usage():
    done = benchmarks("--only", "no such row")
    assert done.returncode == 2 and "no row matches 'no such row'" in done.stderr
