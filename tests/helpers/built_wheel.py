"""Distributions of this checkout, and virtual environments that have one installed.

Each is built once for all tests of a process. Dependencies come from the environment of the tests,
so nothing is downloaded.
"""

import atexit
import functools
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


@functools.cache
def built_wheel() -> Path:
    """Return a wheel of the checkout."""
    return build_wheel(_temporary_folder())


@functools.cache
def built_source() -> Path:
    """Return a source distribution of the checkout."""
    return build_source(_temporary_folder())


@functools.cache
def unpacked_source() -> Path:
    """Return the root of an unpacked source distribution; no test may change it."""
    return unpack_source(_temporary_folder())


def build_wheel(folder: Path, *, source: Path = ROOT) -> Path:
    """Build a wheel of the checkout, or of another source, into `folder`; return its path."""
    _build("wheel", folder, source)
    [wheel] = folder.glob("*.whl")
    return wheel


def build_source(folder: Path, *, source: Path = ROOT) -> Path:
    """Build a source distribution of the checkout, or of another source; return its path."""
    _build("sdist", folder, source)
    [archive] = folder.glob("*.tar.gz")
    return archive


def unpack_source(folder: Path) -> Path:
    """Unpack the source distribution into `folder`, and return its root."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-xf", built_source()], cwd=folder, check=True, timeout=50)
    return folder / built_source().name.removesuffix(".tar.gz")


def _temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="aircher-built-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _build(target: str, folder: Path, source: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        capture_output=True,
        check=True,
        timeout=50,
    )


def make_venv(folder: Path, wheel: Path) -> Path:
    """Make a virtual environment with the wheel and return its Python."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install_wheel(python, wheel)
    # The tests' own packages, without their `.pth` files: aircher itself comes from the wheel.
    packages = site_packages(folder)
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


def install_wheel(python: Path, wheel: Path) -> None:
    """Install a wheel, in place of an earlier version, as `pip install --upgrade` does."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"),
            *("install", "--quiet", "--upgrade", "--no-deps", "--no-index", str(wheel)),
        ],
        capture_output=True,
        check=True,
        timeout=50,
    )


def site_packages(folder: Path) -> Path:
    """Return where a virtual environment has its packages."""
    [found] = (folder / "lib").glob("python*/site-packages")
    return found
