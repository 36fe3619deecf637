"""A mock of the vendors' APIs that others wrote answers what our own simulator might flatter."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.required import missing
from helpers.running import home as open_home
from helpers.running import wait_until

pytestmark = pytest.mark.aimock

KEY = "canary-work-0123456789abcdef"
HELLO = "Hello! How can I help you today, my friend?"
USAGE = {"prompt_tokens": 11, "completion_tokens": 9, "input_tokens": 11, "output_tokens": 9}
FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "hello"}, "response": {"content": HELLO, "usage": USAGE}},
        {
            "match": {"userMessage": "weather", "hasToolResult": False},
            "response": {
                "toolCalls": [{"name": "get_weather", "arguments": {"city": "Łódź", "days": 2}}]
            },
        },
        {
            "match": {"userMessage": "weather", "hasToolResult": True},
            "response": {"content": "It rains."},
        },
    ]
}
TOOL = {
    "name": "get_weather",
    "description": "The weather",
    "parameters": '{"type":"object","properties":{"city":{"type":"string"}}}',
}


@contextmanager
def aimock(root):
    """Run the mock; give its URL."""
    # What npm put into the checkout comes first: a newer node than the system's may be there.
    places = f"{Path(__file__).parents[2] / 'node_modules' / '.bin'}:{os.environ['PATH']}"
    command = shutil.which("llmock", path=places)
    if command is None or shutil.which("node", path=places) is None:
        missing("node and aimock", "npm install --no-save @copilotkit/aimock@1.43")
    (root / "fixtures.json").write_text(json.dumps(FIXTURES))
    log = root / "aimock.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [command, "-p", "0", "-f", str(root / "fixtures.json"), "-c", "5"],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": places},
        )
    try:
        wait_until(lambda: "http://" in log.read_text(), f"aimock listens: {log.read_text()}")
        yield next(word for word in log.read_text().split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def mocked():
    """A running daemon with both vendors at aimock, signed in."""
    with open_home() as home, aimock(home.root) as url:
        home.write_config(
            f'[providers.work]\nkind = "openai"\nbase_url = "{url}/v1"\n'
            f'[providers.spare]\nkind = "anthropic"\nbase_url = "{url}"\n'
        )
        home.start()
        for provider in ("work", "spare"):
            home.login(provider, KEY, "--no-verify")
        yield home


MODELS = ["work/gpt-5.5", "spare/claude-sonnet-5"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_chat_comes_through_whole(mocked, model, stream):
    """Text, finish and usage; the streamed pieces add up to the result."""
    pieces = []

    def take(delta):
        if delta["type"] == "text":
            pieces.append(delta["text"])

    request = {"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": stream}
    with mocked.client() as client:
        got = client.chat(request, take)
    assert got["message"]["content"] == [{"type": "text", "text": HELLO}]
    assert got["finish"] == "stop"
    assert (got["usage"]["input_tokens"], got["usage"]["output_tokens"]) == (11, 9)
    assert "".join(pieces) == (HELLO if stream else "")
    assert (len(pieces) > 1) == stream


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_call_and_its_result_make_the_round_trip(mocked, model, stream):
    """The arguments arrive as JSON, and the result is understood."""
    asked = {"role": "user", "content": "weather"}
    request = {"model": model, "messages": [asked], "tools": [TOOL], "stream": stream}
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
        request["messages"] = [asked, got["message"], {"role": "user", "content": [result]}]
        got = client.chat(request)
    assert got["message"]["content"] == [{"type": "text", "text": "It rains."}]


@pytest.mark.parametrize("model", MODELS)
def test_the_command_line_streams_from_it(mocked, model):
    """From end to end, as a person would."""
    done = mocked.cli("ask", "-m", model, "hello")
    assert (done.returncode, done.stdout) == (0, HELLO + "\n"), done.stderr


@pytest.mark.parametrize("model", MODELS)
def test_what_it_does_not_know_is_an_error_and_not_an_answer(mocked, model):
    """No fixture: its 404 is told."""
    done = mocked.cli("ask", "--json", "-m", model, "something else entirely")
    assert done.returncode != 0
    assert json.loads(done.stdout)["error"]["message"]
