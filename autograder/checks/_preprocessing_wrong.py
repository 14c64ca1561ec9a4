"""Wrong versions of `Standardizer` and of the two means, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.preprocessing import channel_mean, mean_image

from autograder.exercise import mistake

Array = np.ndarray
F = Callable[..., Any]

# ---------------------------------------------------------------- Standardizer


def guarded(sd: Any) -> Any:
    return np.where(sd < 1e-8, 1.0, sd).astype(np.asarray(sd).dtype)


def standardizer(
    mean: F = lambda X: X.mean(axis=0),
    sd: F = lambda X: guarded(X.std(axis=0)),
    z: F = lambda X, mean, sd: (X - mean) / sd,
    seen: F = lambda fitted, X: fitted,
    hands_back: bool = True,
) -> type:
    """The class with one part replaced. `seen` says which data the statistics are taken from when X is transformed."""

    class Standardizer:
        def fit(self, X: Array) -> Any:
            self.X = X
            return self if hands_back else None

        def transform(self, X: Array) -> Any:
            with np.errstate(all="ignore"):
                data = seen(self.X, X)
                return z(X, mean(data), sd(data))

    return Standardizer


def in_global() -> type:
    """Statistics outside of the object: all objects share those of the last fit."""
    kept: dict[str, Array] = {}

    class Standardizer:
        def fit(self, X: Array) -> Any:
            kept["mean"], kept["sd"] = X.mean(axis=0), guarded(X.std(axis=0))
            return self

        def transform(self, X: Array) -> Array:
            return (X - kept["mean"]) / kept["sd"]

    return Standardizer


class FirstTransformFits:
    """The statistics are taken from the first data that are transformed, not from those of fit."""

    def fit(self, X: Array) -> Any:
        self.mean = None
        return self

    def transform(self, X: Array) -> Array:
        if self.mean is None:
            self.mean, self.sd = X.mean(axis=0), guarded(X.std(axis=0))
        return (X - self.mean) / self.sd


def in_place(X: Array, mean: Array, sd: Array) -> Array:
    X -= mean
    X /= sd
    return X


class CentresInPlace:
    """fit subtracts the mean from the caller's training data on the way to the deviation."""

    def fit(self, X: Array) -> Any:
        self.mean = X.mean(axis=0)
        X -= self.mean.astype(X.dtype)
        self.sd = guarded(np.sqrt((X * X).mean(axis=0)))
        return self

    def transform(self, X: Array) -> Array:
        return (X - self.mean) / self.sd


def into_same_kind(X: Array, mean: Array, sd: Array) -> Array:
    Z = np.zeros_like(X)
    Z[:] = (X - mean) / sd
    return Z


def without_constants(X: Array, mean: Array, sd: Array) -> Array:
    keep = sd > 0
    return (X[:, keep] - mean[keep]) / sd[keep]


def zero_where_constant(X: Array, mean: Array, sd: Array) -> Array:
    return np.where(sd < 1e-8, 0.0, (X - mean) / guarded(sd)).astype(X.dtype)


def bare(X: Array) -> Array:
    return X.std(axis=0)


NOT_FITTED_HERE = """For new data you use the mean and deviation of these new data. A single image, minus itself, is black: what
    was measured in fit is all that transform may use."""
NO_GUARD = """A feature that is constant in training has deviation 0, and your result is no finite number there. What is asked
    for in place of the 0?"""

