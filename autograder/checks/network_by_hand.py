"""Exercises of the assignment `network_by_hand`: a layer, a loss, minibatches and one training step on plain arrays."""

from __future__ import annotations

import numpy as np
from gradus import network as ref

from autograder.checks import _network_by_hand_probes as tried
from autograder.checks import _network_by_hand_wrong as wrong
from autograder.comparison import told, values
from autograder.exercise import exercise, hidden, mistake, public, purity
from autograder.probes import args, holds, manners, returns

CHAPTER = "A network by hand"

# ---------------------------------------------------------------- dense_forward, dense_backward

GRADIENTS = values(parts=("dX", "dW", "db"))

exercise(
    "dense_forward", ref.dense_forward, ref.dense_backward, points=7, minutes=40, chapter=CHAPTER, section="A dense layer",
    cases=[
        public("z of a small layer", tried.output(tried.square_layer)),
        public("gradients of a small layer", tried.gradients(tried.square_layer), GRADIENTS),
        hidden("z of other layers", tried.output(tried.random_layer)),
        hidden("gradients of other layers", tried.gradients(tried.random_layer), GRADIENTS),
        hidden("gradients for a single example", tried.gradients(tried.one_example), GRADIENTS),
        hidden("two layers, forward and backward", tried.two_layers),
        purity("inputs unchanged", tried.layer_leaves_alone, holds({
            "inputs": "dense_forward changes X, W or b: work on a copy.",
            "dz": "dense_backward changes dz, which the caller may still need: work on a copy.",
            "cache": "dense_backward changes what is in the cache: the same call again would give something else.",
        })),
        purity("float32 stays float32", tried.layer_dtypes, holds("""With float32 arrays z and all gradients must be
            float32: which line turns them into another dtype?""")),
    ],
    mistakes=[
        mistake("bias_forgotten", """z has no bias in it yet. Which argument of dense_forward is not used?""",
            wrong.without_bias, ref.dense_backward),
        mistake("bias_not_summed", """Your db has a row for each example, but all examples share one b. Each of them
            pulls at it: what becomes of their pulls?""", *wrong.layer_with(db=lambda dz, X, W: dz)),
        mistake("bias_summed_over_units", """Your db has an entry for each example; b has one for each unit. Along
            which axis of dz do the examples run?""", *wrong.layer_with(db=lambda dz, X, W: dz.sum(axis=1))),
        mistake("bias_summed_over_everything", """Your db is one number, but each unit has a bias of its own: sum
            over one axis only.""", *wrong.layer_with(db=lambda dz, X, W: dz.sum())),
        mistake("bias_averaged", """Your db is a mean over the batch. The mean was taken once, in the loss, and dz
            already contains its 1/N: what is left to do with the examples' shares?""",
            *wrong.layer_with(db=lambda dz, X, W: dz.mean(axis=0))),
        mistake("dW_transposed", """Your dW is the transpose of the gradient. A gradient has the shape of what it
            belongs to: in W the rows are the inputs and the columns the units.""",
            *wrong.layer_with(dW=lambda dz, X, W: dz.T @ X)),
        mistake("W_not_transposed", """For dX the signal goes through W backward, from units to inputs. Which of the
            two axes of W has to meet the units of dz? (Where W is square, the wrong one raises no error.)""",
            *wrong.layer_with(dX=lambda dz, X, W: dz @ W)),
        mistake("dW_averaged", """Your dW is divided by N. The mean over the batch is taken once, in the loss; dz
            already contains it.""", *wrong.layer_with(dW=lambda dz, X, W: X.T @ dz / len(X))),
        mistake("everything_averaged", """Your dW and db are divided by N. The mean over the batch is taken once, in
            the loss; dz already contains it.""",
            *wrong.layer_with(dW=lambda dz, X, W: X.T @ dz / len(X), db=lambda dz, X, W: dz.mean(axis=0))),
        mistake("order_of_gradients", """The three gradients are right but come in another order: dX, dW, db is
            asked for, the order of the arguments of dense_forward.""", *wrong.layer_with(order=(1, 2, 0))),
        mistake("one_cache_for_all", """One layer works, two do not: what the first one stored is gone when its turn
            to go backward comes. Let each call return its own cache instead of keeping it elsewhere.""",
            wrong.forward_into_global, wrong.backward_from_global),
        mistake("cache_changed", """dense_backward changes the X in the cache. That is the caller's own array,
            perhaps the training data. Compute new arrays; avoid *=, /=, += and -= on what you did not make.""",
            ref.dense_forward, wrong.changes_cached_X),
        mistake("dz_changed", """dense_backward changes dz in place. Compute a new array; avoid *=, /=, += and -= on
            what you did not make.""", ref.dense_forward, wrong.changes_dz),
    ],
)  # fmt: skip


