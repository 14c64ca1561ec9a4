"""What the exercises of `transfer_and_pretraining` try: networks that share nothing, steps, experiments, reports."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from gradus.data import few_labels, load_digits_split
from gradus.layers import MLP, Linear
from gradus.optimizers import Adam
from gradus.tasks import shared_feature_tasks
from gradus.training import evaluate, fit
from gradus.transfer import copy_layers, split_by_class

from autograder.comparison import Difference, told, values
from autograder.handle import Seed, StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, same, several, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator


# ---------------------------------------------------------------- copy_layers


def layers_of(Dense: Any, sizes: list[int], rng: Rng) -> list[Any]:
    """Layers of the student's own class, on which the judge has a hold."""
    return [callable_of(Dense)(rng.standard_normal((n, m)).round(2), rng.standard_normal(m).round(2))
            for n, m in pairwise(sizes)]  # fmt: skip


def arrays_of(layers: Any) -> list[list[Array]]:
    return [[layer.get("W"), layer.get("b")] for layer in layers]


def two_networks(rng: Rng, Dense: Any, depth: int) -> tuple[list[Any], list[Any]]:
    """Alike below, with other numbers of outputs."""
    sizes = [int(n) for n in rng.integers(3, 7, depth)]
    return layers_of(Dense, [*sizes, 4], rng), layers_of(Dense, [*sizes, 3], rng)


def copied(depth: int, k: int) -> Probe:
    """Both networks after the copy, all their arrays."""

    def probe(rng: Rng, copy: Any, Dense: Any) -> Any:
        src, dst = two_networks(rng, Dense, depth)
        reply = callable_of(copy).call(src, dst, k)
        networks = {"src": arrays_of(src), "dst": arrays_of(reply.args[1])}
        return {f"{name}[{i}].{letter}": array for name, layers in networks.items()
                for i, layer in enumerate(layers) for letter, array in zip("Wb", layer, strict=True)}  # fmt: skip

    return with_call(probe, f"copy_layers(src, dst, {k}), two networks of {depth} layers")


def apart(k: int) -> Probe:
    """Whether a step of one network moves the other one, in both directions, and whether they have a layer in common."""

    def probe(rng: Rng, copy: Any, Dense: Any) -> dict[str, bool]:
        src, dst = two_networks(rng, Dense, 3)
        dst = callable_of(copy).call(src, dst, k).args[1]
        facts = {}
        for name, moved, other in (("src", dst, src), ("dst", src, dst)):
            before = arrays_of(other)
            for layer, (W, b) in zip(moved[:k], arrays_of(moved)[:k], strict=True):
                layer.get("step")(np.ones_like(W), np.ones_like(b), 0.5)
            after = arrays_of(other)
            for part, letter in enumerate("Wb"):
                facts[f"{letter} of {name} stays"] = same([a[part] for a in before], [a[part] for a in after])
        dst[0].set("b", np.full(3, 7.0))
        return {"layers of its own": not same(src[0].get("b"), np.full(3, 7.0))} | facts

    return with_call(probe, f"copy_layers(src, dst, {k}); dst[0].step(dW, db, lr=0.5); src[0].W")


# ---------------------------------------------------------------- frozen_step

ARRAYS = ("first.W", "first.b", "norm.gamma", "norm.mean", "first2.W", "first2.b", "norm2.mean", "top.W")


def steps(frozen: Collection[str], free: int, rest: int, *, beta: float = 0.9, decay: float = 0.01) -> Probe:
    """Parameters after some steps in which everything learns, and some more in which layers are frozen."""

    def probe(rng: Rng, step: Any) -> dict[str, Any]:
        shapes = {name: (3, 2) if name.endswith("W") else (2,) for name in ARRAYS}
        params = {name: rng.standard_normal(shape).round(2) for name, shape in shapes.items()}
        velocity: Any = {}
        for t in range(free + rest):
            grads = {n: rng.standard_normal(s).round(2) for n, s in shapes.items() if not n.endswith("mean")}
            stats = {n: rng.standard_normal(s).round(2) for n, s in shapes.items() if n.endswith("mean")}
            now = list(frozen) if t >= free else []
            found = callable_of(step)(params, grads, stats, velocity, now, lr=0.1, beta=beta, weight_decay=decay)
            params, velocity = several(found, 2, "the pair params, velocity")
            if not isinstance(params, dict):
                raise StudentFailure("wrong", "", f"params must be a dict, yours is {kind_text(params)}")
            if missing := sorted(set(shapes) - set(params)):
                raise StudentFailure("wrong", "", f"these names are missing in the params that you return: {missing}")
        return params

    text = f"frozen_step(params, grads, stats, velocity, {list(frozen)}, lr=0.1, beta={beta}, weight_decay={decay})"
    return with_call(probe, f"{text}, after {free} steps with nothing frozen" if free else text)


