"""Wrong engines of `steps_15_16`: functions that run too early, too often, or in an order that rests on a wrong number."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks._autodiff_11_to_16_engines import (
    Engine,
    add_in_place,
    add_up,
    as_array,
    as_tuple,
    backward,
    earliest_first,
    engine,
    forget_results,
    found_from,
    last_in_first_out,
    latest_first,
    link,
    overwrite,
    upstream,
)
from autograder.checks._autodiff_11_to_16_wrong import (
    IN_PLACE,
    LEAVES_CLEARED,
    LEAVES_IN_PLACE,
    MARKED,
    add_to_leaves_in_place,
    forget_everything,
    marked_for_good,
    nothing,
    pass_none,
)
from autograder.exercise import mistake


def first_in_first_out(y: Any, seen_once: bool = True) -> list[Any]:
    found: list[Any] = []
    waiting, seen = deque([y.creator]), {None}
    while waiting:
        f = waiting.popleft()
        if f is None:
            continue
        found.append(f)
        for x in f.inputs:
            if not (seen_once and x.creator in seen):
                seen.add(x.creator)
                waiting.append(x.creator)
    return found


def latest_first_and_again(y: Any) -> list[Any]:
    return sorted(last_in_first_out(y), key=lambda f: -f.generation)


def one_of_each_generation(y: Any) -> list[Any]:
    seen, found = set(), []
    for f in latest_first(y):
        if f.generation not in seen:
            seen.add(f.generation)
            found.append(f)
    return found


def one_of_each_value(y: Any) -> list[Any]:
    """The seen set holds what a function gave, not the function."""
    seen, found = set(), []
    for f in latest_first(y):
        key = (f.generation, f.outputs[0].data.tobytes())
        if key not in seen:
            seen.add(key)
            found.append(f)
    return found


def depth_first(y: Any) -> list[Any]:
    """The order of a recursion that visits inputs from the left and notes a function when it enters it."""
    found: list[Any] = []

    def visit(f: Any) -> None:
        if f is not None and f not in found:
            found.append(f)
            for x in f.inputs:
                visit(x.creator)

    visit(y.creator)
    return found


def at_once(y: Any) -> None:
    """Each variable hands its gradient on as soon as it has got one, by calling itself for its function's inputs."""
    forget_results(found_from(y))
    y.grad = np.ones_like(y.data)

    def visit(f: Any) -> None:
        if f is None:
            return
        gxs = as_tuple(f.backward(*upstream(f)))
        for x, gx in zip(f.inputs, gxs, strict=True):
            x.grad = as_array(gx if x.grad is None else x.grad + gx)
            visit(x.creator)

    visit(y.creator)


def first_inputs(y: Any) -> list[Any]:
    """The functions that lead to the first inputs, and no others."""
    found: list[Any] = []
    f = y.creator
    while f is not None:
        found.append(f)
        f = f.inputs[0].creator
    return found


def path_by_path(y: Any) -> None:
    """Every gradient travels on by itself: right, and as much work as there are paths."""
    forget_results(found_from(y))

    def travel(v: Any, g: Any) -> None:
        v.grad = as_array(g if v.grad is None else v.grad + g)
        if (f := v.creator) is not None:
            gys = [g if output is v else np.zeros_like(output.data) for output in f.outputs]
            for x, gx in zip(f.inputs, as_tuple(f.backward(*gys)), strict=True):
                travel(x, gx)

    travel(y, np.ones_like(y.data))


def heap_without_a_tie(y: Any) -> None:
    forget_results(found_from(y))
    y.grad = np.ones_like(y.data)
    waiting = [(-y.creator.generation, y.creator)] if y.creator else []
    seen = {y.creator}
    while waiting:
        _, f = heapq.heappop(waiting)
        add_up(f)
        for x in f.inputs:
            if x.creator is not None and x.creator not in seen:
                seen.add(x.creator)
                heapq.heappush(waiting, (-x.creator.generation, x.creator))


def forget_inner_inputs(functions: list[Any]) -> None:
    """Not the result, nor an output that is not on the way."""
    for f in functions:
        for x in f.inputs:
            if x.creator is not None:
                x.grad = None


def forget_on_the_way(y: Any) -> None:
    """The gradient of an output is forgotten when it has been handed on; that of the result stays."""
    functions = latest_first(y)
    y.grad = np.ones_like(y.data)
    for f in functions:
        add_up(f)
        for output in f.outputs:
            if output is not y:
                output.grad = None


def ones_where_there_is_none(y: Any) -> None:
    """The result begins with ones only where it has no gradient yet."""
    functions = latest_first(y)
    forget_results([f for f in functions if y not in f.outputs])
    if y.grad is None:
        y.grad = np.ones_like(y.data)
    for f in functions:
        add_up(f)


def drop_what_is_left_over(f: Any) -> None:
    for x, gx in zip(f.inputs, as_tuple(f.backward(*upstream(f))), strict=False):
        x.grad = as_array(gx if x.grad is None else x.grad + gx)


