"""IDX files: real ones of every type, damaged ones of every kind, and the four files of MNIST and Fashion-MNIST."""

import gzip
import hashlib
import inspect
import struct
import tracemalloc

import numpy as np
import pytest
from gradus import data, idx
from gradus.idx import load_fashion_mnist, load_mnist, read_idx

FORMATS = {  # type in the header → NumPy's name, struct's letter, some values with their extremes
    0x08: (np.uint8, "B", [0, 1, 255]),
    0x09: (np.int8, "b", [-128, 0, 127]),
    0x0B: (np.int16, "h", [-32768, 258, 32767]),
    0x0C: (np.int32, "i", [-(2**31), 16909060, 2**31 - 1]),
    0x0D: (np.float32, "f", [-1.5, 0.0, 3.0e38]),
    0x0E: (np.float64, "d", [-1.5, 0.1, 1e308]),
}
STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array, code=0x08):
    """The file of an array, packed value by value with struct."""
    header = struct.pack(f">2xBB{array.ndim}I", code, array.ndim, *array.shape)
    return header + struct.pack(f">{array.size}{FORMATS[code][1]}", *array.ravel().tolist())


def write_set(folder, n_train=30, n_test=20, pack=True, size=(4, 5), end=""):
    """A small set in the four files; what is in them."""
    rng = np.random.default_rng(n_train)
    arrays = []
    for stem, n in zip(STEMS, (n_train, n_train, n_test, n_test), strict=True):
        array = rng.integers(0, 256, (n, *size)) if "idx3" in stem else rng.integers(0, 10, n)
        content = idx_bytes(array)
        name = stem.replace("-idx", ".idx") if end == "dotted" else stem
        path = folder / (name + (".gz" if pack else ""))
        path.write_bytes(gzip.compress(content) if pack else content)
        arrays.append(array)
    return arrays


def digests(folder):
    return tuple(hashlib.md5((folder / f"{stem}.gz").read_bytes()).hexdigest() for stem in STEMS)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("code", FORMATS)
def test_every_type_is_read_in_its_byte_order(code, packed, tmp_path):
    dtype, _, values = FORMATS[code]
    array = np.array(values * 4, dtype).reshape(2, 3, 2)
    path = tmp_path / "numbers"  # the name says nothing about packing
    path.write_bytes(gzip.compress(idx_bytes(array, code)) if packed else idx_bytes(array, code))
    got = read_idx(path)
    np.testing.assert_array_equal(got, array)
    assert got.dtype == dtype and got.dtype.isnative
    got[...] = 0  # one's own
    np.testing.assert_array_equal(read_idx(str(path)), array)


