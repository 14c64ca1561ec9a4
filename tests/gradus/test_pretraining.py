"""Pretraining: autoencoders against PCA, PyTorch and gradients by hand; tasks whose labels follow from the data."""

from functools import partial

import numpy as np
import pytest
from gradus import Variable, gradcheck
from gradus import functions as F
from gradus.data import load_digits_images, load_digits_split
from gradus.initializers import constant, glorot_normal
from gradus.layers import MLP, BatchNorm, Linear, Sequential
from gradus.optimizers import Adam
from gradus.pretraining import (
    Autoencoder,
    PairNet,
    denoising_gradients,
    gaussian_noise,
    linear_optimum,
    make_pairs,
    make_rotation_task,
    mask_patches,
    masking_noise,
)
from gradus.training import fit
from gradus.transfer import copy_layers
from scipy import optimize, stats
from sklearn.decomposition import PCA


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def correlated():
    """(200, 6), not centred, with a spectrum."""
    return rng().standard_normal((200, 6)) @ np.diag([3, 2, 1, 0.5, 0.3, 0.1]) @ rng(1).standard_normal((6, 6)) + 5


def test_the_linear_optimum_is_the_error_of_pca(correlated):
    for H in (1, 3, 5):
        pca = PCA(H).fit(correlated)
        error = np.mean((pca.inverse_transform(pca.transform(correlated)) - correlated) ** 2)
        assert linear_optimum(correlated, H) == pytest.approx(error, rel=1e-10)
        left = np.linalg.eigvalsh(np.cov(correlated.T, bias=True))[: 6 - H].sum() / 6  # the smallest eigenvalues
        assert linear_optimum(correlated, H) == pytest.approx(left, rel=1e-10)
    assert linear_optimum(correlated, 6) == linear_optimum(correlated, 9) == 0


def test_a_linear_autoencoder_reaches_the_optimum_of_pca(correlated):
    X = correlated - correlated.mean(axis=0)
    for H in (1, 3):
        net = Autoencoder(6, H, rng=rng(2), activation="identity")

        def loss_and_gradient(w, net=net):
            net.flat[...] = w
            net.cleargrads()
            loss = F.mean_squared_error(net(X), X)
            loss.backward()
            return float(loss.data), net.flat_grad

        assert loss_and_gradient(net.flat.copy())[0] > 1.5 * linear_optimum(X, H)
        reached = optimize.minimize(loss_and_gradient, net.flat.copy(), jac=True, tol=1e-12).fun
        assert linear_optimum(X, H) * (1 - 1e-12) <= reached < linear_optimum(X, H) * (1 + 1e-6)


def test_an_autoencoder_is_its_layers_in_a_row_in_numpy():
    X = rng().standard_normal((7, 5))
    net = Autoencoder(5, [4, 3], rng=rng(), activation="tanh")
    assert [tuple(p.shape) for p in net.params()] == [(5, 4), (4,), (4, 3), (3,), (3, 4), (4,), (4, 5), (5,)]
    W1, b1, W2, b2, W3, b3, W4, b4 = (p.data for p in net.params())
    code = np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2)
    np.testing.assert_allclose(net.encoder(X).data, code, rtol=1e-13)
    np.testing.assert_allclose(net(X).data, np.tanh(code @ W3 + b3) @ W4 + b4, rtol=1e-13)
    assert net.flat.size == sum(p.size for p in net.params())


def test_defaults_and_arguments_of_an_autoencoder():
    net = Autoencoder(5, 4, rng=rng())
    assert net.encoder.layers[1].name == "relu" and net.noise is None and net.flat.dtype == np.float64
    he = MLP([5, 4, 5], rng=rng())
    np.testing.assert_array_equal(net.flat, he.flat)  # the customary initializer, drawn in the same order
    net = Autoencoder(5, 4, rng=rng(), init=constant, dtype=np.float32)
    assert not net.flat.any() and net.flat.dtype == np.float32
    assert np.array_equal(
        Autoencoder(5, 4, rng=rng(), activation="tanh").params()[0].data, glorot_normal((5, 4), rng())
    )


def test_gradients_of_an_autoencoder_pass_the_check():
    X = rng().standard_normal((6, 5))
    net = Autoencoder(5, 3, rng=rng(), activation="tanh", noise=lambda X, rng: X * 1.1)
    gradcheck(lambda *_: F.mean_squared_error(net(X), X), *net.params(), rng=rng())


