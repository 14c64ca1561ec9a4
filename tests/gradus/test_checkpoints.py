"""Checkpoints: a run that was interrupted ends as if it had not been, down to the last bit."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from checkpointed_run import OPTIMIZERS, callbacks, outcome, parts, problem, run
from gradus import functions as F
from gradus.callbacks import LearningRate, PerformanceRate
from gradus.checkpoints import Checkpoint
from gradus.schedules import PerformanceSchedule
from gradus.state_files import load_state
from gradus.training import fit


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_a_run_in_pieces_ends_like_one_in_one_piece(optimizer, dtype, tmp_path):
    def make():
        return parts(optimizer=optimizer, dtype=dtype)

    whole = run(None, 7, make=make)
    assert whole["history"]["val_loss"] and whole["dtypes"] == {np.dtype(dtype)}
    for epochs in (1, 2, 5, 7):
        pieces = run(Checkpoint(tmp_path / "run.npz"), epochs, make=make)
    assert pieces == whole
    assert run(tmp_path / "run.npz", 7, make=make) == whole  # nothing is left to do


def test_a_generator_that_fit_shares_with_layers_stays_shared(tmp_path):
    def make():
        return parts(shared=True)

    whole = run(None, 6, make=make)
    run(tmp_path / "run.npz", 3, make=make)
    assert run(tmp_path / "run.npz", 6, make=make) == whole
    with pytest.raises(
        ValueError, match=r"another run: generators was PCG64 in rng, 2\.rng, 4\.rng, here it is PCG64 in"
    ):
        run(tmp_path / "run.npz", 6)


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_kind_of_generator_resumes(bits, tmp_path):
    def make():
        net, optimizer, _ = parts()
        return net, optimizer, np.random.Generator(bits(3))

    def comparable(outcome):
        return outcome | {"generators": json.dumps(outcome["generators"], default=np.ndarray.tolist)}

    whole = run(None, 4, make=make)
    run(tmp_path / "run.npz", 2, make=make)
    assert comparable(run(tmp_path / "run.npz", 4, make=make)) == comparable(whole)


def test_early_stopping_resumes_and_stays_stopped(tmp_path):
    whole = run(None, 60)
    n = len(whole["history"]["val_loss"])
    best = int(np.argmin(whole["history"]["val_loss"]))
    assert whole["stopped"] and n == best + 5 < 60
    for epochs in (best + 2, n - 1, 60, 60):  # interrupted between the best epoch and the stop
        pieces = run(tmp_path / "run.npz", epochs)
    assert pieces == whole


def test_a_schedule_with_a_memory_resumes(tmp_path):
    def hooks():
        return [PerformanceRate(PerformanceSchedule(0.03, factor=0.5, patience=1))]

    whole = run(None, 12, hooks=hooks)
    assert len(set(whole["history"]["lr"])) > 1
    for epochs in range(1, 13):
        pieces = run(tmp_path / "run.npz", epochs, hooks=hooks)
    assert pieces == whole


class Thaw:
    """Freezes the inner layers, and thaws them after the second epoch; keeps one in evaluation mode from the third on."""

    def on_train_begin(self, net, optimizer, history):
        net.layers[3].freeze()

    def on_epoch_end(self, net, optimizer, history):
        if history.epochs == 2:
            net.layers[3].unfreeze()
        if history.epochs == 3:
            net.layers[3].layers[1].eval()


def test_layers_that_were_frozen_or_thawed_on_the_way_are_so_again(tmp_path):
    whole = run(None, 6, hooks=lambda: [Thaw()])
    assert whole != run(None, 6, hooks=list)
    for epochs in (1, 2, 3, 4, 6):
        pieces = run(tmp_path / "run.npz", epochs, hooks=lambda: [Thaw()])
    assert pieces == whole


def test_everything_else_that_fit_does_resumes_too(tmp_path):
    def shaken(X, rng):
        return X + 0.1 * rng.standard_normal(X.shape)

    def small(net):
        return 0.01 * F.sum(net.layers[0].W * net.layers[0].W)

    more = {"augment": shaken, "penalty": small, "drop_last": False, "batch": 15}
    whole = run(None, 5, **more)
    assert len(whole["steps"]["penalty"]) == 25 and len(whole["history"]["penalty"]) == 5
    run(tmp_path / "run.npz", 2, **more)
    assert run(tmp_path / "run.npz", 5, **more) == whole


def test_one_process_can_go_on_with_its_own_objects(tmp_path):
    net, optimizer, rng = parts()
    arguments = problem() | {"optimizer": optimizer, "rng": rng, "checkpoint": tmp_path / "run.npz"}
    for epochs in (2, 4):
        history = fit(net, **arguments, epochs=epochs, callbacks=callbacks())
        rng.random(3), net.layers[2].rng.random(5)  # whatever happens in between
    fit(net, **arguments, epochs=4, callbacks=callbacks())
    assert outcome(net, optimizer, rng, history) == run(None, 4)


def test_it_is_written_after_each_epoch_or_less_often_and_after_the_last(tmp_path):
    seen = []

    class Look:
        def on_epoch_end(self, net, optimizer, history):
            seen.append(len(load_state(path)["run"]["history"]["seconds"]) if path.exists() else 0)

    for every, expected in ((1, [0, 1, 2, 3, 4, 5, 6]), (3, [0, 0, 0, 3, 3, 3, 6])):
        path = tmp_path / f"{every}.npz"
        run(Checkpoint(path, every=every), 7, hooks=lambda: [Look()])
        assert seen == expected and len(load_state(path)["run"]["history"]["seconds"]) == 7
        seen.clear()
    assert {p.name for p in tmp_path.iterdir()} == {"1.npz", "3.npz"}  # nothing unfinished is left


PROGRAM = """
    import sys
    sys.path.insert(0, {here!r})
    import numpy as np
    from checkpointed_run import callbacks, parts, problem
    from gradus.training import fit
    net, optimizer, rng = parts()
    class Say:
        def on_step(self, net, optimizer, history):
            print(len(history.steps), flush=True)
    history = fit(net, **problem(), optimizer=optimizer, epochs=12, rng=rng,
                  callbacks=[*callbacks(), Say()], checkpoint={path!r})
    print("done", flush=True)
