"""Archives that harm whoever unpacks them; each holds one honest submission, at its beginning, beside what is meant badly.

`ARCHIVES` is name -> bytes; `DAMAGED` names those in which the honest submission need not be found.
"""

from __future__ import annotations

import io
import json
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from arena import NAME, RIGHT, notebook

__all__ = ["ARCHIVES", "DAMAGED", "HONEST", "built"]

HONEST = f"anna/{NAME}/{NAME}.ipynb"
CONTENT = json.dumps(notebook(dict(RIGHT))).encode()
BAD_NAMES = (
    "../escaped.ipynb", "../../../../../../tmp/escaped.ipynb", "/tmp/escaped.ipynb", "//tmp/escaped.ipynb", "..",
    "a/../../../escaped",
    "C:\\escaped.ipynb", "..\\..\\escaped.ipynb", "a\\b/c.ipynb", f"bo\nb/{NAME}/{NAME}.ipynb",
    f"bo\x1b[2Jb/{NAME}/{NAME}.ipynb",
    f"-rf/{NAME}/{NAME}.ipynb", f"--into=x/{NAME}/{NAME}.ipynb", f"con/{NAME}/{NAME}.ipynb", f"NUL.txt/{NAME}/{NAME}.ipynb",
    f"{'n' * 250}/{NAME}/{NAME}.ipynb", "d/" * 2_000 + "x.ipynb", f"{'n' * 4_096}.ipynb", f".hidden/{NAME}/{NAME}.ipynb",
    f"../{NAME}/{NAME}.ipynb", f"./{NAME}/{NAME}.ipynb", f"/{NAME}/{NAME}.ipynb", f" /{NAME}/{NAME}.ipynb",
    f"bob /{NAME}/{NAME}.ipynb",
    f"bob./{NAME}/{NAME}.ipynb", f"~root/{NAME}/{NAME}.ipynb", f"$(touch escaped)/{NAME}/{NAME}.ipynb",
    f"`touch escaped`/{NAME}/{NAME}.ipynb", f"; touch escaped;/{NAME}/{NAME}.ipynb", f"bob/{NAME}/../../../escaped.ipynb",
    f"bob/../anna/{NAME}/{NAME}.ipynb", f"bob/{NAME}/.ipynb_checkpoints/{NAME}.ipynb", "nbgrader_config.py",
    ".autograder/secret",
    f"bob/{NAME}/nbgrader_config.py", f"\udcffbob/{NAME}/{NAME}.ipynb", f"bob\u202e/{NAME}/{NAME}.ipynb",
    f"bob/{NAME}/{NAME}.ipynb/x",
)  # fmt: skip
TWINS = (f"Anna/{NAME}/{NAME}.ipynb", f"ANNA/{NAME}/{NAME}.ipynb", HONEST, f"ann\u0430/{NAME}/{NAME}.ipynb",
         f"zoé/{NAME}/{NAME}.ipynb", f"zoe\u0301/{NAME}/{NAME}.ipynb", f"anna/{NAME.upper()}/{NAME}.ipynb",
         f"anna/{NAME}/{NAME.upper()}.IPYNB")  # fmt: skip


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], pack: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", pack) as archive:
        warnings.simplefilter("ignore")  # names that stand twice
        archive.writestr(HONEST, CONTENT)
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


def renamed(name: str) -> bytes:
    """A zip with a name in it that `zipfile` would not write, such as one with a NUL."""
    stands = b"x" * len(name.encode("utf-8", "surrogateescape"))
    return zipped((stands.decode(), b"{}")).replace(stands, name.encode("utf-8", "surrogateescape"))


def tarred(*members: tuple[tarfile.TarInfo, bytes], pack: str = "", **more: object) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=f"w:{pack}", **more) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo(HONEST)
        info.size = len(CONTENT)
        archive.addfile(info, io.BytesIO(CONTENT))
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", **pax: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.pax_headers = kind, link, pax
    return info


