"""Neovim and Emacs at once on one daemon: one chat, one default model, and streams of their own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.editors import emacs, neovim
from helpers.editors.home import SPARE_KEY, EditorHome, open_editor_home
from helpers.editors.newcomer import answers as common_answers

pytestmark = [pytest.mark.neovim, pytest.mark.emacs]

SUITES = Path(__file__).parent / "suites"
SUITE = neovim.Suite(SUITES / "together.lua")
KILLED = Path(__file__).parent / "emacs" / "suites" / "killed.el"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[neovim.Outcomes]:
    """Run the suite in the newer Neovim; it asks for what an Emacs does."""
    folder = tmp_path_factory.mktemp("together")
    with open_editor_home() as opened:
        opened.home.login("spare", SPARE_KEY)
        yield SUITE.run("wheel", opened.home.environ, cwd=folder, answers=answers(opened, folder))


def answers(opened: EditorHome, folder: Path) -> dict[str, neovim.Answer]:
    """Return what the suite may ask for."""
    home, sim = opened

    def in_emacs(what: object) -> None:
        environ = {**home.environ, "AIRCHER_TEST_DO": str(what)}
        assert emacs.run_script(SUITES / "together.el", environ, cwd=folder) == [{"done": True}]

    def kill_in_mid_answer(_: object) -> None:
        with subprocess.Popen(
            emacs.command("-l", str(KILLED)),
            env=home.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as started:
            assert started.stdout is not None
            assert started.stdout.readline() == '{"streams":true}\n'
            asked = next(each for each in sim.requests if b"count 99000" in each.request.body)
            assert not asked.disconnected.is_set()
            started.kill()
        wait_until(asked.disconnected.is_set, "the upstream of the killed Emacs is closed")

    return {
        **common_answers(opened),
        "emacs": in_emacs,
        "kill an Emacs in mid-answer": kill_in_mid_answer,
        "slowly": lambda _: sim.behave(text=None, delay=0.005),
    }


@pytest.mark.parametrize("case", SUITE.cases)
def test_together(outcomes: neovim.Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
