"""The daemon's life as an editor sees it: started, shared, restarted, stopped; in both Neovims."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import Home, home, simulator, wait_until
from helpers.editors.home import CONFIG, SPARE_KEY, WORK_KEY, EditorHome
from helpers.editors.neovim import NEOVIMS, Answer, Outcomes, Suite, command

pytestmark = pytest.mark.neovim

SUITES = Path(__file__).parent / "suites"
SUITE = Suite(SUITES / "daemon.lua")


@pytest.fixture(scope="module", params=NEOVIMS)
def outcomes(request: pytest.FixtureRequest) -> Iterator[Outcomes]:
    """Run the suite in each Neovim, in a home where no daemon runs."""
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", WORK_KEY)
        sim.keys.accept("anthropic", SPARE_KEY)
        made.write_config(CONFIG.format(url=sim.url))
        del made.environ["AIRCHER_AUTOSTART"]
        environ = {**made.environ, "AIRCHER_TEST_CLI": f"{sys.executable} -m aircher_cli"}
        try:
            answers = _answers(EditorHome(made, sim), request.param)
            yield SUITE.run(request.param, environ, answers=answers)
        finally:
            made.cli("daemon", "stop")


def _answers(opened: EditorHome, which: str) -> dict[str, Answer]:
    made, sim = opened

    def daemon(verb: str) -> None:
        done = made.cli("daemon", verb)
        assert done.returncode == 0, done.stderr

    def other_editor(environ: dict[str, str]) -> None:
        script = f"luafile {SUITES / 'other_editor.lua'}"
        subprocess.run(
            command(which, "-c", script),
            env={**made.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=40,
            check=True,
        )

    def quits(_: object) -> bool:
        other_editor({})
        wait_until(sim.requests[-1].disconnected.is_set, "the upstream is closed")
        return True

    return {
        "freeze the daemon": lambda pid: os.kill(int(str(pid)), signal.SIGSTOP),
        "thaw the daemon": lambda pid: os.kill(int(str(pid)), signal.SIGCONT),
        "sign in": lambda _: made.login("work", WORK_KEY),
        "another editor chooses": lambda name: other_editor({"AIRCHER_TEST_MODEL": str(name)}),
        "another editor quits in mid-stream": quits,
        "restart the daemon": lambda _: daemon("restart"),
        "stop the daemon": lambda _: daemon("stop"),
        "a daemon runs": lambda _: _runs(made),
    }


def _runs(made: Home) -> bool:
    done = made.cli("status", environ={"AIRCHER_AUTOSTART": "0"})
    return done.returncode == 0


@pytest.mark.parametrize("case", SUITE.cases)
def test_daemon(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
