"""Exercises of the assignment `initialization`: how large the first weights should be, and why."""

from __future__ import annotations

from collections.abc import Callable

from gradus import diagnostics
from gradus import initializers as ref

from autograder.checks import _initialization_networks as net
from autograder.checks import _initialization_wrong_networks as wrong_networks
from autograder.checks import _initialization_wrong_weights as wrong_weights
from autograder.checks._initialization_weights import (
    any_scaling,
    any_slope,
    asked,
    both_fans,
    ends,
    float64_weights,
    large,
    tall,
    truncated_ends,
    uniform_ends,
    weights,
    wide,
)
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, public
from autograder.moments import centred, follows, form, separate, spread, truncated_law, uniform_law
from autograder.probes import args, draw_seed, named_fault, randomness, returns

CHAPTER = "Weight initialization"


def of_shape(*shape: int) -> Callable[..., tuple[int, ...]]:
    return lambda rng: shape


SHOWN = of_shape(400, 100)  # of the public cases: every mistake has another spread there
SMALL = lambda rng: args((30, 20), draw_seed(rng))  # noqa: E731  how the generator is tried
FIRST = "shape, dtype, all weights different"
TALL, WIDE = "spread, more inputs than outputs", "spread, more outputs than inputs"


def glorot(fan_in: int, fan_out: int) -> float:
    return 2 / (fan_in + fan_out)


def he(fan_in: int, fan_out: int) -> float:
    return 2 / fan_in


def lecun(fan_in: int, fan_out: int) -> float:
    return 1 / fan_in


exercise(
    "compute_fans", ref.compute_fans, points=3, minutes=10, chapter=CHAPTER, section="Counting connections",
    cases=[
        public("a dense layer", returns(lambda rng: args((784, 10)))),
        hidden("other layers, a convolution among them", both_fans),
    ],
    mistakes=wrong_weights.COMPUTE_FANS,
)  # fmt: skip

exercise(
    "glorot_normal", ref.glorot_normal, points=5, minutes=15, chapter=CHAPTER, section="Glorot: a compromise",
    cases=[
        weights(public, FIRST, asked(of_shape(784, 10), glorot), float64_weights),
        weights(public, "spread of the weights", asked(SHOWN, glorot), follows(spread)),
        *randomness(SMALL),
        weights(hidden, TALL, asked(tall, glorot), follows(spread)),
        weights(hidden, WIDE, asked(wide, glorot), follows(spread)),
        weights(hidden, "normally distributed around 0", asked(tall, glorot), follows(centred, form)),
    ],
    mistakes=wrong_weights.GLOROT_NORMAL,
)  # fmt: skip

exercise(
    "glorot_uniform", ref.glorot_uniform, points=4, minutes=15, chapter=CHAPTER, section="Glorot: a compromise",
    cases=[
        weights(public, FIRST, asked(of_shape(784, 10), glorot), float64_weights),
        weights(public, "smallest and largest weight", asked(SHOWN, glorot, uniform_ends), ends),
        *randomness(SMALL),
        weights(hidden, TALL, asked(tall, glorot, uniform_law), follows(spread)),
        weights(hidden, WIDE, asked(wide, glorot, uniform_law), follows(spread)),
        weights(hidden, "evenly distributed around 0", asked(tall, glorot, uniform_law), follows(centred, form)),
    ],
    mistakes=wrong_weights.GLOROT_UNIFORM,
)  # fmt: skip

exercise(
    "he_normal", ref.he_normal, points=5, minutes=20, chapter=CHAPTER, section="He: ReLU takes one half",
    cases=[
        weights(public, FIRST, asked(of_shape(784, 10), he), float64_weights),
        weights(public, "spread of the weights, for ReLU", asked(SHOWN, he), follows(spread)),
        *randomness(SMALL),
        weights(hidden, WIDE, asked(wide, he), follows(spread)),
        weights(hidden, "spread for a negative slope of 0.2", asked(
            large, lambda i, o: he(i, o) / 1.04, negative_slope=0.2), follows(spread)),
        weights(hidden, "spread for a steeper slope", any_slope, follows(spread)),
        weights(hidden, "normally distributed around 0", asked(tall, he), follows(centred, form)),
    ],
    mistakes=wrong_weights.HE_NORMAL,
)  # fmt: skip

exercise(
    "lecun_normal", ref.lecun_normal, ref.variance_scaling, points=6, minutes=35, chapter=CHAPTER,
    section="One function for all of them",
    cases=[
        weights(public, "lecun_normal", asked(SHOWN, lecun), follows(separate, spread)),
        weights(public, "variance_scaling, fan_in", asked(SHOWN, lecun, mode="fan_in"), follows(separate, spread), of=1),
        weights(public, "variance_scaling, fan_avg", asked(SHOWN, glorot, mode="fan_avg"), follows(spread), of=1),
        weights(public, "variance_scaling, fan_out", asked(SHOWN, lambda i, o: 1 / o, mode="fan_out"), follows(spread), of=1),
        *randomness(SMALL, of=1),
        weights(hidden, "lecun_normal, more outputs than inputs", asked(wide, lecun), follows(spread, centred, form)),
        weights(hidden, "He's rule as a special case", asked(tall, he, scale=2.0), follows(spread), of=1),
        weights(hidden, "another scale, a dense layer", any_scaling(tall), follows(spread), of=1),
        weights(hidden, "another scale, a convolution", any_scaling(of_shape(3, 3, 20, 45)), follows(spread), of=1),
        weights(hidden, "truncated: cut at two standard deviations", asked(
            SHOWN, lecun, truncated_ends, dist="truncated"), ends, of=1),
        weights(hidden, "truncated: spread after the cut", asked(
            of_shape(400, 150), he, truncated_law, scale=2.0, dist="truncated"), follows(separate, spread, centred, form), of=1),
    ],
    mistakes=wrong_weights.LECUN_NORMAL,
)  # fmt: skip

