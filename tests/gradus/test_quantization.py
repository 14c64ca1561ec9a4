"""Quantization against PyTorch, by its error bound and by hand."""

import numpy as np
import pytest
from gradus.quantization import dequantize, quantize

BITS = [2, 3, 4, 8, 9, 16]


def weights(seed=0):
    return np.random.default_rng(seed).standard_normal((40, 30))


def test_quantization_by_hand():
    q, scale = quantize(np.array([-1.0, -0.3, 0.0, 0.5, 0.6, 1.0]) * 7, 4)
    assert scale == 1.0
    np.testing.assert_array_equal(q, [-7, -2, 0, 4, 4, 7])  # 3.5 goes to the even neighbour
    np.testing.assert_array_equal(dequantize(q, 0.5), [-3.5, -1, 0, 2, 2, 3.5])


@pytest.mark.parametrize("bits", BITS)
def test_error_is_at_most_half_a_step_and_that_is_needed(bits):
    w = weights()
    q, scale = quantize(w, bits)
    error = np.abs(w - dequantize(q, scale)).max()
    assert scale == pytest.approx(np.abs(w).max() / (2 ** (bits - 1) - 1), rel=1e-15)
    assert 0.45 * scale < error <= scale / 2 * (1 + 1e-12)


@pytest.mark.parametrize("bits", BITS)
def test_integers_fill_the_range_symmetrically(bits):
    q, scale = quantize(weights(), bits)
    assert np.abs(q.astype(int)).max() == 2 ** (bits - 1) - 1
    assert q.dtype == (np.int8 if bits <= 8 else np.int16)
    opposite, same = quantize(-weights(), bits)
    np.testing.assert_array_equal(opposite, -q)
    assert same == scale
    assert type(scale) is float


@pytest.mark.parametrize("bits", BITS)
def test_result_equals_pytorchs_fake_quantization(torch, bits):
    w = weights().astype(np.float32)
    q, scale = quantize(w, bits)
    q_max = 2 ** (bits - 1) - 1
    expected = torch.fake_quantize_per_tensor_affine(torch.tensor(w), scale, 0, -q_max, q_max).numpy()
    ours = dequantize(q, scale, np.float32)
    assert ours.dtype == np.float32
    # PyTorch multiplies by 1 / scale in float32: an entry in the middle may go the other way
    off = np.abs(ours - expected) > 1e-6 * np.abs(w).max()
    assert off.mean() < 0.01
    np.testing.assert_allclose(ours, expected, atol=scale * 1.001)


@pytest.mark.parametrize("bits", [4, 8])
def test_integers_equal_those_of_keras(keras, bits):
    w = weights(1)
    q_max = 2 ** (bits - 1) - 1
    expected, factor = keras.quantizers.abs_max_quantize(w, axis=(0, 1), value_range=(-q_max, q_max), epsilon=1e-15)
    q, scale = quantize(w, bits)
    np.testing.assert_array_equal(q, keras.ops.convert_to_numpy(expected))
    assert scale == pytest.approx(1 / float(keras.ops.convert_to_numpy(factor).item()), rel=1e-6)


def test_float32_is_divided_in_float64():
    w = np.random.default_rng(2).standard_normal(100_000).astype(np.float32)  # some near the middle of two steps
    q, scale = quantize(w, 16)
    np.testing.assert_array_equal(q, quantize(w.astype(np.float64), 16)[0])
    assert scale == quantize(w.astype(np.float64), 16)[1]


def test_unsigned_integers_can_be_scaled_back():
    assert dequantize(np.array([0, 200], np.uint8), 0.5).tolist() == [0, 100]


def test_quantizing_again_changes_nothing():
    q, scale = quantize(weights(), 8)
    again, same = quantize(dequantize(q, scale), 8)
    np.testing.assert_array_equal(again, q)
    assert same == pytest.approx(scale, rel=1e-14)


def test_zeros_and_no_weights():
    for w in (np.zeros((2, 3)), np.zeros((0, 3))):
        q, scale = quantize(w, 8)
        assert scale == 1.0
        np.testing.assert_array_equal(dequantize(q, scale), w)


@pytest.mark.parametrize(("size", "dtype"), [(1e300, np.float64), (1e-300, np.float64), (1e38, np.float32)])
def test_huge_and_tiny_weights(size, dtype):
    w = (weights() * size / 10).astype(dtype)
    with np.errstate(all="raise"):
        q, scale = quantize(w, 16)
        back = dequantize(q, scale, dtype)
    np.testing.assert_allclose(back, w, atol=0.51 * scale)


@pytest.mark.parametrize(
    ("bits", "message"), [(1, "bits must be at least 2, got 1"), (17, "bits must be at most 16, got 17")]
)
def test_bits_out_of_range_are_refused(bits, message):
    with pytest.raises(ValueError, match=f"^quantize: {message}"):
        quantize(weights(), bits)
