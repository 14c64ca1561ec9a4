"""The History as a table and as a figure, and the progress bar."""

import io
import sys
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gradus.layers import MLP
from gradus.optimizers import Adam
from gradus.plotting import curves
from gradus.training import Divergence, History, fit
from training_problems import blobs


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_history_is_printed_as_a_table(rng):
    history = History()
    assert repr(history) == "no epoch yet"
    for i in range(3):
        history.record(train_loss=1 / (i + 3), train_accuracy=0.5)
        history.seconds.append(0.1)
    history.record(lr=0.1)
    assert repr(history).split("\n") == [
        "epoch  train_loss  train_accuracy   lr",
        "    1      0.3333             0.5  0.1",
        "    2        0.25             0.5     ",
        "    3         0.2             0.5     ",
    ]
    history.stopped = True
    assert repr(history).endswith("\nstopped early")
    history.stopped, history.diverged = False, Divergence(3, 1, "2 Linear", 0.5)
    assert repr(history).endswith("\n" + str(history.diverged)) and "epoch 3, step 1" in repr(history)
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    lines = repr(fit(net, X, y, optimizer=Adam(net), epochs=45, rng=rng)).split("\n")
    assert [line.split()[0] for line in lines[1:]] == [*map(str, range(1, 11)), "…", *map(str, range(36, 46))]
    assert len(repr(fit(net, X, y, optimizer=Adam(net), epochs=20, rng=rng)).split("\n")) == 21


def test_history_is_plotted_as_it_is(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    history = fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net), epochs=4, rng=rng)
    with plt.rc_context():
        figure = curves({"train": history["train_loss"], "test": history["val_loss"]}, title="Learnt", ylabel="loss")
    drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert history["train_loss"] in drawn and history["val_loss"] in drawn
    plt.close(figure)


def test_history_counts_epochs_steps_and_seconds(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    history = fit(net, X, y, optimizer=Adam(net), epochs=3, batch=20, rng=rng)
    assert history.epochs == len(history.seconds) == 3 and all(s > 0 for s in history.seconds)
    assert history.steps is history.per_step["loss"] and len(history.steps) == 9
    assert repr(fit(net, X, y, optimizer=Adam(net), epochs=0, rng=rng)) == "no epoch yet"


def test_progress_is_shown_on_request_and_needs_tqdm_only_then(rng, capsys, monkeypatch):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    fit(net, X, y, optimizer=Adam(net), epochs=3, rng=rng, progress=True)
    assert "3/3" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng)
    with pytest.raises(ImportError):
        fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng, progress=True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_is_shown_to_whoever_sits_at_a_terminal_if_there_is_tqdm(rng, monkeypatch):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng)
    shown = {}
    for name, progress, stream, epochs in (
        ("quiet", None, io.StringIO(), 3),
        ("short", None, Terminal(), 3),
        ("off", False, Terminal(), 3),
        ("asked", True, io.StringIO(), 3),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        how = {"epochs": epochs, "rng": rng, "progress": progress}
        history = fit(net, X, y, X_val=X, y_val=y, optimizer=Adam(net), **how)
        shown[name] = stream.getvalue()
    assert not shown["quiet"] and not shown["off"] and "loss" not in shown["short"]
    last = f"loss {history['train_loss'][-1]:.4g}, val_loss {history['val_loss'][-1]:.4g}, "
    assert "3/3" in shown["asked"] and last + f"val_accuracy {history['val_accuracy'][-1]:.4g}" in shown["asked"]
    for progress, visible in ((None, True), (False, False)):  # it takes more than a second
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        slowly = {"batch": 60, "callbacks": [lambda net, optimizer, history: time.sleep(0.6)]}
        fit(net, X, y, optimizer=Adam(net), epochs=3, rng=rng, progress=progress, **slowly)
        assert ("3/3" in terminal.getvalue()) == visible
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng)
    assert terminal.getvalue() == ""
