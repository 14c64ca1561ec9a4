"""Archives that are made to harm: what is refused, and that nothing else is lost by it."""

from __future__ import annotations

import bz2
import gzip
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from dataclasses import replace

import pytest
from archives import HONEST, NOTEBOOK, PATH, WHEN, tar_of, tree, why, zip_of
from small_course import NAME

from autograder.intake.archive import Caps, NotAnArchive, entries
from autograder.intake.collecting import Order, collect


@pytest.fixture
def order(tmp_path):
    (tmp_path / "state").mkdir()
    return Order(tmp_path / "submitted", tmp_path / "state", [NAME], None, WHEN)


# ------------------------------------------------------------------ names

BAD_NAMES = {
    "up": f"../ada/{PATH}", "up later": f"ada/../../{PATH}", "absolute": f"/etc/ada/{PATH}", "drive": f"C:/ada/{PATH}",
    "backslash": f"..\\ada/{PATH}", "NUL": f"ada/{NAME}/a\0.txt", "newline": f"ada/{NAME}/a\nb.txt",
    "escape": f"ada/{NAME}/\x1b]0;x\x07.txt", "right to left": f"ada/{NAME}/\u202etxt.py", "dash": f"-rf/{PATH}",
    "dash in a folder": f"ada/{NAME}/-x/y.txt", "device": f"CON/{PATH}", "device with suffix": f"ada/{NAME}/aux.txt",
    "4096 bytes": f"ada/{NAME}/{'x' * 4096}", "long in all": f"ada/{NAME}/{'y' * 150}/" + f"{'y' * 150}/" * 6 + "z",
    "deep": f"ada/{NAME}/{'d/' * 20}x", "empty part": f"ada//{PATH}", "dot inside": f"ada/./{PATH}",
    "end with a space": f"ada /{PATH}", "end with a dot": f"ada./{PATH}",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bad_name_is_refused_with_a_reason_and_the_others_are_collected(order, tmp_path, kind, name):
    files = {BAD_NAMES[name]: b"evil", f"ben/{PATH}": NOTEBOOK}
    if kind == "tar" and name == "NUL":
        files = {BAD_NAMES["up"]: b"evil", f"ben/{PATH}": NOTEBOOK}  # a tar's names end at a NUL
    if kind == "zip":
        stand_in = {k.replace("\0", "\1"): v for k, v in files.items()}  # zipfile writes no NUL
        path = zip_of(tmp_path / "a.zip", stand_in)
        path.write_bytes(path.read_bytes().replace(b"\1.txt", b"\0.txt"))
    else:
        path = tar_of(tmp_path / "a.tgz", files.items())
    got = collect(path, order)
    assert got.new == [("ben", NAME)]
    assert why(got)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.read_bytes() == b"evil"]
    assert set(tree(order.into)) == {f"ben/{PATH}", f"ben/{NAME}/timestamp.txt"}


def test_a_name_that_is_no_Unicode_is_refused(order, tmp_path):
    info = tarfile.TarInfo(f"ada/{NAME}/\udcff.txt")
    assert "no Unicode" in why(collect(tar_of(tmp_path / "a.tgz", [(info, b"")], errors="surrogateescape"), order))


def test_names_that_differ_only_in_case_and_files_that_are_also_folders_are_refused(order, tmp_path):
    files = [(f"ada/{PATH}", NOTEBOOK), (f"ada/{NAME}/A.txt", b"1"), (f"ada/{NAME}/a.txt", b"2"), (f"ada/{NAME}/A.txt/b", b"3"),
             (f"ada/{NAME}/c/d", b"4"), (f"ada/{NAME}/c", b"5")]  # fmt: skip
    got = collect(zip_of(tmp_path / "a.zip", files), order)
    assert [name for name, _ in got.refused] == [f"ada/{NAME}/a.txt", f"ada/{NAME}/A.txt/b", f"ada/{NAME}/c"]
    assert got.new == [("ada", NAME)]


# ------------------------------------------------------------------ kinds of entries


