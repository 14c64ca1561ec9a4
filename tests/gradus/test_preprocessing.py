"""Preprocessing against scikit-learn, NumPy and Keras, and by the covariances that it promises."""

import numpy as np
import pytest
from gradus.preprocessing import PCA, Standardizer, channel_mean, channel_std, mean_image, whiten, zca
from scipy import linalg


def data(N=200, D=6, seed=0):
    """Correlated columns of very different sizes."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((N, D)) @ rng.standard_normal((D, D)) * np.geomspace(0.1, 10, D) + np.arange(D) * 5


def with_constant_columns():
    X = data()
    X[:, 1] = 0
    X[:, 4] = 1e12 + 0.1  # the mean of these is not exact
    X[:, 5] = 1e11 + 0.1
    return X


def images(seed=0):
    return np.random.default_rng(seed).random((20, 5, 4, 3)) * [1, 50, 255] + [0, 10, 0]


# --- Standardizer


def test_standardized_by_hand():
    X = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0], [7.0, 40.0]])
    scaler = Standardizer().fit(X)
    np.testing.assert_allclose(scaler.mean, [4, 25], rtol=1e-15)
    np.testing.assert_allclose(scaler.sd, [np.sqrt(5), 15], rtol=1e-15)
    np.testing.assert_allclose(scaler.transform(np.array([[4.0, 40.0]])), [[0, 1]], rtol=1e-15)


def test_standardizer_equals_scikit_learns():
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    X, other = data(), data(seed=1)
    theirs, ours = preprocessing.StandardScaler().fit(X), Standardizer().fit(X)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-13)
    np.testing.assert_allclose(ours.sd, theirs.scale_, rtol=1e-13)
    np.testing.assert_allclose(ours.transform(other), theirs.transform(other), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(ours.inverse(ours.transform(other)), other, rtol=1e-12)


def test_training_data_have_mean_0_and_standard_deviation_1_afterwards_and_other_data_do_not():
    X, other = data(), data(seed=1)
    scaler = Standardizer().fit(X)
    Z = scaler.transform(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(Z.std(axis=0), 1, rtol=1e-13)
    np.testing.assert_array_equal(scaler.transform(other)[:7], scaler.transform(other[:7]))
    assert np.abs(scaler.transform(other).mean(axis=0)).max() > 0.01


def test_constant_columns_become_0():
    X = with_constant_columns()
    with np.errstate(all="raise"):
        scaler = Standardizer().fit(X)
        Z = scaler.transform(X)
    np.testing.assert_array_equal(scaler.sd[[1, 4, 5]], 1)
    np.testing.assert_array_equal(Z[:, [1, 4, 5]], 0)
    np.testing.assert_allclose(np.delete(Z, [1, 4, 5], axis=1).std(axis=0), 1, rtol=1e-12)
    one_row = Standardizer().fit(X[:1])
    np.testing.assert_array_equal(one_row.transform(X[:1]), 0)


@pytest.mark.parametrize(("size", "sd"), [(0.99e-8, 1), (1.01e-8, 1.01e-8)])
def test_columns_count_as_constant_below_tiny(size, sd):
    X = np.array([[-size], [size]])
    assert Standardizer().fit(X).sd == pytest.approx(sd, rel=1e-12)
    assert Standardizer(size * 1.01).fit(X).sd == 1
    assert Standardizer(size * 0.99).fit(X).sd == pytest.approx(size, rel=1e-12)
    assert Standardizer(1e-8).fit(np.array([[-1e-8], [1e-8]])).sd == pytest.approx(1e-8, rel=1e-12)


def test_float32_is_summed_in_float64_and_kept():
    X = (data(20_000) + 1000).astype(np.float32)
    scaler = Standardizer().fit(X)
    assert scaler.mean.dtype == scaler.sd.dtype == scaler.transform(X).dtype == scaler.inverse(X).dtype == np.float32
    np.testing.assert_allclose(scaler.sd, X.astype(float).std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scaler.mean, X.astype(float).mean(axis=0), rtol=1e-6)
    wide = Standardizer().fit(X.astype(float))
    assert wide.transform(X).dtype == wide.inverse(X).dtype == np.float32
    assert Standardizer().fit(np.arange(6).reshape(3, 2)).mean.dtype == np.float64


def test_standardizing_keeps_nan_and_no_rows_where_they_are():
    scaler = Standardizer().fit(data())
    X = data()[:3]
    X[1, 2] = np.nan
    assert np.argwhere(np.isnan(scaler.transform(X))).tolist() == [[1, 2]]
    assert scaler.transform(X[:0]).shape == (0, 6)


# --- images


def test_means_of_images_by_hand():
    X = np.zeros((2, 1, 2, 3))
    X[0, 0, 0] = [1, 2, 3]
    X[1, 0, 1] = [3, 2, 1]
    np.testing.assert_allclose(mean_image(X), [[[0.5, 1, 1.5], [1.5, 1, 0.5]]], rtol=1e-15)
    np.testing.assert_allclose(channel_mean(X), [1, 1, 1], rtol=1e-15)
    np.testing.assert_allclose(channel_std(X), [np.sqrt(1.5), 1, np.sqrt(1.5)], rtol=1e-15)


def test_channel_statistics_equal_those_of_pytorch_and_keras(torch, keras):
    X = images()
    sd, mean = torch.std_mean(torch.tensor(X), dim=(0, 1, 2), correction=0)
    np.testing.assert_allclose(channel_mean(X), mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(channel_std(X), sd.numpy(), rtol=1e-12)
    layer = keras.layers.Normalization(axis=-1)
    layer.adapt(X)
    normalized = keras.ops.convert_to_numpy(layer(X))
    np.testing.assert_allclose((X - channel_mean(X)) / channel_std(X), normalized, rtol=1e-5, atol=1e-6)


def test_mean_image_equals_pytorchs_mean_and_leaves_every_pixel_with_mean_0(torch):
    X = images()
    m = mean_image(X)
    assert m.shape == (5, 4, 3)
    np.testing.assert_allclose(m, torch.tensor(X).mean(dim=0).numpy(), rtol=1e-13)
    np.testing.assert_allclose((X - m).mean(axis=0), 0, atol=1e-12)


def test_channel_mean_is_the_mean_of_the_mean_image_and_equal_to_it_only_for_uniform_images():
    X = images()
    np.testing.assert_allclose(channel_mean(X), mean_image(X).mean(axis=(0, 1)), rtol=1e-13)
    assert np.abs(mean_image(X) - channel_mean(X)).max() > 1
    uniform = np.broadcast_to(X[:, :1, :1], X.shape)
    np.testing.assert_allclose(mean_image(uniform), np.broadcast_to(channel_mean(uniform), (5, 4, 3)), rtol=1e-13)


@pytest.mark.parametrize("function", [mean_image, channel_mean, channel_std])
def test_images_in_float32_are_summed_in_float64(function):
    X = np.full((300, 20, 20, 1), 0.1, np.float32)
    result = function(X)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, 0 if function is channel_std else np.float32(0.1))
    assert function(np.ones((1, 2, 2, 1), int)).dtype == np.float64


# --- PCA


def test_eigenvalues_are_those_of_the_covariance_matrix():
    X = data()
    pca = PCA().fit(X)
    covariance = np.cov(X, rowvar=False, bias=True)
    np.testing.assert_allclose(pca.eigenvalues, linalg.eigvalsh(covariance)[::-1], rtol=1e-9)
    np.testing.assert_allclose(covariance @ pca.U, pca.U * pca.eigenvalues, atol=1e-9 * pca.eigenvalues[0])
    np.testing.assert_allclose(pca.U.T @ pca.U, np.eye(6), atol=1e-13)
    np.testing.assert_allclose(pca.mean, X.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(np.cov(pca.transform(X).T, bias=True), np.diag(pca.eigenvalues), atol=1e-9)


@pytest.mark.parametrize("n_components", [None, 1, 3, 6])
def test_pca_equals_scikit_learns_also_in_sign(n_components):
    decomposition = pytest.importorskip("sklearn.decomposition")
    X, other = data(), data(seed=1)
    theirs, ours = decomposition.PCA(n_components).fit(X), PCA(n_components).fit(X)
    np.testing.assert_allclose(ours.U, theirs.components_.T, atol=1e-12)
    np.testing.assert_allclose(ours.eigenvalues, theirs.explained_variance_ * 199 / 200, rtol=1e-11)
    Z = ours.transform(other)
    np.testing.assert_allclose(Z, theirs.transform(other), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(ours.inverse(Z), theirs.inverse_transform(Z), rtol=1e-10, atol=1e-10)


def test_the_largest_entry_of_each_component_is_positive():
    U = PCA().fit(data(seed=2)).U
    assert (U[np.abs(U).argmax(axis=0), np.arange(6)] > 0).all()
    np.testing.assert_allclose(PCA().fit(-data(seed=2)).U, U, atol=1e-12)  # whatever the sign of the data


def test_pca_by_hand():
    X = np.array([[10.0, 20.0], [13.0, 23.0], [16.0, 26.0]])  # on a line
    pca = PCA().fit(X)
    np.testing.assert_allclose(pca.eigenvalues, [12, 0], atol=1e-14)
    np.testing.assert_allclose(pca.U[:, 0], np.sqrt([0.5, 0.5]), rtol=1e-15)
    np.testing.assert_allclose(pca.transform(np.array([[11.0, 21.0]]))[0, 0], -2 * np.sqrt(2), rtol=1e-14)


def test_all_components_reconstruct_exactly_and_fewer_lose_the_eigenvalues_left_out():
    X = data()
    full = PCA().fit(X)
    np.testing.assert_allclose(full.inverse(full.transform(X)), X, rtol=1e-12, atol=1e-12)
    for K in (1, 3, 5):
        pca = PCA(K).fit(X)
        assert pca.U.shape == (6, K)
        lost = np.square(X - pca.inverse(pca.transform(X))).sum(axis=1).mean()
        assert lost == pytest.approx(full.eigenvalues[K:].sum(), rel=1e-9)


def test_fewer_samples_than_columns():
    X = data(4)
    pca = PCA().fit(X)
    assert pca.U.shape == (6, 4)
    assert pca.eigenvalues[-1] == pytest.approx(0, abs=1e-12 * pca.eigenvalues[0])  # four points span three directions
    np.testing.assert_allclose(pca.inverse(pca.transform(X)), X, atol=1e-10)
    assert PCA(4).fit(X).U.shape == (6, 4)
    with pytest.raises(ValueError, match=r"^PCA.fit: X must have at least 5 rows and columns for 5 components"):
        PCA(5).fit(X)
    with pytest.raises(ValueError, match=r"^PCA.fit: X must have at least 7 rows and columns"):
        PCA(7).fit(data())


# --- whitening


@pytest.mark.parametrize("eps", [0.0, 1e-5, 1.0, 30.0])
def test_whitened_data_have_the_covariance_promised(eps):
    X = data()
    eigenvalues = PCA().fit(X).eigenvalues
    expected = np.diag(eigenvalues / (eigenvalues + eps))
    np.testing.assert_allclose(np.cov(whiten(X, eps).T, bias=True), expected, atol=1e-9)
    np.testing.assert_allclose(whiten(X, eps).mean(axis=0), 0, atol=1e-11)


def test_whitening_equals_scikit_learns_but_for_its_ddof():
    decomposition = pytest.importorskip("sklearn.decomposition")
    X, other = data(), data(seed=1)
    theirs = decomposition.PCA(4, whiten=True).fit(X)
    ours = whiten(other, 0.0, PCA(4).fit(X))
    np.testing.assert_allclose(ours * np.sqrt(199 / 200), theirs.transform(other), rtol=1e-9, atol=1e-9)


def test_zca_is_the_inverse_root_of_the_covariance_matrix():
    X = data()
    covariance = np.cov(X, rowvar=False, bias=True)
    expected = (X - X.mean(axis=0)) @ linalg.inv(linalg.sqrtm(covariance + 1e-3 * np.eye(6)))
    np.testing.assert_allclose(zca(X, 1e-3), expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(np.cov(zca(X, 0.0).T, bias=True), np.eye(6), atol=1e-9)


def test_zca_is_symmetric_and_closer_to_the_data_than_other_whitenings():
    X = data()
    X /= X.std(axis=0)
    X -= X.mean(axis=0)
    M = linalg.lstsq(X, zca(X, 0.0))[0]
    np.testing.assert_allclose(M, M.T, atol=1e-9)
    assert np.square(zca(X, 0.0) - X).sum() < np.square(whiten(X, 0.0) - X).sum()
    np.testing.assert_allclose(zca(X, 0.1), whiten(X, 0.1) @ PCA().fit(X).U.T, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("function", [whiten, zca])
def test_new_data_are_whitened_with_the_statistics_of_the_training_data(function):
    X, other = data(), data(seed=1)
    pca = PCA().fit(X)
    np.testing.assert_array_equal(function(other, 1e-5, pca)[:3], function(other[:3], 1e-5, pca))
    np.testing.assert_array_equal(function(X, 1e-5, pca), function(X, 1e-5))
    assert np.abs(function(other, 1e-5, pca) - function(other, 1e-5)).max() > 0.01


@pytest.mark.parametrize("function", [whiten, zca])
def test_epsilon_is_1e_5_unless_said(function):
    X = data() * 1e-3
    np.testing.assert_array_equal(function(X), function(X, 1e-5))
    assert (function(X) != function(X, 1.1e-5)).any()


@pytest.mark.parametrize("function", [whiten, zca])
def test_a_direction_without_variance_needs_a_positive_epsilon(function):
    X = data()
    X[:, 3] = 2 * X[:, 0] - X[:, 1]
    with pytest.raises(ValueError, match=rf"^{function.__name__}: eps must be positive, got 0"):
        function(X, 0.0)
    with pytest.raises(ValueError, match=rf"^{function.__name__}: eps must be positive, got 0"):
        function(np.ones((3, 2)), 0)
    with np.errstate(all="raise"):
        assert np.isfinite(function(X, 1e-5)).all()
    with pytest.raises(ValueError, match=rf"^{function.__name__}: eps must be positive, got 0"):
        function(X.astype(np.float32), 0.0)  # where rounding leaves more of an eigenvalue that is 0
    function(X, 0.0, PCA(5).fit(X))  # without that direction it does not


@pytest.mark.parametrize("function", [whiten, zca])
def test_whitening_keeps_the_dtype_of_the_data(function):
    X = data().astype(np.float32)
    assert function(X).dtype == function(X, 1e-5, PCA().fit(X.astype(float))).dtype == np.float32
    assert function(X.astype(float), 1e-5, PCA().fit(X)).dtype == np.float64
    np.testing.assert_allclose(function(X), function(X.astype(float)), atol=1e-4)


def test_pca_keeps_the_dtype_of_the_data():
    X = data().astype(np.float32)
    pca = PCA().fit(X)
    assert {a.dtype for a in (pca.mean, pca.U, pca.eigenvalues)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(pca.eigenvalues, PCA().fit(X.astype(float)).eigenvalues, rtol=1e-6)
    wide = PCA().fit(data())
    large = (data(20_000) + 1000).astype(np.float32)
    np.testing.assert_allclose(PCA().fit(large).mean, large.astype(float).mean(axis=0), rtol=1e-7)
    assert pca.transform(X).dtype == wide.transform(X).dtype == wide.inverse(X).dtype == np.float32


# --- misuse


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Standardizer().transform(data()), "Standardizer.transform"),
        (lambda: Standardizer().inverse(data()), "Standardizer.inverse"),
        (lambda: PCA().transform(data()), "PCA.transform"),
        (lambda: PCA().inverse(data()), "PCA.inverse"),
        (lambda: whiten(data(), 1e-5, PCA()), "whiten"),
        (lambda: zca(data(), 1e-5, PCA()), "zca"),
    ],
)
def test_use_before_fit_is_refused(call, name):
    with pytest.raises(RuntimeError, match=rf"^{name}: call fit with the training data first"):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: Standardizer().fit(X).transform(X[:, :5]), r"Standardizer.transform: X must have shape \(N, 6\)"),
        (lambda X: Standardizer().fit(X).transform(X[0]), r"Standardizer.transform: X must have shape \(N, 6\)"),
        (lambda X: Standardizer().fit(X).inverse(X[:, :5]), r"Standardizer.inverse: Z must have shape \(N, 6\)"),
        (lambda X: PCA(2).fit(X).transform(X[:, :2]), r"PCA.transform: X must have shape \(N, 6\)"),
        (lambda X: PCA(2).fit(X).inverse(X), r"PCA.inverse: Z must have shape \(N, 2\)"),
        (lambda X: whiten(X[:, :5], 1e-5, PCA().fit(X)), r"whiten: X must have shape \(N, 6\)"),
        (lambda X: Standardizer().fit(X[0]), r"Standardizer.fit: X must have 2 axes"),
        (lambda X: Standardizer().fit(X[:0]), r"Standardizer.fit: X must have at least one entry"),
        (lambda X: Standardizer().fit(X * np.nan), r"Standardizer.fit: X must be finite"),
        (lambda X: PCA().fit(X * np.inf), r"PCA.fit: X must be finite"),
        (lambda X: PCA().fit(X[:, :0]), r"PCA.fit: X must have at least one entry"),
    ],
)
def test_data_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call(data())
