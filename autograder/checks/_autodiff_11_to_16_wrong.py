"""Wrong engines of `steps_11_13` and `step_14`, as students write them, each with the sentence that leads on."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks._autodiff_11_to_16_engines import (
    add_in_place,
    as_array,
    as_tuple,
    backward,
    earliest_first,
    engine,
    last_in_first_out,
    link,
    overwrite,
    upstream,
)
from autograder.exercise import mistake


def nothing(functions: list[Any]) -> None:
    """Forget nothing: what steps 7 to 13 do."""


def step_13(hand_back: Any = overwrite, **parts: Any) -> Any:
    return engine(backward(last_in_first_out, hand_back, nothing), **parts)


# ---------------------------------------------------------------- steps 11 to 13, forward


def call_with_list_of_one(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    outputs = [Variable(as_array(y)) for y in as_tuple(f.forward(*[x.data for x in inputs]))]
    link(f, inputs, outputs)
    return outputs


def call_without_unpacking(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    ys = f.forward(*[x.data for x in inputs])
    return link(f, inputs, [Variable(np.array(ys))])


def call_without_as_array(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    ys = as_tuple(f.forward(*[x.data for x in inputs]))
    return link(f, inputs, [Variable(y) for y in ys])


def call_with_one_list(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    xs = [x.data for x in inputs]
    ys = f.forward(xs if len(xs) > 1 else xs[0])
    return link(f, inputs, [Variable(as_array(y)) for y in as_tuple(ys)])


def call_linking_the_first(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    outputs = [Variable(as_array(y)) for y in as_tuple(f.forward(*[x.data for x in inputs]))]
    outputs[0].creator = f
    f.inputs, f.outputs = inputs, outputs
    return outputs if len(outputs) > 1 else outputs[0]


# ---------------------------------------------------------------- steps 11 to 13, backward


def hand_to_inputs(f: Any, gxs: Any, strict: bool = True) -> None:
    for x, gx in zip(f.inputs, gxs, strict=strict):
        x.grad = as_array(gx)


def drop_what_is_left_over(f: Any) -> None:
    hand_to_inputs(f, as_tuple(f.backward(*upstream(f))), strict=False)


def pass_none(f: Any) -> None:
    hand_to_inputs(f, as_tuple(f.backward(*[y.grad for y in f.outputs])))


def pass_ones(f: Any) -> None:
    gys = [np.ones_like(y.data) if y.grad is None else y.grad for y in f.outputs]
    hand_to_inputs(f, as_tuple(f.backward(*gys)))


def leave_out_the_unused(f: Any) -> None:
    hand_to_inputs(f, as_tuple(f.backward(*[y.grad for y in f.outputs if y.grad is not None])))


def serve_the_first_output(f: Any) -> None:
    hand_to_inputs(f, as_tuple(f.backward(upstream(f)[0])))


def serve_the_first_input(f: Any) -> None:
    f.inputs[0].grad = as_array(as_tuple(f.backward(*upstream(f)))[0])


def give_all_to_each(f: Any) -> None:
    gxs = f.backward(*upstream(f))
    for x in f.inputs:
        x.grad = gxs


def go_through_the_array(f: Any) -> None:
    hand_to_inputs(f, f.backward(*upstream(f)))


def stop_at_the_first_leaf(y: Any) -> None:
    y.grad = np.ones_like(y.data)
    waiting = [y.creator]
    while waiting:
        f = waiting.pop()
        if f is None:
            break
        overwrite(f)
        waiting.extend(x.creator for x in f.inputs)


def follow_the_first_input(y: Any) -> None:
    y.grad = np.ones_like(y.data)
    f = y.creator
    while f is not None:
        overwrite(f)
        f = f.inputs[0].creator


def give_a_zero_without_shape(f: Any) -> None:
    gys = [np.array(0.0) if y.grad is None else y.grad for y in f.outputs]
    hand_to_inputs(f, as_tuple(f.backward(*gys)))


def skip_where_one_is_unused(f: Any) -> None:
    if all(y.grad is not None for y in f.outputs):
        overwrite(f)


def quotients(y: Any) -> None:
    """The whole program again, with each leaf shifted a little; backward of the functions is never called."""
    functions = earliest_first(y)
    leaves = {id(x): x for f in functions for x in f.inputs if x.creator is None}

    def value(shifted: Any, by: float) -> Any:
        data = {key: x.data + by * (x is shifted) for key, x in leaves.items()}
        for f in functions:
            found = as_tuple(f.forward(*[data[id(x)] for x in f.inputs]))
            data.update(zip(map(id, f.outputs), found, strict=True))
        return data[id(y)]

    y.grad = np.ones_like(y.data)
    for x in leaves.values():
        x.grad = np.asarray((value(x, 1e-5) - value(x, -1e-5)) / 2e-5, dtype=x.data.dtype)


STEPS_11_13 = [
    mistake("zip_drops", """A gradient was dropped silently, as zip does with what is left over: a backward returned
        another number of gradients than there are inputs, and nobody noticed. That has to be an
        error.""", *step_13(drop_what_is_left_over)),
    mistake("quotients", """Your slopes are difference quotients: nobody asks the functions for their backward. It may do what
        no quotient finds, and a quotient needs the whole program twice for each leaf.""", *engine(quotients)),
    mistake("list_of_one", """A function with a single output hands back a list. It is wanted as in step 10: y = f(x) is
        a Variable. A list comes back only where there are several.""", *step_13(call=call_with_list_of_one)),
    mistake("outputs_in_one", """Where forward returns a tuple of arrays, your function makes one Variable out of all of
        them. How many Variables does the tuple stand for?""", *step_13(call=call_without_unpacking)),
    mistake("inputs_in_one", """forward got all its arrays in one list. In step 12 it names them, forward(self, x0, x1):
        they have to be handed over one by one.""", *step_13(call=call_with_one_list)),
    mistake("as_array_forgotten", """NumPy turns the result of x**2 into a scalar when x has no dimensions, and your
        Variable refuses scalars. Step 9 had a helper for that.""", *step_13(call=call_without_as_array)),
    mistake("first_output_linked", """A gradient that starts from the second output goes nowhere: does that output know
        who made it?""", *step_13(call=call_linking_the_first)),
    mistake("stops_at_leaf", """Your loop ends when it meets the first leaf. Other functions may still be waiting: what is
        the word for leaving out one round of a loop, rather than ending it?""", *engine(stop_at_the_first_leaf)),
    mistake("follows_one_input", """Your loop goes on to the creator of one input only. Each input may have been made by
        a function.""", *engine(follow_the_first_input)),
    mistake("add_one_gradient", """Add.backward returns one gradient. There are two inputs, and y changes with each of
        them.""", *step_13(drop_what_is_left_over, back_through_add=lambda f, gy: gy)),
    mistake("one_input_served", """Only the first input gets a gradient. backward of a function returns one for each
        input.""", *step_13(serve_the_first_input)),
    mistake("unused_left_out", """Outputs that nobody used were left out, so backward got too few gradients, and cannot
        know which are missing. It wants one for each output.""", *step_13(leave_out_the_unused)),
    mistake("one_output_served", """A function with two outputs got a single gradient. Its backward expects one for each
        output, in their order.""", *step_13(serve_the_first_output)),
    mistake("unused_none", """An output that nobody used has the gradient None, and you handed that to backward. By how
        much does the result change with an output that does not enter it? Give backward an array that says
        so.""", *step_13(pass_none)),
    mistake("unused_without_shape", """The gradient of an output that nobody used is a single zero. It has to be an array in the
        shape of that output, as all gradients are.""", *step_13(give_a_zero_without_shape)),
    mistake("unused_skipped", """A function was left out because one of its outputs is not used. The other one is, and its
        gradient has to travel on.""", *step_13(skip_where_one_is_unused)),
    mistake("unused_ones", """An output that nobody used got a gradient of ones. The result does not change at all with
        it.""", *step_13(pass_ones)),
    mistake("tuple_as_gradient", """A gradient of yours is a whole tuple. What backward returns has to be shared out: the
        first gradient to the first input, the second to the second.""", *step_13(give_all_to_each)),
    mistake("array_taken_apart", """Where backward returns a single array, you go through its elements as if they were
        gradients of several inputs. First make a tuple of it.""", *step_13(go_through_the_array)),
    mistake("runs_twice", """A function whose two outputs are both used ran twice, and what it gave was counted twice: two
        variables lead to it.""", *engine(backward(last_in_first_out))),
    mistake("add_ignores_gy", """Add.backward returns ones whatever comes in. The local derivative has to be multiplied by
        the gradient that arrives.""", *step_13(
            back_through_add=lambda f, gy: tuple(np.ones_like(x.data) for x in f.inputs))),
    mistake("square_ignores_gy", """Square.backward forgets the gradient that arrives: it is right only where that is
        1.""", *step_13(back_through_square=lambda f, gy: 2 * f.inputs[0].data)),
    mistake("mul_its_own", """In Mul.backward each input gets a gradient with its own data in it. Change x0 by a little:
        which factor says by how much x0 * x1 changes?""", *step_13(
            back_through_mul=lambda f, gy: (gy * f.inputs[0].data, gy * f.inputs[1].data))),
    mistake("mul_ignores_gy", """Mul.backward forgets the gradient that arrives: it is right only where that is
        1.""", *step_13(back_through_mul=lambda f, gy: (f.inputs[1].data, f.inputs[0].data))),
    mistake("mul_as_add", """Mul.backward hands the gradient on as it is, which is what Add does.""", *step_13(
        back_through_mul=lambda f, gy: (gy, gy))),
]  # fmt: skip

# ---------------------------------------------------------------- step 14


def keep_the_first(f: Any) -> None:
    for x, gx in zip(f.inputs, as_tuple(f.backward(*upstream(f))), strict=True):
        if x.grad is None:
            x.grad = as_array(gx)


def add_the_first_twice(f: Any) -> None:
    for x, gx in zip(f.inputs, as_tuple(f.backward(*upstream(f))), strict=True):
        if x.grad is None:
            x.grad = as_array(gx)
        x.grad = as_array(x.grad + gx)


def add_within_a_function(f: Any) -> None:
    given: dict[int, Any] = {}
    for x, gx in zip(f.inputs, as_tuple(f.backward(*upstream(f))), strict=True):
        given[id(x)] = gx if id(x) not in given else given[id(x)] + gx
    for x in f.inputs:
        x.grad = as_array(given[id(x)])


def forget_everything(functions: list[Any]) -> None:
    for f in functions:
        for v in (*f.outputs, *f.inputs):
            v.grad = None


def forget_afterwards(y: Any) -> None:
    backward()(y)
    for f in last_in_first_out(y):
        for output in f.outputs:
            output.grad = None


def add_ones_to_the_result(y: Any) -> None:
    functions = last_in_first_out(y)
    for f in functions:
        for output in f.outputs:
            if output is not y:
                output.grad = None
    y.grad = np.ones_like(y.data) if y.grad is None else y.grad + np.ones_like(y.data)
    for f in functions:
        from_one(f)


def from_one(f: Any) -> None:
    for x, gx in zip(f.inputs, as_tuple(f.backward(*upstream(f))), strict=True):
        x.grad = as_array(gx if x.grad is None else x.grad + gx)


def forget_a_local(x: Any) -> None:
    grad = None  # noqa: F841  as it is written: self is missing


def fill_with_zeros(x: Any) -> None:
    if x.grad is not None:
        x.grad.fill(0.0)


def add_to_leaves_in_place(y: Any) -> None:
    """New arrays for the sums of one backward; what comes out is added to the leaves with +=."""
    sums, leaves = {id(y): np.ones_like(y.data)}, {}
    for f in reversed(earliest_first(y)):
        gys = [sums.get(id(output), np.zeros_like(output.data)) for output in f.outputs]
        for x, gx in zip(f.inputs, as_tuple(f.backward(*gys)), strict=True):
            sums[id(x)] = sums[id(x)] + gx if id(x) in sums else gx
            if x.creator is None:
                leaves[id(x)] = x
    y.grad = sums[id(y)]
    for key, x in leaves.items():
        if x.grad is None:
            x.grad = as_array(sums[key])
        else:
            x.grad += sums[key]


def marked_for_good(y: Any) -> None:
    """Functions remember that they have run; nobody makes them forget."""
    functions = [f for f in reversed(earliest_first(y)) if not getattr(f, "done", False)]
    for f in functions:
        f.done = True
        for output in f.outputs:
            output.grad = None
    y.grad = np.ones_like(y.data)
    for f in functions:
        from_one(f)


OVERWRITE = """The gradient was overwritten instead of accumulated when a variable is used twice."""
IN_PLACE = """+= changed an array that two variables share: Add hands the same array to both its inputs, and with it to
    y.grad. Make a new array for the sum."""
STALE = """Gradients of an earlier backward were still there, inside the graph, and were added once more. cleargrad
    reaches only the variable it is called on: which others must begin anew at each backward?"""

LEAVES_CLEARED = """Gradients of two computations should add up in a leaf until somebody calls cleargrad. Yours are gone when
    the second backward starts: which variables may it clear, and which not?"""
LEAVES_IN_PLACE = """Two leaves hold the same array as their gradient, and += of a later backward changes it for both. Make a new
    array for the sum, there as well."""
MARKED = """At the second backward functions do nothing, as if they had run already. Apart from gradients a backward must leave
    the graph as it was: it keeps no notes on functions, and cuts no links."""

STEP_14 = [
    mistake("leaves_cleared", LEAVES_CLEARED, *engine(backward(last_in_first_out, forget=forget_everything))),
    mistake("overwrite", OVERWRITE, *engine(backward(last_in_first_out, overwrite))),
    mistake("overwrite_across", """The two gradients are added when one function has the variable twice, and overwritten
        when two functions have it once each.""", *engine(backward(last_in_first_out, add_within_a_function))),
    mistake("keeps_first", """Your variable keeps the first gradient that arrives and lets the others go. All of them
        count.""", *engine(backward(last_in_first_out, keep_the_first))),
    mistake("first_twice", """The first gradient that arrives is counted twice: stored, and then added to itself. The
        second line belongs to another case.""", *engine(backward(last_in_first_out, add_the_first_twice))),
    mistake("leaves_in_place", LEAVES_IN_PLACE, *engine(add_to_leaves_in_place)),
    mistake("in_place", IN_PLACE, *engine(backward(last_in_first_out, add_in_place))),
    mistake("marked_for_good", MARKED, *engine(marked_for_good)),
    mistake("cleargrad_in_place", """x.cleargrad() changed the gradient of another variable as well: both hold the same array.
        Forget the array, do not write into it.""", *engine(backward(last_in_first_out), cleargrad=fill_with_zeros)),
    mistake("stale", STALE, *engine(backward(last_in_first_out, forget=nothing))),
    mistake("ones_added", """The result starts its second backward with a gradient of 2: what an earlier one had left
        there was not replaced.""", *engine(add_ones_to_the_result)),
    mistake("result_forgotten", """After backward the gradient of the result itself is None. It should be
        1.""", *engine(forget_afterwards)),
    mistake("cleargrad_idle", """After x.cleargrad() the gradient of x is still there.""",
        *engine(backward(last_in_first_out), cleargrad=forget_a_local)),
]  # fmt: skip
