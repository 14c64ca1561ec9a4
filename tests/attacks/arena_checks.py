"""The checks of the assignment `arena`. The harness writes them, markers filled in, into a folder that AUTOGRADER_CHECKS names.

One exercise of each kind that a check can speak to: a function of arrays, a function of a generator, a class with a state, a
function of functions, a generator, a function of texts (its hidden inputs carry a marker), a figure.
"""

from __future__ import annotations

import numpy as np

from autograder.comparison import Difference, exactly, values
from autograder.exercise import exercise, hidden, mistake, public
from autograder.handle import StudentFailure
from autograder.probes import args, callable_of, drain, draw_seed, manners, randomness, returns

HIDDEN = "@HIDDEN@"
REFERENCE = "@REFERENCE@"
SECONDS = 4.0  # of one call: loops are tried, and the machine may be busy
MORE = {"points": 2, "minutes": 1, "chapter": "Arena", "section": "Arena", "seconds": SECONDS}


def double(x):
    assert REFERENCE
    return 2 * x


def noise(shape, rng):
    return rng.normal(0.0, 0.5, shape)


class Tally:
    def __init__(self, start):
        self.total = start

    def add(self, x):
        self.total = self.total + x
        return self


def apply_twice(f, x):
    return f(f(x))


def countdown(n):
    while n:
        yield n
        n -= 1


def mirror(text):
    assert REFERENCE
    return text[::-1]


def plot_line(x, y):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    axes.plot(x, y)
    axes.set_xlabel("time")
    return axes


def matrix(rng):
    return args(rng.normal(size=(2, 3)))


def shaped(rng):
    return args((40, int(rng.integers(40, 60))), draw_seed(rng))


def like_noise(given, expected, slack=1.0):
    if not isinstance(given, np.ndarray) or given.shape != expected.shape or given.dtype != np.float64:
        return Difference("shape", "an array of the shape asked for", "something else")
    if not (np.isfinite(given).all() and abs(given.std() - 0.5) < 0.1 and abs(given.mean()) < 0.1):
        return Difference("values", "normal values, of spread 0.5", "others")
    return None


def tallied(rng, handle):
    first, second = rng.normal(size=(2, 3))
    tally = callable_of(handle)(first)
    tally.get("add")(second)
    before = tally.get("total")
    tally.set("total", np.zeros(3))
    return before, tally.get("add")(first).get("total")


def applied(rng, handle):
    calls = []
    scale = float(rng.normal())

    def f(x):
        calls.append(x)
        return scale * x + 1

    return callable_of(handle)(f, float(rng.normal())), calls


def counted(rng, handle):
    return drain(callable_of(handle)(int(rng.integers(3, 9))), 20)


def word(rng):
    return args("".join(rng.choice(list("abcdefgh"), 12)))


def marked(rng):
    return args(f"{HIDDEN}-{rng.integers(10**6)}")


def drawn(rng, handle):
    x = np.arange(4.0)
    axes = callable_of(handle)(x, rng.normal(size=4))
    if not hasattr(axes, "get"):
        raise StudentFailure("wrong", text="axes are expected")
    lines = callable_of(axes.get("get_lines"))()
    return callable_of(axes.get("get_xlabel"))(), [callable_of(line.get("get_xydata"))() for line in lines]


exercise(
    "double", double, **MORE,
    cases=[public("a matrix", returns(matrix)), hidden("others", returns(matrix)), manners(matrix)],
    mistakes=[mistake("squared", "This is the square: add the number to itself instead.", lambda x: x * x)],
)  # fmt: skip
exercise(
    "noise", noise, **MORE,
    cases=[public("noise", returns(shaped), like_noise), hidden("more", returns(shaped), like_noise), randomness(shaped)],
)  # fmt: skip
exercise("Tally", Tally, **MORE, cases=[public("sum", tallied), hidden("sums", tallied, values(rtol=1e-12))])
exercise("apply_twice", apply_twice, **MORE, cases=[public("f", applied), hidden("g", applied)])
exercise("countdown", countdown, **MORE, cases=[public("n", counted, exactly), hidden("m", counted, exactly)])
exercise("mirror", mirror, **MORE, cases=[public("a word", returns(word)), hidden("another", returns(marked))])
exercise("plot_line", plot_line, **MORE, cases=[public("a line", drawn), hidden("other lines", drawn)])