@pytest.mark.parametrize("type", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE,
                                  tarfile.GNUTYPE_SPARSE, b"?"])  # fmt: skip
def test_links_pipes_devices_and_sparse_files_in_a_tar_are_refused(order, tmp_path, type):
    member = tarfile.TarInfo(f"ada/{PATH}")
    member.type, member.linkname = type, "/etc/passwd"
    got = collect(tar_of(tmp_path / "a.tgz", [(member, b""), (f"ben/{PATH}", NOTEBOOK)]), order)
    assert got.new == [("ben", NAME)]
    assert why(got) in ("is a link", "is no regular file")
    assert not list(order.into.glob("ada*"))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip_are_refused(order, tmp_path, mode):
    info = zipfile.ZipInfo(f"ada/{PATH}")
    info.create_system, info.external_attr = 3, (mode | 0o777) << 16
    got = collect(zip_of(tmp_path / "a.zip", [(info, b"/etc/passwd")]), order)
    assert why(got) in ("is a link", "is no regular file")


def test_an_archive_within_the_archive_is_not_opened(order, tmp_path):
    inner = zip_of(tmp_path / "inner.zip", {f"ada/{PATH}": NOTEBOOK}).read_bytes()
    got = collect(zip_of(tmp_path / "a.zip", {f"ada/{NAME}/all.zip": inner}), order)
    assert why(got) == "is an archive within the archive, which is not opened"


def test_encrypted_and_oddly_packed_entries_are_refused(order, tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"ada/{PATH}": NOTEBOOK})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)
    assert why(collect(path, order)) == "is encrypted"
    path = zip_of(tmp_path / "b.zip", {f"ada/{PATH}": NOTEBOOK}, compress_type=zipfile.ZIP_LZMA)
    assert "packed in a way that is not read" in why(collect(path, order))


def test_nothing_is_written_through_a_link_that_lies_in_the_folder_of_the_submissions(order, tmp_path):
    order.into.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (order.into / "ada").symlink_to(tmp_path / "elsewhere")
    assert "through a link" in why(collect(zip_of(tmp_path / "a.zip", {f"ada/{PATH}": NOTEBOOK}), order))
    assert not list((tmp_path / "elsewhere").iterdir())


# ------------------------------------------------------------------ bombs


def test_a_bomb_is_refused_before_it_is_unpacked(order, tmp_path):
    start = time.process_time()
    path = zip_of(tmp_path / "a.zip", {f"ada/{PATH}": b"\0" * 15_000_000, f"ben/{PATH}": NOTEBOOK})
    got = collect(path, order)
    assert "as only bombs are" in why(got)
    assert got.new == [("ben", NAME)]
    assert time.process_time() - start < 5


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_tar_that_unpacks_to_far_more_than_it_is_stops_early(order, tmp_path, pack):
    path = tmp_path / "a.tgz"
    tar_of(path, [(f"ada/{PATH}", NOTEBOOK), (f"ben/{PATH}", b"\0" * 15_000_000)], "w:")
    path.write_bytes(pack(path.read_bytes()))
    got = collect(path, order)
    assert got.refused == [("a.tgz", "it is packed as only bombs are")]
    assert got.new == [("ada", NAME)]


def test_files_that_share_their_bytes_are_refused(order, tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"ada/{PATH}": NOTEBOOK, f"ben/{PATH}": NOTEBOOK, f"eve/{PATH}": NOTEBOOK})
    raw = bytearray(path.read_bytes())
    second = raw.index(b"PK\1\2", raw.index(b"PK\1\2") + 4)
    struct.pack_into("<I", raw, second + 42, 0)  # ben's entry says that it begins where ada's does
    path.write_bytes(raw)
    got = collect(path, order)
    assert dict(got.refused) == dict.fromkeys([f"ada/{PATH}", f"ben/{PATH}"], "overlaps with another entry")
    assert got.new == [("eve", NAME)]


