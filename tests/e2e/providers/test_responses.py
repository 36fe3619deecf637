"""OpenAI's Responses API, from the command line to the provider and back."""

import json

import pytest

from aircherd.testing.simulator import Fault

KEY = "canary-work-0123456789abcdef"
CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"
{more}
"""
TOOL = {"name": "look", "parameters": '{"type":"object","properties":{"at":{"type":"string"}}}'}


@pytest.fixture
def responses(home, sim):
    """A daemon whose provider is configured for the Responses API, with its key."""
    home.write_config(CONFIG.format(url=sim.url, more='api = "responses"'))
    home.start({"WORK_KEY": KEY})
    return home


def received(sim):
    """Return path and body of the chats that reached the provider."""
    return [(entry.request.path, entry.json) for entry in sim.requests if entry.endpoint == "chat"]


@pytest.mark.parametrize("options", [(), ("--no-stream",)])
def test_ask_is_answered(responses, sim, options):
    """Streamed and whole, only by this API, and nothing is stored."""
    done = responses.cli("ask", *options, "-m", "work/gpt-5.5", "-s", "be brief", "one two three")
    assert (done.returncode, done.stdout) == (0, "one two three\n"), done.stderr
    path, body = received(sim)[-1]
    assert path == "/v1/responses"
    assert (body.get("stream", False), body["store"]) == (not options, False)
    assert body["instructions"] == "be brief"


def test_json_has_usage_and_ending(responses, sim):
    """As for every other API."""
    sim.behave(cached_tokens=1)
    answer = json.loads(responses.cli("ask", "--json", "-m", "work/gpt-5.5", "hello you").stdout)
    assert (answer["text"], answer["finish"]) == ("hello you", "stop")
    assert answer["usage"] == {
        "input_tokens": 2,
        "output_tokens": 2,
        "cached_tokens": 1,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
        "cache_write_1h_tokens": 0,
    }


@pytest.mark.parametrize("stream", [True, False])
def test_thinking_and_tools_go_back_and_forth(responses, sim, stream):
    """The thinking before a call goes back unchanged with its result; the API checks it."""
    request = {"model": "work/gpt-5.5", "tools": [TOOL], "reasoning": "low", "stream": stream}
    first = {"role": "user", "content": 'call look {"at": "sky"}'}
    with responses.client() as client:
        got = client.chat({**request, "messages": [first]})
        thought, call = got["message"]["content"]
        assert thought["text"] == 'Let me think about: call look {"at": "sky"}'
        assert (thought["origin"], got["finish"]) == ("work/gpt-5.5", "tool_calls")
        assert json.loads(call["arguments"]) == {"at": "sky"}
        result = {"type": "tool_result", "id": call["id"], "content": "blue"}
        answered = {"role": "user", "content": [result]}
        got = client.chat({**request, "messages": [first, got["message"], answered]})
    assert got["message"]["content"][-1]["text"] == "The tools answered: blue"
    sent = received(sim)[-1][1]["input"][1]
    assert sent == json.loads(thought["signature"])


def test_a_stream_that_breaks_off_is_truncated(responses, sim):
    """Without its last event even the whole text is incomplete."""
    sim.faults.add(Fault("no_end_marker"))
    done = responses.cli("ask", "--json", "-m", "work/gpt-5.5", "one two")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["data"]["text"]) == ("truncated", "one two")


def test_stop_is_refused(responses, sim):
    """A stop text is not dropped silently, and nothing is sent."""
    with responses.client() as client, pytest.raises(Exception, match="stop: ") as caught:
        client.chat(
            {
                "model": "work/gpt-5.5",
                "messages": [{"role": "user", "content": "Hi"}],
                "stop": ["x"],
            }
        )
    assert caught.value.code == "bad_request"
    assert received(sim) == []


def test_a_model_of_the_other_api_says_what_to_set(home, sim):
    """The vendor's refusal in chat completions becomes a setting to change."""
    home.write_config(CONFIG.format(url=sim.url, more=""))
    home.start({"WORK_KEY": KEY})
    message = "This model is only supported in v1/responses and not in v1/chat/completions."
    sim.faults.add(Fault("error", vendor="openai", error="model_not_found", message=message))
    done = home.cli("ask", "-m", "work/gpt-5.1-codex", "hello")
    assert done.returncode != 0
    assert 'set api = "responses"' in done.stderr


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("answer", "outcome"), [("approve", "approved"), ("deny: no", "denied")])
def test_a_request_for_approval_is_answered(responses, sim, stream, answer, outcome):
    """The client answers it like a tool call, by its id; the request goes back as it came."""
    server = {"type": "mcp", "name": "crm", "url": "https://crm.example", "token": "mcp-secret"}
    request = {"model": "work/gpt-5.5", "tools": [server], "stream": stream}
    first = {"role": "user", "content": "approve delete_all"}
    with responses.client() as client:
        got = client.chat({**request, "messages": [first]})
        [asked] = got["message"]["content"]
        assert (asked["kind"], got["finish"]) == ("mcp_approval_request", "tool_calls")
        answered_id = json.loads(asked["data"])["id"]
        result = {"type": "tool_result", "id": answered_id, "content": answer}
        answered = {"role": "user", "content": [result]}
        got = client.chat({**request, "messages": [first, got["message"], answered]})
    assert got["message"]["content"][-1]["text"] == f"The tools answered: {outcome}"
    assert received(sim)[-1][1]["input"][1] == json.loads(asked["data"])


def test_an_unclear_approval_is_refused(responses, sim):
    """Nothing is sent."""
    server = {"type": "mcp", "name": "crm", "url": "https://crm.example"}
    request = {"model": "work/gpt-5.5", "tools": [server]}
    first = {"role": "user", "content": "approve delete_all"}
    with responses.client() as client:
        message = client.chat({**request, "messages": [first]})["message"]
        answered_id = json.loads(message["content"][0]["data"])["id"]
        result = {"type": "tool_result", "id": answered_id, "content": "well"}
        answered = {"role": "user", "content": [result]}
        with pytest.raises(Exception, match='has to be "approve" or "deny"'):
            client.chat({**request, "messages": [first, message, answered]})
    assert len(received(sim)) == 1


def test_a_search_names_its_sources(responses):
    """What was searched for is kept, in its place before the text."""
    request = {"model": "work/gpt-5.5", "tools": [{"type": "web_search"}]}
    with responses.client() as client:
        messages = [{"role": "user", "content": "search foxes"}]
        content = client.chat({**request, "messages": messages})["message"]["content"]
    assert [part["type"] for part in content] == ["other", "text"]
    assert content[1]["citations"][0]["url"] == "https://example.com/found"
