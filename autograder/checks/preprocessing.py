"""Exercises of the assignment `preprocessing`: what is done to inputs before a network sees them, and with whose numbers."""

from __future__ import annotations

from gradus import preprocessing as ref
from gradus.gradient_diagnostics import path_ratio, sign_agreement

from autograder.checks import _preprocessing_components as parts
from autograder.checks import _preprocessing_paths as paths
from autograder.checks import _preprocessing_probes as tried
from autograder.checks import _preprocessing_wrong as wrong
from autograder.checks import _preprocessing_wrong_components as wrong_parts
from autograder.checks import _preprocessing_wrong_paths as wrong_paths
from autograder.comparison import exactly, values
from autograder.exercise import exercise, hidden, public, purity
from autograder.probes import holds, manners, named_fault, returns

CHAPTER = "Data preprocessing"

exercise(
    "Standardizer", ref.Standardizer, points=6, minutes=35, chapter=CHAPTER,
    section="Statistics of the training set, and of no other",
    cases=[
        public("mean 0 and standard deviation 1", tried.transformed(tried.flats, new=False)),
        public("new data, by the numbers of the training data", tried.transformed(tried.flats, new=True)),
        public("fit hands back the object", tried.chained),
        hidden("other training data", tried.transformed(tried.columns, new=False)),
        hidden("other new data", tried.transformed(tried.columns, new=True)),
        hidden("a single new row", tried.transformed(tried.single, new=True)),
        hidden("constant features", tried.transformed(tried.with_constants, new=False)),
        hidden("constant features that move later", tried.transformed(tried.with_constants, new=True)),
        hidden("features of small deviation", tried.transformed(tried.tiny_spread, new=True)),
        hidden("pixels stored as whole numbers", tried.transformed(tried.pixels, new=True)),
        hidden("several calls of transform", tried.order_of_calls),
        hidden("two objects side by side", tried.side_by_side),
        hidden("one object, fitted a second time", tried.fitted_again),
        purity("inputs unchanged", tried.standardizer_leaves_alone, holds({
            "fit": "fit changes the training data: work on a copy.",
            "transform": "transform changes the array it is given: work on a copy.",
        })),
        purity("no warnings", tried.standardizer_warnings, exactly),
        purity("float32 stays float32", tried.standardizer_dtype, holds("""With float32 data the result must be float32: which
            line turns it into another dtype?""")),
    ],
    mistakes=wrong.STANDARDIZER,
)  # fmt: skip

exercise(
    "mean_image", ref.mean_image, ref.channel_mean, points=4, minutes=20, chapter=CHAPTER,
    section="The mean image and the mean of a channel",
    cases=[
        public("mean image of two pictures", returns(tried.two_pictures)),
        public("channel means of two pictures", returns(tried.two_pictures, of=1)),
        hidden("mean image of other pictures", returns(tried.pictures)),
        hidden("channel means of other pictures", returns(tried.pictures, of=1)),
        hidden("mean image with one channel", returns(tried.grey_pictures)),
        hidden("channel means with one channel", returns(tried.grey_pictures, of=1)),
        hidden("mean image of pixels stored as bytes", returns(tried.bright_bytes)),
        hidden("channel means of pixels stored as bytes", returns(tried.bright_bytes, of=1)),
        *manners(tried.pictures, float32=False, label="by mean_image"),
        *manners(tried.pictures, of=1, float32=False, label="by channel_mean"),
    ],
    mistakes=wrong.MEANS,
)  # fmt: skip

exercise(
    "pca", wrong_parts.pca, wrong_parts.whiten, points=5, minutes=45, chapter=CHAPTER, section="PCA and whitening",
    cases=[
        public("components of six points", parts.components(parts.tilted_cloud), values(rtol=1e-6)),
        public("two points, whitened", parts.white_small),
        hidden("mean and eigenvalues of other data", parts.components(parts.cloud, "mean", "eigenvalues"), values(rtol=1e-6)),
        hidden("components of other data", parts.components(parts.cloud, "U"), values(rtol=1e-6, atol=1e-7)),
        hidden("other data, whitened", parts.white()),
        hidden("another eps", parts.white(eps=0.7)),
        hidden("some of the components only", parts.white(2)),
        hidden("a direction without variation", parts.without_variation),
        hidden("covariance of whitened data", parts.covariance_of_white, values(rtol=1e-6, atol=1e-8)),
        *manners(parts.components_args, float32=False, label="by pca"),
        *manners(parts.white_args, of=1, label="by whiten"),
    ],
    mistakes=wrong_parts.COMPONENTS,
)  # fmt: skip

exercise(
    "sign_agreement", sign_agreement, path_ratio, paths.sgd_path, points=3, minutes=40, chapter=CHAPTER,
    section="Inputs that are all positive",
    cases=[
        public("signs of four units", returns(paths.small_gradient)),
        public("a path with a corner", returns(paths.corner, of=1)),
        public("four steps with two examples", paths.walked(paths.few_examples)),
        public("behind logistic units one sign, behind tanh units hardly ever", paths.shares, paths.in_range,
               expected=lambda rng: {"logistic": (1.0, 1.0), "tanh": (0.0, 0.1)}),
        public("positive inputs make the longer way", paths.ratios, paths.in_range,
               expected=lambda rng: {"positive / centred": (1.5, 4.0)}),
        hidden("signs of other units", returns(paths.gradient_args)),
        hidden("length of another path", returns(paths.random_path, of=1), values(rtol=1e-6)),
        hidden("a straight path, and one with a detour", paths.straight_and_not, values(rtol=1e-6)),
        hidden("steps with other examples", paths.walked(paths.regression), values(rtol=1e-6)),
        *manners(paths.gradient_args, float32=False, label="by sign_agreement"),
        *manners(paths.random_path, of=1, float32=False, label="by path_ratio"),
        *manners(paths.regression, of=2, float32=False, label="by sgd_path"),
    ],
    mistakes=wrong_paths.PATHS,
)  # fmt: skip

exercise(
    "debug_preprocessing", "refitted", parts.fit_prepare, names=("FAULT", "fit_prepare"), points=5, minutes=25,
    chapter=CHAPTER, section="Statistics of the training set, and of no other",
    cases=[
        public("an image alone and in company", parts.alone_and_in_company),
        public("images read one at a time", parts.accuracy_one_at_a_time, paths.at_least(0.9), expected=lambda rng: 0.9),
        hidden("other images, and pixels that were constant", parts.other_images),
        hidden("the fault you name", named_fault(parts.FAULTS), exactly),
    ],
    mistakes=wrong_paths.DEBUG_PREPROCESSING,
)  # fmt: skip
