"""Wrong ways to stop early, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from autograder.checks._regularization_probes import train
from autograder.exercise import mistake

Params = dict[str, np.ndarray]


class Stopping:
    """EarlyStopping in parts, so that one of them can be wrong."""

    def __init__(self, patience: int, min_delta: float = 0.0, restore_best: bool = True) -> None:
        self.patience, self.min_delta, self.restore_best = patience, min_delta, restore_best
        self.best, self.wait, self.kept = math.inf, 0, {}

    def better(self, value: float) -> bool:
        return value < self.best - self.min_delta

    def keep(self, params: Params) -> Any:
        return {name: a.copy() for name, a in params.items()}

    def restore(self, params: Params) -> None:
        if self.restore_best:
            params.update({name: a.copy() for name, a in self.kept.items()})

    def note(self, value: float, params: Params) -> None:
        if self.better(value):
            self.best, self.wait, self.kept = value, 0, self.keep(params)
        else:
            self.wait += 1

    def enough(self) -> bool:
        return self.wait >= self.patience

    def step(self, value: float, params: Params) -> bool:
        self.note(value, params)
        if self.enough():
            self.restore(params)
            return True
        return False


class LastNotBest(Stopping):
    def restore(self, params: Params) -> None:
        params = dict(self.kept)  # a name of its own
        assert params


class Reference(Stopping):
    def keep(self, params: Params) -> Any:
        return params


class FirstKept(Stopping):
    def note(self, value: float, params: Params) -> None:
        first = self.kept or self.keep(params)
        super().note(value, params)
        self.kept = first


class Greater(Stopping):
    def enough(self) -> bool:
        return self.wait > self.patience


class Early(Stopping):
    def enough(self) -> bool:
        return self.wait >= self.patience - 1


class InAll(Stopping):
    def note(self, value: float, params: Params) -> None:
        wait = self.wait
        super().note(value, params)
        self.wait = max(wait, self.wait)


class Previous(Stopping):
    def note(self, value: float, params: Params) -> None:
        super().note(value, params)
        self.best = value


class NoDelta(Stopping):
    def better(self, value: float) -> bool:
        return value < self.best


class DeltaAdded(Stopping):
    def better(self, value: float) -> bool:
        return value < self.best + self.min_delta


class DeltaAsFactor(Stopping):
    def better(self, value: float) -> bool:
        return value < self.best * (1 - self.min_delta)


class Drift(Stopping):
    def note(self, value: float, params: Params) -> None:
        super().note(value, params)
        self.best = min(self.best, value)


class Upwards(Stopping):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.best = -math.inf

    def better(self, value: float) -> bool:
        return value > self.best + self.min_delta


class Equal(Stopping):
    def better(self, value: float) -> bool:
        return value <= self.best - self.min_delta


class NotANumber(Stopping):
    def better(self, value: float) -> bool:
        return not value >= self.best - self.min_delta


class AnyChange(Stopping):
    def better(self, value: float) -> bool:
        return abs(value - self.best) > self.min_delta


class NotGreater(Stopping):
    def better(self, value: float) -> bool:
        return not value > self.best - self.min_delta


class NaNSkipped(Stopping):
    def note(self, value: float, params: Params) -> None:
        if not math.isnan(value):
            super().note(value, params)


class NaNStops(Stopping):
    def note(self, value: float, params: Params) -> None:
        super().note(value, params)
        if math.isnan(value):
            self.wait = self.patience


class LeftOver(Stopping):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.best, self.wait = -math.inf, self.patience  # as the object before left them


class Three(Stopping):
    def enough(self) -> bool:
        return self.wait >= 3


class FromAHundred(Stopping):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.best = 100.0


class FromAHundredWithNone(FromAHundred):
    def restore(self, params: Params) -> None:
        if self.restore_best:
            params.update(self.kept or None)  # type: ignore[arg-type]


class FromZero(Stopping):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.best = 0.0


class OtherName(Stopping):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.best_value = self.__dict__.pop("best")

    def better(self, value: float) -> bool:
        return value < self.best_value - self.min_delta

    def note(self, value: float, params: Params) -> None:
        if self.better(value):
            self.best_value, self.wait, self.kept = value, 0, self.keep(params)
        else:
            self.wait += 1


class AlwaysRestores(Stopping):
    def restore(self, params: Params) -> None:
        params.update({name: a.copy() for name, a in self.kept.items()})


class RestoresAtOnce(Stopping):
    def note(self, value: float, params: Params) -> None:
        super().note(value, params)
        if self.wait:
            self.restore(params)


class Shared(Stopping):
    memory: ClassVar[Params] = {}  # of the class: all objects have the same

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.kept = Shared.memory

    def note(self, value: float, params: Params) -> None:
        if self.better(value):
            self.best, self.wait = value, 0
            self.memory.update(self.keep(params))
        else:
            self.wait += 1


class NeverStops(Stopping):
    def step(self, value: float, params: Params) -> bool:
        super().step(value, params)
        return False


class Reversed(Stopping):
    def step(self, value: float, params: Params) -> bool:
        return not super().step(value, params)


class BestForgotten(Stopping):
    def note(self, value: float, params: Params) -> None:
        best = self.best
        super().note(value, params)
        if best < math.inf:
            self.best = best


BEGINS_TOO_LOW = """Your best value begins with a number, and a first loss can be larger than that. The first value is an
    improvement, however large it is."""

EARLY_STOPPING = [
    mistake("reference_kept", """You kept a reference, not a copy: training went on and changed the very arrays that you
        kept. (A copy of the dictionary alone still holds the old arrays.)""", Reference, train),
    mistake("drift", """Your best value falls with every small gain, so that many small gains never add up to min_delta.
        Which values count as a new best?""", Drift, train),
    mistake("min_delta_added", """With min_delta a value that is worse than the best counts as an improvement: on which side
        of the best does the limit lie?""", DeltaAdded, train),
    mistake("min_delta_ignored", """A gain smaller than min_delta counts as an improvement. Which argument is not used?""",
        NoDelta, train),
    mistake("min_delta_as_factor", """You take min_delta as a share of the best value. It is the difference itself.""",
        DeltaAsFactor, train),
    mistake("equal_is_better", """A value equal to the best counts as an improvement, so that a loss that stands still never
        stops.""", Equal, train),
    mistake("nan_skipped", """A NaN does not count in your patience. It is no improvement, and uses up patience like any other
        value that is none.""", NaNSkipped, train),
    mistake("nan_stops", """Your object stops at a NaN at once. It is a value that is no improvement, like others.""",
        NaNStops, train),
    mistake("left_over", """A second object of yours goes on where the first one stopped. What belongs to one object is made in
        __init__, not in the class or outside of it.""", LeftOver, train),
    mistake("always_three", """You wait for three values whatever the patience is.""", Three, train),
    mistake("best_begins_too_low", BEGINS_TOO_LOW, FromAHundred, train),
    mistake("best_begins_too_low_with_nothing_kept", BEGINS_TOO_LOW, FromAHundredWithNone, train),
    mistake("best_begins_at_zero", BEGINS_TOO_LOW, FromZero, train),
    mistake("no_attribute", """Your objects have no attribute best.""", OtherName, train),
    mistake("nan", """A loss that is NaN counts as an improvement, and nothing is better than NaN: every comparison with it
        is False. How did your condition become True?""", NotANumber, train),
    mistake("equal_or_nan_is_better", """A value equal to the best counts as an improvement, and so does NaN: every comparison
        with NaN is False, and your condition makes True of it.""", NotGreater, train),
    mistake("patience_exceeded", """You stop one value too late. The task counts as Keras does: stop at the value that makes
        the count reach the patience. (PyTorch waits until it exceeds it.)""", Greater, train),
    mistake("patience_minus_one", """You stop one value too early: how often has your count been raised by then?""",
        Early, train),
    mistake("in_all", """You count all values that were no improvement. Only those in a row count: what is to become of the
        count when a value is better?""", InAll, train),
    mistake("any_change", """A value that is worse counts as an improvement if it is far enough from the best: on which side
        must it lie?""", AnyChange, train),
    mistake("previous_value", """You compare with the value before. A loss that comes down slowly from a bad place is no
        improvement: compare with the best so far.""", Previous, train),
    mistake("first_value", """Your best value is the first one for good: it has to follow when a value is better.""",
        BestForgotten, train),
    mistake("upwards", """You wait for larger values. What is watched here is a loss.""", Upwards, train),
    mistake("never_stops", """Your step never says stop: does every path return what the task asks for?""",
        NeverStops, train),
    mistake("reversed", """Your step says stop while there is still patience, and go on when it is used up.""",
        Reversed, train),
    mistake("last_not_best", """At the stop the parameters are the last, not the best. At which values do you keep them? And
        does your last line put arrays into the caller's dictionary, or does it give a name of your own another value?""",
        LastNotBest, train),
    mistake("first_kept", """What you put back are the first parameters you saw: keep new ones whenever a value is better.""",

        FirstKept, train),
    mistake("always_restores", """With restore_best=False the parameters are to stay the last ones.""",
        AlwaysRestores, train),
    mistake("restores_at_once", """You put the best parameters back at every value that is no improvement. As long as there
        is patience training goes on from where it is.""", RestoresAtOnce, train),
    mistake("shared_memory", """Two objects of your class share their memory: what is kept belongs to the object, so it is
        made in __init__.""", Shared, train),
]  # fmt: skip
