"""The book's web files: only what is pinned, whole or not at all, with npm or without."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import re
import tarfile
import threading
from functools import partial

import pytest
import vendor

FILES = {"package/dist/small.js": b"let a = 1;", "package/LICENSE": b"MIT", "package/src/other.js": b"let b = 2;"}


@pytest.fixture
def archive(tmp_path):
    """A package as a registry keeps it, at the place where it would lie there."""
    path = tmp_path / "registry" / "@small" / "web" / "-" / "web-1.0.0.tgz"
    path.parent.mkdir(parents=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def package(archive):
    sha512 = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    return vendor.Package("small", "@small/web", "1.0.0", sha512, {"LICENSE": "LICENSE", "dist/": "js/"})


@pytest.fixture(autouse=True)
def registry(tmp_path, monkeypatch):
    """A registry of our own on this machine, no npm, and no waiting between attempts."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "registry"))
    handler.func.log_message = lambda *args: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(vendor.shutil, "which", lambda name: None)
    monkeypatch.setattr(vendor.time, "sleep", lambda seconds: None)
    yield
    server.shutdown()
    server.server_close()


def test_a_package_is_fetched_without_npm_and_only_the_named_part_is_kept(package, tmp_path):
    target = tmp_path / "vendor"
    assert not vendor.is_present(package, target)
    vendor.install(package, target)
    kept = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert kept == {"small/LICENSE", "small/VERSION", "small/js/small.js"}
    assert (target / "small" / "js" / "small.js").read_bytes() == b"let a = 1;"
    assert vendor.is_present(package, target)


def test_an_archive_with_another_hash_is_refused(package, archive, tmp_path):
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(SystemExit, match=re.escape(f"expected sha512-{package.sha512}")):
        vendor.install(package, tmp_path / "vendor")
    assert list((tmp_path / "vendor").iterdir()) == []


def test_a_package_that_lacks_a_named_file_leaves_what_was_there(package, tmp_path):
    vendor.install(package, tmp_path / "vendor")
    changed = vendor.Package("small", package.name, package.version, package.sha512, {"dist/none.js": "none.js"})
    assert not vendor.is_present(changed, tmp_path / "vendor")
    with pytest.raises(SystemExit, match=r"does not hold package/dist/none\.js"):
        vendor.install(changed, tmp_path / "vendor")
    assert vendor.is_present(package, tmp_path / "vendor")


def test_a_registry_that_does_not_answer_is_named_in_the_error(package, tmp_path, monkeypatch):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    with pytest.raises(SystemExit, match=r"could not fetch @small/web 1\.0\.0"):
        vendor.install(package, tmp_path / "vendor")


def test_every_package_is_pinned_to_one_archive():
    for pinned in vendor.PACKAGES:
        assert len(base64.b64decode(pinned.sha512)) == 64, pinned.name
        assert not set(pinned.version) & set("^~*x "), pinned.name
