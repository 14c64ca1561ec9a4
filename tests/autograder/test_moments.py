"""Random arrays held against a law: the laws are right, the bands are as wide as they say, and everything else is refused."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy import stats

from autograder.moments import (
    Law,
    centred,
    follows,
    form,
    normal_law,
    sample_law,
    separate,
    spread,
    truncated_law,
    uniform_law,
)

LAWS = {
    "normal": (normal_law, stats.norm()),
    "uniform": (uniform_law, stats.uniform(-1, 2)),
    "truncated": (truncated_law, stats.truncnorm(-2, 2)),
}
each_law = pytest.mark.parametrize("law, exact", LAWS.values(), ids=LAWS)
SHAPE = (60, 40)


@each_law
def test_a_law_has_the_kurtosis_and_the_tails_of_its_distribution(law, exact):
    found = law(SHAPE, 0.25)
    assert found.variance == 0.25 and found.size == 2400
    np.testing.assert_allclose(found.kurtosis, float(exact.stats("k")) + 3, rtol=1e-10)
    np.testing.assert_allclose(found.beyond, 2 * exact.sf(exact.std()), rtol=1e-10)


@each_law
def test_the_error_of_a_variance_is_as_large_as_the_kurtosis_says(law, exact):
    rng, n, m = np.random.default_rng(0), 500, 4000
    variances = (exact.rvs((m, n), random_state=rng) / exact.std()).var(axis=1)
    predicted = math.sqrt((law((n,), 1.0).kurtosis - 1) / n)
    assert abs(variances.std() / predicted - 1) < 5 / math.sqrt(2 * m)


@each_law
def test_the_band_of_a_variance_ends_at_five_of_its_errors(law, exact):
    x = exact.rvs((50, 20), random_state=np.random.default_rng(4))
    x /= x.std()
    error = math.sqrt((float(exact.stats("k")) + 2) / x.size)
    for k, inside in ((4.9, True), (5.1, False)):
        for sign in (1, -1):
            difference = follows(spread)(x * math.sqrt(1 + sign * k * error), law(x.shape, 1.0), 1.0)
            assert (difference is None) == inside


@each_law
def test_a_sample_of_the_law_is_accepted_and_of_another_spread_place_or_form_is_not(law, exact):
    rng = np.random.default_rng(1)
    x = 0.5 * exact.rvs((300, 200), random_state=rng) / exact.std()
    wanted, everything = law(x.shape, 0.25), follows(centred, spread, form, separate)
    assert everything(x, wanted, 1.0) is None
    hint = follows(spread)(x * math.sqrt(1.1), wanted, 1.0).hint
    assert abs(float(re.search(r"Your variance is (\S+) times", hint)[1]) - 1.1) < 0.04
    assert follows(centred)(x + 0.02, wanted, 1.0).expected == "mean 0"
    assert follows(form)(np.sign(x) * np.sqrt(np.abs(x)), wanted, 1.0) is not None
    assert follows(separate)(np.tile(x[:100], (3, 1)), wanted, 1.0) is not None


def test_place_and_form_do_not_depend_on_the_spread():
    x = np.random.default_rng(2).standard_normal((100, 100))
    for factor in (1e-9, 1.0, 1e9):
        assert follows(centred, form)(factor * x, normal_law(x.shape, 1.0), 1.0) is None


def test_the_moments_of_a_small_sample_are_those_counted_by_hand():
    found = sample_law(np.array([[1.0, 1.0], [3.0, -1.0]]))  # mean 1, deviations 0, 0, 2, −2
    assert (found.mean, found.variance, found.kurtosis, found.beyond, found.different) == (1.0, 2.0, 2.0, 0.5, 0.75)


def test_two_samples_of_one_law_are_alike_and_of_two_laws_are_not():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 200, 100))
    everything = follows(centred, spread, form, separate)
    assert everything(a, b, 1.5) is None
    assert everything(a, 1.2 * b, 1.5) is not None
    assert everything(a, rng.uniform(-(3**0.5), 3**0.5, b.shape), 1.5) is not None


@pytest.mark.parametrize(
    "given, kind",
    [
        (None, "type"), (0.1, "type"), ([[0.1, 0.2]], "type"), (np.zeros(()), "type"), (np.zeros((40, 60)), "shape"),
        (np.zeros(SHAPE, dtype=int), "dtype"), (np.full(SHAPE, np.nan), "values"), (np.full(SHAPE, np.inf), "values"),
        (np.zeros(SHAPE), "values"), (np.full(SHAPE, 0.3), "values"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_sample_at_all_is_refused_and_named(given, kind):
    for aspects in ([centred], [spread], [form, separate]):
        assert follows(*aspects)(given, normal_law(SHAPE, 1.0), 1.0).kind == kind


def test_nothing_is_like_a_sample_that_is_no_array():
    assert follows(spread)(np.ones(3), None, 1.5).kind == "type"
    assert follows(spread)(np.ones(3), [1.0, 2.0, 3.0], 1.5).kind == "type"
    assert not math.isfinite(sample_law(np.empty(0)).variance)
    assert Law((0,), 1.0, 3.0, 0.3).size == 0