"""


def test_a_process_killed_again_and_again_ends_with_the_same_bits(tmp_path):
    path = tmp_path / "run.npz"
    program = textwrap.dedent(PROGRAM.format(here=os.path.dirname(__file__), path=str(path)))  # noqa: PTH120
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    kills = 0
    for patience in (3, 9, 11, 6, 10**9):  # steps that it is allowed; an epoch has four
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
        with process, process.stdout:
            for lines, line in enumerate(process.stdout, start=1):
                if line == "done\n":
                    break
                if lines == patience:
                    process.send_signal(signal.SIGKILL)
        kills += process.returncode == -signal.SIGKILL
    assert process.returncode == 0 and kills == 4
    assert run(path, 12) == run(None, 12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: Checkpoint(3), TypeError, r"Checkpoint: path must be the path of a file, got 3"),
        (lambda p: Checkpoint(p, every=0), ValueError, "Checkpoint: every must be at least 1, got 0"),
        (lambda p: Checkpoint(p, every=1.5), TypeError, "Checkpoint: every must be an integer"),
        (lambda p: run(3, 1), TypeError, "fit: checkpoint must be a path or a Checkpoint, got 3"),
    ],
)
def test_bad_input_is_named(call, error, message, tmp_path):
    with pytest.raises(error, match=message):
        call(tmp_path / "run.npz")
    assert not list(tmp_path.iterdir())


def test_diverging_leaves_the_last_good_epoch_in_the_file(tmp_path):
    def hooks():
        return [LearningRate(lambda t: 0.01 if t < 8 else 1e200)]

    def make():
        return parts(optimizer="gd")

    first = run(tmp_path / "run.npz", 9, hooks=hooks, make=make)
    assert len(load_state(tmp_path / "run.npz")["run"]["history"]["seconds"]) == 2
    again = run(tmp_path / "run.npz", 9, hooks=hooks, make=make)
    assert str(again) == str(first)  # not ==: there are NaNs


class Count:
    """Counts the steps, and keeps as its state what it is given."""

    def __init__(self, state):
        self.state, self.steps = state, 0

    def on_step(self, net, optimizer, history):
        self.steps += 1

    def state_dict(self):
        return self.state

    def load_state_dict(self, state):
        pass


@pytest.mark.parametrize(
    ("place", "state", "error", "message"),
    [
        (
            "nowhere/run.npz",
            {},
            FileNotFoundError,
            "^fit: checkpoint .*run.npz cannot be written, there is no folder .*",
        ),
        ("n" * 250, {}, OSError, "too long"),
        (
            "run.npz",
            {"seen": {1, 2}},
            TypeError,
            r"cannot hold the state of the callback Count: .* got \{1, 2\} \(set\)",
        ),
        (
            "run.npz",
            [object],
            TypeError,
            "^fit: checkpoint .*run.npz cannot hold the state of the callback Count: state",
        ),
    ],
)
def test_what_cannot_be_written_is_an_error_before_the_first_step(place, state, error, message, tmp_path):
    count = Count(state)
    with pytest.raises(error, match=message):
        run(tmp_path / place, 2, hooks=lambda: [count])
    assert count.steps == 0 and not list(tmp_path.iterdir())


def test_a_run_that_is_complete_is_not_written_again(tmp_path):
    run(tmp_path / "run.npz", 2)
    (tmp_path / "run.npz.unfinished").mkdir()  # now nothing can be written
    assert run(tmp_path / "run.npz", 2) == run(None, 2)
    with pytest.raises(IsADirectoryError):
        run(tmp_path / "run.npz", 3)


def test_a_callback_may_get_its_state_when_training_begins(tmp_path):
    class Late(Count):
        def on_train_begin(self, net, optimizer, history):
            self.state = {"a": 1}

    late = Late({1})
    run(tmp_path / "run.npz", 1, hooks=lambda: [late])
    assert load_state(tmp_path / "run.npz")["run"]["callbacks"] == [{"a": 1}] and late.steps == 4
