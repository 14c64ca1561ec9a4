"""Wrong versions of the experiments with optimizers, and of the broken run, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.problems import wilson_data as right_data

from autograder.checks._optimizers_experiments import measure_velocity, steps_to_leave, train, train_and_test
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Grad = Callable[[Array], Array]
Step = Callable[..., tuple[Any, Any]]
Params = dict[str, Array]

# ---------------------------------------------------------------- measure_velocity, steps_to_leave


def lengths(step: Step, g: Array, steps: int, lr: float, beta: float, forget: bool = False) -> list[float]:
    w, state, found = np.zeros_like(g), {}, []
    for _ in range(steps):
        new, state = step(w, g, {} if forget else state, lr=lr, beta=beta)
        found.append(float(np.linalg.norm(new - w)))
        w = new
    return found


def velocity_with(
    steps: int | None = None, share: float = 0.9, count: int = 1, unit: Callable[[float, Array], float] | None = None,
    forget: bool = False, order: int = 1,
) -> tuple[Any, Any]:  # fmt: skip
    """measure_velocity in a wrong version, and the right steps_to_leave."""

    def wrong(step: Step, g: Array, *, lr: float, beta: float) -> Any:
        found = lengths(step, g, steps or 10 + int(np.log(1e-9) / np.log(beta)), lr, beta, forget)
        one = unit(lr, g) if unit else lr * float(np.linalg.norm(g))
        first = next(i for i, v in enumerate(found) if v >= share * found[-1])
        return (found[-1] / one, first + count)[::order]

    return wrong, steps_to_leave


def until_small_changes(step: Step, g: Array, *, lr: float, beta: float) -> tuple[float, int]:
    """Stops as soon as two steps are equal to a millionth; there is more to come."""
    w, state, found = np.zeros_like(g), {}, [0.0]
    while len(found) < 3000:
        new, state = step(w, g, state, lr=lr, beta=beta)
        found.append(float(np.linalg.norm(new - w)))
        w = new
        if abs(found[-1] - found[-2]) < 1e-6 * found[-1]:
            break
    first = next(i for i, v in enumerate(found) if v >= 0.9 * found[-1])
    return found[-1] / (lr * float(np.linalg.norm(g))), first


def from_a_formula(step: Step, g: Array, *, lr: float, beta: float) -> tuple[float, int]:
    return 1 / (1 - beta), int(np.ceil(np.log(0.1) / np.log(beta)))


def distance(step: Step, g: Array, *, lr: float, beta: float) -> tuple[float, int]:
    w, state, found = np.zeros_like(g), {}, []
    for _ in range(500):
        w, state = step(w, g, state, lr=lr, beta=beta)
        found.append(float(np.linalg.norm(w)))
    return found[-1] / (lr * float(np.linalg.norm(g))), 1 + next(i for i, v in enumerate(found) if v >= 0.9 * found[-1])


def leave_with(
    count: int = 0, at: int = 1, more: int = 0, forget: bool = False, gradient_once: bool = False, one_side: bool = False,
    never: Callable[[int], Any] = lambda at_most: None,
) -> tuple[Any, Any]:  # fmt: skip
    """The right measure_velocity, and steps_to_leave in a wrong version."""

    def wrong(step: Step, grad_fn: Grad, x: Array, edge: float, at_most: int, **hyper: float) -> Any:
        state, g = {}, grad_fn(x)
        for n in range(1, at_most + at + more):
            x, state = step(x, g if gradient_once else grad_fn(x), {} if forget else state, **hyper)
            if (x[0] if one_side else abs(x[0])) < edge:
                return n + count
        return never(at_most)

    return measure_velocity, wrong


VELOCITY = [
    mistake("too_few_steps", """The velocity is not yet terminal: with a large β it takes more steps until it does not change any
        more.""", *velocity_with(steps=100)),
    mistake("two_hundred_steps", """Two hundred steps are enough for most β, not for the largest: there the velocity is not yet
        terminal.""", *velocity_with(steps=200)),
    mistake("five_hundred_steps", """Five hundred steps are enough for most β, not for the largest: there the velocity is not
        yet terminal.""", *velocity_with(steps=500)),
    mistake("stops_too_early", """You stop when a step is nearly as long as the one before. With a large β the changes are small
        and there are many of them: what is still to come adds up to more than a millionth.""",
        until_small_changes, steps_to_leave),
    mistake("from_a_formula", """For momentum your numbers are right, for a step of another kind they are not: they or the unit
        come from a formula. Measure, and compare with η‖g‖, not with step 1.""", from_a_formula, steps_to_leave),
    mistake("not_in_units", """You return the length of the step itself. How many times as long as that of gradient descent is
        it?""", *velocity_with(unit=lambda lr, g: 1.0)),
    mistake("rate_forgotten", """You compare with the length of the gradient. A step of gradient descent has another length.""",
        *velocity_with(unit=lambda lr, g: float(np.linalg.norm(g)))),
    mistake("velocity_forgets", """Every step of yours begins with an empty state: nothing can build up. Which state belongs into
        the next call?""", *velocity_with(forget=True)),
    mistake("distance", """You measure how far w has come. The velocity is by how much it changes in one step.""",
        distance, steps_to_leave),
    mistake("counted_from_zero", """Your count of steps is one too small: after the first step one step has been taken.""",
        *velocity_with(count=0)),
    mistake("all_but_a_hundredth", """You count until 99 % of the velocity are reached; 90 % are asked for.""",
        *velocity_with(share=0.99)),
    mistake("two_thirds", """You count until 63 % of the velocity are reached; 90 % are asked for.""",
        *velocity_with(share=1 - 1 / np.e)),
    mistake("order", """The two values come in the other order: first the ratio, then the number of steps.""",
        *velocity_with(order=-1)),
    mistake("one_step_short", """You count the steps that still began outside of the edge, without the one that crossed it.""",
        *leave_with(count=-1)),
    mistake("one_step_more", """You count one step too many on your way off the plateau.""", *leave_with(count=1)),
    mistake("plateau_forgets", """On the plateau every step of yours begins with an empty state, so that momentum is gradient
        descent.""", *leave_with(forget=True)),
    mistake("gradient_once", """You use the gradient of the start all the way. It changes as x moves: ask for it in each step.""",
        *leave_with(gradient_once=True)),
    mistake("one_side", """From a start with x < 0 you have arrived at once: it is the distance from 0 that has to become smaller
        than the edge.""", *leave_with(one_side=True)),
    mistake("at_most_returned", """When x has not arrived in time you return a number, as if it had. None is asked for.""",
        *leave_with(never=lambda at_most: at_most)),
    mistake("gives_up_early", """A start that needs just as many steps as it may take has arrived in time. Yours gives up one step
        before.""", *leave_with(at=0)),
    mistake("gives_up_late", """Yours takes one step more than at_most before it gives up.""", *leave_with(at=2)),
    mistake("no_limit", """You go on after at_most steps.""", *leave_with(more=100_000)),
]  # fmt: skip

# ---------------------------------------------------------------- wilson_data, train_and_test


def data_with(change: Callable[[Array, Array], tuple[Any, Any]]) -> tuple[Any, Any]:
    def wrong(n: int, p: float, rng: np.random.Generator) -> Any:
        return change(*right_data(n, p, rng))

    return wrong, train_and_test


def own_features(
    X: Array, y: Array, place: Callable[[int], int] = lambda i: 3 + 5 * i,
    many: Callable[[float], int] = lambda label: 1 if label > 0 else 5, value: Callable[[float], float] = lambda label: 1.0,
) -> tuple[Array, Array]:  # fmt: skip
    """The data with other features of the samples' own."""
    X = X.copy()
    X[:, 3:] = 0
    for i, label in enumerate(y):
        X[i, place(i) : place(i) + many(label)] = value(label)
    return X, y


