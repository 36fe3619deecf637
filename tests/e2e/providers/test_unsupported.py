"""What one provider cannot express, the next one is asked for: from the command line and back."""

import json

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import home as open_home

KEY = "canary-openai-0123456789abcdef"
TOOLS = '[{"name": "look", "description": "d", "parameters": {"type": "object"}}]'
FORCED = ("--tools", TOOLS, "--tool-choice", "required")

CONFIG = """\
[providers.ollama]
base_url = "{url}/ollama"

[providers.openai]
base_url = "{url}/v1"
env = "OPENAI_API_KEY"

[models.both]
routes = ["ollama/m", "openai/gpt-5.5"]

[models.none]
routes = ["ollama/m", "ollama/n"]
"""


@pytest.fixture
def daemon(sim):
    """A daemon with an alias that begins at Ollama, which cannot be made to call a tool."""
    sim.keys.accept("openai", KEY)
    with open_home({"OPENAI_API_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def chats(sim):
    """Whom the chats that arrived were meant for, oldest first."""
    return [entry.vendor for entry in sim.requests if entry.endpoint == "chat"]


def test_the_next_one_that_can_is_asked(daemon, sim):
    """Ollama is sent nothing, OpenAI calls the tool, and the attempt is told with its reason."""
    done = daemon.cli("ask", "--json", "-m", "both", *FORCED, "call look {}")
    answer = json.loads(done.stdout)
    assert (answer["provider"], answer["finish"]) == ("openai", "tool_calls")
    first, second = answer["attempts"]
    assert (first["provider"], first["outcome"]) == ("ollama", "bad_request")
    assert first["message"].startswith("tool_choice: Ollama cannot force a tool call: ")
    assert (second["provider"], second["outcome"]) == ("openai", "ok")
    assert chats(sim) == ["openai"]


def test_what_a_model_lacks_is_found_out_too(daemon, sim):
    """The server's own refusal of tools is no fault of the request."""
    sim.faults.add(Fault("error", vendor="ollama", error="no_tools"))
    done = daemon.cli("ask", "--json", "-m", "both", "--tools", TOOLS, "call look {}")
    answer = json.loads(done.stdout)
    assert (answer["provider"], answer["finish"]) == ("openai", "tool_calls")
    assert "does not support tools" in answer["attempts"][0]["message"]
    assert chats(sim) == ["ollama", "openai"]


def test_it_holds_nothing_against_the_model(daemon):
    """The same model answers the very next request that it can express."""
    assert daemon.cli("ask", "-m", "both", *FORCED, "call look {}").returncode == 0
    answer = json.loads(daemon.cli("ask", "--json", "-m", "both", "hello").stdout)
    assert (answer["provider"], answer["skipped"]) == ("ollama", [])


def test_alone_it_is_the_requests_own_failure(daemon, sim):
    """With one candidate the code is bad_request, and the sentence says what is lacking."""
    done = daemon.cli("ask", "--json", "-m", "ollama/m", *FORCED, "x")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "bad_request")
    assert error["message"].startswith("ollama: tool_choice: Ollama cannot force a tool call: ")
    assert chats(sim) == []


def test_nobody_can(daemon, sim):
    """Of several each one's reason is told, once."""
    done = daemon.cli("ask", "--json", "-m", "none", *FORCED, "x")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], chats(sim)) == ("bad_request", [])
    assert error["message"].count("Ollama cannot force a tool call") == 1


def test_what_nobody_takes_ends_at_the_first(daemon, sim):
    """Arguments that are not JSON are wrong everywhere."""
    call = {"type": "tool_call", "id": "c", "name": "look", "arguments": "{"}
    result = {"type": "tool_result", "id": "c", "content": "y"}
    history = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    done = daemon.cli("ask", "--json", "-m", "both", "--messages", json.dumps(history))
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "bad_request"
    assert "arguments of tool call 'c' must be a JSON object" in error["message"]
    assert [attempt["provider"] for attempt in error["data"]["attempts"]] == ["ollama"]
    assert chats(sim) == []
