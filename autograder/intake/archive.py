"""The files in a zip or tar, one after the other, each read or refused with a reason.

Nothing is unpacked here: an entry is a name and bytes in memory. Names are checked but never used. An archive may be made to
harm: to fill the disk (many bytes out of few, entries that overlap), to write elsewhere (names, links), to stop the reader
(millions of entries, archives in archives). `Caps` bounds all that; what is beyond is refused, entry by entry where that is
possible.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from autograder.intake.cells import MAX_BYTES
from autograder.intake.names import fault_of, is_hidden

__all__ = ["Caps", "Entry", "NotAnArchive", "entries"]

NESTED = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".whl")
END = b"PK\5\6"  # a zip's last record
PIECE = 2**16
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
          NotImplementedError, RuntimeError, struct.error, OverflowError)  # fmt: skip


@dataclass(frozen=True)
class Caps:
    """What one archive may hold.

    Attributes:
        file: bytes of one file.
        total: bytes of all files.
        entries: files and folders.
        ratio: bytes that one byte of the archive may become, beyond the first million.
        header: bytes of names and attributes of one entry of a tar.
    """

    file: int = MAX_BYTES
    total: int = 8 * 2**30
    entries: int = 100_000
    ratio: int = 200
    header: int = 2**16


@dataclass(frozen=True)
class Entry:
    """A file of an archive.

    Attributes:
        name: as the archive has it, but without a leading "./".
        content: its bytes; b"" where it is refused.
        refused: why, as in "it " + …; "" where it is not.
        time: of its last change, in seconds since 1970, as the archive says.
    """

    name: str
    content: bytes = b""
    refused: str = ""
    time: float = 0.0


class NotAnArchive(Exception):
    """The file is no zip and no tar that can be read at all; the text says why."""


class Refused(Exception):
    """What is wrong with an entry."""


class Stop(Exception):
    """What is wrong with the rest of an archive."""


def entries(path: Path, caps: Caps | None = None) -> Generator[Entry, None, None]:
    """The files in an archive, in its order; folders, and what systems leave lying about, are passed over.

    The last entry may be one without a name: the reason why the rest was not read.

    Raises:
        NotAnArchive: it cannot be read at all.
        OSError: the file cannot be opened.
    """
    caps = caps or Caps()
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(0)
        if start.startswith(b"PK"):
            yield from zipped(file, caps)
        elif start.startswith((b"\x1f\x8b", b"BZh")) or start[257:262] == b"ustar":
            yield from tarred(file, start, caps)
        elif start.startswith((b"\xfd7zXZ", b"(\xb5/\xfd", b"7z\xbc\xaf", b"Rar!")):
            raise NotAnArchive("it is packed in a way that is not read; pack it again as .zip or .tar.gz")
        else:
            raise NotAnArchive("it is neither a zip nor a tar")


def check(name: str, size: int, left: int, caps: Caps) -> None:
    """Refuse an entry by its name and by what it says of its size."""
    if fault := fault_of(name):
        raise Refused(fault)
    if name.lower().endswith(NESTED):
        raise Refused("is an archive within the archive, which is not opened")
    if size > caps.file:
        raise Refused(f"has {size} bytes, more than {caps.file}")
    if size > left:
        raise Refused(f"is one too many: the archive holds more than {caps.total} bytes")


def plain(name: str) -> str:
    """Without the "./" that many archives begin every name with."""
    while name.startswith("./"):
        name = name[2:]
    return name


# ------------------------------------------------------------------ zip


def zipped(file: BinaryIO, caps: Caps) -> Iterator[Entry]:
    require_small_directory(file, caps)
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN as error:
        raise NotAnArchive(f"it is a damaged zip ({error})") from None
    infos = archive.infolist()
    if len(infos) > caps.entries:
        raise NotAnArchive(f"it has {len(infos)} entries, more than {caps.entries}")
    overlapping = overlaps(infos, archive.start_dir)
    left = caps.total
    for info in infos:
        name = plain(name_in_zip(info))
        if name.endswith("/") or not name or is_hidden(name):
            continue
        try:
            check(name, info.file_size, left, caps)
            require_ordinary(info, caps)
            if info.header_offset in overlapping:
                raise Refused("overlaps with another entry")
            with archive.open(info) as packed:
                content = packed.read(info.file_size + 1)
            if len(content) != info.file_size:
                raise Refused("has another size than the archive says")
        except Refused as error:
            yield Entry(name, refused=str(error))
        except BROKEN as error:
            yield Entry(name, refused=f"is damaged ({error})")
        else:
            left -= len(content)
            yield Entry(name, content, time=time_in_zip(info))


def require_small_directory(file: BinaryIO, caps: Caps) -> None:
    """Hold the number of entries that the zip announces to the cap, before they are read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2**16 - 22))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(END)
    if at < 0 or at + 22 > len(tail):
        raise NotAnArchive("it is a damaged zip, its end is missing")
    count, length = struct.unpack_from("<HI", tail, at + 10)
    wide = tail.rfind(b"PK\6\6", 0, at)
    if wide >= 0 and wide + 56 <= len(tail):
        count, length = max((count, length), struct.unpack_from("<QQ", tail, wide + 32))
    if count > caps.entries or length > 500 * caps.entries:
        raise NotAnArchive(f"it has {count} entries, more than {caps.entries}, or entries with very long names")


