"""The package is one that an archive of packages would take; tests of archives install it."""

import re
from pathlib import Path

import pytest

from aircher_wire.version import __version__
from helpers.editors.emacs import CLIENT, Outcomes, Suite, compiled

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "package.el")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Run the suite in a home of its own: package.el would look into the user's."""
    return SUITE.run(
        {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(tmp_path_factory.mktemp("home")),
            "LANG": "C.UTF-8",
            "AIRCHER_SOURCES": str(CLIENT),
        }
    )


@pytest.mark.parametrize("case", SUITE.cases)
def test_package(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)


def test_the_compiler_has_no_warning() -> None:
    """Every file is compiled, with warnings as errors."""
    made = {file.stem for file in compiled().glob("*.elc")}
    assert made == {file.stem for file in CLIENT.glob("*.el")}


def test_the_client_has_the_version_of_the_daemon() -> None:
    """What it says in `hello` is what the daemon compares with its own."""
    text = (CLIENT / "aircher-connection.el").read_text(encoding="utf-8")
    assert re.findall(r'\(defconst aircher-version "(.+)"', text) == [__version__]
