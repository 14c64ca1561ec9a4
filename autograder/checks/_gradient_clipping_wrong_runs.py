"""Wrong versions of training with clipped gradients, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.clipping import clip_by_global_norm, clip_by_value, global_norm
from gradus.recurrence import rnn_bptt

from autograder.checks._gradient_clipping_probes import clipped_step
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Params = dict[str, Array]

# ---------------------------------------------------------------- train_rnn


def training(
    *,
    clip: Callable[[Params, float], Params] = lambda grads, c: clip_by_global_norm(grads, c)[0],
    step: Callable[[Params, Params, float], Params] = lambda params, grads, lr: {
        k: params[k] - lr * grads[k] for k in params
    },
    norm_of: Callable[[Params, Params], float] = lambda raw, clipped: global_norm(raw),
    loss_after: bool = False,
    result: Callable[[Params, list, list], Any] = lambda params, losses, norms: (params, losses, norms),
    more: int = 0,
    keep: bool = False,
) -> Callable[..., Any]:
    """`train_rnn` with one part in a wrong version. A lost run ends."""

    def train_rnn(params: Params, X: Array, y: Array, lr: float, steps: int, max_norm: float | None = None) -> Any:
        losses: list[float] = []
        norms: list[float] = []
        with np.errstate(all="ignore"):
            for _ in range(steps + more):
                loss, raw = rnn_bptt(params, X, y)
                if not (loss < 1e6 and all(np.isfinite(g).all() for g in raw.values())):
                    losses.append(loss)
                    norms.append(math.inf)
                    break
                grads = raw if max_norm is None else clip(raw, max_norm)
                new = step(params, grads, lr)
                losses.append(rnn_bptt(new, X, y)[0] if loss_after else loss)
                norms.append(norm_of(raw, grads))
                params = params if keep else new
        return result(params, losses, norms)

    return train_rnn


def step_in_place(params: Params, grads: Params, lr: float) -> Params:
    for name in params:
        params[name] -= lr * grads[name]
    return params


def clips_parameters(params: Params, X: Array, y: Array, lr: float, steps: int, max_norm: float | None = None) -> Any:
    def step(params: Params, grads: Params, lr: float) -> Params:
        new = {k: params[k] - lr * grads[k] for k in params}
        return new if max_norm is None else clip_by_global_norm(new, max_norm)[0]  # type: ignore[return-value]

    return training(clip=lambda grads, c: grads, step=step)(params, X, y, lr, steps, max_norm)


def needs_threshold(params: Params, X: Array, y: Array, lr: float, steps: int, max_norm: float | None = None) -> Any:
    if max_norm is None:
        raise TypeError("'>' not supported between instances of 'float' and 'NoneType'")
    return training()(params, X, y, lr, steps, max_norm)


def each_array(grads: Params, c: float) -> Params:
    return {k: clip_by_global_norm(g, c)[0] for k, g in grads.items()}


TRAIN_RNN = [
    mistake("step_not_clipped", """With clipping your run is the same as without. Clip before the step is made, and make the
        step with what comes out of the clipping.""", training(clip=lambda grads, c: grads)),
    mistake("parameters_clipped", """You shorten the parameters after the step. It is the gradients that are too long.""",
        clips_parameters),
    mistake("each_array", """You clip each parameter's gradient by its own norm. All of them are to be shortened by one
        factor.""", training(clip=each_array)),
    mistake("by_value", """You clip by value. Here all gradients are to be shortened by one factor.""",
        training(clip=lambda grads, c: clip_by_value(grads, c))),  # type: ignore[arg-type,return-value]
    mistake("norm_after_clipping", """Your norms are never above the threshold: they are measured after the clipping. How long the
        gradient was before is what tells of an explosion.""", training(norm_of=lambda raw, clipped: global_norm(clipped))),
    mistake("loss_after_step", """Your losses come one step late: the first is that of the parameters that came in.""",
        training(loss_after=True)),
    mistake("uphill", """Your losses grow from the first step on: the gradient points uphill.""",
        training(step=lambda params, grads, lr: {k: params[k] + lr * grads[k] for k in params})),
    mistake("parameters_kept", """Your loss is the same at each step: the new parameters are not used for the next one.""",
        training(keep=True)),
    mistake("learning_rate_forgotten", """Your first step is too long by the same factor everywhere: which argument is not
        used?""", training(step=lambda params, grads, lr: {k: params[k] - grads[k] for k in params})),
    mistake("one_step_more", """You take one step too many: count the losses.""", training(more=1)),
    mistake("order", """The three values come in another order: parameters, losses, norms.""",
        training(result=lambda params, losses, norms: (losses, norms, params))),
    mistake("last_only", """You return the last loss and norm only. All of them are asked for, one for each step.""",
        training(result=lambda params, losses, norms: (params, losses[-1], norms[-1]))),
    mistake("none_not_handled", """Without a threshold, max_norm is None, which cannot be compared with a number. What is to
        happen then?""", needs_threshold),
    mistake("in_place", """You write into the parameters that you were given, so the next run from the same start does not start
        there. Make new arrays in each step; avoid -=.""", training(step=step_in_place)),
]  # fmt: skip

# ---------------------------------------------------------------- debug_gradient_clipping


def broken_step(params: Params, X: Array, y: Array, lr: float, max_norm: float) -> Any:
    """The broken function of the notebook, as it stands there."""
    loss, grads = rnn_bptt(params, X, y)
    norm = global_norm(grads)
    if norm > max_norm:
        for g in grads.values():
            g = g * (max_norm / norm)
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


def step_with(clip: Callable[[Params, float, float], Params]) -> Callable[..., Any]:
    def clipped_step(params: Params, X: Array, y: Array, lr: float, max_norm: float) -> Any:
        loss, grads = rnn_bptt(params, X, y)
        norm = global_norm(grads)
        grads = clip(grads, norm, max_norm)
        return {name: params[name] - lr * grads[name] for name in params}, loss, norm

    return clipped_step


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(
        f"named_{fault}", f"Your function is mended, but that was not the fault. {sentence}", fault, clipped_step
    )


DEBUG_GRADIENT_CLIPPING = [
    mistake("not_mended", """The step is still as long as the gradient. Print what is in grads before and after the loop: which
        name do the shortened arrays have, and who sees it?""", "no_effect", broken_step),
    mistake("always_rescaled", """Your function now also changes gradients that are short enough: the condition was lost in
        mending.""", "no_effect", step_with(lambda grads, norm, c: {k: g * (c / norm) for k, g in grads.items()})),
    mistake("each_array", """Your function now clips each array by its own norm. The factor of the broken function was right: the
        norm in it is that of all arrays.""", "no_effect", step_with(lambda grads, norm, c: each_array(grads, c))),
    mistake("smaller_rate", """Your function takes shorter steps along gradients that are short enough, too. The fault is not in
        the length of the ordinary steps.""", "no_effect",
        step_with(lambda grads, norm, c: {k: 0.1 * g for k, g in grads.items()})),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts in
        the list.""", "", clipped_step),
    misnamed("learning_rate", "Compare the length of the step with what clipping allows at this learning rate."),
    misnamed("threshold", "The table shows three thresholds: what differs between their runs?"),
    misnamed("each_array", "Which norm stands in the factor, that of an array or that of all?"),
    misnamed("after_step", "Go through the function line by line: where is the step made?"),
]  # fmt: skip
