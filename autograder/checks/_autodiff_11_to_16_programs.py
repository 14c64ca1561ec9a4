"""The programs that are tried: the worked figures, and random ones that separate the mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks._autodiff_11_to_16_probes import FUNCTIONS, Line, Make, Program, Rng, Run, grid_shape, reads
from autograder.comparison import Difference
from autograder.handle import StudentFailure
from autograder.probes import Probe, with_call

__all__ = [
    "again_on_any_graph", "chain", "counted", "data_and_gradients", "diamonds", "few_calls", "meets", "random_graph",
    "random_tree", "shared_leaves", "short_and_long", "the_same_graph_again", "two_graphs", "two_outputs",
]  # fmt: skip

INPUTS = {"Square": 1, "Add": 2, "Mul": 2}
LARGE = 20.0  # a value above is squashed, so that nothing overflows


def drawn(rng: Rng, shape: tuple[int, ...] = ()) -> Any:
    return rng.uniform(0.5, 1.5, shape)


def data_and_gradients(result: str, *leaves: str) -> Program:
    """Backward from a result, and what is read then."""
    return [("", "backward", result), ("", "read", f"{result}.data"), ("", "read", f"{result}.grad"),
            *[("", "read", f"{leaf}.grad") for leaf in leaves]]  # fmt: skip


# ---------------------------------------------------------------- steps 11 to 13: trees


class Grower:
    """Grows a program from its leaves; keeps the values in mind, so that they stay small."""

    def __init__(self, rng: Rng, shape: tuple[int, ...]) -> None:
        self.rng, self.shape = rng, shape
        self.lines: list[Line] = []
        self.data: dict[str, Any] = {}
        self.leaves: list[str] = []
        self.squashed: dict[str, str] = {}

    def leaf(self) -> str:
        name = f"x{len(self.leaves)}"
        self.leaves.append(name)
        self.data[name] = drawn(self.rng, self.shape)
        self.lines.append((name, "leaf", self.data[name]))
        return name

    def apply(self, op: str, *inputs: str) -> list[str]:
        """Names of the outputs; a large input is squashed first."""
        inputs = tuple(self.small(name) for name in inputs)
        found = FUNCTIONS[op][0](*[self.data[name] for name in inputs])
        ys = found if isinstance(found, tuple) else (found,)
        names = [f"v{len(self.data) + i}" for i in range(len(ys))]
        self.data.update(zip(names, ys, strict=True))
        self.lines.append((names[0] if len(ys) == 1 else tuple(names), op, inputs))
        return names

    def small(self, name: str) -> str:
        """The variable, or what became of it when it was too large."""
        if np.max(self.data[name]) <= LARGE:
            return name
        if name not in self.squashed:
            small = self.squashed[name] = f"v{len(self.data)}"
            self.data[small] = FUNCTIONS["Squash"][0](self.data[name])
            self.lines.append((small, "Squash", (name,)))
        return self.squashed[name]

    def along(self, *ops: str, start: str) -> str:
        """The end of a chain of functions."""
        for op in ops:
            (start,) = self.apply(op, start)
        return start

    def tree(self, depth: int, share: float = 0.0) -> str:
        """A variable made by a tree of functions; with `share` a leaf is one that is used already."""
        if depth == 0:
            return str(self.rng.choice(self.leaves)) if self.leaves and self.rng.random() < share else self.leaf()
        op = str(self.rng.choice(["Square", "Add", "Mul", "Blend"]))
        count = INPUTS.get(op) or len(grid_shape(op))
        depths = [depth - 1, *self.rng.integers(0, depth, count - 1)]
        return self.apply(op, *[self.tree(int(d), share) for d in depths])[0]


def grown(rng: Rng, depth: int, shape: tuple[int, ...], share: float) -> tuple[Grower, str]:
    grower = Grower(rng, shape)
    return grower, grower.tree(depth, share)


def random_tree(shape: tuple[int, ...] = (), depth: int = 3) -> Make:
    """Every variable is used once; the last functions are one of each sort."""

    def make(rng: Rng) -> Program:
        grower, result = grown(rng, depth, shape, 0.0)
        (result,) = grower.apply("Add", result, grower.leaf())
        (result,) = grower.apply("Mul", grower.leaf(), result)
        (result,) = grower.apply(
            "Ceil", *grower.apply("Square", result)
        )  # no difference quotient finds the slope of Ceil
        (result,) = grower.apply("Blend", result, grower.leaf(), grower.leaf())
        return [*grower.lines, *data_and_gradients(result, *grower.leaves)]

    return make


def two_outputs(use: str, shape: tuple[int, ...] = ()) -> Make:
    """Both outputs meet in one function; or only the first, or only the second, is used; or the second is the result."""

    def make(rng: Rng) -> Program:
        grower = Grower(rng, shape)
        below = grower.along("Squash", "Squash", "Ceil", start=grower.tree(2))  # so that nothing is squashed further up
        u, v = grower.apply("Both", below, grower.along("Squash", start=grower.leaf()))
        if use == "both":
            (result,) = grower.apply("Mul", u, v)
        elif use == "result":
            result = v
        else:
            (result,) = grower.apply("Mul", u if use == "first" else v, grower.leaf())
            (result,) = grower.apply("Square", result)
        return [*grower.lines, *data_and_gradients(result, *grower.leaves)]

    return make


# ---------------------------------------------------------------- step 14: leaves that are used again and again


def shared_leaves(shape: tuple[int, ...] = (), depth: int = 3) -> Make:
    def make(rng: Rng) -> Program:
        grower = Grower(rng, shape)
        a, b = grower.leaf(), grower.leaf()
        twins = [grower.apply("Mul", a, b)[0] for _ in range(2)]
        once = grower.apply("Blend", *grower.apply("Ceil", *grower.apply("Add", *twins)), b, a)[0]
        result = grower.apply("Add", once, grower.tree(depth, share=0.8))[0]
        (result,) = grower.apply("Add", grower.apply("Mul", result, b)[0], a)
        return [*grower.lines, *data_and_gradients(result, *grower.leaves)]

    return make


def the_same_graph_again(clear: bool) -> Make:
    """Backward three times, with the leaves cleared in between, or not."""

    def make(rng: Rng) -> Program:
        grower, result = grown(rng, 3, (3,), 0.4)
        (result,) = grower.apply("Square", *grower.apply("Ceil", *grower.apply("Mul", result, grower.leaf())))
        (result,) = grower.apply("Add", grower.leaves[0], result)
        lines = [*grower.lines]
        for _ in range(3):
            lines += [*data_and_gradients(result, *grower.leaves)]
            lines += [("", "cleargrad", leaf) for leaf in grower.leaves if clear]
        return lines

    return make


def two_graphs(clear: bool) -> Make:
    """The same leaves in a second computation."""

    def make(rng: Rng) -> Program:
        grower = Grower(rng, (2,))
        a, b = grower.leaf(), grower.leaf()
        (first,) = grower.apply("Square", *grower.apply("Add", a, b))  # which hands one array to both
        lines = [*grower.lines, *data_and_gradients(first, a, b)]
        lines += [("", "cleargrad", leaf) for leaf in (a, b) if clear]
        grower.lines = []
        (second,) = grower.apply("Add", grower.apply("Square", a)[0], b)
        return [*lines, *grower.lines, *data_and_gradients(second, a, b)]

    return make


# ---------------------------------------------------------------- steps 15 and 16: any graph


def random_graph(functions: int, shape: tuple[int, ...] = ()) -> Make:
    """A graph without cycles: each function takes any variables there are, late ones more often; some remain unused.

    It ends in two functions of the same sort with the same value, and in two sums in which a short way and a long one meet,
    in both orders of the operands: no wrong order gets it right by luck. To the last long way two leaves are added.
    """

    def make(rng: Rng) -> Program:
        grower = Grower(rng, shape)
        known = [grower.leaf() for _ in range(3)]
        for _ in range(functions):
            op = str(rng.choice(["Square", "Add", "Mul", "Blend", "Split", "Both", "Ceil"],
                                p=[0.15, 0.25, 0.2, 0.1, 0.1, 0.15, 0.05]))  # fmt: skip
            count = INPUTS.get(op) or len(grid_shape(op))
            weight = np.arange(1.0, len(known) + 1) ** 1.5
            known += grower.apply(op, *rng.choice(known, count, p=weight / weight.sum()).tolist())
        (inner,) = grower.apply("Blend", known[-1], known[-2], known[-3])
        (inner,) = grower.apply("Add", *[grower.along("Ceil", start=inner) for _ in range(2)])
        (later,) = grower.apply("Add", inner, grower.along("Square", "Squash", start=inner))
        long = grower.along("Squash", "Square", "Squash", "Ceil", start=later)
        (long,) = grower.apply("Add", long, *grower.apply("Add", grower.leaf(), grower.leaf()))
        (result,) = grower.apply("Add", long, later)
        behind = behind_of(grower.lines, result)
        leaves = [leaf for leaf in grower.leaves if leaf in behind]
        return [*grower.lines, *data_and_gradients(result, *leaves)]

    return make


def behind_of(lines: Program, result: str) -> set[str]:
    found = {result}
    for names, op, inputs in reversed(lines):
        if op in FUNCTIONS and found & {names, *(names if isinstance(names, tuple) else ())}:
            found.update(inputs)
    return found


def meets(*ops: str, first: bool, shape: tuple[int, ...] = ()) -> Make:
    """A short way and a long one from a = x² meet in a sum; the short one is the first operand, or the second."""

    def make(rng: Rng) -> Program:
        return [("x", "leaf", drawn(rng, shape)), *short_and_long(*ops, first=first), *data_and_gradients("y", "x")]

    return make


def short_and_long(*ops: str, first: bool) -> Program:
    lines: Program = [("a", "Square", ("x",))]
    name = "a"
    for op, following in zip(ops, "bcdefgh", strict=False):
        lines.append((following, op, (name,)))
        name = following
    return [*lines, ("y", "Add", ("a", name) if first else (name, "a"))]


def chain(length: int) -> Make:
    """As deep as it is long; two leaves are used all along it."""

    def make(rng: Rng) -> Program:
        grower = Grower(rng, ())
        name, factor, summand = grower.leaf(), grower.leaf(), grower.leaf()
        for i in range(length):
            op, *others = (("Mul", factor), ("Add", summand), ("Squash",))[i % 3]
            (name,) = grower.apply(op, name, *others)
        return [*grower.lines, *data_and_gradients(name, *grower.leaves)]

    return make


def again_on_any_graph(rng: Rng) -> Program:
    """Backward on the same graph twice, from a variable inside it, and from two results that share a function."""
    lines = random_graph(8)(rng)
    result = next(what for _, op, what in lines if op == "backward")
    leaves = [place.split(".")[0] for place in reads(lines)[2:]]
    clear = [("", "cleargrad", leaf) for leaf in leaves]
    tail = data_and_gradients(result, *leaves)
    inside = [name for names, op, _ in lines if op in FUNCTIONS and names != result for name in output_names(names)]
    start = str(rng.choice([name for name in inside if name in behind_of(lines, result)]))
    from_inside = data_and_gradients(start, *[leaf for leaf in leaves if leaf in behind_of(lines, start)])
    shared: Program = [(("s", "t"), "Split", (leaves[0],)), ("z", "Mul", ("s", leaves[1])), ("w", "Square", ("t",))]
    branches = [*data_and_gradients("w", leaves[0]), *clear, *data_and_gradients("z", *leaves[:2])]
    one_cleared: Program = [("", "cleargrad", leaves[-1]), ("", "read", f"{leaves[-2]}.grad")]
    return [*lines, *clear, *from_inside, *clear, *tail, *tail, *one_cleared, *clear, *shared, *branches]


def output_names(names: Any) -> tuple[str, ...]:
    return names if isinstance(names, tuple) else (names,)


# ---------------------------------------------------------------- work, counted


def diamonds(depth: int, swapped: bool = False) -> Program:
    """u = squash(y), v = ceil(y), y = blend(u, v, y), again and again: three functions to a level."""
    lines: Program = [("y0", "leaf", np.array(0.7))]
    for i in range(depth):
        u, v, y = f"u{i}", f"v{i}", f"y{i}"
        lines += [(u, "Squash", (y,)), (v, "Ceil", (y,)), (f"y{i + 1}", "Blend", (y, u, v) if swapped else (u, v, y))]
    return [*lines, ("", "backward", f"y{depth}"), ("", "read", "y0.grad")]


def counted(program: Program) -> Probe:
    """The gradient, and how often a function of ours had to work; more than twice each is too much."""
    functions = sum(op in ("Squash", "Ceil", "Blend") for _, op, _ in program)

    def probe(rng: Rng, *objects: Any) -> Any:
        run = Run(objects)
        try:
            for line in program:
                run.line(*line)
        except StudentFailure:
            if not run.trouble:
                raise
            return run.trouble[0]
        if run.trouble:
            return run.trouble[0]
        calls = run.calls.count_of("backward")
        return [*run.found, "few" if calls <= 2 * functions else "many"]

    return with_call(probe, "(ten diamonds in a row, see the task)")


def few_calls(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """For `counted`: the gradient, then the number of calls."""
    if isinstance(given, str) or isinstance(expected, str):
        if given == expected:
            return None
        return Difference("values", "", "", f"{given} The work doubles with each diamond: does each function run once?")
    if (
        not isinstance(given, list | tuple)
        or len(given) != len(expected)
        or not isinstance(given[0], np.ndarray | float)
    ):
        return Difference("type", "", "")
    if given[-1] != expected[-1]:
        hint = "backward of the functions was called more than twice as often as there are functions."
        return Difference("values", "", "", hint)
    near = np.allclose(given[0], expected[0], rtol=1e-6 * slack, atol=0.0)
    return None if near else Difference("values", "", "", "The gradient at the far end of the diamonds is wrong.")
