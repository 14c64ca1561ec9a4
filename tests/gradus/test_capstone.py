"""The capstone's network: its parts, its training, its cost, and what it predicts."""

from dataclasses import replace

import numpy as np
import pytest
from gradus import capstone_parts
from gradus.capstone import (
    DESIGN,
    MULTIPLICATIONS,
    PARTS,
    REFERENCE,
    STEPS,
    choose_parts,
    network_loss,
    predict,
    require_design,
    start_network,
    train_network,
    training_cost,
)
from gradus.capstone_parts import layers_on
from gradus.steps import step16

PLAN = {"hidden": [5, 4], "epochs": 3, "batch_size": 12, "lr_max": 0.05, "dropout": 0.0, "l2": 0.1}


def rng(seed=0):
    return np.random.default_rng(seed)


def examples(N=12, D=6, C=3):
    return rng(3).normal(size=(N, D)), np.arange(N) % C


# ---------------------------------------------------------------- parts


def test_a_part_is_ones_own_if_it_has_passed_and_is_there_as_a_whole():
    names = {"he_normal": abs, "elu": max, "adam_step": 3, "one_cycle": min, "one_cycle_momentum": sum}
    parts = choose_parts(names, lambda part: part != "capstone_schedule")
    assert parts.own == ("capstone_initializer",)
    assert parts.he_normal is abs
    assert parts.elu is REFERENCE.elu, "its derivative is missing"
    assert parts.adam_step is REFERENCE.adam_step, "no function"
    assert parts.one_cycle is REFERENCE.one_cycle, "not passed"


def test_nobody_has_passed_anything_in_the_empty_capstone():
    assert choose_parts({}, lambda part: True) == REFERENCE == choose_parts(vars(np), lambda part: False)


def test_a_table_says_of_each_part_whose_it_is():
    parts = choose_parts({"adam_step": max}, lambda part: True)
    lines = repr(parts).splitlines()
    assert [line.split()[0] for line in lines] == [part.removeprefix("capstone_") for part in PARTS]
    assert [line.split()[0] for line in lines if "yours" in line] == ["optimizer"]
    assert parts._repr_html_().count("the reference's") == 6


def test_the_training_uses_each_of_the_parts():
    used = set()

    def noted(name):
        def call(*args, **kwargs):
            used.add(name)
            return getattr(REFERENCE, name)(*args, **kwargs)

        return call

    class Variable(step16.Variable):
        def __init__(self, data):
            used.add("Variable")
            super().__init__(data)

    class Function(step16.Function):
        def __call__(self, *inputs):
            used.add("Function")
            return super().__call__(*inputs)

    functions = {n: noted(n) for names in PARTS.values() for n in names if n not in ("Variable", "Function")}
    parts = choose_parts({**functions, "Variable": Variable, "Function": Function}, lambda part: True)
    X, y = examples(40)
    train_network(X, y, {**PLAN, "dropout": 0.2}, rng(), parts)
    assert used == {name for names in PARTS.values() for name in names}


# ---------------------------------------------------------------- training


def test_gradients_agree_with_differences():
    """Of the loss of one batch with respect to all parameters, through two layers, with a mask that is the same each time."""
    X, y = examples()
    net = start_network(PLAN, 6, 3, rng())
    net["W"][-1] *= 100
    layers = layers_on(REFERENCE)

    def loss(net):
        boxes = {}

        def box(name, i):
            boxes[name, i] = REFERENCE.Variable(net[name] if i is None else net[name][i])
            return boxes[name, i]

        h, W = REFERENCE.Variable(X), [box("W", i) for i in range(3)]
        for i in range(2):
            h = layers.Linear()(h, W[i])
            h = layers.Normalize(net["mean"][i], net["var"][i])(h, box("gamma", i), box("beta", i))
            h = layers.Drop(0.3, rng(i))(layers.Activate()(h))
        out = layers.Loss(y, 0.1)(layers.Shift()(layers.Linear()(h, W[2]), box("b", None)), *W)
        return out, boxes

    out, boxes = loss(net)
    out.backward()
    for (name, i), box in boxes.items():
        array = net[name] if i is None else net[name][i]
        direction = rng(5).normal(size=array.shape)
        before, eps = array.copy(), 1e-6
        found = []
        for sign in (1, -1):
            array[...] = before + sign * eps * direction
            found.append(float(loss(net)[0].data))
        array[...] = before
        slope = (found[0] - found[1]) / (2 * eps)
        np.testing.assert_allclose((box.grad * direction).sum(), slope, rtol=1e-5, atol=1e-8, err_msg=f"{name} {i}")
    one = train_network(X, y, {**PLAN, "epochs": 1, "l2": 0.0}, rng(), network=net)
    moved = one["b"] - net["b"]
    np.testing.assert_allclose(np.abs(moved), 0.05, rtol=1e-4)  # the first step of Adam has the length of its rate


