"""Gradient clipping against PyTorch, SciPy and cases by hand."""

import copy
import math

import numpy as np
import pytest
from gradus import clipping, recurrence
from gradus.clipping import clip_by_global_norm, clip_by_norm, clip_by_value, cosine, global_norm
from scipy import linalg
from scipy.spatial import distance


def gradients():
    """Four tensors of very different sizes, as the layers of a network have."""
    rng = np.random.default_rng(2)
    return [scale * rng.standard_normal(shape) for scale, shape in [(0.01, (5, 3)), (0.1, 3), (1, (3, 4)), (10, 4)]]


def flat(grads):
    return np.concatenate([np.ravel(g) for g in grads])


def test_norm_by_hand():
    assert global_norm([np.array([3.0]), np.array([[4.0]])]) == 5
    assert global_norm({"W": np.array([[2.0, 3.0]]), "b": np.array(6.0)}) == 7
    assert global_norm([]) == 0 == global_norm([np.zeros((2, 0)), np.zeros(3)])


def test_norm_is_that_of_the_concatenation():
    grads = gradients()
    assert global_norm(grads) == pytest.approx(linalg.norm(flat(grads)), rel=1e-14)
    assert global_norm(grads) == pytest.approx(math.hypot(*flat(grads)), rel=1e-14)
    assert global_norm(flat(grads)) == pytest.approx(global_norm(grads), rel=1e-14)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e4])
def test_norm_neither_overflows_nor_vanishes(size):
    with np.errstate(all="raise"):
        assert global_norm([np.array([3 * size, 0.0]), np.array([-4 * size])]) == pytest.approx(5 * size, rel=1e-14)


def test_norm_of_many_float32_entries_is_summed_in_float64():
    g = np.random.default_rng(0).random(10**5).astype(np.float32)
    assert global_norm(g) == pytest.approx(math.sqrt(math.fsum(float(x) ** 2 for x in g)), rel=1e-13)


@pytest.mark.parametrize("c", [0.1, 1.0, 5.0, 1e3])
def test_global_clipping_equals_pytorchs_but_for_its_epsilon(torch, c):
    parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients()]
    for parameter, g in zip(parameters, gradients(), strict=True):
        parameter.grad = torch.tensor(g)
    expected_norm = torch.nn.utils.clip_grad_norm_(parameters, c)
    clipped, norm = clip_by_global_norm(gradients(), c)
    assert norm == pytest.approx(float(expected_norm), rel=1e-12)
    for ours, parameter in zip(clipped, parameters, strict=True):
        np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=2e-6 / norm)


def test_clipping_by_value_equals_pytorchs(torch):
    parameter = torch.nn.Parameter(torch.zeros(6, dtype=torch.float64))
    g = np.array([-9.0, -1.0, -0.2, 0.0, 0.9, 100.0])
    parameter.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_value_([parameter], 1.0)
    np.testing.assert_array_equal(clip_by_value(g, 1.0), parameter.grad.numpy())
    np.testing.assert_array_equal(clip_by_value(g, 1.0), [-1, -1, -0.2, 0, 0.9, 1])


def test_only_the_global_norm_keeps_the_direction():
    grads = gradients()
    clipped, _ = clip_by_global_norm(grads, 1.0)
    assert cosine(flat(clipped), flat(grads)) == pytest.approx(1, abs=1e-14)
    assert linalg.norm(flat(clipped)) == pytest.approx(1, rel=1e-14)
    assert cosine(flat([clip_by_norm(g, 1.0) for g in grads]), flat(grads)) < 0.9
    # Géron's example: [0.9, 100] is turned by 41.5 degrees
    turned = clip_by_value(np.array([0.9, 100.0]), 1.0)
    assert math.degrees(math.acos(cosine(turned, np.array([0.9, 100.0])))) == pytest.approx(41.5, abs=0.05)


def test_norm_of_one_array_is_limited():
    np.testing.assert_allclose(clip_by_norm(np.array([[3.0], [4.0]]), 1.0), [[0.6], [0.8]], rtol=1e-15)
    np.testing.assert_array_equal(clip_by_norm(np.array([0.3, 0.4]), 0.5), [0.3, 0.4])


