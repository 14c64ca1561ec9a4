"""What the exercises of `network_by_hand` try: problems, and probes of the student's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.handle import StudentFailure
from autograder.probes import Args, args, callable_of, drain, draw_seed, halved, same, several, with_call
from autograder.wording import call_text, kind_text, value_text

Rng = np.random.Generator
Array = np.ndarray
Probe = Callable[..., Any]


def lengths(rng: Rng, n: int) -> list[int]:
    """n different lengths, so that no two axes of a problem can be confused without a difference in shape."""
    return rng.permutation(np.arange(2, 9))[:n].tolist()


def parts(probe: Probe, *which: int | tuple[int, str], n: int = 2) -> Probe:
    """Some of the n values a probe observes: ``0``, or ``(0, "W1")`` for an entry of a dict."""

    def of_it(rng: Rng, *objects: Any) -> list[Any]:
        found = several(probe(rng, *objects), n, "a pair of values")
        return [found[w] if isinstance(w, int) else entry(found[w[0]], w[1]) for w in which]

    return of_it


def entry(found: Any, key: str) -> Any:
    if isinstance(found, dict) and key in found:
        return found[key]
    raise StudentFailure("wrong", "", f"a dict with the key {key!r} is expected, yours is {kind_text(found)}.")


# ---------------------------------------------------------------- dense_forward, dense_backward


def square_layer(rng: Rng) -> list[Array]:
    """X, W, b, dz. W is square: a confused transposition gives wrong values here, not an exception."""
    X, W = np.array([[1.0, 2], [0, -1], [3, 1]]), np.array([[2.0, -1], [0, 3]])
    return [X, W, np.array([0.5, -2]), np.array([[1.0, 0], [2, -1], [-1, 3]])]


def random_layer(rng: Rng) -> list[Array]:
    N, D, H = lengths(rng, 3)
    return [rng.standard_normal(shape) for shape in ((N, D), (D, H), (H,), (N, H))]


def one_example(rng: Rng) -> list[Array]:
    X, W, b, dz = random_layer(rng)
    return [X[:1], W, b, dz[:1]]


def forward_of(forward: Any, *inputs: Array) -> Any:
    """z and the cache, which is whatever the student wants to keep."""
    return several(callable_of(forward)(*inputs), 2, "the pair z, cache")


def backward_of(backward: Any, dz: Array, cache: Any) -> Any:
    """The gradients. A stub here leaves the points of dense_forward."""
    try:
        return several(callable_of(backward)(dz, cache), 3, "the triple dX, dW, db")
    except StudentFailure as failure:
        if failure.verdict == "missing":
            raise StudentFailure("raised", failure.kind, "dense_backward is still to be written.") from None
        raise


def output(layer: Callable[[Rng], list[Array]]) -> Probe:
    def probe(rng: Rng, forward: Any, backward: Any) -> Any:
        return forward_of(forward, *layer(rng)[:3])[0]

    return with_call(probe, lambda rng, names: f"z, cache = {call_text(names[0], layer(rng)[:3], {})}")


def gradients(layer: Callable[[Rng], list[Array]]) -> Probe:
    def probe(rng: Rng, forward: Any, backward: Any) -> Any:
        *inputs, dz = layer(rng)
        return backward_of(backward, dz, forward_of(forward, *inputs)[1])

    def text(rng: Rng, names: tuple[str, ...]) -> str:
        *inputs, dz = layer(rng)
        return f"z, cache = {call_text(names[0], inputs, {})}; {names[1]}({value_text(dz)}, cache)"

    return with_call(probe, text)


def two_layers(rng: Rng, forward: Any, backward: Any) -> list[Any]:
    """Forward, forward, backward, backward: each gradient needs the cache of its own layer.

    Both layers are square, so that the cache of the other one gives wrong values, not an exception.
    """
    N, D = lengths(rng, 2)
    W1, W2, b1, b2 = (rng.standard_normal(shape) for shape in ((D, D), (D, D), (D,), (D,)))
    z1, cache1 = forward_of(forward, rng.standard_normal((N, D)), W1, b1)
    _, cache2 = forward_of(forward, z1, W2, b2)
    upper = backward_of(backward, rng.standard_normal((N, D)), cache2)
    return [upper, backward_of(backward, upper[0], cache1)]


def layer_leaves_alone(rng: Rng, forward: Any, backward: Any) -> dict[str, bool]:
    *inputs, dz = random_layer(rng)
    first = callable_of(forward).call(*inputs)
    cache = several(first.value, 2, "the pair z, cache")[1]
    backward_of(backward, dz, cache)
    second = callable_of(backward).call(dz, cache)
    again = callable_of(backward)(dz, cache)
    return {
        "inputs": same(inputs, first.args),
        "dz": same(dz, second.args[0]),
        "cache": same(cache, second.args[1]) and same(second.value, again),
    }


def layer_dtypes(rng: Rng, forward: Any, backward: Any) -> list[str]:
    *inputs, dz = halved(random_layer(rng))
    z, cache = forward_of(forward, *inputs)
    return [np.asarray(a).dtype.name for a in (z, *backward_of(backward, dz, cache))]


# ---------------------------------------------------------------- softmax_cross_entropy


def three_examples(rng: Rng) -> Args:
    return args(np.array([[1.0, 2, 0, -1], [0, 0, 3, 1], [-2, 1, 0.5, 0]]), np.array([3, 2, 0]))


def random_scores(rng: Rng) -> Args:
    N, C = lengths(rng, 2)
    N, C = N + 2, C + 1 + (N + 1 == C)  # at least three classes, and never as many as examples
    return args(2 * rng.standard_normal((N, C)), rng.permutation(np.arange(N) % C))


def shifted_scores(by: float) -> Callable[[Rng], Args]:
    """Logits around a number. All rows are alike in size: one shift for all of them works as well as one for each."""

    def make(rng: Rng) -> Args:
        (logits, y), _ = random_scores(rng)
        return args(logits + by, y)

    return make


def surely_wrong_scores(rng: Rng) -> Args:
    """Each example is put into a wrong class beyond doubt: the probability of its own is 0 in floating point."""
    (logits, y), _ = random_scores(rng)
    rows = np.arange(len(y))
    logits[rows, (y + 1) % logits.shape[1]] += 1000.0
    logits[rows[::2], y[::2]] -= 1000.0
    return args(logits, y)


# ---------------------------------------------------------------- iterate_minibatches


def data_set(rng: Rng, N: int) -> tuple[Array, Array]:
    """Examples that are all different, with labels that are all different: each can be recognised."""
    return rng.standard_normal((N, 3)), rng.permutation(N)


def ragged(rng: Rng) -> tuple[int, int]:
    """N and a batch size that does not divide it."""
    batch = int(rng.integers(5, 9))
    return batch * int(rng.integers(4, 7)) + int(rng.integers(1, batch)), batch


def look_at(iterable: Any, X: Array, y: Array, at_most: int) -> dict[str, Any]:
    """Facts about the minibatches of an epoch, of which there should not be more than `at_most`."""
    index = {row.tobytes(): i for i, row in enumerate(X)}
    found, order, labels = [], [], []
    for pair in drain(iterable, at_most):
        good = isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(a, np.ndarray) for a in pair)
        if not (good and pair[0].shape == (len(pair[1]), X.shape[1]) and pair[1].ndim == 1):
            return {"pairs": False}
        found.append([index.get(row.tobytes(), -1) for row in np.asarray(pair[0], dtype=X.dtype)])
        order += found[-1]
        labels += pair[1].tolist()
    if len(found) > at_most:
        return {"pairs": True, "ends": False}
    together = [i >= 0 and y[i] == label for i, label in zip(order, labels, strict=True)]
    return {
        "pairs": True,
        "ends": True,
        "rows": -1 not in order,
        "together": all(together),
        "sizes": [len(batch) for batch in found],
        "apart": len(found) < 2 or any(set(batch) != set(found[0]) for batch in found[1:]),
        "once": len(set(order)) == len(order),
        "shuffled": len(found) < 2 or order != sorted(order),
        "mixed": len(found) < 2 or any(np.ptp(sorted(batch)) >= len(batch) for batch in found),
        "order": order,
    }


def epoch(size: Callable[[Rng], tuple[int, int]], **drop_last: bool) -> Probe:
    """What one epoch looks like, without its order."""

    def probe(rng: Rng, iterate: Any) -> dict[str, Any]:
        N, batch = size(rng)
        X, y = data_set(rng, N)
        facts = look_at(callable_of(iterate)(X, y, batch, draw_seed(rng), **drop_last), X, y, N // batch + 1)
        facts.pop("order", None)
        return facts

    def text(rng: Rng, names: tuple[str, ...]) -> str:
        N, batch = size(rng)
        return call_text(names[0], [*data_set(rng, N), batch, draw_seed(rng)], drop_last)

    return with_call(probe, text)


def border_sizes(rng: Rng, iterate: Any) -> dict[str, Any]:
    """Batches that come out even, and a batch larger than the data."""
    facts: dict[str, Any] = {}
    for name, N, batch in (("even", 24, 6), ("large", 4, 7)):
        X, y = data_set(rng, N)
        for drop_last in (True, False):
            found = look_at(callable_of(iterate)(X, y, batch, draw_seed(rng), drop_last=drop_last), X, y, 5)
            facts[f"{name}, drop_last={drop_last}"] = found.get("sizes")
            if "sizes" not in found:  # what goes on for ever would be waited for where no batch is full
                return facts
    return facts


def orders(rng: Rng, iterate: Any) -> dict[str, Any]:
    """The order of an epoch, of another with the same generator anew, with another one, and with the same one going on.

    The Generator that a call was given comes back as a handle among its arguments, and can go into another call.
    """
    N, batch = 40, 8
    X, y = data_set(rng, N)
    seed, other = draw_seed(rng), draw_seed(rng)

    def call(generator: Any) -> tuple[Any, Any]:
        reply = callable_of(iterate).call(X, y, batch, generator)
        return look_at(reply.value, X, y, N // batch + 1).get("order"), reply.args[3]

    first, generator = call(seed)
    next_epoch, _ = call(generator)
    return {
        "all": first is not None and len(first) == N,
        "same": call(seed)[0] == first,
        "other": call(other)[0] != first,
        "next": next_epoch != first,
    }


def order_fact(key: str) -> Probe:
    return lambda rng, iterate: {name: fact for name, fact in orders(rng, iterate).items() if name in ("all", key)}


def data_untouched(rng: Rng, iterate: Any) -> bool:
    """Whether X and y are what they were after a whole epoch.

    A generator changes them only after its call has returned, when the copies in the reply are already made. Arrays of
    objects come as handles, on which one can look later: the Generator's `permutation` of a list with a None makes one.
    """
    X, y = data_set(rng, 20)
    reply = callable_of(iterate).call(X, y, 4, draw_seed(rng))
    drain(reply.value, 6)
    if not (same(X, reply.args[0]) and same(y, reply.args[1])):
        return False
    source = reply.args[3].get("permutation")([None, *range(80)])
    place = rng.permutation([i for i, v in enumerate(source.get("tolist")()) if v is not None])
    held = [source.get("take")(place[:60].reshape(20, 3)), source.get("take")(place[60:])]
    before = [a.get("tolist")() for a in held]
    try:
        drain(callable_of(iterate)(*held, 4, draw_seed(rng)), 6)
    except StudentFailure:  # right code may expect numbers, not objects
        return True
    return before == [a.get("tolist")() for a in held]


def batch_dtypes(rng: Rng, iterate: Any) -> list[list[str]]:
    X, y = data_set(rng, 20)
    found = drain(callable_of(iterate)(X.astype(np.float32), y, 5, draw_seed(rng)), 5)
    pairs = [several(batch, 2, "a pair X_batch, y_batch") for batch in found]
    return [sorted({np.asarray(pair[i]).dtype.name for pair in pairs}) for i in (0, 1)]


# ---------------------------------------------------------------- train_step


def network_of(rng: Rng, N: int, D: int, H: int, C: int, scale: float = 1.0, digits: int = 1) -> Args:
    """Parameters, a batch and a rate. Biases are not 0, so that a forgotten one shows."""
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    params = {name: (scale * rng.standard_normal(shape)).round(digits) for name, shape in shapes.items()}
    X = rng.standard_normal((N, D)).round(digits) + 0.0  # no −0.
    return args(params, X, rng.permutation(np.arange(N) % C), lr=round(float(rng.uniform(0.1, 0.6)), 2))


def small_network(rng: Rng) -> Args:
    return network_of(rng, 4, 3, 2, 3)


def any_network(rng: Rng, scale: float = 1.0) -> Args:
    return network_of(rng, *lengths(rng, 4), scale=scale, digits=12)


def trajectory(make: Callable[[Rng], Args], steps: int) -> Probe:
    """Losses and last parameters of several steps, each on other data of the same shape."""

    def probe(rng: Rng, train_step: Any) -> list[Any]:
        (params, X, y), rate = make(rng)
        losses = []
        for _ in range(steps):
            params, loss = several(callable_of(train_step)(params, X, y, **rate), 2, "the pair new_params, loss")
            losses.append(loss)
            X, y = X[::-1] + 0.3 * rng.standard_normal(X.shape), np.roll(y, 1)
        return [params, losses if steps > 1 else losses[0]]

    return with_call(probe, lambda rng, names: f"new_params, loss = {call_text(names[0], *make(rng))}")