def changed(columns: slice | int, values: Callable[[Array], Any]) -> Callable[[Array, Array], tuple[Array, Array]]:
    def change(X: Array, y: Array) -> tuple[Array, Array]:
        X = X.copy()
        X[:, columns] = values(y)
        return X, y

    return change


def swapped_labels(n: int, p: float, rng: np.random.Generator) -> tuple[Array, Array]:
    X, y = right_data(n, p, rng)
    return own_features(np.column_stack([-X[:, 0], X[:, 1:]]), -y)


def exact_share(n: int, p: float, rng: np.random.Generator) -> tuple[Array, Array]:
    y = np.where(rng.permutation(n) < round(n * p), 1.0, -1.0)
    return own_features(np.column_stack([y, np.ones((n, 2)), np.zeros((n, 5 * n))]), y)


def own_generator(n: int, p: float, rng: np.random.Generator) -> tuple[Array, Array]:
    return right_data(n, p, np.random.default_rng(0))


def training_with(
    gradient: Callable[[Array, Array, Array], Array] = lambda A, b, w: A.T @ (A @ w - b) / len(b),
    train_rows: Callable[[int], slice] = lambda n: slice(n), test_rows: Callable[[int], slice] = lambda n: slice(n, None),
    right: Callable[[Array, Array], Any] = lambda out, y: np.sign(out) == y,
    error_of: Callable[[Array], Any] = lambda e: np.mean(e**2), forget: bool = False, start: float = 0.0, order: int = 1,
) -> tuple[Any, Any]:  # fmt: skip
    """The right data, and train_and_test in a wrong version."""

    def wrong(step: Step, X: Array, y: Array, n_train: int, steps: int, **hyper: float) -> Any:
        A, b = X[train_rows(n_train)], y[train_rows(n_train)]
        w, state = np.full(X.shape[1], start), {}
        for _ in range(steps):
            w, state = step(w, gradient(A, b, w), {} if forget else state, **hyper)
        T, c = X[test_rows(n_train)], y[test_rows(n_train)]
        return (float(error_of(A @ w - b)), float(np.mean(right(T @ w, c))))[::order]

    return right_data, wrong


