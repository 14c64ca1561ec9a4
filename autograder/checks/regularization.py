"""Exercises of the assignment `regularization`: penalties, dropout in its forms, limits on weights, and when to stop."""

from __future__ import annotations

import numpy as np
from gradus import regularizers as ref
from gradus.activations import softmax

from autograder.checks import _regularization_dropout as drop
from autograder.checks import _regularization_ensembles as many
from autograder.checks import _regularization_networks as net
from autograder.checks import _regularization_probes as tried
from autograder.checks import _regularization_steps as steps
from autograder.checks import _regularization_wrong as wrong
from autograder.checks import _regularization_wrong_dropout as wrong_dropout
from autograder.checks import _regularization_wrong_ensembles as wrong_many
from autograder.checks import _regularization_wrong_predictions as wrong_predictions
from autograder.checks import _regularization_wrong_stopping as wrong_stopping
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, public, purity
from autograder.probes import args, holds, manners, named_fault, randomness, returns

PENALTIES = "Weight penalties, early stopping and max-norm"
DROPOUT = "Dropout"
Array = np.ndarray

# ---------------------------------------------------------------- l1_penalty, l1_grad, l2_penalty, l2_grad, penalized

THREE = lambda rng: args([np.array([3.0, -4.0, 0.0]), np.array([[0.5]])], 0.1)  # noqa: E731
PARTS = values(parts=("the loss", "the gradients"))

exercise(
    "l1_penalty", ref.l1_penalty, ref.l1_grad, ref.l2_penalty, ref.l2_grad, tried.penalized, points=5, minutes=25,
    chapter=PENALTIES, section="Penalties on the weights",
    cases=[
        public("ℓ1 of two arrays", returns(THREE, of=0)),
        public("its gradient", returns(THREE, of=1)),
        public("ℓ2 of two arrays", returns(THREE, of=2)),
        public("the gradient of ℓ2", returns(THREE, of=3)),
        public("both penalties on a small network", returns(tried.to_penalize(2, 1, 2, 0.1, 0.5), of=4), PARTS),
        hidden("ℓ1 of other weights", returns(tried.weights_and_strength, of=0)),
        hidden("its gradient, also where a weight is 0", returns(tried.weights_and_strength, of=1)),
        hidden("ℓ2 of other weights", returns(tried.weights_and_strength, of=2)),
        hidden("the gradient of ℓ2 there", returns(tried.weights_and_strength, of=3)),
        hidden("both penalties on another network", returns(tried.to_penalize(4, 5, 3), of=4), PARTS),
        hidden("ℓ1 alone", returns(tried.to_penalize(3, 4, 2, None, 0.0), of=4), PARTS),
        *manners(tried.weights_and_strength, of=1, label="of l1_grad"),
        *manners(tried.weights_and_strength, of=3, label="of l2_grad")[::3],
        *(manners(tried.weights_and_strength, of=i, float32=False, label=f"of {name}")[0]
          for i, name in ((0, "l1_penalty"), (2, "l2_penalty"))),
        *manners(tried.to_penalize(4, 5, 3), of=4, label="of penalized"),
    ],
    mistakes=wrong.PENALTIES,
)  # fmt: skip

# ---------------------------------------------------------------- soft_threshold, proximal_step

exercise(
    "soft_threshold", ref.soft_threshold, ref.proximal_step, points=6, minutes=25,
    chapter=PENALTIES, section="Exact zeros",
    cases=[
        public("weights around the threshold", returns(
            lambda rng: args(np.array([3.0, -3.0, 0.5, -0.5, 1.0, 0.0]), 1.0))),
        public("one proximal step", returns(lambda rng: args(
            np.array([2.0, -1.0, 0.05, 0.0]), np.array([1.0, 0.5, -0.2, 3.0]), 0.5, 0.4), of=1)),
        public("a run of steps on a regression with few true weights", tried.sparse_run,
               tried.facts(), expected=lambda rng: tried.SPARSE),
        hidden("other weights", returns(tried.near_and_far)),
        hidden("a threshold of 0, and a large one", tried.together(
            lambda rng: args(tried.near_and_far(rng)[0][0], 0.0), lambda rng: args(tried.near_and_far(rng)[0][0], 2.5))),
        hidden("other steps", returns(tried.any_step, of=1)),
        hidden("another regression", tried.sparse_run, tried.facts(), expected=lambda rng: tried.SPARSE),
        *manners(tried.near_and_far, label="of soft_threshold"),
        *manners(tried.any_step, of=1, label="of proximal_step"),
    ],
    mistakes=wrong.SOFT_THRESHOLD,
)  # fmt: skip