def numbered(generation: Callable[[tuple[Any, ...]], int]) -> Callable[..., Any]:
    """A call that gives generations by another rule."""

    def call(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
        outputs = [Variable(as_array(y)) for y in as_tuple(f.forward(*[x.data for x in inputs]))]
        found = link(f, inputs, outputs)
        f.generation = generation(inputs)
        for y in outputs:
            y.generation = f.generation + 1
        return found

    return call


def call_numbering_the_first(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    found = link(f, inputs, [Variable(as_array(y)) for y in as_tuple(f.forward(*[x.data for x in inputs]))])
    for y in f.outputs[1:]:
        y.generation = 0
    return found


def by_generation(
    generation: Callable[[tuple[Any, ...]], int], order: Callable[[Any], list[Any]] = latest_first
) -> Engine:
    return engine(backward(order), call=numbered(generation))


def latest_of_depth_first(y: Any) -> list[Any]:
    """Among functions of the same generation the order is that of a recursion."""
    return sorted(depth_first(y), key=lambda f: -f.generation)


def smallest_generation(inputs: tuple[Any, ...]) -> int:
    return min(x.generation for x in inputs)


def first_input_generation(inputs: tuple[Any, ...]) -> int:
    return inputs[0].generation


def last_input_generation(inputs: tuple[Any, ...]) -> int:
    return inputs[-1].generation


EARLY = """A function ran before all that use its output had run: it handed on a gradient that was not complete."""
INSIDE = """A backward that began somewhere else in the graph has left a gradient there, and this one counted it. Only
    leaves may keep theirs: make sure of it for every output of every function behind the result."""
ONE_INPUT = """The order depends on which operand comes first: the generation of a function rests on one of its inputs
    alone."""
SMALLEST = """The generation of a function is the smallest one of its inputs. On which of its inputs does it have to wait? Draw
    a short and a long way that meet in one sum."""

STEPS_15_16 = [
    mistake("path_by_path", """Your gradients are right, but every path through the graph is walked by itself, and each
        diamond doubles their number. A function need not run before all of its gradient is there, and then
        once.""", *engine(path_by_path)),
    mistake("stale", """Right the first time; at the second backward of the same graph the gradients of the first were still
        there, inside.""", *engine(backward(forget=nothing))),
    mistake("stale_output", INSIDE, *engine(backward(forget=forget_inner_inputs))),
    mistake("stale_result", INSIDE, *engine(forget_on_the_way)),
    mistake("ones_where_none", """y.backward() has to begin with ones in y.grad, even if an earlier backward went through y
        and left a gradient there.""", *engine(ones_where_there_is_none)),
    mistake("leaves_cleared", LEAVES_CLEARED, *engine(backward(forget=forget_everything))),
    mistake("marked_for_good", MARKED, *engine(marked_for_good)),
    mistake("generation_last_input", ONE_INPUT, *by_generation(last_input_generation)),
    mistake("generation_first_input", ONE_INPUT, *by_generation(first_input_generation)),
    mistake("generation_min_by_recursion", SMALLEST, *by_generation(smallest_generation, latest_of_depth_first)),
    mistake("generation_min", SMALLEST, *by_generation(smallest_generation)),
    mistake("generation_of_one_output", """Where a function has two outputs, only the first has got a generation. The functions
        that go on from the second one count from the beginning again.""", *engine(backward(), call=call_numbering_the_first)),
    mistake("generation_counted", """The generation of a function is the number of its inputs. It should say how far the
        function is from the leaves: ask the inputs for their generations.""", *by_generation(len)),
    mistake("lifo", f"""{EARLY} And it never ran again with the rest. Last in, first out is the wrong order (and where all
        generations are equal, it is this order, too): which function may run next?""", *engine(backward(found_from))),
    mistake("lifo_unseen", f"""{EARLY} Later it ran once more, and handed the first part on a second
        time.""", *engine(backward(last_in_first_out))),
    mistake("follows_one_input", """Functions were left out that lead to another input than the first: each input may have been
        made by a function.""", *engine(backward(first_inputs))),
    mistake("depth_first", f"""{EARLY} A recursion that calls backward when it enters a function goes down one branch to
        its end before it has looked at the others.""", *engine(backward(depth_first))),
    mistake("at_once", f"""{EARLY} Each variable of yours hands on what it has as soon as something arrives; with the next
        arrival the first part travels again.""", *engine(at_once)),
    mistake("fifo", f"""{EARLY} First in, first out is right as long as all paths are equally long; with a and a² in one
        sum they are not.""", *engine(backward(first_in_first_out))),
    mistake("fifo_unseen", """A function was processed twice: two functions had put it on the list. And the order is that
        of arrival, which goes wrong where paths differ in length.""",
        *engine(backward(lambda y: first_in_first_out(y, seen_once=False)))),
    mistake("seen_set_missing", """The order is right, but a function was processed twice: it is on the list once for each
        variable that leads to it.""", *engine(backward(latest_first_and_again))),
    mistake("earliest_first", """Your functions run from the inputs to the result. backward has to start at the result:
        which generation comes first?""", *engine(backward(earliest_first))),
    mistake("one_per_generation", """Where two functions have the same generation only one of them ran. What has to be
        remembered as seen?""", *engine(backward(one_of_each_generation))),
    mistake("one_per_value", """Two functions that give the same number were taken for one, and only one of them ran. What
        has to be remembered as seen?""", *engine(backward(one_of_each_value))),
    mistake("heap_without_tie", """Where two functions in your heap have the same generation, Python compares the functions
        themselves, and cannot. Put something between the two that is never equal, a running number say.""",
        *engine(heap_without_a_tie)),
    mistake("overwrite", """The order is right, but a gradient was overwritten where a variable is used twice, as before
        step 14.""", *engine(backward(hand_back=overwrite))),
    mistake("leaves_in_place", LEAVES_IN_PLACE, *engine(add_to_leaves_in_place)),
    mistake("in_place", IN_PLACE, *engine(backward(hand_back=add_in_place))),
    mistake("zip_drops", """A backward that returned another number of gradients than there are inputs went through without an
        error. It has to be one, as in the exercise on steps 11 to 13.""", *engine(backward(hand_back=drop_what_is_left_over))),
    mistake("unused_none", """An output that nobody used has the gradient None, and you handed that to
        backward.""", *engine(backward(hand_back=pass_none))),
]  # fmt: skip
