"""What goes wrong around an answer in Emacs: text, lines, the daemon, the socket, Emacs itself."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.editors.emacs import Answer, Outcomes, Suite, command
from helpers.editors.home import EditorHome, open_editor_home

pytestmark = pytest.mark.emacs

SUITES = Path(__file__).parent / "suites"
SUITE = Suite(SUITES / "bad-input.el")


@pytest.fixture(scope="module")
def opened() -> Iterator[EditorHome]:
    """One home for the suite and for the Emacs that is killed."""
    with open_editor_home() as made:
        yield made


@pytest.fixture(scope="module")
def outcomes(opened: EditorHome, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Run the suite in one Emacs."""
    folder = tmp_path_factory.mktemp("emacs")
    return SUITE.run(opened.home.environ, cwd=folder, answers=_answers(opened))


def _answers(opened: EditorHome) -> dict[str, Answer]:
    sim = opened.sim

    def is_closed(_: object) -> bool:
        wait_until(sim.requests[-1].disconnected.is_set, "the upstream is closed")
        return True

    return {
        "the last upstream was closed": is_closed,
        "the size of the last request": lambda _: len(sim.requests[-1].request.body),
        "behave": lambda value: sim.behave(**value),  # type: ignore[arg-type]
        "kill the daemon": lambda _: opened.home.stop(signal.SIGKILL),
        "start the daemon": lambda _: opened.home.start(),
    }


@pytest.mark.parametrize("case", SUITE.cases)
def test_bad_input(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)


def test_killing_emacs_closes_the_upstream(opened: EditorHome, outcomes: Outcomes) -> None:
    """An Emacs that is killed in mid-answer needs to say nothing to end it."""
    opened.sim.behave(text=None, delay=0.001)
    with subprocess.Popen(
        command("-l", str(SUITES / "killed.el")),
        env=opened.home.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as emacs:
        assert emacs.stdout is not None
        assert emacs.stdout.readline() == '{"streams":true}\n'
        asked = opened.sim.requests[-1]
        assert not asked.disconnected.is_set()
        emacs.kill()
    wait_until(asked.disconnected.is_set, "the upstream is closed")
