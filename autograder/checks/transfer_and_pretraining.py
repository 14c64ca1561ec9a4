"""Exercises of the assignment `transfer_and_pretraining`: layers that are copied and frozen, and tasks that cost no labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from gradus.pretext_tasks import make_pairs, make_rotation_task
from gradus.pretraining import denoising_gradients

from autograder.checks import _transfer_and_pretraining_mistakes as wrong_answers
from autograder.checks import _transfer_and_pretraining_pairs as paired
from autograder.checks import _transfer_and_pretraining_probes as tried
from autograder.checks import _transfer_and_pretraining_reference as ref
from autograder.checks import _transfer_and_pretraining_wrong as wrong
from autograder.comparison import exactly, told, values
from autograder.exercise import exercise, hidden, mistake, public, purity
from autograder.probes import Args, Probe, args, holds, manners, named_fault, randomness, returns, several

TRANSFER, PRETRAINING = "Transfer learning", "Pretraining without labels"
Rng = np.random.Generator

# ---------------------------------------------------------------- copy_layers

SHARED = """The two networks share their weights: a step of one of them moves the other, and fine-tuning destroys the
    source. A second name, or a slice, is no array of its own: what makes one?"""
SHARED_BIASES = """The weights are arrays of their own, the biases are shared: a step of one network still moves the
    other."""
SHARED_LAYERS = """The layers themselves stand in both networks now: whatever happens to one happens to the other. A list copied,
    or a slice of it, holds the same objects."""
APART = {"layers of its own": SHARED_LAYERS, "W of src stays": SHARED, "b of src stays": SHARED_BIASES,
         "W of dst stays": SHARED, "b of dst stays": SHARED_BIASES}  # fmt: skip


def copying(name: str, sentence: str, version: Any) -> Any:
    return mistake(name, sentence, version, ref.Dense)


exercise(
    "copy_layers", ref.copy_layers, ref.Dense, points=5, minutes=20, chapter=TRANSFER, section="Copying layers",
    cases=[
        public("the first layer of two", tried.copied(2, 1), exactly),
        public("no array is shared", tried.apart(2), told(APART)),
        hidden("two layers of four", tried.copied(4, 2), exactly),
        hidden("three layers of four", tried.copied(4, 3), exactly),
        hidden("no layer at all", tried.copied(3, 0), exactly),
        hidden("no array is shared, one layer", tried.apart(1), told(APART)),
    ],
    mistakes=[
        copying("shared", SHARED, wrong.shares_arrays),
        copying("biases_shared", SHARED_BIASES, wrong.shares_biases),
        copying("layers_shared", SHARED_LAYERS, wrong.shares_layers),
        copying("biases_forgotten", """The weights are copied, and something else that a layer has learnt is not.""",
                wrong.forgets_biases),
        copying("one_more", """One layer too many is copied. How many are the first k, if they are counted from 0?""",
            wrong.one_more),
        copying("all_layers", """All layers are copied, the output layer too: it belongs to the old task, and may have
            another number of classes.""", wrong.all_of_them),
        copying("one_less", """One layer too few is copied: where does your loop end?""", wrong.one_less),
        copying("top_layers", """You copied the last layers. Which end of a network holds what is of use for other tasks?""",
                wrong.top_layers),
        copying("wrong_way", """dst is written into src: the source is lost.""", wrong.wrong_way),
        copying("new_list", """dst is as it was: what your function makes has a name, or is returned, but does not get into dst.
            It is dst that should change.""", wrong.returns_a_new_list),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- frozen_step

UNTOUCHED = {name: f"Your function changed {name}, which it was given: make a new one." for name in
             ("params", "grads", "stats", "velocity", "frozen")}  # fmt: skip

exercise(
    "frozen_step", ref.frozen_step, points=6, minutes=35, chapter=TRANSFER, section="Freezing what was copied",
    cases=[
        public("nothing frozen", tried.steps([], 0, 2)),
        public("a layer frozen from the start", tried.steps(["first"], 0, 2)),
        public("frozen after two steps", tried.steps(["first", "norm"], 2, 1)),
        hidden("everything free, other rates", tried.steps([], 0, 4, beta=0.5, decay=0.2)),
        hidden("frozen from the start", tried.steps(["first2", "norm2"], 0, 4)),
        hidden("frozen in mid-course: momentum", tried.steps(["first"], 3, 3, decay=0.0)),
        hidden("frozen in mid-course: weight decay", tried.steps(["first", "first2"], 2, 3, decay=0.3)),
        hidden("running statistics", tried.steps(["norm"], 2, 2)),
        purity("inputs unchanged", tried.untouched, told(UNTOUCHED)),
        *manners(tried.step_arguments, float32=False)[1:],
    ],
    mistakes=[
        mistake("frozen_ignored", """A frozen layer moves as the others do: where do you look at frozen?""",
            wrong.step_with(is_frozen=lambda name, frozen: False)),
        mistake("momentum_moves_on", """A frozen layer moved: its gradient is 0, but what it has in velocity carries it
            on.""",
            wrong.step_with(frozen_gradient=lambda g: 0 * g, decay=lambda name, held, decay: 0.0 if held else decay)),
        mistake("momentum_and_decay", """A frozen layer moved: its gradient is 0, but its momentum and its weight decay
            are still applied.""", wrong.step_with(frozen_gradient=lambda g: 0 * g)),
        mistake("decay_moves_on", """A frozen layer shrinks: its weight decay is still applied.""",
            wrong.shrinks_what_is_frozen),
        mistake("statistics_move", """A frozen layer of batch normalization still follows the new data: its running mean
            moved, and with it what the layer gives.""", wrong.step_with(stats_move=lambda held: True)),
        mistake("statistics_stay", """The running statistics of layers that are not frozen stay where they are.""",
            wrong.step_with(stats_move=lambda held: False)),
        mistake("name_begins_alike", """A layer is frozen only because its name begins like that of another: "first2" is
            not "first".""", wrong.step_with(is_frozen=lambda name, frozen: any(name.startswith(f) for f in frozen))),
        mistake("the_others_frozen", """It is the other way round: the layers named stay, the others learn.""",
            wrong.step_with(is_frozen=lambda name, frozen: name.split(".")[0] not in frozen)),
        mistake("no_momentum", """Without anything frozen your second step is too short: what was in velocity is lost.""",
            wrong.step_with(velocity_of=lambda old, g, lr, beta: -lr * g)),
        mistake("no_decay", """Your weights do not shrink: weight_decay is not used.""",
            wrong.step_with(gradient=lambda g, w, decay: g)),
        mistake("decay_past_the_momentum", """Your weight decay shrinks the weights past the velocity. That is another method; in
            the formula it stands inside of m, with the gradient.""", wrong.decays_past_the_momentum),
        mistake("weights_only_decay", """Only the arrays whose name ends in W shrink. Many do so; the formula here holds for all
            names in grads.""", wrong.step_with(decay=lambda name, held, decay: decay * name.endswith("W"))),
        mistake("averaged_momentum", """Your velocity is an average of steps, (1 − β) times as long as asked for: the formula adds
            them up.""", wrong.step_with(velocity_of=lambda old, g, lr, beta: beta * old - (1 - beta) * lr * g)),
        mistake("statistics_averaged", """The running statistics in stats are averages already, as the forward pass left them. You
            average them once more.""", wrong.averages_statistics),
        mistake("velocity_changed", """Your function writes into the caller's velocity: make a new dict.""",
            wrong.writes_into_velocity),
        mistake("uphill", """Your step goes uphill.""",
            wrong.step_with(velocity_of=lambda old, g, lr, beta: beta * old + lr * g)),
        mistake("params_changed", """Your function writes into the caller's params: make a new dict.""",
            wrong.writes_into_params),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- reuse_layers