# ---------------------------------------------------------------- softmax_cross_entropy

OVERFLOW = """e to the 1000 is more than a float can hold, and e to the −1000 is 0. What can be subtracted from all
    logits of an example without changing its probabilities?"""
LOG_OF_ZERO = """A probability may be so small that it is 0 in floating point, and its logarithm infinite. Its
    logarithm itself is a moderate number: is there a way from the logits to log p that does not pass through p?"""
SOMETHING_ADDED = """A small number inside the logarithm hides the logarithm of 0, but now no error can cost more
    than that number allows. Is there a way from the logits to log p that does not pass through p?"""
OVER_EXAMPLES = """Your softmax makes the examples compete: probabilities add up to 1 down the columns. Each example
    is to be distributed over its classes, along its own row."""
LOSS = values(rtol=1e-5, parts=("loss", "dlogits"))

exercise(
    "softmax_cross_entropy", ref.softmax_cross_entropy, points=6, minutes=35, chapter=CHAPTER,
    section="Softmax and cross-entropy",
    cases=[
        public("three examples", returns(tried.three_examples), LOSS),
        public("no class preferred", returns(lambda rng: args(np.zeros((2, 5)), np.array([4, 1]))), LOSS),
        public("logits of 1000", returns(lambda rng: args(np.array([[1000.0, 998, -1000], [0, 999, 1000]]),
                                                          np.array([0, 1]))), LOSS),
        hidden("loss of other examples", tried.parts(returns(tried.random_scores), 0), values(rtol=1e-5)),
        hidden("gradient of other examples", tried.parts(returns(tried.random_scores), 1), values(rtol=1e-5)),
        hidden("a single example", returns(lambda rng: args(2 * rng.standard_normal((1, 4)), rng.integers(1, 4, 1))), LOSS),
        hidden("logits around +1000", returns(tried.shifted_scores(1000.0)), LOSS),
        hidden("logits around −1000", returns(tried.shifted_scores(-1000.0)), LOSS),
        hidden("a wrong class beyond doubt", returns(tried.surely_wrong_scores), LOSS),
        *manners(tried.shifted_scores(1000.0)),
    ],
    mistakes=[
        mistake("overflow", OVERFLOW, wrong.scores_with(shift=lambda z: z)),
        mistake("overflow_in_log_sum", OVERFLOW, wrong.stable_with(shift=lambda z: z)),
        mistake("overflow_one_by_one", OVERFLOW, wrong.exponentials_one_by_one),
        mistake("log_of_zero", LOG_OF_ZERO, wrong.scores_with()),
        mistake("log_of_zero_one_by_one", LOG_OF_ZERO, wrong.logarithms_one_by_one),
        *(mistake(f"log_p_plus_{tiny:g}", SOMETHING_ADDED,
            wrong.scores_with(loss=lambda s, p, y, tiny=tiny: -np.log(p[np.arange(len(y)), y] + tiny).mean()))
          for tiny in (1e-7, 1e-8, 1e-10, 1e-12, 1e-15)),
        mistake("sum_instead_of_mean", """Your loss is the sum over the batch. A batch of twice the size would cost
            twice as much: the loss asked for is that of an average example.""",
            wrong.stable_with(loss=lambda one, p: -one.sum())),
        mistake("everything_summed", """Loss and gradient are N times too large: the loss asked for is that of an
            average example, and the gradient that of this mean.""", wrong.stable_with(loss=lambda one, p: -one.sum(),
                                                                  gradient=lambda s, p, y: p - wrong.one_hot(p, y))),
        mistake("mean_over_classes", """Your loss is C times too small: the mean runs over the examples, and zeros
            of a one-hot matrix are no examples.""", wrong.stable_with(loss=lambda one, p: -one.mean() / p.shape[1])),
        mistake("gradient_not_averaged", """The loss is a mean, so each example has an N-th share in it. Your
            gradient gives each of them a full one.""", wrong.stable_with(gradient=lambda s, p, y: p - wrong.one_hot(p, y))),
        mistake("label_not_subtracted", """Your gradient holds probabilities only: it pushes all logits down, that
            of the right class too. Where does y come in?""", wrong.stable_with(gradient=lambda s, p, y: p / len(y))),
        mistake("label_number_subtracted", """You subtract the label as a number: class 7 is not seven times class
            1. Only the entry of the right class changes, in each row another one.""",
            wrong.stable_with(gradient=lambda s, p, y: (p - y[:, None]) / len(y))),
        mistake("gradient_of_the_other_sign", """Your gradient points downhill. The gradient of a loss points
            uphill; the minus sign comes with the step.""",
            wrong.stable_with(gradient=lambda s, p, y: (wrong.one_hot(p, y) - p) / len(y))),
        mistake("all_rows_and_columns", """p[:, y] takes every column of y from every row, an (N, N) table. One
            entry of each row is wanted: row 0 with y[0], row 1 with y[1], …""",
            wrong.scores_with(loss=lambda s, p, y: -np.log(p[:, y]).mean())),
        mistake("columns_in_the_gradient", """In your gradient the columns of all labels change in every row. One
            entry of each row is wanted: row 0 with y[0], row 1 with y[1], …""",
            wrong.stable_with(gradient=wrong.minus_one_in_columns)),
        mistake("minus_forgotten", """Your loss has the wrong sign: log p is negative, and a loss is to be small
            where p is large.""", wrong.stable_with(loss=lambda one, p: one.mean())),
        mistake("log10", """Your loss is too small by the same factor everywhere, 2.3: which logarithm undoes the
            exponential in the softmax?""", wrong.stable_with(loss=lambda one, p: -one.mean() / np.log(10))),
        mistake("softmax_over_examples", OVER_EXAMPLES, wrong.scores_with(
            total=lambda e: e.sum(axis=0), shift=lambda z: z - z.max(axis=0))),
        mistake("softmax_over_examples_shifted_by_row", OVER_EXAMPLES, wrong.scores_with(total=lambda e: e.sum(axis=0))),
        mistake("softmax_over_everything", """All your probabilities together add up to 1; those of each example
            should, row by row.""", wrong.scores_with(total=lambda e: e.sum(), shift=lambda z: z - z.max())),
        mistake("logits_changed", """Your function shifts the caller's logits in place. Write s = logits - …, not
            logits -= ….""", wrong.shifts_in_place),
    ],
)  # fmt: skip


