"""Exercises of the assignment `schedules`: rates as functions of the step, a rate that waits for the loss, and decay."""

from __future__ import annotations

import numpy as np
from gradus import schedules as ref

from autograder.checks import _schedules_bowl as bowl
from autograder.checks import _schedules_debug as debugging
from autograder.checks import _schedules_probes as tried
from autograder.checks import _schedules_wrong as wrong
from autograder.checks import _schedules_wrong_cycle as wrong_cycle
from autograder.checks import _schedules_wrong_debug as wrong_debug
from autograder.checks import _schedules_wrong_runs as wrong_runs
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, public, purity
from autograder.probes import args, draw_seed, manners, named_fault, randomness, returns

CHAPTER = "Learning-rate schedules"
RATES = values(rtol=1e-6, atol=0.0)

# ---------------------------------------------------------------- power, exponential

exercise(
    "power", ref.power, ref.exponential, points=5, minutes=20, chapter=CHAPTER, section="Power and exponential decay",
    cases=[
        public("power, a number t", tried.one_by_one(lambda rng: args(np.array([0, 1000, 2000]), 0.1, 1000)), RATES),
        public("exponential, a number t", tried.one_by_one(
            lambda rng: args(np.array([0, 1000, 2000]), 0.1, 1000), of=1), RATES),
        public("power, an array", tried.all_at_once(lambda rng: args(np.array([0, 5, 10, 15, 40]), 0.3, 10, 0.5)), RATES),
        public("exponential, an array", tried.all_at_once(
            lambda rng: args(np.array([0, 5, 10, 15, 40]), 0.3, 10), of=1), RATES),
        hidden("power, a whole run", tried.all_at_once(tried.power_run), RATES),
        hidden("power, a whole run, step by step", tried.one_by_one(tried.square_run), RATES),
        hidden("power without an exponent", tried.all_at_once(tried.first_power_run), RATES),
        hidden("power, steps in any order", tried.all_at_once(tried.scattered(tried.power_run)), RATES),
        hidden("exponential, a whole run", tried.all_at_once(tried.exponential_run, of=1), RATES),
        hidden("exponential, a whole run, step by step", tried.one_by_one(tried.exponential_run, of=1), RATES),
        hidden("exponential, steps in any order", tried.all_at_once(tried.scattered(tried.exponential_run), of=1), RATES),
        *manners(tried.power_run, float32=False, label="of power"),
        *manners(tried.exponential_run, of=1, float32=False, label="of exponential"),
    ],
    mistakes=wrong.POWER,
)  # fmt: skip

# ---------------------------------------------------------------- piecewise

exercise(
    "piecewise", ref.piecewise, points=4, minutes=25, chapter=CHAPTER, section="Steps and plateaus",
    cases=[
        public("one boundary, a number t", tried.one_by_one(
            lambda rng: args(np.array([0, 4, 5, 6, 99]), [5], [0.1, 0.001])), RATES),
        public("two boundaries, an array", tried.all_at_once(
            lambda rng: args(np.array([0, 9, 10, 11, 19, 20, 50]), [10, 20], [0.01, 0.1, 0.001])), RATES),
        hidden("a whole run", tried.all_at_once(tried.steps_down(4)), RATES),
        hidden("a whole run, step by step", tried.one_by_one(tried.steps_down(3)), RATES),
        hidden("steps around the boundaries", tried.all_at_once(tried.on_boundaries), RATES),
        hidden("a single boundary", tried.all_at_once(tried.steps_down(1)), RATES),
        hidden("boundaries and values that do not fit", tried.lengths, values(rtol=1e-6, atol=0.0)),
        *manners(tried.steps_down(3), float32=False),
    ],
    mistakes=wrong.PIECEWISE,
)  # fmt: skip

# ---------------------------------------------------------------- PerformanceSchedule

SCRIPT = [1.0, 0.8, 0.9, 0.85, 0.81, 0.7, 0.75, 0.74, 0.73, 0.72, 0.71, 0.9]

exercise(
    "PerformanceSchedule", ref.PerformanceSchedule, points=6, minutes=45, chapter=CHAPTER, section="Steps and plateaus",
    cases=[
        public("a script of losses", tried.scripted(lambda rng: ((0.1,), {"factor": 0.5, "patience": 2, "min_delta": 0.0},
                                                                 SCRIPT)), RATES),
        public("a little better is not better", tried.scripted(lambda rng: (
            (0.1, 0.5, 2, 0.1), {}, [10.0, 9.5, 9.4, 9.3, 8.5, 8.4, 8.3, 7.0, 6.9, 6.8, 6.7])), RATES),
        hidden("hundreds of losses, many reductions", tried.scripted(tried.long_run(0.1)), RATES),
        hidden("hundreds of losses, few reductions", tried.scripted(tried.long_run(0.4)), RATES),
        hidden("a slow descent", tried.several_scripts(tried.creeping, tried.halving), RATES),
        hidden("losses that come down again", tried.scripted(tried.worse_and_less_so), RATES),
        hidden("the defaults", tried.scripted(tried.with_defaults), RATES),
        hidden("no patience at all", tried.scripted(tried.without_patience), RATES),
        hidden("two schedules used in turns", tried.in_turns, values(
            rtol=1e-6, atol=0.0, parts=("the first schedule", "the second schedule"))),
        purity("the attribute lr", tried.attribute, RATES),
    ],
    mistakes=wrong_runs.PERFORMANCE,
)  # fmt: skip