@pytest.mark.parametrize("c", [40.0, np.float64(1e6)])
def test_below_the_threshold_nothing_changes_bit_for_bit(c):
    clipped, norm = clip_by_global_norm(gradients(), c)
    assert norm < c
    for ours, g in zip(clipped, gradients(), strict=True):
        np.testing.assert_array_equal(ours, g)


def test_zero_gradient_stays_zero():
    with np.errstate(all="raise"):
        clipped, norm = clip_by_global_norm({"W": np.zeros((2, 2))}, 1.0)
    assert norm == 0
    np.testing.assert_array_equal(clipped["W"], 0)


@pytest.mark.parametrize("clip", [lambda grads, c: clip_by_global_norm(grads, c)[0], clip_by_value])
def test_form_dtype_and_inputs_are_kept(clip):
    arrays = [g.astype(np.float32) for g in gradients()]
    for grads in (arrays, tuple(arrays), dict(zip("abcd", arrays, strict=True)), arrays[3]):
        before = copy.deepcopy(grads)
        for c in (0.5, 1e6):
            clipped = clip(grads, c)
            assert type(clipped) is type(grads)
            pairs = zip(*(x.values() if isinstance(x, dict) else x for x in (clipped, grads)), strict=True)
            if isinstance(grads, np.ndarray):
                pairs = [(clipped, grads)]
            for ours, g in pairs:
                assert ours.dtype == np.float32
                assert ours.shape == g.shape
                assert not np.shares_memory(ours, g)
        np.testing.assert_equal(grads, before)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("clip", [clip_by_global_norm, clip_by_value])
def test_a_gradient_that_is_not_finite_is_refused_by_name(clip, bad):
    with pytest.raises(ValueError, match=rf"^{clip.__name__}: grads\['b'\] must be finite, got 1 NaN or infinite"):
        clip({"W": np.ones(2), "b": np.array([1.0, bad])}, 1.0)


def test_a_missing_gradient_is_refused_by_name():
    with pytest.raises(TypeError, match=r"^global_norm: grads\[1\] must be an array of real numbers, got None"):
        global_norm([np.ones(2), None])


def test_clipping_equals_that_of_keras_optimizers(keras):
    grads = gradients()
    tensors = [keras.ops.convert_to_tensor(g) for g in grads]
    for hyper, expected in [
        ({"clipvalue": 0.05}, [clip_by_value(g, 0.05) for g in grads]),
        ({"clipnorm": 0.5}, [clip_by_norm(g, 0.5) for g in grads]),
        ({"global_clipnorm": 0.5}, clip_by_global_norm(grads, 0.5)[0]),
    ]:
        theirs = keras.optimizers.SGD(**hyper)._clip_gradients(tensors)
        for ours, g in zip(expected, theirs, strict=True):
            np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(g), rtol=1e-6)


def test_an_array_at_the_threshold_is_not_touched():
    g = np.array([0.3, 0.4])
    np.testing.assert_array_equal(clip_by_norm(g, 0.5), g)
    np.testing.assert_array_equal(clip_by_value(g, 0.4), g)
    assert global_norm(clip_by_norm(g, 0.499)) == pytest.approx(0.499, rel=1e-14)


def test_integers_are_clipped_as_float64():
    np.testing.assert_allclose(clip_by_norm(np.array([3, 4]), 1), [0.6, 0.8], rtol=1e-15)
    assert clip_by_value(np.array([3, -4]), 2).tolist() == [2, -2]
    assert clip_by_norm(3.0, 2.0) == 2


@pytest.mark.parametrize("bad", [[np.ones(2)], (np.ones(2),), {"W": np.ones(2)}])
def test_clip_by_norm_takes_one_array_only(bad):
    with pytest.raises(TypeError, match=r"^clip_by_norm: g must be one array, got .*; use clip_by_global_norm"):
        clip_by_norm(bad, 1.0)


