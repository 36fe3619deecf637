"""A real Emacs connects, streams, cancels, subscribes and reconnects."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.editors.emacs import Answer, Outcomes, Suite
from helpers.editors.home import SPARE_KEY, EditorHome, open_editor_home

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "connection.el")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """Run the suite in a folder below a repository."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / ".git").mkdir()
    (folder / "lisp").mkdir()
    with open_editor_home() as opened:
        opened.sim.behave(delay=0.001)
        yield SUITE.run(opened.home.environ, cwd=folder / "lisp", answers=_answers(opened))


def _answers(opened: EditorHome) -> dict[str, Answer]:
    def is_closed(_: object) -> bool:
        wait_until(opened.sim.requests[-1].disconnected.is_set, "the upstream is closed")
        return True

    def send(number: int) -> None:
        assert opened.home.process is not None
        opened.home.process.send_signal(number)

    return {
        "stream at once": lambda _: opened.sim.behave(delay=0.0),
        "stream slowly": lambda _: opened.sim.behave(delay=0.001),
        "freeze the daemon": lambda _: send(signal.SIGSTOP),
        "let the daemon go on": lambda _: send(signal.SIGCONT),
        "sign in": lambda _: opened.home.login("spare", SPARE_KEY),
        "the last upstream was closed": is_closed,
        "kill the daemon": lambda _: opened.home.stop(signal.SIGKILL),
        "start the daemon": lambda _: opened.home.start(),
    }


@pytest.mark.parametrize("case", SUITE.cases)
def test_connection(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
