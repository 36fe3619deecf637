"""The transcripts are true: a real daemon sends what they say.

    TRANSCRIPTS=accept .venv/bin/python -m pytest -q tests/e2e/protocol

writes what it sends now into the files: look at the difference in the version control then.
"""

import json
import os
from contextlib import ExitStack

import pytest

from helpers.protocol.real_replay import Replay, accept, compare
from helpers.protocol.scenarios import ALONE, SCENARIOS, open_world
from helpers.protocol.transcripts import complete, files

FILES = {file.stem: file for file in files()}
WRITTEN = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in FILES.items()}
TRUE = [name for name, transcript in WRITTEN.items() if "made" not in transcript]


@pytest.fixture(scope="module")
def shared_world():
    """One daemon for most transcripts; each makes everything as new."""
    with open_world() as world:
        yield world


@pytest.mark.parametrize("name", TRUE)
def test_a_real_daemon_sends_the_same(name, request):
    """Frame by frame, without the paths that are `volatile`."""
    transcript = complete(WRITTEN[name])
    scenario = transcript["scenario"]
    with ExitStack() as stack:
        if scenario in ALONE:
            world = stack.enter_context(open_world())
        else:
            world = request.getfixturevalue("shared_world")
        world.set_up(scenario)
        replay = Replay(world.home.socket, world.replaced)
        stack.callback(replay.close)
        answers = replay.run(transcript, is_hello_written=name.startswith("hello-"))

    if os.environ.get("TRANSCRIPTS") == "accept":
        accept(FILES[name], answers)
    else:
        assert compare(transcript, answers) is None


def test_made_transcripts_say_why():
    """A transcript without a scenario has a reason, and every scenario is known and used."""
    made = {name: text["made"] for name, text in WRITTEN.items() if "made" in text}

    assert all(len(reason) > 20 for reason in made.values())
    assert {WRITTEN[name]["scenario"] for name in TRUE} == SCENARIOS