def untouched(rng: Rng, step: Any) -> dict[str, bool]:
    """Which of the dicts that it was given a step leaves as they were."""
    positional, named = step_arguments(rng)
    after = callable_of(step).call(*positional, **named).args
    names = ("params", "grads", "stats", "velocity", "frozen")
    return {name: same(*pair) for name, *pair in zip(names, positional, after, strict=True)}


def step_arguments(rng: Rng) -> Args:
    names = {"first.W": (3, 2), "norm.mean": (2,), "top.W": (2, 2)}
    params, grads, velocity = ({n: rng.standard_normal(s) for n, s in names.items()} for _ in range(3))
    stats = {"norm.mean": grads.pop("norm.mean")}
    velocity.pop("norm.mean")
    return args(params, grads, stats, velocity, ["first"], lr=0.1, beta=0.9, weight_decay=0.01)


# ---------------------------------------------------------------- reuse_layers

Problem = tuple[list[dict[str, Array]], Array, Array, Array, Array]


@lru_cache(maxsize=16)
def problem(seed: int) -> Problem:
    """A source network, 100 examples of a related task, and test data whose labels stay with the judge."""
    rng = np.random.default_rng([seed, 53])
    X_source, y_source, X, y = shared_feature_tasks(rng, n=3000)
    net = MLP([20, 48, 48, 6], "relu", rng=rng)
    fit(net, X_source, y_source, optimizer=Adam(net, 0.01), epochs=15, batch=50, rng=rng)
    dense = [layer for layer in net.layers if isinstance(layer, Linear)]
    return [{"W": d.W.data.copy(), "b": d.b.data.copy()} for d in dense], X[:100], y[:100], X[100:1100], y[100:1100]


def labels_of(found: Any, N: int) -> Array:
    labels = np.asarray(found) if isinstance(found, list | tuple) else found
    if not isinstance(labels, np.ndarray) or labels.shape != (N,):
        text = f"{N} labels are expected, one for each row of X_new; yours is {kind_text(labels)}"
        raise StudentFailure("wrong", "", text)
    return labels


def accuracies(*seeds: int) -> Probe:
    """Mean test accuracy from scratch, and with one of the layers copied."""

    def probe(rng: Rng, reuse: Any) -> dict[str, float]:
        found: dict[str, list[float]] = {"scratch": [], "first layer": [], "second layer": []}
        for seed in seeds:
            source, X, y, X_new, y_new = problem(seed)
            for name, layers in zip(found, ([], [0], [1]), strict=True):
                labels = callable_of(reuse)(source, X, y, X_new, layers, Seed(1000 + seed))
                found[name].append(float(np.mean(labels_of(labels, len(y_new)) == y_new)))
        scratch, first, second = (float(np.mean(values)) for values in found.values())
        return {"accuracy from scratch": scratch, "gain of the first layer": first - scratch,
                "gain of the second layer alone": second - scratch}  # fmt: skip

    return with_call(probe, "reuse_layers(source, X, y, X_new, copied, rng) with copied = [], [0], [1] on 100 examples")


RANGES = {"accuracy from scratch": (0.35, 0.8), "gain of the first layer": (0.025, 0.4),
          "gain of the second layer alone": (-0.3, 0.065)}  # fmt: skip
OUTSIDE = {
    (
        "accuracy from scratch",
        "below",
    ): "From scratch more can be learnt than this: is the whole network trained, for 60 epochs?",
    ("accuracy from scratch", "above"): "With copied = [] nothing of the source may be used.",
    ("gain of the first layer", "below"): "The first layer holds what both tasks share: is it copied, and frozen?",
    ("gain of the second layer alone", "below"): "The second layer alone harms more than it should.",
    (
        "gain of the second layer alone",
        "above",
    ): "Behind a new first layer the second one is of no use: is the first copied, too?",
}


