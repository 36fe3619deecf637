"""Both Neovims pass the transcripts, addresses and directories that every client passes."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from aircher_wire.version import __version__
from helpers.editors.neovim import NEOVIMS, Outcomes, Suite
from helpers.protocol import cases
from helpers.protocol.player import play_all
from helpers.protocol.transcripts import files

pytestmark = pytest.mark.neovim

SUITE = Suite(Path(__file__).parent / "suites" / "protocol.lua")
NAMES = [file.stem for file in files()]


class Played(NamedTuple):
    """What Neovim reported, and what its peer saw."""

    outcomes: Outcomes
    differences: dict[str, str]


@pytest.fixture(scope="module", params=NEOVIMS)
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """Replay everything in each Neovim."""
    made = tmp_path_factory.mktemp("cases")
    (made / "addresses.json").write_text(json.dumps(cases.addresses(made)))
    (made / "directories.json").write_text(json.dumps(cases.directories(made)))
    folder = Path(tempfile.mkdtemp(prefix="air"))
    with play_all(folder) as stage:
        environ = {
            **os.environ,
            "AIRCHER_TRANSCRIPTS": str(folder),
            "AIRCHER_CASES": str(made),
            "AIRCHER_VERSION": __version__,
        }
        outcomes = SUITE.run(request.param, environ)
        yield Played(outcomes, stage.stop())
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", NAMES)
def test_transcript(played: Played, name: str) -> None:
    """Neovim sends what it must, and reports what the daemon sent."""
    played.outcomes.check(f"transcript {name}")
    assert played.differences.get(name) is None


@pytest.mark.parametrize("case", ["versions", "addresses", "directories"])
def test_cases(played: Played, case: str) -> None:
    """Every case of the table, and what is said of versions; the failure names what differs."""
    played.outcomes.check(case)
