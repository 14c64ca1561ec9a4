"""What the exercises of `transfer_and_pretraining` on free labels try: pairs, turned images, and pairs without a leak."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from autograder.probes import Args, Probe, args, callable_of, draw_seed, several, with_call

Array = np.ndarray
Rng = np.random.Generator

FACTS = {
    "shape of pairs": "pairs has the shape (n, 2, …): for each pair the two samples, each in its own shape.",
    "shape of same": "same has one entry for each pair, (n,).",
    "samples": "There are rows in your pairs that are no samples of X.",
    "kinds of same": "same holds other values than 1 for a pair of one class and 0 for a pair of two.",
    "labels": "Some labels are not what the classes of the two samples say: 1 for one class, 0 for two.",
    "labels turned round": "Some labels are not what the classes of the two samples say: 1 for one class, 0 for two.",
    "positives": "The number of pairs of one class is not n // 2.",
    "itself": "A sample stands in a pair with itself: such a pair teaches nothing.",
    "mixed": "All pairs of one class stand together: a minibatch would hold one kind only.",
    "random order": "Pairs of one class and of two take turns: a random order is asked for.",
    "all classes": "All pairs of one class are of the same class: the others have such pairs, too.",
    "variety": "Few different samples, or the same pairs again and again.",
    "images turned": "Some of your images are not an image of the input in one of four positions.",
    "every position once": "Not every image comes once in each of the four positions.",
    "label": "Labels do not say how the image was turned: k stands for k quarter turns against the clock.",
    "kinds of labels": "The labels are not 0, 1, 2, 3.",
    "clean": "A class of the target task is among the samples of your pairs.",
    "classes": "Not all classes outside of the target task are used.",
    "partners": "Not all classes outside of the target task are used.",
}


def labelled(rng: Rng, classes: int, each: int, shape: tuple[int, ...] = (4,)) -> tuple[Array, Array]:
    """Samples that are all different, classes of different sizes, labels that do not begin at 0."""
    y = rng.permutation(np.repeat(np.arange(classes) + 3, np.arange(classes) + each))
    return rng.standard_normal((len(y), *shape)).round(3) + 0.0, y  # + 0.0: no −0.0, samples are compared bit for bit


def places(samples: Array, X: Array) -> list[int]:
    """For each sample its place in X, or −1; float32 or float64."""
    index = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(X))}
    return [index.get((np.ascontiguousarray(row, dtype=X.dtype).round(3) + 0.0).tobytes(), -1) for row in samples]


def pair_facts(found: Any, X: Array, y: Array, n: int) -> dict[str, Any]:
    pairs, same = (np.asarray(part) for part in several(found, 2, "the pair pairs, same"))
    facts: dict[str, Any] = {"shape of pairs": pairs.shape, "shape of same": same.shape}
    if pairs.shape != (n, 2, *X.shape[1:]) or same.shape != (n,):
        return facts
    i, j = (places(pairs[:, side], X) for side in (0, 1))
    known = same.dtype.kind in "biuf" and set(same.tolist()) <= {0, 1}
    one = same.astype(float) == 1
    return facts | {
        "samples": -1 not in i + j,
        "kinds of same": known,
        "labels": bool(((y[i] == y[j]) == one).all()),
        "labels turned round": bool(((y[i] == y[j]) != one).all()),
        "positives": int(one.sum()),
        "itself": not any(a == b for a, b in zip(i, j, strict=True)),
        "mixed": 0 < one.sum() < n and int((one[1:] != one[:-1]).sum()) > 1,
        "random order": bool((one[1:] == one[:-1]).any()),
        "all classes": len(set(y[i][one].tolist())) > 1,
        "variety": min(len(set(i)), len(set(j))) > len(X) // 3 and len(set(zip(i, j, strict=True))) > n // 3,
    }


def pairs_made(classes: int, each: int, n: int, shape: tuple[int, ...] = (4,)) -> Probe:
    def probe(rng: Rng, make: Any, rotate: Any) -> dict[str, Any]:
        X, y = labelled(rng, classes, each, shape)
        return pair_facts(callable_of(make)(X, y, n, draw_seed(rng)), X, y, n)

    return with_call(probe, f"make_pairs(X, y, {n}, rng)")


def pair_arguments(rng: Rng) -> Args:
    return args(*labelled(rng, 3, 4), 20, draw_seed(rng))


def turned(N: int, S: int) -> Probe:
    """What became of each image: how often it comes, in which positions, under which labels."""

    def probe(rng: Rng, make: Any, rotate: Any) -> dict[str, Any]:
        images = rng.standard_normal((N, S, S)).round(3) + 0.0
        found, labels = several(callable_of(rotate)(images), 2, "the pair images, labels")
        found, labels = np.asarray(found), np.asarray(labels)
        facts: dict[str, Any] = {"shape of images": found.shape, "shape of labels": labels.shape}
        if found.shape != (4 * N, S, S) or labels.shape != (4 * N,):
            return facts
        where = places(found, np.concatenate([np.rot90(images, k, axes=(1, 2)) for k in range(4)]))
        turns = [place // N for place in where]
        return facts | {
            "images turned": -1 not in where,
            "every position once": len(set(where)) == 4 * N,
            "kinds of labels": sorted({float(label) for label in labels}),
            "label": turns == labels.tolist(),
            "with the clock": [-k % 4 for k in turns] == labels.tolist(),
        }

    return with_call(probe, f"make_rotation_task(images), {N} images of {S} × {S}")


# ---------------------------------------------------------------- debug_transfer_and_pretraining


def pairs_for(classes: int, target: Collection[int], n: int) -> Probe:
    """Facts about the pairs, and whether a class of the target task is among them."""

    def probe(rng: Rng, fault: Any, make: Any) -> dict[str, Any]:
        X, y = labelled(rng, classes, 6)
        found = callable_of(make)(X, y, list(target), n, draw_seed(rng))
        facts = pair_facts(found, X, y, n)
        if facts.get("samples"):
            first, second = (set(y[places(np.asarray(found[0])[:, side], X)].tolist()) for side in (0, 1))
            variety = facts.pop("variety")  # the last thing to be said
            facts |= {"clean": not (first | second) & set(target), "classes": sorted(first), "partners": sorted(second)}
            facts |= {"variety": variety}
        return facts

    return with_call(probe, f"pairs_to_pretrain(X, y, {list(target)}, {n}, rng)")
