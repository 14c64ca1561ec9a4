"""Exercises of the assignment `activations`: the functions between the layers, and what becomes of the units behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import activations as ref
from gradus.diagnostics import dead_fraction

from autograder.checks import _activations_networks as net
from autograder.checks import _activations_probes as probes
from autograder.checks import _activations_random_slopes as random_slopes
from autograder.checks import _activations_wrong_elementwise as wrong
from autograder.checks import _activations_wrong_layers as wrong_layers
from autograder.checks import _activations_wrong_units as wrong_units
from autograder.checks._activations_probes import SHOWN, anywhere, close_to_zero, far_out, nine_digits, whole_numbers
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, public, purity
from autograder.moments import centred, follows, form, separate, spread, unrelated
from autograder.probes import Args, Probe, args, draw_seed, holds, manners, named_fault, randomness, returns

CHAPTER = "Activation functions"
Make = Callable[[np.random.Generator], Args]


def of(array: Callable[[np.random.Generator], Any], **named: Any) -> Make:
    """The arguments of a call with this array."""
    return lambda rng: args(array(rng), **named)


def shown(**named: Any) -> Make:
    return lambda rng: args(SHOWN.copy(), **named)


def at(make: Make, index: int) -> Probe:
    return returns(make, of=index)


NEAR = values(rtol=1e-10, atol=1e-12)

exercise(
    "sigmoid", ref.sigmoid, ref.sigmoid_derivative, points=5, minutes=25, chapter=CHAPTER, section="Sigmoid and tanh",
    cases=[
        public("sigmoid", at(shown(), 0), NEAR),
        public("its derivative", at(shown(), 1), NEAR),
        *manners(of(far_out)),
        *manners(of(far_out), of=1, label="of the derivative"),
        hidden("sigmoid, arrays of any shape", at(of(anywhere), 0), NEAR),
        hidden("sigmoid, far out", at(of(far_out), 0), NEAR),
        hidden("derivative, arrays of any shape", at(of(anywhere), 1), NEAR),
        hidden("derivative, far out", at(of(far_out), 1), NEAR),
    ],
    mistakes=wrong.SIGMOID,
)  # fmt: skip


def steep(rng: np.random.Generator) -> Args:
    return args(anywhere(rng), alpha=round(float(rng.uniform(1.5, 3.0)), 2))


exercise(
    "relu", ref.relu, ref.relu_derivative, ref.leaky_relu, ref.leaky_relu_derivative, points=6, minutes=25, chapter=CHAPTER,
    section="A leak",
    cases=[
        public("relu", at(shown(), 0)),
        public("relu_derivative", at(shown(), 1)),
        public("leaky_relu", at(shown(alpha=0.1), 2)),
        public("leaky_relu_derivative", at(shown(alpha=0.1), 3)),
        *manners(of(far_out), label="of relu"),
        *manners(of(far_out), of=1, label="of relu_derivative"),
        *manners(of(far_out), of=2, label="of leaky_relu"),
        *manners(of(far_out), of=3, label="of leaky_relu_derivative"),
        hidden("relu, arrays of any shape", at(of(anywhere), 0)),
        hidden("relu_derivative, arrays of any shape", at(of(anywhere), 1)),
        hidden("leaky_relu with its default slope", at(of(anywhere), 2)),
        hidden("leaky_relu, a slope of 2 or so", at(steep, 2)),
        hidden("leaky_relu, a slope of 0", at(of(anywhere, alpha=0.0), 2)),
        hidden("leaky_relu_derivative with its default slope", at(of(anywhere), 3)),
        hidden("leaky_relu_derivative, a slope of 2 or so", at(steep, 3)),
        hidden("relu of integers", at(of(whole_numbers), 0)),
        hidden("relu_derivative of integers", at(of(whole_numbers), 1)),
        hidden("leaky_relu of integers", at(of(whole_numbers, alpha=0.25), 2)),
        hidden("leaky_relu_derivative of integers", at(of(whole_numbers, alpha=0.25), 3)),
    ],
    mistakes=wrong.RELU,
)  # fmt: skip


def deep_or_shallow(rng: np.random.Generator) -> Args:
    return args(anywhere(rng), alpha=round(float(rng.choice([rng.uniform(0.3, 0.7), rng.uniform(1.5, 3.0)])), 2))


exercise(
    "elu", ref.elu, ref.elu_derivative, points=6, minutes=25, chapter=CHAPTER, section="ELU",
    cases=[
        public("elu", at(shown(), 0)),
        public("elu, another alpha", at(shown(alpha=0.5), 0)),
        public("elu_derivative", at(shown(alpha=0.5), 1)),
        *manners(of(far_out)),
        *manners(of(far_out), of=1, label="of the derivative"),
        hidden("elu, arrays of any shape", at(of(anywhere), 0)),
        hidden("elu, another alpha, arrays of any shape", at(deep_or_shallow, 0)),
        hidden("elu, numbers far out", at(of(far_out, alpha=2.0), 0)),
        hidden("elu, numbers close to 0", at(of(close_to_zero), 0), nine_digits,
               expected=lambda rng: ref.elu(close_to_zero(rng))),
        hidden("elu_derivative, arrays of any shape", at(of(anywhere), 1)),
        hidden("elu_derivative, another alpha", at(deep_or_shallow, 1)),
        hidden("elu_derivative, numbers far out", at(of(far_out, alpha=2.0), 1)),
    ],
    mistakes=wrong.ELU,
)  # fmt: skip

exercise(
    "selu", ref.selu, ref.selu_constants, points=7, minutes=45, chapter=CHAPTER,
    section="SELU: a network that normalizes itself",
    cases=[
        public("selu, to four decimals", at(shown(), 0), values(rtol=1e-4, atol=1e-4)),
        public("the constants, to four decimals", at(lambda rng: args(), 1), net.constants_roughly),
        *manners(of(far_out)),
        hidden("selu, arrays of any shape", at(of(anywhere), 0), values(rtol=1e-8, atol=1e-9)),
        hidden("selu, numbers far out", at(of(far_out), 0), values(rtol=1e-8, atol=1e-9)),
        hidden("the constants, to eight digits", at(lambda rng: args(), 1), net.constants),
        hidden("a signal through fifty layers", net.selu_stack, values(rtol=0.02, atol=0.02)),
    ],
    mistakes=wrong.SELU,
)  # fmt: skip

exercise(
    "prelu_forward", ref.prelu_forward, probes.prelu_backward, points=6, minutes=30, chapter=CHAPTER, section="A leak",
    cases=[
        public("forward, one slope for all", probes.output(probes.small_prelu)),
        public("forward, a slope for each column", probes.output(probes.small_prelu_columns)),
        public("backward, one slope for all", probes.gradients(probes.small_prelu), values(parts=("dz", "da"))),
        purity("inputs unchanged, same inputs, same output", probes.leaves_alone(probes.slope_per_column),
               holds(probes.UNCHANGED)),
        purity("float32 stays float32", probes.dtypes(probes.slope_per_column), exactly),
        hidden("forward, a slope above 1", probes.output(probes.steep_slope)),
        hidden("forward, slopes of columns", probes.output(probes.slope_per_column)),
        hidden("dz, one slope", probes.gradients(probes.one_slope, 0)),
        hidden("da, one slope", probes.gradients(probes.one_slope, 1)),
        hidden("dz, slopes of columns", probes.gradients(probes.slope_per_column, 0)),
        hidden("da, slopes of columns", probes.gradients(probes.slope_per_column, 1)),
        hidden("as many samples as columns", probes.gradients(probes.square)),
        hidden("two layers, one after the other", probes.two_at_once(probes.slope_per_column)),
        hidden("forward, slopes of 0 and below", probes.with_each(probes.not_above_zero, probes.output)),
        hidden("backward, slopes of 0 and below", probes.with_each(probes.not_above_zero, probes.gradients)),
    ],
    mistakes=wrong_layers.PRELU,
)  # fmt: skip

exercise(
    "rrelu", ref.rrelu, ref.rrelu_derivative, points=5, minutes=25, chapter=CHAPTER, section="A leak",
    cases=[
        public("in evaluation", random_slopes.evaluation(lambda rng: (SHOWN.copy(), {}))),
        public("in training: output, slopes and derivative belong together", random_slopes.hangs_together,
               holds(random_slopes.TOGETHER),
               expected=lambda rng: dict.fromkeys(random_slopes.TOGETHER, True)),
        public("rrelu_derivative", at(lambda rng: args(
            np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), np.array([0.2, 0.3, 0.125, 0.25, 0.15])), 1)),
        *randomness(lambda rng: args(anywhere(rng), draw_seed(rng)), result="slopes"),
        *manners(lambda rng: args(anywhere(rng), draw_seed(rng)), float32=False),
        *manners(random_slopes.with_slopes, of=1, label="of the derivative"),
        purity("float32 stays float32", random_slopes.single_precision, exactly),
        hidden("how the slopes are drawn", random_slopes.drawn_slopes(from_output=True),
               follows(separate, spread, centred, form, unrelated), expected=random_slopes.unit_law),
        hidden("how the slopes returned are drawn", random_slopes.drawn_slopes(from_output=False),
               follows(separate, spread, centred, form, unrelated), expected=random_slopes.unit_law),
        hidden("slopes from another range", random_slopes.drawn_slopes(0.4, 0.9, from_output=True),
               follows(separate, spread, centred, form, unrelated), expected=random_slopes.unit_law),
        hidden("evaluation, arrays of any shape", random_slopes.evaluation(lambda rng: (anywhere(rng), {}))),
        hidden("evaluation, another range", random_slopes.evaluation(random_slopes.another_range)),
        hidden("rrelu_derivative, arrays of any shape", at(random_slopes.with_slopes, 1)),
    ],
    mistakes=wrong_layers.RRELU,
)  # fmt: skip

exercise(
    "maxout_forward", ref.maxout_forward, probes.maxout_backward, points=6, minutes=35, chapter=CHAPTER, section="Maxout",
    cases=[
        public("forward, two pieces", probes.output(probes.small_maxout)),
        public("forward, one of the pieces 0: ReLU", probes.output(probes.relu_in_disguise)),
        public("backward, two pieces", probes.gradients(probes.small_maxout, n=3), values(parts=("dX", "dW", "db"))),
        purity("inputs unchanged, same inputs, same output", probes.leaves_alone(probes.pieces(3), n=3),
               holds(probes.UNCHANGED)),
        purity("float32 stays float32", probes.dtypes(probes.pieces(3)), exactly),
        hidden("forward, three pieces", probes.output(probes.pieces(3))),
        hidden("forward, five pieces", probes.output(probes.pieces(5))),
        hidden("dX", probes.gradients(probes.pieces(3), 0, n=3)),
        hidden("dW", probes.gradients(probes.pieces(3), 1, n=3)),
        hidden("db", probes.gradients(probes.pieces(3), 2, n=3)),
        hidden("two layers, one after the other", probes.two_at_once(probes.pieces(2), n=3)),
    ],
    mistakes=wrong_layers.MAXOUT,
)  # fmt: skip

TOY = np.array([[-1.0, 2, 0, -3, -2], [-3, -1, 0, 4, -1], [-2, 1, -1, -5, -3]])
SOME = values(rtol=0.0, atol=0.06)  # of forty units two may fall on the other side of a rounding error

exercise(
    "dead_fraction", dead_fraction, net.learning_rate_sweep, net.revival, points=5, minutes=45, chapter=CHAPTER,
    section="Units that die",
    cases=[
        public("dead_fraction", at(lambda rng: args(TOY), 0)),
        public("a sweep, small rates", net.swept(0.01, 0.1, show=True), SOME),
        public("revival of ReLU units", net.revived(ref.relu, ref.relu_derivative, "relu", show=True), net.in_range,
               expected=lambda rng: {"dead": (1.0, 1.0), "accuracy": (0.3, 0.6)}),
        *manners(lambda rng: args(net.pre_activations(rng)), float32=False),
        purity("learning_rate_sweep leaves the parameters alone", net.leaves_parameters(1), holds(
            "Your sweep changed the parameters it was given: whoever called it has lost his network.")),
        purity("revival leaves the parameters alone", net.leaves_parameters(2), holds(
            "Your revival changed the parameters it was given: whoever called it has lost his network.")),
        hidden("dead_fraction of other layers", at(lambda rng: args(net.pre_activations(rng)), 0)),
        hidden("dead_fraction of a large batch", at(lambda rng: args(net.pre_activations(rng, 500)), 0)),
        hidden("units die at a learning rate of 2", net.swept(2.0, 0.01, 0.3), SOME),
        hidden("as many steps as asked for", net.swept(2.0, 0.3, steps=1), SOME),
        hidden("revival with hardly any training", net.hardly_trained, values(rtol=0.0, atol=1e-9)),
        hidden("revival of leaky units", net.revived(net.leaky, net.leaky_derivative, "leaky"), net.in_range),
        hidden("no revival of ReLU units", net.revived(ref.relu, ref.relu_derivative, "relu"), net.in_range),
    ],
    mistakes=wrong_units.DEAD_FRACTION,
)  # fmt: skip

STEPS, RATE, WARMUP = 400, 1.5, 20

exercise(
    "debug_activations", "step_size", net.step_size, names=("FAULT", "step_size"), points=5, minutes=25, chapter=CHAPTER,
    section="Units that die",
    cases=[
        public("a network with your step sizes trains, and its units live", net.after_training(STEPS, RATE, WARMUP),
               net.in_range, expected=lambda rng: {"loss": (0.0, 0.6), "dead": (0.0, 0.3)}),
        hidden("the fault you name", named_fault(net.FAULTS), exactly),
        hidden("the step sizes themselves", net.sizes),
    ],
    mistakes=wrong_units.DEBUG_ACTIVATIONS,
)  # fmt: skip
