"""Wrong ensembles and wrong training with dropout, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gradus.activations import softmax
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

from autograder.checks._regularization_ensembles import mask_ensemble
from autograder.checks._regularization_networks import KEYS, dropout_step, loss_of, loss_record
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]

# ---------------------------------------------------------------- loss_record, mask_ensemble


def ensemble_with(f: Callable[[Array, Array, Array, float], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return loss_record, f


def all_masks(n: int) -> Array:
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def ensemble(
    masks: Callable[[Array, float], Array] = lambda m, rate: m,
    weights: Callable[[Array, float], Array] = lambda m, rate: ((1 - rate) ** m * rate ** (1 - m)).prod(axis=1),
    bias: Callable[[Array, float], Array] = lambda b, rate: b,
    factor: Callable[[float], float] = lambda rate: 1 - rate,
    normalized: bool = True,
) -> Callable[[Array, Array, Array, float], Any]:
    """mask_ensemble with one part in a wrong version."""

    def found(x: Array, W: Array, b: Array, rate: float) -> Any:
        m = all_masks(len(x))
        p = softmax((masks(m, rate) * x) @ W + b)
        w = weights(m, rate)
        geometric = np.exp(w @ np.log(p))
        scaled = softmax((factor(rate) * (x @ W) + bias(b, rate))[None])[0]
        return geometric / geometric.sum() if normalized else geometric, w @ p, scaled

    return found


def record_with(
    *,
    step: Callable[..., tuple[Params, float]] = dropout_step,
    running: Callable[[list[float]], float] = lambda losses: float(np.mean(losses)),
    evaluated: Callable[[Params, Array, Array, float, Rng], float] = lambda params, X, y, rate, rng: loss_of(
        params, X, y
    ),
    before: bool = False,
    same: Sequence[str] = (),
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """loss_record with one part in a wrong version."""

    def train(
        params: Params,
        X: Array,
        y: Array,
        X_test: Array,
        y_test: Array,
        orders: Any,
        *,
        batch: int,
        lr: float,
        rate: float,
        rng: Rng,
    ) -> Any:
        record: dict[str, list[float]] = {key: [] for key in KEYS}
        for order in orders:
            losses, start_params = [], params
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                params, loss = step(params, X[rows], y[rows], lr, rate, rng)
                losses.append(loss)
            now = start_params if before else params
            record["running"].append(evaluated(now, X, y, rate, rng) if "running" in same else running(losses))
            record["train"].append(running(losses) if "train" in same else evaluated(now, X, y, rate, rng))
            record["test"].append(evaluated(now, X_test, y_test, rate, rng))
        return params, {key: np.array(values) for key, values in record.items()}

    return train, mask_ensemble


def step_with(
    factor: Callable[[float], float] = lambda rate: 1 / (1 - rate),
    back: bool = True,
    again: bool = False,
    swap: bool = False,
    whole_batch: bool = False,
    relu: bool = True,
    twice: bool = False,
    length: Callable[[float], float] = lambda rate: 1.0,
) -> Callable[..., tuple[Params, float]]:
    """dropout_step with one part in a wrong version."""

    def step(params: Params, X: Array, y: Array, lr: float, rate: float, rng: Rng) -> tuple[Params, float]:
        z, of_first = dense_forward(X, params["W1"], params["b1"])
        size = (1, z.shape[1]) if whole_batch else z.shape
        draw = lambda: (rng.random(size) >= (1 - rate if swap else rate)) * factor(rate)  # noqa: E731
        mask = draw()
        scores, of_second = dense_forward(np.maximum(z, 0) * mask, params["W2"], params["b2"])
        loss, d = softmax_cross_entropy(scores, y)
        grads: Params = {}
        d, grads["W2"], grads["b2"] = dense_backward(d, of_second)
        d = d * draw() if again else d * mask if back else d
        d = d * (z > 0) if relu else d
        _, grads["W1"], grads["b1"] = dense_backward(d * mask if twice else d, of_first)
        return {name: params[name] - lr * length(rate) * grads[name] for name in params}, float(loss)

    return step


def too_early(params: Params, X: Array, y: Array, lr: float, rate: float, rng: Rng) -> tuple[Params, float]:
    z = X @ params["W1"] + params["b1"]
    mask = (rng.random(z.shape) >= rate) / (1 - rate)
    h = np.maximum(z, 0) * mask
    loss, d = softmax_cross_entropy(h @ params["W2"] + params["b2"], y)
    W2 = params["W2"] - lr * h.T @ d
    dz = d @ W2.T * mask * (z > 0)
    first = {"W1": params["W1"] - lr * X.T @ dz, "b1": params["b1"] - lr * dz.sum(axis=0)}
    return first | {"W2": W2, "b2": params["b2"] - lr * d.sum(axis=0)}, float(loss)


def with_dropout(params: Params, X: Array, y: Array, rate: float, rng: Rng) -> float:
    return dropout_step(params, X, y, 0.0, rate, rng)[1]


def scaled_again(params: Params, X: Array, y: Array, rate: float, rng: Rng) -> float:
    return loss_of({**params, "W2": params["W2"] * (1 - rate)}, X, y)


def uphill(params: Params, X: Array, y: Array, lr: float, rate: float, rng: Rng) -> tuple[Params, float]:
    return dropout_step(params, X, y, -lr, rate, rng)


def in_place(params: Params, *rest: Any, **named: Any) -> Any:
    found, record = loss_record(params, *rest, **named)
    params.update(found)
    return params, record


def never_dropped(params: Params, X: Array, y: Array, lr: float, rate: float, rng: Rng) -> tuple[Params, float]:
    return dropout_step(params, X, y, lr, 0.0, rng)


LOSS_RECORD = [
    mistake("not_rescaled", """In training the kept units do not make up for the dropped ones, so that in evaluation the
        scores are too large.""", *record_with(step=step_with(lambda rate: 1.0))),
    mistake("swapped", """Your units are kept with the probability rate. It is that of dropping.""",
        *record_with(step=step_with(swap=True))),
    mistake("no_mask_back", """Your gradient passes every unit of a step. Those that were dropped had no part in its loss.""",
        *record_with(step=step_with(back=False))),
    mistake("new_mask_back", """On the way back other units are dropped than on the way forward. A gradient belongs to those that
        were kept.""", *record_with(step=step_with(again=True))),
    mistake("mask_for_the_batch", """All examples of a batch lose the same units. Each of them is to have a mask of its own.""",
        *record_with(step=step_with(whole_batch=True))),
    mistake("relu_forgotten", """Units that ReLU has switched off get a gradient. Every station of the way forward has its turn on
        the way back.""", *record_with(step=step_with(relu=False))),
    mistake("weights_changed_too_early", """Your gradient goes back through weights that this step has changed already: compute
        all gradients first, then take the step.""", *record_with(step=too_early)),
    mistake("never_dropped", """In your training nothing is dropped: the running loss shows no trace of it.""",
        *record_with(step=never_dropped)),
    mistake("all_with_dropout", """Your losses on X and X_test are those of a network that drops units. They are to be
        evaluated with all units at work.""", *record_with(evaluated=with_dropout)),
    mistake("scaled_again", """Your evaluated losses are those of a network whose hidden units count too little: the factor
        in training has made up for the dropped ones already.""", *record_with(evaluated=scaled_again)),
    mistake("running_as_train", """Your evaluated training loss is the running one. It is to be computed anew after the
        epoch, on all of X and with all units at work.""", *record_with(same=["train"])),
    mistake("train_as_running", """Your running loss is the evaluated one. It is the mean of the losses that the steps of
        the epoch were made with, dropout and all.""", *record_with(same=["running"])),
    mistake("last_batch", """Your running loss is that of the last batch of the epoch, not the mean over all of them.""",
        *record_with(running=lambda losses: losses[-1])),
    mistake("summed", """Your running loss is a sum over the batches. It is their mean.""", *record_with(running=sum)),
    mistake("before_the_epoch", """You evaluate before the epoch. Asked for is the loss after its last step.""",
        *record_with(before=True)),
    mistake("uphill", """Your losses grow: the step goes up the gradient.""", *record_with(step=uphill)),
    mistake("params_changed", """You write into the dictionary of parameters that you were given. Work on one of your own.""",

        in_place, mask_ensemble),
    mistake("arithmetic_mean", """You took the arithmetic mean twice. The exact identity is for the normalized GEOMETRIC
        mean: average logarithms.""",
        *ensemble_with(lambda x, W, b, rate: (lambda g, a, s: (a, a, s))(*mask_ensemble(x, W, b, rate)))),
    mistake("not_normalized", """Your geometric mean does not add to 1 over the classes.""",
        *ensemble_with(ensemble(normalized=False))),
    mistake("masks_alike", """You count all masks alike. Where the rate is not ½ some are more probable than others.""",
        *ensemble_with(ensemble(weights=lambda m, rate: np.full(len(m), 1 / len(m))))),
    mistake("masks_swapped", """You give a mask the probability of its opposite: an entry is dropped with the probability
        rate.""",
        *ensemble_with(ensemble(weights=lambda m, rate: (rate**m * (1 - rate) ** (1 - m)).prod(axis=1)))),
    mistake("inverted", """In this exercise the kept inputs are not rescaled: it is the weights of the one network that are.""",

        *ensemble_with(ensemble(masks=lambda m, rate: m / (1 - rate)))),
    mistake("bias_scaled", """Your scaled network has a scaled bias. The bias is never dropped, so it stays.""",
        *ensemble_with(ensemble(bias=lambda b, rate: (1 - rate) * b))),
    mistake("scaled_by_rate", """Your weights are multiplied by the probability of dropping. How much of an input gets
        through on average?""", *ensemble_with(ensemble(factor=lambda rate: rate))),
    mistake("not_scaled", """Your third prediction is that of the network as it is: which factor makes up for the inputs
        that are all there?""", *ensemble_with(ensemble(factor=lambda rate: 1.0))),
    mistake("one_network_for_all", """Your arithmetic mean is the prediction of the one network. The two are not the same: let
        each mask make its own.""", *ensemble_with(lambda x, W, b, rate: [mask_ensemble(x, W, b, rate)[2]] * 3)),
    mistake("order", """The three predictions come in another order: geometric mean, arithmetic mean, scaled weights.""",
        *ensemble_with(lambda x, W, b, rate: [mask_ensemble(x, W, b, rate)[i] for i in (1, 0, 2)])),
]  # fmt: skip

# ---------------------------------------------------------------- debug_regularization


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(
        f"named_{fault}", f"Your function is mended, but that was not the fault. {sentence}", fault, dropout_step
    )


DEBUG_REGULARIZATION = [
    mistake("not_mended", """Units that were dropped still get a gradient, and others, which were kept, get none. Follow one
        unit through the function: which lines decide whether it takes part?""", "new_mask", step_with(again=True)),
    mistake("no_mask", """The gradient now passes every unit. Those that were dropped had no part in the loss.""",
        "new_mask", step_with(back=False)),
    mistake("factor_lost", """Your gradient passes the right units, but in mending the factor got lost that they were
        multiplied by on the way forward.""",
        "new_mask", lambda params, X, y, lr, rate, rng: without_factor(params, X, y, lr, rate, rng)),
    mistake("factor_twice", """Your gradient passes the right units, but is multiplied once more than the signal was on the way
        forward.""", "new_mask", step_with(twice=True)),
    mistake("mask_for_the_batch", """All examples of a batch lose the same units. Each of them is to have a mask of its own.""",
        "new_mask", step_with(whole_batch=True)),
    mistake("shorter_steps", """You changed how long the steps are. That hides the fault a little; the gradient is what has to be
        right.""", "new_mask", step_with(length=lambda rate: 1 - rate)),
    mistake("dropout_removed", """Nothing is dropped any more. That trains, but it is no dropout.""",
        "new_mask", never_dropped),
    mistake("rescaling_removed", """The way forward has changed: kept units were multiplied by a factor there, and that was
        right.""",
        "new_mask", step_with(lambda rate: 1.0)),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts
        in the list.""", "", dropout_step),
    misnamed("learning_rate", "The second table is made before any step is taken: could a learning rate show in it?"),
    misnamed("swapped", "Compare the share of zeros in the table with the rate."),
    misnamed("not_rescaled", "Compare the two means of the hidden layer in the table."),
    misnamed("active_in_evaluation", "The table shows two evaluations of the same network: what would they look like then?"),
]  # fmt: skip


def without_factor(params: Params, X: Array, y: Array, lr: float, rate: float, rng: Rng) -> tuple[Params, float]:
    """The mask of the way forward, but without its factor on the way back."""
    new, loss = dropout_step(params, X, y, lr, rate, rng)
    for name in ("W1", "b1"):
        new[name] = params[name] + (new[name] - params[name]) * (1 - rate)
    return new, loss
