"""Checkpoints that are damaged or of another run are refused, and nothing is changed."""

import numpy as np
import pytest
from checkpointed_run import callbacks, decay, parts, problem, run
from gradus import functions as F
from gradus.callbacks import LearningRate
from gradus.layers import MLP, Layer, Sequential
from gradus.optimizers import Adam
from gradus.state_files import save_state
from gradus.training import fit


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
    refused(path, r"fit: checkpoint .*run\.npz is not a file of save_state, but an .npz of the arrays a;")
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
