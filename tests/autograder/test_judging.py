"""How points are counted, verdicts chosen, mistakes recognised, and hidden values kept back."""

import json
import re

import numpy as np
import pytest

from autograder import judging
from autograder.answer import as_html, as_text
from autograder.comparison import Difference
from autograder.exercise import REGISTRY, exercise, hidden, mistake, public
from autograder.handle import StudentFailure, local
from autograder.judging import Answer, judge
from autograder.probes import args, manners, returns

SECRET = 123.456


def double(x):
    return 2 * x


def triple(x):
    return 3 * x


def vector(rng):
    return args(rng.normal(size=5))


def secret_vector(rng):
    return args(np.append(rng.normal(size=4), SECRET))


@pytest.fixture
def doubling():
    """An exercise of five points: a public case, two hidden ones, four of manners."""
    ex = exercise(
        "test_double", double, points=5, minutes=1, chapter="A chapter", section="A section",
        cases=[public("a small vector", returns(vector)), hidden("another vector", returns(secret_vector)),
               hidden("a matrix", returns(lambda rng: args(rng.normal(size=(3, 2))))), manners(vector)],
        mistakes=[mistake("tripled", "That is three times as much: how often does x occur in x + x?", triple)],
    )  # fmt: skip
    yield ex
    del REGISTRY["test_double"]


def answer(ex, *objects, seed=1) -> Answer:
    given = [local(o) for o in objects]
    return judge(ex, lambda: given, seed=seed)


def test_a_right_answer_earns_all_points(doubling):
    got = answer(doubling, lambda x: x + x)
    assert (got.score, got.verdict, got.misconception) == (5.0, "pass", None)


def test_groups_count_40_40_20_in_steps_of_a_half(doubling):
    def changes_its_input(x):
        x *= 2
        return x

    got = answer(doubling, changes_its_input)  # values right; one of four manners missed
    assert got.score == 4.5 and got.verdict == "wrong" and "copy" in got.message  # 5 × (.4 + .4 + .2 × 3/4) = 4.75

    def vectors_only(x):
        return 2 * x if x.ndim == 1 else x

    assert answer(doubling, vectors_only).score == 4.0  # 5 × (.4 + .4 × 1/2 + .2)


def test_nothing_is_earned_where_no_hidden_case_passes(doubling):
    seen = vector(np.random.default_rng([0, judging.PUBLIC_SEED]))[0][0]

    def by_heart(x):
        return 2 * x if np.array_equal(x, seen) else np.zeros_like(x)

    got = answer(doubling, by_heart)
    assert [r.passed for r in got.results][:3] == [True, False, False]
    assert got.score == 0 and got.verdict == "wrong"


def test_a_known_mistake_is_answered_by_its_sentence(doubling):
    got = answer(doubling, triple)
    assert got.misconception == "tripled" and got.message.startswith("That is three times as much")


def test_an_unknown_mistake_is_explained(doubling):
    assert "4 times" in answer(doubling, lambda x: 8 * x).message


def test_an_untouched_stub_is_missing(doubling):
    def stub(x):
        raise NotImplementedError

    got = answer(doubling, stub)
    assert (got.score, got.verdict) == (0, "missing") and "Not started" in got.message


def test_what_is_half_written_earns_what_works(doubling):
    def vectors_only(x):
        if x.ndim == 2:
            raise NotImplementedError("matrices: tomorrow")
        return 2 * x

    got = answer(doubling, vectors_only)
    assert (got.score, got.verdict) == (4.0, "wrong") and "NotImplementedError" in got.message


def test_a_mistake_that_fails_where_the_answer_is_right_does_not_explain_it():
    """float64 in place of float32 is no reason to speak of anything else that the same wrong version does."""

    def negated_in_float64(x):
        return -x.astype(np.float64)

    ex = exercise("test_dtype", double, points=2, minutes=1, chapter="", section="",
                  cases=[hidden("values", returns(vector)), manners(vector)],
                  mistakes=[mistake("negated", "Your values have the wrong sign, all of them.", negated_in_float64)])  # fmt: skip
    try:
        got = answer(ex, lambda x: 2 * x.astype(np.float64))
        assert got.verdict == "wrong" and got.misconception is None and "float32" in got.message
        assert answer(ex, negated_in_float64).misconception == "negated"
    finally:
        del REGISTRY["test_dtype"]


