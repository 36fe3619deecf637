"""If one provider cannot express a request, the next one is tried: from the command line on."""

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
    """A daemon with an alias that begins with Ollama, which cannot force a tool call."""
    sim.keys.accept("openai", KEY)
    with open_home({"OPENAI_API_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def chats(sim):
    """Return the vendors of the chats that arrived, oldest first."""
    return [entry.vendor for entry in sim.requests if entry.endpoint == "chat"]


def test_the_next_capable_provider_answers(daemon, sim):
    """Ollama is sent nothing, OpenAI calls the tool, and the attempt is listed with its reason."""
    done = daemon.cli("ask", "--json", "-m", "both", *FORCED, "call look {}")
    answer = json.loads(done.stdout)
    assert (answer["provider"], answer["finish"]) == ("openai", "tool_calls")
    first, second = answer["attempts"]
    assert (first["provider"], first["outcome"]) == ("ollama", "bad_request")
    assert first["message"].startswith("tool_choice: Ollama cannot force a tool call: ")
    assert (second["provider"], second["outcome"]) == ("openai", "ok")
    assert chats(sim) == ["openai"]


def test_a_servers_refusal_of_tools_moves_on(daemon, sim):
    """It is not the request's fault."""
    sim.faults.add(Fault("error", vendor="ollama", error="no_tools"))
    done = daemon.cli("ask", "--json", "-m", "both", "--tools", TOOLS, "call look {}")
    answer = json.loads(done.stdout)
    assert (answer["provider"], answer["finish"]) == ("openai", "tool_calls")
    assert "does not support tools" in answer["attempts"][0]["message"]
    assert chats(sim) == ["ollama", "openai"]


def test_the_model_does_not_cool_down(daemon):
    """The same model answers the next request that it can express."""
    assert daemon.cli("ask", "-m", "both", *FORCED, "call look {}").returncode == 0
    answer = json.loads(daemon.cli("ask", "--json", "-m", "both", "hello").stdout)
    assert (answer["provider"], answer["skipped"]) == ("ollama", [])


def test_a_single_candidate_fails_as_bad_request(daemon, sim):
    """The message says what is missing."""
    done = daemon.cli("ask", "--json", "-m", "ollama/m", *FORCED, "x")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "bad_request")
    assert error["message"].startswith("ollama: tool_choice: Ollama cannot force a tool call: ")
    assert chats(sim) == []


def test_no_candidate_can_answer(daemon, sim):
    """Each candidate's reason is reported once."""
    done = daemon.cli("ask", "--json", "-m", "none", *FORCED, "x")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], chats(sim)) == ("bad_request", [])
    assert error["message"].count("Ollama cannot force a tool call") == 1


def test_an_invalid_request_ends_at_the_first_candidate(daemon, sim):
    """A call in a message of the user is invalid everywhere."""
    call = {"type": "tool_call", "id": "c", "name": "look", "arguments": "{}"}
    history = [{"role": "user", "content": [call, {"type": "text", "text": "x"}]}]
    done = daemon.cli("ask", "--json", "-m", "both", "--messages", json.dumps(history))
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "bad_request"
    assert "messages[0]: tool_call parts belong in assistant messages" in error["message"]
    assert [attempt["provider"] for attempt in error["data"]["attempts"]] == ["ollama"]
    assert chats(sim) == []


def test_broken_arguments_in_the_history_are_repaired(daemon, sim):
    """A model may have been cut off: its call goes on as an object, at every provider."""
    call = {"type": "tool_call", "id": "c", "name": "look", "arguments": '{"at": "sk'}
    result = {"type": "tool_result", "id": "c", "content": "y"}
    history = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    done = daemon.cli("ask", "--json", "-m", "both", "--messages", json.dumps(history))
    assert done.returncode == 0, done.stderr
    assert len(chats(sim)) == 1
