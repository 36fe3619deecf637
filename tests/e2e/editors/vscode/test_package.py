"""`vsce` makes the .vsix without a network; it is unpacked, loaded, and does what it says."""

import json
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from aircher_wire.version import __version__
from helpers.editors.vscode import CLIENT, Outcomes, Suite, build_extension, pack_extension

pytestmark = pytest.mark.vscode

SUITE = Suite("package")
MAX_BYTES = 200_000
"""A bundle of this client is a tenth of that; a package that slipped in would be more."""


class Packed(NamedTuple):
    """The names in the .vsix, where it was unpacked, and what the suite found there."""

    names: list[str]
    folder: Path
    outcomes: Outcomes


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """Pack, unpack, and run all cases with what was unpacked."""
    made = tmp_path_factory.mktemp("vsix")
    with zipfile.ZipFile(pack_extension(made)) as archive:
        archive.extractall(made)
        names = archive.namelist()
        times = {entry.date_time for entry in archive.infolist()}
    assert times == {(2020, 1, 1, 0, 0, 0)}  # the same files give the same bytes
    folder = made / "extension"
    home = {"HOME": str(made), "XDG_RUNTIME_DIR": str(made), "AIRCHER_AUTOSTART": "0"}
    environ = {**os.environ, **home}
    return Packed(names, folder, SUITE.run(environ, extension=folder))


@pytest.mark.parametrize("case", SUITE.cases)
def test_manifest(packed: Packed, case: str) -> None:
    """One case of `suites/package.ts`."""
    packed.outcomes.check(case)


def test_what_is_packed(packed: Packed) -> None:
    """The bundle, the manifest, the page and the licences: nothing else, and no path of here."""
    assert sorted(name.lower() for name in packed.names) == [
        "[content_types].xml",
        "extension.vsixmanifest",
        "extension/dist/extension.js",
        "extension/license.txt",
        "extension/package.json",
        "extension/readme.md",
        "extension/third_party.txt",
    ]
    licences = (packed.folder / "THIRD_PARTY.txt").read_text()
    assert "Copyright 2019 The MessagePack Community" in licences
    for file in packed.folder.rglob("*.*"):
        assert str(CLIENT.parents[1]).encode() not in file.read_bytes()
    bundle = packed.folder / "dist" / "extension.js"
    assert bundle.read_bytes() == (build_extension() / "dist" / "extension.js").read_bytes()
    assert bundle.stat().st_size < MAX_BYTES


def test_version(packed: Packed) -> None:
    """The extension has aircher's version."""
    manifest = json.loads((packed.folder / "package.json").read_text())
    assert manifest["version"] == __version__


def test_the_page_names_every_command_and_setting(packed: Packed) -> None:
    """README.md, which the marketplace shows, has them all."""
    page = (CLIENT / "README.md").read_text()
    contributes = json.loads((packed.folder / "package.json").read_text())["contributes"]
    titles = [f"aircher: {each['title']}" for each in contributes["commands"]]
    names = [*titles, *contributes["configuration"]["properties"]]
    assert [name for name in names if name not in page] == []
