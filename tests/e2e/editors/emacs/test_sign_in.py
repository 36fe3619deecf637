"""Keys are typed hidden or taken from Emacs's variables, checked, stored, and seen nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.editors.emacs import Outcomes, Suite
from helpers.editors.home import CONFIG, SPARE_KEY, open_editor_home

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "sign_in.el")
THIRD_KEY = "canary-third-0246813579864202"
THIRD = """
[providers.third]
kind = "anthropic"
base_url = "{url}"
env = "THIRD_KEY"
"""


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Outcomes]:
    """Run the suite with a provider that has no key, and one whose key is in a variable."""
    with open_editor_home(config=CONFIG + THIRD) as opened:
        opened.sim.keys.accept("anthropic", THIRD_KEY)
        environ = {**opened.home.environ, "TEST_SPARE": SPARE_KEY, "TEST_THIRD": THIRD_KEY}
        yield SUITE.run(environ)


@pytest.mark.parametrize("case", SUITE.cases)
def test_sign_in(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
