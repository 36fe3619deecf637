"""Editors on the other machine: they ask as at home, and say which machine they are at."""

import os
import subprocess
from pathlib import Path

import pytest

from aircher_wire import address
from helpers.editors import emacs, neovim

from .conftest import Machines

EDITORS = Path(__file__).parent / "editors"
HERE = os.uname().nodename.lower()


def environments(machines: Machines) -> dict[str, dict[str, str]]:
    """Return the environments of an editor there, and of one behind a RemoteForward, by host.

    Only the latter one's own word counts.
    """
    extra = address.extra_socket(str(machines.laptop.socket))
    return {
        "buildbox": machines.there.environ,
        HERE: {**machines.there.environ, "AIRCHER_SOCKET": extra},
    }


@pytest.mark.neovim
def test_neovim(machines: Machines) -> None:
    """A chat, counted for its host."""
    machines.forward()
    for host, environ in environments(machines).items():
        subprocess.run(
            neovim.command("debian", "-c", f"luafile {EDITORS / 'ask.lua'}"),
            env=environ,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        assert machines.clients()[-1] == f"nvim@{host}"


@pytest.mark.emacs
def test_emacs(machines: Machines) -> None:
    """An answer in a window, counted for its host."""
    machines.forward()
    for host, environ in environments(machines).items():
        assert emacs.run_script(EDITORS / "ask.el", environ) == [{"done": True}]
        assert machines.clients()[-1] == f"emacs@{host}"