def by_hand(seed=0, N=6, D=5, H=3):
    generator = rng(seed)
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, D), "b2": (D,)}
    params = {name: generator.standard_normal(shape) for name, shape in shapes.items()}
    X = generator.standard_normal((N, D))
    return params, X, X + generator.standard_normal((N, D))


def test_gradients_by_hand_are_those_of_the_engine():
    params, X, X_noisy = by_hand()
    net = Autoencoder(5, 3, rng=rng(), activation="tanh", noise=lambda X, rng: X_noisy)
    for p, w in zip(net.params(), params.values(), strict=True):
        p.data[...] = w
    loss, grads = denoising_gradients(params, X, X_noisy)
    engine = F.mean_squared_error(net(X), X)
    engine.backward()
    assert loss == pytest.approx(float(engine.data), rel=1e-13) and type(loss) is float
    for p, (name, g) in zip(net.params(), grads.items(), strict=True):
        np.testing.assert_allclose(g, p.grad, rtol=1e-11, atol=1e-14, err_msg=name)


def test_gradients_by_hand_are_pytorchs(torch):
    params, X, X_noisy = by_hand(1)
    tensors = {name: torch.tensor(w, requires_grad=True) for name, w in params.items()}
    h = torch.tanh(torch.tensor(X_noisy) @ tensors["W1"] + tensors["b1"])
    theirs = torch.nn.functional.mse_loss(h @ tensors["W2"] + tensors["b2"], torch.tensor(X))
    theirs.backward()
    loss, grads = denoising_gradients(params, X, X_noisy)
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for name, g in grads.items():
        np.testing.assert_allclose(g, tensors[name].grad.numpy(), rtol=1e-11, atol=1e-14)
    assert denoising_gradients(params, X, X)[0] != loss  # the noise counts
    assert denoising_gradients(params, X_noisy, X_noisy)[0] != loss  # and so does which of the two is the target


def test_noise_is_for_the_input_and_for_training_only():
    X, seen = rng().standard_normal((4, 5)), []

    def noise(X, generator):
        seen.append((X, generator))
        return X + 1

    source = rng(7)
    net = Autoencoder(5, 3, rng=source, noise=noise)
    clean = Autoencoder(5, 3, rng=rng(7))
    noisy = net(X).data
    assert len(seen) == 1 and seen[0][0] is X and seen[0][1] is source
    np.testing.assert_array_equal(noisy, clean(X + 1).data)
    np.testing.assert_array_equal(net.eval()(X).data, clean(X).data)
    assert len(seen) == 1
    net(Variable(X))  # a Variable is welcome where there is no noise
    with pytest.raises(TypeError, match="x must be an array in training with noise"):
        net.train()(Variable(X))


def test_gaussian_noise_is_normal():
    X = rng(1).standard_normal((300, 50))
    z = (gaussian_noise(X, rng(), 0.3) - X) / 0.3
    assert stats.kstest(z.ravel(), stats.norm.cdf).pvalue > 1e-4
    assert abs(z.mean()) < 5 / np.sqrt(z.size) and z.std() == pytest.approx(1, abs=5 / np.sqrt(2 * z.size))
    np.testing.assert_array_equal(gaussian_noise(X, rng(), 0.3), gaussian_noise(X, rng(), 0.3))
    assert not np.array_equal(gaussian_noise(X, rng(), 0.3), gaussian_noise(X, rng(1), 0.3))


def test_masking_noise_hides_entries_by_independent_draws():
    X = rng(1).standard_normal((300, 50))
    masked = masking_noise(X, rng(), 0.2)
    hidden = masked == 0
    np.testing.assert_array_equal(masked[~hidden], X[~hidden])
    assert stats.binomtest(int(hidden.sum()), X.size, 0.2).pvalue > 1e-4
    for axis in (0, 1):  # rows alike, columns alike: no mask is used twice
        counts = hidden.sum(axis=axis)
        assert stats.kstest(counts, stats.binom(len(X) if axis == 0 else 50, 0.2).cdf).statistic < 0.25
        assert counts.std() > 0


def test_noise_of_no_strength_changes_nothing():
    X = rng(1).standard_normal((30, 5))
    for noise in (gaussian_noise, masking_noise):
        np.testing.assert_array_equal(noise(X, rng(), 0.0), X)
        assert not np.shares_memory(noise(X, rng(), 0.0), X)
    assert not masking_noise(X, rng(), 1.0).any()
    double, single = (gaussian_noise(X, rng(), std) - X for std in (0.6, 0.3))
    np.testing.assert_allclose(double, 2 * single, rtol=1e-12, atol=1e-14)  # the noise is proportional to std