# Two answers draw different inputs: on the same weights their results differ by 1 to 3 % (standard deviation).
TO_A_TOLERANCE = values(rtol=0.25, atol=0.0)
LECUN_FACTOR, HE_FACTOR = 2**-0.5, 1.0  # of the signal in a ReLU layer

exercise(
    "propagate", diagnostics.propagate, points=9, minutes=50, chapter=CHAPTER, section="A signal through twenty layers",
    cases=[
        public("four tanh layers of different sizes", net.sizes_by_layer("tanh", 4), TO_A_TOLERANCE),
        public("each layer its own weights", net.calls_of_init(), exactly, expected=lambda rng: {
            "calls of init": 5, "shape": (24, 24)}),
        public("tanh, weights of size 0.01: the signal dies", net.relation(
            "tanh", net.even_layers(0.01), **{"forward[-1] / forward[0]": net.ratio_of_ends}), net.in_range,
            expected=lambda rng: {"forward[-1] / forward[0]": (1e-18, 1e-12)}),
        public("tanh, weights of size 1: units saturate, the gradient grows", net.relation(
            "tanh", net.even_layers(1.0), **{"forward[-1]": lambda f, b: f[-1], "backward[0]": lambda f, b: b[0]}),
            net.in_range, expected=lambda rng: {"forward[-1]": (0.9, 1.0), "backward[0]": (1e6, 1e13)}),
        public("relu, LeCun's weights: 0.707 a layer", net.relation(
            "relu", net.even_layers(1 / 16), factor=net.factor_per_layer), net.in_range,
            expected=lambda rng: {"factor": (LECUN_FACTOR - 0.05, LECUN_FACTOR + 0.05)}),
        public("relu, He's weights: 1.0 a layer", net.relation(
            "relu", net.even_layers(2**0.5 / 16), factor=net.factor_per_layer), net.in_range,
            expected=lambda rng: {"factor": (HE_FACTOR - 0.05, HE_FACTOR + 0.05)}),
        *randomness(net.same_for_all, result="results"),
        hidden("signal through tanh layers", net.only("forward", net.sizes_by_layer("tanh", 5, 0.12, 3.0)), TO_A_TOLERANCE),
        hidden("signal through relu layers", net.only("forward", net.sizes_by_layer("relu", 5)), TO_A_TOLERANCE),
        hidden("gradient through tanh layers", net.only("backward", net.sizes_by_layer("tanh", 5)), TO_A_TOLERANCE),
        hidden("gradient through relu layers", net.only("backward", net.sizes_by_layer("relu", 5)), TO_A_TOLERANCE),
        hidden("gradient through sigmoid layers", net.only("backward", net.sizes_by_layer("sigmoid", 4, 0.5, 8.0)),
               TO_A_TOLERANCE),
    ],
    mistakes=wrong_networks.PROPAGATE,
)  # fmt: skip

exercise(
    "distinct_hidden_units", diagnostics.distinct_hidden_units, points=6, minutes=30, chapter=CHAPTER,
    section="Why the weights must differ",
    cases=[
        public("all weights 0", net.counted(net.all_equal(0.0), hidden=32), exactly, expected=lambda rng: 1),
        public("random weights, 32 hidden units", net.counted(net.all_drawn, hidden=32), exactly, expected=lambda rng: 32),
        hidden("equal units, and different ones", net.counted(
            net.all_equal(0.05), net.all_drawn, net.equal_from_below), exactly),
        hidden("units of a few kinds", net.counted(net.in_groups(5), net.in_groups(7)), exactly),
        hidden("equal below, different above", net.counted(net.equal_from_below, net.in_groups(3)), exactly),
    ],
    mistakes=wrong_networks.DISTINCT_HIDDEN_UNITS,
)  # fmt: skip

LAYERS = (100, 90, 90, 90, 70)

exercise(
    "debug_initialization", "symmetry", net.layer_weights, names=("FAULT", "layer_weights"), points=5, minutes=25,
    chapter=CHAPTER, section="Why the weights must differ",
    cases=[
        public("a network with your weights trains", net.loss_after_training(100, 1.0), net.in_range,
               expected=lambda rng: {"loss after training": (0.0, 0.2)}),
        hidden("the fault you name", named_fault(net.FAULTS), exactly),
        hidden("the weights themselves", net.all_layers(LAYERS), net.each_layer,
               expected=lambda rng: net.layer_laws(LAYERS)),
        *randomness(lambda rng: args([8, 6, 6, 3], draw_seed(rng)), of=1),
    ],
    mistakes=wrong_networks.DEBUG_INITIALIZATION,
)  # fmt: skip