# ---------------------------------------------------------------- iterate_minibatches

FACTS = {
    "pairs": """Each value must be a pair of arrays X_batch, y_batch with as many rows. Does your function yield one
        pair after the other, or return a single one?""",
    "ends": "Minibatches go on coming after all examples have come.",
    "rows": "There are rows in X_batch that are no rows of X.",
    "together": "Some examples come with the label of another one.",
    "sizes": "The sizes of the minibatches are not as expected.",
    "apart": "All minibatches hold the same examples.",
    "once": "Within one epoch an example comes twice.",
    "shuffled": "The examples come in the order of X.",
    "mixed": "Examples that are neighbours in X are always in one minibatch.",
    "all": "Not every example comes in an epoch of full batches.",
    "same": "Two generators of the same seed give two different orders: your order does not come from rng alone.",
    "other": "Two generators of different seeds give the same order: your order does not come from rng.",
    "next": "A second epoch with the same generator comes in the order of the first.",
}
FACTS |= {f"{what}, drop_last={flag}": f"The sizes are wrong where {text}." for flag in (True, False)
          for what, text in (("even", "the batches come out even"), ("large", "batch is larger than N"))}  # fmt: skip
as_told = told(FACTS)

exercise(
    "iterate_minibatches", ref.iterate_minibatches, points=5, minutes=30, chapter=CHAPTER, section="Minibatches",
    cases=[
        public("one epoch", tried.epoch(lambda rng: (37, 8)), as_told),
        public("one epoch with its last, smaller batch", tried.epoch(lambda rng: (37, 8), drop_last=False), as_told),
        hidden("other data, last batch dropped", tried.epoch(tried.ragged, drop_last=True), as_told),
        hidden("other data, last batch kept", tried.epoch(tried.ragged, drop_last=False), as_told),
        hidden("even batches, and one larger than N", tried.border_sizes, as_told),
        hidden("same generator, same order", tried.order_fact("same"), as_told),
        hidden("another generator, another order", tried.order_fact("other"), as_told),
        hidden("next epoch, another order", tried.order_fact("next"), as_told),
        purity("X and y unchanged", tried.data_untouched, holds("""Your function changes X or y themselves. Take
            copies in another order instead; the caller's data stay as they are.""")),
        purity("dtypes kept", tried.batch_dtypes, holds("""X_batch must have the dtype of X and y_batch that of y:
            labels that become floats can no longer pick an entry.""")),
    ],
    mistakes=[
        mistake("two_orders", """X and y are in different orders, so that pictures come with the labels of others.
            One order has to serve both.""", wrong.epochs_with(y_order=lambda N, rng: np.arange(N))),
        mistake("own_seed", """The order is the same for every generator and in every epoch: is a new generator made
            inside, with a fixed seed? Draw from the rng that comes in.""",
            wrong.epochs_with(lambda N, rng: np.random.default_rng(0).permutation(N))),
        mistake("not_shuffled", """The examples come in the order of X, in every epoch. Where the data are sorted by
            class, a minibatch would hold one class only: draw an order with rng.""",
            wrong.epochs_with(lambda N, rng: np.arange(N))),
        mistake("shuffled_batches_only", """The minibatches come in a new order, but who sits with whom never
            changes. Shuffle the examples, then cut.""", wrong.shuffles_batches_only),
        mistake("global_generator", """The same rng does not give the same order again: np.random.… draws from a
            generator that all programs share. Draw from rng.""",
            wrong.epochs_with(lambda N, rng: np.random.permutation(N))),  # noqa: NPY002  # the mistake itself
        mistake("always_dropped", """The last, smaller batch is missing though drop_last is False.""",
            wrong.epochs_with(flag=lambda drop_last: True)),
        mistake("never_dropped", """The last, smaller batch comes though drop_last is True.""",
            wrong.epochs_with(flag=lambda drop_last: False)),
        mistake("flag_inverted", """drop_last works the wrong way round: True leaves the smaller batch out.""",
            wrong.epochs_with(flag=lambda drop_last: not drop_last)),
        mistake("with_replacement", """Some examples come twice in an epoch and others never: they are drawn with
            replacement. Each is to come once, like the cards of a shuffled deck.""",
            wrong.epochs_with(lambda N, rng: rng.integers(0, N, N))),
        mistake("first_batch_repeated", """All minibatches hold the same examples: where does your slice of the
            order start in the second round?""", wrong.repeats_first_batch),
        mistake("endless", """Your generator goes on after all examples have come. One call is one epoch; the
            training loop calls again for the next.""", wrong.never_ends),
        mistake("shuffled_in_place", """Your function reorders the caller's own X and y. Take the rows in a drawn
            order, which makes copies, and leave the data as they are.""", wrong.shuffles_in_place),
        mistake("one_table", """Put into one table with X, the labels have become floats, and a float cannot pick an
            entry. Keep X and y apart; the order is what they share.""", wrong.shuffles_one_table),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- train_step

STEP = values(parts=("new_params", "loss"))
one_step = tried.trajectory(tried.any_network, 1)

exercise(
    "train_step", ref.train_step, points=6, minutes=45, chapter=CHAPTER, section="One step, and the loop around it",
    cases=[
        public("one step of a small network", tried.trajectory(tried.small_network, 1), STEP),
        public("five steps", tried.trajectory(tried.small_network, 5), STEP),
        hidden("loss of another network", tried.parts(one_step, 1)),
        hidden("its second layer after a step", tried.parts(one_step, (0, "W2"), (0, "b2")), values(parts=("W2", "b2"))),
        hidden("its first layer after a step", tried.parts(one_step, (0, "W1"), (0, "b1")), values(parts=("W1", "b1"))),
        hidden("six steps of another network", tried.trajectory(tried.any_network, 6), STEP),
        hidden("six steps with large weights", tried.trajectory(lambda rng: tried.any_network(rng, 2.0), 6), STEP),
        *manners(tried.any_network),
    ],
    mistakes=[
        mistake("uphill", """The loss grows: the gradient points to where the loss rises. Which way is the step?""",
            wrong.step_with(new=lambda name, w, g, lr: w + lr * g)),
        mistake("new_W2_on_the_way_back", """Right in the second layer, wrong in the first: the signal goes back
            through W2 as it was when the loss was computed. Compute all gradients first, then change the
            parameters.""",
            wrong.step_with(W2_backward=lambda W2, dW2, lr: W2 - lr * dW2)),
        mistake("tanh_not_differentiated", """Right in the second layer, wrong in the first: the signal does not
            pass back through tanh. By how much does a1 change when z1 does?""", wrong.step_with(derivative=lambda z, a: 1.0)),
        mistake("derivative_of_z", """Right in the second layer, wrong in the first: there is a derivative of tanh,
            but at the wrong variable. Is it written in terms of what goes into tanh, or of what comes out?""",
            wrong.step_with(derivative=lambda z, a: 1 - z * z)),
        mistake("derivative_not_squared", """Right in the second layer, wrong in the first: at 0 your derivative of
            tanh is right, but it should be the same at z and at −z.""", wrong.step_with(derivative=lambda z, a: 1 - a)),
        mistake("derivative_of_the_sigmoid", """Right in the second layer, wrong in the first: this is the
            derivative of the logistic function. tanh is steepest at 0; what is its slope there?""",
            wrong.step_with(derivative=lambda z, a: a * (1 - a))),
        mistake("no_tanh", """There is no tanh between the layers: two linear layers in a row can do no more than
            one.""",
            wrong.step_with(f=lambda z: z, derivative=lambda z, a: 1.0)),
        mistake("biases_stay", """The weights move and the biases stay: four arrays have a gradient.""",
            wrong.step_with(new=lambda name, w, g, lr: w - lr * g if name[0] == "W" else w)),
        mistake("first_layer_stays", """Only the second layer learns. What comes back from it, dX, is what the first
            layer needs.""",
            wrong.step_with(new=lambda name, w, g, lr: w - lr * g if name[1] == "2" else w)),
        mistake("gradient_not_averaged", """Your step is N times too long: the loss is a mean over the batch, and so
            is its gradient. Does your softmax_cross_entropy pass its check?""", wrong.step_with(dlogits=lambda d: d * len(d))),
        mistake("averaged_twice", """Your step is N times too short: the gradient of the loss is a mean already, and
            is divided by N once more.""", wrong.step_with(dlogits=lambda d: d / len(d))),
        mistake("loss_after_the_step", """Your loss is that of the new parameters. Asked for is the one whose
            gradient you followed, before the step; it comes at no extra cost.""", wrong.loss_after_the_step),
        mistake("loss_of_each_example", """Your loss has an entry for each example: their mean is asked for, one
            number.""",
            wrong.loss_of_each_example),
        mistake("parameters_changed", """The step changes the caller's parameters: += and -= write into the array
            that came in, params[…] = … into the dict. Whoever kept the old ones wants to compare; make new ones.""",
            wrong.step_with(new=wrong.subtract_in_place)),
    ],
)  # fmt: skip