def test_an_exception_in_public_is_shown_with_its_text(doubling):
    def fails(x):
        raise KeyError("shape")

    got = answer(doubling, fails)
    assert got.verdict == "raised" and "KeyError: 'shape'" in got.message


def test_hidden_inputs_do_not_come_back_by_any_road(doubling):
    def leaks_by_text(x):
        if SECRET in x:
            raise ValueError(f"inputs were {x}")
        return 2 * x

    def leaks_by_the_name_of_a_type(x):
        if SECRET in x:
            raise type(f"Got{x[-1]}", (Exception,), {})()
        return 2 * x

    def leaks_by_value(x):
        return np.where(x == SECRET, 0.0, 2 * x)

    for leaking in (leaks_by_text, leaks_by_the_name_of_a_type, leaks_by_value):
        got = answer(doubling, leaking)
        assert got.verdict == "wrong"
        for text in (as_text(got), as_html(got), got.message):
            assert str(SECRET) not in text and str(2 * SECRET) not in text
    assert "ValueError" in answer(doubling, leaks_by_text).message


def test_the_seed_changes_hidden_cases_and_leaves_public_ones(doubling):
    seen = {}

    def spy(seed):
        def f(x):
            seen.setdefault(seed, []).append(x)
            return 2 * x

        return f

    for seed in (1, 2):
        answer(doubling, spy(seed), seed=seed)
    assert np.array_equal(seen[1][0], seen[2][0]) and not np.array_equal(seen[1][-1], seen[2][-1])


def test_after_two_limits_the_other_cases_are_not_tried(doubling):
    calls = []

    class Slow:
        def call(self, *args, **kwargs):
            calls.append(1)
            raise StudentFailure("time-limit", text="no answer within 10 seconds")

        __call__ = call

    got = judge(doubling, lambda: [Slow()], seed=1)
    assert got.verdict == "time-limit" and got.score == 0 and len(calls) == 2
    assert len(got.results) == len(doubling.cases)


def test_a_fault_of_the_reference_is_not_blamed_on_the_student(doubling):
    broken = exercise("test_double", lambda x: 1 / 0, names=["double"], points=1, minutes=1, chapter="", section="",
                      cases=[hidden("a", returns(vector))])  # fmt: skip
    with pytest.raises(RuntimeError, match="the reference of test_double failed"):
        answer(broken, double)


def test_what_the_check_stumbles_over_is_wrong_and_shows_no_trace_of_ours(caplog):
    def first_of(rng, f):
        return f(np.ones(3))["first"]

    ex = exercise("test_first", lambda x: {"first": x[0]}, names=["first"], points=2, minutes=1, chapter="", section="",
                  cases=[hidden("a", first_of)])  # fmt: skip
    try:
        got = answer(ex, lambda x: {"last": x[-1]})
        assert (got.verdict, got.score) == ("wrong", 0) and "KeyError" in caplog.text and "KeyError" not in as_text(got)
    finally:
        del REGISTRY["test_first"]


def test_an_answer_survives_its_journey_through_plain_data(doubling):
    import json

    got = answer(doubling, triple)
    assert Answer.from_dict(json.loads(json.dumps(got.to_dict()))) == got


@pytest.mark.parametrize("wrong, words", [
    ({"cases": [public("a", returns(vector))]}, "no hidden case"),
    ({"cases": [hidden("a", returns(vector)), hidden("a", returns(vector))]}, "name twice"),
    ({"cases": [hidden("a", returns(vector))], "names": ["a", "b"]}, "2 names"),
], ids=lambda v: v if isinstance(v, str) else "")  # fmt: skip
def test_a_declaration_that_cannot_be_fair_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        exercise("test_bad", double, points=1, minutes=1, chapter="", section="", **wrong)
    assert "test_bad" not in REGISTRY


