"""Answers in Emacs's buffers: ask, chat and rewrite, with a real daemon and simulated providers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.editors.emacs import Answer, Outcomes, Suite
from helpers.editors.home import EditorHome, open_editor_home

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "text.el")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """Run the suite in one Emacs."""
    with open_editor_home() as opened:
        folder = tmp_path_factory.mktemp("emacs")
        yield SUITE.run(opened.home.environ, cwd=folder, answers=answers(opened))


def answers(opened: EditorHome) -> dict[str, Answer]:
    """Return what the suite may ask for."""
    sim = opened.sim

    def is_closed(_: object) -> bool:
        wait_until(sim.requests[-1].disconnected.is_set, "the upstream is closed")
        return True

    def is_one_more(count: object) -> bool:
        wait_until(lambda: len(sim.requests) > int(str(count)), "the request has come")
        return True

    def fault(value: Any) -> None:
        sim.faults.add(Fault(**value))

    def no_faults(_: object) -> None:
        sim.faults.clear()
        opened.home.cli("cooldowns", "clear")

    return {
        "the last upstream was closed": is_closed,
        "the number of requests": lambda _: len(sim.requests),
        "there are more requests": is_one_more,
        "the last messages": lambda _: _messages(sim.requests[-1].json),
        "fault": fault,
        "no faults": no_faults,
        "no cooldowns": no_faults,
        "answer": lambda text: sim.behave(text=text),
        "behave": lambda value: sim.behave(**value),  # type: ignore[arg-type]
    }


def _messages(body: Any) -> list[str]:
    return [f"{each['role']}: {each['content']}" for each in body["messages"]]


@pytest.mark.parametrize("case", SUITE.cases)
def test_text(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
