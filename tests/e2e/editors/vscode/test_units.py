"""The functions of the extension that decide something, and the types of all its code."""

import os

import pytest

from helpers.editors.vscode import CLIENT, ROOT, Outcomes, Suite, run_node

pytestmark = pytest.mark.vscode

SUITE = Suite("units")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Run all cases in one node."""
    folder = tmp_path_factory.mktemp("project").resolve()
    (folder / ".git").mkdir()
    (folder / "inside").mkdir()
    return SUITE.run({**os.environ, "AIRCHER_TEST_FOLDER": str(folder)})


@pytest.mark.parametrize("case", SUITE.cases)
def test_unit(outcomes: Outcomes, case: str) -> None:
    """One case of `suites/units.ts`."""
    outcomes.check(case)


def test_types() -> None:
    """The extension, the stub of `vscode` and the suites fit VS Code's own types, strictly."""
    assert run_node(ROOT / "node_modules" / "typescript" / "bin" / "tsc", "-p", CLIENT) == ""
