"""Claims on trial: what raises, what is stored and what a reader sees."""

import sys

import nbformat
import numpy as np
import pytest
from gradus.steps import step09, step16
from gradus.trial import Claim, claim, complex_slopes, number, outcome, table


def test_a_claim_that_its_experiment_does_not_support_raises():
    with pytest.raises(AssertionError, match=r"^INIT-19: the experiment no longer supports .* measured: 3 %$"):
        claim("INIT-19", holds=False, measured="3 %")


def test_nan_supports_nothing():
    with pytest.raises(AssertionError):
        claim("INIT-19", holds=np.float64("nan") < 1e-12, measured="nan")


def test_a_supported_claim_shows_what_was_measured():
    value = claim("INIT-19", holds=np.bool_(True), measured=" 1.2e-16 < 1e-12 & falling ")
    assert repr(value) == "1.2e-16 < 1e-12 & falling"
    html = value._repr_html_()
    assert "1.2e-16 &lt; 1e-12 &amp; falling" in html


@pytest.mark.parametrize(
    ("value", "fmt", "text"),
    [
        (0.1234, ".3g", "0.123"),
        (1.2e-16, ".1e", "1.2 × 10⁻¹⁶"),
        (2.5e9, ".2g", "2.5 × 10⁹"),
        (1e21, ".0e", "10²¹"),
        (-0.5, ".2f", "−0.50"),
        (np.float32(0.5), ".1%", "50.0%"),
        (np.int64(86), "d", "86"),
        (1234567, ",", "1,234,567"),
        (np.array(2.0), "g", "2"),
        (float("nan"), ".2g", "nan"),
        (float("-inf"), ".2g", "−inf"),
    ],
)
def test_numbers_are_written_as_prose_writes_them(value, fmt, text):
    assert repr(number("x", value, fmt)) == text


def test_without_a_notebook_nothing_is_stored_or_printed(capsys):
    claim("PROB-01", holds=True, measured="4")
    number("x", 4)
    assert capsys.readouterr().out == ""


def test_a_table_has_a_rule_below_its_head_and_numbers_to_the_right():
    shown = table(["rule", "wrong", "of"], [["`max`", 0, 200], ["$g$", 131, 200]])
    lines = ["| rule | wrong | of |", "| --- | ---: | ---: |", "| `max` | 0 | 200 |", "| $g$ | 131 | 200 |"]
    assert repr(shown).splitlines() == shown._repr_markdown_().splitlines() == lines


def test_an_outcome_is_the_value_or_the_error_as_text():
    assert outcome(divmod, 7, 2) == (3, 1)
    assert outcome(divmod, 7, 0).startswith("ZeroDivisionError: ")
    assert outcome(int, "x") == "ValueError: invalid literal for int() with base 10: 'x'"


def test_what_stops_a_notebook_is_no_outcome():
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome(stopped)


def test_complex_slopes_are_those_of_calculus():
    x, y = 0.7, -1.2
    found = complex_slopes(step16, lambda x, y: step16.mul(step16.square(x), step16.add(x, y)), x, y)  # x³ + x² y
    np.testing.assert_allclose(found, (3 * x**2 + 2 * x * y, x**2), rtol=1e-14)
    (slope,) = complex_slopes(step09, lambda x: step09.square(step09.exp(step09.square(x))), 0.5)
    np.testing.assert_allclose(slope, 2 * np.exp(0.5), rtol=1e-14)


def test_complex_slopes_need_no_backward():
    class Cube(step16.Function):
        def forward(self, x):
            return x**3

    np.testing.assert_allclose(complex_slopes(step16, lambda x: Cube()(x), 2), (12,), rtol=1e-14)


@pytest.mark.parametrize("wrong", ["2", None, 2j, np.ones(1), True])
def test_a_point_is_a_number(wrong):
    with pytest.raises(TypeError, match=r"^complex_slopes: points\[1\] must be a number, got "):
        complex_slopes(step16, step16.mul, 2.0, wrong)


def run(*cells):
    """Outputs of the cells, run in a kernel."""
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook


@pytest.fixture(scope="module")
def notebook():
    pytest.importorskip("myst_nb")
    return run(
        "from gradus.trial import claim, number",
        "number('growth', 1.2e9, '.1e'); number('half', 0.5, '.2f'); number('many', 2410, ',d')\n"
        "claim('INIT-20', holds=True, measured='86 % saturated')",
        "import sys; sys.modules['myst_nb'] = None",
        "number('plain', 3, 'd')",
    )


def test_what_is_stored_is_found_by_the_tool_that_builds_the_book(notebook):
    from myst_nb.ext.glue import extract_glue_data_cell

    stored = dict(extract_glue_data_cell(nbformat.from_dict(notebook.cells[1])))
    assert set(stored) == {"growth", "half", "many", "claim-INIT-20"}
    assert stored["claim-INIT-20"]["data"]["text/plain"] == "86 % saturated"
    assert stored["claim-INIT-20"]["data"]["text/html"] == Claim("INIT-20", "86 % saturated")._repr_html_()


def test_numbers_reach_the_prose_as_they_were_formatted(notebook):
    from myst_nb.core.variables import format_plain_text
    from myst_nb.ext.glue import extract_glue_data_cell

    stored = dict(extract_glue_data_cell(nbformat.from_dict(notebook.cells[1])))
    texts = [format_plain_text(stored[key]["data"]["text/plain"], "s") for key in ("growth", "half", "many")]
    assert texts == ["1.2 × 10⁹", "0.50", "2,410"]


def test_the_claim_shows_itself_once_below_its_cell(notebook):
    shown = [output for output in notebook.cells[1].outputs if "text/html" in output.get("data", {})]
    assert [output.output_type for output in shown] == ["execute_result"]


def test_a_students_notebook_without_the_books_tools_shows_the_number(notebook):
    (output,) = notebook.cells[3].outputs
    assert output.data == {"text/plain": "3"}


def test_importing_trial_imports_no_notebook_tools():
    import subprocess

    code = "import sys, gradus.trial; sys.exit(bool({'IPython', 'myst_nb', 'matplotlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
