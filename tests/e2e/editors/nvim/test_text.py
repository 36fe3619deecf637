"""Real Neovims ask, chat and edit: text that streams into buffers, and all that can go wrong."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from aircherd.testing.simulator import Fault, Received, Simulator
from helpers.daemon.real_daemon import wait_until
from helpers.editors.home import SPARE_KEY, EditorHome, open_editor_home
from helpers.editors.neovim import NEOVIMS, ROOT, Answer, Outcomes, Suite

pytestmark = pytest.mark.neovim

SUITES = Path(__file__).parent / "suites"
RULES = Suite(SUITES / "text_rules.lua")
STREAMS = Suite(SUITES / "streams.lua")
EDITS = Suite(SUITES / "edits.lua")


@pytest.fixture(scope="module")
def opened() -> Iterator[EditorHome]:
    """One daemon for all Neovims."""
    with open_editor_home() as opened:
        yield opened


@pytest.fixture(scope="module", params=NEOVIMS)
def rules(request: pytest.FixtureRequest, opened: EditorHome) -> Outcomes:
    """Run what decides about text in each Neovim."""
    environ = {**opened.home.environ, "AIRCHER_CHATS": str(ROOT / "tests" / "protocol" / "chats")}
    return RULES.run(request.param, environ)


@pytest.fixture(scope="module", params=NEOVIMS)
def streams(
    request: pytest.FixtureRequest, opened: EditorHome, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """Run questions and chats in each Neovim, which ends in the middle of an answer."""
    folder = tmp_path_factory.mktemp("chats")
    return STREAMS.run(request.param, opened.home.environ, cwd=folder, answers=_answers(opened))


@pytest.fixture(scope="module", params=NEOVIMS)
def edits(request: pytest.FixtureRequest, opened: EditorHome) -> Outcomes:
    """Run edits in each Neovim."""
    return EDITS.run(request.param, opened.home.environ, answers=_answers(opened))


def _last_chat(sim: Simulator) -> Received:
    """Return the latest request that was not about keys or models."""
    return next(each for each in reversed(list(sim.requests)) if each.endpoint == "chat")


def _answers(opened: EditorHome) -> dict[str, Answer]:
    home, sim = opened

    def behave(how: Any) -> None:
        sim.faults.clear()
        how = dict(how or {})
        if "text" in how:
            how["text"] = how["text"].replace("<NUL>", "\0")  # Neovim's JSON has no NUL
        sim.behave(**{"text": None, "delay": 0.0, "events_per_write": 1, **how})

    def is_closed(_: object) -> bool:
        wait_until(_last_chat(sim).disconnected.is_set, "the upstream is closed")
        return True

    def sent(_: object) -> object:
        return cast("dict[str, object]", _last_chat(sim).json)["messages"]

    def restart(_: object) -> None:
        home.stop(signal.SIGKILL)
        home.start()

    def forget(_: object) -> None:
        home.cli("auth", "logout", "spare", "--yes")
        home.cli("cooldowns", "clear")

    return {
        "behave": behave,
        "fail": lambda how: sim.faults.add(Fault(**how)),  # type: ignore[arg-type]
        "the last upstream was closed": is_closed,
        "what was sent": sent,
        "restart": restart,
        "sign in": lambda _: home.login("spare", SPARE_KEY),
        "forget": forget,
        "the key": lambda _: SPARE_KEY,
    }


@pytest.mark.parametrize("case", RULES.cases)
def test_rules(rules: Outcomes, case: str) -> None:
    """Each case of the suite."""
    rules.check(case)


@pytest.mark.parametrize("case", STREAMS.cases)
def test_streams(streams: Outcomes, case: str) -> None:
    """Each case of the suite."""
    streams.check(case)


def test_an_editor_that_ends_closes_the_upstream(streams: Outcomes, opened: EditorHome) -> None:
    """The last case of the suite leaves an answer that never ends."""
    streams.check("an answer is on its way when Neovim ends")
    wait_until(_last_chat(opened.sim).disconnected.is_set, "the upstream is closed")


@pytest.mark.parametrize("case", EDITS.cases)
def test_edits(edits: Outcomes, case: str) -> None:
    """Each case of the suite."""
    edits.check(case)