def linked_zip(target: str) -> bytes:
    info = zipfile.ZipInfo(f"bob/{NAME}/{NAME}.ipynb")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    through = zipfile.ZipInfo(f"bob/{NAME}/{NAME}.ipynb/through")
    return zipped((info, target.encode()), (through, b"x"))


def quine_like() -> bytes:
    made = zipped()
    for _ in range(5):
        made = zipped(("bob.zip", made), (f"bob/{NAME}/more.tar.gz", made))
    return made


def overlapping(count: int = 2_000) -> bytes:
    """Many entries of the directory that share the bytes of one."""
    packed = zlib.compress(bytes(20 * 2**20), 9)[2:-4]
    crc = zlib.crc32(bytes(20 * 2**20))
    body = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, crc, len(packed), 20 * 2**20, 1, 0) + b"x" + packed
    directory = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, crc, len(packed), 20 * 2**20,
        len(n := b"%d.ipynb" % i), 0, 0,
                    0, 0, 0, 0) + n for i in range(count))  # fmt: skip
    return body + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0)


def other_local_name() -> bytes:
    """The local header says another name than the directory."""
    return zipped((f"bob/{NAME}/{NAME}.ipynb", b"{}")).replace(b"bob/", b"../x", 1)


def lying_size(claimed: int) -> bytes:
    """The directory says another size than there is."""
    made = bytearray(zipped((f"bob/{NAME}/{NAME}.ipynb", b"x" * 10**6)))
    at = made.rindex(b"PK\1\2")
    made[at + 24 : at + 28] = struct.pack("<I", claimed)
    return bytes(made)


def wide(count: int, directory: int) -> bytes:
    """A zip64 end that announces very many entries."""
    made = bytearray(zipped())
    end = made[-22:]
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, directory, 0)
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(made) - 22, 1)
    end[8:20] = b"\xff" * 12
    return bytes(made[:-22]) + record + locator + bytes(end)


def entries(count: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for i in range(count):
            archive.writestr(f"{i}", b"")
    return made.getvalue()


def sparse() -> bytes:
    """A file of a terabyte, none of which is there."""
    info = member(f"bob/{NAME}/{NAME}.ipynb", **{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x.ipynb",
                                                 "GNU.sparse.realsize": str(2**40)})  # fmt: skip
    return tarred((info, b"1\n0\n1\n" + bytes(506) + b"x"), format=tarfile.PAX_FORMAT)


def chained_links() -> bytes:
    """Links to earlier members, and then a file through them."""
    return tarred((member("bob", tarfile.SYMTYPE, "/tmp"), b""), (member(f"bob/{NAME}/{NAME}.ipynb"), b"{}"),
                  (member(f"eve/{NAME}/{NAME}.ipynb", tarfile.LNKTYPE, HONEST), b""),
                  (member(f"mia/{NAME}/{NAME}.ipynb", tarfile.LNKTYPE, "/etc/passwd"), b""),
                  (member(f"mia/{NAME}", tarfile.SYMTYPE, "../.."), b""), (member(f"mia/{NAME}/escaped.ipynb"),
                  b"{}"))  # fmt: skip


def devices() -> bytes:
    kinds = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE, b"Z", b"\0"[:0] or b"V")
    return tarred(*((member(f"s{i}/{NAME}/{NAME}.ipynb", kind), b"") for i, kind in enumerate(kinds)))


