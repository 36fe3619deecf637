"""Chat completions over the private socket, as OpenAI's SDK sends and reads them.

What all dialects have in common is in `test_sdks`.
"""

import json
from typing import NamedTuple

import httpx2
import openai
import pytest
from pydantic import BaseModel

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home, home, simulator, wait_until

KEY = "canary-http-0123456789abcdef"
CLAUDE = "claude/claude-opus-4-8"
GEMINI = "google/gemini-3.8-flash"
OPENAI = "chat/gpt-5.5"
CONFIG = """\
[providers.chat]
kind = "openai"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.newer]
kind = "openai"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"
max_tokens_field = "max_completion_tokens"

[providers.responses]
kind = "openai"
api = "responses"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.claude]
kind = "anthropic"
base_url = "{url}/anthropic"
env = "HTTP_KEY"

[providers.google]
kind = "gemini"
base_url = "{url}/gemini/v1beta"
env = "HTTP_KEY"

[models.claude-first]
routes = ["claude/claude-opus-4-8", "chat/gpt-5.5"]
"""
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}},
    },
}
CALL = 'say Let me see.; call weather {"at": "sea"}'


class Served(NamedTuple):
    """The daemon and its upstream."""

    home: Home
    sim: Simulator

    @property
    def socket(self):
        """The path of the private socket."""
        return str(self.home.socket.with_name("http.sock"))

    @property
    def asked(self):
        """The chats that providers received."""
        return [each for each in self.sim.requests if each.endpoint == "chat"]


@pytest.fixture(scope="module")
def served():
    """One daemon for all tests."""
    with simulator() as sim, home({"HTTP_KEY": KEY}) as made:
        for vendor in ("openai", "anthropic", "gemini"):
            sim.keys.accept(vendor, KEY)
        made.write_config(CONFIG.format(url=sim.url))
        made.start(log_level="info")
        yield Served(made, sim)


@pytest.fixture(scope="module")
def http(served):
    """A connection to the private socket, which needs no token."""
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=served.socket)) as client:
        yield client


@pytest.fixture(scope="module")
def client(http):
    """OpenAI's SDK over it."""
    return openai.OpenAI(base_url="http://localhost/v1", api_key="none", http_client=http)


def user(text):
    return {"role": "user", "content": text}


def streamed(client, **fields):
    """Return the message of a streamed reply, as a program appends it to its conversation."""
    with client.chat.completions.stream(**fields) as stream:
        stream.until_done()
        return stream.current_completion_snapshot.choices[0].message


@pytest.mark.parametrize(
    ("model", "signature"),
    [
        (CLAUDE, "signature"),
        (GEMINI, "thoughtSignature"),
        ("responses/gpt-5.5", "encrypted_content"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_thinking_goes_back_through_a_round_of_tools(client, served, model, signature, *, stream):
    """Another vendor's thinking and signatures come back to its model as they were."""
    asked = {"model": model, "tools": [WEATHER], "reasoning_effort": "high"}
    talk = [user(CALL)]
    if stream:
        message = streamed(client, messages=talk, **asked)
    else:
        message = client.chat.completions.create(messages=talk, **asked).choices[0].message
    assert message.content == "Let me see."
    assert message.reasoning_content == f"Let me think about: {CALL}"
    (call,) = message.tool_calls
    talk += [message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    reply = client.chat.completions.create(messages=talk, **asked)
    assert reply.choices[0].message.content == "The tools answered: rain"
    sent = json.dumps(served.asked[-1].json)
    assert f'"{signature}": "' in sent
    assert "skip_thought_signature_validator" not in sent
    assert "air1." not in sent
    # The same conversation moves on to OpenAI, which would refuse what is not its own.
    reply = client.chat.completions.create(model=OPENAI, tools=[WEATHER], messages=talk)
    assert reply.choices[0].message.content == "The tools answered: rain"
    sent = json.dumps(served.asked[-1].json)
    assert "extra_content" not in sent
    assert "reasoning_content" not in sent


def test_a_body_goes_as_it_came(client, served):
    """Where the provider has this API, only the model's name is another."""
    fields = {
        "messages": [user("hi")],
        "logit_bias": {"50256": -100},
        "seed": 7,
        "user": "ann",
        "max_completion_tokens": 100,
    }
    raw = client.chat.completions.with_raw_response.create(
        model=OPENAI, extra_body={"mood": "cheerful"}, **fields
    )
    assert raw.headers["x-aircher-carried"] == "verbatim"
    assert served.asked[-1].json == {"model": "gpt-5.5", "mood": "cheerful", **fields}


def test_trap_29_what_cannot_be_said_is_refused_by_name(client, served):
    """langwatch#6184: an untranslated request hung. It is refused before any call."""
    before = len(served.asked)
    with pytest.raises(openai.BadRequestError, match="frequency_penalty"):
        client.chat.completions.create(model=CLAUDE, messages=[user("hi")], frequency_penalty=0.5)
    assert len(served.asked) == before


def test_what_cannot_be_said_moves_on(client, served):
    """The next of the chain is asked if it has this API."""
    raw = client.chat.completions.with_raw_response.create(
        model="claude-first", messages=[user("hi")], frequency_penalty=0.5
    )
    assert raw.headers["x-aircher-provider"] == "chat"
    assert served.asked[-1].json["frequency_penalty"] == 0.5


@pytest.fixture
def fault(served):
    """Add a fault of a vendor; afterwards everything works again."""
    yield lambda kind, **fields: served.sim.faults.add(Fault(kind, **fields))
    served.sim.faults.clear()
    with served.home.client() as aircher:
        aircher.call("cooldowns.clear", {})


def test_fallback_goes_from_one_way_to_the_other(client, fault):
    """Before any output: what was to be translated goes as it came to the next of the chain."""
    fault("error", vendor="anthropic", error="overloaded", times=None)
    raw = client.chat.completions.with_raw_response.create(
        model="claude-first", messages=[user("hi")], stream=True
    )
    known = {name: raw.headers[f"x-aircher-{name}"] for name in ("provider", "carried", "attempts")}
    assert known == {"provider": "chat", "carried": "verbatim", "attempts": "2"}
    assert "".join(chunk.choices[0].delta.content or "" for chunk in raw.parse()) == "hi"


@pytest.mark.parametrize(("model", "vendor"), [(OPENAI, "openai"), (CLAUDE, "anthropic")])
def test_trap_4_a_stream_that_breaks_off_is_an_error(client, fault, model, vendor):
    """litellm#32086: it became an empty end. The SDK raises, after what there was."""
    fault("cut", vendor=vendor, after=2)
    stream = client.chat.completions.create(
        model=model, messages=[user("one two three four")], stream=True
    )
    said = []
    with pytest.raises(openai.APIError):
        said.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert "".join(said).startswith("one")


@pytest.mark.parametrize("model", [OPENAI, CLAUDE])
def test_several_answers_are_refused(client, served, model):
    """In both ways: one answer is counted."""
    before = len(served.asked)
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model=model, messages=[user("hi")], n=2)
    assert raised.value.param == "n"
    assert len(served.asked) == before


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (OPENAI, "max_tokens"),
        ("newer/gpt-5.5", "max_completion_tokens"),
        (CLAUDE, "max_tokens"),
    ],
)
def test_trap_26_the_limit_has_the_name_that_its_server_knows(client, served, model, name):
    """copilot-api#258: LiteLLM's `max_tokens` is refused by OpenAI's newer models."""
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=[user("hi")], max_tokens=50
    )
    carried = "translated" if model == CLAUDE else "verbatim"
    assert raw.headers["x-aircher-carried"] == carried
    sent = served.asked[-1].json
    assert {key: value for key, value in sent.items() if key.startswith("max_")} == {name: 50}