def test_sizes_and_numbers_are_capped(order, tmp_path):
    files = {f"s{i}/{PATH}": b"x" * 600 for i in range(5)} | {f"big/{PATH}": b"x" * 2000}
    small = replace(order, caps=Caps(file=1000, total=2000))
    for made in (zip_of(tmp_path / "a.zip", files), tar_of(tmp_path / "a.tgz", files.items())):
        got = collect(made, replace(small, dry_run=True))
        assert [s for s, _ in got.new] == ["s0", "s1", "s2"]
        assert [reason.split(":")[0] for _, reason in got.refused] == ["is one too many"] * 2 + [
            "has 2000 bytes, more than 1000"
        ]
    few = Caps(entries=3)
    with pytest.raises(NotAnArchive, match="entries, more than 3"):
        list(entries(tmp_path / "a.zip", few))
    assert list(entries(tmp_path / "a.tgz", few))[-1].refused == "it has more than 3 entries"


def test_a_zip_that_announces_millions_of_entries_is_refused_unread(tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"ada/{PATH}": NOTEBOOK})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.rindex(b"PK\5\6") + 12, 2**31)
    path.write_bytes(raw)
    with pytest.raises(NotAnArchive, match="entries"):
        list(entries(path))


def test_a_file_of_another_size_than_announced_is_refused(order, tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"ada/{PATH}": NOTEBOOK})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\1\2") + 24, 10)
    path.write_bytes(raw)
    assert "is damaged" in why(collect(path, order))


HEADERS = {
    "a long header": lambda: pax(b"9" * 10_000_000 + b" path=x\n"),
    "a record without end": lambda: pax(b"0 path=x\n"),
    "a record of a negative length": lambda: pax(b"-5 path=x\n"),
    "a size that is no number": lambda: pax(b"12 size=abc\n"),
    "a negative size": lambda: pax(b"11 size=-9\n"),
    "a huge size": lambda: pax(b"28 size=9999999999999999999\n"),
    "headers without end": lambda: pax(b"10 path=x\n") * 3000,
}


def pax(records: bytes) -> bytes:
    """An extended header, written by hand."""
    member = tarfile.TarInfo("PaxHeader")
    member.type, member.size = tarfile.XHDTYPE, len(records)
    return member.tobuf(tarfile.USTAR_FORMAT) + records + b"\0" * (-len(records) % 512)


@pytest.mark.parametrize("name", HEADERS)
def test_an_extended_header_cannot_lead_the_reader_astray(order, tmp_path, name):
    start = time.process_time()
    member = tarfile.TarInfo(f"ada/{PATH}")
    path = tmp_path / "a.tar"
    path.write_bytes(HEADERS[name]() + member.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 1024)
    got = collect(path, replace(order, caps=Caps(entries=1000)))
    assert got.new == [] and why(got)
    assert time.process_time() - start < 5


GARBAGE = {
    "empty": b"", "text": b"hello", "half a zip": b"PK\3\4" + b"\0" * 100, "end of a zip alone": b"PK\5\6" + b"\xff" * 18,
    "7z": b"7z\xbc\xaf\x27\x1c", "xz": b"\xfd7zXZ\0",
}  # fmt: skip


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_archive_is_said_to_be_none(tmp_path, name):
    path = tmp_path / "a.zip"
    path.write_bytes(GARBAGE[name])
    with pytest.raises(NotAnArchive, match=r"^it "):
        list(entries(path))


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2"])
def test_an_archive_with_any_byte_changed_or_cut_off_anywhere_is_read_or_refused(tmp_path, kind):
    mode = {"tar": "w:", "tar.gz": "w:gz", "tar.bz2": "w:bz2"}.get(kind)
    path = tmp_path / "a"
    whole = (tar_of(path, HONEST.items(), mode) if mode else zip_of(path, HONEST)).read_bytes()
    step = max(1, len(whole) // 120)
    for at in range(0, len(whole), step):
        for raw in (whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], whole[:at]):
            path.write_bytes(raw)
            try:
                for entry in entries(path):
                    assert entry.refused or zlib.crc32(entry.content) in map(zlib.crc32, HONEST.values()) or mode
            except NotAnArchive:
                pass
