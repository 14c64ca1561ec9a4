"""What the exercises on steps 1 to 7 try: boxes, chains of functions, gradients by hand and by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks import _autodiff_graphs as graphs
from autograder.comparison import Comparison, Difference, values
from autograder.handle import Handle, StudentFailure
from autograder.probes import Probe, float_dtypes, same, with_call

Array = np.ndarray
Rng = np.random.Generator
Draw = Callable[[Rng], Array]

#: Between two ways to compute a gradient lie a few roundings, between a gradient and a measured slope at least 1e-11.
EXACT = 1e-12

PLAIN = "lambda F: type(F)('Plain', (F,), {'forward': lambda self, x: 2 * x})"
#: A function that notes on its class that it was asked for its backward.
ASKED = """lambda F: type(F)("Asked", (F,), {
    "forward": lambda self, x: x * 0.5, "backward": lambda self, gy: (self.asked.append(1), gy * 0.25)[1], "asked": []})"""


# ---------------------------------------------------------------- variables and chains


def at_half(rng: Rng) -> Array:
    """The point of the book's example."""
    return np.array(0.5)


def some(*shape: int) -> Draw:
    """Numbers between 0.3 and 0.9: squares and exponentials of them differ clearly, and none grows large."""
    return lambda rng: rng.uniform(0.3, 0.9, shape)


def of_both_signs(n: int) -> Draw:
    """As `some`, every other one negative."""
    return lambda rng: rng.uniform(0.3, 0.9, n) * (-1.0) ** np.arange(1, n + 1)


def singles(draw: Draw) -> Draw:
    return lambda rng: draw(rng).astype(np.float32)


def box_of(Variable: Handle, data: Array) -> Handle:
    return graphs.variable_at(Variable(data), "Variable(data)")


def given_by(v: Any, name: str, what: str) -> Any:
    """What an attribute of a variable holds: an array, a number or None."""
    value = graphs.variable_at(v, what).get(name)
    return None if value is None else graphs.array_of(value, f"{what}.{name}")


def attribute(obj: Any, name: str) -> Any:
    """An attribute; None where there is none."""
    try:
        return obj.get(name)
    except StudentFailure as failure:
        if failure.verdict != "raised":
            raise
        return None


def called(f: Handle, x: Any, what: str) -> Handle:
    return graphs.variable_at(f(x), what)


def through(functions: Sequence[Handle], x: Handle) -> list[Handle]:
    """All variables of a chain, from x to the result."""
    variables = [x]
    for f in functions:
        variables.append(called(f, variables[-1], "what a function returns"))
    return variables


def noted(functions: Sequence[Handle], x: Handle) -> tuple[list[Handle], list[Any]]:
    """All variables of a chain, and what the data of each were before the next function was called."""
    variables, before = [x], [given_by(x, "data", "x")]
    for f in functions:
        variables.append(called(f, variables[-1], "what a function returns"))
        before.append(given_by(variables[-1], "data", "y"))
    return variables, before


def gradients(*parts: str) -> Comparison:
    """A comparison of gradients by name, which says what a None among them means."""
    compare_values = values(EXACT, EXACT, parts=parts)

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        difference = compare_values(given, expected, slack)
        if difference and difference.kind == "type" and difference.given == "None":
            return replace(difference, hint="It is None: no gradient has arrived there.")
        return difference

    return compare


# ---------------------------------------------------------------- steps 1 to 3


def boxed(rng: Rng, Variable: Handle, *others: Any) -> list[Any]:
    """What a box holds, at first and after something else was put in."""
    x = box_of(Variable, np.array(1.0))
    first = given_by(x, "data", "x")
    x.set("data", np.array([2.0, 3.0]))
    return [first, given_by(x, "data", "x")]


def composed(draw: Draw, chain: str, text: str = "") -> Probe:
    """The value of a chain of the student's functions: "SES" is Square, then Exp, then Square."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> Any:
        x = box_of(Variable, draw(rng))
        functions = [{"S": Square, "E": Exp}[letter]() for letter in chain]
        return given_by(through(functions, x)[-1], "data", "y")

    return with_call(probe, text) if text else probe


def of_our_own(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> Any:
    """A function that the check derives from Function, between two of the student's."""
    shift = float(rng.uniform(0.1, 0.5))
    x = box_of(Variable, some(3)(rng))
    Ours = graphs.made(Function, "Ours", lambda x: 2 * x - shift)
    return [given_by(v, "data", "y") for v in through([Exp(), Ours(), Square()], x)]


