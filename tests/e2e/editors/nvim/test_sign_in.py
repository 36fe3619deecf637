"""Signing in and choosing models, in both Neovims; no key is found anywhere afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.editors.home import SPARE_KEY, open_editor_home
from helpers.editors.neovim import NEOVIMS, Outcomes, Suite

pytestmark = pytest.mark.neovim

SUITE = Suite(Path(__file__).parent / "suites" / "sign_in.lua")


@pytest.fixture(scope="module", params=NEOVIMS)
def outcomes(request: pytest.FixtureRequest) -> Iterator[Outcomes]:
    """Run the suite in each Neovim."""
    with open_editor_home() as opened:

        def sign_out(_: object) -> None:
            assert opened.home.cli("auth", "logout", "spare").returncode == 0

        def revoke(_: object) -> None:
            opened.sim.keys.revoke("anthropic", SPARE_KEY)
            opened.sim.keys.accept("anthropic", "canary-second-0123456789abcd77")

        answers = {"sign out of spare": sign_out, "revoke the key of spare": revoke}
        yield SUITE.run(request.param, opened.home.environ, answers=answers)


@pytest.mark.parametrize("case", SUITE.cases)
def test_sign_in(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
