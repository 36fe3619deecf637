"""Ollama by its own API, from the command line to a simulated server."""

import base64
import json
import re

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import wait_until

KEY = "canary-cloud-0123456789abcdef"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TOOLS = '[{"name": "look", "description": "d", "parameters": {"type": "object"}}]'

CONFIG = """\
[providers.ollama]
base_url = "{url}/ollama"

[providers.cloud]
kind = "ollama"
base_url = "{url}/ollama/api"
env = "CLOUD_KEY"

[providers.stopped]
kind = "ollama"
base_url = "http://127.0.0.1:1"
"""


@pytest.fixture
def daemon(sim):
    """A daemon whose Ollama is simulated at its own base URL; no provider has a key."""
    with open_home({"CLOUD_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def chats(sim):
    """Return the bodies of the chats that arrived, oldest first."""
    return [entry.json for entry in sim.requests if entry.endpoint == "chat"]


def test_a_server_that_wants_a_key_after_all(daemon, sim):
    """The commands in the message, and those of `auth login`, help when typed as they are."""
    sim.keys.accept("ollama", KEY)
    failed = daemon.cli("ask", "-m", "ollama/m", "hi")
    change, login = re.findall(r"'aircher-cli ([^']+)'", failed.stderr)
    refused = daemon.cli(*login.split(), stdin=KEY)
    assert f"'aircher-cli {change}'" in refused.stderr
    assert daemon.cli(*change.split()).returncode == 0
    assert daemon.cli(*login.split(), stdin=KEY).returncode == 0
    assert daemon.cli("ask", "-m", "ollama/m", "hi").stdout == "hi\n"


def test_a_name_without_its_tag_can_be_the_default(daemon, sim):
    """As with `ask -m`; one that is not installed is written, too, with a warning."""
    assert daemon.cli("ask", "-m", "ollama/new-model", "hi").returncode == 0
    done = daemon.cli("models", "use", "ollama/new-model")
    assert done.returncode == 0
    assert "! ollama does not list 'new-model'" in done.stderr
    assert daemon.cli("ask", "hi").stdout == "hi\n"


def test_an_answer_streams_from_its_own_api(daemon, sim):
    """It needs no key and no configured models."""
    done = daemon.cli("ask", "-m", "ollama/m", "one two three")
    assert (done.stdout, done.stderr, done.returncode) == ("one two three\n", "", 0)
    assert sim.requests[-1].path == "/ollama/api/chat"
    assert "authorization" not in sim.requests[-1].headers


def test_a_whole_reply(daemon, sim):
    """The counts are reported for whole replies too."""
    done = daemon.cli("ask", "--no-stream", "--json", "-m", "ollama/m", "one two three")
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["finish"], answer["cost"]) == ("one two three", "stop", "0")
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (3, 3)
    assert chats(sim)[-1]["stream"] is False


def test_tools_are_called_and_their_results_go_back(daemon, sim):
    """The tool's name goes with its result, its images in a message after it."""
    asked = 'call look {"at": "sky"} and look {"at": "sea"}'
    done = daemon.cli("ask", "--json", "--tools", TOOLS, "-m", "ollama/m", asked)
    answer = json.loads(done.stdout)
    calls = [part for part in answer["message"]["content"] if part["type"] == "tool_call"]
    assert [json.loads(call["arguments"]) for call in calls] == [{"at": "sky"}, {"at": "sea"}]
    assert answer["finish"] == "tool_calls"
    results = [
        {"type": "tool_result", "id": call["id"], "content": f"saw {n}"}
        for n, call in enumerate(calls)
    ]
    history = [
        {"role": "user", "content": asked},
        answer["message"],
        {"role": "user", "content": results},
    ]
    done = daemon.cli("ask", "-m", "ollama/m", "--messages", json.dumps(history))
    assert done.stdout == "The tools answered: saw 0 | saw 1\n"
    results = [m for m in chats(sim)[-1]["messages"] if m["role"] == "tool"]
    assert [m["tool_name"] for m in results] == ["look", "look"]


def test_thinking_is_shown_and_goes_back_as_it_was(daemon, sim):
    """It has a field of its own, in both directions."""
    done = daemon.cli(
        "ask", "--reasoning", "xhigh", "--show-reasoning", "-m", "ollama/qwen3:8b", "why"
    )
    assert done.stdout == "why\n"
    assert "Let me think about: why" in done.stderr
    assert chats(sim)[-1]["think"] == "high"
    with daemon.client() as client:
        first = {"role": "user", "content": "why"}
        got = client.chat({"model": "ollama/qwen3:8b", "messages": [first]})
        again = {"role": "user", "content": "go on"}
        client.chat({"model": "ollama/qwen3:8b", "messages": [first, got["message"], again]})
    sent = chats(sim)[-1]["messages"][1]
    assert sent == {"role": "assistant", "content": "why", "thinking": "Let me think about: why"}


def test_thinking_is_refused_for_a_model_without_it(daemon):
    """Nothing is sent, and the message says why."""
    done = daemon.cli("ask", "--reasoning", "high", "-m", "ollama/llama3.2:latest", "why")
    assert done.returncode == 1
    assert "cannot reason before it answers" in done.stderr


def test_json_with_a_schema(daemon, sim):
    """The schema is the format."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    done = daemon.cli("ask", "--schema", json.dumps(schema), "-m", "ollama/m", "abc")
    assert json.loads(done.stdout) == {"n": 3}
    assert chats(sim)[-1]["format"] == schema


def test_an_image_goes_as_data_and_not_as_a_url(daemon, sim):
    """A file works; a URL is refused before anything is sent."""
    picture = daemon.root / "dot.png"
    picture.write_bytes(PIXEL)
    done = daemon.cli("ask", "-m", "ollama/gemma3", "-f", str(picture), "what is it?")
    assert done.stdout == "I see 1: image/png\n"
    refused = daemon.cli("ask", "-m", "ollama/gemma3", "-f", "https://x.example/dot.png", "what?")
    assert refused.returncode == 1
    assert "Ollama takes images only as data, not by URL: attach the file" in refused.stderr
    assert len(chats(sim)) == 1


def test_a_forced_tool_is_refused_by_name(daemon, sim):
    """The API cannot express it, and it is not dropped silently."""
    done = daemon.cli("ask", "--tools", TOOLS, "--tool-choice", "required", "-m", "ollama/m", "x")
    assert done.returncode == 1
    assert "tool_choice: Ollama cannot force a tool call" in done.stderr
    assert chats(sim) == []


def test_a_long_prompt_is_not_cut_off(daemon, sim):
    """A prompt longer than the server's default window arrives whole."""
    expected = " ".join(map(str, range(6000)))
    done = daemon.cli("ask", "--json", "-m", "ollama/m", stdin=expected)
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["usage"]["input_tokens"]) == (expected, 6000)
    assert chats(sim)[-1]["options"]["num_ctx"] == 16_384


