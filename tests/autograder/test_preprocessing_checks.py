"""What the checks of `preprocessing` promise beyond the rules of proof: mistakes in other words, and relations with a margin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradus.gradient_diagnostics import path_ratio, sign_agreement

from autograder.checks import _preprocessing_paths as paths
from autograder.checks import _preprocessing_probes as tried
from autograder.checks import _preprocessing_wrong_paths as wrong_paths
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("preprocessing")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "preprocessing" / "preprocessing.ipynb"


def answer(exercise: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[exercise], lambda: given, seed=seed)


# ---------------------------------------------------------------- mistakes as others write them


class FitsInTransform:
    def fit(self, X):
        self.m, self.s = X.mean(axis=0), X.std(axis=0)
        return self

    def transform(self, X):
        self.fit(X)  # "to be sure"
        return (X - self.m) / np.where(self.s > 0, self.s, 1)


class OnTheClass:
    def fit(self, X):
        OnTheClass.mean = X.mean(axis=0)
        sd = X.std(axis=0)
        OnTheClass.sd = np.where(sd < 1e-8, 1, sd).astype(sd.dtype)
        return self

    def transform(self, X):
        return (X - OnTheClass.mean) / OnTheClass.sd


class RowByRow:
    def fit(self, X):
        return self

    def transform(self, X):
        return np.array([(row - np.mean(row)) / np.std(row) for row in X])


class VarianceByHand:
    def fit(self, X):
        self.mean = sum(X) / len(X)
        self.var = sum((x - self.mean) ** 2 for x in X) / len(X)
        self.var = np.where(self.var < 1e-16, 1, self.var).astype(X.dtype)
        return self

    def transform(self, X):
        return (X - self.mean) / self.var


def image_by_einsum_of_columns(X):
    return np.einsum("nhwc->wc", X.astype(float)) / (X.shape[0] * X.shape[1])


def channels_each_picture(X):
    return np.array([[picture[..., c].mean() for c in range(X.shape[3])] for picture in X])


def ascending_from_eigh(X):
    mean = X.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(X.T, bias=True))
    return mean, vectors, values


def default_cov(X):
    values, vectors = np.linalg.eigh(np.cov(X.T))
    return X.mean(axis=0), vectors[:, ::-1], values[::-1]


RIGHT_PCA, RIGHT_WHITEN = EXERCISES["pca"].reference
RIGHT_IMAGE, RIGHT_CHANNEL = EXERCISES["mean_image"].reference


@pytest.mark.parametrize(
    "exercise, objects, name",
    [
        ("Standardizer", [FitsInTransform], "refitted_on_new_data"),
        ("Standardizer", [OnTheClass], "shared_by_all"),
        ("Standardizer", [RowByRow], "each_row"),
        ("Standardizer", [VarianceByHand], "variance"),
        ("mean_image", [image_by_einsum_of_columns, RIGHT_CHANNEL], "image_by_columns"),
        ("mean_image", [RIGHT_IMAGE, channels_each_picture], "channel_by_image"),
        ("pca", [ascending_from_eigh, RIGHT_WHITEN], "ascending"),
        ("pca", [default_cov, RIGHT_WHITEN], "ddof_1"),
        ("debug_preprocessing", ["refitted", lambda X_train: lambda X: OnTheClass().fit(X).transform(X)], "not_mended"),
    ],
    ids=lambda value: value[0].__name__ if isinstance(value, list) and callable(value[0]) else None,
)
def test_a_mistake_is_recognised_however_it_is_written(exercise, objects, name):
    for seed in range(3):
        assert answer(exercise, *objects, seed=seed).misconception == name


def test_the_broken_function_of_the_notebook_is_the_one_that_counts_as_not_mended():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict = {"np": np}
    exec("".join(next(c for c in cells if c["id"] == "broken-prepare")["source"]), names)
    train, new = tried.columns(np.random.default_rng(0))
    broken, known = names["broken_prepare"](train), wrong_paths.each_batch_by_itself(train)
    for X in (new, new[:1], train):
        np.testing.assert_array_equal(broken(X), known(X))


# ---------------------------------------------------------------- what is shown, and what is not let through


def test_the_relations_of_the_experiment_hold_on_200_problems():
    found = []
    for seed in range(200):
        of = tuple(map(local, (sign_agreement, path_ratio, paths.sgd_path)))
        shares = paths.shares(np.random.default_rng(seed), *of)
        assert shares["logistic"] == 1.0 and shares["tanh"] < 0.01, seed
        found.append(paths.ratios(np.random.default_rng(seed), *of)["positive / centred"])
    assert min(found) > 1.5 and max(found) < 4.0


def test_inputs_of_the_constant_features_are_rounded_alike_for_everybody():
    """Whether a guard for exactly 0 fails must not depend on the seed: it fails in the notebook as it does in grading."""
    for seed in range(20):
        train, _ = tried.with_constants(np.random.default_rng(seed))
        assert len(train) == 20 and (np.ptp(train[:, 1:4], axis=0) == 0).all()
        assert 0 < train[:, 2].std() < 1e-16


def test_a_fault_named_without_a_mended_function_earns_less_than_half():
    def untouched(X_train):
        raise NotImplementedError

    got = answer("debug_preprocessing", "refitted", untouched)
    assert 0 < got.score < 2.5


def test_no_sentence_gives_the_line_away():
    for ex in EXERCISES.values():
        for m in ex.mistakes:
            assert not any(line in m.sentence for line in ("axis=0", "axis=(0, 1, 2)", "sqrt(", "@", "1e-8, 1")), m.name