def in_ranges(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """Each number in its range (low, high); two such dicts, that they agree to 0.02."""
    for name, wanted in expected.items():
        low, high = wanted if isinstance(wanted, tuple) else (wanted - 0.02, wanted + 0.02)
        if not low <= given[name] <= high:
            hint = OUTSIDE.get((name, "below" if given[name] < low else "above"), "")
            return Difference("values", f"{name} between {low:.3g} and {high:.3g}", f"{given[name]:.3g}", hint)
    return None


def dead_and_alive(rng: Rng, reuse: Any) -> dict[str, bool]:
    """Two layers are copied, of which the second passes nothing on or does; in the first cases all labels must be one."""
    N = 60
    X = rng.standard_normal((N, 4))
    facts = {}
    for name, size, bias in (
        ("a dead layer stays dead", 0, 1),
        ("its biases, too", 0.5, -100),
        ("a living one", 0.5, 1),
    ):
        source = [{"W": rng.standard_normal(shape), "b": np.ones(shape[1])} for shape in ((4, 8), (8, 8), (8, 3))]
        source[1]["W"] *= size
        source[1]["b"] *= bias
        labels = callable_of(reuse)(source, X, (X[:, 0] > 0).astype(int), X, [0, 1], draw_seed(rng))
        facts[name] = (len(set(labels_of(labels, N).tolist())) == 1) == (name != "a living one")
    return facts


def small_task(rng: Rng) -> Args:
    source = [{"W": rng.standard_normal(shape), "b": np.zeros(shape[1])} for shape in ((4, 6), (6, 6), (6, 3))]
    X = rng.standard_normal((30, 4))
    return args(source, X, (X[:, 0] > 0).astype(int), X[:7], [0], draw_seed(rng))


# ---------------------------------------------------------------- honest_report


KEYS = ("scratch", "frozen", "spread", "verdict")
ASKED = {
    "the same draws": """The two methods are not tried on the same draws: a difference between them may be one between their
        images.""",
    "draws from 0 on": "Not all draws are tried, or others: they are numbered from 0 to draws − 1.",
}


def report_on(table: Callable[[Rng], dict[str, list[float]]], text: str = "") -> Probe:
    """The report on measurements that the judge hands out, call by call, and which of them were asked for."""

    def probe(rng: Rng, report: Any) -> dict[str, Any]:
        values, asked = table(rng), {"scratch": set(), "frozen": set()}  # type: ignore[var-annotated]
        n = len(values["scratch"])

        def trial(method: str, draw: int) -> float:
            if method not in asked:
                raise ValueError(f'trial: method must be "scratch" or "frozen", got {method!r}')
            asked[method].add(int(draw))
            return values[method][int(draw) % n]

        found = callable_of(report)(trial, n)
        if not isinstance(found, dict) or set(found) != set(KEYS):
            keys = 'a dict with the keys "scratch", "frozen", "spread" and "verdict"'
            raise StudentFailure("wrong", "", f"{keys} is expected, yours is {kind_text(found)}")
        if hasattr(found["verdict"], "call"):  # a text of NumPy's
            found["verdict"] = callable_of(found["verdict"].get("__str__"))()
        return found | {
            "the same draws": asked["scratch"] == asked["frozen"],
            "draws from 0 on": set(range(n)) in asked.values(),
        }

    return with_call(probe, text)


NUMBERS = values(rtol=1e-6)


def as_reported(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """The numbers and the verdict; in words where the wrong draws were asked for, or numbers and verdict are not as agreed."""
    found = told(ASKED)(given, {key: expected[key] for key in ASKED}) or NUMBERS(given, expected, slack)
    if found and found.part in map(repr, KEYS) and found.kind == "values":
        rounded = [{key: np.round(expected[key], places) for key in KEYS[:3]} for places in (2, 3, 4)]
        if given["verdict"] not in ("helps", "harms", "cannot tell"):
            found = replace(found, hint='The verdict is one of "helps", "harms", "cannot tell", letter by letter.')
        elif any(NUMBERS({key: given[key] for key in KEYS[:3]}, numbers) is None for numbers in rounded):
            found = replace(found, hint="Your numbers are rounded: a report that others compute with holds all digits.")
    return found


def measured_by(gain: float, spread: float, n: int) -> Callable[[Rng], dict[str, list[float]]]:
    """Draws that are easier or harder for both methods, with this mean and spread of the difference, exactly."""

    def table(rng: Rng) -> dict[str, list[float]]:
        level = rng.uniform(0.6, 0.8, n)
        noise = rng.standard_normal(n)
        noise = (noise - noise.mean()) / noise.std(ddof=1)
        return {"scratch": level.tolist(), "frozen": (level + gain + spread * noise).tolist()}

    return table


@lru_cache(maxsize=1)
def digits_table() -> dict[str, list[float]]:
    """Digits 5 to 9 with five labels each, after 0 to 4: measured over eight draws of the labels."""
    rng = np.random.default_rng(0)
    X, y, X_test, y_test = load_digits_split(rng)
    (low, y_low), (high, y_high) = split_by_class(X, y, range(5))
    test = split_by_class(X_test, y_test, range(5))[1]
    source = MLP([64, 48, 48, 5], "relu", rng=rng)
    fit(source, low, y_low, optimizer=Adam(source, 0.01), epochs=20, rng=rng)
    found: dict[str, list[float]] = {"scratch": [], "frozen": []}
    for draw in range(8):
        for method, accuracies_found in found.items():
            own = np.random.default_rng([draw, 1])
            X_few, y_few = few_labels(high, y_high, 5, own)
            net = MLP([64, 48, 48, 5], "relu", rng=own)
            if method == "frozen":
                copy_layers(source, net, 4)
                for layer in net.layers[:4]:
                    layer.freeze()
            fit(net, X_few, y_few, optimizer=Adam(net, 0.01), epochs=40, batch=25, rng=own)
            accuracies_found.append(evaluate(net, *test)[1])
    return found


def refuses_few(rng: Rng, report: Any) -> str:
    """What a report on three draws says."""
    try:
        callable_of(report)(lambda method, draw: 0.5 + 0.1 * draw + (0.05 + 0.01 * draw) * (method == "frozen"), 3)
    except StudentFailure as failure:
        if failure.verdict != "raised":
            raise
        return "refused" if failure.kind == "ValueError" else "another exception"
    return "a report"
