"""Pictures of what the engines of the sixteen steps compute, and of the order in which they go back.

    from gradus.steps import step16 as step

    with record(step) as tape:
        x = step.Variable(np.array(2.0))
        y = step.add(x, step.square(x))
    draw(tape, names={"x": x, "y": y})

Only from step 7 on does an engine know what it computed, and no two steps keep it in the same way. So the calls are noted from
outside, as they come; that serves all steps alike, and leaves their code as short as it is. The drawing is that of
`gradus.graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from html import escape
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .arguments import describe, fail, fail_type, require_bool
from .graph_drawing import FUNCTION, NOW, RESULT, VARIABLE, Drawing, Graph, Node, svg_of

__all__ = ["Pictures", "Tape", "draw", "pictures", "record"]

Names = Mapping[str, Any]
ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


class Call(NamedTuple):
    """One call of a Function: what went in, what came out."""

    function: Any
    inputs: list[Any]
    outputs: list[Any]


class Tape:
    """The calls of an engine's functions, in the order in which they came.

    Attributes:
        calls: each with its function, inputs and outputs.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []


def record(step: ModuleType) -> AbstractContextManager[Tape]:
    """Note the calls of a step's functions while a ``with`` block runs.

    Args:
        step: a module of `gradus.steps`, step02 or later.

    Raises:
        TypeError: step has no class Function.
    """
    Function: Any = getattr(step, "Function", None)
    if not isinstance(Function, type) or "__call__" not in vars(Function):
        fail_type(f"step must be a module with a class Function, got {describe(step)}")
    return _recording(Function)


@contextmanager
def _recording(Function: type) -> Iterator[Tape]:
    original: Any = Function.__dict__["__call__"]
    tape = Tape()

    def noted(function: Any, *args: Any) -> Any:
        value = original(function, *args)
        inputs = args[0] if len(args) == 1 and isinstance(args[0], list) else args  # step 11 takes and gives lists
        tape.calls.append(Call(function, list(inputs), list(value) if isinstance(value, list) else [value]))
        return value

    type.__setattr__(Function, "__call__", noted)
    try:
        yield tape
    finally:
        type.__setattr__(Function, "__call__", original)


def draw(
    tape: Tape, names: Names | None = None, *, grads: bool = False, title: str = "Graph of a computation"
) -> Drawing:
    """The recorded graph as a picture in a notebook, from the inputs at the top to the results at the bottom.

    Ellipses are Variables with name, value (or shape) and, from step 16 on, generation ("gen 2"); boxes are Functions.

    Args:
        tape: what `record` gave.
        names: Variables by the names that stand in the picture: ``{"x": x}``. One that no function used stands alone.
        grads: show gradients, those that are there.
        title: what the picture is called by a program that reads it aloud.

    Raises:
        TypeError: tape is not a Tape, names not a dict, grads not a bool or title not text.
        ValueError: there is nothing to draw.
    """
    _require(tape, names, title)
    require_bool(grads=grads)
    return Drawing(_picture(tape, names or {}, {}, None, title, grads))


class Pictures:
    """Pictures with captions, one after the other: what `pictures` gives.

    Attributes:
        drawings: the pictures.
        captions: a line of text for each.
    """

    def __init__(self, drawings: Sequence[Drawing], captions: Sequence[str]) -> None:
        self.drawings, self.captions = list(drawings), list(captions)

    def __repr__(self) -> str:
        return "\n".join(f"{i}. {text}" for i, text in enumerate(self.captions, start=1))

    def _repr_html_(self) -> str:
        items = (
            f'<li style="flex: 0 1 auto"><div>{escape(caption)}</div>{drawing._repr_html_()}</li>'
            for drawing, caption in zip(self.drawings, self.captions, strict=True)
        )
        style = "display: flex; flex-wrap: wrap; gap: 1.5rem 2.5rem; padding-left: 1.4rem"
        return f'<ol class="pictures" style="{style}">{"".join(items)}</ol>'


