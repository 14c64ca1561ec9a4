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
from gradus.layer import Layer
from gradus.layers import MLP
from gradus.optimizer import Optimizer
from gradus.optimizers import Adam

ENTRIES = list(all_entries())
HERE = Path(__file__).parent

# Modules without formulas: an oracle would be a second drawing, a second error message.
NOT_FORMULAS = {"arguments", "plotting", "figure_style", "trial", "graph", "graph_drawing", "step_graph"}

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
    "step_graph.Tape": "takes no argument",
    "step_graph.record": "takes a module: test_step_graph.py::test_only_a_step_can_be_recorded",
    "step_graph.Pictures": "what pictures gave",
    "search.Stage": "a tuple of what coarse_to_fine found",
    "search_trials.Trial": "a tuple of what run_trials found",
    "history.History": "takes no argument",
    "divergence.Divergence": "a tuple of what fit found",
    "trial.Claim": "a tuple of what claim was given",
    "capstone_parts.Parts": "a tuple of what choose_parts chose",
    "trial.Number": "what number was given",
    "trial.Table": "what table was given",
    "callbacks.Callback": "a base class without arguments",
    "layer_text": "what Layer prints: test_layer_structure.py",
    "progress": "a part of fit, tried through it",
    "training_loop": "a part of fit, tried through it",
    "state_files": "a wrong path would be a file: test_state_files.py::test_bad_input_is_named",
}


# Functions whose result holds no array of floats: what it is instead.
NUMBERS = """
    babysitting.expected_initial_loss babysitting.distinct_hidden_units babysitting.regularization_raises_loss
    babysitting.overfit_tiny capstone.network_loss
    calibration.accuracy calibration.nll calibration.brier calibration.ece clipping.global_norm
    clipping.cosine diagnostics.per_layer_factor diagnostics.saturation_fraction diagnostics.dead_fraction
    dropout.alpha_dropout_constants gradient_diagnostics.update_ratio gradient_diagnostics.sign_agreement
    gradient_diagnostics.path_ratio gradient_diagnostics.condition_number initializers.compute_fans
    moments.gaussian_moments moments.selu_constants pretraining.linear_optimum range_test.suggest_lr regularizers.lp_norm
    regularizers.l2_penalty regularizers.l1_penalty regularizers.elastic_net schedules.PerformanceSchedule
    search_trials.at_edge search_trials.rank training.evaluate transfer.discriminative_lr
"""
INTEGERS = """
    capstone.predict capstone.training_cost
    data.label_noise dropout_ensemble.enumerate_masks idx.read_idx quantization.quantize search_trials.distinct_projections
    tasks.parity
"""
OTHERS = """
    babysitting.diagnose capstone.require_design capstone_parts.choose_parts
    callbacks.LearningRate callbacks.MomentumRate callbacks.PerformanceRate callbacks.StopEarly
    callbacks.ClipNorm callbacks.keep_max_norm checkpoints.Checkpoint early_stopping.EarlyStopping search.draw_points
    search.narrowed search.random_search search.coarse_to_fine search_trials.grid search_trials.run_trials training.fit
    transfer.copy_layers transfer.lr_groups
"""  # settings, trials and reports, or nothing: what they do to a network is tried in their own tests


# Modules whose docstring says once what all of their functions raise.
SPEAK_FOR_ALL = {"arguments", "operations", "elementwise", "reductions", "shapes", "activation_functions"}
SPEAK_FOR_ALL |= {"image_functions", "functions", "variable", "layer_text"}


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
    """All arrays in a value: in lists, tuples, dicts and Variables, and the whole state of Layers and Optimizers."""
    if isinstance(value, Variable):
        yield from arrays_in(value.data)
        yield from arrays_in(value.grad)
    elif isinstance(value, Layer):
        yield from arrays_in([*value.state_dict().values(), *value.params()])
        for name, layer in value.named_layers():
            yield np.array([name, str(layer.training), str(layer.frozen)])
            yield from arrays_in([v for v in vars(layer).values() if isinstance(v, np.random.Generator)])
    elif isinstance(value, Optimizer):
        yield from arrays_in([value.net, value.state_dict()])
        yield np.array(str(value.groups))
    elif isinstance(value, np.random.Generator):
        yield np.array(str(value.bit_generator.state))
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
    without_floats = entry.name.startswith(("plotting.", "figure_style.", "trial.")) or entry.name in OTHERS.split()
    if entry.name in NUMBERS.split():
        numbers = result if isinstance(result, tuple | list) else [result]
        assert {type(number) for number in numbers} <= {float, int, bool}, "a number of NumPy would carry its dtype on"
    elif entry.name in INTEGERS.split():
        assert {a.dtype.kind for a in arrays_in(result)} <= set("iub")
    elif not without_floats:
        assert {a.dtype for a in floats} == {np.dtype(np.float32)}, "no array in the result? see NUMBERS and OTHERS"


