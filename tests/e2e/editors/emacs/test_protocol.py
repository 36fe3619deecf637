"""The client for Emacs passes the transcripts and cases that every client passes."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.daemon.real_daemon import home
from helpers.editors.emacs import run_script
from helpers.protocol import cases
from helpers.protocol.player import play_all
from helpers.protocol.transcripts import files

pytestmark = pytest.mark.emacs

SCRIPT = Path(__file__).parent / "suites" / "replay.el"
NAMES = [file.stem for file in files()]


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    """The environment of a home in which no daemon may be started."""
    with home() as made:
        yield made.environ


@pytest.fixture(scope="module")
def differences(environ: dict[str, str]) -> dict[str, tuple[Any, str | None]]:
    """Replay all transcripts in one Emacs: what it and what the player found."""
    folder = Path(tempfile.mkdtemp(prefix="air"))
    with play_all(folder) as stage:
        lines = run_script(SCRIPT, environ, str(folder))
        players = stage.stop()
    shutil.rmtree(folder)
    return {line["name"]: (line["difference"], players.get(line["name"])) for line in lines}


@pytest.mark.parametrize("name", NAMES)
def test_transcript(differences: dict[str, tuple[Any, str | None]], name: str) -> None:
    """It sends what it must, and reports what the daemon sent."""
    assert differences[name] == (None, None)


def test_addresses_and_directories(environ: dict[str, str], tmp_path: Path) -> None:
    """Every case of `addresses.json` and `directories.json`."""
    made = {"addresses": cases.addresses(tmp_path), "directories": cases.directories(tmp_path)}
    for name, rows in made.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    lines = run_script(SCRIPT, environ, "cases", str(tmp_path))

    assert [line for line in lines if line["difference"]] == []
    assert len(lines) == sum(map(len, made.values()))
