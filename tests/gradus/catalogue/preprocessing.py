"""gradus.preprocessing"""

import numpy as np
from gradus import preprocessing

from . import Entry


def data(rng, dtype):
    return rng.standard_normal((12, 3)).astype(dtype)


def images(rng, dtype):
    return {"X": rng.standard_normal((6, 4, 5, 3)).astype(dtype)}


def use_scaler(scaler, rng, dtype):
    scaler.fit(data(rng, dtype))
    Z = scaler.transform(data(rng, dtype))
    return scaler.mean, scaler.sd, Z, scaler.inverse(Z)


def use_pca(pca, rng, dtype):
    pca.fit(data(rng, dtype))
    Z = pca.transform(data(rng, dtype))
    return pca.mean, pca.U, pca.eigenvalues, Z, pca.inverse(Z)


def whitening(function, oracles):
    return Entry(
        function,
        lambda rng, dtype: {
            "X": data(rng, dtype),
            "eps": 1e-3,
            "pca": preprocessing.PCA().fit(data(rng, dtype)),
        },
        oracles=oracles,
        bad={"eps": [np.inf, True], "X": [np.ones((12, 4))], "pca": [preprocessing.Standardizer()]},
        fine={"X": {"NaN": "its row becomes NaN", "empty": "no rows in, no rows out"}},
        changes={"pca": "not changed; compared by what it computes"},
    )


CHANNELS = "test_preprocessing.py::test_channel_statistics_equal_those_of_pytorch_and_keras"

ENTRIES = [
    Entry(
        preprocessing.Standardizer,
        lambda rng, dtype: {"tiny": 1e-6},
        oracles={
            "sklearn StandardScaler": "test_preprocessing.py::test_standardizer_equals_scikit_learns",
            "by hand": "test_preprocessing.py::test_standardized_by_hand",
        },
        bad={"tiny": [0.0, np.inf]},
        use=use_scaler,
    ),
    Entry(
        preprocessing.mean_image,
        images,
        oracles={
            "torch mean": (
                "test_preprocessing.py::test_mean_image_equals_pytorchs_mean_and_leaves_every_pixel_with_mean_0"
            ),
            "by hand": "test_preprocessing.py::test_means_of_images_by_hand",
        },
        bad={"X": [np.ones((4, 5, 3))]},
    ),
    Entry(
        preprocessing.channel_mean,
        images,
        oracles={
            "torch.std_mean, keras Normalization": CHANNELS,
            "by hand": "test_preprocessing.py::test_means_of_images_by_hand",
        },
        bad={"X": [np.ones((4, 5, 3))]},
    ),
    Entry(
        preprocessing.channel_std,
        images,
        oracles={
            "torch.std_mean, keras Normalization": CHANNELS,
            "by hand": "test_preprocessing.py::test_means_of_images_by_hand",
        },
        bad={"X": [np.ones((4, 5, 3))]},
    ),
    Entry(
        preprocessing.PCA,
        lambda rng, dtype: {"n_components": 2},
        oracles={
            "sklearn PCA": "test_preprocessing.py::test_pca_equals_scikit_learns_also_in_sign",
            "numpy.cov": "test_preprocessing.py::test_eigenvalues_are_those_of_the_covariance_matrix",
            "by hand": "test_preprocessing.py::test_pca_by_hand",
        },
        bad={"n_components": [0, True]},
        use=use_pca,
    ),
    whitening(
        preprocessing.whiten,
        {
            "sklearn PCA(whiten=True)": ("test_preprocessing.py::test_whitening_equals_scikit_learns_but_for_its_ddof"),
            "numpy.cov": "test_preprocessing.py::test_whitened_data_have_the_covariance_promised",
        },
    ),
    whitening(
        preprocessing.zca,
        {
            "scipy.linalg.sqrtm": "test_preprocessing.py::test_zca_is_the_inverse_root_of_the_covariance_matrix",
            "symmetry": "test_preprocessing.py::test_zca_is_symmetric_and_closer_to_the_data_than_other_whitenings",
        },
    ),
]