def torch_network(torch, net):
    def tensor(name, array):
        return torch.tensor(array, requires_grad=name not in ("mean", "var"))

    return {k: tensor(k, v) if k == "b" else [tensor(k, a) for a in v] for k, v in net.items()}


def torch_scores(torch, net, X, training):
    h = torch.tensor(X)
    for i, W in enumerate(net["W"][:-1]):
        mean, var = net["mean"][i].clone(), net["var"][i].clone()
        h = torch.nn.functional.batch_norm(h @ W, mean, var, net["gamma"][i], net["beta"][i], training=training)
        h = torch.nn.functional.elu(h)
    return h @ net["W"][-1] + net["b"]


def test_a_training_is_that_of_pytorch():
    """All examples in one batch, so that their order does not matter; three steps, which are too few for a cycle."""
    torch = pytest.importorskip("torch")
    X, y = examples()
    start = start_network(PLAN, 6, 3, rng())
    got = train_network(X, y, PLAN, rng(), network=start)
    net = torch_network(torch, start)
    parameters = [*net["W"], *net["gamma"], *net["beta"], net["b"]]
    adam = torch.optim.Adam(parameters, lr=0.05, foreach=False)
    losses = []
    for _ in range(3):
        adam.zero_grad()
        scores = torch_scores(torch, net, X, training=True)
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y)) + 0.05 * sum((W**2).sum() for W in net["W"])
        loss.backward()
        adam.step()
        losses.append(loss.item())
    np.testing.assert_allclose(got["losses"], losses, rtol=1e-9)
    for k in ("W", "gamma", "beta"):
        for a, b in zip(got[k], net[k], strict=True):
            np.testing.assert_allclose(a, b.detach().numpy(), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(got["b"], net["b"].detach().numpy(), rtol=1e-5, atol=1e-8)


def test_the_same_seed_gives_the_same_network_and_a_copy():
    X, y = examples(40)
    plan = {**PLAN, "dropout": 0.3}
    first, again, other = (train_network(X, y, plan, rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first["W"][1], again["W"][1])
    assert (first["W"][1] != other["W"][1]).any()


def test_a_training_can_go_on_where_another_ended():
    X, y = examples(60)
    first = train_network(X, y, PLAN, rng())
    kept = [W.copy() for W in first["W"]]
    more = train_network(X, y, PLAN, rng(), network=first)
    assert more["losses"][-1] < first["losses"][0]
    for before, W in zip(kept, first["W"], strict=True):
        np.testing.assert_array_equal(before, W)


# ---------------------------------------------------------------- before training, and after


def test_weights_have_the_variance_of_he():
    net = start_network({**PLAN, "hidden": [400, 300]}, 500, 200, rng())
    for W, fan_in, factor in zip(net["W"], (500, 400, 300), (1, 1, 0.01), strict=True):
        np.testing.assert_allclose(W.var(), factor**2 * 2 / fan_in, rtol=0.05)


@pytest.mark.parametrize("C", [2, 10, 37])
def test_before_training_the_loss_is_the_log_of_the_classes(C):
    X, y = rng().normal(size=(200, 20)), np.arange(200) % C
    net = start_network({**PLAN, "hidden": [64, 64]}, 20, C, rng())
    np.testing.assert_allclose(network_loss(net, X, y), np.log(C), rtol=0.01)
    more = network_loss(net, X, y, 0.5) - network_loss(net, X, y)
    np.testing.assert_allclose(more, 0.25 * sum((W**2).sum() for W in net["W"]), rtol=1e-10)


def test_scores_and_loss_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    X, y = examples(40)
    got = train_network(X, y, PLAN, rng())
    net = torch_network(torch, {k: v for k, v in got.items() if k != "losses"})
    scores = torch_scores(torch, net, X, training=False)
    np.testing.assert_array_equal(predict(got, X), scores.argmax(dim=1).numpy())
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y)).item()
    np.testing.assert_allclose(network_loss(got, X, y), loss, rtol=1e-10)