def test_a_file_written_by_hand(tmp_path):
    path = tmp_path / "six"
    path.write_bytes(bytes.fromhex("00000b02 00000002 00000003 0001 0002 0003 0100 ffff 8000"))
    np.testing.assert_array_equal(read_idx(path), [[1, 2, 3], [256, -1, -32768]])


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("shape", [(0,), (0, 28, 28), (3, 0), (1,) * 32])
def test_empty_axes_and_many_axes(shape, packed, tmp_path):
    content = idx_bytes(np.zeros(shape, np.uint8))
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_idx(path).shape == shape
    assert read_idx(path, max_bytes=len(shape) // 32).shape == shape  # nothing may be held where nothing is


GOOD = idx_bytes(np.arange(12).reshape(3, 4))
PACKED = gzip.compress(GOOD)
BROKEN = {
    "nothing": (b"", "is no IDX file: it starts with nothing"),
    "three bytes": (GOOD[:3], "is no IDX file: it starts with 00 00 08,"),
    "first byte": (b"\1" + GOOD[1:], "is no IDX file: it starts with 01 00 08 02"),
    "second byte": (b"\0\1" + GOOD[2:], "is no IDX file: it starts with 00 01 08 02"),
    "unknown type": (b"\0\0\x0a" + GOOD[3:], r"expected 00 00, a type \(one of 08, 09, 0b, 0c, 0d, 0e\)"),
    "no axis": (b"\0\0\x08\0" + GOOD[4:], "it starts with 00 00 08 00"),
    "web page": (b"<html>404</html>", "It looks like a web page: was the download refused?"),
    "half a header": (GOOD[:10], "must have 1 to 32 axes and their lengths in its header, got 2 and 6 bytes"),
    "33 axes": (b"\0\0\x08\x21" + b"\0\0\0\1" * 33 + b"x", "must have 1 to 32 axes"),
    "cut off": (GOOD[:-1], r"announces an array of shape \(3, 4\), 12 bytes, and holds 11: it is cut off"),
    "too long": (GOOD + b"\0\0", "12 bytes, and holds 14: there is too much of it"),
    "packed, cut off inside": (gzip.compress(GOOD[:-1]), "12 bytes, and holds 11: it is cut off"),
    "packed, too long inside": (gzip.compress(GOOD + b"\0"), "and holds more: there is too much of it"),
    "packing cut off": (PACKED[:-9], "is damaged, it cannot be unpacked"),
    "packing without its end": (PACKED[:-8], "is damaged, it cannot be unpacked"),
    "wrong check of the packing": (PACKED[:-8] + b"\1\2\3\4" + PACKED[-4:], "is damaged, it cannot be unpacked: CRC"),
    "packing damaged": (PACKED[:10] + b"\xff" * 12 + PACKED[22:], "is damaged, it cannot be unpacked"),
    "packed web page": (gzip.compress(b"  <html>"), "It looks like a web page"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_and_says_why(content, message, tmp_path):
    path = tmp_path / "broken-file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"read_idx: path .*broken-file") as raised:
        read_idx(path)
    assert raised.match(message)


def test_no_hint_at_a_web_page_where_there_is_none(tmp_path):
    (tmp_path / "x").write_bytes(b"PK\3\4")
    with pytest.raises(ValueError, match=r"number of axes.$"):
        read_idx(tmp_path / "x")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_boastful_header_costs_no_memory(pack, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(pack(struct.pack(">2xBB3I", 0x0E, 3, 10**4, 10**4, 10**4)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="8,000,000,000,000 bytes: more than max_bytes, 1,073,741,824"):
            read_idx(path)
        with pytest.raises(ValueError, match="8,000,000,000,000 bytes, and holds 0: it is cut off"):
            read_idx(path, max_bytes=10**13)
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


def test_no_more_is_unpacked_than_was_announced(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(GOOD + bytes(200_000_000), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="and holds more: there is too much of it"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


def test_the_largest_size_is_allowed(tmp_path):
    (tmp_path / "x").write_bytes(GOOD)
    assert read_idx(tmp_path / "x", max_bytes=12).size == 12
    with pytest.raises(ValueError, match="12 bytes: more than max_bytes, 11"):
        read_idx(tmp_path / "x", max_bytes=11)
    assert inspect.signature(read_idx).parameters["max_bytes"].default == 2**30


def test_large_arrays_come_in_several_blocks(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (3, 700_001), dtype=np.uint8)
    header = struct.pack(">2xBB2I", 8, 2, *array.shape)
    for content in (header + array.tobytes(), gzip.compress(header + array.tobytes(), 1)):
        (tmp_path / "x").write_bytes(content)
        np.testing.assert_array_equal(read_idx(tmp_path / "x"), array)


def test_a_missing_file_is_named(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(FileNotFoundError, match=f"read_idx: path must name a file, there is none at {path}"):
            read_idx(path)
    with pytest.raises(TypeError, match=r"read_idx: path must be a path, got 3 \(int\)"):
        read_idx(3)


# the two sets


@pytest.mark.parametrize("load", [load_mnist, load_fashion_mnist])
@pytest.mark.parametrize("form", ["packed", "plain", "dotted"])
def test_a_set_of_one_s_own(load, form, tmp_path):
    images, labels, test_images, test_labels = write_set(tmp_path, pack=form == "packed", end=form)
    X_train, y_train, X_test, y_test = load(tmp_path, check=False)
    np.testing.assert_array_equal(X_train.reshape(30, 4, 5) * 255, images)
    np.testing.assert_array_equal(X_test, test_images.reshape(20, 20) / 255)
    np.testing.assert_array_equal(y_train, labels)
    np.testing.assert_array_equal(y_test, test_labels)
    assert X_train.shape == (30, 20) and X_train.dtype == np.float64
    assert y_train.dtype == y_test.dtype == np.int64
    raw, *_ = load(str(tmp_path), scale=False, check=False, dtype=np.float32)
    np.testing.assert_array_equal(raw, images.reshape(30, 20))
    small, _, small_test, _ = load(tmp_path, check=False, dtype=np.float32)
    assert raw.dtype == small.dtype == small_test.dtype == np.float32
    np.testing.assert_allclose(small, X_train, rtol=1e-7)


def test_the_published_files_are_recognized(tmp_path, monkeypatch):
    monkeypatch.setattr(idx, "FILES", dict(zip(STEMS, ((3, 30), (1, 30), (3, 20), (1, 20)), strict=True)))
    images, *_ = write_set(tmp_path, size=(28, 28))
    monkeypatch.setattr(idx, "MNIST", digests(tmp_path))
    np.testing.assert_array_equal(load_mnist(tmp_path, scale=False)[0], images.reshape(30, 784))
    monkeypatch.setattr(idx, "FASHION_MNIST", digests(tmp_path))
    assert load_fashion_mnist(tmp_path)[0].max() <= 1
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(PACKED)
    for load in (load_mnist, load_fashion_mnist):
        with pytest.raises(
            ValueError, match=rf"{load.__name__}: folder: .*t10k-labels.* is not the file that was publ"
        ):
            load(tmp_path)


def test_the_other_set_is_recognized(tmp_path, monkeypatch):
    write_set(tmp_path)
    monkeypatch.setattr(idx, "FASHION_MNIST", digests(tmp_path))
    with pytest.raises(
        ValueError, match="is Fashion-MNIST's train-images-idx3-ubyte, not MNIST's train-images-idx3-ub"
    ):
        load_mnist(tmp_path)


def test_damage_is_found_by_the_digest_and_the_message_says_what_to_do(tmp_path):
    write_set(tmp_path)
    md5 = hashlib.md5((tmp_path / "train-images-idx3-ubyte.gz").read_bytes()).hexdigest()
    for load, digest in ((load_mnist, "f68b3c2dcbeaaa9f"), (load_fashion_mnist, "8d4fb7e6c68d591d")):
        with pytest.raises(ValueError, match=rf"MD5 {md5}, expected {digest}.*or pass check=False"):
            load(tmp_path)


def test_the_digests_belong_to_eight_files():
    assert len(set(idx.MNIST + idx.FASHION_MNIST)) == 8
    assert all(len(bytes.fromhex(digest)) == 16 for digest in idx.MNIST + idx.FASHION_MNIST)
    assert list(idx.FILES.items()) == list(zip(STEMS, ((3, 60000), (1, 60000), (3, 10000), (1, 10000)), strict=True))


def test_unpacked_files_are_checked_by_shape(tmp_path, monkeypatch):
    write_set(tmp_path, pack=False, size=(28, 28))
    with pytest.raises(
        ValueError, match=r"must have the shape \(60000, 28, 28\) of MNIST, got \(30, 28, 28\); check=Fal"
    ):
        load_mnist(tmp_path)
    monkeypatch.setattr(idx, "FILES", dict(zip(STEMS, ((3, 30), (1, 30), (3, 20), (1, 20)), strict=True)))
    assert load_mnist(tmp_path)[2].shape == (20, 784)
    write_set(tmp_path, pack=False, size=(28, 27))
    with pytest.raises(ValueError, match=r"must have the shape \(30, 28, 28\) of Fashion-MNIST, got \(30, 28, 27\)"):
        load_fashion_mnist(tmp_path)


def test_the_packed_file_is_read_where_both_are_there(tmp_path):
    write_set(tmp_path, pack=False, n_train=10)
    packed, *_ = write_set(tmp_path, pack=True, n_train=11)
    np.testing.assert_array_equal(load_mnist(tmp_path, check=False)[0] * 255, packed.reshape(11, 20))


@pytest.mark.parametrize(("load", "source"), [(load_mnist, "exdb/mnist"), (load_fashion_mnist, "zalandoresearch")])
def test_missing_files_are_named_with_where_to_get_them(load, source, tmp_path):
    write_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError) as raised:
        load(tmp_path)
    message = str(raised.value)
    assert message.startswith(f"{load.__name__}: folder must hold the four files of ")
    assert all(stem in message for stem in STEMS)
    assert f"Looked in {tmp_path}; missing: train-labels-idx1-ubyte. " in message
    assert source in message
    with pytest.raises(
        FileNotFoundError, match="nowhere, which is no folder; missing: train-images-idx3-ubyte, train-l"
    ):
        load(tmp_path / "nowhere")


def rewrite(folder, stem, array, code=0x08):
    (folder / f"{stem}.gz").write_bytes(gzip.compress(idx_bytes(np.asarray(array), code)))


def test_files_that_do_not_fit_together_are_refused(tmp_path):
    write_set(tmp_path)
    rewrite(tmp_path, STEMS[1], np.zeros(29, int))
    with pytest.raises(ValueError, match=r"load_mnist: folder: .*train-labels.* must hold 30 labels, .* got 29"):
        load_mnist(tmp_path, check=False)
    write_set(tmp_path)
    rewrite(tmp_path, STEMS[3], np.zeros(21, int))
    with pytest.raises(ValueError, match=r"t10k-labels.* must hold 20 labels, one for each picture, got 21"):
        load_mnist(tmp_path, check=False)
    write_set(tmp_path)
    rewrite(tmp_path, STEMS[2], np.zeros((20, 5, 4), int))
    with pytest.raises(ValueError, match=r"pictures must have one size, got \(4, 5\) and \(5, 4\)"):
        load_mnist(tmp_path, check=False)
    write_set(tmp_path)
    rewrite(tmp_path, STEMS[0], np.zeros(30, int))
    with pytest.raises(ValueError, match=r"train-images.* must hold uint8 of 3 axes, got uint8 of shape \(30,\)"):
        load_mnist(tmp_path, check=False)
    write_set(tmp_path)
    rewrite(tmp_path, STEMS[1], np.zeros(30, int), 0x0C)
    with pytest.raises(ValueError, match=r"train-labels.* must hold uint8 of 1 axes, got int32"):
        load_mnist(tmp_path, check=False)


def test_errors_in_a_file_name_the_loader(tmp_path):
    write_set(tmp_path)
    (tmp_path / f"{STEMS[2]}.gz").write_bytes(PACKED[:-9])
    with pytest.raises(ValueError, match=r"^load_mnist: path .*t10k-images.* is damaged, it cannot be unpacked"):
        load_mnist(tmp_path, check=False)


def test_the_loaders_can_be_had_from_data():
    assert data.load_mnist is load_mnist and data.load_fashion_mnist is load_fashion_mnist
    for load in (load_mnist, load_fashion_mnist):
        defaults = [p.default for p in inspect.signature(load).parameters.values()]
        assert defaults == [inspect.Parameter.empty, True, True, np.float64]
