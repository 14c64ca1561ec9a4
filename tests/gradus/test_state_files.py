"""States in files: exact, complete or absent, and no pickle."""

import os

import numpy as np
import pytest
from gradus.state_files import load_state, save_state


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
    ("call", "error", "message"),
    [
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
