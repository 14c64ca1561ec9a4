"""Errors name the function, the argument, what came and what was expected: the checks themselves, and every function."""

import inspect
from math import inf, nan

import numpy as np
import pytest
from gradus import (
    activations,
    arguments,
    clipping,
    data,
    diagnostics,
    figure_style,
    initializers,
    normalization,
    plotting,
    trial,
)
from gradus.activations import ACTIVATIONS
from gradus.initializers import glorot_normal
from gradus.normalization import batchnorm_backward, batchnorm_forward

RNG = np.random.default_rng(0)
V, M = np.ones(3), np.ones((4, 3))
Y = np.array([0, 1, 1, 0])
TEXT = np.array(["a"])


# -- the checks ----------------------------------------------------------------------------------------------------


def momentum_step(**named):
    arguments.require_in_range(**named)


@pytest.mark.parametrize(
    ("check", "arguments_of_it", "error", "message"),
    [
        ("require_in_range", {"beta": (1.2, 0, 1)}, ValueError, "beta must be in [0, 1), got 1.2"),
        ("require_in_range", {"beta": (1, 0, 1)}, ValueError, "beta must be in [0, 1), got 1"),
        ("require_in_range", {"beta": (0, 0, 1), "low_open": True}, ValueError, "beta must be in (0, 1), got 0"),
        ("require_in_range", {"beta": (2, 0, 1), "high_open": False}, ValueError, "beta must be in [0, 1], got 2"),
        ("require_in_range", {"beta": (nan, 0, 1)}, ValueError, "beta must be in [0, 1), got nan"),
        ("require_in_range", {"c": (inf, 0, inf), "high_open": False}, ValueError, "c must be in [0, inf), got inf"),
        ("require_in_range", {"c": ("1", 0, 1)}, TypeError, "c must be a number, got '1' (str)"),
        ("require_in_range", {"c": (True, 0, 1)}, TypeError, "c must be a number, got True (bool)"),
        ("require_int", {"n": (0, 1)}, ValueError, "n must be at least 1, got 0"),
        ("require_int", {"n": (2.0, 1)}, TypeError, "n must be an integer, got 2.0 (float)"),
        ("require_int", {"n": (True, 1)}, TypeError, "n must be an integer, got True (bool)"),
        ("require_choice", {"mode": ("b", ("z", "a"))}, ValueError, "mode must be one of a, z, got 'b' (str)"),
        ("require_bool", {"on": 1}, TypeError, "on must be True or False, got 1 (int)"),
        ("require_callable", {"f": 3}, TypeError, "f must be a function, got 3 (int)"),
        ("require_rng", {"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
        ("require_ndim", {"X": (V, 2)}, ValueError, "X must have 2 axes, got shape (3,)"),
        ("require_shape", {"b": (V, (4,))}, ValueError, "b must have shape (4,), got (3,)"),
        ("require_shape", {"X": (M, (None, 4))}, ValueError, "X must have shape (any, 4), got (4, 3)"),
        ("require_same_shape", {"w": V, "g": M}, ValueError, "g must have the shape of w, (3,), got (4, 3)"),
        ("require_finite", {"g": [1, nan, inf]}, ValueError, "g must be finite, got 2 NaN or infinite values of 3"),
        ("as_float_array", {"X": "abc"}, TypeError, "X must be an array of real numbers, got 'abc' (str)"),
        ("as_float_array", {"X": [[1], [2, 3]]}, TypeError, "X must be an array of numbers, got [[1], [2, 3]] (list)"),
        ("as_float_array", {"X": 1j * V}, TypeError, "X must be an array of real numbers, got an array of shape (3,)"),
        ("as_float_dtype", {"dtype": int}, TypeError, "dtype must be a floating-point dtype, got <class 'int'>"),
        ("as_float_dtype", {"dtype": "nonsense"}, TypeError, "dtype must be a floating-point dtype, got 'nonsense'"),
        ("as_float_dtype", {"dtype": None}, TypeError, "dtype must be a floating-point dtype, got None"),
        ("as_labels", {"y": V}, TypeError, "y must hold integer labels, got an array of shape (3,)"),
        ("as_labels", {"y": [[1]]}, ValueError, "y must have shape (N,), got (1, 1)"),
        ("as_labels", {"y": [-1]}, ValueError, "y must hold labels of at least 0, got values from -1 to -1"),
        ("as_labels", {"y": [0, 3], "n_classes": 3}, ValueError, "at least 0 and at most 2, got values from 0 to 3"),
    ],
)
def test_a_check_that_fails_says_argument_expectation_and_value(check, arguments_of_it, error, message):
    with pytest.raises(error) as raised:
        getattr(arguments, check)(**arguments_of_it)
    assert message in str(raised.value)
    assert str(raised.value).startswith("test_a_check_that_fails_says_argument_expectation_and_value: ")


def test_checks_that_pass_return_what_they_convert():
    assert arguments.as_float_array(X=V) is V
    assert arguments.as_float_array(X=[1, 2]).dtype == np.float64
    assert arguments.as_float_array(X=np.float32([1])).dtype == np.float32
    first, second = arguments.as_float_array(X=[True], y=2)
    assert (first.tolist(), second.shape) == ([1.0], ())
    assert arguments.as_float_dtype(dtype="float32") == np.float32
    assert arguments.as_labels(y=[0, 1], n_classes=2).tolist() == [0, 1]
    arguments.require_in_range(low=(0, 0, 1), high=(np.float64(0.999), 0, 1))
    arguments.require_in_range(anything=(-1e300, -inf, inf))
    arguments.require_int(n=(np.int64(3), 3))
    arguments.require_shape(X=(M, (None, 3)))


class Momentum:
    def __init__(self, beta):
        arguments.require_in_range(beta=(beta, 0, 1))

    def step(self, lr):
        self._check(lr)

    def _check(self, lr):
        [arguments.require_in_range(lr=(value, 0, inf)) for value in (lr,)]


def test_the_error_names_whoever_was_called():
    def inner():
        arguments.fail("no")

    for call, name in [
        (lambda: momentum_step(beta=(2, 0, 1)), "momentum_step"),
        (lambda: Momentum(2), "Momentum"),
        (lambda: Momentum(0).step(-1), "Momentum.step"),
        (inner, "inner"),
        (lambda: initializers.he_normal((3,), RNG), "he_normal"),  # raised two functions deeper
    ]:
        with pytest.raises(ValueError, match=f"^{name}: "):
            call()


def test_long_values_are_cut_short_in_messages():
    with pytest.raises(TypeError) as raised:
        arguments.require_callable(f="x" * 1000)
    assert len(str(raised.value)) < 160


# -- every public function of the formula modules ------------------------------------------------------------------

STATS = (V, V, V, V)
CACHE = batchnorm_forward(M, *STATS, training=True)[1]
RUN = {"a": {"forward": V, "backward": V, "saturated": V}}
# function → (argument named in the error, call)
BAD = [
    *((f, "z", lambda f=f: f(TEXT)) for pair in ACTIVATIONS.values() for f in pair),
    *((f, "alpha", lambda f=f: f(V, alpha=nan)) for f in ACTIVATIONS["leaky_relu"] + ACTIVATIONS["elu"]),
    *((f, "alpha", lambda f=f: f(V, alpha="1")) for f in ACTIVATIONS["leaky_relu"] + ACTIVATIONS["elu"]),
    *(
        (f, argument, lambda f=f, call=call: call(f))
        for f in (activations.softmax, activations.log_softmax)
        for argument, call in [
            ("z", lambda f: f(None)),
            ("z", lambda f: f(1.0)),
            ("z", lambda f: f(np.ones((2, 0)))),
            ("axis", lambda f: f(M, axis=2)),
            ("axis", lambda f: f(M, axis=-3)),
            ("axis", lambda f: f(M, axis=0.5)),
        ]
    ),
    (activations.gaussian_moments, "f", lambda: activations.gaussian_moments(3)),
    (activations.gaussian_moments, "f", lambda: activations.gaussian_moments(np.sum)),
    *(
        (f, argument, lambda f=f, call=call: call(f))
        for f in (
            initializers.variance_scaling,
            initializers.glorot_normal,
            initializers.glorot_uniform,
            initializers.lecun_normal,
            initializers.lecun_uniform,
            initializers.he_normal,
            initializers.he_uniform,
            initializers.torch_linear_default,
        )
        for argument, call in [
            ("shape", lambda f: f(5, RNG)),
            ("shape", lambda f: f((5,), RNG)),
            ("shape", lambda f: f((5, 0), RNG)),
            ("shape", lambda f: f((5, 2.0), RNG)),
            ("rng", lambda f: f((5, 2), 0)),
            ("dtype", lambda f: f((5, 2), RNG, dtype=int)),
        ]
    ),
    (initializers.compute_fans, "shape", lambda: initializers.compute_fans((5,))),
    (initializers.variance_scaling, "scale", lambda: initializers.variance_scaling((2, 2), RNG, scale=0)),
    (initializers.variance_scaling, "mode", lambda: initializers.variance_scaling((2, 2), RNG, mode="fan")),
    (initializers.variance_scaling, "dist", lambda: initializers.variance_scaling((2, 2), RNG, dist="cauchy")),
    (initializers.he_normal, "negative_slope", lambda: initializers.he_normal((2, 2), RNG, negative_slope=nan)),
    (initializers.he_uniform, "mode", lambda: initializers.he_uniform((2, 2), RNG, mode="in")),
    (initializers.naive_normal, "std", lambda: initializers.naive_normal((2, 2), RNG, std=-1)),
    (initializers.naive_normal, "shape", lambda: initializers.naive_normal("22", RNG)),
    (initializers.naive_normal, "rng", lambda: initializers.naive_normal((2, 2), np.random)),
    (initializers.constant, "c", lambda: initializers.constant((2, 2), RNG, c=inf)),
    (initializers.constant, "shape", lambda: initializers.constant((-1, 2), RNG)),
    (batchnorm_forward, "X", lambda: batchnorm_forward(V, *STATS, training=True)),
    (batchnorm_forward, "X", lambda: batchnorm_forward(M[:0], *STATS, training=True)),
    (batchnorm_forward, "gamma", lambda: batchnorm_forward(M, np.ones(4), V, V, V, training=True)),
    (batchnorm_forward, "beta", lambda: batchnorm_forward(M, V, 0.0, V, V, training=True)),
    (batchnorm_forward, "running_mean", lambda: batchnorm_forward(M, V, V, M, V, training=False)),
    (batchnorm_forward, "running_var", lambda: batchnorm_forward(M, V, V, V, -V, training=False)),
    (batchnorm_forward, "training", lambda: batchnorm_forward(M, *STATS, training=1)),
    (batchnorm_forward, "momentum", lambda: batchnorm_forward(M, *STATS, training=True, momentum=1.1)),
    (batchnorm_forward, "eps", lambda: batchnorm_forward(M, *STATS, training=True, eps=0)),
    (batchnorm_backward, "dout", lambda: batchnorm_backward(V, CACHE)),
    (batchnorm_backward, "dout", lambda: batchnorm_backward(TEXT, CACHE)),
    (batchnorm_backward, "cache", lambda: batchnorm_backward(M, (M, V, V))),
    (normalization.ema_update, "new", lambda: normalization.ema_update(V, M, 0.9)),
    (normalization.ema_update, "momentum", lambda: normalization.ema_update(V, V, -0.1)),
    (clipping.global_norm, "grads", lambda: clipping.global_norm(3.0)),
    (clipping.global_norm, "grads", lambda: clipping.global_norm([V, "g"])),
    *(
        (f, argument, lambda f=f, g=g, c=c: f(g, c))
        for f in (clipping.clip_by_value, clipping.clip_by_global_norm)
        for argument, g, c in [("c", V, 0), ("c", V, nan), ("c", V, "1"), ("grads", None, 1), ("grads", [None], 1)]
    ),
    (clipping.clip_by_norm, "g", lambda: clipping.clip_by_norm([V, V], 1)),
    (clipping.clip_by_norm, "c", lambda: clipping.clip_by_norm(V, -1)),
    (clipping.clip_by_norm, "g", lambda: clipping.clip_by_norm(V * nan, 1)),
    (data.load_digits_images, "dtype", lambda: data.load_digits_images("int8")),
    (data.load_digits_split, "rng", lambda: data.load_digits_split(0)),
    (data.load_digits_split, "n_test", lambda: data.load_digits_split(RNG, n_test=0)),
    (data.load_digits_split, "n_test", lambda: data.load_digits_split(RNG, n_test=1797)),
    (data.load_digits_split, "n_test", lambda: data.load_digits_split(RNG, n_test=0.2)),
    (data.load_digits_split, "standardize", lambda: data.load_digits_split(RNG, standardize="yes")),
    (data.load_digits_split, "dtype", lambda: data.load_digits_split(RNG, dtype=np.int32)),
    (data.few_labels, "X and y", lambda: data.few_labels(V, Y, 1, RNG)),
    (data.few_labels, "y", lambda: data.few_labels(M, V, 1, RNG)),
    (data.few_labels, "per_class", lambda: data.few_labels(M, Y, 3, RNG)),
    (data.few_labels, "per_class", lambda: data.few_labels(M, Y, 0, RNG)),
    (data.few_labels, "rng", lambda: data.few_labels(M, Y, 1, None)),
    (data.label_noise, "frac", lambda: data.label_noise(Y, 1.5, RNG)),
    (data.label_noise, "y", lambda: data.label_noise(M, 0.5, RNG)),
    (data.label_noise, "y", lambda: data.label_noise(Y * 0, 0.5, RNG)),
    (data.label_noise, "rng", lambda: data.label_noise(Y, 0.5, 7)),
    *(
        (diagnostics.propagate, argument, lambda call=call: call(diagnostics.propagate))
        for argument, call in [
            ("activation", lambda f: f("swish", glorot_normal, 2, 3, RNG)),
            ("init", lambda f: f("tanh", "glorot", 2, 3, RNG)),
            ("init", lambda f: f("tanh", lambda shape, rng: V, 2, 3, RNG)),
            ("depth", lambda f: f("tanh", glorot_normal, 0, 3, RNG)),
            ("width", lambda f: f("tanh", glorot_normal, 2, 3.0, RNG)),
            ("rng", lambda f: f("tanh", glorot_normal, 2, 3, 0)),
            ("samples", lambda f: f("tanh", glorot_normal, 2, 3, RNG, samples=0)),
        ]
    ),
    (diagnostics.per_layer_factor, "values", lambda: diagnostics.per_layer_factor(V[:1])),
    (diagnostics.per_layer_factor, "values", lambda: diagnostics.per_layer_factor(0 * V)),
    (diagnostics.per_layer_factor, "values", lambda: diagnostics.per_layer_factor(M)),
    (diagnostics.per_layer_factor, "values", lambda: diagnostics.per_layer_factor(V * inf)),
    (diagnostics.saturation_fraction, "a", lambda: diagnostics.saturation_fraction(V[:0])),
    (diagnostics.saturation_fraction, "tol", lambda: diagnostics.saturation_fraction(V, tol=2)),
    (diagnostics.saturation_fraction, "bounds", lambda: diagnostics.saturation_fraction(V, bounds=(1, 0))),
    (diagnostics.saturation_fraction, "bounds", lambda: diagnostics.saturation_fraction(V, bounds=1)),
    (diagnostics.dead_fraction, "z", lambda: diagnostics.dead_fraction(V)),
    (diagnostics.dead_fraction, "z", lambda: diagnostics.dead_fraction(M[:0])),
    (diagnostics.expected_initial_loss, "C", lambda: diagnostics.expected_initial_loss(0)),
    (diagnostics.expected_initial_loss, "C", lambda: diagnostics.expected_initial_loss(10.0)),
    (diagnostics.update_ratio, "w_new", lambda: diagnostics.update_ratio(V, M)),
    (diagnostics.gradient_ratios, "grads", lambda: diagnostics.gradient_ratios([V], [])),
    (diagnostics.gradient_ratios, "grads[1]", lambda: diagnostics.gradient_ratios([V, V], [V, M])),
    *(
        (diagnostics.distinct_hidden_units, argument, lambda call=call: call(diagnostics.distinct_hidden_units))
        for argument, call in [
            ("init", lambda f: f(0, M, Y, 4, 1, 0.1, RNG)),
            ("X", lambda f: f(glorot_normal, V, Y, 4, 1, 0.1, RNG)),
            ("y", lambda f: f(glorot_normal, M, Y[:2], 4, 1, 0.1, RNG)),
            ("y", lambda f: f(glorot_normal, M, V, 4, 1, 0.1, RNG)),
            ("hidden", lambda f: f(glorot_normal, M, Y, 0, 1, 0.1, RNG)),
            ("steps", lambda f: f(glorot_normal, M, Y, 4, -1, 0.1, RNG)),
            ("lr", lambda f: f(glorot_normal, M, Y, 4, 1, 0, RNG)),
            ("rng", lambda f: f(glorot_normal, M, Y, 4, 1, 0.1, 5)),
        ]
    ),
    (figure_style.use_house_style, "figure_format", lambda: plotting.use_house_style("gif")),
    (figure_style.color_of, "label", lambda: plotting.color_of(3)),
    (figure_style.color_of, "position", lambda: plotting.color_of("a", -1)),
    (figure_style.label_line_ends, "ax", lambda: plotting.label_line_ends("axes")),
    (plotting.signal_plot, "runs", lambda: plotting.signal_plot([], title="t")),
    (plotting.signal_plot, "runs", lambda: plotting.signal_plot({"a": [{"loss": V}]}, title="t")),
    (plotting.signal_plot, "title", lambda: plotting.signal_plot(RUN, title="")),
    (plotting.signal_plot, "show", lambda: plotting.signal_plot(RUN, title="t", show="forward")),
    (plotting.signal_plot, "show", lambda: plotting.signal_plot(RUN, title="t", show=["up"])),
    (plotting.curves, "runs", lambda: plotting.curves({}, title="t", ylabel="y")),
    (plotting.curves, "runs", lambda: plotting.curves({"a": []}, title="t", ylabel="y")),
    (plotting.curves, "runs", lambda: plotting.curves({"a": "loss"}, title="t", ylabel="y")),
    (plotting.curves, "log", lambda: plotting.curves({"a": V}, title="t", ylabel="y", log=1)),
    (plotting.layer_histograms, "layers", lambda: plotting.layer_histograms([], title="t")),
    (plotting.layer_histograms, "layers", lambda: plotting.layer_histograms([V * nan], title="t")),
    (plotting.layer_histograms, "limits", lambda: plotting.layer_histograms([V], title="t", limits=(1, -1))),
    (plotting.layer_histograms, "bins", lambda: plotting.layer_histograms([V], title="t", bins=1)),
    (plotting.heatmap, "values", lambda: plotting.heatmap(M, ["a"], ["b"], title="t")),
    (plotting.heatmap, "values", lambda: plotting.heatmap(-M, list("abcd"), list("abc"), title="t", log=True)),
    (plotting.heatmap, "rows", lambda: plotting.heatmap(M, [1, 2, 3, 4], list("abc"), title="t")),
    (plotting.bars, "groups", lambda: plotting.bars({"a": nan}, title="t", xlabel="x")),
    (plotting.bars, "title", lambda: plotting.bars({"a": 1}, title=None, xlabel="x")),
    (trial.claim, "id", lambda: trial.claim("init 19", holds=True, measured="1")),
    (trial.claim, "id", lambda: trial.claim(19, holds=True, measured="1")),
    (trial.claim, "holds", lambda: trial.claim("INIT-19", holds="yes", measured="1")),
    (trial.claim, "holds", lambda: trial.claim("INIT-19", holds=V > 0, measured="1")),
    (trial.claim, "measured", lambda: trial.claim("INIT-19", holds=True, measured=1.0)),
    (trial.claim, "measured", lambda: trial.claim("INIT-19", holds=True, measured=" ")),
    (trial.claim, "measured", lambda: trial.claim("INIT-19", holds=True, measured="a\nb")),
    (trial.number, "name", lambda: trial.number("a b", 1)),
    (trial.number, "value", lambda: trial.number("a", "1")),
    (trial.number, "value", lambda: trial.number("a", V)),
    (trial.number, "fmt", lambda: trial.number("a", 1.0, "d")),
    (trial.number, "fmt", lambda: trial.number("a", 1.0, 3)),
]


@pytest.mark.parametrize(
    ("function", "argument", "call"),
    BAD,
    ids=[f"{f.__name__}-{argument}-{i}" for i, (f, argument, _) in enumerate(BAD)],
)
def test_bad_input_is_refused_by_function_and_argument(function, argument, call):
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    message = str(raised.value)
    assert message.startswith(f"{function.__name__}: {argument}"), message
    assert ", got " in message


MODULES = [activations, clipping, data, diagnostics, initializers, normalization, plotting, trial]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_public_function_is_missing_from_the_table(module):
    public = {f for f in map(module.__dict__.get, module.__all__) if inspect.isfunction(f)}
    assert public <= {function for function, _, _ in BAD}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_public_function_says_what_it_raises(module):
    for name in module.__all__:
        thing = module.__dict__[name]
        assert not inspect.isfunction(thing) or "Raises:" in thing.__doc__ or "errors as" in thing.__doc__, name