def test_entries_that_vanish_beside_others_raise_no_alarm():
    g = np.array([1.0, 1e-200])
    with np.errstate(all="raise"):
        assert global_norm(g) == 1
        np.testing.assert_allclose(clip_by_norm(np.array([1e200, 1e-200]), 1e-100), [1e-100, 0], rtol=1e-14)
        assert cosine(g, np.array([1.0, 1e-250])) == 1


# --- cosine


def test_cosine_by_hand():
    a, b = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    assert cosine(a, b) == pytest.approx(math.sqrt(0.5), rel=1e-15)
    assert cosine(a, np.array([0.0, -3.0])) == 0
    assert cosine([a, np.array([[2.0]])], [2 * a, np.array([[4.0]])]) == pytest.approx(1, rel=1e-15)
    assert cosine(b, -5 * b) == pytest.approx(-1, rel=1e-15)
    assert type(cosine(a, b)) is float


def test_cosine_is_that_of_scipy_for_the_concatenation(torch):
    a, b = gradients(), [np.cos(g) for g in gradients()]
    expected = 1 - distance.cosine(flat(a), flat(b))
    assert cosine(a, b) == pytest.approx(expected, rel=1e-13)
    theirs = torch.nn.functional.cosine_similarity(torch.tensor(flat(a)), torch.tensor(flat(b)), dim=0)
    assert cosine(a, b) == pytest.approx(float(theirs), rel=1e-13)
    names = dict(zip("abcd", a, strict=True)), dict(zip("abcd", b, strict=True))
    assert cosine(*names) == cosine(tuple(a), b) == cosine(a, b)
    reversed_names = dict(reversed(names[1].items()))
    assert cosine(names[0], reversed_names) == cosine(a, b)


def test_cosine_never_leaves_the_range_of_arccos():
    rng = np.random.default_rng(7)
    for _ in range(200):
        g = rng.standard_normal(7)
        assert -1 <= cosine(g, -3 * g) <= cosine(g, 7 * g) <= 1
        assert math.acos(cosine(g, 0.1 * g)) < 1e-7


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_cosine_neither_overflows_nor_vanishes(size):
    with np.errstate(all="raise"):
        assert cosine(np.array([3, 4.0]) * size, np.array([4.0, 3.0])) == pytest.approx(0.96, rel=1e-14)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros(2), np.ones(2), "a must not be 0 everywhere"),
        (np.ones(2), np.zeros(2), "b must not be 0 everywhere"),
        ([np.ones(2)], [np.ones((2, 1))], "b must hold arrays of the shapes of those in a"),
        ([np.ones(2)], [np.ones(2), np.ones(2)], "b must hold arrays of the shapes"),
        ({"W": np.ones(2)}, {"b": np.ones(2)}, "b must hold arrays of the shapes"),
        ([np.ones(2), np.array([np.inf])], [np.ones(2), np.ones(1)], r"a\[1\] must be finite"),
        ([np.ones(2)], [np.array([np.nan, 1])], r"b\[0\] must be finite"),
        ([], [], "a must not be 0 everywhere"),
    ],
)
def test_directions_that_cannot_be_compared_are_refused(a, b, message):
    with pytest.raises(ValueError, match=rf"^cosine: {message}"):
        cosine(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_longest_gradients_are_clipped_to_the_threshold_with_all_their_digits(dtype):
    g = np.full(1000, np.finfo(dtype).max / 2, dtype)
    for c in (1.0, 1e-3, 1e30):
        clipped, norm = clip_by_global_norm({"W": g, "b": -g[:24]}, c)
        assert norm == (math.inf if dtype == np.float64 else pytest.approx(float(g[0]) * 32, rel=1e-12))
        np.testing.assert_allclose(clipped["W"], c / 32, rtol=1e-6 if dtype == np.float32 else 1e-14)
        np.testing.assert_allclose(clipped["b"], -c / 32, rtol=1e-6 if dtype == np.float32 else 1e-14)
        assert clipped["W"].dtype == dtype
    np.testing.assert_allclose(clip_by_norm(g, 2.0), 2 / math.sqrt(1000), rtol=1e-6)


def test_the_recurrent_network_by_hand_can_be_had_from_here():
    assert clipping.rnn_bptt is recurrence.rnn_bptt and "rnn_bptt" in clipping.__all__