def pictures(
    tape: Tape, backward: Callable[[], Any], names: Names | None = None, *, title: str = "Going back"
) -> Pictures:
    """Run backward, and draw the graph with its gradients after each function that ran.

    The function that ran last is orange; each box says when it ran: "2nd, 4th" is one that ran twice.

    Args:
        tape: what `record` gave; its step knows ``backward`` of functions (6 or later).
        backward: what is to be run: ``y.backward``. What it raises comes through.
        names: as for `draw`.
        title: the beginning of what each picture is called.

    Raises:
        TypeError: tape is not a Tape, backward cannot be called, names is not a dict or title not text.
        ValueError: the tape is empty, or backward ran none of its functions.
    """
    _require(tape, names, title)
    if not callable(backward):
        fail_type(f"backward must be a function without arguments, got {describe(backward)}")
    ran: list[Any] = []
    drawings: list[Drawing] = []

    def drawn() -> None:
        if ran:
            times: dict[int, list[int]] = {}
            for i, function in enumerate(ran, start=1):
                times.setdefault(id(function), []).append(i)
            said = f"{title}: after {len(ran)} functions" if len(ran) > 1 else f"{title}: after one function"
            drawings.append(Drawing(_picture(tape, names or {}, times, ran[-1], said, True)))

    def watched(function: Any, original: Callable[..., Any]) -> Callable[..., Any]:
        def run(*gys: Any) -> Any:
            drawn()  # the gradients of the function before have been stored by now
            ran.append(function)
            return original(*gys)

        return run

    functions = {id(call.function): call.function for call in tape.calls}
    for function in functions.values():
        function.backward = watched(function, function.backward)
    try:
        backward()
    finally:
        for function in functions.values():
            del function.backward
    drawn()
    if not drawings:
        fail("backward must run functions of the tape, it ran none")
    return Pictures(drawings, [_caption(tape, function, names or {}) for function in ran])


def _require(tape: Tape, names: Names | None, title: str) -> None:
    if not isinstance(tape, Tape):
        fail_type(f"tape must be what record gave, got {describe(tape)}")
    if names is not None and not isinstance(names, dict):
        fail_type(f"names must be a dict of Variables, got {describe(names)}")
    if not isinstance(title, str):
        fail_type(f"title must be text, got {describe(title)}")
    if not tape.calls and not names:
        fail("tape must hold at least one call, or names a Variable; got neither")


def _rows(tape: Tape) -> dict[int, int]:
    """The row of every Variable and Function by its id: results below what they were computed from, leaves near their use."""
    rows: dict[int, int] = {}
    made = {id(v) for call in tape.calls for v in call.outputs}
    for function, inputs, outputs in tape.calls:
        rows[id(function)] = 1 + max((rows.get(id(v), 0) for v in inputs), default=0)
        rows |= {id(v): rows[id(function)] + 1 for v in outputs}
    for function, inputs, _ in reversed(tape.calls):
        for v in inputs:
            if id(v) not in made:
                rows[id(v)] = min(rows.get(id(v), rows[id(function)]), rows[id(function)] - 1)
    return rows


def _picture(tape: Tape, names: Names, times: Mapping[int, list[int]], last: Any, title: str, grads: bool) -> str:
    rows = _rows(tape)
    spoken = {id(v): name for name, v in names.items()}
    used = {id(v) for call in tape.calls for v in call.inputs}
    nodes: list[Node] = []
    index: dict[int, int] = {}
    edges: list[tuple[int, int]] = []

    def add(key: int, kind: str, lines: list[str]) -> int:
        if key not in index:
            index[key] = len(nodes)
            nodes.append(Node(f"n{len(nodes)}", kind, rows.get(key, 0), lines))
        return index[key]

    def variable(v: Any) -> int:
        result = id(v) not in used and id(v) in rows
        return add(id(v), RESULT if result else VARIABLE, list(_lines(v, spoken.get(id(v)), grads)))

    for function, inputs, outputs in tape.calls:
        sources = [variable(v) for v in inputs]
        ran = [ORDINALS.get(i, f"{i}th") for i in times.get(id(function), ())]
        label = [type(function).__name__, *([", ".join(ran)] if ran else [])]
        box = add(id(function), NOW if function is last else FUNCTION, label)
        edges += [(source, box) for source in sources] + [(box, variable(v)) for v in outputs]
    for v in names.values():
        variable(v)
    return svg_of(Graph(nodes, edges), title, _text(tape, spoken))


def _lines(v: Any, name: str | None, grads: bool) -> Iterator[str]:
    if name is not None:
        yield name
    yield _value(v.data)
    if grads and getattr(v, "grad", None) is not None:
        yield f"grad {_value(v.grad)}"
    if hasattr(v, "generation"):
        yield f"gen {v.generation}"


def _value(array: Any) -> str:
    if array is None:
        return "empty"
    return f"{np.asarray(array).item():.4g}" if np.size(array) == 1 else str(np.shape(array))


def _text(tape: Tape, spoken: Mapping[int, str]) -> str:
    """The computation in words: ``y = Add(x, a)``, a call a line."""
    known = dict(spoken)

    def name(v: Any) -> str:
        return known.setdefault(id(v), f"v{len(known)}")

    lines = []
    for function, inputs, outputs in tape.calls:
        given = ", ".join(name(v) for v in inputs)
        lines.append(f"{', '.join(name(v) for v in outputs)} = {type(function).__name__}({given})")
    return "\n".join(lines)


def _caption(tape: Tape, function: Any, names: Names) -> str:
    spoken = {id(v): name for name, v in names.items()}
    call = next(call for call in tape.calls if call.function is function)
    made, given = (", ".join(spoken.get(id(v), _value(v.data)) for v in vs) for vs in (call.outputs, call.inputs))
    return f"{type(function).__name__}, from {made} back to {given}"