@pytest.mark.parametrize("model", [OPENAI, CLAUDE])
def test_counts_only_if_they_are_asked_for(client, model):
    """LiteLLM and LangChain do not ask, and expect a choice in every chunk."""
    for options, expected in ((None, [None]), ({"include_usage": True}, [None, 1])):
        chunks = client.chat.completions.create(
            model=model,
            messages=[user("hi")],
            stream=True,
            **({"stream_options": options} if options else {}),
        )
        found = [chunk.usage and chunk.usage.prompt_tokens for chunk in chunks]
        assert list(dict.fromkeys(found)) == expected


@pytest.mark.parametrize("model", [OPENAI, CLAUDE])
def test_trap_30_a_question_is_counted_once(client, served, model):
    """9router#966: one question was counted twice."""
    with served.home.client() as aircher:

        def count():
            return aircher.call("usage.report", {})["totals"]["requests"]

        before = count()
        list(client.chat.completions.create(model=model, messages=[user("hi")], stream=True))
        wait_until(lambda: count() > before, "the question is counted")
        assert count() == before + 1


class Sky(BaseModel):
    """The form of an answer."""

    colour: str


@pytest.mark.parametrize("model", [OPENAI, CLAUDE])
def test_answers_of_a_form(client, model):
    """The SDK's own way to get an object."""
    reply = client.chat.completions.parse(model=model, messages=[user("blue")], response_format=Sky)
    assert isinstance(reply.choices[0].message.parsed, Sky)


def test_embeddings(client, served):
    """A provider of this API gives them, as it does."""
    found = client.embeddings.create(
        model="chat/text-embedding-3-small", input=["one", "two"], dimensions=8
    )
    assert len(found.data) == 2
    assert len(found.data[0].embedding) == 8
    with pytest.raises(openai.BadRequestError, match="embeddings"):
        client.embeddings.create(model=CLAUDE, input="one")


def test_models(client):
    """Every name that may be sent, and one of them."""
    names = [model.id for model in client.models.list()]
    assert "claude-first" in names
    assert client.models.retrieve("claude-first").id == "claude-first"
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("nothing/of-this-name")
    assert raised.value.code == "model_not_found"


def test_trap_17_paths(http):
    """claude-code#20416: a base URL with or without its version."""
    body = {"model": OPENAI, "messages": [user("hi")]}
    for path in ("/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions"):
        reply = http.post(f"http://localhost{path}", json=body).json()
        assert reply["choices"][0]["message"]["content"] == "hi"


def test_what_is_no_request(http):
    """A body that is no JSON is refused in the form of this API."""
    refused = http.post("http://localhost/v1/chat/completions", content=b"{")
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"