WILSON = [
    mistake("same_own_features", """The features of its own must tell every sample from all others: yours stand in the same
        columns for all samples.""", *data_with(lambda X, y: own_features(X, y, place=lambda i: 3))),
    mistake("overlapping_features", """Features of one sample's own are those of its neighbours as well. How many columns does
        each sample need for itself?""", *data_with(lambda X, y: own_features(X, y, place=lambda i: 3 + i))),
    mistake("one_and_five_swapped", """One and five are swapped: which label has one feature of its own, which five?""",
        *data_with(lambda X, y: own_features(X, y, many=lambda label: 5 if label > 0 else 1))),
    mistake("always_five", """Samples of label 1 have one feature of their own, not five.""",
        *data_with(lambda X, y: own_features(X, y, many=lambda label: 5))),
    mistake("always_one", """Samples of label −1 have five features of their own, not one.""",
        *data_with(lambda X, y: own_features(X, y, many=lambda label: 1))),
    mistake("own_features_are_labels", """Features of a sample's own are 1, whatever its label.""",
        *data_with(lambda X, y: own_features(X, y, value=lambda label: float(label)))),
    mistake("no_own_features", """No sample has features of its own: all but the first three are 0.""",
        *data_with(lambda X, y: own_features(X, y, many=lambda label: 0))),
    mistake("common_features_missing", """The second and the third feature are 1 in every sample; yours are not.""",
        *data_with(changed(slice(1, 3), lambda y: 0.0))),
    mistake("common_features_are_labels", """The second and the third feature do not depend on the label: they are 1.""",
        *data_with(changed(slice(1, 3), lambda y: y[:, np.newaxis]))),
    mistake("first_feature", """The first feature has to be the label itself: it is what is to be learnt.""",
        *data_with(changed(0, lambda y: 1.0))),
    mistake("labels_zero_one", """Your labels are 0 and 1; they must be −1 and 1.""",
        *data_with(lambda X, y: (np.column_stack([y > 0, X[:, 1:]]).astype(float), (y > 0).astype(float)))),
    mistake("probability_swapped", """Label 1 has probability p; in your data it is label −1.""",
        swapped_labels, train_and_test),
    mistake("exact_share", """In your data as many labels are 1 in every draw. Each is to be drawn by itself.""",
        exact_share, train_and_test),
    mistake("own_generator", """Whatever rng comes in, your data are the same: where is it used?""",
        own_generator, train_and_test),
    mistake("trained_on_all", """You train on the test rows, too: then the features of the test rows' own are no longer new.""",
        *training_with(train_rows=lambda n: slice(None))),
    mistake("tested_on_training_rows", """Your accuracy is that on the rows of the training.""",
        *training_with(test_rows=lambda n: slice(n))),
    mistake("tested_on_all", """Your accuracy is that on all rows. Only those that were not trained on count.""",
        *training_with(test_rows=lambda n: slice(None))),
    mistake("training_forgets", """Every step of yours begins with an empty state: no method can remember anything.""",
        *training_with(forget=True)),
    mistake("sum_not_mean", """Your gradient is that of the sum over the samples; the loss is a mean.""",
        *training_with(gradient=lambda A, b, w: A.T @ (A @ w - b))),
    mistake("factor_two", """Your gradient is twice as long as it should be: half the mean of squares is to be lowered.""",
        *training_with(gradient=lambda A, b, w: 2 * A.T @ (A @ w - b) / len(b))),
    mistake("uphill", """Your error grows: which sign has the gradient?""",
        *training_with(gradient=lambda A, b, w: A.T @ (b - A @ w) / len(b))),
    mistake("not_the_sign", """A row counts as right if its output has the sign of its label; to be equal to it is more than is
        asked for.""", *training_with(right=lambda out, y: out == y)),
    mistake("share_of_wrong", """You return the share of wrong answers.""",
        *training_with(right=lambda out, y: np.sign(out) != y)),
    mistake("half_the_error", """The error to be returned is the mean of squares itself, without the half that makes the gradient
        simpler.""", *training_with(error_of=lambda e: np.mean(e**2) / 2)),
    mistake("sum_of_squares", """The error to be returned is a mean over the training rows; yours is a sum.""",
        *training_with(error_of=lambda e: np.sum(e**2))),
    mistake("root_of_the_error", """The error to be returned is the mean of squares, without a root.""",
        *training_with(error_of=lambda e: np.sqrt(np.mean(e**2)))),
    mistake("starts_at_one", """The training starts at w = 0: the features of the test rows' own keep the weight 0 then. Yours
        starts elsewhere.""", *training_with(start=1.0)),
    mistake("order", """The two values come in the other order: first the error, then the accuracy.""",
        *training_with(order=-1)),
]  # fmt: skip