# ---------------------------------------------------------------- one_cycle, one_cycle_momentum

exercise(
    "one_cycle", ref.one_cycle, ref.one_cycle_momentum, points=7, minutes=40, chapter=CHAPTER, section="1cycle",
    cases=[
        public("start, top, and ends of the rate", tried.one_by_one(
            lambda rng: args(np.array([0, 44, 88, 99]), 100, 0.5)), RATES),
        public("the rate between the corners, an array", tried.all_at_once(
            lambda rng: args(np.array([0, 11, 22, 33, 66, 77, 90, 98]), 100, 0.5)), RATES),
        public("momentum", tried.all_at_once(lambda rng: args(np.array([0, 22, 44, 66, 88, 95, 99]), 100), of=1), RATES),
        hidden("a whole cycle", tried.all_at_once(tried.cycle_run()), RATES),
        hidden("a whole cycle, step by step", tried.one_by_one(tried.cycle_run()), RATES),
        hidden("another start, another last phase", tried.all_at_once(tried.other_start), RATES),
        hidden("other ends", tried.all_at_once(tried.cycle_of_ones_own), RATES),
        hidden("steps in any order", tried.all_at_once(tried.scattered(tried.cycle_run())), RATES),
        hidden("momentum, a whole cycle", tried.all_at_once(tried.momentum_run(), of=1), RATES),
        hidden("momentum, a whole cycle, step by step", tried.one_by_one(tried.momentum_run(last_frac=0.2), of=1), RATES),
        hidden("momentum between other ends", tried.all_at_once(tried.momentum_of_ones_own, of=1), RATES),
        *manners(tried.cycle_of_ones_own, float32=False, label="of one_cycle"),
        *manners(tried.momentum_of_ones_own, of=1, float32=False, label="of one_cycle_momentum"),
    ],
    mistakes=wrong_cycle.ONE_CYCLE,
)  # fmt: skip

# ---------------------------------------------------------------- noisy_descent, tuned_losses

CALM, NOISY, STEADY = bowl.without_noise, bowl.with_noise(), bowl.with_noise(constant=True)

exercise(
    "noisy_descent", bowl.descend, bowl.search, names=("noisy_descent", "tuned_losses"), points=4, minutes=40,
    chapter=CHAPTER, section="Where decay wins, and where it does not", seconds=20.0,
    cases=[
        public("two steps without noise", returns(lambda rng: args(
            np.array([0.5, 0.25]), np.array([1.0, 0.5]), 0.0, np.array([4.0, 8.0]), draw_seed(rng), 3)), values(rtol=1e-9)),
        public("twenty noisy steps", bowl.one_loss(STEADY), bowl.within, expected=bowl.band(STEADY)),
        public("decay against the best constant rate", bowl.decay_wins, bowl.within,
               expected=bowl.twice_as_small),
        hidden("other rates without noise", returns(CALM), values(rtol=1e-9)),
        hidden("rates that change, with noise", bowl.one_loss(NOISY), bowl.within, expected=bowl.band(NOISY)),
        hidden("a constant rate, noise from many generators", bowl.scattered, bowl.within, expected=bowl.little_scatter),
        hidden("both rates tuned, another bowl", bowl.best_losses, bowl.within, expected=bowl.bands_of_the_best),
        *manners(CALM, float32=False),
        *randomness(NOISY, result="noise"),
    ],
    mistakes=wrong_runs.NOISY_DESCENT,
)  # fmt: skip

# ---------------------------------------------------------------- debug_schedules

RUN = values(rtol=1e-6, parts=("w", "losses"))

exercise(
    "debug_schedules", "compounded", debugging.trained(), names=("FAULT", "train"), points=5, minutes=25,
    chapter=CHAPTER, section="Power and exponential decay",
    cases=[
        public("a short run", debugging.run_of(debugging.short_run(6)), RUN),
        public("a long run arrives", debugging.learns, bowl.within,
               expected=lambda rng: {"last loss as a share of the first": (0.0, 0.01)}),
        hidden("the fault you name", named_fault(debugging.FAULTS), exactly),
        hidden("another run", debugging.run_of(debugging.short_run(9)), RUN),
        hidden("a rate that falls quickly", debugging.run_of(debugging.short_run(2.5)), RUN),
        *manners(debugging.short_run(6), of=1, float32=False),
    ],
    mistakes=wrong_debug.DEBUG_SCHEDULES,
)  # fmt: skip