def test_an_ollama_that_is_not_running(daemon):
    """The message has its address, and how to start it."""
    done = daemon.cli("ask", "-m", "stopped/m", "hello")
    assert done.returncode == 5
    assert "Ollama does not run at http://127.0.0.1:1 (start it with 'ollama serve')" in done.stderr


def test_a_model_that_is_not_installed(daemon, sim):
    """The message ends with the command that installs it."""
    sim.behave(fixed_models=True)
    done = daemon.cli("ask", "-m", "ollama/mistral", "hello")
    assert done.returncode == 1
    assert "model 'mistral' not found; install it with 'ollama pull mistral'" in done.stderr


def test_a_cloud_with_a_key(daemon, sim):
    """A provider of this kind with a key sends it as a bearer token."""
    sim.keys.accept("ollama", KEY)
    assert daemon.cli("ask", "-m", "cloud/m", "hello").stdout == "hello\n"
    assert (sim.requests[-1].path, sim.requests[-1].key) == ("/ollama/api/chat", KEY)
    assert daemon.cli("ask", "-m", "ollama/m", "hello").returncode != 0
    assert sim.requests[-1].key is None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("stream_error", after=1), "llama runner process has terminated"),
        (Fault("truncate", after=1), "broke off"),
        (Fault("no_end_marker"), "broke off"),
        (Fault("malformed", after=1), "a line that is not of its API"),
        (Fault("inject", after=1, text="\n\n[]\n"), "a line that is not of its API"),
        (Fault("inject", after=1, text="x" * 18_000_000), "of more than 16777216 bytes"),
    ],
)
def test_a_truncated_reply_is_a_failure(daemon, sim, fault, expected):
    """The text so far is shown, with the reason and exit code 5."""
    sim.faults.add(fault)
    done = daemon.cli("ask", "-m", "ollama/m", "one two three")
    assert done.returncode == 5
    assert done.stdout.startswith("one")
    assert expected in done.stderr


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("error", error="overloaded"), "is overloaded (HTTP 503): server busy"),
        (Fault("error", error="context"), "the prompt is too long for the model (HTTP 400)"),
        (Fault("error", error="no_tools"), "does not support tools"),
        (Fault("html"), "HTTP 502"),
        (Fault("empty"), "answered with nothing at all"),
    ],
)
def test_error_messages(daemon, sim, fault, expected):
    """Ours comes first, then the server's."""
    sim.faults.add(fault)
    done = daemon.cli("ask", "-m", "ollama/m", "hello")
    assert done.returncode != 0
    assert expected in done.stderr


