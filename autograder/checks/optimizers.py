"""Exercises of the assignment `optimizers`: what to do with a gradient, step by step, and what becomes of it."""

from __future__ import annotations

from gradus import optimizers as ref
from gradus.problems import wilson_data

from autograder.checks import _optimizers_experiments as lab
from autograder.checks import _optimizers_probes as tried
from autograder.checks import _optimizers_wrong_adam as wrong_adam
from autograder.checks import _optimizers_wrong_adaptive as wrong_adaptive
from autograder.checks import _optimizers_wrong_experiments as wrong_lab
from autograder.checks import _optimizers_wrong_gradient as wrong
from autograder.checks._optimizers_probes import given, path, run, step_manners, with_slope
from autograder.comparison import exactly, told, values
from autograder.exercise import exercise, hidden, public
from autograder.probes import args, draw_seed, manners, named_fault, randomness, returns

PLAIN = "Optimizers"
ADAPTIVE = "Adaptive optimizers"
STEPS = values(parts=("w after step 1", "w after step 2"))
TINY = (1e-6, 1e-4)
LARGE = (0.5, 50.0)  # so large that RMSProp, too, does not see where its ε stands
NEAR = {"rtol": 1e-5, "atol": 1e-5}  # where an ε is far too small to matter, it does not matter where it stands
ADAPTED = values(**NEAR)  # type: ignore[arg-type]
ADAPTED_TWO = values(**NEAR, parts=("w after step 1", "w after step 2"))  # type: ignore[arg-type]
OTHER = {"beta1": (0.5, 0.85), "beta2": (0.9, 0.99)}
ADAPTED_THREE = values(**NEAR, parts=("w after step 1", "w after step 2", "w after step 3"))  # type: ignore[arg-type]

# ---------------------------------------------------------------- gd_step

exercise(
    "gd_step", ref.gd_step, points=3, minutes=10, chapter=PLAIN, section="Gradient descent",
    cases=[
        public("two steps", path(given([1.0, -2.0, 0.5], [[0.5, 1.0, -4.0], [0.0, 2.0, -3.0]], 0.1)), STEPS),
        public("ten steps down a bowl", tried.down_a_bowl(0.3)),
        hidden("other gradients", path(run(steps=20))),
        hidden("matrices, and a rate that falls", path(run((3, 4), steps=20, drop=0.1))),
        *step_manners(run((3,), steps=3, zeros=True)),
    ],
    mistakes=wrong.GD,
)  # fmt: skip

# ---------------------------------------------------------------- momentum_step

exercise(
    "momentum_step", ref.momentum_step, points=6, minutes=25, chapter=PLAIN, section="Momentum",
    cases=[
        public("two steps", path(given([1.0, -2.0, 0.5], [[0.5, 1.0, -4.0], [0.0, 2.0, -3.0]], 0.1)), STEPS),
        public("ten steps down a bowl", tried.down_a_bowl(0.1)),
        hidden("sixty steps", path(run(beta=(0.5, 0.85)))),
        hidden("matrices, and a rate that falls", path(run((3, 4), steps=20, drop=0.1, beta=(0.5, 0.85)))),
        hidden("a rate that falls on the way", path(run(drop=0.1, beta=(0.92, 0.97)))),
        hidden("two matrices in turn, and a rate that grows", tried.in_turn(run((2, 3), drop=5.0, beta=(0.8, 0.88)))),
        hidden("without momentum", path(run(steps=20, drop=0.5, beta=0.0))),
        hidden("two parameters in turn", tried.in_turn(run((3, 2), steps=10, drop=0.2, beta=(0.5, 0.85)))),
        *step_manners(run((4,), steps=4, zeros=True)),
    ],
    mistakes=wrong.MOMENTUM,
)  # fmt: skip

# ---------------------------------------------------------------- nesterov_step