def test_a_denoising_autoencoder_trains_by_fit_and_lends_its_encoder():
    X, _, X_test, _ = load_digits_split(rng(), standardize=False)
    X, X_test = X / 16, X_test / 16
    net = Autoencoder(64, 40, rng=rng(), noise=partial(masking_noise, rate=0.3))
    history = fit(net, X, X, loss=F.mean_squared_error, optimizer=Adam(net, 0.003), epochs=20, rng=rng())
    assert history["train_loss"][-1] < 0.5 * history["train_loss"][0]
    corrupted = masking_noise(X_test, rng(5), 0.3)
    restored = net.eval()(corrupted).data
    assert np.mean((restored - X_test) ** 2) < 0.5 * np.mean((corrupted - X_test) ** 2)
    classifier = MLP([64, 40, 10], rng=rng(1))
    copy_layers(net.encoder, classifier, 2)
    np.testing.assert_array_equal(classifier.outputs(X_test)[1][1], net.encoder(X_test).data)


def labelled(N=60, C=4, seed=0):
    y = rng(seed).integers(0, C, N)
    return np.stack([np.arange(N), y], axis=1).astype(float), y  # a sample says which one it is


@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_half_of_the_pairs_are_of_one_class(n):
    X, y = labelled()
    pairs, same = make_pairs(X, y, n, rng())
    assert pairs.shape == (n, 2, 2) and same.shape == (n,) and same.sum() == n // 2
    np.testing.assert_array_equal(pairs[:, 0, 1] == pairs[:, 1, 1], same == 1)
    assert (pairs[:, 0, 0] != pairs[:, 1, 0]).all()


def test_every_possible_pair_is_drawn_equally_often():
    y = np.array([2, 0, 0, 5, 0, 2])  # 5 has nobody to be paired with
    pairs, same = make_pairs(np.arange(6.0), y, 60_000, rng())
    i, j = pairs.astype(int).T
    ones = [(a, b) for a in range(6) for b in range(6) if y[a] == y[b] and a != b]
    twos = [(a, b) for a in range(6) for b in range(6) if y[a] != y[b]]
    for kind, possible in ((1, ones), (0, twos)):
        firsts = sorted({a for a, _ in possible})
        seconds = {a: [b for c, b in possible if c == a] for a in firsts}
        chosen = list(zip(i[same == kind].tolist(), j[same == kind].tolist(), strict=True))
        counts = [chosen.count(pair) for pair in possible]
        expected = [30_000 / len(firsts) / len(seconds[a]) for a, _ in possible]
        assert stats.chisquare(counts, expected).pvalue > 1e-4
    assert abs(np.corrcoef(same[:-1], same[1:])[0, 1]) < 5 / np.sqrt(60_000)  # in random order


def test_pairs_depend_on_the_generator_alone_and_take_images():
    images, y = load_digits_images()
    first, again, other = (make_pairs(images, y, 50, rng(seed)) for seed in (1, 1, 2))
    assert first[0].shape == (50, 2, 8, 8)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    assert not np.shares_memory(first[0], images)


def pair_net(seed=0):
    return PairNet(MLP([5, 4, 3], "tanh", rng=rng(seed)), 3, rng=rng(seed + 1))


def test_a_pair_network_is_its_formula(torch):
    net, pairs = pair_net(), rng().standard_normal((7, 2, 5))
    h1, h2 = (torch.tensor(net.encoder(pairs[:, i]).data) for i in (0, 1))
    net.c.data[...] = 0.3
    v, c = torch.tensor(net.v.data[:, 0]), torch.tensor(net.c.data[0])
    expected = torch.sigmoid((h1 - h2).abs() @ v + c).numpy()
    np.testing.assert_allclose(net.probability(pairs), expected, rtol=1e-12)
    logits = torch.tensor(net(pairs).data)
    np.testing.assert_allclose(torch.softmax(logits, 1)[:, 1].numpy(), expected, rtol=1e-12)
    np.testing.assert_array_equal(logits[:, 0], 0)
    cross_entropy = torch.nn.functional.binary_cross_entropy(torch.tensor(expected), torch.ones(7).double())
    loss = F.softmax_cross_entropy(net(pairs), np.ones(7, int))
    assert float(loss.data) == pytest.approx(cross_entropy.item(), rel=1e-12)


