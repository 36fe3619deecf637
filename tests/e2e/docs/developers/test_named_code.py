"""Files and names of the source that the pages for developers mention exist."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from helpers.docs.blocks import ROOT, read

PAGES = ("adding-a-provider.md", "architecture.md", "contributing.md", "performance.md")
INVENTED = re.compile(r"quill|Quill|^_take$|^_end$|^_finish$")
"""The made-up vendor of adding-a-provider.md, and the methods of a class that is named there."""

NO_PART = {"__init__.py", "__pycache__"}
"""What is in the folder of the daemon and is no part of it."""

_FOLDERS = ("daemon", "clients", "tests", "docs", "systemd", ".ci")
_ENDING = {".py", ".md", ".toml", ".service", ".socket"}


def _files() -> list[Path]:
    found = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*")]
    return [path for path in found if "__pycache__" not in path.parts]


def _words(page: str) -> set[str]:
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)
    return {word for word in re.findall(r"`([^`\n]+)`", text) if not INVENTED.search(word)}


@pytest.mark.parametrize("page", PAGES)
def test_named_files_exist(page: str) -> None:
    """A path may be relative to any package."""
    paths = {f"/{path.relative_to(ROOT).as_posix()}" for path in [*_files(), *ROOT.glob("*.*")]}
    named = {word.rstrip("/") for word in _words(page) if Path(word.rstrip("/")).suffix in _ENDING}
    named = {word for word in named if re.fullmatch(r"[\w./-]+", word) and word[0] != "."}
    missing = {word for word in named if not any(path.endswith(f"/{word}") for path in paths)}
    assert missing == set()


def test_named_classes_and_functions_exist() -> None:
    """So that a reader who searches the source for one finds it."""
    source = "\n".join(path.read_text() for path in _files() if path.suffix == ".py")
    names = {word for word in _words("adding-a-provider.md") if re.fullmatch(r"[A-Za-z_]\w+", word)}
    assert {name for name in names if not re.search(rf"\b{name}\b", source)} == set()


NAME_IN_FILE = re.compile(r"`(\w+)`(?: row)?(?:\s+(?:in|to|of)\s+|\s+\()`([\w/.]+\.py)`")


@pytest.mark.parametrize("page", PAGES)
def test_a_name_is_in_the_file_that_the_page_says(page: str) -> None:
    """As in "a row in this table of that file"."""
    for name, path in NAME_IN_FILE.findall(read(page)):
        files = [file for file in _files() if file.as_posix().endswith(f"/{path}")]
        assert any(name in file.read_text() for file in files), f"{name} is not in {path}"


def test_each_dependency_has_its_reason() -> None:
    """decisions.md says why it is needed, those of the tests included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(each for extra in extras for each in extra)]
    names = {re.split(r"[^\w.-]", each)[0] for each in wanted}
    decisions = read("decisions.md").lower()
    assert {name for name in names if name.lower() not in decisions} == set()


def test_the_floors_are_all_packages() -> None:
    """The table of architecture.md has each part of the daemon, in the order of the contract."""
    table = read("architecture.md").partition("## Floors")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [re.findall(r"`(?:aircherd/)?([^`/]+)/?`", row) for row in rows]
    folder = ROOT / "daemon" / "aircherd"
    there = {path.name for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert {name for row in named for name in row} - {"aircher_wire"} == there - NO_PART
    row_of = {name.removesuffix(".py"): number for number, row in enumerate(named) for name in row}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    floors = [
        [row_of[part.strip().removeprefix("aircherd.")] for part in layer.split("|")]
        for layer in contracts["contracts"][0]["layers"]
    ]
    assert [pair for pair in pairwise(floors) if max(pair[0]) > min(pair[1])] == []
