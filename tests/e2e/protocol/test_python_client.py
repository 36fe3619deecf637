"""The Python client passes the cases and transcripts that every client passes."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aircher_wire import address
from helpers.protocol import cases
from helpers.protocol.player import main, play_all
from helpers.protocol.python_replay import Replay
from helpers.protocol.transcripts import files, read

TESTS = Path(__file__).parents[2]
NAMES = [file.stem for file in files()]


@pytest.fixture(scope="module")
def stage():
    """All transcripts, served at once."""
    folder = Path(tempfile.mkdtemp(prefix="air"))
    with play_all(folder) as opened:
        yield opened
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", NAMES)
def test_the_client_passes_a_transcript(stage, name):
    """It sends what it must, and reports what the daemon sent."""
    player = stage.players[name]

    reported = Replay(player.path).run(player.transcript)

    assert (reported, player.wait()) == (None, None)


def test_a_transcript_fails_if_the_client_sends_something_else(tmp_path):
    """The player and the replay both notice."""
    ping = read(next(file for file in files() if file.stem == "ping"))
    other = {
        **ping,
        "steps": [
            {**step, "request": "status"} if "request" in step else step for step in ping["steps"]
        ],
    }
    folder = Path(tempfile.mkdtemp(prefix="air"))
    with play_all(folder) as opened:
        player = opened.players["ping"]
        Replay(player.path).run(other)

        assert 'expected "ping", got "status"' in (player.wait() or "")
    shutil.rmtree(folder)


def test_addresses(tmp_path):
    """Every case of `addresses.json`."""
    for case in cases.addresses(tmp_path):
        found = address.find_socket(
            case["environ"],
            uid=case["uid"],
            hostname=case["hostname"],
            is_private=lambda directory, _uid, case=case: directory in case["private"],
        )
        assert found == case["socket"], case["about"]


def test_directories(tmp_path):
    """Every case of `directories.json`."""
    for case in cases.directories(tmp_path):
        assert case["result"] in _judged(case["directory"]), case["about"]


def _judged(directory: str) -> str:
    try:
        address.check_directory(directory, os.getuid())
    except FileNotFoundError:
        return "missing"
    except address.AddressError as error:
        return str(error)
    return "ok"


def test_the_player_as_a_process():
    """It says when it is ready, how each transcript ended, and fails if one had no client."""
    folder = Path(tempfile.mkdtemp(prefix="air"))
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.protocol.player", "--all", str(folder)],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        first = process.stdout.readline()
        ping = json.loads((folder / "ping.json").read_text())
        reported = Replay(folder / "ping.sock").run(ping)
        second = json.loads(process.stdout.readline())
        process.stdin.close()
        others = [json.loads(line) for line in process.stdout]
    shutil.rmtree(folder)

    assert (first, reported) == ("ready\n", None)
    assert second == {"name": "ping", "difference": None}
    assert {each["difference"] for each in others} == {"no client has connected"}
    assert len(others) == len(NAMES) - 1
    assert process.returncode == 1


def test_the_player_serves_one_transcript():
    """With the same conversation, and the result as its exit code."""
    folder = Path(tempfile.mkdtemp(prefix="air"))
    file = next(file for file in files() if file.stem == "ping")
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.protocol.player", str(file), str(folder / "s")],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        modes = [oct(path.stat().st_mode & 0o777) for path in (folder, folder / "s")]
        reported = Replay(folder / "s").run(read(file))
        rest = process.stdout.read()
    shutil.rmtree(folder)

    assert (first, reported, rest, process.returncode) == ("ready\n", None, "", 0)
    assert modes == ["0o700", "0o600"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "usage: "),
        (["--all"], "usage: "),
        (["ping.json", "/tmp/air/s"], "there is no file ping.json here"),
        (["--all", "/tmp/" + 100 * "x"], "too long for a socket"),
        (["--all", "/"], "/ is open to others"),
        ([str(files()[0]), "/tmp/s"], "/tmp is open to others"),
    ],
)
def test_the_player_says_what_is_wrong_with_its_arguments(arguments, said):
    """A sentence, and nothing is made."""
    with pytest.raises(SystemExit, match=re.escape(said)):
        main(arguments)


def test_cases_as_a_process(tmp_path):
    """It writes the cases for a test in another language."""
    command = [sys.executable, "-m", "helpers.protocol.cases", str(tmp_path)]
    subprocess.run(command, cwd=TESTS, check=True)

    written = json.loads((tmp_path / "addresses.json").read_text())
    assert {frozenset(case) for case in written} == {
        frozenset({"about", "environ", "uid", "hostname", "private", "socket"})
    }
    assert json.loads((tmp_path / "directories.json").read_text())

    again = subprocess.run(command, cwd=TESTS, capture_output=True, check=False, text=True)
    assert again.returncode == 1
    assert "is not empty" in again.stderr


def test_the_player_goes_on_when_no_one_reads_what_it_says():
    """The exit code still says it."""
    folder = Path(tempfile.mkdtemp(prefix="air"))
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.protocol.player", "--all", str(folder)],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdin.close()
        said = process.stderr.read()
    shutil.rmtree(folder)

    assert (said, process.returncode) == ("", 1)
