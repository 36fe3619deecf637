"""The client in the extension passes the transcripts, addresses and directories of every client."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from aircher_wire.version import __version__
from helpers.editors.vscode import Outcomes, Suite
from helpers.protocol import cases
from helpers.protocol.player import play_all
from helpers.protocol.transcripts import files

pytestmark = pytest.mark.vscode

SUITE = Suite("protocol")
NAMES = [file.stem for file in files()]


class Played(NamedTuple):
    """What the extension's client reported, and what its peer saw."""

    outcomes: Outcomes
    reported: dict[str, str | None]
    differences: dict[str, str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Replay everything in one node."""
    made = tmp_path_factory.mktemp("cases")
    (made / "addresses.json").write_text(json.dumps(cases.addresses(made)))
    (made / "directories.json").write_text(json.dumps(cases.directories(made)))
    folder = Path(tempfile.mkdtemp(prefix="air"))
    reported: dict[str, str | None] = {}
    with play_all(folder) as stage:
        environ = {
            **os.environ,
            "AIRCHER_TRANSCRIPTS": str(folder),
            "AIRCHER_CASES": str(made),
            "AIRCHER_VERSION": __version__,
            "DBUS_SESSION_BUS_ADDRESS": "",
        }
        outcomes = SUITE.run(environ, answers={"note": lambda row: reported.update([row])})
        yield Played(outcomes, reported, stage.stop())
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", NAMES)
def test_transcript(played: Played, name: str) -> None:
    """The client sends what it must, and reports what the daemon sent."""
    played.outcomes.check("transcripts")
    assert played.reported[name] is None
    assert played.differences.get(name) is None


@pytest.mark.parametrize("case", ["addresses", "directories"])
def test_cases(played: Played, case: str) -> None:
    """Every case of the table; the failure names the first that differs."""
    played.outcomes.check(case)