# ---------------------------------------------------------------- dropout_forward, dropout_backward

OUT_MASK = values(parts=("out", "mask"))
TWICE = values(parts=("out in training", "out in evaluation", "whether the mask there is all 1",
                      "out in evaluation, with a mask of the caller's"))  # fmt: skip
UNDRAWN = holds(
    "With a mask of the caller's nothing is to be drawn: your function uses up numbers of the rng all the same."
)
ZERO_RATE = values(parts=("out", "out at rate 0"))

exercise(
    "dropout_forward", ref.dropout_forward, ref.dropout_backward, points=8, minutes=35,
    chapter=DROPOUT, section="Dropping units",
    cases=[
        public("each entry is drawn for itself", drop.structure, tried.facts(drop.STRUCTURE),
               expected=lambda rng: dict.fromkeys(drop.STRUCTURE, True)),
        public("a fifth of the entries dropped", drop.shares(0.2), tried.facts(drop.SHARES, drop.SHARES_SD),
               expected=drop.expected_shares(0.2)),
        public("with a mask of the caller's", drop.both(drop.by_hand), OUT_MASK),
        public("a gradient on its way back", returns(lambda rng: args(
            np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]]), np.array([[1.25, 0.0, 1.25], [1.25, 1.25, 0.0]])), of=1)),
        hidden("how many entries are dropped, and what the others become", drop.shares(),
               tried.facts(drop.SHARES, drop.SHARES_SD), expected=drop.expected_shares()),
        hidden("other masks, arrays of any shape", drop.both(drop.given_mask()), OUT_MASK),
        hidden("training and evaluation", drop.evaluated, TWICE),
        hidden("a rate of 0", drop.at_rate_zero, ZERO_RATE),
        hidden("there and back", drop.round_trip, tried.facts(drop.ROUND_TRIP_TOLD), expected=lambda rng: drop.ROUND_TRIP),
        hidden("other gradients on their way back", returns(drop.back, of=1)),
        *manners(drop.given_mask(), label="of dropout_forward"),
        *manners(drop.back, of=1, label="of dropout_backward"),
        *randomness(lambda rng: args(drop.signed(rng, (20, 30)), 0.4, drop.draw_seed(rng), True), result="masks"),
        purity("nothing drawn where a mask is given", drop.untouched, UNDRAWN),
    ],
    mistakes=wrong_dropout.DROPOUT,
)  # fmt: skip

# ---------------------------------------------------------------- alpha_dropout, alpha_dropout_constants

CONSTANTS = values(rtol=1e-6, parts=("a", "b"))

exercise(
    "alpha_dropout", ref.alpha_dropout, ref.alpha_dropout_constants, points=6, minutes=35,
    chapter=DROPOUT, section="Alpha dropout",
    cases=[
        public("the constants for a rate of 0.1", returns(lambda rng: args(0.1), of=1), CONSTANTS),
        public("with a mask of the caller's", drop.both(drop.by_hand), OUT_MASK),
        public("a fifth of a SELU signal dropped", drop.moments(0.2), tried.facts(drop.MOMENTS, drop.MOMENTS_SD),
               expected=drop.expected_moments(0.2)),
        hidden("the constants for other rates", returns(drop.some_rate, of=1), CONSTANTS),
        hidden("other masks, arrays of any shape", drop.both(drop.given_mask()), OUT_MASK),
        hidden("training and evaluation", drop.evaluated, TWICE),
        hidden("mean and variance of a SELU signal", drop.moments(), tried.facts(drop.MOMENTS, drop.MOMENTS_SD),
               expected=drop.expected_moments()),
        *manners(drop.given_mask()),
        *randomness(lambda rng: args(drop.signed(rng, (20, 30)), 0.4, drop.draw_seed(rng), True), result="masks"),
        purity("nothing drawn where a mask is given", drop.untouched, UNDRAWN),
    ],
    mistakes=wrong_dropout.ALPHA,
)  # fmt: skip

# ---------------------------------------------------------------- mc_dropout_predict


def mc_dropout_predict(net, X, T, rng):  # type: ignore[no-untyped-def]
    """T predictions with dropout: their mean and spread, the entropy of the mean, and what disagreement adds to it."""
    p = softmax(np.stack([net(X, rng) for _ in range(T)]))
    mean = p.mean(axis=0)
    entropy = lambda p: -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1)  # noqa: E731
    return mean, p.std(axis=0), entropy(mean), entropy(mean) - entropy(p).mean(axis=0)


FOUR = values(rtol=1e-5, atol=1e-5, parts=many.MC_PARTS)
TWO = values(rtol=1e-5, atol=1e-5, parts=many.MC_PARTS[:2])
LAST = values(rtol=1e-5, atol=1e-5, parts=many.MC_PARTS[2:])

