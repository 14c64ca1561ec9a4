"""What the engine promises: deep chains, no garbage, flat memory, threads that do not disturb one another."""

import gc
import time
import tracemalloc
from threading import Event, Thread

import numpy as np
import pytest
from gradus import Function, Variable, no_grad
from gradus import functions as F
from gradus.variable import is_recording


def chain(n):
    x = Variable(np.array(1.0))
    y = x
    for _ in range(n):
        y = y + 1e-6
    y.backward()
    assert x.grad == 1.0 and y.generation == n


def test_a_chain_of_a_hundred_thousand_functions_is_differentiated_and_freed():
    chain(100_000)


@pytest.mark.slow
def test_a_chain_of_a_million_functions_is_differentiated_in_seconds():
    start = time.process_time()
    chain(1_000_000)
    assert time.process_time() - start < 60


class Half(Function):
    """Counts how often its generation is looked at."""

    looks = 0

    @property
    def generation(self):
        type(self).looks += 1
        return self.known

    @generation.setter
    def generation(self, value):
        self.known = value

    def forward(self, x):
        return x * 0.5

    def backward(self, gy):
        return gy * 0.5


def test_functions_are_sorted_once():
    x = Variable(np.array(1.0))
    y = F.sum(F.stack([Half()(Half()(x)) for _ in range(500)]))
    Half.looks = 0
    y.backward()
    assert x.grad == 125 and Half.looks == 1000  # a sort at every push would look at them half a million times


def training_step(rng, params):
    W, b, K, V = params
    for p in params:
        p.cleargrad()
    X, labels = rng.standard_normal((4, 1, 6, 6)), rng.integers(0, 3, 4)
    a = F.max_pool2d(F.gelu(F.conv2d(X, K, padding=1)), 2)
    left, right = F.split(F.tanh(F.linear(F.flatten(a), W, b)), 2, axis=1)
    z = F.concatenate([left * right, F.maximum(left, right), left.var(axis=1, keepdims=True)], axis=1) @ V
    loss = F.softmax_cross_entropy(z, labels) + 1e-3 * (W**2).sum() + 0.0 * z[:, [0, 0]].max()
    loss.backward(retain_grad=True)
    for p in params:
        p.data -= 0.01 * p.grad


def parameters():
    rng = np.random.default_rng(0)
    return rng, [Variable(rng.standard_normal(s) * 0.3) for s in [(18, 6), (6,), (3, 3, 1, 2), (7, 3)]]


def test_a_thousand_training_steps_leave_no_cyclic_garbage():
    rng, params = parameters()
    training_step(rng, params)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(1000):
            training_step(rng, params)
        assert gc.collect() == 0 and gc.garbage == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_memory_stays_flat_over_a_thousand_training_steps():
    rng, params = parameters()

    def held():
        gc.collect()  # empties Python's lists of freed tuples, which are counted as held
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        for _ in range(20):
            training_step(rng, params)
        before = held()
        for _ in range(1000):
            training_step(rng, params)
        assert held() - before < 20_000  # one array kept per step would be five times that
    finally:
        tracemalloc.stop()


def test_no_grad_holds_for_one_thread_and_its_blocks_may_end_in_any_order():
    entered, leave = Event(), Event()

    def look():
        with no_grad():
            entered.set()
            leave.wait(10)

    thread = Thread(target=look)
    thread.start()
    assert entered.wait(10)
    recorded_beside, y = is_recording(), Variable(np.ones(2)) * 2.0
    leave.set()
    thread.join()
    assert recorded_beside and y.creator is not None

    first, second = no_grad(), no_grad()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not is_recording()
    second.__exit__(None, None, None)
    assert is_recording()


def test_no_gradient_passes_through_what_is_detached():
    x = Variable(np.array([2.0, 3.0]), name="x")
    y = x * x
    z = y.detach()
    assert z.data is y.data and z.creator is None and y.creator is not None
    (z * x).backward()
    np.testing.assert_array_equal(x.grad, [4, 9])  # not 3 x²
