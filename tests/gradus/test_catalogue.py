"""Every public function: its inputs stay as they are, float32 stays float32, wrong input is refused by name."""

import ast
import copy
import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path

import gradus
import numpy as np
import pytest
from catalogue import all_entries, wrong_values
from gradus import Variable

ENTRIES = list(all_entries())
HERE = Path(__file__).parent

# Modules without formulas: an oracle would be a second drawing, a second error message.
NOT_FORMULAS = {"arguments", "plotting", "figure_style", "trial", "graph"}

# Public names that are no functions to try: what they are, and why they have no entry.
NOT_TRIED = {
    "arguments": "the checks themselves: test_arguments.py",
    "variable.no_grad": "takes no argument",
    "variable.is_recording": "takes no argument",
    "variable.Function": "a base class, tried through the functions",
    "shapes.getitem": "a wrong index is an IndexError, as everywhere: test_functions.py::test_bad_input_is_named",
    "operators.Operators": "a base class, tried through the functions",
    "layer.Layer": "a base class, tried through the layers",
    "optimizer.Optimizer": "a base class, tried through the optimizers",
    "problems.Problem": "a tuple, tried through the problems",
    "checking.GradientError": "an exception",
    "search.Stage": "a tuple of what coarse_to_fine found",
    "search_trials.Trial": "a tuple of what run_trials found",
    "history.History": "takes no argument",
    "divergence.Divergence": "a tuple of what fit found",
    "trial.Claim": "a tuple of what claim was given",
    "trial.Number": "what number was given",
    "callbacks.Callback": "a base class without arguments",
    "progress": "a part of fit, tried through it",
    "training_loop": "a part of fit, tried through it",
    "state_files": "a wrong path would be a file: test_state_files.py::test_bad_input_is_named",
}


# Modules whose docstring says once what all of their functions raise.
SPEAK_FOR_ALL = {"arguments", "operations", "elementwise", "reductions", "shapes", "activation_functions"}
SPEAK_FOR_ALL |= {"image_functions", "functions", "variable"}


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    import matplotlib.pyplot as plt

    with plt.rc_context():
        yield
    plt.close("all")


ADDRESS = re.compile(" at 0x[0-9a-f]+")  # in the repr of an object, and another one in that of its copy


def each(entries):
    return pytest.mark.parametrize("entry", entries, ids=[entry.name for entry in entries])


def rng():
    return np.random.default_rng(0)


def arrays_in(value):
    """All arrays in a value: in lists, tuples, dicts and Variables."""
    if isinstance(value, Variable):
        yield from arrays_in(value.data)
    elif isinstance(value, np.ndarray | np.generic):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from arrays_in(v)
    elif isinstance(value, list | tuple):
        for v in value:
            yield from arrays_in(v)


def result_of(entry, arguments, dtype):
    result = entry.call(arguments)
    if inspect.isgenerator(result):
        result = list(result)
    return result if entry.use is None else entry.use(result, rng(), dtype)


@each(ENTRIES)
def test_no_input_is_changed(entry):
    arguments = entry.valid(rng(), np.float64)
    kept = {k: v for k, v in arguments.items() if not isinstance(v, np.random.Generator) and k not in entry.changes}
    before = copy.deepcopy(kept)
    result_of(entry, arguments, np.float64)
    for name, value in kept.items():
        for now, then in zip(arrays_in(value), arrays_in(before[name]), strict=True):
            np.testing.assert_array_equal(now, then, err_msg=f"{entry.name} changed {name}")
        as_it_was = ADDRESS.sub("", repr(value)) == ADDRESS.sub("", repr(before[name]))
        assert as_it_was or callable(value), f"{entry.name} changed {name}"


@each([entry for entry in ENTRIES if not entry.other_dtype])
def test_float32_stays_float32(entry):
    result = result_of(entry, entry.valid(rng(), np.float32), np.float32)
    floats = [a for a in arrays_in(result) if a.dtype.kind == "f"]
    assert {a.dtype for a in floats} <= {np.dtype(np.float32)}


def cases():
    for entry in ENTRIES:
        arguments = entry.valid(rng(), np.float64)
        parameters = inspect.signature(entry.function).parameters
        for name, value in arguments.items():
            if name.startswith("*"):
                continue
            default = parameters[name].default if name in parameters else inspect.Parameter.empty
            for kind, wrong in wrong_values(value).items():
                if not (wrong is None and default is None):
                    yield entry, name, kind, wrong
        for name, values in entry.bad.items():
            for i, wrong in enumerate(values):
                yield entry, name, f"bad-{i}", wrong


CASES = list(cases())


@pytest.mark.parametrize(
    ("entry", "name", "kind", "wrong"), CASES, ids=[f"{e.name}-{name}-{kind}" for e, name, kind, _ in CASES]
)
def test_wrong_input_is_refused_by_name_or_declared_fine(entry, name, kind, wrong):
    def call():
        with np.errstate(all="ignore"):
            result_of(entry, entry.valid(rng(), np.float64) | {name: wrong}, np.float64)

    if kind in entry.fine.get(name, {}):
        call()
        return
    with pytest.raises((TypeError, ValueError, FileNotFoundError)) as raised:
        call()
    message = str(raised.value)
    speaker = re.split(r"[:\s]", message)[0]
    plain = entry.function.__name__.replace("_", "").lower()
    assert speaker.replace("_", "").lower().split(".")[0] == plain, f"who speaks? {message}"
    assert re.search(rf"(?<![\w]){re.escape(name)}(?!\w)", message), f"which argument? {message}"


@cache
def names_of_tests(file):
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@each([e for e in ENTRIES if e.function.__module__.removeprefix("gradus.").split(".")[0] not in NOT_FORMULAS])
def test_two_oracles_at_least_hold_each_function(entry):
    assert len(entry.oracles) >= 2, entry.oracles
    for oracle, where in entry.oracles.items():
        file, _, test = where.partition("::")
        assert test in names_of_tests(file), f"{oracle}: there is no {where}"


def public_things():
    for info in pkgutil.walk_packages(gradus.__path__, "gradus."):
        if info.name.startswith("gradus.steps"):
            continue  # the engine as it was, step by step: tests/gradus/test_steps.py
        module = importlib.import_module(info.name)
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__ == info.name:
                yield thing


def test_no_public_function_is_missing():
    listed = {entry.function for entry in ENTRIES}
    missing = []
    for thing in public_things():
        module = thing.__module__.removeprefix("gradus.")
        if thing not in listed and module not in NOT_TRIED and f"{module}.{thing.__name__}" not in NOT_TRIED:
            missing.append(f"{module}.{thing.__name__}")
    assert not missing, missing


def test_every_public_function_says_what_it_raises():
    silent = [
        f"{thing.__module__}.{thing.__name__}"
        for thing in public_things()
        if thing.__module__.removeprefix("gradus.") not in SPEAK_FOR_ALL
        and inspect.isfunction(thing)
        and not re.search("Raises:|errors as", thing.__doc__ or "")
    ]
    assert not silent, silent
