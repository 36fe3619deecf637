"""Real Neovims connect, stream, cancel, subscribe and reconnect."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.editors.home import SPARE_KEY, EditorHome, open_editor_home
from helpers.editors.neovim import NEOVIMS, Answer, Outcomes, Suite

pytestmark = pytest.mark.neovim

SUITE = Suite(Path(__file__).parent / "suites" / "connection.lua")


@pytest.fixture(scope="module", params=NEOVIMS)
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcomes]:
    """Run the suite in each Neovim, in a folder below a repository, which has another one in it.

    What is above them, such as a repository of the developer's, is no business of the test.
    """
    folder = tmp_path_factory.mktemp("repository")
    for name in (".git", "lua", "other/.git"):
        (folder / name).mkdir(parents=True)
    with open_editor_home() as opened:
        opened.sim.behave(delay=0.001)
        yield SUITE.run(
            request.param,
            opened.home.environ,
            cwd=folder / "lua",
            answers=_answers(opened),
        )


def _answers(opened: EditorHome) -> dict[str, Answer]:
    def is_closed(_: object) -> bool:
        wait_until(opened.sim.requests[-1].disconnected.is_set, "the upstream is closed")
        return True

    return {
        "sign in": lambda _: opened.home.login("spare", SPARE_KEY),
        "the last upstream was closed": is_closed,
        "kill the daemon": lambda _: opened.home.stop(signal.SIGKILL),
        "start the daemon": lambda _: opened.home.start(),
    }


@pytest.mark.parametrize("case", SUITE.cases)
def test_connection(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