@pytest.mark.parametrize("text", ["\n\n", "\r\n \r\n", '{"status":"thinking about it"}\n'])
def test_empty_and_unknown_lines_are_ignored(daemon, sim, text):
    """They do not disturb the reply."""
    sim.faults.add(Fault("inject", after=1, text=text))
    assert daemon.cli("ask", "-m", "ollama/m", "one two").stdout == "one two\n"


def test_a_stream_is_answered_whole_by_a_proxy_that_cannot_stream(daemon, sim):
    """A whole reply is read where lines were requested."""
    sim.faults.add(Fault("no_stream"))
    assert daemon.cli("ask", "-m", "ollama/m", "one two").stdout == "one two\n"


def test_a_cancelled_chat_stops_the_model(daemon, sim):
    """The connection is closed at once, so that the machine is free again."""
    sim.faults.add(Fault("stall", after=1))
    asked = daemon.popen("ask", "-m", "ollama/m", "one two three")
    assert asked.stdout.read(3) == "one"
    asked.kill()
    asked.communicate()
    chat = next(entry for entry in sim.requests if entry.endpoint == "chat")
    wait_until(chat.disconnected.is_set, "the server sees its client leave")


def test_an_installed_model_answers_without_any_key(daemon, sim):
    """Without a model name, the first installed model that can chat answers."""
    sim.behave(models={"ollama": ["nomic-embed-text:latest", "llama3.2:latest", "qwen3:8b"]})
    answer = json.loads(daemon.cli("ask", "--json", "hello").stdout)
    assert (answer["text"], answer["provider"]) == ("hello", "ollama")
    assert (answer["model"], answer["skipped"]) == ("llama3.2:latest", [])


def test_an_ollama_that_starts_later_is_found_too(request, sim):
    """A model that is installed later serves the next request."""
    sim.behave(models={"ollama": []})
    daemon = request.getfixturevalue("daemon")  # it already checks at startup
    assert daemon.cli("ask", "hello").returncode == 4
    sim.behave(models={"ollama": ["qwen3:8b"]})
    assert json.loads(daemon.cli("ask", "--json", "hello").stdout)["model"] == "qwen3:8b"


def test_ollama_comes_after_providers_with_a_key(daemon, sim):
    """A user with a key keeps that provider, and falls back to Ollama."""
    sim.behave(models={"ollama": ["llama3.2:latest"]})
    assert daemon.cli("ask", "hello").stdout == "hello\n"
    sim.keys.accept("openai", KEY)
    config = f'[providers.openai]\nbase_url = "{sim.url}/v1"\n'
    daemon.write_config(config + CONFIG.format(url=sim.url))
    assert daemon.cli("config", "reload").returncode == 0
    daemon.login("openai", KEY)
    assert json.loads(daemon.cli("ask", "--json", "hi").stdout)["provider"] == "openai"
    sim.faults.add(Fault("error", vendor="openai", error="rate_limit"))
    answer = json.loads(daemon.cli("ask", "--json", "hi").stdout)
    assert (answer["provider"], answer["model"]) == ("ollama", "llama3.2:latest")
