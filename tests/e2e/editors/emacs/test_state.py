"""Models, their states, what was spent and the daemon's end are seen in a real Emacs."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.editors.emacs import Outcomes, Suite
from helpers.editors.home import SPARE_KEY, open_editor_home

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "state.el")


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Outcomes]:
    """Run the suite; the daemon's state changes when its cases ask for that."""
    with open_editor_home() as opened:
        home = opened.home

        def sign_out(_: object) -> None:
            with home.client() as client:
                client.call("auth.logout", {"provider": "spare"})

        def allow_only_to_chat(_: object) -> None:
            config = home.config_file.read_text(encoding="utf-8")
            home.write_config(f'{config}\n[clients.emacs]\nallow = ["chat"]\n')
            home.cli("config", "reload")

        yield SUITE.run(
            home.environ,
            answers={
                "sign in": lambda _: home.login("spare", SPARE_KEY),
                "sign out": sign_out,
                "kill the daemon": lambda _: home.stop(signal.SIGKILL),
                "allow only to chat": allow_only_to_chat,
                "start the daemon": lambda _: home.start(),
            },
        )


@pytest.mark.parametrize("case", SUITE.cases)
def test_state(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