STANDARDIZER = [
    mistake("refitted_on_new_data", NOT_FITTED_HERE, standardizer(seen=lambda fitted, X: X)),
    mistake("fitted_on_first_transform", """Your numbers come from the first data that are transformed. fit gets the
        training data: measure there, and keep what you measured.""", FirstTransformFits),
    mistake("own_deviation", """The mean is that of the training data, but the deviation is that of the data being
        transformed. Both are measured once, in fit.""",
        standardizer(z=lambda X, mean, sd: (X - mean) / guarded(X.std(axis=0)))),
    mistake("own_mean", """The deviation is that of the training data, but the mean is that of the data being
        transformed. Both are measured once, in fit.""", standardizer(z=lambda X, mean, sd: (X - X.mean(axis=0)) / sd)),
    mistake("one_mean_for_all", """You use one mean and one deviation for all features together: floor areas and
        distances are mixed up. Along which axis do the examples run?""",
        standardizer(mean=lambda X: X.mean(), sd=lambda X: guarded(X.std()))),
    mistake("one_deviation_for_all", """Each feature has its own mean, but all are divided by one number. Each feature
        has its own deviation, too.""", standardizer(sd=lambda X: guarded(X.std()))),
    mistake("one_mean_only", """Each feature has its own deviation, but one mean is subtracted from all. Each feature
        has its own mean, too.""", standardizer(mean=lambda X: X.mean())),
    mistake("each_row", """You give each row mean 0: every example is compared with itself. A feature is a column.""",
        standardizer(mean=lambda X: X.mean(axis=1, keepdims=True), sd=lambda X: X.std(axis=1, keepdims=True))),
    mistake("variance", """You divide by the variance. Its unit is that of the feature squared; the result is to have
        none.""",
        standardizer(sd=lambda X: np.where(X.std(axis=0) < 1e-8, 1.0, X.var(axis=0)).astype(X.dtype))),
    mistake("ddof_1", """Your deviation divides by N − 1. Asked for is the mean of the squared distances, as X.std
        gives it: then the training data have deviation 1 exactly.""",
        standardizer(sd=lambda X: guarded(X.std(axis=0, ddof=1)))),
    mistake("divided_first", """You divide first and then subtract the mean of the undivided data. In which order do
        the two happen?""", standardizer(z=lambda X, mean, sd: X / sd - mean)),
    mistake("centred_only", """Your features have mean 0 and still their old deviations: one step is missing.""",
        standardizer(sd=lambda X: X.dtype.type(1))),
    mistake("scaled_only", """Your features have deviation 1 and still a mean: one step is missing.""",
        standardizer(mean=lambda X: X.dtype.type(0))),
    mistake("min_max", """Your features run from 0 to 1. That is another scaling, by the smallest and the largest
        value; asked for are mean 0 and deviation 1.""",
        standardizer(mean=lambda X: X.min(axis=0), sd=lambda X: guarded(np.ptp(X, axis=0)))),
    mistake("divided_by_range", """You divide by the range of each feature. Asked for is its standard deviation.""",
        standardizer(sd=lambda X: guarded(np.ptp(X, axis=0)))),
    mistake("multiplied", """You multiply by the deviation: features with a large spread get a larger one still.""",
        standardizer(z=lambda X, mean, sd: (X - mean) * sd)),
    mistake("no_guard", NO_GUARD, standardizer(sd=bare)),
    mistake("exactly_zero_only", """A column of 0.1 is constant, and yet its computed deviation is not 0 but 10⁻¹⁷:
        the mean was rounded. From which size on does the task count a deviation as 0?""",
        standardizer(sd=lambda X: np.where(X.std(axis=0) == 0, 1.0, X.std(axis=0)).astype(X.dtype))),
    *(mistake(f"tiny_added_{tiny:g}", """A tiny number, added to the deviation or put in its place, keeps the training
        data finite. But a feature that was constant in training and moves later is divided by that tiny number: what
        does the task divide it by?""",
        standardizer(sd=lambda X, tiny=tiny: (X.std(axis=0) + tiny).astype(X.dtype))) for tiny in (1e-8, 1e-10, 1e-12)),
    mistake("guard_too_large", """A feature of small deviation counts as constant in yours, and is not divided. Small is not
        zero: written in kilometres, every length is small. From which size on does the task count a deviation as 0?""",
        standardizer(sd=lambda X: np.where(X.std(axis=0) < 1e-3, 1.0, X.std(axis=0)).astype(X.dtype))),
    mistake("nan_to_num", """Turning NaN into 0 afterwards hides the division by 0, and what moves later becomes
        infinite, or as large as a number can be. The task says what to divide by.""",
        standardizer(sd=bare, z=lambda X, mean, sd: np.nan_to_num((X - mean) / sd))),
    mistake("constants_dropped", """Columns are missing from your result: those that were constant in training. The
        result has the shape of what came in.""", standardizer(sd=bare, z=without_constants)),
    mistake("zero_where_constant", """A feature that was constant in training is 0 in your result for ever, even when
        it moves in the new data. It is to be centred like the others; only the division does nothing.""",
        standardizer(sd=bare, z=zero_where_constant)),
    mistake("whole_numbers", """With pixels stored as whole numbers your result consists of whole numbers: the
        fractions were cut off where you put the result into an array made like X.""", standardizer(z=into_same_kind)),
    mistake("shared_by_all", """Two objects, fitted to different data, give the same result: the second fit has
        overwritten what the first one found. Where does each object keep what is its own?""", in_global()),
    mistake("nothing_handed_back", """fit measures, but hands nothing back, so that nothing can be called on its
        result. What does the task say that fit returns?""", standardizer(hands_back=False)),
    mistake("input_changed", """transform changes the array it was given, the caller's data. Compute a new array;
        avoid -= and /= on what you did not make.""", standardizer(z=in_place, seen=lambda fitted, X: fitted)),
    mistake("training_data_changed", """fit changes the training data it was given. Compute new arrays; avoid -= on
        what you did not make.""", CentresInPlace),
]  # fmt: skip

