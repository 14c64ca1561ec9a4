"""Recorded checks: the judge decides with them as it does with the open ones, and what is asked for is not in them."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_plots
import toy
from kits import answer, recorded, replayed, shown

from autograder.answer import as_html, as_text
from autograder.assignment import load_assignment
from autograder.checks import of_topic
from autograder.closed.sources import Sheet, Unwritable, Writer
from autograder.exercise import REGISTRY, Exercise, exercise, hidden, mistake, public
from autograder.probes import args, callable_of, returns

ASSIGNMENTS = Path(__file__).parents[2] / "solutions" / "assignments"
QUICK = {"network_by_hand": set(of_topic("network_by_hand")), "initialization": {"compute_fans", "he_normal",
         "debug_initialization"}}  # fmt: skip


ALIKE = {"bottom_up", "top_first"}  # wrong versions of propagate that only hidden cases tell apart


def stub(*args, **kwargs):
    raise NotImplementedError


def versions_of(ex: Exercise) -> dict[str, tuple]:
    """The stub, the reference, the right answers that are written differently, and all mistakes."""
    right = importlib.import_module(f"right_answers.{ex.topic}").RIGHT[ex.id] if ex.topic in TOPICS else {}
    return {
        "stub": tuple(stub if callable(r) else "" for r in ex.reference),
        "reference": ex.reference,
        **{f"right: {name}": objects for name, objects in right.items()},
        **{f"mistake: {m.name}": m.objects for m in ex.mistakes},
    }


TOPICS = ("network_by_hand", "initialization")


def compare_all(exercises: dict[str, Exercise], kit: dict[str, Exercise]) -> None:
    for id, ex in exercises.items():
        for name, objects in versions_of(ex).items():
            there, here = answer(ex, objects), answer(kit[id], objects)
            wrong = [r for r in shown(there) if not r.passed]
            if here.verdict == "missing":
                assert {r.verdict for r in shown(there)} <= {"missing"}, f"{id}, {name}"
                continue
            assert list(here.results) == shown(there), (
                f"{id}, {name}: word for word what the grader says of these cases"
            )
            assert (here.verdict == "pass") == (not wrong), f"{id}, {name}"
            if wrong and name.removeprefix("mistake: ") not in ALIKE:
                assert here.misconception == there.misconception, f"{id}, {name}"
            elif wrong:
                assert here.misconception is None, f"{id}, {name}: no word is better than a wrong one"


@pytest.mark.parametrize(
    "topic, ids",
    [*QUICK.items(), pytest.param("initialization", set(of_topic("initialization")), marks=pytest.mark.slow)],
)
def test_every_public_verdict_of_a_kit_is_the_graders(topic, ids, tmp_path):
    exercises = {id: ex for id, ex in of_topic(topic).items() if id in ids}
    recording = recorded(topic, list(exercises.values()), load_assignment(topic, ASSIGNMENTS).provides)
    assert recording.waiting == {}
    with replayed(recording, topic, tmp_path) as kit:
        compare_all(exercises, kit)


def test_classes_with_state_callbacks_and_generators_are_recorded(tmp_path):
    with toy.declared_exercises():
        exercises = {id: ex for id, ex in REGISTRY.items() if ex.topic == "toy"}
        recording = recorded("toy", list(exercises.values()))
        assert recording.waiting == {}
        assert not any(b"return 2 * x" in content or b"yield n" in content for content in recording.files.values())
        with replayed(recording, "toy", tmp_path) as kit:
            compare_all(exercises, kit)
            names: dict[str, Any] = {}
            for id, source in toy.RIGHT.items():
                exec(source, names)
                assert answer(kit[id], [names[id]]).verdict == "pass"
            odd = [lambda start: start]  # over which the check stumbles
            assert list(answer(kit["Tally"], odd).results) == shown(answer(exercises["Tally"], odd))


def test_exercises_about_figures_are_recorded(tmp_path):
    before = dict(REGISTRY)
    try:
        ex = test_plots.declare()
        recording = recorded("test_plots", [ex])
        assert recording.waiting == {} and b"semilogy" not in b"".join(recording.files.values())
        with replayed(recording, "test_plots", tmp_path) as kit:
            compare_all({ex.id: ex}, kit)
            assert answer(kit[ex.id], [test_plots.other_way]).verdict == "pass"
    finally:
        REGISTRY.clear()
        REGISTRY.update(before)


def test_a_recording_is_the_same_bytes_each_time():
    exercises = list(of_topic("network_by_hand").values())
    np.random.seed(1)  # noqa: NPY002  some wrong versions draw from the global generator
    one = recorded("network_by_hand", exercises)
    np.random.seed(2)  # noqa: NPY002
    assert recorded("network_by_hand", exercises).files == one.files


def test_random_weights_take_a_tenth_of_their_space():
    kit = recorded("initialization", [of_topic("initialization")["he_normal"]])
    assert len(kit.files["recorded.npz"]) < 400_000, "12 wrong samples of 320 kB and those of the reference"


# -------------------------------------------------------------------- what waits, and what is said


def plus(x):
    return x + 1


def uses_reference(rng, f):
    return callable_of(f)(2.0) - plus(2.0)


def draw(rng):
    return args(float(rng.random()))


@pytest.fixture
def probed():
    before = dict(REGISTRY)
    yield exercise(
        "plus", plus, points=2, minutes=1, chapter="Toys", section="Toys",
        cases=[public("a number", returns(draw)), public("against the reference", uses_reference), hidden("more", returns(draw)),
               public("another", returns(draw))],
        mistakes=[mistake("minus", "You subtract one where one is to be added.", lambda x: x - 1)],
    )  # fmt: skip
    REGISTRY.clear()
    REGISTRY.update(before)


def test_a_case_that_uses_the_reference_waits_for_the_grader(probed, tmp_path):
    recording = recorded("test_recording", [probed])
    assert list(recording.waiting) == [("plus", "against the reference")]
    assert "plus, which is asked for" in recording.waiting["plus", "against the reference"]
    assert not any(b"x + 1" in content or b"x - 1" in content for content in recording.files.values())
    with replayed(recording, "test_recording", tmp_path) as kit:
        got = answer(kit["plus"], [lambda x: 1 + x])
        assert [r.name for r in got.results] == ["a number", "another"] and got.verdict == "pass"
        assert got.waiting == ("against the reference", "more")
        wrong = answer(kit["plus"], [lambda x: x - 1])
        assert (wrong.score, wrong.misconception) == (0.0, "minus")
        for page in (as_text(got), as_html(got)):
            assert "public cases: 2 of 2; points are decided by the grader" in page
            assert "2 hidden cases wait for the grader" in page


def test_random_inputs_are_those_of_the_open_package_though_cases_before_are_gone(probed, tmp_path):
    with replayed(recorded("test_recording", [probed]), "test_recording", tmp_path) as kit:
        seen: dict[str, list[float]] = {"open": [], "kit": []}
        answer(probed, [seen["open"].append])
        answer(kit["plus"], [seen["kit"].append])
    a_number, _, another, more = seen["open"]  # hidden cases come last
    assert seen["kit"] == [a_number, another] and more not in seen["kit"]


# -------------------------------------------------------------------- functions as text


LIMIT = 3
CALLS: list[int] = []


@dataclass
class Box:
    content: int
    name: str = "box"


class Counter:
    """A class of a checks module that a probe uses."""

    step = LIMIT

    def __init__(self):
        self.total = 0

    def add(self):
        self.total += self.step + len(CALLS)
        return self.total


def factorial(n):
    return n * factorial(n - 1) if n > 1 else 1


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


@functools.cache
def cached(n):
    return [n] * LIMIT


def pair():
    return (lambda x: x + LIMIT, lambda x: x * LIMIT), Box(7)  # two on a line


def siblings(n, start=10):
    def down(k):
        return start if k == 0 else up(k - 1) + 1

    def up(k, *, more=start):
        return more if k == 0 else down(k - 1) + n

    return up


def with_defaults(values):
    return [lambda x=v, *, y=2 * v: (x, y) for v in values]


def counting():
    count = 0

    def count_up():
        nonlocal count
        count += 1
        return count

    return count_up


def uses_class():
    c = Counter()
    return c.add(), c.add()


VALUES = {
    "global function": (factorial, (5,)), "mutual recursion": (even, (7,)), "cached": (cached, (2,)),
    "first lambda of a line": (pair()[0][0], (5,)), "second lambda of a line": (pair()[0][1], (5,)),
    "functions that use each other": (siblings(100), (3,)), "defaults of a loop": (with_defaults([3, 4])[1], ()),
    "nonlocal": (counting(), ()), "class of the module": (uses_class, ()), "partial": (functools.partial(even, 4), ()),
    "cached closure": (functools.lru_cache(maxsize=None)(siblings(2)), (2,)), "ufunc": (np.tanh, (0.5,)),
    "library": (np.random.default_rng, (0,)), "dataclass": (lambda: Box(LIMIT), ()),
}  # fmt: skip


def written(value: Any, shipped: set[str] = frozenset(), secrets: tuple = ()) -> Any:
    """A value as it comes back from its text."""
    kept: list[np.ndarray] = []

    def array(a, sheet):
        kept.append(a)
        return f"kept[{len(kept) - 1}]"

    writer, main = Writer(shipped, secrets, array), Sheet()
    expression = writer.value(value, main)
    made = {}
    try:
        for home, sheet in sorted(writer.sheets.items(), key=lambda pair: pair[0] == __name__):
            name = writer.module(home)
            made[name] = sys.modules[name] = types.ModuleType(name)
            made[name].kept = kept
            exec(compile(sheet.text(), name, "exec"), vars(made[name]))
            setattr(sys.modules["autograder.checks"], name.rpartition(".")[2], made[name])
        names: dict[str, Any] = {"kept": kept}
        exec(compile(main.text(), "main", "exec"), names)
        return eval(expression, names)
    finally:
        for name in made:
            del sys.modules[name]
            delattr(sys.modules["autograder.checks"], name.rpartition(".")[2])


@pytest.mark.parametrize("name", VALUES)
def test_a_function_comes_back_from_its_text(name):
    function, given = VALUES[name]
    again = written(function)
    assert again is not function or name in ("ufunc", "library")
    if name != "library":
        want = {"nonlocal": 1}.get(name, function(*given) if name != "nonlocal" else None)
        got = again(*given)
        assert (vars(got) if name == "dataclass" else got) == (vars(want) if name == "dataclass" else want)


@pytest.mark.parametrize(
    "value",
    [None, True, -3, 1.5, float("inf"), 2 - 1j, "a'b", b"x", (1, (2,)), [1, [2.5]], {"a": (1,), 3: None}, {3, 1, 2}, (),
     np.float32(0.1), np.bool_(True), np.dtype("float32"), range(3), slice(1, None)],
    ids=repr,
)  # fmt: skip
def test_plain_data_come_back_from_their_text(value):
    again = written(value)
    assert again == value and type(again) is type(value)


def test_nan_and_arrays_come_back():
    assert np.isnan(written(float("nan")))
    for a in (np.arange(6.0).reshape(2, 3).T, np.array(3.5), np.empty((0, 2)), np.array([True])):
        again = written([a])[0]
        assert again.dtype == a.dtype and again.shape == a.shape and (again == a).all()


def reads_reference(x):
    from gradus.initializers import he_normal

    return he_normal(x)


def test_what_has_no_place_in_a_kit_is_refused_by_name():
    from gradus.initializers import he_normal

    with pytest.raises(Unwritable, match="plus, which is asked for"):
        written(lambda x: plus(x), secrets=(plus,))
    with pytest.raises(Unwritable, match=r"gradus\.initializers\.he_normal, which the assignment does not provide"):
        written(lambda x: he_normal(x))
    with pytest.raises(Unwritable, match=r"import of gradus\.initializers"):
        written(reads_reference)
    with pytest.raises(Unwritable, match="an object of type Generator"):
        written(np.random.default_rng(0))
    assert written(he_normal, shipped={"gradus.initializers"}) is he_normal
