"""Checkpoints: a run that was interrupted ends as if it had not been, down to the last bit."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from gradus import functions as F
from gradus.callbacks import ClipNorm, LearningRate, PerformanceRate, StopEarly
from gradus.checkpoints import Checkpoint
from gradus.early_stopping import EarlyStopping
from gradus.layers import MLP, Activation, BatchNorm, Dropout, Layer, Linear, Sequential
from gradus.optimizers import Adam, AdamW, GradientDescent, Momentum, Nadam, Nesterov, RMSProp
from gradus.schedules import PerformanceSchedule
from gradus.state_files import load_state, save_state
from gradus.training import fit

OPTIMIZERS = {
    "gd": lambda net: GradientDescent(net, 0.1),
    "momentum": lambda net: Momentum(net, 0.05),
    "nesterov": lambda net: Nesterov(net, 0.05),
    "rmsprop": lambda net: RMSProp(net, 0.003),
    "adam": lambda net: Adam(net, 0.01),
    "adamw": lambda net: AdamW(net, 0.01),
    "nadam": lambda net: Nadam(net, 0.01),
}


def problem():
    rng = np.random.default_rng(7)
    X = rng.standard_normal((96, 6))
    y = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 0)
    return {"X": X[:64], "y": y[:64], "X_val": X[64:], "y_val": y[64:], "batch": 16}


def parts(seed=0, optimizer="adam", dtype=np.float64, shared=False):
    """A network with everything that has a state, its optimizer, and fit's rng."""
    rng = np.random.default_rng(seed)
    masks = rng if shared else np.random.default_rng(seed + 100)
    inner = Sequential(Linear(12, 12, rng=rng, dtype=dtype), BatchNorm(12, dtype=dtype), Activation("tanh"))
    net = Sequential(
        Linear(6, 12, rng=rng, dtype=dtype),
        Activation("relu"),
        Dropout(0.3, rng=masks),
        inner,
        Dropout(0.2, rng=masks),
        Linear(12, 3, rng=rng, dtype=dtype),
    )
    return net, OPTIMIZERS[optimizer](net), rng


def decay(t):
    return 0.02 / (1 + t / 10)


def callbacks():
    return [LearningRate(decay), ClipNorm(0.5), StopEarly(EarlyStopping(4))]


def outcome(net, optimizer, rng, history):
    """Everything that a run leaves, to be compared bit by bit."""
    generators = [layer.rng.bit_generator.state for _, layer in net.named_layers() if hasattr(layer, "rng")]
    return {
        "net": {name: array.tobytes() for name, array in net.state_dict().items()},
        "dtypes": {array.dtype for array in net.state_dict().values()},
        "optimizer": {k: np.asarray(v).tobytes() for k, v in optimizer.state_dict().items()},
        "generators": [rng.bit_generator.state, *generators],
        "history": dict(history),
        "steps": history.per_step,
        "stopped": history.stopped,
    }


def run(path, epochs, *, make=parts, hooks=callbacks, **kwargs):
    net, optimizer, rng = make()
    history = fit(
        net, **problem() | kwargs, optimizer=optimizer, epochs=epochs, rng=rng, callbacks=hooks(), checkpoint=path
    )
    return outcome(net, optimizer, rng, history)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_a_run_in_pieces_ends_like_one_in_one_piece(optimizer, dtype, tmp_path):
    def make():
        return parts(optimizer=optimizer, dtype=dtype)

    whole = run(None, 7, make=make)
    assert whole["history"]["val_loss"] and whole["dtypes"] == {np.dtype(dtype)}
    for epochs in (1, 2, 5, 7):
        pieces = run(tmp_path / "run.npz", epochs, make=make)
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
    from test_checkpoints import callbacks, parts, problem
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


def test_a_write_that_is_interrupted_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    save_state(path, {"a": 1})

    def power_cut(*args):
        raise OSError("power cut")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="power cut"):
            patch.setattr(os, step, power_cut)
            save_state(path, {"a": 2})
        assert load_state(path) == {"a": 1}
    save_state(path, {"a": 3})
    assert load_state(path) == {"a": 3} and [p.name for p in tmp_path.iterdir()] == ["state.npz"]


def test_what_is_written_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    calls = []

    def noted(name, function):
        return lambda *args: (calls.append(name), function(*args))[1]

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    save_state(tmp_path / "state.npz", {})
    assert calls == (["fsync", "replace", "fsync"] if os.name == "posix" else ["fsync", "replace"])


