"""A wheel of this checkout, and virtual environments that have it installed.

Dependencies come from the environment of the tests, so nothing is downloaded.
"""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(folder: Path, *, source: Path = ROOT) -> Path:
    """Build a wheel of the checkout, or of another source, into `folder`; return its path."""
    _build("wheel", folder, source)
    [wheel] = folder.glob("*.whl")
    return wheel


def unpack_source(folder: Path) -> Path:
    """Build a source distribution, unpack it into `folder`, and return its root."""
    _build("sdist", folder, ROOT)
    [archive] = folder.glob("*.tar.gz")
    subprocess.run(["tar", "-xf", archive.name], cwd=folder, check=True, timeout=50)
    return folder / archive.name.removesuffix(".tar.gz")


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
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"),
            *("install", "--quiet", "--no-deps", "--no-index", str(wheel)),
        ],
        capture_output=True,
        check=True,
        timeout=50,
    )
    # The tests' own packages, without their `.pth` files: aircher itself comes from the wheel.
    packages = site_packages(folder)
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


def site_packages(folder: Path) -> Path:
    """Return where a virtual environment has its packages."""
    [found] = (folder / "lib").glob("python*/site-packages")
    return found
