"""Exercises of the assignment `gradient_clipping`: how long a gradient is, and what shortening it does."""

from __future__ import annotations

import math

import numpy as np
from gradus import clipping as ref
from gradus.recurrence import rnn_bptt

from autograder.checks import _gradient_clipping_probes as tried
from autograder.checks import _gradient_clipping_wrong as wrong
from autograder.checks import _gradient_clipping_wrong_runs as wrong_runs
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, public
from autograder.probes import args, manners, named_fault, returns

CHAPTER = "Gradient clipping"
Array = np.ndarray

# ---------------------------------------------------------------- global_norm

exercise(
    "global_norm", ref.global_norm, points=3, minutes=15, chapter=CHAPTER, section="Clipping by norm",
    cases=[
        public("one array", returns(lambda rng: args([np.array([3.0, -4.0])]))),
        public("two arrays", returns(lambda rng: args([np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([-12.0])]))),
        hidden("arrays of different shapes", returns(lambda rng: args(tried.some_arrays(rng)))),
        hidden("single numbers among the arrays", returns(lambda rng: args(tried.some_arrays(rng, scalars=True)))),
        hidden("an empty list", tried.of_nothing),
        *manners(lambda rng: args(tried.some_arrays(rng)), float32=False),
    ],
    mistakes=wrong.GLOBAL_NORM,
)  # fmt: skip

# ---------------------------------------------------------------- clip_by_value

exercise(
    "clip_by_value", ref.clip_by_value, points=3, minutes=10, chapter=CHAPTER, section="Clipping by value",
    cases=[
        public("a small and a large component", returns(lambda rng: args([np.array([0.9, 100.0])], 1.0))),
        public("two arrays", returns(lambda rng: args([np.array([[3.0, -0.5], [-7.0, 0.0]]), np.array([2.0])], 2.5))),
        hidden("components on both sides", returns(tried.values_beyond)),
        hidden("nothing beyond the threshold", tried.nothing_beyond, exactly),
        hidden("arrays of different sizes", returns(tried.longer)),
        *manners(tried.values_beyond),
    ],
    mistakes=wrong.CLIP_BY_VALUE,
)  # fmt: skip

# ---------------------------------------------------------------- clip_by_global_norm

TO_A_MILLIONTH = values(rtol=2e-6)  # PyTorch adds 1e-6 to the norm
PARTS = values(rtol=2e-6, parts=("the clipped gradients", "the norm"))
ZERO = lambda rng: args([np.zeros((2, 3)), np.zeros(4)], 1.5)  # noqa: E731

exercise(
    "clip_by_global_norm", ref.clip_by_global_norm, points=8, minutes=40, chapter=CHAPTER, section="Clipping by norm",
    cases=[
        public("a gradient twice as long as allowed", returns(
            lambda rng: args([np.array([[3.0, 0.0], [0.0, -4.0]]), np.array([12.0])], 6.5)), PARTS),
        public("a gradient that is short enough", returns(
            lambda rng: args([np.array([3.0, 0.0]), np.array([-4.0])], 6.5)), PARTS),
        public("the direction is kept", tried.direction(tried.longer), tried.cosine_is_one,
               expected=lambda rng: {"cosine": 1.0}),
        hidden("the clipped gradients", tried.part(returns(tried.longer), 0), TO_A_MILLIONTH),
        hidden("the norm before clipping", tried.part(returns(tried.longer), 1), TO_A_MILLIONTH),
        hidden("below the threshold nothing changes", tried.part(returns(tried.shorter), 0), exactly),
        hidden("a gradient of 0", returns(ZERO)),
        hidden("entries whose squares overflow", returns(tried.huge), PARTS),
        *manners(tried.longer),
        manners(ZERO, float32=False, label="for a gradient of 0")[2],
    ],
    mistakes=wrong.CLIP_BY_GLOBAL_NORM,
)  # fmt: skip

# ---------------------------------------------------------------- angle_between, clipping_angles

DEGREES = values(rtol=1e-6, atol=1e-4, parts=("by value", "by norm"))


def angle_between(a: list[Array], b: list[Array]) -> float:
    """The angle between two gradients, in degrees."""
    return math.degrees(math.acos(ref.cosine(a, b)))


def clipping_angles(grads: list[Array], c: float) -> tuple[float, float]:
    """By how many degrees clipping by value and by norm turn a gradient."""
    return angle_between(grads, ref.clip_by_value(grads, c)), angle_between(grads, ref.clip_by_global_norm(grads, c)[0])  # type: ignore[arg-type]