def test_a_state_comes_back_bit_for_bit_and_type_for_type(tmp_path):
    state = {
        "arrays": [
            np.array([0.1, -0.0, np.inf]),
            np.float32([[1], [2]]),
            np.array(5),
            np.zeros((0, 3)),
            np.array(["a"]),
        ],
        "numbers": (1, -0.0, 2**200, 0.1, True, None, float("inf"), 1e-320, "ÿ", ""),
        "scalars": [np.float64(0.1), np.float32(0.1), np.int64(-7), np.bool_(True)],
        "a long list": [0.1 * i for i in range(1000)],
        "mixed": [*range(20), 0.5],
        "": {1: {"x": []}, (2, "b"): {}},
    }
    save_state(tmp_path / "state.npz", state)
    back = load_state(str(tmp_path / "state.npz"))
    assert repr(back) == repr(state)
    np.testing.assert_equal(back, state)
    assert [a.dtype for a in back["arrays"]] == [a.dtype for a in state["arrays"]]
    assert [type(x) for x in back["scalars"]] == [type(x) for x in state["scalars"]]
    assert type(back["a long list"][0]) is float
    nan = load_state_of(tmp_path, {"x": float("nan"), "y": [float("nan")] * 20})
    assert np.isnan(nan["x"]) and np.isnan(nan["y"]).all()


def load_state_of(tmp_path, state):
    save_state(tmp_path / "other.npz", state)
    return load_state(tmp_path / "other.npz")


def test_no_pickle_is_written_or_read(tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, {"a": np.arange(3.0), "b": [1, "x"]})
    with np.load(path, allow_pickle=False) as npz:
        assert {npz[name].dtype.kind for name in npz.files} <= set("fu")
    with path.open("wb") as file:
        np.savez(file, json=np.array([{"format": "gradus state 1"}], dtype=object))
    with pytest.raises(ValueError, match=r"load_state: path .* is damaged, or not a file of save_state: Object arrays"):
        load_state(path)