exercise(
    "nesterov_step", ref.nesterov_step, points=7, minutes=30, chapter=PLAIN, section="Nesterov's look-ahead",
    cases=[
        public("two steps down a bowl", tried.bowl_path(0.1, steps=2), STEPS),
        public("where the gradient is asked for", tried.points_asked(with_slope((2,), 3, lr=0.1))),
        hidden("forty steps, at a rate that grows", path(with_slope(drop=2.0, beta=(0.5, 0.85)))),
        hidden("two matrices in turn, and a rate that grows", tried.in_turn(with_slope((3, 4), drop=2.0, beta=(0.5, 0.85)))),
        hidden("a rate that falls on the way", path(with_slope(drop=0.2, beta=(0.8, 0.88)))),
        hidden("without momentum", path(with_slope(steps=10, drop=0.5, beta=0.0))),
        hidden("two parameters in turn", tried.in_turn(with_slope((2, 3), steps=10, drop=0.3, beta=(0.5, 0.85)))),
        *step_manners(with_slope((4,), 4)),
        tried.one_gradient(with_slope((3,), 4)),
    ],
    mistakes=wrong.NESTEROV,
)  # fmt: skip

# ---------------------------------------------------------------- adagrad_step, rmsprop_step

THREE = ([1.0, -2.0, 0.5], [[0.5, 100.0, -4.0], [0.25, 200.0, 3.0]], 0.1)

exercise(
    "adagrad_step", ref.adagrad_step, ref.rmsprop_step, points=8, minutes=40, chapter=ADAPTIVE, section="AdaGrad",
    cases=[
        public("AdaGrad, two steps", path(given(*THREE)), ADAPTED_TWO),
        public("AdaGrad, ten steps down a bowl", tried.down_a_bowl(0.5), ADAPTED),
        public("RMSProp, two steps", path(given(*THREE), of=1), ADAPTED_TWO),
        public("RMSProp, ten steps down a bowl", tried.down_a_bowl(0.05, of=1), ADAPTED),
        hidden("AdaGrad, sixty steps, at a rate that grows", path(run(drop=3.0)), ADAPTED),
        hidden("AdaGrad, two matrices in turn, and a rate that falls", tried.in_turn(run((3, 4), 20, drop=0.1)), ADAPTED),
        hidden("AdaGrad, gradients that are tiny, or 0", path(run((2, 3), size=TINY, steps=10, zeros=True, eps=3e-6))),
        hidden("AdaGrad, two parameters in turn", tried.in_turn(run((3, 2), steps=10, drop=0.3)), ADAPTED),
        hidden("RMSProp, sixty steps, at a rate that grows", path(run(drop=3.0, size=LARGE, rho=(0.7, 0.85)), of=1), ADAPTED),
        hidden("RMSProp, two matrices in turn, and a rate that falls",
               tried.in_turn(run((3, 4), 20, drop=0.1, size=LARGE, rho=(0.92, 0.96)), of=1), ADAPTED),
        hidden("RMSProp, gradients that are tiny, or 0",
               path(run((2, 3), size=TINY, steps=10, zeros=True, rho=(0.7, 0.85), eps=3e-6), of=1)),
        hidden("RMSProp, two parameters in turn",
               tried.in_turn(run((3, 2), steps=10, drop=0.3, size=LARGE, rho=(0.7, 0.85)), of=1), ADAPTED),
        *step_manners(run((4,), steps=4, zeros=True), label="(AdaGrad)"),
        *step_manners(run((4,), steps=4, zeros=True), of=1, label="(RMSProp)"),
    ],
    mistakes=wrong_adaptive.ADAGRAD_RMSPROP,
)  # fmt: skip

# ---------------------------------------------------------------- adam_step