exercise(
    "angle_between", angle_between, clipping_angles, points=4, minutes=30, chapter=CHAPTER, section="Clipping by value",
    cases=[
        public("a right angle", returns(lambda rng: args([np.array([1.0, 0.0])], [np.array([0.0, 2.0])])), DEGREES),
        public("opposite directions, two arrays", returns(lambda rng: args(
            [np.array([1.0]), np.array([-2.0, 1.0])], [np.array([-3.0]), np.array([6.0, -3.0])])), DEGREES),
        public("[0.9, 100] clipped at 1", returns(lambda rng: args([np.array([0.9, 100.0])], 1.0), of=1), DEGREES),
        hidden("other angles", returns(tried.two_directions), DEGREES),
        hidden("an obtuse angle", returns(tried.obtuse), DEGREES),
        hidden("the same direction and the opposite one, many times", tried.parallel, DEGREES),
        hidden("other gradients, clipped", returns(tried.steep, of=1), DEGREES),
        *manners(tried.two_directions, float32=False),
    ],
    mistakes=wrong.ANGLE_BETWEEN,
)  # fmt: skip

# ---------------------------------------------------------------- train_rnn

RUNS = values(rtol=1e-4, atol=1e-7, parts=("params", "losses", "norms"))  # a millionth in the factor adds up
Params = dict[str, Array]


def train_rnn(
    params: Params, X: Array, y: Array, lr: float, steps: int, max_norm: float | None = None
) -> tuple[Params, list[float], list[float]]:
    """Gradient descent on all sequences, clipped by global norm; a run that is lost ends early."""
    losses: list[float] = []
    norms: list[float] = []
    with np.errstate(all="ignore"):
        for _ in range(steps):
            loss, grads = rnn_bptt(params, X, y)
            if not all(np.isfinite(g).all() for g in grads.values()):
                return params, [*losses, loss], [*norms, math.inf]
            losses.append(loss)
            norms.append(ref.global_norm(grads))
            if max_norm is not None:
                grads = ref.clip_by_global_norm(grads, max_norm)[0]  # type: ignore[assignment]
            params = {name: params[name] - lr * grads[name] for name in params}
            if not loss < 1e6:
                break
    return params, losses, norms


exercise(
    "train_rnn", train_rnn, points=6, minutes=45, chapter=CHAPTER, section="A recurrent network with a long memory",
    cases=[
        public("six steps without clipping", returns(tried.short_run(None)), RUNS),
        public("six steps with clipping", returns(tried.short_run(0.1)), RUNS),
        public("five long runs with and without clipping", tried.five_runs, tried.in_range, expected=lambda rng: {
            "lost without clipping": (4, 5), "shortest of the longest gradients": (100.0, math.inf),
            "solved with clipping": (5, 5)}),
        hidden("another network, without clipping", returns(tried.short_run(None)), RUNS),
        hidden("another network, with clipping", returns(tried.short_run(0.08)), RUNS),
        hidden("a threshold that is never reached", returns(tried.short_run(1e3)), RUNS),
        *manners(tried.short_run(0.1), float32=False),
    ],
    mistakes=wrong_runs.TRAIN_RNN, seconds=20.0,
)  # fmt: skip

# ---------------------------------------------------------------- debug_gradient_clipping

STEP = values(rtol=1e-5, parts=("params", "loss", "norm"))

exercise(
    "debug_gradient_clipping", "no_effect", tried.clipped_step, names=("FAULT", "clipped_step"), points=5, minutes=25,
    chapter=CHAPTER, section="A recurrent network with a long memory",
    cases=[
        public("a step along a gradient that is too long", returns(tried.one_step(0.4), of=1), STEP),
        public("a run with your steps stays in bounds", tried.trained(60), tried.in_range, expected=lambda rng: {
            "largest loss": (0.0, 20.0), "last loss": (0.0, 0.2)}),
        hidden("the fault you name", named_fault(tried.FAULTS), exactly),
        hidden("other gradients that are too long", returns(tried.one_step(0.2), of=1), STEP),
        hidden("a gradient that is short enough", returns(tried.one_step(1.5), of=1), STEP),
        *manners(tried.one_step(0.4), of=1, float32=False),
    ],
    mistakes=wrong_runs.DEBUG_GRADIENT_CLIPPING,
)  # fmt: skip
