"""What a release gives editors to install can be made twice with the same bytes, and installs."""

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_wire.version import __version__
from helpers.daemon.real_daemon import Home, home
from helpers.docs.blocks import ROOT, blocks_of, read
from helpers.docs_commands import run_page
from helpers.editors.emacs import find_emacs
from helpers.editors.neovim import NEOVIMS, find_neovim

SCRIPT = ROOT / "clients" / "build_archives.py"

NEOVIM = f"aircher.nvim-{__version__}.tar.gz"
EMACS = f"aircher-{__version__}.tar"

LOADED = """
local files = vim.api.nvim_get_runtime_file("lua/aircher/init.lua", true)
print(#files, files[1], vim.fn.exists(":AircherModel"), (require("aircher").socket_path()))
"""
"""Prints how often and where the plugin is found, 2 if it has commands, and the socket's path."""

INSTALL = """
(progn
  (package-initialize)
  (package-install-file {})
  (princ (locate-library "aircher")))
"""

AT_THE_NEXT_START = """
(progn
  (package-initialize)
  (princ (format "%S %S" (package-installed-p 'aircher {}) (require 'aircher))))
"""


def build(folder: Path, *editors: str) -> None:
    """Run the script as a person does who makes a release."""
    command = [sys.executable, str(SCRIPT), *editors, "--to", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives that need nothing but Python."""
    folder = tmp_path_factory.mktemp("archives")
    build(folder, "neovim", "emacs")
    return folder


@pytest.fixture
def user() -> Iterator[Home]:
    """A user who has a checkout in `~/aircher`, and has installed nothing into an editor."""
    with home() as made:
        (made.root / "aircher").symlink_to(ROOT)
        yield made


def run(user: Home, *command: str) -> str:
    """Run an editor without a screen until it ends; return what it printed on either output."""
    done = subprocess.run(
        command,
        env=user.environ,
        cwd=user.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_same_files_give_the_same_bytes(archives: Path, tmp_path: Path) -> None:
    """Nothing of the machine, the user and the time that made them is in them."""
    build(tmp_path, "neovim", "emacs")
    assert {file.name for file in archives.iterdir()} == {NEOVIM, EMACS}
    for file in archives.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes()
        with tarfile.open(file) as archive:
            marks = {(each.uid, each.gid, each.uname, each.mtime) for each in archive}
        assert marks == {(0, 0, "", 1_577_836_800)}


def test_an_unknown_editor_is_refused(tmp_path: Path) -> None:
    """With the names of those that there are."""
    command = [sys.executable, str(SCRIPT), "ed", "--to", str(tmp_path / "new")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 2
    assert "neovim, emacs, vscode" in done.stderr
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------- Neovim


def check_neovim(user: Home, which: str, place: Path, *options: str) -> None:
    """The plugin is found once, in this place, with its commands, and knows the daemon's socket."""
    lua = " ".join(LOADED.split())
    quiet = ("--headless", "-i", "NONE", "-n", *options)
    said = run(user, find_neovim(which), *quiet, "-c", f"lua {lua}", "-c", "qa!")
    assert said.split() == ["1", str(place / "lua/aircher/init.lua"), "2", str(user.socket)]


@pytest.mark.neovim
@pytest.mark.parametrize("which", NEOVIMS)
def test_neovim_loads_what_the_page_unpacks(which: str, user: Home) -> None:
    """The commands of the page put it where Neovim looks for packages, and it has its help."""
    run_page("editors/neovim.md", user, sections=["Install"])
    place = user.root / ".local/share/nvim/site/pack/aircher/start/aircher.nvim"
    user.environ["XDG_DATA_HOME"] = str(user.root / ".local/share")
    check_neovim(user, which, place)


def lua_blocks(text: str) -> list[str]:
    """Return what the page has to be written into files of Lua, by what is in it."""
    return [
        block.text
        for block in blocks_of(read("editors/neovim.md"))
        if block.language == "lua" and text in block.text
    ]


@pytest.mark.neovim
@pytest.mark.parametrize("which", NEOVIMS)
def test_neovim_loads_a_folder_of_the_checkout(which: str, user: Home) -> None:
    """As the page has it for an init.lua, and for a plugin manager that fetched the repository."""
    place = user.root / "aircher" / "clients" / "nvim"
    (by_hand,) = lua_blocks("vim.fn.expand")
    file = user.root / "init.lua"
    file.write_text(by_hand)
    check_neovim(user, which, place, "-u", str(file))

    (fetched,) = lua_blocks("url =")
    spec = user.root / "spec.lua"
    spec.write_text(fetched)
    calls = f'local spec = dofile("{spec}"); spec.config({{ dir = "{user.root}/aircher" }})'
    check_neovim(user, which, place, "-c", f"lua {calls}")


# ---------------------------------------------------------------- Emacs


@pytest.mark.emacs
def test_emacs_installs_the_package(archives: Path, user: Home) -> None:
    """Without a warning of the compiler, and it is there at the next start."""
    file = json.dumps(str(archives / EMACS))
    emacs = (find_emacs(), "-Q", "--batch", "--eval")
    said = run(user, *emacs, INSTALL.format(file))
    assert said.endswith(f"{user.root}/.emacs.d/elpa/aircher-{__version__}/aircher.elc")
    assert re.findall(r"(?i)^.*(?:warning|error).*$", said, re.MULTILINE) == []
    assert run(user, *emacs, AT_THE_NEXT_START.format(f"'{version_list()}")) == "t aircher"


def version_list() -> str:
    """Return the version as Emacs has it."""
    return f"({__version__.replace('.', ' ')})"
