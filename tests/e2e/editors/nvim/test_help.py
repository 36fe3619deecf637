"""The help of the plugin: its tags are complete, and what it says of options is true."""

import os
import shutil
from pathlib import Path

import pytest

from helpers.editors.neovim import CLIENT, NEOVIMS, Outcomes, Suite

pytestmark = pytest.mark.neovim

SUITE = Suite(Path(__file__).parent / "suites" / "help.lua")


@pytest.fixture(scope="module", params=NEOVIMS)
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Run the suite in each Neovim, on a copy: the tags must not stay in the repository."""
    copy = tmp_path_factory.mktemp("help") / "doc"
    shutil.copytree(CLIENT / "doc", copy)
    return SUITE.run(request.param, {**os.environ, "AIRCHER_DOC": str(copy)})


@pytest.mark.parametrize("case", SUITE.cases)
def test_help(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
