"""Exercises of the assignment `batch_normalization`: a layer forward, backward, at test time, folded away, and in a network."""

from __future__ import annotations

import numpy as np
from gradus import normalization as ref

from autograder.checks import _batch_normalization_network as net
from autograder.checks import _batch_normalization_probes as tried
from autograder.checks import _batch_normalization_wrong as wrong
from autograder.checks import _batch_normalization_wrong_network as wrong_network
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, mistake, public, purity
from autograder.probes import holds, manners, named_fault, returns

CHAPTER = "Batch normalization"
AT_TEST_TIME = "What is used at test time"

# ---------------------------------------------------------------- batchnorm_forward, in training

exercise(
    "batchnorm_forward", ref.batchnorm_forward, points=8, minutes=40, chapter=CHAPTER, section="Four steps",
    cases=[
        public("out of a small batch", tried.parts_of(tried.small(training=True), 0)),
        public("mean and spread of its columns", tried.moments(tried.small(training=True))),
        hidden("out of other batches", tried.parts_of(tried.batch(training=True), 0)),
        hidden("a feature that is the same for all", tried.parts_of(tried.with_constant_column(training=True), 0)),
        hidden("a batch of two", tried.parts_of(tried.of_two(training=True), 0)),
        hidden("small variances, another eps", tried.parts_of(tried.of_small_spread(training=True), 0)),
        *tried.forward_manners(tried.with_constant_column(training=True), 0),
    ],
    mistakes=[
        mistake("axis_1", """You normalize each example over its features. Asked for is each feature over the batch: which
            axis of X do the examples run along?""",
            wrong.forward_with(mean=wrong.over_the_row(np.mean), var=wrong.over_the_row(np.var))),
        mistake("ddof_1", """The spread of your output is too small by √((N−1)/N): your variance is divided by N − 1. Inside a
            batch nothing is estimated, the batch is all there is. What is its mean squared deviation?""",
            wrong.forward_with(var=wrong.unbiased)),
        mistake("eps_outside", """Your eps is added after the root was taken. It belongs to the variance: where in the formula
            does it stand?""", wrong.forward_with(divisor=lambda var, eps: np.sqrt(var) + eps)),
        mistake("divided_by_variance", """You divide by the variance. A feature in centimetres has a variance in square
            centimetres: what has the unit of the feature itself?""", wrong.forward_with(divisor=lambda var, eps: var + eps)),
        mistake("no_eps", """Your function has no eps in it: where a feature is the same for the whole batch, it divides 0 by
            0.""", wrong.forward_with(divisor=lambda var, eps: np.sqrt(var))),
        mistake("eps_of_its_own", """With another eps your function gives what it gives with 1e-5: the argument is not used.""",
            wrong.forward_with(divisor=lambda var, eps: np.sqrt(var + 1e-5))),
        mistake("root_twice", """You take a root twice: std is the root of the variance already.""",
            wrong.forward_with(divisor=lambda var, eps: np.sqrt(np.sqrt(var) + eps))),
        mistake("one_mean_for_all", """You use one mean and one variance for the whole table. Each feature has its own: how many
            means are there for D features?""",
            wrong.forward_with(mean=np.mean, var=np.var)),
        mistake("one_variance_for_all", """Each column is centred by its own mean, but all are divided by one number: each
            feature has its own variance, too.""",
            wrong.forward_with(var=np.var)),
        mistake("not_centred", """The mean is not subtracted: your columns are scaled but stay where they were.""",
            wrong.without_shift_of_the_mean),
        mistake("no_gamma_beta", """Your columns have mean 0 and spread 1: that is the third of the four steps. Which two
            arguments are not used yet?""", wrong.forward_with(scaled=lambda x_hat, gamma, beta: x_hat)),
        mistake("gamma_beta_swapped", """gamma and beta have changed places: one of them stretches, the other one moves. Which
            is which?""", wrong.forward_with(scaled=lambda x_hat, gamma, beta: beta * x_hat + gamma)),
        mistake("beta_stretched", """beta is multiplied as well: the shift comes last, after the scale.""",
            wrong.forward_with(scaled=lambda x_hat, gamma, beta: gamma * (x_hat + beta))),
        mistake("running_in_training", """In training you normalize by the running statistics. What the batch itself has is to
            be used there; the running ones wait for the test.""",
            wrong.forward_with(in_training=lambda of_batch, running: running)),
        mistake("X_changed", """Your function normalizes the caller's own X in place. Write X - …, not X -= …: the layer before
            needs what it handed on.""", wrong.changes_X),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- ema_update

exercise(
    "ema_update", ref.ema_update, points=4, minutes=15, chapter=CHAPTER, section=AT_TEST_TIME,
    cases=[
        public("one step", returns(tried.one_update)),
        hidden("one step, another momentum", returns(tried.any_update)),
        hidden("fifty steps with the same new value", tried.after(50)),
        hidden("momentum 0, momentum 1", tried.at_the_ends),
        *manners(tried.any_update),
    ],
    mistakes=[
        mistake("unchanged", """After 100 batches of mean 3 your average is still where it began: what brings the new batch
            in?""", lambda old, new, momentum: momentum * old + (1 - momentum) * old),
        mistake("momentum_swapped", """You used the PyTorch convention. Here momentum multiplies the OLD value: with 0.9 the
            average moves by little.""", lambda old, new, momentum: (1 - momentum) * old + momentum * new),
        mistake("shares_above_one", """The two shares do not add up to 1: with the same new value again and again your average
            grows far beyond it.""", lambda old, new, momentum: momentum * old + new),
        mistake("one_share_for_both", """Old and new get the same share, and with 0.9 the two make 1.8. If the old value keeps 90
            per cent, how much is left for the new one?""", lambda old, new, momentum: momentum * (old + new)),
        mistake("minus", """The new value is subtracted: your average runs away from it.""",
            lambda old, new, momentum: momentum * old - (1 - momentum) * new),
        mistake("plain_mean", """You return the mean of the two, whatever momentum is.""",
            lambda old, new, momentum: (old + new) / 2),
        mistake("only_new", """You return the new value: the average has no memory.""", lambda old, new, momentum: new + 0 * old),
        mistake("old_changed", """Your function changes the caller's old average in place: *= and += write into the array that
            came in. Make a new one.""", wrong.changes_old),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- batchnorm_forward, in evaluation

exercise(
    "batchnorm_inference", ref.batchnorm_forward, points=5, minutes=25, chapter=CHAPTER, section=AT_TEST_TIME,
    cases=[
        public("evaluation: out of a small batch", tried.parts_of(tried.small(training=False), 0)),
        public("training: the new running statistics", tried.parts_of(tried.small(training=True), 2, 3),
               values(parts=("running_mean", "running_var"))),
        hidden("evaluation: other batches", tried.parts_of(tried.batch(training=False), 0)),
        hidden("evaluation: each row by itself", tried.row_by_row(tried.batch(training=False))),
        hidden("evaluation: small variances, another eps", tried.parts_of(tried.of_small_spread(training=False), 0)),
        hidden("evaluation: running statistics stay", tried.parts_of(tried.batch(training=False), 2, 3),
               values(parts=("running_mean", "running_var"))),
        hidden("training: out and running statistics, another momentum", tried.parts_of(
            tried.with_momentum(training=True), 0, 2, 3), values(parts=("out", "running_mean", "running_var"))),
        *tried.forward_manners(tried.batch(training=True), 0, 2, 3, label="in training"),
        *tried.forward_manners(tried.batch(training=False), 0, label="in evaluation"),
    ],
    mistakes=[
        mistake("batch_statistics", """In evaluation your output still depends on the company a row comes in: you used the
            statistics of the batch. What has training collected for this moment?""",
            wrong.forward_with(in_evaluation=lambda of_batch, running: of_batch)),
        mistake("statistics_move", """In evaluation the running statistics must not move: a test example is not to change the
            answer to the next one.""", wrong.forward_with(moves_in_evaluation=True)),
        mistake("training_ignored", """Your function does the same in training and in evaluation: the argument training is not
            asked.""", wrong.forward_with(in_evaluation=lambda of_batch, running: of_batch, moves_in_evaluation=True)),
        mistake("divided_by_variance", """In evaluation you divide by the running variance itself. In training there stood a
            root.""", wrong.forward_with(evaluation_divisor=lambda var, eps: var + eps)),
        mistake("eps_forgotten", """In evaluation your function has no eps in it. The network was trained with it: both branches
            must do the same with a variance.""", wrong.forward_with(evaluation_divisor=lambda var, eps: np.sqrt(var))),
        mistake("eps_outside", """Your eps is added after the root was taken. It belongs to the variance, in both branches.""",
            wrong.forward_with(divisor=lambda var, eps: np.sqrt(var) + eps)),
        mistake("no_gamma_beta", """In evaluation γ and β are missing. They are parameters of the layer, learnt for good, and
            hold at any time.""", wrong.forward_with(evaluation_scaled=lambda x_hat, gamma, beta: x_hat)),
        mistake("statistics_do_not_move", """After training your running statistics are still where they began: a training
            batch has to bring its own in.""", wrong.forward_with(moved=lambda old, new, momentum: old)),
        mistake("momentum_swapped", """Your running statistics follow each batch almost completely. Here momentum is the weight
            of the OLD value. Does your ema_update pass its check, and are its arguments in order?""",
            wrong.forward_with(moved=lambda old, new, momentum: (1 - momentum) * old + momentum * new)),
        mistake("unbiased_running_variance", """You average variances that are divided by N − 1. PyTorch does so; asked for here
            is the same variance that the batch was normalized with.""", wrong.forward_with(averaged=wrong.unbiased)),
        mistake("variance_kept_std_averaged", """What you collect in running_var is a standard deviation, while evaluation takes
            a root of it once more. Which of the two is asked for?""",
            wrong.forward_with(averaged=lambda X: X.std(axis=0))),
        mistake("std_averaged", """You collect standard deviations under the name of running_var. The mean of standard
            deviations is not the standard deviation of all: keep variances, and take the root at the end.""",
            wrong.moved_to_std),
        mistake("running_in_training", """In training you normalize by the running statistics. They are recorded there, and used
            only in evaluation.""", wrong.forward_with(in_training=lambda of_batch, running: running)),
        mistake("running_changed", """Your function writes into the caller's running statistics: *= and += change the array that
            came in. Return new ones.""", wrong.changes_running),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- batchnorm_backward

GRADIENTS = values(parts=("dX", "dgamma", "dbeta"))

exercise(
    "batchnorm_backward", tried.batchnorm_backward, points=10, minutes=60, chapter=CHAPTER, section="The backward pass",
    cases=[
        public("all gradients of a small batch", tried.gradients(tried.small_way_back, 0, 1, 2), GRADIENTS),
        hidden("gradients of γ and β, other batches", tried.gradients(tried.any_way_back, 1, 2),
               values(parts=("dgamma", "dbeta"))),
        hidden("gradient of X, other batches", tried.gradients(tried.any_way_back, 0)),
        hidden("gradient of X, a batch of two", tried.gradients(tried.of_two_back, 0), values(rtol=1e-6, atol=1e-8)),
        hidden("gradient of X, a larger batch", tried.gradients(tried.large_way_back, 0)),
        *manners(tried.any_way_back),
    ],
    mistakes=[
        mistake("constant_statistics", """You treated μ and σ as constants. They are made of X: when one example moves, they move
            with it, and with them all the others. Two paths are missing.""",
            wrong.dX_of(lambda dout, x_hat, N: dout)),
        mistake("mean_path_missing", """The way through σ is there, the one through μ is not: when one example moves, so does the
            mean that is subtracted from all.""",
            wrong.dX_of(lambda dout, x_hat, N: dout - x_hat * (dout * x_hat).sum(axis=0) / N)),
        mistake("variance_path_missing", """The way through μ is there, the one through σ is not: when one example moves away
            from the others, the number that all are divided by grows.""",
            wrong.dX_of(lambda dout, x_hat, N: dout - dout.sum(axis=0) / N)),
        mistake("N_missing", """Your dX is N times too large: somewhere a sum should have become a mean.""",
            wrong.dX_of(lambda dout, x_hat, N: N * wrong.centred(dout, x_hat, N))),
        mistake("sums_instead_of_means", """Your two corrections are N times too large. How much does the mean of N numbers move
            when one of them moves by 1?""",
            wrong.dX_of(lambda dout, x_hat, N: dout - dout.sum(axis=0) - x_hat * (dout * x_hat).sum(axis=0))),
        mistake("x_hat_missing", """The correction for σ is the same in all rows of yours. An example far from the mean changes
            σ more than one close to it: what does its share depend on?""",
            wrong.dX_of(lambda dout, x_hat, N: dout - dout.mean(axis=0) - (dout * x_hat).mean(axis=0))),
        mistake("corrections_added", """The two corrections have the wrong sign: normalization takes back what all examples would
            do together.""",
            wrong.dX_of(lambda dout, x_hat, N: dout + dout.mean(axis=0) + x_hat * (dout * x_hat).mean(axis=0))),
        mistake("inv_std_missing", """γ is there, the division by σ is not: a feature of small spread is stretched on the way
            up, and so is its gradient on the way back.""", wrong.dX_of(wrong.centred, lambda inv_std, gamma: gamma)),
        mistake("gamma_missing", """γ is missing in dX: what comes in at out has passed the scale before it reaches X.""",
            wrong.dX_of(wrong.centred, lambda inv_std, gamma: inv_std)),
        mistake("divided_by_inv_std", """You divide by inv_std. It is 1 / √(σ² + ε) already.""",
            wrong.dX_of(wrong.centred, lambda inv_std, gamma: gamma / inv_std)),
        mistake("dgamma_without_x_hat", """Your dgamma is your dbeta: γ is multiplied by something, and β is not.""",
            wrong.backward_with(dgamma=lambda dout, x_hat: dout.sum(axis=0))),
        mistake("parameters_averaged", """Your dgamma and dbeta are means over the batch. The mean was taken once, in the loss,
            and dout already contains it: what is left to do with the shares?""",
            wrong.backward_with(dgamma=lambda dout, x_hat: (dout * x_hat).mean(axis=0),
                                dbeta=lambda dout, x_hat: dout.mean(axis=0))),
        mistake("parameters_not_summed", """Your dgamma and dbeta have a row for each example, but all examples share one γ and
            one β. Each of them pulls: what becomes of their pulls?""",
            wrong.backward_with(dgamma=lambda dout, x_hat: dout * x_hat, dbeta=lambda dout, x_hat: dout)),
        mistake("summed_over_features", """Your dgamma and dbeta have an entry for each example; there is one γ and one β for
            each feature. Along which axis do the examples run?""",
            wrong.backward_with(dgamma=lambda dout, x_hat: (dout * x_hat).sum(axis=1),
                                dbeta=lambda dout, x_hat: dout.sum(axis=1))),
        mistake("order_of_gradients", """The gradients are right but come in another order: dX, dgamma, dbeta.""",
            wrong.backward_with(order=(1, 2, 0))),
        mistake("beta_before_gamma", """dgamma and dbeta have changed places.""", wrong.backward_with(order=(0, 2, 1))),
        mistake("dout_changed", """Your function changes dout in place. Avoid *=, /=, += and -= on what you did not make.""",
            wrong.changes_dout),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- identity_parameters

EPS_OUTSIDE = """You add ε to the standard deviation. The layer adds it elsewhere: what exactly does it divide by?"""

exercise(
    "identity_parameters", tried.identity_parameters, points=3, minutes=15, chapter=CHAPTER, section="Recovering the identity",
    cases=[
        public("γ and β for a small table", returns(tried.small_table), values(parts=("gamma", "beta"))),
        hidden("what comes out is what went in", tried.returned, values(rtol=0.0, atol=1e-10)),
        hidden("another eps", returns(tried.table_of_small_spread), values(parts=("gamma", "beta"))),
        *manners(tried.any_table),
    ],
    mistakes=[
        mistake("variance", """Your γ undoes too much. The layer divides by something: by what must its answer be multiplied to
            have that undone?""", wrong.identity_with(lambda X, eps: X.var(axis=0))),
        mistake("variance_and_eps", """Your γ undoes too much: the layer does not divide by σ² + ε itself.""",
            wrong.identity_with(lambda X, eps: X.var(axis=0) + eps)),
        mistake("eps_forgotten", """Almost, but what comes out is a little too small: the layer divides by a bit more than the
            standard deviation.""", wrong.identity_with(lambda X, eps: X.std(axis=0))),
        mistake("eps_outside", EPS_OUTSIDE, wrong.identity_with(lambda X, eps: X.std(axis=0) + eps)),
        mistake("inverse", """Your γ divides a second time instead of undoing the division.""",
            wrong.identity_with(lambda X, eps: 1 / np.sqrt(X.var(axis=0) + eps))),
        mistake("minus_mean", """Your β subtracts the mean a second time: it is to be put back.""",
            wrong.identity_with(lambda X, eps: np.sqrt(X.var(axis=0) + eps), lambda X: -X.mean(axis=0))),
        mistake("gamma_one", """With γ = 1 and β = 0 the layer normalizes and leaves it at that: what must follow to have its
            input back?""", wrong.identity_with(lambda X, eps: np.ones(X.shape[1]), lambda X: np.zeros(X.shape[1]))),
        mistake("order", """β comes first in yours: gamma, beta is asked for.""",
            lambda X, eps=1e-5: (X.mean(axis=0), np.sqrt(X.var(axis=0) + eps))),
        mistake("ddof_1", """The variance in the layer is divided by N, yours by N − 1.""",
            wrong.identity_with(lambda X, eps: np.sqrt(X.var(axis=0, ddof=1) + eps))),
        mistake("axis_1", """You have one γ for each example. The layer normalizes each feature over the batch.""",
            wrong.identity_with(lambda X, eps: np.sqrt(X.var(axis=1) + eps), lambda X: X.mean(axis=1))),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- fold_batchnorm

LAYER = values(parts=("W_new", "b_new"))

exercise(
    "fold_batchnorm", ref.fold_batchnorm, points=7, minutes=35, chapter=CHAPTER, section="Folding it away",
    cases=[
        public("a layer of two units", tried.folded(tried.square_layer, 0, 1), LAYER),
        hidden("one layer does what two did", tried.output, values(rtol=1e-9, atol=1e-10)),
        hidden("weights of other layers", tried.folded(tried.any_layer, 0)),
        hidden("biases of other layers", tried.folded(tried.any_layer, 1)),
        hidden("small variances, another eps", tried.folded(tried.layer_with_eps, 0, 1), LAYER),
        *manners(tried.any_layer),
    ],
    mistakes=[
        mistake("mean_forgotten", """Your new bias does not know the running mean: normalization subtracts it, whatever W is.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: b * s + beta)),
        mistake("mean_added", """The running mean has the wrong sign: it is subtracted from what the linear layer gives.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: (b + mean) * s + beta)),
        mistake("rows_scaled", """You scale the rows of W. Normalization gives each UNIT a factor: where in W are the weights that
            enter one unit?""", wrong.fold_with(weights=lambda W, s: W * s[:, None])),
        mistake("bias_forgotten", """The old bias is missing: normalization gets x W + b, not x W.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: beta - mean * s)),
        mistake("bias_not_scaled", """The old bias passes through normalization, too: it is stretched like everything else.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: b - mean * s + beta)),
        mistake("mean_not_scaled", """You subtract the running mean after the scale. In the layer it comes before.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: b * s - mean + beta)),
        mistake("beta_forgotten", """β is missing in your new bias.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: (b - mean) * s)),
        mistake("beta_scaled", """β is stretched in yours; in the layer it is added last.""",
            wrong.fold_with(bias=lambda b, s, beta, mean: (b - mean + beta) * s)),
        mistake("weights_unchanged", """Your weights are the old ones: what normalization multiplies by has to go somewhere.""",
            wrong.fold_with(weights=lambda W, s: W.copy())),
        mistake("gamma_forgotten", """γ is missing: the division is folded in, the scale after it is not.""",
            wrong.fold_with(scale=lambda gamma, var, eps: 1 / np.sqrt(var + eps))),
        mistake("divided_by_variance", """You divide by the running variance itself: in the layer there stands a root.""",
            wrong.fold_with(scale=lambda gamma, var, eps: gamma / (var + eps))),
        mistake("eps_forgotten", """Almost: the layer adds ε before it takes the root, and your folded one does not.""",
            wrong.fold_with(scale=lambda gamma, var, eps: gamma / np.sqrt(var))),
        mistake("eps_outside", """ε is added after the root in yours: the layer does it the other way round.""",
            wrong.fold_with(scale=lambda gamma, var, eps: gamma / (np.sqrt(var) + eps))),
        mistake("W_changed", """Your function writes into an array of the caller's, W for example. The network may still be
            needed as it is: make new ones.""", wrong.changes_W),
    ],
)  # fmt: skip

# ---------------------------------------------------------------- train_and_score

TRAINED = values(rtol=1e-5, atol=1e-6)

exercise(
    "train_and_score", net.train_and_score, points=7, minutes=75, chapter=CHAPTER, section="Where it fails",
    seconds=30.0,
    cases=[
        public("a short training: losses", net.trained("losses"), TRAINED),
        public("a short training: scores", net.trained("scores"), TRAINED),
        public("without batch normalization", net.trained("losses", "scores", batchnorm=False), TRAINED),
        public("with the last, smaller batch", net.trained("losses", "scores", drop_last=False), TRAINED),
        public("digits: the scale of the weights", net.by_scale(), net.in_range, expected=lambda rng: {
            **{f"accuracy with batch normalization, weights of size {s}": (0.7, 1.0) for s in (0.01, 0.1, 0.5)},
            "accuracy without it, weights of size 0.01": (0.0, 0.25)}),
        public("digits: the last batch of three, mean of eight splits", net.of_last_batch(), net.in_range,
               expected=lambda rng: {"accuracy without the batch of three": (0.85, 1.0), "what that batch costs": (0.04, 1.0)}),
        hidden("losses with batch normalization", net.trained("losses"), TRAINED),
        hidden("scores with batch normalization", net.trained("scores"), TRAINED),
        hidden("other data, without batch normalization", net.trained("losses", "scores", batchnorm=False), TRAINED),
        hidden("other data, with the last, smaller batch", net.trained("losses", "scores", drop_last=False), TRAINED),
        purity("data and weights unchanged", net.leaves_alone, holds("""Your function changes X, y, the orders or the
            weights that it was given: the next run from the same start begins somewhere else. Work on copies.""")),
        purity("same inputs, same output", net.repeatable, holds("""The same call twice gave two different results: does
            something outside the function change?""")),
    ],
    mistakes=wrong_network.TRAIN_AND_SCORE,
)  # fmt: skip

# ---------------------------------------------------------------- debug_batch_normalization

exercise(
    "debug_batch_normalization", "evaluation_mode", net.predict, names=("FAULT", "predict"), points=5, minutes=25,
    chapter=CHAPTER, section="Where it fails",
    cases=[
        public("many images together", net.asked(net.whole), exactly),
        public("one image at a time", net.asked(net.one_at_a_time), exactly),
        hidden("the fault you name", named_fault(net.FAULTS), exactly),
        hidden("another network, one image at a time", net.one_at_a_time, exactly),
        hidden("another network, images that are alike", net.one_class_at_a_time, exactly),
        purity("the network stays as it is", net.network_untouched, holds("""After a prediction the network is no longer
            what it was: looking at test images must not change what it has learnt.""")),
    ],
    mistakes=wrong_network.DEBUG_BATCH_NORMALIZATION,
)  # fmt: skip
