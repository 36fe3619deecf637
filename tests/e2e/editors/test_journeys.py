"""A new user goes by the page of an editor alone: installs, asks, signs in, chats, edits, switches.

Nothing but the simulated providers is prepared: no daemon runs, no key is stored, and the client is
what the commands of the page install.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_wire.version import __version__
from helpers.docs_commands import run_page
from helpers.editors import emacs, neovim, vscode
from helpers.editors.newcomer import answers, open_newcomer

SUITES = Path(__file__).parent / "suites"
NEOVIM = neovim.Suite(SUITES / "journey.lua")
EMACS = emacs.Suite(SUITES / "journey.el")

VSCODE = vscode.Suite("journey")

INSTALL = "(progn (package-initialize) (package-install-file {}))"
"""What M-x package-install-file does."""


@pytest.fixture(scope="module", params=neovim.NEOVIMS)
def in_neovim(request: pytest.FixtureRequest) -> Iterator[neovim.Outcomes]:
    """Go the way in each Neovim."""
    with open_newcomer() as opened:
        run_page("editors/neovim.md", opened.home, sections=["Install"])
        yield NEOVIM.run(
            request.param,
            opened.home.environ,
            cwd=opened.home.root,
            answers=answers(opened),
            command=neovim.installed,
        )


@pytest.mark.neovim
@pytest.mark.parametrize("case", NEOVIM.cases)
def test_neovim(in_neovim: neovim.Outcomes, case: str) -> None:
    """Each step of the way."""
    in_neovim.check(case)


@pytest.fixture(scope="module")
def in_emacs() -> Iterator[emacs.Outcomes]:
    """Go the way in Emacs."""
    with open_newcomer() as opened:
        home = opened.home
        run_page("editors/emacs.md", home, sections=["Install"])
        package = json.dumps(str(home.root / f"aircher-{__version__}.tar"))
        install = [emacs.find_emacs(), "-Q", "--batch", "--eval", INSTALL.format(package)]
        subprocess.run(install, env=home.environ, check=True, capture_output=True, timeout=50)
        yield EMACS.run(
            home.environ, cwd=home.root, answers=answers(opened), command=emacs.installed
        )


@pytest.mark.emacs
@pytest.mark.parametrize("case", EMACS.cases)
def test_emacs(in_emacs: emacs.Outcomes, case: str) -> None:
    """Each step of the way."""
    in_emacs.check(case)


@pytest.fixture(scope="module")
def in_vscode() -> Iterator[vscode.Outcomes]:
    """Go the way with the built extension; VS Code itself is a stub."""
    with open_newcomer() as opened:
        yield VSCODE.run(opened.home.environ, answers=answers(opened))


@pytest.mark.vscode
@pytest.mark.parametrize("case", VSCODE.cases)
def test_vscode(in_vscode: vscode.Outcomes, case: str) -> None:
    """Each step of the way."""
    in_vscode.check(case)