def test_the_state_of_networks_and_optimizers_is_looked_at():
    net = MLP([3, 4, 2], "relu", rng=rng(), batchnorm="pre", dropout=0.1)
    optimizer = Adam(net)

    def state():
        return [a.tolist() for a in arrays_in([net, optimizer])]

    def moment():
        net.flat_grad[...] = 1
        optimizer.step()
        net.flat[...] = before["flat"]

    before = {"flat": net.flat.copy()}
    for change in (
        lambda: net.params()[1].data.fill(7),
        lambda: setattr(net.params()[0], "grad", np.ones(net.params()[0].shape)),
        lambda: net.layers[1].running_var.fill(3),
        lambda: net.layers[3].rng.random(),
        net.layers[1].eval,
        net.layers[0].freeze,
        lambda: setattr(optimizer, "lr", 0.5),
        moment,
    ):
        then = state()
        assert state() == then
        change()
        assert state() != then


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
def definitions(file):
    """Name → where it is defined at the top of a file of tests (or in a class there), its parsed source."""
    found = {}
    for node in ast.parse((HERE / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = (file, node)
        if isinstance(node, ast.ClassDef):
            found |= {inner.name: (file, inner) for inner in node.body if isinstance(inner, ast.FunctionDef)}
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id: (file, node) for t in targets for name in ast.walk(t) if isinstance(name, ast.Name)}
        if isinstance(node, ast.ImportFrom) and (HERE / f"{node.module}.py").exists():
            theirs = definitions(f"{node.module}.py")  # tables that several files share
            found |= {a.asname or a.name: theirs[a.name] for a in node.names if a.name in theirs}
    return found


OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.USub: "neg", ast.Pow: "power"}
TABLES = {  # of the package; who goes through one of them tries everything in it
    "ACTIVATIONS": {f.__name__ for pair in gradus.activations.ACTIVATIONS.values() for f in pair}
}


@cache
def words_of(file, name):
    """The names that a test uses: in itself, its decorators, and the tables and helpers of its file that it uses."""
    words, todo, seen = set(), [(file, name)], set()
    while todo:
        place = todo.pop()
        if place in seen or place[1] not in definitions(place[0]):
            continue
        seen.add(place)
        home, source = definitions(place[0])[place[1]]
        for node in ast.walk(source):
            word = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.Constant: "value"}.get(type(node))
            if word is not None and isinstance(getattr(node, word), str):
                words.add(getattr(node, word))
                todo.append((home, getattr(node, word)))
            if type(node) in OPERATORS:
                words.add(f"operations.{OPERATORS[type(node)]}")
    return words.union(*(TABLES[table] for table in words & TABLES.keys()))


def test_an_oracle_counts_only_for_what_its_test_uses():
    used = {  # by itself, by a helper and a table of its file, by a table of another, by a table of the package
        ("test_normalization.py", "test_two_samples_by_hand"): "batchnorm_forward",
        ("test_layer_units.py", "test_gradients_of_each_layer_agree_with_differences"): "Maxout",
        ("test_layers.py", "test_loss_and_gradients_in_training_are_those_of_pytorch"): "Linear",
        ("test_activations.py", "test_values_equal_keras"): "gelu",
        ("test_operations.py", "test_value_and_gradients_are_those_of_pytorch"): "softplus",
    }
    for place, name in used.items():
        assert name in words_of(*place), place
        assert "batchnorm_backward" not in words_of(*place), place


FORMULAS = [e for e in ENTRIES if e.function.__module__.removeprefix("gradus.").split(".")[0] not in NOT_FORMULAS]


@each(FORMULAS)
def test_two_oracles_at_least_hold_each_function(entry):
    assert len(entry.oracles) >= 2, entry.oracles
    assert len(set(entry.oracles.values())) >= 2, f"one test is one oracle: {entry.oracles}"
    for oracle, where in entry.oracles.items():
        file, _, test = where.partition("::")
        assert test.startswith("test_") and test in definitions(file), f"{oracle}: there is no {where}"
        used = {entry.function.__name__, entry.name} & words_of(file, test)
        assert used, f"{oracle}: {where} does not use {entry.name}"


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
