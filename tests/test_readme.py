"""What the README shows works as shown."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_example_of_the_package_trains_a_network(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = [code for code in re.findall(r"```python\n(.*?)```", text, re.S) if "from gradus" in code]
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    loss, accuracy = re.search(r"\(([\d.]+), ([\d.]+)\)", printed).groups()
    assert float(loss) < 0.2 and float(accuracy) > 0.95
    assert printed.startswith("epoch  train_loss  train_accuracy\n")
