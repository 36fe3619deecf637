"""A third-party mock of the vendors' APIs, to check what our own simulator might get wrong."""

import json

import pytest

from aircher_client import DaemonError
from helpers.daemon.real_daemon import home as open_home
from helpers.providers.aimock import HELLO, THOUGHT, aimock

pytestmark = pytest.mark.aimock

KEY = "canary-work-0123456789abcdef"
TOOL = {
    "name": "get_weather",
    "description": "The weather",
    "parameters": '{"type":"object","properties":{"city":{"type":"string"}}}',
}


@pytest.fixture(scope="module")
def running():
    """A running daemon with six APIs at aimock, with keys where needed."""
    with open_home({"AIMOCK_KEY": KEY}) as home, aimock(home.root) as url:
        home.write_config(CONFIG.format(url=url))
        home.start()
        yield home


@pytest.fixture
def mocked(running):
    """The same, without cooldowns from earlier errors."""
    with running.client() as client:
        client.call("cooldowns.clear", {})
    return running


CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "AIMOCK_KEY"

[providers.responses]
kind = "openai"
api = "responses"
base_url = "{url}/v1"
env = "AIMOCK_KEY"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "AIMOCK_KEY"

[providers.gemini]
base_url = "{url}/v1beta"
env = "AIMOCK_KEY"

[providers.openrouter]
base_url = "{url}/api/v1"
env = "AIMOCK_KEY"

[providers.ollama]
base_url = "{url}"
"""
MODELS = [
    "work/gpt-5.5",
    "responses/gpt-5.5",
    "spare/claude-sonnet-5",
    "gemini/gemini-3.8-flash",
    "openrouter/anthropic/claude-sonnet-5",
    "ollama/llama3.2",
]
COUNTS = {"ollama/llama3.2": (0, 0)}
"""It counts nothing for Ollama, whatever its fixture says."""
CODES = {
    "fast": ("rate_limited", "Slow down"),
    "break": ("provider_error", "Oh no"),
    "busy": ("overloaded", "No room"),
    "gone": ("network", "the connection to"),
    "noise": ("provider_error", "not of its API"),
    "drop": ("provider_error", "HTTP 500"),
    "flood": ("rate_limited", "HTTP 429"),
}
"""Each fault -> the error's code, and a pattern of its message."""


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_chat(mocked, model, stream):
    """Text, finish and usage arrive; the streamed pieces add up to the result."""
    pieces = []

    def take(delta):
        if delta["type"] == "text":
            pieces.append(delta["text"])

    request = {"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": stream}
    with mocked.client() as client:
        got = client.chat(request, take)
    assert got["message"]["content"] == [{"type": "text", "text": HELLO}]
    assert got["finish"] == "stop"
    counted = (got["usage"]["input_tokens"], got["usage"]["output_tokens"])
    assert counted == COUNTS.get(model, (11, 9))
    assert "".join(pieces) == (HELLO if stream else "")
    assert (len(pieces) > 1) == stream


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_call_and_its_result_make_the_round_trip(mocked, model, stream):
    """The arguments arrive as JSON, and the result is understood."""
    question = {"role": "user", "content": "weather"}
    request = {"model": model, "messages": [question], "tools": [TOOL], "stream": stream}
    with mocked.client() as client:
        got = client.chat(request)
        (call,) = got["message"]["content"]
        assert (call["type"], call["name"], got["finish"]) == (
            "tool_call",
            "get_weather",
            "tool_calls",
        )
        assert json.loads(call["arguments"]) == {"city": "Łódź", "days": 2}
        result = {"type": "tool_result", "id": call["id"], "content": "rain"}
        request["messages"] = [question, got["message"], {"role": "user", "content": [result]}]
        got = client.chat(request)
    assert got["message"]["content"] == [{"type": "text", "text": "It rains."}]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_two_calls_after_a_text(mocked, model, stream):
    """Each has its own id, and both results are accepted."""
    question = {"role": "user", "content": "compare"}
    request = {"model": model, "messages": [question], "tools": [TOOL], "stream": stream}
    with mocked.client() as client:
        text, *calls = client.chat(request)["message"]["content"]
    assert text["text"] == "Let me look."
    cities = [json.loads(call["arguments"]) for call in calls]
    assert cities == [{"city": "Oslo"}, {"city": "Rome"}]
    assert len({call["id"] for call in calls}) == 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_thinking_is_separate_from_the_answer(mocked, model, stream):
    """It goes back with the next question, and is accepted; only OpenRouter reports a cost."""
    question = {"role": "user", "content": "think"}
    request = {"model": model, "messages": [question], "reasoning": "high", "stream": stream}
    with mocked.client() as client:
        got = client.chat(request)
        content = [(part["type"], part["text"]) for part in got["message"]["content"]]
        assert content == [("reasoning", THOUGHT), ("text", HELLO)]
        assert (got["cost"] == "0.0125") == model.startswith("openrouter/")
        request["messages"] = [question, got["message"], {"role": "user", "content": "hello"}]
        assert client.chat(request)["message"]["content"][-1]["text"] == HELLO


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("prompt", CODES)
def test_its_errors_have_their_class(mocked, model, stream, prompt):
    """In aimock's version of each vendor's format, which may differ from ours."""
    code, pattern = CODES[prompt]
    request = {"messages": [{"role": "user", "content": prompt}], "model": model, "stream": stream}
    with mocked.client() as client, pytest.raises(DaemonError, match=pattern) as caught:
        client.chat(request)
    assert caught.value.code == code


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_that_is_cut_off_fails(mocked, model):
    """Whether the cut comes before or after the first text."""
    request = {"model": model, "messages": [{"role": "user", "content": "cut"}]}
    with mocked.client() as client, pytest.raises(DaemonError) as caught:
        client.chat(request)
    assert caught.value.code in {"network", "truncated"}
    assert HELLO.startswith(caught.value.data.get("text", ""))


@pytest.mark.parametrize("model", MODELS)
def test_the_command_line_streams_from_it(mocked, model):
    """End to end, as a user would."""
    done = mocked.cli("ask", "-m", model, "hello")
    assert (done.returncode, done.stdout) == (0, HELLO + "\n"), done.stderr


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_prompt_is_an_error(mocked, model):
    """Aimock has no fixture for it and answers 404."""
    done = mocked.cli("ask", "--json", "-m", model, "something else entirely")
    assert done.returncode != 0
    assert json.loads(done.stdout)["error"]["message"]
