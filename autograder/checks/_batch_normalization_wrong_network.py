"""Wrong versions of networks with batch normalization, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import normalization as ref
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

from autograder.checks._batch_normalization_network import predict
from autograder.exercise import Mistake, mistake

Array = np.ndarray
F = Callable[..., Any]

# ---------------------------------------------------------------- train_and_score


def training_with(
    *,
    drops: F = lambda rows, batch, drop_last: drop_last and len(rows) < batch,
    rows_of: F = lambda order, start, batch: order[start : start + batch],
    kept: F = lambda old, new: new,
    trains: tuple[str, ...] = ("W", "b", "gamma", "beta"),
    training_at_test: bool = False,
    on_last: F = lambda z: z,
    alive: F = lambda z, normalized: normalized > 0,
    norm_back: F = ref.batchnorm_backward,
    after_activation: bool = False,
    on: F = lambda batchnorm: batchnorm,
    losses_of: F = np.concatenate,
    copies: bool = True,
    last_too: bool = False,
    handed_back: F = lambda scores: scores,
) -> F:
    """A short training with one line replaced."""

    def train_and_score(X, y, X_test, weights, orders, *, batch, lr, batchnorm=True, drop_last=True):
        params = [
            {"W": W.copy() if copies else W, "b": np.zeros(W.shape[1]), "gamma": np.ones(W.shape[1]),
             "beta": np.zeros(W.shape[1])}
            for W in weights
        ]  # fmt: skip
        running = [(np.zeros(len(p["b"])), np.ones(len(p["b"]))) for p in params]

        def normalized(z, l, training):
            p = params[l]
            out, cache, *new = ref.batchnorm_forward(z, p["gamma"], p["beta"], *running[l], training=training)
            running[l] = kept(running[l], new)
            return out, cache

        def forward(a, training):
            caches = []
            for l, p in enumerate(params[:-1]):
                z, of_dense = dense_forward(a, p["W"], p["b"])
                a, of_norm = z, None
                if on(batchnorm) and not after_activation:
                    a, of_norm = normalized(z, l, training)
                mask = alive(z, a)
                a = np.maximum(a, 0)
                if on(batchnorm) and after_activation:
                    a, of_norm = normalized(a, l, training)
                caches.append((of_dense, of_norm, mask))
            z, of_dense = dense_forward(a, params[-1]["W"], params[-1]["b"])
            of_norm = None
            if last_too and batchnorm:
                z, of_norm = normalized(z, len(params) - 1, training)
            return on_last(z), [*caches, of_dense, of_norm]

        losses = []
        for order in orders:
            epoch = []
            for start in range(0, len(order), batch):
                rows = rows_of(order, start, batch)
                if drops(rows, batch, drop_last):
                    break
                scores, caches = forward(X[rows], True)
                loss, d = softmax_cross_entropy(scores, y[rows])
                d = d * (on_last(np.where(scores > 0, 1.0, -1.0)) != 0)
                epoch.append(loss)
                grads = [{} for _ in params]
                if caches[-1] is not None:
                    d, grads[-1]["gamma"], grads[-1]["beta"] = norm_back(d, caches[-1])
                d, grads[-1]["W"], grads[-1]["b"] = dense_backward(d, caches[-2])
                for l in reversed(range(len(params) - 1)):
                    of_dense, of_norm, mask = caches[l]
                    if of_norm is not None and after_activation:
                        d, grads[l]["gamma"], grads[l]["beta"] = norm_back(d, of_norm)
                    d = d * mask
                    if of_norm is not None and not after_activation:
                        d, grads[l]["gamma"], grads[l]["beta"] = norm_back(d, of_norm)
                    d, grads[l]["W"], grads[l]["b"] = dense_backward(d, of_dense)
                for p, g in zip(params, grads, strict=True):
                    for key in set(g) & set(trains):
                        p[key] -= lr * g[key]
            losses.append(epoch)
        scores = forward(X_test, training_at_test)[0]
        return {"losses": losses_of(losses), "scores": handed_back(scores)}

    return train_and_score


def softmax(scores: Array) -> Array:
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def constant_statistics(dout: Array, cache: Any) -> tuple[Array, ...]:
    _, dgamma, dbeta = ref.batchnorm_backward(dout, cache)
    return ref.batchnorm_backward(dout, cache._replace(training=False))[0], dgamma, dbeta


def not_through_the_layer(dout: Array, cache: Any) -> tuple[Array, ...]:
    _, dgamma, dbeta = ref.batchnorm_backward(dout, cache)
    return dout, dgamma, dbeta


TRAIN_AND_SCORE = [
    mistake("batch_of_three", """Your batches include the smaller one at the end of an epoch though drop_last is True: on the
        digits that is a batch of three. Where is its size compared with batch?""",
        training_with(drops=lambda rows, batch, drop_last: False)),
    mistake("always_dropped", """The last, smaller batch is missing though drop_last is False.""",
        training_with(drops=lambda rows, batch, drop_last: len(rows) < batch)),
    mistake("batch_statistics_at_test", """Losses right, scores wrong: the test images are normalized by their own statistics.
        What is the argument training to be when the training is over?""", training_with(training_at_test=True)),
    mistake("statistics_not_kept", """Losses right, scores wrong: at the end the running statistics are still 0 and 1.
        batchnorm_forward returns new ones, and somebody has to keep them.""", training_with(kept=lambda old, new: old)),
    mistake("gamma_beta_not_trained", """γ and β stay at 1 and 0: they are parameters, and have gradients like W and b.""",
        training_with(trains=("W", "b"))),
    mistake("only_normalization_trains", """Only γ and β are trained; W and b stay where they began.""",
        training_with(trains=("gamma", "beta"))),
    mistake("biases_not_trained", """The weights are trained, the biases stay at 0.""",
        training_with(trains=("W", "gamma", "beta"))),
    mistake("constant_statistics", """The first loss is right, the later ones are not: the gradient passes the normalization as if
        μ and σ were constants. Does your batchnorm_backward pass its check?""", training_with(norm_back=constant_statistics)),
    mistake("not_through_the_layer", """The first loss is right, the later ones are not: on its way back the gradient leaves the
        normalization out. What does batchnorm_backward return first?""", training_with(norm_back=not_through_the_layer)),
    mistake("mask_before_normalization", """The first loss is right, the later ones are not: ReLU cuts off what comes out of the
        normalization, and the gradient is cut off where something else was negative.""",
        training_with(alive=lambda z, normalized: z > 0)),
    mistake("relu_not_differentiated", """The first loss is right, the later ones are not: the gradient passes ReLU unchanged,
        also where ReLU answered 0.""", training_with(alive=lambda z, normalized: np.ones_like(z))),
    mistake("after_activation", """Your network normalizes after ReLU. Asked for is the order linear, normalization, ReLU.""",
        training_with(after_activation=True)),
    mistake("flag_ignored", """With batchnorm=False your network still normalizes.""", training_with(on=lambda batchnorm: True)),
    mistake("never_normalized", """With batchnorm=True your network does what it does without.""",
        training_with(on=lambda batchnorm: False)),
    mistake("order_ignored", """Your batches are cut from X as it stands, in every epoch. Which rows are in the first batch is
        what the first entries of an order say.""",
        training_with(rows_of=lambda order, start, batch: np.arange(len(order))[start : start + batch])),
    mistake("first_batch_repeated", """All your batches hold the same rows: where does the slice of the order start in the second
        round?""", training_with(rows_of=lambda order, start, batch: order[: min(batch, len(order) - start)])),
    mistake("last_layer_normalized", """The last layer is normalized as well. Scores come out of it as they are: only hidden
        layers have a normalization.""", training_with(last_too=True)),
    mistake("probabilities", """Your scores are probabilities, row by row: what the last layer gives is asked for, before any
        softmax.""", training_with(handed_back=softmax)),
    mistake("classes", """Your scores are the classes already. Asked for are the numbers that they are chosen by, C for each
        example.""", training_with(handed_back=lambda scores: np.argmax(scores, axis=1))),
    mistake("relu_on_scores", """ReLU stands behind the last layer as well: scores may be negative.""",
        training_with(on_last=lambda z: np.maximum(z, 0))),
    mistake("loss_of_an_epoch", """Your losses are means over an epoch: one for each batch is asked for, in their order.""",
        training_with(losses_of=lambda losses: np.array([np.mean(epoch) for epoch in losses]))),
    mistake("losses_by_epoch", """Your losses are sorted into epochs: one row of numbers is asked for, one for each batch.""",
        training_with(losses_of=lambda losses: losses)),
    mistake("weights_changed", """Your function trains the caller's own weights: -= writes into the arrays that came in, and the
        next run from the same start begins somewhere else. Work on copies.""", training_with(copies=False)),
]  # fmt: skip


# ---------------------------------------------------------------- debug_batch_normalization


def predict_with(**options: Any) -> F:
    """The prediction with another call of the layer."""

    def predict(net, X, batchnorm):
        z = X @ net["W1"] + net["b1"]
        mean, var = net["running_mean"], net["running_var"]
        out, _, net["running_mean"], net["running_var"] = batchnorm(z, net["gamma"], net["beta"], mean, var, **options)
        return np.argmax(np.maximum(out, 0) @ net["W2"] + net["b2"], axis=1)

    return predict


def predict_image_by_image(net, X, batchnorm):
    broken = predict_with(training=True)
    return np.concatenate([broken(net, X[n : n + 1], batchnorm) for n in range(len(X))])


def predict_with_fresh_statistics(net, X, batchnorm):
    z = X @ net["W1"] + net["b1"]
    out = batchnorm(z, net["gamma"], net["beta"], np.zeros(z.shape[1]), np.ones(z.shape[1]), training=False)[0]
    return np.argmax(np.maximum(out, 0) @ net["W2"] + net["b2"], axis=1)


def predict_without_normalization(net, X, batchnorm):
    return np.argmax(np.maximum(X @ net["W1"] + net["b1"], 0) @ net["W2"] + net["b2"], axis=1)


def predict_without_moving(net, X, batchnorm):
    """Half mended: the statistics of the network stay, but those of the batch are used."""
    return predict_with(training=True)(dict(net), X, batchnorm)


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(f"named_{fault}", sentence, fault, predict)


STILL = "evaluation_mode"
DEBUG_BATCH_NORMALIZATION = [
    mistake("half_mended", """Predicting no longer changes the network, but the answer for an image still depends on its
        company: both come from one and the same argument.""", STILL, predict_without_moving),
    mistake("not_mended", """The answer for an image still depends on the others that come with it. Follow a call from predict
        into hidden_layer: which value has training there?""", STILL, predict_with(training=True)),
    mistake("image_by_image", """One image after the other, each is now a batch of its own: the mean of one image is the image,
        and nothing is left of it. The batch is not the place to take the statistics from.""", STILL, predict_image_by_image),
    mistake("fresh_statistics", """Images no longer depend on their company, but you normalize with a mean of 0 and a variance
        of 1. Training has collected better ones: where does the network keep them?""", STILL, predict_with_fresh_statistics),
    mistake("normalization_left_out", """Your prediction leaves the normalization out. The last layer was trained on normalized
        signals; without them its weights mean nothing.""", STILL, predict_without_normalization),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts in the
        list.""", "", predict),
    misnamed("learning_rate", """Your function is mended, but that was not the fault: the loss falls as it should, and nothing is
        trained any more when the pictures on the right go wrong."""),
    misnamed("wrong_axis", """Your function is mended, but that was not the fault: were each image normalized over its own
        features, its company would not matter to it."""),
    misnamed("frozen_statistics", """Your function is mended, but that was not the fault: the table says where the running
        statistics stand after training. Are they still 0 and 1?"""),
    misnamed("overfitting", """Your function is mended, but that was not the fault: these test images were never trained on, and
        in large mixed batches they are told apart well."""),
]  # fmt: skip