exercise(
    "mc_dropout_predict", mc_dropout_predict, points=6, minutes=35, chapter=DROPOUT, section="Monte Carlo dropout",
    cases=[
        public("two predictions of two examples", many.predicted(many.two_passes), FOUR),
        public("four times as many predictions halve the error", many.error_ratio, tried.facts(),
               expected=lambda rng: {many.RATIO: (1.6, 2.4)}),
        public("a network that draws anew at each pass", many.passes_differ, tried.facts(many.DIFFER),
               expected=lambda rng: dict.fromkeys(many.DIFFER, True)),
        hidden("mean and std of other predictions", many.predicted(many.of_any_size, 0, 1), TWO),
        hidden("entropy and mutual information of them", many.predicted(many.of_any_size, 2, 3), LAST),
        hidden("classes that are ruled out", many.predicted(many.certain), FOUR),
        hidden("another network that draws anew at each pass", many.passes_count, tried.facts(many.COUNT),
               expected=lambda rng: dict.fromkeys(many.COUNT, True)),
        *manners(many.with_net(many.certain), float32=False)[::2],
        *randomness(many.with_own_masks, result="predictions"),
    ],
    mistakes=wrong_predictions.MC_DROPOUT,
)  # fmt: skip

# ---------------------------------------------------------------- max_norm

NEAR = values(rtol=1e-5)  # some divide by 1e-7 or 1e-6 more than the norm


def max_norm(W: Array, r: float) -> Array:
    """The columns of W that are longer than r, shortened to length r."""
    return ref.max_norm(W, r)


exercise(
    "max_norm", max_norm, points=5, minutes=15, chapter=PENALTIES, section="Max-norm",
    cases=[
        public("a long and a short column", returns(lambda rng: args(np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 1.5]]), 2.0)), NEAR),
        public("a column of zeros", returns(lambda rng: args(np.array([[0.0, 6.0], [0.0, -8.0], [0.0, 0.0]]), 3.0)), NEAR),
        hidden("more columns than rows, and fewer", tried.together(
            tried.columns(wide=True), tried.columns(wide=False)), NEAR),
        hidden("short columns, after others", tried.together(tried.columns(), tried.columns(short=True)), NEAR),
        hidden("a column of zeros among others", returns(tried.columns(zero=True)), NEAR),
        *manners(tried.columns(zero=True)),
    ],
    mistakes=wrong.MAX_NORM,
)  # fmt: skip

# ---------------------------------------------------------------- EarlyStopping


class EarlyStopping:
    """Says when to stop, and puts the best parameters back into the caller's dictionary."""

    def __init__(self, patience: int, min_delta: float = 0.0, restore_best: bool = True) -> None:
        self._own, self._params = ref.EarlyStopping(patience, min_delta, restore_best), {}  # type: ignore[var-annotated]

    @property
    def best(self) -> float:
        return self._own.best

    def step(self, value: float, params: dict[str, Array]) -> bool:
        self._params = params
        return self._own.step(float(value), self)

    def state_dict(self) -> dict[str, Array]:
        return self._params

    def load_state_dict(self, state: dict[str, Array]) -> None:
        self._params.update(state)


SHOWN = ([5.0, 4.0, 3.0, 3.5, 3.4, 2.0, 2.9, 2.8, 2.7, 2.6, 1.0], {"patience": 3})
GAINS = ([2.0, 1.95, 2.02, 1.84, 1.8, 1.88, 1.97, 1.96, 1.94, 1.93], {"patience": 3, "min_delta": 0.1})
TRAINED = values(parts=("epochs", "params"))

exercise(
    "EarlyStopping", EarlyStopping, tried.train, points=5, minutes=30, chapter=PENALTIES, section="Early stopping",
    cases=[
        public("three values in a row that are no better", tried.stops(lambda rng: SHOWN), exactly),
        public("gains smaller than min_delta", tried.stops(lambda rng: GAINS), exactly),
        public("the best parameters are back", tried.left_behind(lambda rng: SHOWN)),
        public("also where training goes on in the same arrays", tried.trained(lambda rng: SHOWN), TRAINED),
        hidden("when other runs stop", tried.stops(tried.bumpy()), exactly),
        hidden("a loss that stands still", tried.stops(tried.level), exactly),
        hidden("slow gains that add up", tried.stops(tried.slow), exactly),
        hidden("a loss that is NaN in between", tried.stops(tried.with_nan), exactly),
        hidden("the best value", tried.best_value(tried.bumpy())),
        hidden("the best parameters of other runs", tried.left_behind(tried.bumpy())),
        hidden("parameters that are to stay the last ones", tried.left_behind(tried.bumpy(restore_best=False))),
        hidden("another training in the same arrays", tried.trained(tried.bumpy()), TRAINED),
        hidden("small gains in a training in the same arrays", tried.trained(tried.slow), TRAINED),
        hidden("large losses in a training in the same arrays", tried.trained(tried.large), TRAINED),
        hidden("two objects at once", tried.two_at_once),
        purity("nothing changes before the stop", tried.leaves_alone, holds(
            "The parameters changed while training was to go on: put the best ones back at the stop only.")),
    ],
    mistakes=wrong_stopping.EARLY_STOPPING,
)  # fmt: skip

