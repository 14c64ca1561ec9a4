"""States in files: exact, complete or absent, and no pickle."""

import io
import os

import numpy as np
import pytest
from gradus.layers import MLP
from gradus.state_files import load_state, rehearse_saving, save_state


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
    with pytest.raises(
        ValueError, match=r"load_state: path .* is damaged, or not a file of save_state: it holds Python"
    ):
        load_state(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda b: b"text", "is damaged, .* it is no .npz, or only a part of one"),
        (lambda b: b[:-1], "is damaged, .* it is no .npz, or only a part of one"),
        (lambda b: b.replace(b"\x00\x00\x80?", b"\x00\x00\x80@", 1), "is damaged, .* an array in it cannot be read"),
        (lambda b: npz(json=np.zeros(3)), "is damaged, .* the text in it is none that save_state writes"),
        (lambda b: npz(json=np.frombuffer(b"[1]", np.uint8)), "is damaged, .* the text in it is none that save_state"),
        (lambda b: npz(), r"is not a file of save_state, but an .npz of the arrays \(none\); a Layer takes"),
        (
            lambda b: npz(a=np.zeros(2), b=1),
            r".* an .npz of the arrays a, b; a Layer .* load_state_dict\(dict\(np.load\(path\)",
        ),
        (lambda b: npz(**dict.fromkeys("abcd", 1.0)), ".* an .npz of the arrays a, b, c, …; a Layer"),
        (lambda b: npz(json=np.array(["x"], object)), "is damaged, .* it holds Python objects, not numbers"),
    ],
)
def test_a_file_that_cannot_be_read_is_described_without_advice_to_use_pickle(content, message, tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, {"a": np.ones(3, np.float32)})
    path.write_bytes(content(path.read_bytes()))
    with pytest.raises(ValueError, match=f"^load_state: path .*state.npz {message}") as raised:
        load_state(path)
    assert "pickle" not in str(raised.value)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_a_flipped_bit_is_noticed_or_without_effect(tmp_path):
    path = tmp_path / "state.npz"
    state = {"a": np.arange(3.0), "b": [1, "x"]}
    save_state(path, state)
    good, refused = path.read_bytes(), 0
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ (1 << place % 8)]) + good[place + 1 :])
        try:
            back = load_state(path)
        except ValueError as error:
            assert str(error).startswith("load_state: path")
            refused += 1
        else:
            np.testing.assert_equal(back, state)
    assert refused > 0.7 * len(good)  # elsewhere are dates and the like


def test_arrays_of_savez_are_taken_by_a_layer_as_the_message_says(tmp_path):
    net, other = MLP([2, 3], rng=np.random.default_rng(0)), MLP([2, 3], rng=np.random.default_rng(1))
    np.savez(tmp_path / "net.npz", **net.state_dict())
    with pytest.raises(ValueError, match=r"load_state_dict\(dict\(np.load\(path\)\)\)"):
        other.load(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as arrays:
        other.load_state_dict(dict(arrays))
    np.testing.assert_array_equal(other.flat, net.flat)


def test_a_rehearsal_raises_what_saving_would_and_writes_nothing(tmp_path):
    path = tmp_path / "run.npz"
    rehearse_saving(path, {"a": np.ones(3)})
    assert not list(tmp_path.iterdir())
    save_state(path, {"a": 1})
    rehearse_saving(path, {"a": 2})
    assert load_state(path) == {"a": 1} and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(FileNotFoundError):
        rehearse_saving(tmp_path / "nowhere" / "run.npz", {})
    with pytest.raises(OSError, match="too long"):
        rehearse_saving(tmp_path / ("n" * 250), {})
    with pytest.raises(TypeError, match="rehearse_saving: path must be"):
        rehearse_saving(3, {})
    with pytest.raises(TypeError, match=r"rehearse_saving: state must hold .* at state/a"):
        rehearse_saving(path, {"a": {1}})


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
