"""What gptel is given streams from the daemon, and its requests are counted as gptel's."""

from pathlib import Path

import pytest

from helpers.editors.emacs import Suite
from helpers.editors.home import SPARE_KEY, open_editor_home

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "gptel.el")


def test_gptel(tmp_path: Path) -> None:
    """Each case of the suite, in one Emacs; then the ledger has the client and the project."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "lisp").mkdir()
    with open_editor_home() as opened:
        home = opened.home
        outcomes = SUITE.run(
            {**home.environ, "TEST_REPOSITORY": str(tmp_path)},
            answers={"sign in": lambda _: home.login("spare", SPARE_KEY)},
        )
        for case in SUITE.cases:
            outcomes.check(case)
        with home.client() as client:
            rows = client.call("usage.report", {"by": ["client", "project"]})["rows"]
        assert {(row["client"], row["project"]) for row in rows} == {("gptel", str(tmp_path))}