exercise(
    "adam_step", ref.adam_step, points=10, minutes=45, chapter=ADAPTIVE, section="Adam",
    cases=[
        public("two steps", path(given(*THREE)), ADAPTED_TWO),
        public("three steps with a constant gradient", path(given([0.0, 0.0], [[0.01, -300.0]] * 3, 0.1)),
               ADAPTED_THREE),
        public("ten steps down a bowl", tried.down_a_bowl(0.1), ADAPTED),
        hidden("sixty steps, at a rate that grows", path(run((2, 3), drop=3.0)), ADAPTED),
        hidden("two in turn, with other β1 and β2", tried.in_turn(run(drop=2.0, **OTHER)), ADAPTED),
        hidden("two matrices in turn, and a rate that falls", tried.in_turn(run((3, 4), 20, drop=0.1, **OTHER)), ADAPTED),
        hidden("gradients that are tiny, or 0", path(run((2, 3), size=TINY, steps=10, zeros=True, eps=3e-6, **OTHER))),
        hidden("two parameters in turn", tried.in_turn(run((3, 2), steps=10, drop=0.3, **OTHER)), ADAPTED),
        *step_manners(run((4,), steps=4, zeros=True)),
    ],
    mistakes=wrong_adam.ADAM,
)  # fmt: skip

# ---------------------------------------------------------------- adamax_step, nadam_step

FADING = {"beta1": (0.5, 0.85), "beta2": (0.8, 0.99)}

exercise(
    "adamax_step", ref.adamax_step, ref.nadam_step, points=8, minutes=40, chapter=ADAPTIVE, section="AdaMax and Nadam",
    cases=[
        public("AdaMax, two steps", path(given(*THREE)), ADAPTED_TWO),
        public("AdaMax, ten steps down a bowl", tried.down_a_bowl(0.1), ADAPTED),
        public("Nadam, two steps", path(given(*THREE), of=1), ADAPTED_TWO),
        public("Nadam, ten steps down a bowl", tried.down_a_bowl(0.1, of=1), ADAPTED),
        hidden("AdaMax, sixty steps, at a rate that grows", path(run(drop=3.0, **FADING)), ADAPTED),
        hidden("AdaMax, matrices in turn, a rate that falls, gradients of 0",
               tried.in_turn(run((3, 4), 20, drop=0.1, zeros=True, **FADING)), ADAPTED),
        hidden("AdaMax, two parameters in turn", tried.in_turn(run((2, 3), steps=10, drop=0.3, **FADING)), ADAPTED),
        hidden("Nadam, sixty steps, at a rate that grows", path(run(drop=3.0, **OTHER), of=1), ADAPTED),
        hidden("Nadam, two matrices in turn, and a rate that falls",
               tried.in_turn(run((3, 4), 20, drop=0.1, **OTHER), of=1), ADAPTED),
        hidden("Nadam, gradients that are tiny, or 0", path(run((2, 3), size=TINY, steps=10, zeros=True, eps=3e-6), of=1)),
        hidden("Nadam, two parameters in turn", tried.in_turn(run((3, 2), steps=10, drop=0.3, **OTHER), of=1), ADAPTED),
        *step_manners(run((4,), steps=4, zeros=True), label="(AdaMax)"),
        *step_manners(run((4,), steps=4, zeros=True), of=1, label="(Nadam)"),
    ],
    mistakes=wrong_adam.ADAMAX_NADAM,
)  # fmt: skip

# ---------------------------------------------------------------- measure_velocity, steps_to_leave

VELOCITY = lab.nearly_terminal(values(rtol=1.2e-6, parts=("the ratio", "the number of steps")))

exercise(
    "measure_velocity", lab.measure_velocity, lab.steps_to_leave, points=6, minutes=35, chapter=PLAIN, section="Momentum",
    cases=[
        public("β = 0.5", returns(lab.of_plain(0.5)), VELOCITY),
        public("β = 0.9", returns(lab.of_plain(0.9)), VELOCITY),
        public("off the plateau by gradient descent", returns(lab.plain(lab.gd_step, lr=0.5), of=1)),
        public("off the plateau with momentum", returns(lab.plain(lab.momentum_step, lr=0.5, beta=0.9), of=1)),
        hidden("another β", returns(lab.velocity(lab.momentum_step, 0.6, 0.89)), VELOCITY),
        hidden("β = 0.99", returns(lab.velocity(lab.momentum_step, 0.99)), VELOCITY),
        hidden("a step of another kind", returns(lab.velocity(None, 0.94, 0.97)), VELOCITY),
        hidden("another plateau", returns(lab.other_plateau(lab.gd_step, lr=0.15, left=True), of=1)),
        hidden("another plateau, with momentum", returns(lab.other_plateau(lab.momentum_step, lr=0.2, beta=0.8), of=1)),
        hidden("a plateau that is left in time, and not in time", lab.in_time_or_not),
        *manners(lab.of_plain(0.5), float32=False)[:1],  # each of them takes hundreds of steps
        *manners(lab.plain(lab.momentum_step, lr=0.5, beta=0.9), of=1, float32=False, label="(plateau)"),
    ],
    mistakes=wrong_lab.VELOCITY, seconds=30.0,
)  # fmt: skip

