"""Ollama's own client with providers of three APIs, through the daemon."""

import json

import pytest
from ollama import ResponseError

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.http_api.socket_door import CLAUDE, GPT, LOCAL, REFUSED, open_door
from helpers.http_api.talks import PIXEL

MODELS = (LOCAL, CLAUDE, GPT)
TOOL = {"name": "look", "parameters": {"type": "object", "properties": {}}}
TOOLS = [{"type": "function", "function": TOOL}]


@pytest.fixture(scope="module")
def door():
    """The daemon of this module."""
    with open_door() as running:
        yield running


@pytest.fixture(scope="module")
def client(door):
    """Ollama's client."""
    with door.ollama() as ollama:
        yield ollama


def ask(text, **fields):
    return [{"role": "user", "content": text, **fields}]


@pytest.mark.parametrize("model", MODELS)
def test_a_question_and_a_stream(client, model):
    """Both say the same, and who answered; the stream comes in pieces."""
    whole = client.chat(model, ask("one two three"), think=False)
    chunks = list(client.chat(model, ask("one two three"), stream=True, think=False))
    said = "".join(chunk.message.content or "" for chunk in chunks)
    assert said == whole.message.content == "one two three"
    assert len(chunks) > 1
    assert {chunk.model for chunk in chunks} == {whole.model} == {model.partition("/")[2]}
    assert [chunk.done for chunk in chunks].index(True) == len(chunks) - 1
    assert (chunks[-1].prompt_eval_count, chunks[-1].eval_count) == (3, 3)


@pytest.mark.parametrize("model", [CLAUDE, f"{CLAUDE}:latest", "mixed:latest"])
def test_names_with_a_tag(client, model):
    """Clients add `:latest` to a name without a tag."""
    assert client.chat(model, ask("hi")).message.content == "hi"


def test_thinking(client):
    """It is streamed beside the text."""
    chunks = list(client.chat(CLAUDE, ask("hi"), stream=True, think="low"))
    thought = "".join(chunk.message.thinking or "" for chunk in chunks)
    assert thought == "Let me think about: hi"


@pytest.mark.parametrize("model", [CLAUDE, GPT])
def test_a_picture(client, model):
    """It arrives."""
    assert client.chat(model, ask("what", images=[PIXEL])).message.content == "I see 1: image/png"


@pytest.mark.parametrize("model", MODELS)
def test_a_round_of_tools(client, model):
    """The client names the tool and keeps no id."""
    talk = ask('call look {"at": "sea"}')
    reply = client.chat(model, talk, tools=TOOLS, think=False).message
    [call] = reply.tool_calls
    assert (call.function.name, call.function.arguments) == ("look", {"at": "sea"})
    talk += [reply, {"role": "tool", "tool_name": "look", "content": "seen"}]
    last = client.chat(model, talk, tools=TOOLS, think=False)
    assert last.message.content == "The tools answered: seen"


def test_json(client):
    """A schema holds with another vendor."""
    schema = {"type": "object", "properties": {"choice": {"type": "string"}}}
    reply = client.chat(GPT, ask("choose"), format=schema)
    assert "choice" in json.loads(reply.message.content)


def test_a_completion(door, client):
    """A prompt is the user's message elsewhere; what goes around that is for Ollama alone."""
    completed = client.generate("local/llama3.2", "def a():", suffix="return 1", raw=True)
    assert completed.response == "def a():"
    assert door.asked[-1].json["suffix"] == "return 1"
    pieces = list(client.generate("local/llama3.2", "a b", stream=True))
    assert [piece.response for piece in pieces] == ["a", " b", ""]
    chunks = list(client.generate(CLAUDE, "one two", stream=True))
    assert "".join(chunk.response or "" for chunk in chunks) == "one two"
    assert client.generate(CLAUDE, "one two", system="s").response == "one two"
    with pytest.raises(ResponseError, match="suffix") as raised:
        client.generate(CLAUDE, "def a():", suffix="return 1")
    assert raised.value.status_code == 400


@pytest.mark.parametrize("model", [LOCAL, CLAUDE])
def test_a_client_that_leaves(door, client, model):
    """Its call ends at the provider."""
    door.sim.behave(delay=0.02)
    try:
        pieces = client.chat(model, ask("count 2000"), stream=True, think=False)
        next(pieces)
        upstream = door.asked[-1]
        assert not upstream.disconnected.is_set()
        pieces.close()
        wait_until(upstream.disconnected.is_set, "the provider sees the end")
    finally:
        door.sim.behave(delay=0.0)


@pytest.mark.parametrize(
    ("error", "status"),
    [("rate_limit", 429), ("bad_request", 400), ("server", 502)],
)
def test_errors(door, client, error, status):
    """Each class is raised in Ollama's form."""
    door.sim.faults.add(Fault("error", error=error, times=None))
    try:
        with pytest.raises(ResponseError, match="claude") as raised:
            client.chat(CLAUDE, ask("hi"))
    finally:
        door.calm()
    assert raised.value.status_code == status


def test_a_key_that_is_refused(client):
    """The client sees a 401 that says what to do."""
    with pytest.raises(ResponseError, match="WRONG_KEY") as raised:
        client.chat(REFUSED, ask("hi"))
    assert raised.value.status_code == 401


@pytest.mark.parametrize("model", [LOCAL, CLAUDE])
def test_a_stream_that_breaks_off(door, client, model):
    """The client raises it."""
    door.sim.faults.add(Fault("cut", after=2))
    try:
        with pytest.raises(ResponseError, match=model.partition("/")[0]):
            list(client.chat(model, ask("a b c d"), stream=True, think=False))
    finally:
        door.calm()


def test_what_clients_ask_at_their_start(door, client):
    """`llm`, editors and Open WebUI ask for models and what they can do."""
    names = [model.model for model in client.list().models]
    assert {"mixed:latest", LOCAL} <= set(names)
    shown = client.show(LOCAL)
    assert "completion" in shown.capabilities
    assert shown.modelinfo["aircher.context_length"] > 0
    # Also of a name that is not listed, with and without a tag, and by the field of old clients.
    for name in (CLAUDE, f"{CLAUDE}:latest", "mixed:latest"):
        assert client.show(name).details.family == "claude"
    assert client.ps().models == []
    with door.http() as http:
        assert http.get("/api/version").json()["version"]
        assert http.post("/api/show", json={"name": "mixed"}).status_code == 200
        assert http.post("/api/show", json=5).status_code == 404
    with pytest.raises(ResponseError) as raised:
        client.show("nothing")
    assert raised.value.status_code == 404
    with pytest.raises(ResponseError) as raised:
        client.chat("nothing", ask("hi"))
    assert raised.value.status_code == 404


def test_embeddings(client):
    """They come as Ollama sends them."""
    assert len(client.embed("local/nomic", ["a", "b"]).embeddings) == 2
    with pytest.raises(ResponseError) as raised:
        client.embed(GPT, "a")
    assert raised.value.status_code == 400