# ---------------------------------------------------------------- debug_optimizers


def broken_train(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    """The broken function of the notebook, as it stands there."""
    losses = []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        states = {name: {} for name in params}
        moved = {}
        for name in params:
            moved[name], states[name] = step(params[name], grads[name], states[name], **hyper)
        params = moved
    return params, losses


def one_state(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    losses, state = [], {}
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        moved = {}
        for name in params:
            moved[name], state = step(params[name], grads[name], state, **hyper)
        params = moved
    return params, losses


def state_of_a_step(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    """One state a step, from which all parameters start; that of the last one is kept."""
    losses, state = [], {}
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        found = {name: step(params[name], grads[name], state, **hyper) for name in params}
        state = list(found.values())[-1][1]
        params = {name: pair[0] for name, pair in found.items()}
    return params, losses


def train_in_place(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    states: dict[str, Any] = {name: {} for name in params}
    losses = []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        for name in params:
            params[name], states[name] = step(params[name], grads[name], states[name], **hyper)
    return params, losses


def loss_after(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    final, losses = train(step, params, loss_and_grads, steps, **hyper)
    return final, [*losses[1:], loss_and_grads(final)[0]]


def first_gradients(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    first = loss_and_grads(params)[1]
    return train(step, params, lambda p: (loss_and_grads(p)[0], first), steps, **hyper)


def smaller_rate(step: Step, params: Params, loss_and_grads: Any, steps: int, **hyper: float) -> Any:
    return broken_train(step, params, loss_and_grads, steps, **{**hyper, "lr": hyper["lr"] / 10})


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(f"named_{fault}", f"Your function is mended, but that was not the fault. {sentence}", fault, train)


FORGOTTEN = "forgotten_state"
DEBUG = [
    mistake("not_mended", """What a step has remembered is still lost before the next one. Print the states at the beginning of
        every step: what is in them?""", FORGOTTEN, broken_train),
    mistake("one_state", """The state is now kept, but parameters share it: what is remembered of one is handed to another.""",
        FORGOTTEN, one_state),
    mistake("last_state_for_all", """The state is now kept, but only that of the last parameter, and all start from it. Each needs
        its own.""", FORGOTTEN, state_of_a_step),
    mistake("smaller_rate", """You changed the learning rate. Smaller steps hide the fault, and β still has no effect.""",
        FORGOTTEN, smaller_rate),
    mistake("gradients_once", """Your function now computes the gradients only once, before the first step.""",
        FORGOTTEN, first_gradients),
    mistake("loss_after_step", """Your losses come one step late: the first is that of the parameters that came in.""",
        FORGOTTEN, loss_after),
    mistake("in_place", """Your function now writes into the dictionary it was given, so that the next run does not start where
        this one did. The broken one made a new dictionary in every step.""", FORGOTTEN, train_in_place),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five texts in the
        list.""", "", train),
    misnamed("learning_rate", "Two runs with the same rate and very different β are equal to the last digit: no rate does that."),
    misnamed("shared_state", "The parameters have different shapes: what would happen if they shared what is remembered?"),
    misnamed("stale_gradients", "Where in the loop are the gradients computed, and with which parameters?"),
    misnamed("frozen_parameters", "The table shows how far each parameter has moved."),
]  # fmt: skip