# ---------------------------------------------------------------- wilson_data, train_and_test

TRAINED = values(rtol=1e-6, parts=("the error", "the accuracy"))
FITTED = told({"no divergence": "The error on the training rows grows beyond all bounds.",
               "the training rows are fitted": "The error on the training rows must come down below 0.0001: yours does not.",
               "accuracy": "The share of right answers on the test rows is another."})  # fmt: skip

exercise(
    "wilson_data", wilson_data, lab.train_and_test, points=8, minutes=45, chapter=ADAPTIVE,
    section="Do adaptive methods generalize worse?",
    cases=[
        public("the data", lab.wilson_facts(60, 0.8), told(lab.FACTS)),
        public("gradient descent fits them", lab.fitted(lab.gd_step, 100, lr=0.3), FITTED),
        public("Adam fits them, too", lab.fitted(lab.adam_step, 200, lr=0.02), FITTED),
        hidden("other data", lab.wilson_facts(150, 0.75), told(lab.FACTS)),
        hidden("fewer data", lab.wilson_facts(50, 0.7), told(lab.FACTS)),
        hidden("a short training", returns(lab.short_training(lab.momentum_step, lr=0.1, beta=0.8), of=1), TRAINED),
        hidden("a short training with Adam", returns(lab.short_training(lab.adam_step, lr=0.05), of=1), TRAINED),
        hidden("gradient descent on other data", lab.fitted(lab.gd_step, 100, lr=0.3), FITTED),
        hidden("Adam on other data", lab.fitted(lab.adam_step, 200, lr=0.02), FITTED),
        *randomness(lambda rng: args(20, 0.7, draw_seed(rng)), result="data"),
        *manners(lab.short_training(lab.momentum_step, steps=5, lr=0.05, beta=0.8), of=1, float32=False, label="(training)"),
    ],
    mistakes=wrong_lab.WILSON, seconds=20.0,
)  # fmt: skip

# ---------------------------------------------------------------- debug_optimizers

RUN = values(rtol=1e-6, parts=("params", "losses"))

exercise(
    "debug_optimizers", "forgotten_state", lab.train, names=("FAULT", "train"), points=5, minutes=20, chapter=PLAIN,
    section="Momentum",
    cases=[
        public("twelve steps with momentum", returns(lab.training(lab.momentum_step, lab.MIXED, lr=0.05, beta=0.9), of=1), RUN),
        public("twelve steps of another kind", returns(
            lab.training(lab.damped_step(0.5), lab.MIXED, lr=0.05, beta=0.8), of=1), RUN),
        hidden("the fault you name", named_fault(lab.FAULTS), exactly),
        hidden("parameters of one shape", returns(lab.training(lab.momentum_step, lab.ALIKE, lr=0.05, beta=0.8), of=1), RUN),
        hidden("parameters of one shape, with Adam", returns(lab.training(lab.adam_step, lab.ALIKE, lr=0.05), of=1), RUN),
        hidden("other parameters", returns(lab.training(lab.momentum_step, lab.OTHERS, lr=0.03, beta=0.95), of=1), RUN),
        *manners(lab.training(lab.momentum_step, lab.MIXED, lr=0.05, beta=0.9), of=1, float32=False),
    ],
    mistakes=wrong_lab.DEBUG,
)  # fmt: skip