def test_a_mistake_made_elsewhere_is_not_recognised_in_a_band_that_it_keeps():
    """A wrong version that is right in a random case must not explain an answer that misses the band there by a little."""

    def band(given, expected, slack=1.0):
        return None if abs(given - expected) <= 0.1 * slack else Difference("values", "mean", "mean")

    def biased(rng, f):
        return float(np.mean(f(rng.normal(size=100))))

    def absolute(x):
        return np.abs(x)

    ex = exercise(
        "test_band", np.negative, names=["negative"], points=2, minutes=1, chapter="", section="",
        cases=[hidden("mean", biased, band, expected=lambda rng: 0.0),
               hidden("sign", returns(lambda rng: args(np.ones(3))))],
        mistakes=[mistake("identity", "Here the sign stays as it is, and it was to be turned.", lambda x: x - np.mean(x)),
                  mistake("absolute", "All your values are positive, and some were to be negative.", absolute)],
    )  # fmt: skip
    try:
        shifted = answer(ex, lambda x: -(x - np.mean(x)) + 0.11)
        assert shifted.verdict == "wrong" and shifted.misconception is None
        assert answer(ex, absolute).misconception == "absolute"
    finally:
        del REGISTRY["test_band"]


def test_hidden_inputs_are_sent_only_after_everything_that_is_shown(doubling):
    """A student's code could remember them, and say them where it is heard."""
    groups = {}
    seen = []

    def f(x):
        seen.append(np.asarray(x).tobytes())
        return 2 * x

    for seed in (1, 2):
        seen.clear()
        answer(doubling, f, seed=seed)
        groups[seed] = list(seen)
    others = [a == b for a, b in zip(groups[1], groups[2], strict=True)]
    first_hidden = others.index(False)
    assert first_hidden > 1 and not any(others[first_hidden:])


REMEMBERS = """
seen = []
class Odd(Exception): pass
def double(x):
    seen.append(x)
    raise {error}
"""


@pytest.mark.parametrize(
    "error", ["Odd(repr(x))", "MemoryError(repr(x))", "BlockingIOError(11, repr(x))", "OSError(28, repr(x))"]
)
def test_what_a_limit_or_an_exception_says_is_not_repeated_in_a_hidden_case(doubling, error):
    names = {}
    exec(REMEMBERS.format(error=error), names)
    got = answer(doubling, names["double"])
    hidden = [r for r in got.results if r.group == "hidden"]
    shown = " ".join(f"{r.hint} {r.trace} {r.part} {r.given} {r.expected} {r.call}" for r in hidden)
    assert hidden and not any(ch.isdigit() for ch in shown)
    assert "array" not in shown


@pytest.mark.parametrize("leak", ["np.full(x.shape, x.flat[0])", "2 * x + x.flat[0]", "x * x.flat[0]"])
def test_no_number_that_could_be_an_input_is_said_of_a_hidden_case(doubling, leak):
    got = answer(doubling, lambda x: eval(leak, {"np": np, "x": x}))
    hidden = [r for r in got.results if r.group == "hidden"]
    assert all(not re.search(r"\d\.\d", r.hint) for r in hidden), [r.hint for r in hidden]


def test_texts_of_a_student_s_making_are_short_wherever_they_are_kept(doubling):
    for made in ({"x" * 5_000_000: 1}, [["y" * 90_000] * 8] * 8, dict.fromkeys(range(5000), "z" * 1000)):
        got = answer(doubling, lambda x, made=made: made)
        assert len(json.dumps(got.to_dict())) < 20_000


def test_large_wrong_results_are_not_kept_to_recognise_a_mistake(doubling, monkeypatch):
    monkeypatch.setattr(judging, "LARGEST", 100)
    kept = []
    monkeypatch.setattr(judging, "recognise", lambda ex, seed, failed: kept.extend(o for _, o in failed))
    answer(doubling, lambda x: [np.zeros(1000)] * 4)
    assert kept and not any(isinstance(value, np.ndarray) for o in kept if isinstance(o, list | tuple) for value in o)
    assert sum(isinstance(o, StudentFailure) for o in kept) >= 2