def test_both_branches_of_a_pair_network_share_their_gradient():
    net, pairs, y = pair_net(), rng().standard_normal((7, 2, 5)), rng().integers(0, 2, 7)
    gradcheck(lambda *_: F.softmax_cross_entropy(net(pairs), y), *net.params(), rng=rng())
    assert len(net.params()) == 6
    np.testing.assert_allclose(net.probability(pairs[:, ::-1]), net.probability(pairs), rtol=1e-12)  # symmetric
    twins = np.stack([pairs[:, 0], pairs[:, 0]], axis=1)
    np.testing.assert_allclose(net.probability(twins), 0.5, rtol=1e-12)  # σ(c), c = 0 at first


def test_batch_normalization_sees_both_samples_of_the_pairs():
    net = PairNet(Sequential(BatchNorm(5, momentum=0.0), Linear(5, 3, rng=rng())), 3, rng=rng())
    pairs = rng().standard_normal((7, 2, 5)) + np.array([[[1.0], [3.0]]])
    net(pairs)
    np.testing.assert_allclose(net.encoder.layers[0].running_mean, pairs.mean(axis=(0, 1)), rtol=1e-12)
    moved = net.encoder.layers[0].running_mean.copy()
    net.probability(pairs + 1)  # looking changes nothing
    np.testing.assert_array_equal(net.encoder.layers[0].running_mean, moved)


def test_pairs_of_digits_are_learnt_by_fit():
    X, y, X_test, y_test = load_digits_split(rng())
    net = PairNet(MLP([64, 30, 15], rng=rng()), 15, rng=rng())
    pairs, same = make_pairs(X, y, 2000, rng())
    fit(net, pairs, same, optimizer=Adam(net, 0.003), epochs=12, rng=rng())
    pairs, same = make_pairs(X_test, y_test, 1000, rng(1))
    assert np.mean((net.probability(pairs) > 0.5) == same) > 0.8


def test_rotations_are_numpys_and_the_label_is_their_number():
    images = rng().standard_normal((3, 4, 4))
    turned, labels = make_rotation_task(images)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    for i, (image, k) in enumerate(zip(turned, labels, strict=True)):
        np.testing.assert_array_equal(image, np.rot90(images[i % 3], k))
    corner = make_rotation_task(np.array([[[1.0, 2.0], [3.0, 4.0]]]))[0]
    assert corner.reshape(4, 4).tolist() == [[1, 2, 3, 4], [2, 4, 1, 3], [4, 3, 2, 1], [3, 1, 4, 2]]


def test_rotated_images_may_have_channels_and_a_random_order():
    images = rng().standard_normal((5, 4, 4, 3))
    turned, labels = make_rotation_task(images, rng(1))
    assert turned.shape == (20, 4, 4, 3) and sorted(labels) == sorted(list(range(4)) * 5)
    assert labels.tolist() != sorted(labels)
    back = np.stack([np.rot90(image, -k) for image, k in zip(turned, labels, strict=True)])
    for image in images:
        assert sum(np.array_equal(image, b) for b in back) == 4
    np.testing.assert_array_equal(turned, make_rotation_task(images, rng(1))[0])
    assert not np.shares_memory(make_rotation_task(images)[0], images)


@pytest.mark.parametrize("shape", [(200, 6, 8), (200, 6, 8, 3)])
def test_a_patch_is_a_square_within_the_image(shape):
    X = rng().standard_normal(shape)
    masked, mask = mask_patches(X, 3, rng(1))
    assert mask.shape == (200, 6, 8) and mask.dtype == bool and (mask.sum(axis=(1, 2)) == 9).all()
    assert ((mask.any(axis=2).sum(axis=1) == 3) & (mask.any(axis=1).sum(axis=1) == 3)).all()
    np.testing.assert_array_equal(masked[mask], 0)
    np.testing.assert_array_equal(masked[~mask], X[~mask])
    rows, columns = mask.any(axis=2).argmax(axis=1), mask.any(axis=1).argmax(axis=1)
    for place, n in ((rows, 4), (columns, 6)):  # every place equally often: 6 − 3 + 1 and 8 − 3 + 1
        assert stats.chisquare(np.bincount(place, minlength=n)).pvalue > 1e-4 and place.max() < n
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 5 / np.sqrt(200)
    np.testing.assert_array_equal(mask, mask_patches(X, 3, rng(1))[1])


def test_a_patch_may_fill_the_image():
    masked, mask = mask_patches(np.ones((2, 4, 5)), 4, rng())
    assert (mask.sum(axis=(1, 2)) == 16).all()
    assert not mask_patches(np.ones((2, 4, 4)), 4, rng())[0].any()
    assert masked.sum() == 8