@pytest.mark.parametrize(
    "spoil",
    {
        "half": lambda b: b[: len(b) // 2],
        "one byte short": lambda b: b[:-1],
        "empty": lambda b: b"",
        "a bit": lambda b: b[: len(b) // 2] + bytes([b[len(b) // 2] ^ 1]) + b[len(b) // 2 + 1 :],
        "text": lambda b: b"not a checkpoint",
    }.items(),
    ids=lambda item: item[0],
)
def test_a_damaged_file_is_refused_and_nothing_changes(spoil, tmp_path):
    path = tmp_path / "run.npz"
    run(path, 2)
    path.write_bytes(spoil[1](path.read_bytes()))
    refused(path, r"fit: checkpoint .*run\.npz is damaged, or not a file of save_state")


def test_an_npz_of_something_else_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    np.savez(path, a=np.zeros(3))
    refused(path, r"fit: checkpoint .*run\.npz is damaged, or not a file of save_state")
    save_state(path, {"a": 1})
    refused(path, r"fit: checkpoint .*run\.npz holds a state, but not of a training run")
    with path.open("wb") as file:
        np.savez(file, json=np.frombuffer(b'{"format": "gradus state 2", "state": {"dict": []}}', np.uint8))
    refused(path, r"its format is 'gradus state 2', not 'gradus state 1'")


def refused(path, message, make=parts, epochs=5, hooks=callbacks, **kwargs):
    net, optimizer, rng = make()
    before, content = frozen(net, optimizer, rng), path.read_bytes()
    with pytest.raises(ValueError, match=message):
        fit(net, **problem() | kwargs, optimizer=optimizer, epochs=epochs, rng=rng, callbacks=hooks(), checkpoint=path)
    assert frozen(net, optimizer, rng) == before and path.read_bytes() == content


def frozen(net, optimizer, rng):
    return (
        {name: array.tobytes() for name, array in net.state_dict().items()},
        {k: np.asarray(v).tobytes() for k, v in optimizer.state_dict().items()},
        str(rng.bit_generator.state),
        optimizer.lr,
    )


def another_network():
    rng = np.random.default_rng(0)
    net = MLP([6, 12, 3], rng=rng)
    return net, Adam(net, 0.01), rng


def other_bits():
    net, optimizer, _ = parts()
    return net, optimizer, np.random.Generator(np.random.MT19937(0))


def other_activation():
    net, _, rng = parts()
    net = Sequential(*net.layers[:1], Layerlike(), *net.layers[2:])
    return net, Adam(net, 0.01), rng


class Layerlike(Layer):
    def forward(self, x):
        return x


def mean_loss(outputs, y):
    return F.softmax_cross_entropy(outputs, y)


DATA = problem()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"make": another_network}, r"parameter 3\.0\.W was float64 of shape \(12, 12\), here it is absent"),
        ({"make": lambda: parts(dtype=np.float32)}, r"parameter 0\.W was float64 of .* here it is float32 of"),
        ({"make": lambda: parts(optimizer="momentum")}, "optimizer was Adam, here it is Momentum"),
        (
            {"make": other_bits},
            r"generators was PCG64 in rng; PCG64 in 2\.rng, 4\.rng, here it is MT19937 in rng; PCG64",
        ),
        ({"make": other_activation}, r"layers was .*1\.Activation.*, here it is .*1\.Layerlike"),
        ({"X": DATA["X"][:60], "y": DATA["y"][:60]}, r"X was float64 of shape \(64, 6\) .* here it is .*\(60, 6\)"),
        ({"X": DATA["X"] + 1}, "X was float64 of shape .* with checksum .*, here it is"),
        ({"y": 2 - DATA["y"]}, "y was int64 of shape .* with checksum .*, here it is"),
        ({"X_val": None, "y_val": None}, r"X_val was float64 .*, here it is none"),
        ({"batch": 8}, "batch was 16, here it is 8"),
        ({"drop_last": False}, "drop_last was True, here it is False"),
        ({"shuffle": False}, "shuffle was True, here it is False"),
        ({"loss": mean_loss}, "loss was softmax_cross_entropy, here it is mean_loss"),
        ({"clip": lambda grads: grads}, "clip was None, here it is .*<lambda>"),
        ({"hooks": lambda: [LearningRate(decay)]}, "callbacks with a state was StopEarly, here it is none"),
        ({"epochs": 1}, "it holds 2 epochs, here there are to be 1"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_nothing_changes(given, message, tmp_path):
    run(tmp_path / "run.npz", 2)
    refused(tmp_path / "run.npz", f"fit: checkpoint .*run.npz is of another run: {message}", **given)


def test_a_state_that_a_callback_does_not_take_changes_nothing(tmp_path):
    class Fussy:
        def on_step(self, net, optimizer, history):
            pass

        def state_dict(self):
            return {"x": 1}

        def load_state_dict(self, state):
            if state != {"x": 1} or not self.easy:
                self.easy = True
                raise ValueError("not like this")

        easy = True

    class Easy(Fussy):
        easy = False

    Easy.__name__ = "Fussy"
    run(tmp_path / "run.npz", 2, hooks=lambda: [Fussy()])
    refused(tmp_path / "run.npz", "not like this", hooks=lambda: [Easy()])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: Checkpoint(3), TypeError, r"Checkpoint: path must be the path of a file, got 3"),
        (lambda p: Checkpoint(p, every=0), ValueError, "Checkpoint: every must be at least 1, got 0"),
        (lambda p: Checkpoint(p, every=1.5), TypeError, "Checkpoint: every must be an integer"),
        (lambda p: run(3, 1), TypeError, "fit: checkpoint must be a path or a Checkpoint, got 3"),
        (lambda p: save_state(None, {}), TypeError, "save_state: path must be the path of a file, got None"),
        (lambda p: save_state(p, [1]), TypeError, "save_state: state must be a dict, got"),
        (lambda p: save_state(p, {"a": {"b": [object]}}), TypeError, r"save_state: state must hold .* at state/a/b/0"),
        (lambda p: save_state(p, {"a": np.array([None])}), TypeError, "save_state: state must hold"),
        (lambda p: save_state(p, {"a": {1, 2}}), TypeError, "save_state: state must hold"),
        (lambda p: load_state(None), TypeError, "load_state: path must be the path of a file, got None"),
        (lambda p: load_state(p), FileNotFoundError, "run.npz"),
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


def test_a_file_in_a_folder_that_does_not_exist_is_an_error_before_the_end(tmp_path):
    start = time.perf_counter()
    with contextlib.suppress(FileNotFoundError):
        run(tmp_path / "nowhere" / "run.npz", 10**6)
    assert time.perf_counter() - start < 30
