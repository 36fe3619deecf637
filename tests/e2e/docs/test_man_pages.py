"""The manual pages are up to date, valid, complete, and found by man(1) after an installation."""

import argparse
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_cli.registry import COMMANDS, GROUPS
from aircherd.config.json_schema.document import json_schema
from helpers.built_wheel import ROOT, built_wheel, make_venv
from helpers.required import missing
from manpages import all_pages
from manpages.program import page_name, parser_of
from manpages.roff import Page

FOLDER = ROOT / "docs" / "man"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("man[1-9]/*"))
PAGES = {page.path: page for page in all_pages()}

CHECKS = {
    "mandoc": (["mandoc", "-T", "lint", "-W", "warning"], "apt install mandoc"),
    "groff": (["groff", "-ww", "-man", "-Tutf8"], "apt install groff-base"),
    "man": (["man", "--warnings", "-l"], "apt install man-db"),
}

NO_DATE = "missing date"
"""A page has a version instead, so that making it gives the same file on every day."""


def test_every_page_has_a_file() -> None:
    """There are no others, such as those of a command that was renamed."""
    assert sorted(PAGES) == FILES, "run .venv/bin/python docs/man/generate.py"


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_what_the_program_says_today(path: str) -> None:
    """Options, entries and documentation changed since must be in it."""
    text = (FOLDER / path).read_text()
    assert text == PAGES[path].source, "run .venv/bin/python docs/man/generate.py"


@pytest.mark.parametrize("tool", CHECKS)
def test_the_markup_is_valid(tool: str) -> None:
    """The three programs that show manual pages have nothing to say against one."""
    command, how = CHECKS[tool]
    if shutil.which(tool) is None:
        missing(tool, how)
    done = [
        subprocess.run(
            [*command, FOLDER / path],
            capture_output=True,
            text=True,
            env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
            timeout=50,
            check=False,
        )
        for path in FILES
    ]
    found = [
        line
        for each in done
        for line in (each.stdout * (tool == "mandoc") + each.stderr).splitlines()
    ]
    assert [line for line in found if NO_DATE not in line] == []


def plain(page: Page) -> str:
    """Return the text of a page without its markup."""
    text = re.sub(r"\\f[BIR]|\\&", "", page.source)
    return text.replace("\\-", "-").replace("\\(aq", "'")


def page_of(command: str) -> Page:
    """Return the page that describes a command."""
    return PAGES[f"man1/{page_name(command.split(maxsplit=1)[0])}.1"]


def described_part(command: str) -> str:
    """Return what the page says about a command: the whole page, or a section of it."""
    text = plain(page_of(command))
    if command.split(maxsplit=1)[0] not in GROUPS:
        return text
    return text.partition(f".SH {command.upper()}\n")[2].partition(".SH ")[0]


def options_of(command: str) -> Iterator[str]:
    """Yield the options of a command's parser, but for those that only the program itself gives."""
    for action in parser_of(command)._actions:
        if action.help != argparse.SUPPRESS:
            yield from action.option_strings


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described_with_its_options(command: str) -> None:
    """Its page has its usage and each option but `--help`, and the program's page its summary."""
    part = described_part(command)
    documented = set(re.findall(r"(?m)(?:^|, )(-[a-zA-Z]|--[a-z][a-z0-9=-]*)", part))
    assert documented == set(options_of(command)) - {"-h", "--help"}
    assert f"aircher-cli {command}" in plain(page_of(command))
    overview = " ".join(plain(PAGES["man1/aircher-cli.1"]).split())
    assert f".TP {command} {COMMANDS[command][1]}" in overview


def test_every_entry_of_the_configuration_is_described() -> None:
    """Each section has its heading, and each of its entries a description."""
    page = plain(PAGES["man5/aircher-config.5"])
    for name, schema in json_schema()["properties"].items():  # type: ignore[attr-defined]
        each = schema.get("items") or schema.get("additionalProperties") or schema
        for entry in each.get("properties", {}) if each is not False else ():
            assert f".TP\n{entry} (" in page, f"{name}.{entry}"


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_link_leads_to_a_page_that_is_there(path: str) -> None:
    """A page in `docs` by its path in the repository, and a manual page other than this one."""
    text = plain(PAGES[path])
    named = re.findall(r"\(([\w./-]+\.md[#\w-]*)\)", text)
    assert [name for name in named if not (ROOT / name).is_file()] == []
    this = f"{Path(path).stem}({Path(path).suffix[1:]})"
    assert not re.search(rf"(?:in|see)\s{re.escape(this)}", text)


def test_every_variable_is_described() -> None:
    """Each AIRCHER_ variable that the program reads is in the pages, unless it is internal."""
    internal = {"AIRCHER_STARTED_BY": "set by launchd's agent, for doctor"}
    sources = [*(ROOT / "daemon").rglob("*.py"), *(ROOT / "clients").rglob("*.py")]
    read = {
        name
        for source in sources
        if "migrate" not in source.parts
        for name in re.findall(r'environ\w*(?:\.get\(|\[)"(AIRCHER_[A-Z_]+)"', source.read_text())
    }
    assert len(read) > 2
    described = plain(PAGES["man1/aircher-cli.1"])
    assert sorted(name for name in read - internal.keys() if name not in described) == []


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with a wheel of this checkout."""
    folder = tmp_path_factory.mktemp("installed")
    make_venv(folder / "venv", built_wheel())
    return folder / "venv"


@pytest.mark.parametrize(
    "words", [["aircher-cli"], ["aircher-cli", "ask"], ["5", "aircher-config"]]
)
def test_man_finds_the_pages_of_an_installation(installed: Path, words: list[str]) -> None:
    """The wheel has them where man(1) looks: in `share/man` beside the `bin` that is in PATH."""
    if shutil.which("man") is None:
        missing("man", CHECKS["man"][1])
    environ = {"PATH": f"{installed}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    found = subprocess.run(
        ["man", "-w", *words], capture_output=True, text=True, env=environ, timeout=50, check=True
    )
    assert found.stdout.startswith(f"{installed}/share/man/")
    shown = subprocess.run(
        ["man", *words], capture_output=True, text=True, env=environ, timeout=50, check=True
    )
    assert "DESCRIPTION" in shown.stdout
