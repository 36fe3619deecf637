"""Ollama by its own API: from the command line to a simulated server and back."""

import base64
import json

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
    """A daemon whose Ollama is simulated at a base URL of its own; nobody is signed in."""
    with open_home({"CLOUD_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def chats(sim):
    """The bodies of the chats that arrived, oldest first."""
    return [entry.json for entry in sim.requests if entry.endpoint == "chat"]


def test_an_answer_streams_from_its_own_api(daemon, sim):
    """No key, no configuration of models: lines come in and words go out."""
    done = daemon.cli("ask", "-m", "ollama/m", "one two three")
    assert (done.stdout, done.stderr, done.returncode) == ("one two three\n", "", 0)
    assert sim.requests[-1].path == "/ollama/api/chat"
    assert "authorization" not in sim.requests[-1].headers


def test_an_answer_in_one_piece(daemon, sim):
    """The counts are told, whichever way the answer came."""
    done = daemon.cli("ask", "--no-stream", "--json", "-m", "ollama/m", "one two three")
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["finish"], answer["cost"]) == ("one two three", "stop", "0")
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (3, 3)
    assert chats(sim)[-1]["stream"] is False


def test_tools_are_called_and_their_results_go_back(daemon, sim):
    """The name of the tool goes with its result, the pictures of a tool in a message behind it."""
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
    told = [m for m in chats(sim)[-1]["messages"] if m["role"] == "tool"]
    assert [m["tool_name"] for m in told] == ["look", "look"]


def test_thinking_is_shown_and_goes_back_as_it_was(daemon, sim):
    """In a field of its own, both ways."""
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


def test_a_model_that_cannot_think_is_told_as_such(daemon):
    """Nobody is asked, and the sentence says why."""
    done = daemon.cli("ask", "--reasoning", "high", "-m", "ollama/llama3.2:latest", "why")
    assert done.returncode == 1
    assert "cannot reason before it answers" in done.stderr


def test_json_that_fits_a_schema(daemon, sim):
    """The schema is the format."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    done = daemon.cli("ask", "--schema", json.dumps(schema), "-m", "ollama/m", "abc")
    assert json.loads(done.stdout) == {"n": 3}
    assert chats(sim)[-1]["format"] == schema


def test_a_picture_goes_as_data_and_not_as_a_url(daemon, sim):
    """A file works; the refusal of a URL says so, before anything is sent."""
    picture = daemon.root / "dot.png"
    picture.write_bytes(PIXEL)
    done = daemon.cli("ask", "-m", "ollama/gemma3", "-f", str(picture), "what is it?")
    assert done.stdout == "I see 1: image/png\n"
    refused = daemon.cli("ask", "-m", "ollama/gemma3", "-f", "https://x.example/dot.png", "what?")
    assert refused.returncode == 1
    assert "Ollama takes images only as data, not by URL: attach the file" in refused.stderr
    assert len(chats(sim)) == 1


def test_a_forced_tool_is_refused_by_name(daemon, sim):
    """It cannot be expressed, so it is not dropped."""
    done = daemon.cli("ask", "--tools", TOOLS, "--tool-choice", "required", "-m", "ollama/m", "x")
    assert done.returncode == 1
    assert "tool_choice: Ollama cannot force a tool call" in done.stderr
    assert chats(sim) == []


def test_a_long_prompt_is_not_cut_off(daemon, sim):
    """More words than the server's own window holds arrive, and are answered, whole."""
    words = " ".join(map(str, range(6000)))
    done = daemon.cli("ask", "--json", "-m", "ollama/m", stdin=words)
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["usage"]["input_tokens"]) == (words, 6000)
    assert chats(sim)[-1]["options"]["num_ctx"] == 16_384


def test_an_ollama_that_does_not_run(daemon):
    """The message says where it should, and how to start it."""
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
    ("fault", "words"),
    [
        (Fault("stream_error", after=1), "llama runner process has terminated"),
        (Fault("truncate", after=1), "broke off"),
        (Fault("no_end_marker"), "broke off"),
        (Fault("malformed", after=1), "a line that is not of its API"),
        (Fault("inject", after=1, text="\n\n[]\n"), "a line that is not of its API"),
        (Fault("inject", after=1, text="x" * 9_000_000), "a line of more than 8388608 bytes"),
    ],
)
def test_a_reply_that_breaks_is_never_taken_for_a_whole_one(daemon, sim, fault, words):
    """The text so far is shown, the reason told, the exit code 5."""
    sim.faults.add(fault)
    done = daemon.cli("ask", "-m", "ollama/m", "one two three")
    assert done.returncode == 5
    assert done.stdout.startswith("one")
    assert words in done.stderr


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("error", error="overloaded"), "is overloaded (HTTP 503): server busy"),
        (Fault("error", error="context"), "the prompt is too long for the model (HTTP 400)"),
        (Fault("error", error="no_tools"), "does not support tools"),
        (Fault("html"), "HTTP 502"),
        (Fault("empty"), "answered with nothing at all"),
    ],
)
def test_errors_are_told_in_words(daemon, sim, fault, words):
    """What it means comes first, the server's own sentence after it."""
    sim.faults.add(fault)
    done = daemon.cli("ask", "-m", "ollama/m", "hello")
    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize("text", ["\n\n", "\r\n \r\n", '{"status":"thinking about it"}\n'])
def test_lines_that_say_nothing_do_no_harm(daemon, sim, text):
    """Empty lines, and lines of a kind nobody knows."""
    sim.faults.add(Fault("inject", after=1, text=text))
    assert daemon.cli("ask", "-m", "ollama/m", "one two").stdout == "one two\n"


def test_a_stream_is_answered_whole_by_a_proxy_that_cannot_stream(daemon, sim):
    """JSON in one piece where lines were asked for."""
    sim.faults.add(Fault("no_stream"))
    assert daemon.cli("ask", "-m", "ollama/m", "one two").stdout == "one two\n"


def test_whoever_leaves_stops_the_model(daemon, sim):
    """The connection is closed at once, so that the machine is free again."""
    sim.faults.add(Fault("stall", after=1))
    asked = daemon.popen("ask", "-m", "ollama/m", "one two three")
    assert asked.stdout.read(3) == "one"
    asked.kill()
    asked.communicate()
    chat = next(entry for entry in sim.requests if entry.endpoint == "chat")
    wait_until(chat.disconnected.is_set, "the server sees its client leave")


def test_an_installed_model_answers_who_has_no_key(daemon, sim):
    """No model named, nobody signed in: the first that is installed and can chat."""
    sim.behave(models={"ollama": ["nomic-embed-text:latest", "llama3.2:latest", "qwen3:8b"]})
    answer = json.loads(daemon.cli("ask", "--json", "hello").stdout)
    assert (answer["text"], answer["provider"]) == ("hello", "ollama")
    assert (answer["model"], answer["skipped"]) == ("llama3.2:latest", [])


def test_an_ollama_that_starts_later_is_found_too(request, sim):
    """Nothing is installed at first; what is pulled then serves the next one who asks."""
    sim.behave(models={"ollama": []})
    daemon = request.getfixturevalue("daemon")  # it looks at its start already
    assert daemon.cli("ask", "hello").returncode == 4
    sim.behave(models={"ollama": ["qwen3:8b"]})
    assert json.loads(daemon.cli("ask", "--json", "hello").stdout)["model"] == "qwen3:8b"


def test_an_installed_model_comes_after_the_signed_in_providers(daemon, sim):
    """Who has a key keeps his provider, and falls back to his own machine."""
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
