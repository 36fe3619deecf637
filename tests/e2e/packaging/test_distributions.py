"""What is published: the wheel and the source distribution."""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from functools import cache
from pathlib import Path

import pytest

from aircher_wire.version import __version__
from helpers.built_wheel import (
    ROOT,
    build_source,
    build_wheel,
    built_source,
    built_wheel,
    unpacked_source,
)

PACKAGES = (
    "daemon/aircher_wire",
    "daemon/aircherd",
    "clients/aircher_client",
    "clients/aircher_cli",
)
UNITS = "clients/aircher_cli/service/units"
"""A link to `systemd` in the repository, a copy of it in the distributions."""

INFO = f"aircher-{__version__}.dist-info"
SHARE = f"aircher-{__version__}.data/data/share"
EDITORS = ("clients/nvim", "clients/emacs")
"""What editors load from the wheel."""


@cache
def tracked(*folders: str) -> frozenset[str]:
    """Return the files of the repository, of some folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return frozenset(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def names_in(archive: Path) -> set[str]:
    """Return the files in a distribution, without the folder that a source distribution has."""
    if archive.suffix == ".whl":
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as source:
        return {name.partition("/")[2] for name in source.getnames()}


def metadata() -> Message:
    """Return the metadata of the wheel."""
    return BytesParser().parsebytes(zipfile.ZipFile(built_wheel()).read(f"{INFO}/METADATA"))


def test_the_wheel_has_the_packages_the_units_the_manual_and_the_plugins() -> None:
    """Every file of the repository that belongs into it, and no other: no cache, no test."""
    expected = {name.partition("/")[2] for name in tracked(*PACKAGES)}
    units = {name.removeprefix("systemd/") for name in tracked("systemd")}
    expected |= {f"{UNITS.partition('/')[2]}/{name}" for name in units}
    pages = tracked("docs/man/man1", "docs/man/man5")
    expected |= {name.replace("docs/man", f"{SHARE}/man", 1) for name in pages}
    plugins = tracked(*EDITORS)
    expected |= {name.replace("clients", f"{SHARE}/aircher", 1) for name in plugins}
    expected |= {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    expected |= {f"{INFO}/licenses/LICENSE"}
    assert names_in(built_wheel()) == expected
    typed = {f"{folder.partition('/')[2]}/py.typed" for folder in PACKAGES}
    assert typed <= expected


def test_the_source_distribution_has_the_repository() -> None:
    """All that the build and the tests need, and nothing that git does not have."""
    units = {f"{UNITS}/{name.removeprefix('systemd/')}" for name in tracked("systemd")}
    names = names_in(built_source())
    assert names - tracked() - units == {"PKG-INFO"}
    assert tracked() - names == {".ci/run"}


def test_the_licence() -> None:
    """It is named, and the text is in both."""
    assert metadata()["License-Expression"] == "MIT"
    assert metadata()["License-File"] == "LICENSE"
    text = (ROOT / "LICENSE").read_bytes()
    assert zipfile.ZipFile(built_wheel()).read(f"{INFO}/licenses/LICENSE") == text
    assert (unpacked_source() / "LICENSE").read_bytes() == text


def test_the_entry_points() -> None:
    """Two programs, and no plug-in of another."""
    points = zipfile.ZipFile(built_wheel()).read(f"{INFO}/entry_points.txt").decode()
    assert points.split() == [
        *("[console_scripts]", "aircher-cli", "=", "aircher_cli.__main__:main"),
        *("aircherd", "=", "aircherd.__main__:main"),
    ]


def test_the_metadata() -> None:
    """The version and the Python that the documentation names; PyPI takes both distributions."""
    found = metadata()
    assert (found["Name"], found["Version"]) == ("aircher", __version__)
    assert found["Requires-Python"] == ">=3.11"
    extras = {line for line in found.get_all("Requires-Dist", ()) if "extra ==" in line}
    assert {line.rpartition("extra == ")[2] for line in extras} == {"'dev'", "'shared'"}
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", built_wheel(), built_source()],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout.count("PASSED")) == (0, 2), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("build", "first"), [(build_wheel, built_wheel), (build_source, built_source)]
)
def test_the_bytes_are_reproducible(
    build: Callable[..., Path], first: Callable[[], Path], tmp_path: Path
) -> None:
    """A build elsewhere, of the source distribution and at another time, gives the same file."""
    again = build(tmp_path, source=unpacked_source())
    assert again.name == first().name
    assert again.read_bytes() == first().read_bytes()