def name_in_zip(info: zipfile.ZipInfo) -> str:
    """The whole name (ZipInfo cuts it at a NUL), as UTF-8 where it is that, also when the zip does not say so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode()
        except UnicodeError:
            pass
    return name


def require_ordinary(info: zipfile.ZipInfo, caps: Caps) -> None:
    """Refuse an entry that is no ordinary file, or is packed in an odd way."""
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise Refused("is a link")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise Refused("is no regular file")
    if info.flag_bits & 1:
        raise Refused("is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("is packed in a way that is not read; pack it again with the usual one (deflate)")
    if info.file_size > 2**20 and info.file_size > caps.ratio * max(info.compress_size, 1):
        raise Refused(f"is packed {info.file_size // max(info.compress_size, 1)} to 1, as only bombs are")


def overlaps(infos: list[zipfile.ZipInfo], end: int) -> set[int]:
    """Where entries begin whose bytes belong to others, too."""
    found: set[int] = set()
    last, reach = -1, 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        start = info.header_offset
        if start < reach:
            found |= {last, start}
        stop = start + 30 + len(info.orig_filename) + info.compress_size
        if start < 0 or stop > end:
            found.add(start)
        if stop > reach:
            last, reach = start, stop
    return found


def time_in_zip(info: zipfile.ZipInfo) -> float:
    from datetime import datetime

    try:
        return datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


# ------------------------------------------------------------------ tar


class Unpacked:
    """The bytes of a tar, whatever it is packed in, no more of them than the caps allow."""

    def __init__(self, file: BinaryIO, start: bytes, caps: Caps) -> None:
        self.file, self.caps, self.given = file, caps, 0
        self.stream: BinaryIO = file
        if start.startswith(b"\x1f\x8b"):
            self.stream = gzip.GzipFile(fileobj=file)
        elif start.startswith(b"BZh"):
            self.stream = bz2.BZ2File(file)

    def read(self, count: int) -> bytes:
        """The next `count` bytes, or fewer at the end."""
        pieces = []
        while count and (piece := self.stream.read(min(count, PIECE))):
            pieces.append(piece)
            count -= len(piece)
            self.given += len(piece)
            if self.given > self.caps.ratio * self.file.tell() + 2**20:
                raise Stop("it is packed as only bombs are")
            if self.given > 2 * self.caps.total + 2 * 1024 * self.caps.entries:
                raise Stop(f"it holds far more than {self.caps.total} bytes")
        return b"".join(pieces)

    def skip(self, count: int) -> None:
        while count:
            got = len(self.read(min(count, PIECE)))
            if not got:
                raise Stop("it ends in the middle of a file")
            count -= got


def tarred(file: BinaryIO, start: bytes, caps: Caps) -> Iterator[Entry]:
    try:
        yield from members(Unpacked(file, start, caps), caps)
    except Stop as error:
        yield Entry("", refused=str(error))
    except BROKEN as error:
        yield Entry("", refused=f"it is damaged ({error})")


def members(stream: Unpacked, caps: Caps) -> Iterator[Entry]:
    """The files of a tar. Its headers are read here, one by one: the library's reader follows what they say too far."""
    left = caps.total
    more: dict[str, str] = {}
    for _ in range(2 * caps.entries):
        block = stream.read(512)
        if len(block) < 512 or not any(block):
            return
        member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        size = int(more.get("size", member.size))
        if size < 0:
            raise Stop("it is damaged: a file of negative size")
        padding = -size % 512
        if member.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE):
            if size > caps.header:
                raise Stop("it has an entry with a very long name")
            text = stream.read(size)
            stream.skip(padding)
            if member.type == tarfile.GNUTYPE_LONGNAME:
                more["path"] = text.rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif member.type == tarfile.XHDTYPE:
                more |= attributes(text)
            continue
        name, more = plain(more.get("path", member.name)), {}
        refused, content = "", b""
        if member.isdir() or name.endswith("/") or not name or is_hidden(name):
            stream.skip(size + padding)
            continue
        try:
            if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                raise Refused("is a link" if member.issym() or member.islnk() else "is no regular file")
            check(name, size, left, caps)
            content = stream.read(size)
            if len(content) < size:
                raise Stop("it ends in the middle of a file")
            stream.skip(padding)
            left -= size
        except Refused as error:
            refused = str(error)
            stream.skip(0 if member.issym() or member.islnk() else size + padding)
        yield Entry(name, content, refused, member.mtime)
    raise Stop(f"it has more than {caps.entries} entries")


def attributes(text: bytes) -> dict[str, str]:
    """The records ``LENGTH KEY=VALUE`` of an extended header, of which two matter here."""
    found = {}
    while text:
        length, _, _ = text.partition(b" ")
        count = int(length[:10])
        record, text = text[len(length) + 1 : count], text[count:]
        key, equals, value = record.partition(b"=")
        if count <= len(length) or not equals:
            raise Stop("it is damaged: an extended header of the wrong form")
        if key in (b"path", b"size"):
            found[key.decode()] = value.rstrip(b"\n").decode("utf-8", "surrogateescape")
    return found