def test_a_prediction_by_hand():
    """One hidden unit a layer; with variance 1 − ε nothing is scaled."""
    one = 1 - 1e-5
    net = {
        "W": [np.array([[1.0], [2.0]]), np.array([[3.0]]), np.array([[1.0, -1.0]])], "b": np.array([0.0, 1.0]),
        "gamma": [np.ones(1)] * 2, "beta": [np.zeros(1)] * 2, "mean": [np.zeros(1)] * 2, "var": [np.full(1, one)] * 2,
    }  # fmt: skip
    # (1, 1): 3, 9, scores 9 and −8.  (−1, −1): e⁻³ − 1 = −0.950, e^−2.851 − 1 = −0.942, scores −0.942 and 1.942
    assert predict(net, np.array([[1.0, 1.0], [-1.0, -1.0]])).tolist() == [0, 1]
    np.testing.assert_allclose(
        network_loss(net, np.array([[-1.0, -1.0]]), np.array([1])), np.log1p(np.exp(-2.8843)), rtol=1e-3
    )


# ---------------------------------------------------------------- the design and its cost


def test_the_cost_of_a_training_by_hand():
    """105 examples are 4 batches of 25; 3 epochs are 12 steps; 7·5 + 5·4 + 4·2 = 63 multiplications an example."""
    assert training_cost({**PLAN, "batch_size": 25}, 105, 7, 2) == (12, 12 * 25 * 63)


def test_the_cost_is_what_a_training_really_does(monkeypatch):
    done = {"steps": 0, "multiplications": 0}
    layers = layers_on(REFERENCE)

    class Linear(layers.Linear):
        def forward(self, x, W):
            done["multiplications"] += x.shape[0] * W.size
            return super().forward(x, W)

    def adam_step(w, *args, **kwargs):
        done["steps"] += w.shape == (4,) and kwargs["beta1"] > 0
        return REFERENCE.adam_step(w, *args, **kwargs)

    monkeypatch.setattr("gradus.capstone.layers_on", lambda parts: replace(layers, Linear=Linear))
    X, y = examples(50, 6, 4)
    train_network(X, y, {**PLAN, "hidden": [5, 3]}, rng(), replace(REFERENCE, adam_step=adam_step))
    assert (done["steps"], done["multiplications"]) == training_cost({**PLAN, "hidden": [5, 3]}, 50, 6, 4)


def test_the_design_of_the_package_keeps_to_the_budget():
    require_design(DESIGN)
    steps, multiplications = training_cost(DESIGN, 1000, 64, 10)
    assert steps < STEPS and multiplications < MULTIPLICATIONS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden": [64]}, r"design\['hidden'\] must be a list of 2 to 20 widths, got \[64\]"),
        ({"hidden": [4] * 21}, r"design\['hidden'\] must be a list of 2 to 20 widths"),
        ({"epochs": 0}, r"design\['epochs'\]"),
        ({"dropout": 1.0}, r"design\['dropout'\] must be in \[0, 1\), got 1"),
        ({"depth": 3}, "unknown: depth"),
    ],
)
def test_what_is_no_design_is_refused_with_its_key(change, words):
    with pytest.raises(ValueError, match=f"^require_design: .*{words}"):
        require_design({**DESIGN, **change})


def test_the_parts_of_the_exercises_are_those_of_the_reference():
    fields = set(vars(REFERENCE)) - {"own"}
    assert {name for names in PARTS.values() for name in names} == fields
    assert capstone_parts.PARTS is PARTS