# ---------------------------------------------------------------- mean_image, channel_mean


def means(image: F = mean_image, channel: F = channel_mean) -> tuple[F, F]:
    return image, channel


def mean_over(*axes: int, keepdims: bool = False) -> F:
    return lambda X: np.asarray(X).mean(axis=axes or None, keepdims=keepdims)


def sum_in_bytes(X: Array) -> Array:
    """A running sum in an array made like a picture: with bytes it starts anew at 256."""
    total = np.zeros_like(X[0])
    for picture in X:
        total = total + picture
    return total / len(X)


def channels_in_bytes(X: Array) -> Array:
    return np.array(
        [X[..., c].sum(dtype=X.dtype if X.dtype.kind == "u" else None) / X[..., c].size for c in range(X.shape[-1])]
    )


def rounded(f: F) -> F:
    return lambda X: f(X).astype(X.dtype)


MEANS = [
    mistake("swapped", """The two functions have changed places: which of the two results has the shape of a
        picture?""",
        channel_mean, mean_image),
    mistake("image_by_columns", """Your mean image has lost its rows: it is a mean over images and rows. Pixels of
        different rows are different pixels; only the images are averaged.""", *means(image=mean_over(0, 1))),
    mistake("channel_by_columns", """Your mean of a channel still knows the columns. One number a channel: which of
        the four axes is to be left?""", *means(channel=mean_over(0, 1))),
    mistake("both_by_columns", """You average over images and rows in both functions. Write down what each of the four
        axes of X holds, and strike out those that are to vanish.""", mean_over(0, 1), mean_over(0, 1)),
    mistake("channel_by_image", """You have a mean for each image and channel. It must not depend on the image: at
        test time it is to be subtracted from others.""", *means(channel=mean_over(1, 2))),
    mistake("brightness", """You have one number for each image, its brightness. Asked for is one for each channel,
        over all images.""", *means(channel=mean_over(1, 2, 3))),
    mistake("channels_first", """You average as if the channels came right after the images. Here they come last: (N,
        H, W, C).""", *means(channel=mean_over(0, 2, 3))),
    mistake("grey_image", """Your mean image has no colours: the channels were averaged as well.""",
        *means(image=mean_over(0, 3))),
    mistake("over_channels", """You average over the channels, not over the images: which axis of X runs over the
        images?""",
        *means(image=mean_over(3))),
    mistake("one_number", """One number for everything mixes the channels: red, green and blue each have a mean of
        their own.""",
        *means(channel=mean_over())),
    mistake("one_number_image", """Your mean image is a single number. Each pixel of each channel has a mean of its
        own.""",
        *means(image=mean_over())),
    mistake("keepdims", """The numbers are right, the shape is not: the axes that were averaged over are still there,
        with length 1. The task asks for (C,).""", *means(channel=mean_over(0, 1, 2, keepdims=True))),
    mistake("keepdims_image", """The numbers are right, the shape is not: the axis of the images is still there, with
        length 1. The task asks for (H, W, C).""", *means(image=mean_over(0, keepdims=True))),
    mistake("channel_of_mean_wrong_way", """Your channel mean is averaged over rows and channels of the mean image,
        and the columns are left. Which axis of the mean image holds the channels?""",
        *means(channel=mean_over(0, 1, 3))),
    mistake("sum", """These are sums. By how many numbers must each be divided?""",
        lambda X: X.sum(axis=0), lambda X: X.sum(axis=(0, 1, 2))),
    mistake("channel_divided_by_images", """Your sums over a channel are divided by the number of images. How many
        numbers went into each of them?""", *means(channel=lambda X: X.sum(axis=(0, 1, 2)) / len(X))),
    mistake("subtracted", """You return pictures from which the mean has been subtracted. Asked for is the mean
        itself: it is to be subtracted from other pictures, too.""",
        lambda X: X - X.mean(axis=0), lambda X: X - X.mean(axis=(0, 1, 2))),
    mistake("overflow_in_bytes", """With pixels stored as bytes your mean is far too dark: a byte holds no number
        above 255, and your running sum starts at 0 again. In which dtype should one add up?""",
        *means(image=sum_in_bytes)),
    mistake("overflow_in_channels", """With pixels stored as bytes your means of channels are far too dark: a byte
        holds no number above 255. In which dtype should one add up?""", *means(channel=channels_in_bytes)),
    mistake("rounded", """With pixels stored as bytes your means are whole numbers: the result was put into the dtype
        of the pictures.""", rounded(mean_image), rounded(channel_mean)),
]  # fmt: skip
