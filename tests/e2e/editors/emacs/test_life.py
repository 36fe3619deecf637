"""Emacs starts the daemon where none runs, shares it with another Emacs, and leaves no stream."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.editors.emacs import Outcomes, Suite, command
from helpers.editors.home import EditorHome, open_editor_home

pytestmark = pytest.mark.emacs

SUITES = Path(__file__).parent / "suites"
SUITE = Suite(SUITES / "life.el")
OTHER = 12345


@pytest.fixture(scope="module")
def opened() -> Iterator[EditorHome]:
    """A user with providers, and no daemon that runs."""
    with open_editor_home() as made:
        made.home.stop()
        made.home.environ |= {"TEST_PYTHON": sys.executable}
        del made.home.environ["AIRCHER_AUTOSTART"]
        yield made
        made.home.cli("daemon", "stop")


@pytest.fixture(scope="module")
def outcomes(opened: EditorHome) -> Outcomes:
    """Run the suite, which ends with a daemon that it has started."""

    def make_foreign(_: object) -> str | None:
        if os.getuid():
            return None  # only root can
        folder = opened.home.root / "foreign"
        folder.mkdir(mode=0o700)
        path = folder / "s.sock"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
        os.chown(path, OTHER, OTHER)
        return str(path)

    return SUITE.run(opened.home.environ, answers={"a foreign socket": make_foreign})


@pytest.mark.parametrize("case", SUITE.cases)
def test_life(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)


def test_two_emacsen_share_a_daemon_and_the_one_that_is_killed_ends_its_stream(
    opened: EditorHome,
) -> None:
    """Both start one, and get the same. The end of one is seen upstream, and the other goes on."""
    opened.home.cli("daemon", "stop")
    opened.sim.behave(delay=0.001)
    emacsen = [_stream(opened) for _ in range(2)]
    pids = {_next(each)["pid"] for each in emacsen}
    assert len(pids) == 1
    assert [_next(each) for each in emacsen] == [{"text": True}] * 2

    emacsen[0].kill()
    wait_until(
        lambda: any(each.disconnected.is_set() for each in opened.sim.requests),
        "the stream of the killed Emacs has ended",
    )

    assert _next(emacsen[1]) == {"end": None}
    for each in emacsen:
        each.communicate(timeout=20)


def _stream(opened: EditorHome) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command("-l", str(SUITES / "stream.el")),
        env=opened.home.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _next(emacs: "subprocess.Popen[str]") -> dict[str, object]:
    assert emacs.stdout is not None
    line: dict[str, object] = json.loads(emacs.stdout.readline())
    assert line.pop("failure", None) is None
    return line
