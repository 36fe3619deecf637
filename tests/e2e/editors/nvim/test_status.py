"""The status line, the health check, the options and codecompanion's adapter, in both Neovims."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.editors.home import SPARE_KEY, WORK_KEY, EditorHome, open_editor_home
from helpers.editors.neovim import NEOVIMS, Answer, Outcomes, Suite

pytestmark = pytest.mark.neovim

SUITE = Suite(Path(__file__).parent / "suites" / "status.lua")


@pytest.fixture(scope="module", params=NEOVIMS)
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcomes]:
    """Run the suite in each Neovim, in a repository."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / ".git").mkdir()
    with open_editor_home() as opened:
        yield SUITE.run(request.param, opened.home.environ, cwd=folder, answers=_answers(opened))


def _answers(opened: EditorHome) -> dict[str, Answer]:
    home = opened.home

    def cli(*arguments: str) -> None:
        done = home.cli(*arguments)
        assert done.returncode == 0, done.stderr

    def write(text: str) -> None:
        home.write_config(text)
        home.cli("config", "reload")

    return {
        "stop the daemon": lambda _: home.stop(),
        "start the daemon": lambda _: home.start(),
        "choose": lambda name: cli("models", "use", str(name)),
        "sign in to spare": lambda _: home.login("spare", SPARE_KEY),
        "sign out of work": lambda _: cli("auth", "logout", "work"),
        "sign in to work": lambda _: home.login("work", WORK_KEY),
        "break the configuration": lambda _: write(
            "defalt_model = 'x'\n" + home.config_file.read_text()
        ),
        "restore the configuration": lambda _: write(
            home.config_file.read_text().split("\n", 1)[1]
        ),
    }


@pytest.mark.parametrize("case", SUITE.cases)
def test_status(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
