"""Fetch the web files that the book carries with it, so that a reader needs no network.

MathJax shows the formulas, tippy.js (on Popper) the previews of terms and references, axe-core is what the tests judge the
pages with. Every package is pinned by version and by the sha512 of its archive: what the network answers is not trusted,
only checked. `npm` fetches where it is installed (it knows proxies and private registries), Python's own urllib where not.

    python scripts/vendor.py            fetch what is missing into assets/vendor/
    python scripts/vendor.py --check    say what is missing; exit 1 if anything is
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "assets" / "vendor"
DEFAULT_REGISTRY = "https://registry.npmjs.org"


@dataclass(frozen=True)
class Package:
    """One npm package, and the part of it that the book uses (path in the archive → path in the folder)."""

    folder: str
    name: str
    version: str
    sha512: str
    files: dict[str, str]

    @property
    def integrity(self) -> str:
        return f"sha512-{self.sha512}"

    @property
    def archive(self) -> str:
        return f"{self.name.rsplit('/', 1)[-1]}-{self.version}.tgz"

    @property
    def stamp(self) -> str:
        """What the folder's VERSION file says when it is complete: change a file list above and the folder is made anew."""
        listing = "".join(f"{src} -> {dst}\n" for src, dst in sorted(self.files.items()))
        return f"{self.name} {self.version}\n{self.integrity}\n{listing}"


PACKAGES = (
    Package(
        folder="mathjax",
        name="mathjax",
        version="3.2.2",
        sha512="Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        files={
            "LICENSE": "LICENSE",
            "es5/tex-mml-chtml.js": "tex-mml-chtml.js",
            "es5/output/chtml/fonts/woff-v2/": "output/chtml/fonts/woff-v2/",
            # Loaded on first use of \boldsymbol, \cancel, \color and the like.
            "es5/input/tex/extensions/": "input/tex/extensions/",
        },
    ),
    Package(
        folder="popper",
        name="@popperjs/core",
        version="2.11.8",
        sha512="P1st0aksCrn9sGZhp8GMYwBnQsbvAWsZAX44oXNNvLHGqAOcoVxmjZiohstwQ7SqKnbR47akdNi+uleWD8+g6A==",
        files={"LICENSE.md": "LICENSE.md", "dist/umd/popper.min.js": "popper.min.js"},
    ),
    Package(
        folder="tippy",
        name="tippy.js",
        version="6.3.7",
        sha512="E1d3oP2emgJ9dRQZdf3Kkn0qJgI6ZLpyS5z6ZkY1DF3kaQaBsGZsndEpHwx+eC+tYM41HaSNvNtLx8tU57FzTQ==",
        files={"LICENSE": "LICENSE", "dist/tippy-bundle.umd.min.js": "tippy-bundle.umd.min.js"},
    ),
    Package(
        folder="axe-core",  # for the tests only; the book does not copy it (see exclude_patterns in _config.yml)
        name="axe-core",
        version="4.14.1",
        sha512="FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        files={"LICENSE": "LICENSE", "axe.min.js": "axe.min.js"},
    ),
)


def is_present(package: Package, vendor: Path = VENDOR) -> bool:
    """True when the package's folder was unpacked completely from the pinned archive."""
    stamp = vendor / package.folder / "VERSION"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == package.stamp


def registry() -> str:
    """The registry of the environment or the official one, without a slash at its end."""
    named = {name.lower(): value for name, value in os.environ.items()}  # npm reads the name in either case
    return (named.get("npm_config_registry") or DEFAULT_REGISTRY).rstrip("/")


def download_with_npm(package: Package, folder: Path) -> Path:
    """`npm pack` the archive into `folder`. Raises OSError or CalledProcessError when npm cannot."""
    spec = f"{package.name}@{package.version}"
    command = ["npm", "pack", spec, "--pack-destination", str(folder), "--silent"]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=180, cwd=folder)
    return next(folder.glob("*.tgz"))


def download_with_urllib(package: Package, folder: Path) -> Path:
    """Fetch the archive over https from the registry into `folder`."""
    url = f"{registry()}/{package.name}/-/{package.archive}"
    target = folder / package.archive
    with urllib.request.urlopen(url, timeout=60) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file)
    return target


def download(package: Package, folder: Path) -> Path:
    """The package's archive, fetched into `folder` and checked against its pinned sha512. Tries each way three times."""
    ways = [download_with_npm] if shutil.which("npm") else []
    ways.append(download_with_urllib)
    problems = []
    for attempt in range(3):
        time.sleep(2 * attempt)
        for way in ways:
            try:
                archive = way(package, folder)
            except (OSError, StopIteration, subprocess.SubprocessError, urllib.error.URLError) as error:
                detail = getattr(error, "stderr", "") or str(error)
                problems.append(f"{way.__name__}: {detail.strip()[:300]}")
                continue
            got = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if got == package.sha512:
                return archive
            archive.unlink()
            problems.append(f"{way.__name__}: archive has sha512-{got}, expected {package.integrity}")
    raise SystemExit(
        f"vendor: could not fetch {package.name} {package.version}\n  " + "\n  ".join(dict.fromkeys(problems))
    )


def unpack(package: Package, archive: Path, target: Path) -> None:
    """Write the files that the book uses into the empty folder `target`. Raises SystemExit when one is missing."""
    wanted = {f"package/{src}": dst for src, dst in package.files.items()}
    found = set()
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            for src, dst in wanted.items():
                if member.isfile() and (member.name == src or (src.endswith("/") and member.name.startswith(src))):
                    path = target / (dst + member.name.removeprefix(src) if src.endswith("/") else dst)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(tar.extractfile(member).read())
                    found.add(src)
    missing = sorted(set(wanted) - found)
    if missing:
        raise SystemExit(f"vendor: {archive.name} does not hold {', '.join(missing)}")


def install(package: Package, vendor: Path = VENDOR) -> None:
    """Fetch, check and unpack one package; its folder appears whole or not at all."""
    vendor.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=vendor, prefix=".fetch-") as temporary:
        folder = Path(temporary)
        fresh = folder / "unpacked"
        fresh.mkdir()
        unpack(package, download(package, folder), fresh)
        (fresh / "VERSION").write_text(package.stamp, encoding="utf-8")
        target = vendor / package.folder
        if target.exists():
            target.rename(folder / "old")
        fresh.rename(target)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say what is missing; exit 1 if anything is")
    check_only = parser.parse_args().check
    missing = [package for package in PACKAGES if not is_present(package)]
    for package in missing:
        if check_only:
            print(f"vendor: {package.name} {package.version} is missing")
            continue
        started = time.perf_counter()
        install(package)
        print(f"vendor: {package.name} {package.version} ({time.perf_counter() - started:.1f} s)", flush=True)
    return 1 if check_only and missing else 0


if __name__ == "__main__":
    sys.exit(main())
