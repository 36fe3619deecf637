"""The built extension, loaded with a stub of `vscode`, works with a real daemon and providers."""

import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aircherd.testing.simulator import Fault
from aircherd.testing.simulator.script import PICTURE
from helpers.daemon.real_daemon import wait_until
from helpers.editors.home import CONFIG, SPARE_KEY, WORK_KEY, EditorHome, open_editor_home
from helpers.editors.vscode import Answer, Outcomes, Suite

pytestmark = pytest.mark.vscode

SUITE = Suite("daemon")
MORE = """
[catalog."work/gpt-5.5"]
window = 200000
input_price = 3
output_price = 15
tools = true
images = true

[catalog."work/gpt-5.5-mini"]
reasoning = false

[[limits]]
requests = 100000
per = "day"
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """Run all cases in one node, with one daemon."""
    project = tmp_path_factory.mktemp("project").resolve()
    (project / ".git").mkdir()
    (project / "inside").mkdir()
    with open_editor_home(config=CONFIG + MORE) as opened:
        environ = {
            **opened.home.environ,
            "AIRCHER_TEST_WORK_KEY": WORK_KEY,
            "AIRCHER_TEST_SPARE_KEY": SPARE_KEY,
            "AIRCHER_TEST_PICTURE": PICTURE,
            "AIRCHER_TEST_PROJECT": str(project),
            "AIRCHER_TEST_CLI": str(Path(sys.executable).with_name("aircher-cli")),
        }
        yield SUITE.run(environ, answers=_answers(opened))
        opened.home.cli("daemon", "stop")


def _answers(opened: EditorHome) -> Mapping[str, Answer]:
    sim, home = opened.sim, opened.home

    def behave(changes: Any) -> None:
        sim.behave(**changes)

    def fail(fault: Any) -> None:
        sim.faults.add(Fault(**fault))

    def wait_for_end(_: object) -> None:
        last = sim.requests[-1]
        wait_until(last.finished.is_set, "the upstream is closed")
        assert last.disconnected.is_set(), "the answer went to its end"

    def restart(_: object) -> None:
        home.stop(signal.SIGKILL)  # one that ends as it should would finish the stream first
        home.start()

    return {
        "behave": behave,
        "fail": fail,
        "last request": lambda _: sim.requests[-1].json,
        "count requests": lambda _: len(sim.requests),
        "upstream is closed": wait_for_end,
        "restart": restart,
        "stop": lambda _: home.stop(),
        "stop started": lambda _: home.cli("daemon", "stop").returncode,
    }


@pytest.mark.parametrize("case", SUITE.cases)
def test_extension(outcomes: Outcomes, case: str) -> None:
    """One case of `suites/daemon.ts`."""
    outcomes.check(case)
