"""The window to the student's code lets plain data through, and nothing that lies about itself."""

from collections import namedtuple

import numpy as np
import pytest

from autograder.handle import LocalHandle, Seed, StudentFailure, local


class Liar(np.ndarray):
    def __eq__(self, other):
        return True


class LyingFloat(float):
    def __eq__(self, other):
        return True

    __hash__ = None


def test_what_comes_back_is_a_copy_of_plain_data():
    kept = np.ones(3)
    handle = local(lambda: kept)
    handle()[0] = 7
    assert kept[0] == 1


def test_subclasses_lose_what_they_override():
    assert type(local(lambda: np.ones(2).view(Liar))()) is np.ndarray
    assert type(local(lambda: LyingFloat(3.0))()) is float


def test_a_cache_with_names_comes_back_to_the_student_with_its_names():
    Cache = namedtuple("Cache", "x w")
    value, cache = local(lambda: (1.0, Cache(2.0, 3.0)))()
    assert value == 1.0 and local(lambda c: c.x + c.w)(cache) == 5.0
    assert local(lambda: Cache(2.0, 3.0))() == (2.0, 3.0)  # as the result itself it is a pair like any other


def test_arguments_are_copies_and_their_state_after_the_call_is_reported():
    x = np.zeros(3)

    def spoil(a):
        a[:] = 5

    reply = local(spoil).call(x)
    assert (x == 0).all() and (reply.args[0] == 5).all()


def test_a_seed_becomes_a_fresh_generator_at_each_call():
    draw = local(lambda rng: rng.normal(size=4))
    np.testing.assert_array_equal(draw(Seed(3)), draw(Seed(3)))
    np.testing.assert_array_equal(draw(Seed(3)), np.random.default_rng(3).normal(size=4))


def test_floating_point_warnings_are_reported_by_name():
    assert local(lambda z: np.exp(z)).call(np.array([1000.0])).warnings == ["overflow"]
    assert local(lambda z: 1 / z).call(np.zeros(1)).warnings == ["divide by zero"]
    assert local(lambda z: z + 1).call(np.zeros(1)).warnings == []


def test_other_objects_stay_behind_handles_with_attributes():
    class Box:
        def __init__(self, value):
            self.value = value

    box = local(Box)(np.ones(2))
    assert isinstance(box, LocalHandle)
    box.set("value", np.zeros(2))
    assert (box.get("value") == 0).all()
    with pytest.raises(StudentFailure) as failure:
        box.get("nothing")
    assert failure.value.kind == "AttributeError"


def test_a_function_of_the_check_can_be_called_back():
    seen = []

    def double(x):
        seen.append(x)
        return 2 * x

    assert local(lambda f: f(3) + f(4))(double) == 14 and seen == [3, 4]


@pytest.mark.parametrize(
    "error, verdict", [(ValueError("no"), "raised"), (NotImplementedError(), "missing"), (MemoryError(), "memory-limit"),
                       (SystemExit(0), "raised")], ids=str)  # fmt: skip
def test_whatever_is_raised_becomes_a_failure_with_its_verdict(error, verdict):
    def f():
        raise error

    with pytest.raises(StudentFailure) as failure:
        local(f)()
    assert failure.value.verdict == verdict


@pytest.mark.parametrize(
    "value",
    [np.broadcast_to(0.0, (10**6, 10**4)), 10**400, [0] * 200_000, np.ma.masked_array([1.0], [True]), "x" * 200_000],
    ids=["huge view", "huge integer", "endless list", "masked", "long text"],
)
def test_what_looks_like_data_but_is_not_acceptable_is_refused(value):
    with pytest.raises(StudentFailure) as failure:
        local(lambda: value)()
    assert failure.value.verdict == "wrong"


def test_a_list_that_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(StudentFailure):
        local(lambda: loop)()
