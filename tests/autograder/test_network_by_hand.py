"""The assignment `network_by_hand`: what its checks say of answers that are no known mistake, and its notebook."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from gradus import network as ref

from autograder.assignment import load_assignment
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

ASSIGNMENTS = Path(__file__).parents[2] / "solutions" / "assignments"
EXERCISES = of_topic("network_by_hand")


def answer(exercise: str, *objects, seed: int = 5) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[exercise], lambda: given, seed=seed)


def failed(got: Answer) -> set[str]:
    return {r.name for r in got.results if not r.passed}


# ---------------------------------------------------------------- answers


def test_dense_forward_alone_earns_its_part_of_the_points():
    def dense_backward(dz, cache):
        raise NotImplementedError

    got = answer("dense_forward", ref.dense_forward, dense_backward)
    assert 0 < got.score < got.points / 2
    assert "dense_backward is still to be written" in got.message
    assert {"z of a small layer", "z of other layers"}.isdisjoint(failed(got))


def test_another_exception_of_the_same_type_is_not_taken_for_a_forgotten_transposition():
    def dense_backward(dz, cache):
        raise ValueError("something else")

    got = answer("dense_forward", ref.dense_forward, dense_backward)
    assert got.misconception is None
    assert got.message == "Your code raised ValueError: something else"


def test_an_unknown_mistake_in_a_gradient_is_located_without_a_name():
    def dense_backward(dz, cache):
        X, W = cache
        return dz @ W.T, X.T @ dz, dz.max(axis=0)

    got = answer("dense_forward", ref.dense_forward, dense_backward)
    first = next(r for r in got.results if not r.passed)
    assert got.misconception is None
    assert (first.part, first.expected, first.given) == ("db", "[2., 2.]", "[2., 3.]")


def test_dense_forward_that_returns_z_alone_is_told_so():
    got = answer("dense_forward", lambda X, W, b: X @ W + b, ref.dense_backward)
    assert got.score == 0
    assert got.message.startswith("The pair z, cache is expected")


def test_a_loss_that_is_stable_but_for_a_certain_mistake_loses_only_that_case():
    def softmax_cross_entropy(logits, y):
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        loss = -np.log(np.maximum(p[rows, y], 1e-300)).mean()
        p[rows, y] -= 1
        return loss, p / len(y)

    got = answer("softmax_cross_entropy", softmax_cross_entropy)
    assert failed(got) == {"a wrong class beyond doubt"}
    assert got.verdict == "wrong"


@pytest.mark.timeout(20)
def test_an_endless_generator_is_stopped_also_where_no_batch_is_ever_full():
    def iterate_minibatches(X, y, batch, rng, drop_last=True):
        while True:
            order = rng.permutation(len(X))
            for start in range(0, len(X) - batch + 1, batch):
                yield X[order[start : start + batch]], y[order[start : start + batch]]

    got = answer("iterate_minibatches", iterate_minibatches)
    assert (got.score, got.misconception) == (0, "endless")


def test_a_single_minibatch_returned_instead_of_yielded_is_told_what_is_asked_for():
    def iterate_minibatches(X, y, batch, rng, drop_last=True):
        pick = rng.permutation(len(X))[:batch]
        return X[pick], y[pick]

    got = answer("iterate_minibatches", iterate_minibatches)
    assert got.score == 0
    assert "yield one pair after the other" in got.message


def test_a_generator_that_sorts_the_data_while_it_runs_is_caught_although_its_call_left_them_alone():
    def iterate_minibatches(X, y, batch, rng, drop_last=True):
        yield from ref.iterate_minibatches(X, y, batch, rng, drop_last)
        y.sort()

    assert failed(answer("iterate_minibatches", iterate_minibatches)) == {"X and y unchanged"}


def test_minibatches_that_only_accept_numbers_are_right():
    def iterate_minibatches(X, y, batch, rng, drop_last=True):
        assert np.isfinite(X).all()
        return ref.iterate_minibatches(X, y, batch, rng, drop_last)

    assert answer("iterate_minibatches", iterate_minibatches).verdict == "pass"


def test_the_right_loss_earns_a_part_though_the_step_is_wrong():
    def train_step(params, X, y, *, lr):
        return params, ref.train_step(params, X, y, lr=lr)[1]

    got = answer("train_step", train_step)
    assert 0 < got.score < got.points / 2
    assert "loss of another network" not in failed(got)


def test_a_fault_of_the_softmax_is_traced_back_from_the_training_step():
    def train_step(params, X, y, *, lr):  # as if softmax_cross_entropy had forgotten 1/N
        new, loss = ref.train_step(params, X, y, lr=lr * len(y))
        return new, loss

    got = answer("train_step", train_step)
    assert got.misconception == "gradient_not_averaged"
    assert "softmax_cross_entropy" in got.message


# ---------------------------------------------------------------- the notebook


@pytest.fixture(scope="module")
def namespace():
    """What is defined after the source notebook ran from top to bottom, and the points of its checks."""
    import matplotlib.pyplot as plt

    notebook = json.loads((ASSIGNMENTS / "network_by_hand" / "network_by_hand.ipynb").read_text(encoding="utf-8"))
    names: dict = {"points": {}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: None)
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code":
                continue
            if cell["metadata"]["nbgrader"]["grade"]:
                names["points"][cell["id"]] = float(eval(source, names))
            else:
                exec(source, names)
    plt.close("all")
    return names


def test_the_notebook_asks_for_the_exercises_as_they_are_declared():
    assignment = load_assignment("network_by_hand", ASSIGNMENTS)
    assert tuple(assignment.exercises) == tuple(EXERCISES)
    assert sum(ex.points for ex in EXERCISES.values()) == 24


def test_the_solutions_of_the_notebook_earn_all_points(namespace):
    assert namespace["points"] == {id: ex.points for id, ex in EXERCISES.items()}


def test_the_examples_in_the_tasks_are_true(namespace):
    X, W, b = np.array([[1, 2], [0, -1], [3, 1]]), np.array([[2, -1], [0, 3]]), np.array([0.5, -2])
    assert namespace["dense_forward"](X, W, b)[0][0].tolist() == [2.5, 3.0]

    loss = namespace["softmax_cross_entropy"]
    assert loss(np.array([[1000.0, 0.0]]), np.array([1]))[0] == 1000
    assert loss(np.full((3, 5), 7.0), np.array([4, 0, 2]))[0] == pytest.approx(math.log(5))

    batches = namespace["iterate_minibatches"]
    X, y, rng = np.zeros((37, 2)), np.zeros(37, dtype=int), np.random.default_rng(0)
    assert [len(b) for b, _ in batches(X, y, 8, rng)] == [8] * 4
    assert [len(b) for b, _ in batches(X, y, 8, rng, drop_last=False)] == [8] * 4 + [5]

    params = {"W1": np.zeros((2, 3)), "b1": np.zeros(3), "W2": np.zeros((3, 10)), "b2": np.zeros(10)}
    new, loss = namespace["train_step"](params, rng.standard_normal((6, 2)), np.arange(6), lr=0.1)
    assert loss == pytest.approx(math.log(10))
    assert np.array_equal(new["W1"], params["W1"]) and not np.array_equal(new["b2"], params["b2"])


def test_the_network_of_the_notebook_reads_new_digits(namespace):
    assert namespace["accuracy"][-1] > 0.93  # 0.954 to 0.976 over twenty seeds, standard deviation 0.006
    assert np.mean(namespace["losses"][-42:]) < 0.1  # 0.046 to 0.057
