"""Formulas of docstrings as LaTeX, and the paragraphs on where libraries differ."""

import inspect
import sys
from pathlib import Path

import gradus
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "assets" / "extensions"))

from conventions import differences  # noqa: E402
from docstring_formulas import Unreadable, latex, typeset, typeset_docstring  # noqa: E402


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w ← w − η g", r"w \leftarrow  w - η g"),
        ("m̂ = m / (1 − β1ᵗ)", r"\hat{m} = \frac{m}{1 - β_{1}^{t}}"),
        ("1/N Σ_n X_n", r"\frac{1}{N} \sum _{n} X_{n}"),
        ("√(σ² + ε)", r"\sqrt{σ^{2} + ε}"),
        ("e^−|z|", r"e^{-\left\vert z\right\vert }"),
        ("a_{l−1} @ W_lᵀ", r"a_{l-1} \mathbin{@} W_{l}^{\top }"),
        ("running_mean ← m μ", r"\mathrm{running\_mean} \leftarrow  m μ"),
        ("(a + b) (c + d) / (e + f)²", r"\left(a + b\right) \frac{c + d}{\left(e + f\right)^{2}}"),
        ("η √c2 / c1 · m", r"η \frac{\sqrt{c_{2}}}{c_{1}} \cdot  m"),
        ("dout mask", r"\mathrm{dout}\,\mathrm{mask}"),
        ("f′(z) ≠ 0", r"f'\left(z\right) \ne  0"),
        ("x / y / z", r"\frac{\frac{x}{y}}{z}"),
        ("log Σ_j e^(z_j − max z)", r"\operatorname{log} \sum _{j} e^{z_{j} - \operatorname{max} z}"),
    ],
)
def test_a_formula_in_the_symbols_of_the_code_becomes_latex(text, expected):
    assert latex(text) == expected


def test_relations_stand_below_each_other_and_remarks_beside():
    written = typeset(["s = z − max(z)      changes no probability at all", "p_i = e^s_i / Σ_j e^s_j"])
    first, second = written.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(r" \\ ")
    assert first.startswith("s &= ") and first.endswith(r"&&\quad \text{changes no probability at all}")
    assert second.startswith("p_{i} &= ")


def test_a_relation_inside_parentheses_is_not_aligned():
    assert typeset(["1(y_n = c)²"]).count("&") == 1


@pytest.mark.parametrize("text", ["y, cache = f(x) -> y", "x ** 2", "`code`", "f(x", "√"])
def test_what_is_no_formula_is_left_as_it_was(text):
    with pytest.raises(Unreadable):
        latex(text)
    lines = ["Title.", "", f"    {text}", "", "Raises:", "    ValueError: no."]
    typeset_docstring(None, "function", "f", None, None, lines)
    assert f"    {text}" in lines and ".. math::" not in lines


def test_sections_and_marks_of_restructuredtext_are_kept_apart():
    lines = ["The size |z| of ``|code|``, *xs and w_.", "", "    z = x", "", "Args:", "    z: the array."]
    typeset_docstring(None, "function", "f", None, None, lines)
    assert lines[0] == r"The size \|z\| of ``|code|``, \*xs and w\_."
    assert ".. math::" in lines and lines[-1] == "    z: the array."


def test_most_formulas_of_the_package_can_be_read():
    """Those that cannot are lines of code, shown as such."""
    read = failed = 0
    for module in (getattr(gradus, name) for name in gradus.__all__):
        for name in getattr(module, "__all__", []) if inspect.ismodule(module) else []:
            lines = (inspect.getdoc(getattr(module, name)) or "").splitlines()
            typeset_docstring(None, "function", name, None, None, lines)
            read += lines.count(".. math::")
            failed += lines.count("::")
    assert read > 50 and failed < read / 5


def test_where_libraries_differ_is_collected_with_its_function():
    found = {name: text for _, name, text in differences(gradus)}
    assert "PyTorch" in found["gradus.clipping.clip_by_global_norm"]
    assert len(found) > 10
    for name, text in found.items():
        assert any(library in text for library in ("PyTorch", "Keras", "scikit-learn", "numpy", "NumPy")), (name, text)