ALIVE = {
    "a dead layer stays dead": """A copied layer whose weights are all 0 passes nothing on, and every example must get the same
        label. Yours get different ones: the layer was trained, or not copied.""",
    "its biases, too": """A copied layer whose biases are all −100 is dead behind its ReLU, and every example must get the same
        label. Yours get different ones: are the biases copied?""",
    "a living one": "With a task that is easy to learn all your labels are the same.",
}
PUBLIC, HIDDEN = (0, 1, 2), (3, 4, 5, 6, 7)

exercise(
    "reuse_layers", ref.reuse_layers, points=7, minutes=45, chapter=TRANSFER, section="When it helps", seconds=30.0,
    cases=[
        public("three tasks", tried.accuracies(*PUBLIC), tried.in_ranges, expected=lambda rng: tried.RANGES),
        hidden("five other tasks", tried.accuracies(*HIDDEN), tried.in_ranges, expected=lambda rng: tried.RANGES),
        hidden("copied layers stay as they were", tried.dead_and_alive, holds(ALIVE)),
        *manners(tried.small_task, float32=False),
    ],
    mistakes=[
        mistake("copied_not_frozen", """The copied layers go on learning. The task asks to freeze them.""",
            wrong.reuse_with(freeze=False)),
        mistake("not_copied", """Copying makes no difference at all: copied is not used.""",
            wrong.reuse_with(take=lambda copied: [])),
        mistake("frozen_not_copied", """The layers are frozen, but what they hold is random: copy before you freeze.""",
            wrong.reuse_with(only_frozen=True)),
        mistake("biases_forgotten", """The weights of the layers are copied, and something else that a layer has learnt is
            not.""", wrong.reuse_with(biases=False)),
        mistake("next_layer", """You copied another layer than was asked for: copied counts the dense layers from 0.""",
            wrong.reuse_with(take=lambda copied: [i + 1 for i in copied if i < 1])),
        mistake("always_the_first", """You always copy the layers from the first one up: copied names which ones.""",
            wrong.reuse_with(take=lambda copied: list(range(max(copied, default=-1) + 1)))),
        mistake("always_both", """You copy both hidden layers, whatever copied says.""",
            wrong.reuse_with(take=lambda copied: [0, 1])),
        mistake("not_trained", """The new output layer is as it was drawn: train it.""", wrong.reuse_with(train=False)),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- honest_report

REPORT = tried.as_reported
SHOWN = {"scratch": [0.70, 0.60, 0.80, 0.65, 0.75], "frozen": [0.72, 0.66, 0.81, 0.70, 0.76]}

exercise(
    "honest_report", ref.honest_report, points=5, minutes=30, chapter=TRANSFER, section="When it harms",
    cases=[
        public("five draws", tried.report_on(lambda rng: SHOWN,
               "honest_report(trial, 5), scratch: 0.70 0.60 0.80 0.65 0.75, frozen: 0.72 0.66 0.81 0.70 0.76"), REPORT),
        public("digits 0 to 4, then 5 to 9", tried.report_on(lambda rng: tried.digits_table(), "honest_report(trial, 8)"),
               REPORT),
        hidden("a clear gain", tried.report_on(tried.measured_by(0.04, 0.02, 9)), REPORT),
        hidden("a clear loss", tried.report_on(tried.measured_by(-0.03, 0.02, 8)), REPORT),
        hidden("a gain within the noise", tried.report_on(tried.measured_by(0.03, 0.06, 8)), REPORT),
        hidden("as good as no gain", tried.report_on(tried.measured_by(0.002, 0.06, 8)), REPORT),
        hidden("no gain to speak of, more draws", tried.report_on(tried.measured_by(0.012, 0.06, 16)), REPORT),
        hidden("a loss within the noise", tried.report_on(tried.measured_by(-0.02, 0.04, 6)), REPORT),
        hidden("a small gain, many draws", tried.report_on(tried.measured_by(0.02, 0.03, 30)), REPORT),
        hidden("a gain of a little more than two errors", tried.report_on(tried.measured_by(0.0215, 0.03, 9)), REPORT),
        hidden("a loss of a little less than two errors", tried.report_on(tried.measured_by(-0.0197, 0.03, 9)), REPORT),
        hidden("three draws are refused", tried.refuses_few, exactly, expected=lambda rng: "refused"),
    ],
    mistakes=wrong_answers.HONEST_REPORT,
)  # fmt: skip

# ---------------------------------------------------------------- denoising_gradients

GRADIENTS = values(rtol=1e-7, parts=("loss", "grads"))


def autoencoder(N: int | None = None, digits: int = 12) -> Any:
    def make(rng: Rng) -> Args:
        D, H, n = (int(v) for v in rng.permutation([3, 4, 5, 6])[:3])
        shapes = {"W1": (D, H), "b1": (H,), "W2": (H, D), "b2": (D,)}
        params = {name: rng.standard_normal(shape).round(digits) for name, shape in shapes.items()}
        X = rng.standard_normal((N or n + 3, D)).round(digits)
        noisy = X.copy()
        for row in noisy:  # half of the entries are another number, the others are as they were
            row[rng.permutation(D)[: (D + 1) // 2]] = rng.standard_normal((D + 1) // 2).round(digits)
        return args(params, X, noisy)

    return make


def only(probe: Probe, part: int) -> Probe:
    return lambda rng, f: several(probe(rng, f), 2, "the pair loss, grads")[part]


gradients = returns(autoencoder())

exercise(
    "denoising_gradients", denoising_gradients, points=7, minutes=40, chapter=PRETRAINING, section="Denoising",
    cases=[
        public("a small autoencoder", returns(autoencoder(3, digits=1)), GRADIENTS),
        hidden("the loss of others", only(gradients, 0)),
        hidden("their gradients", only(gradients, 1)),
        hidden("a single example", returns(autoencoder(1)), GRADIENTS),
        *manners(autoencoder()),
    ],
    mistakes=wrong_answers.DENOISING_GRADIENTS,
)  # fmt: skip

# ---------------------------------------------------------------- make_pairs, make_rotation_task

as_told = told(paired.FACTS)


exercise(
    "make_pairs", make_pairs, make_rotation_task, points=6, minutes=40, chapter=PRETRAINING,
    section="A second task with free labels",
    cases=[
        public("sixty pairs of three classes", paired.pairs_made(3, 8, 60), as_told),
        public("three images, turned", paired.turned(3, 4), as_told),
        hidden("pairs of many classes", paired.pairs_made(8, 4, 101), as_told),
        hidden("pairs of images", paired.pairs_made(4, 5, 60, (3, 5)), as_told),
        hidden("pairs of two classes", paired.pairs_made(2, 9, 80), as_told),
        hidden("few samples, many pairs, none with itself", paired.pairs_made(6, 2, 150), as_told),
        hidden("other images, turned", paired.turned(7, 5), as_told),
        *randomness(paired.pair_arguments, result="pairs"),
        *manners(paired.pair_arguments, float32=False, label="of make_pairs"),
    ],
    mistakes=wrong_answers.MAKE_PAIRS,
)  # fmt: skip

# ---------------------------------------------------------------- debug_transfer_and_pretraining


def misnamed(fault: str, sentence: str) -> Any:
    return mistake(
        f"named_{fault or 'nothing'}", sentence, fault, wrong.from_classes(lambda y, t: ~np.isin(y, list(t)))
    )


exercise(
    "debug_transfer_and_pretraining", "labels_leak", ref.pairs_to_pretrain, names=("FAULT", "pairs_to_pretrain"), points=5,
    minutes=25, chapter=PRETRAINING, section="When the labels leak",
    cases=[
        public("your pairs, target classes 5 and 6", paired.pairs_for(6, [5, 6], 60), as_told),
        hidden("the fault you name", named_fault(ref.FAULTS), exactly),
        hidden("other target classes", paired.pairs_for(8, [3, 9, 10], 80), as_told),
        hidden("one target class", paired.pairs_for(4, [4], 50), as_told),
    ],
    mistakes=[
        mistake("not_mended", """The pairs are still made from all classes. Whoever made them had to know, for samples of
            the target task, which belong together.""",
            "labels_leak", wrong.from_classes(lambda y, t: np.ones(len(y), dtype=bool))),
        mistake("only_target", """Your pairs are made from the target's classes alone: that is where the labels must not
            come from.""",
            "labels_leak", wrong.from_classes(lambda y, t: np.isin(y, list(t)))),
        mistake("partner_of_any_class", """The first sample of each pair is kept out of the target's classes, its partner is
            not.""", "labels_leak", wrong.partner_of_any_class),
        mistake("classes_below", """Your choice of classes is right where the target is 5 to 9, and only there: target may name
            any classes, with others between them.""", "labels_leak", wrong.from_classes(lambda y, t: y < min(t))),
        mistake("first_target_class_only", """One class of the target task is kept out, the others are not.""",
            "labels_leak", wrong.from_classes(lambda y, t: y != min(t))),
        misnamed("", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts in the
            list."""),
        misnamed("frozen_too_long", """Your function is mended, but that was not the fault: the mended run freezes
            its layers just as long."""),
        misnamed("too_few_pairs", """Your function is mended, but that was not the fault: both runs have as many
            pairs. What does a pair say about its two samples?"""),
        misnamed("learning_rate", """Your function is mended, but that was not the fault: both curves were trained
            alike."""),
        misnamed("too_easy", """Your function is mended, but that was not the fault: the pretext task is as hard in both
            cases. What do the two sets of pairs differ in?"""),
    ],
)  # fmt: skip