# ---------------------------------------------------------------- loss_record, mask_ensemble

LOSSES = values(rtol=1e-5, atol=1e-6)  # some add a little to what they take the logarithm of
ONE_MEAN = values(rtol=1e-6)
MEANS = ("the normalized geometric mean", "the arithmetic mean", "one network with scaled weights")

exercise(
    "loss_record", net.loss_record, many.mask_ensemble, points=5, minutes=50,
    chapter=DROPOUT, section="The loss that dropout shows",
    cases=[
        public("running loss, without dropout", net.without_dropout("running"), LOSSES),
        public("loss on X, without dropout", net.without_dropout("train"), LOSSES),
        public("loss on X_test, without dropout", net.without_dropout("test"), LOSSES),
        *(public(f"all masks of three inputs: {mean}", many.mean_of_masks(many.tiny_layer, i), ONE_MEAN)
          for i, mean in enumerate(MEANS)),
        public("the digits, half of the units dropped", net.illusion((0, 2)), tried.facts(net.GAPS_TOLD, net.GAPS_SD),
               expected=lambda rng: {net.ABOVE: (0.03, 0.5), net.BELOW: (0.01, 0.5)}),
        public("the parts of single steps with dropout", steps.anatomy(0.4, steps.single_record),
               tried.facts(steps.RECORD_ANATOMY), expected=lambda rng: steps.SOUND),
        hidden("what is evaluated, with dropout", net.consistent, tried.facts(net.CONSISTENT), expected=lambda rng:
               dict.fromkeys(net.CONSISTENT, True)),
        hidden("the running loss, with dropout", net.noise, tried.facts(net.NOISE_TOLD, net.NOISE_SD),
               expected=net.expected_noise),
        hidden("another run without dropout", net.without_dropout("running", epochs=3), LOSSES),
        hidden("the parts of steps at another rate", steps.anatomy(0.3, steps.single_record),
               tried.facts(steps.RECORD_ANATOMY), expected=lambda rng: steps.SOUND),
        hidden("a step of several examples with dropout", steps.batch_of(0.3, steps.single_record), tried.facts(steps.BATCH_TOLD),
               expected=lambda rng: steps.BATCH_SOUND),
        *(hidden(f"all masks of other inputs: {mean}", many.mean_of_masks(many.small_layer, i), ONE_MEAN)
          for i, mean in enumerate(MEANS)),
        *manners(net.problem(0.0), float32=False)[:2],
        *manners(many.small_layer, of=1, float32=False, label="of mask_ensemble"),
        *randomness(net.problem(0.5), result="losses"),
    ],
    mistakes=wrong_many.LOSS_RECORD, seconds=20.0,
)  # fmt: skip

# ---------------------------------------------------------------- debug_regularization

STEP = values(rtol=1e-6, parts=("params", "loss"))

exercise(
    "debug_regularization", "new_mask", net.dropout_step, names=("FAULT", "mended_step"), points=5, minutes=25,
    chapter=DROPOUT, section="Dropping units",
    cases=[
        public("a step without dropout", returns(steps.one_step(0.0), of=1), STEP),
        public("the parts of steps in which four of ten units are dropped", steps.anatomy(0.4), tried.facts(steps.ANATOMY),
               expected=lambda rng: steps.SOUND),
        hidden("the fault you name", named_fault(steps.FAULTS), exactly),
        hidden("the parts of steps at another rate", steps.anatomy(0.25), tried.facts(steps.ANATOMY),
               expected=lambda rng: steps.SOUND),
        hidden("a step of several examples", steps.batch_of(0.25), tried.facts(steps.BATCH_TOLD),
               expected=lambda rng: steps.BATCH_SOUND),
        *manners(steps.one_step(0.4), of=1, float32=False),
        *randomness(steps.one_step(0.4), of=1, result="steps"),
    ],
    mistakes=wrong_many.DEBUG_REGULARIZATION,
)  # fmt: skip