def long_header(count: int) -> bytes:
    return tarred(
        (member(f"bob/{NAME}/{NAME}.ipynb", comment="x" * count, path="../" * (count // 3)), b"{}"),
        format=tarfile.PAX_FORMAT,
    )


def negative() -> bytes:
    made = bytearray(tarred((member(f"bob/{NAME}/{NAME}.ipynb"), b"{}")))
    at = made.index(b"bob/")
    made[at + 124 : at + 136] = b"\xff" * 12  # base 256, below zero
    made[at + 148 : at + 156] = b" " * 8
    made[at + 148 : at + 156] = b"%06o\0 " % sum(made[at : at + 512])
    return bytes(made)


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "names.zip": lambda: zipped(*((name, b"{}") for name in BAD_NAMES if name.isprintable() and "\udcff" not in name)),
    "nul.zip": lambda: renamed(f"bob\0.ipynb/{NAME}"), "newline.zip": lambda: renamed(f"bo\nb/{NAME}/{NAME}.ipynb"),
    "names.tar": lambda: tarred(*((member(name), b"{}") for name in BAD_NAMES if "\0" not in name), format=tarfile.PAX_FORMAT),
    "names.gnu.tar.gz": lambda: tarred(*((member(name), b"{}") for name in BAD_NAMES if "\0" not in name), pack="gz",
                                       format=tarfile.GNU_FORMAT),
    "twins.zip": lambda: zipped(*((name, CONTENT) for name in TWINS)),
    "twins.tar": lambda: tarred(*((member(name), CONTENT) for name in TWINS)),
    "link.zip": lambda: linked_zip("/etc/passwd"), "link up.zip": lambda: linked_zip("../../../nbgrader_config.py"),
    "links.tar": chained_links, "devices.tar": devices, "sparse.tar": sparse, "negative.tar": negative,
    "bomb.zip": lambda: zipped((f"bob/{NAME}/{NAME}.ipynb", bytes(10**9))),
    "bomb.tar.gz": lambda: tarred((member(f"bob/{NAME}/{NAME}.ipynb"), bytes(10**9)), pack="gz"),
    "bomb.tar.bz2": lambda: tarred((member(f"bob/{NAME}/{NAME}.ipynb"), bytes(3 * 10**8)), pack="bz2"),
    "many bombs.zip": lambda: zipped(*((f"s{i}/{NAME}/{NAME}.ipynb", bytes(19 * 2**20)) for i in range(60))),
    "in one another.zip": quine_like, "overlapping.zip": overlapping, "other local name.zip": other_local_name,
    "too small.zip": lambda: lying_size(10), "too large.zip": lambda: lying_size(2**32 - 2),
    "zip64 entries.zip": lambda: wide(2**63, 2**20), "zip64 directory.zip": lambda: wide(10, 2**62),
    "150,000 entries.zip": lambda: entries(150_000),
    "long header.tar": lambda: long_header(10**5), "long header.tar.gz": lambda: long_header(10**7),
    "cut.zip": lambda: zipped()[:-30], "cut.tar": lambda: tarred((member("bob/x.ipynb"), bytes(10**5)))[: len(CONTENT) + 2_000],
    "encrypted.zip": lambda: zipped((f"bob/{NAME}/{NAME}.ipynb", b"{}")).replace(b"PK\1\2\x14\x03\x14\0\0\0",
    b"PK\1\2\x14\x03\x14\0\1\0"),
    "empty.zip": lambda: b"PK\5\6" + bytes(18), "nothing.zip": lambda: b"", "no archive.zip": lambda: b"PK\3\4" + bytes(10**6),
    "rar.zip": lambda: b"Rar!\x1a\7\0" + bytes(100), "text.tar": lambda: b"#!/bin/sh\ntouch escaped\n" * 100,
    "comment.zip": lambda: zipped()[:-2] + struct.pack("<H", 65_535) + b"PK\5\6" * 16_383 + b"PK\5",
}  # fmt: skip
DAMAGED = {"overlapping.zip", "zip64 entries.zip", "zip64 directory.zip", "150,000 entries.zip", "cut.zip", "encrypted.zip",
"empty.zip",
           "nothing.zip", "no archive.zip", "rar.zip", "text.tar", "comment.zip"}  # fmt: skip


@cache
def built(name: str) -> bytes:
    return ARCHIVES[name]()