def new_variables(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> dict[str, bool]:
    """Whether a function gives a new Variable at every call, one object called twice included."""
    f, a, b = Exp(), box_of(Variable, some(2)(rng)), box_of(Variable, some(2)(rng))
    y, z = called(f, a, "Exp()(x)"), called(f, b, "Exp()(x)")
    is_a = graphs.inside(Exp, "isinstance")
    return {
        "a Variable": bool(is_a(y, Variable)),
        "not the one that went in": not graphs.same_object(y, a),
        "another one at each call": not graphs.same_object(y, z)
        and values()(given_by(y, "data", "y"), np.exp(given_by(a, "data", "x"))) is None,
    }


NEW_VARIABLES = {
    "a Variable": "What a function returns must be an object of the class Variable.",
    "not the one that went in": "A function must make a new Variable; yours gives back the one that it was given.",
    "another one at each call": "A function object was called twice, and the second call changed what the first had given.",
}


def without_forward(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, *others: Any) -> list[Any]:
    """What a function does whose class does not say what it computes; after one that does."""
    x = box_of(Variable, np.array(3.0))
    y = called(Square(), x, "Square()(x)")
    return [given_by(y, "data", "y"), graphs.kind_of_failure(lambda: Function()(x))]


def of_arrays(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> list[Any]:
    """forward by itself: an array goes in, an array comes out."""
    x = np.array([1.0, 2.0, -3.0])
    box_of(Variable, x)
    return [Square().get("forward")(x), Exp().get("forward")(x)]


def odd(Function: Handle, calls: graphs.Calls, factor: float) -> Handle:
    """A class of our own whose backward belongs to no slope: nobody can measure what it gives."""
    return graphs.made(Function, "Odd", lambda x: np.cos(x), lambda xs, gy: factor * gy * xs[0], calls=calls)


def asked(Function: Handle) -> Handle:
    """A class that tells `require_way_back` whether there was a way back."""
    return graphs.inside(Function, ASKED)(Function)


def times_asked(Asked: Handle) -> int:
    """How often; 0 where a metaclass of the student's answers in its place."""
    found = Asked.get("asked")
    return len(found) if isinstance(found, list) else 0


def require_way_back(times: int) -> None:
    """On the manners of a way back there is something to say only where functions were asked for their backward.

    Raises:
        StudentFailure: ours was asked 0 times.
    """
    if not times:
        raise StudentFailure("wrong", "", "y.backward() must call the backward of the functions on the way.")


def untouched(chain: str, draw: Draw, backward: bool = False) -> Probe:
    """Whether the variables' data are after a call what they were before."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle, *others: Any) -> bool:
        data, Asked = draw(rng), asked(Function) if backward else None
        x = box_of(Variable, data)
        kinds = {"S": Square, "E": Exp, "o": Asked}
        variables, before = noted([kinds[letter]() for letter in chain], x)
        if backward:
            variables[-1].set("grad", np.ones_like(data))
            variables[-1].get("backward")()
            require_way_back(times_asked(Asked))
        after = [given_by(v, "data", "x") for v in variables]
        return same(before[0], data) and same(before, after)

    return probe


def quiet(chain: str, draw: Draw, backward: bool = False) -> Probe:
    """The floating-point warnings on the way through a chain, and back."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle, *others: Any) -> list[str]:
        v, found, Asked = box_of(Variable, draw(rng)), [], asked(Function) if backward else None
        kinds = {"S": Square, "E": Exp, "o": Asked}
        for letter in chain:
            reply = kinds[letter]().call(v)
            v = graphs.variable_at(reply.value, "what a function returns")
            found += reply.warnings
        if backward:
            v.set("grad", np.ones_like(given_by(v, "data", "y")))
            found += v.get("backward").call().warnings
            require_way_back(times_asked(Asked))
        return found

    return probe


def dtypes(chain: str, draw: Draw, backward: bool = False) -> Probe:
    """The dtypes of all data on the way, and of all gradients, from float32."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle, *others: Any) -> list[str]:
        data, Asked = draw(rng).astype(np.float32), asked(Function) if backward else None
        kinds = {"S": Square, "E": Exp, "o": Asked}
        variables = through([kinds[letter]() for letter in chain], box_of(Variable, data))
        found = float_dtypes([given_by(v, "data", "y") for v in variables])
        if backward:
            variables[-1].set("grad", np.ones_like(data))
            variables[-1].get("backward")()
            require_way_back(times_asked(Asked))
            found += float_dtypes([given_by(v, "grad", "x") for v in variables])
        return found

    return probe


# ---------------------------------------------------------------- steps 5 to 7


def by_hand(draw: Draw, seed: Draw) -> Probe:
    """y = C(B(A(x))), its value, then the three calls of backward, one after the other."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> list[Any]:
        functions = [Square(), Exp(), Square()]
        y = through(functions, box_of(Variable, draw(rng)))[-1]
        found = [seed(rng)]
        for f in reversed(functions):
            found.append(graphs.array_of(f.get("backward")(found[-1]), "what backward returns"))
        return [given_by(y, "data", "y"), *found[1:]]

    return with_call(probe, "b.grad = C.backward(y.grad), a.grad = B.backward(b.grad), x.grad = A.backward(a.grad)")


BY_HAND = gradients("y.data", "b.grad", "a.grad", "x.grad")


def automated(draw: Draw, seed: Draw, text: str = "") -> Probe:
    """The value of y = C(B(A(x))), and the gradients of x, a, b and y after y.backward(), with a gradient put into y."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> list[Any]:
        variables = through([Square(), Exp(), Square()], box_of(Variable, draw(rng)))
        variables[-1].set("grad", seed(rng))
        variables[-1].get("backward")()
        grads = [given_by(v, "grad", name) for v, name in zip(variables, ("x", "a", "b", "y"), strict=True)]
        return [given_by(variables[-1], "data", "y"), *grads]

    return with_call(probe, text) if text else probe


AUTOMATED = gradients("y.data", "x.grad", "a.grad", "b.grad", "y.grad")


def links(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> dict[str, Any]:
    """What a new variable holds, and what a call leaves behind."""
    x, A, B = box_of(Variable, some(2)(rng)), Square(), Exp()
    fresh = attribute(x, "grad") is None and attribute(x, "creator") is None
    a = called(A, x, "A(x)")
    y = called(B, a, "B(a)")
    return {
        "new": fresh,
        "leaf": attribute(x, "creator") is None,
        "creator": graphs.same_object(attribute(a, "creator"), A) and graphs.same_object(attribute(y, "creator"), B),
        "input": graphs.same_object(attribute(A, "input"), x) and graphs.same_object(attribute(B, "input"), a),
    }


LINKS = {
    "new": "A new variable has the attributes grad and creator, and both are None.",
    "leaf": "No function made x, so its creator stays None, also after a function was called with it.",
    "creator": "After y = f(x) the attribute creator of y must be f itself.",
    "input": "After y = f(x) the attribute input of f must be x itself, the Variable.",
}


def before_a_square(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> list[Any]:
    """Functions of our own, and Square where x is about a million: a difference has few digits there."""
    calls, seed = graphs.Calls(), rng.uniform(1.0, 2.0, 3)
    Odd = odd(Function, calls, float(rng.uniform(1.5, 3.0)))
    Large = graphs.made(Function, "Large", lambda x: 1e6 * (x + 2), lambda xs, gy: gy * xs[0], calls=calls)
    variables = through([Odd(), Odd(), Large(), Square()], box_of(Variable, some(3)(rng)))
    variables[-1].set("grad", seed)
    variables[-1].get("backward")()
    grads = (given_by(v, "grad", "x") for v in variables)
    return [given_by(variables[-1], "data", "y"), *grads, calls.count_of("backward")]


def without_backward(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> list[Any]:
    """What a function says to backward whose class does not say how it goes back; after one that does."""
    x = box_of(Variable, some(5)(rng))
    f, Plain = Exp(), graphs.inside(Function, PLAIN)(Function)
    g = Plain()
    held = [called(f, x, "Exp()(x)"), called(g, x, "f(x)")]  # a function may hold its output by a weak link
    known = graphs.array_of(f.get("backward")(np.ones(5)), "what backward returns")
    del held
    return [known, graphs.kind_of_failure(lambda: g.get("backward")(np.ones(5)))]


def own_chain(rng: Rng, Variable: Handle, Function: Handle, Square: Handle, Exp: Handle) -> list[Any]:
    """A chain of theirs and ours in any order, see `odd`; and how often functions of our own were called."""
    calls = graphs.Calls()
    factor, seed = float(rng.uniform(1.5, 3.0)), rng.uniform(1.0, 2.0, 3)
    kinds = {"o": odd(Function, calls, factor), "S": Square, "E": Exp}
    order = [kinds[letter] for letter in rng.permutation(list("oSEoSoE"))]
    variables = through([F() for F in order], box_of(Variable, some(3)(rng)))
    variables[-1].set("grad", seed)
    variables[-1].get("backward")()
    return [*(given_by(v, "grad", "x") for v in variables), calls.count_of("forward"), calls.count_of("backward")]
