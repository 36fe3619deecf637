"""The Anthropic SDK over the private socket: bytes of its own vendor, and other vendors' models."""

import itertools
from collections.abc import Iterator

import anthropic
import httpx2
import pytest
from anthropic import Anthropic
from anthropic.types import Message

from aircherd.testing.simulator import Fault, Simulator
from aircherd.testing.simulator.script import PICTURE
from helpers.daemon.real_daemon import home, simulator, wait_until
from helpers.http_api.claude_code import claude_code_body

KEY = "canary-anthropic-0123456789abcdef"
MODELS = {
    "claude": "claude/claude-opus-4-8",
    "chat": "chat/gpt-5.5",
    "responses": "responses/gpt-5.5",
    "google": "google/gemini-3.8-flash",
    "router": "router/anthropic/claude-sonnet-5",
}
CARRIED = {name: "verbatim" if name == "claude" else "translated" for name in MODELS}
CONFIG = """\
[providers.claude]
kind = "anthropic"
base_url = "{url}/anthropic"
env = "HTTP_KEY"

[providers.chat]
kind = "openai"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.responses]
kind = "openai"
api = "responses"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.google]
kind = "gemini"
base_url = "{url}/gemini/v1beta"
env = "HTTP_KEY"

[providers.router]
kind = "openrouter"
base_url = "{url}/openrouter/api/v1"
env = "HTTP_KEY"

[providers.local]
kind = "ollama"
base_url = "{url}/ollama"

[models.last-claude]
routes = ["claude/claude-opus-4-8"]

[models.first-chat]
routes = ["chat/gpt-5.5", "claude/claude-opus-4-8"]
"""
READ = {"name": "read", "input_schema": {"type": "object", "properties": {"path": {}}}}
PAIRS = [
    pair
    for pair in itertools.product(MODELS, MODELS)
    # With a model of Anthropic's, OpenRouter refuses rounds that another model began with thinking.
    if pair[1] != "router" or pair[0] == "router"
]
ADAPTIVE = {"type": "adaptive"}


class Door:
    """The daemon behind its socket, and the vendors behind it."""

    def __init__(self, sim: Simulator, http: httpx2.Client) -> None:
        self.sim = sim
        self.http = http
        self.sdk = Anthropic(
            auth_token="any", api_key=None, base_url="http://aircher", http_client=http
        )

    def ask(self, model: str, text: str, **fields: object) -> Message:
        """Return the answer to one question."""
        messages = [{"role": "user", "content": text}]
        return self.sdk.messages.create(model=model, max_tokens=4000, messages=messages, **fields)

    def asked(self) -> list[object]:
        """Return the chats that vendors received, and forget them."""
        return [each for each in self.sim.requests if each.endpoint == "chat"]


@pytest.fixture(scope="module")
def running() -> Iterator[Door]:
    """One daemon for all tests."""
    with simulator() as sim, home({"HTTP_KEY": KEY}) as made:
        for vendor in ("openai", "anthropic", "gemini", "openrouter"):
            sim.keys.accept(vendor, KEY)
        made.write_config(CONFIG.format(url=sim.url))
        made.start(log_level="info")
        path = str(made.socket.with_name("http.sock"))
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=path), timeout=20) as http:
            door = Door(sim, http)
            door.home = made
            yield door


@pytest.fixture
def door(running: Door) -> Iterator[Door]:
    """The daemon, without what tests before left."""
    running.sim.faults.clear()
    with running.home.client() as client:
        client.call("cooldowns.clear")
    return running


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def upstream(door: Door) -> int:
    return sum(each.endpoint == "chat" for each in door.sim.requests)


@pytest.mark.parametrize("provider", MODELS)
def test_a_question(door, provider):
    """Answered by the model that was asked for, and the headers say which and how."""
    raw = door.sdk.messages.with_raw_response.create(
        model=MODELS[provider], max_tokens=100, messages=[{"role": "user", "content": "count 3"}]
    )
    message = raw.parse()

    assert text_of(message) == "1 2 3"
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens == 3
    assert raw.headers["x-aircher-carried"] == CARRIED[provider]
    assert raw.headers["x-aircher-provider"] == provider


@pytest.mark.parametrize("provider", MODELS)
def test_a_stream(door, provider):
    """The same, piece by piece."""
    with door.sdk.messages.stream(
        model=MODELS[provider], max_tokens=100, messages=[{"role": "user", "content": "count 9"}]
    ) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()

    assert "".join(pieces) == text_of(message) == "1 2 3 4 5 6 7 8 9"
    assert message.usage.output_tokens == 9


@pytest.mark.parametrize("provider", MODELS)
def test_a_picture(door, provider):
    """By every vendor's model."""
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]

    message = door.sdk.messages.create(
        model=MODELS[provider], max_tokens=100, messages=[{"role": "user", "content": content}]
    )

    assert text_of(message).startswith("I see 1: ")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_round_of_tools_goes_on_anywhere(door, first, second, streams):
    """Thinking and signatures go back to their model; another one is not bothered with them.

    The simulated vendors check every signature that they get, as the real ones do.
    """
    question = {"role": "user", "content": 'say I look.; call read {"path": "a"}'}
    options = {"max_tokens": 4000, "tools": [READ], "thinking": ADAPTIVE}
    called = _answer(door, streams, MODELS[first], [question], options)
    (call,) = [block for block in called.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "text"}
    rounds = [
        question,
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": [result]},
    ]

    answered = _answer(door, streams, MODELS[second], rounds, options)

    assert (called.stop_reason, call.name, call.input) == ("tool_use", "read", {"path": "a"})
    assert text_of(answered) == "The tools answered: text"


def _answer(door, streams, model, messages, options):
    if not streams:
        return door.sdk.messages.create(model=model, messages=messages, **options)
    with door.sdk.messages.stream(model=model, messages=messages, **options) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("model", ["local/llama3.2:latest", "google/gemini-2.0-flash"])
def test_a_model_that_cannot_think_answers_without(door, model):
    """Tools ask for thinking whatever the model is."""
    assert text_of(door.ask(model, "count 3", thinking=ADAPTIVE)) == "1 2 3"


@pytest.mark.parametrize("provider", ["claude", "responses", "google", "router"])
def test_the_web_search_of_claude_code(door, provider):
    """A request with that tool alone, forced and bounded; the sources come back with the text."""
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
    choice = {"type": "tool", "name": "web_search"}

    message = door.ask(MODELS[provider], "search cats", tools=[search], tool_choice=choice)

    assert text_of(message) == "Found: cats"
    cited = [
        each.url for block in message.content for each in getattr(block, "citations", ()) or ()
    ]
    assert cited == ["https://example.com/found"]


def test_thinking_of_another_vendor_goes_back_to_it(door):
    """What the vendor sent is what it gets: the reasoning of OpenAI is sealed."""
    question = {"role": "user", "content": 'call read {"path": "a"}'}
    options = {"max_tokens": 4000, "tools": [READ], "thinking": ADAPTIVE}
    called = _answer(door, True, MODELS["responses"], [question], options)
    (call,) = [block for block in called.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "text"}
    rounds = [
        question,
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": [result]},
    ]

    _answer(door, True, MODELS["responses"], rounds, options)

    sent = door.sim.requests[-1].json["input"]
    kinds = [item.get("type") for item in sent]
    assert "reasoning" in kinds
    assert sent[kinds.index("reasoning")]["encrypted_content"]


# ------------------------------------------------------------------ what only Anthropic has


def test_what_another_api_cannot_say_goes_to_one_that_can(door):
    """The first of the chain is asked for nothing."""
    before = upstream(door)

    raw = door.sdk.messages.with_raw_response.create(
        model="first-chat",
        max_tokens=100,
        messages=[{"role": "user", "content": "count 3"}],
        inference_geo="us",
    )

    assert raw.headers["x-aircher-provider"] == "claude"
    assert raw.headers["x-aircher-carried"] == "verbatim"
    assert upstream(door) == before + 1
    assert door.sim.requests[-1].json["inference_geo"] == "us"


def test_what_nothing_can_say_is_refused_by_name(door):
    """In the API's own form of an error."""
    with pytest.raises(anthropic.BadRequestError, match=r'tools\[0\].type "bash_20250124"'):
        door.ask(MODELS["chat"], "Hi", tools=[{"type": "bash_20250124", "name": "bash"}])


def test_a_verbatim_body_arrives_as_it_was(door):
    """With its marks, its betas, and fields that nothing here knows."""
    door.sdk.messages.create(
        model=MODELS["claude"],
        max_tokens=100,
        messages=[{"role": "user", "content": "Hi"}],
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        extra_body={"context_management": {"edits": []}},
        extra_headers={"anthropic-beta": "context-management-2025-06-27"},
    )

    received = door.sim.requests[-1]
    assert received.json == {
        "model": "claude-opus-4-8",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hi"}],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "context_management": {"edits": []},
    }
    assert received.headers["anthropic-beta"] == "context-management-2025-06-27"
    assert received.headers["x-api-key"] == KEY


@pytest.mark.parametrize("provider", ["chat", "responses", "google"])
def test_a_request_of_claude_code_is_answered_by_any_model(door, provider):
    """With its 25 tools, in the middle of its work, and with thinking that Claude signed."""
    body = {**claude_code_body(), "model": MODELS[provider]}

    with door.http.stream("POST", "http://aircher/v1/messages?beta=true", json=body) as response:
        text = response.read().decode()

    assert response.status_code == 200, text
    assert "event: message_stop" in text


@pytest.mark.parametrize("model", ["last-claude", MODELS["chat"]])
def test_claude_code_gets_the_name_that_it_asked_for(door, model):
    """It forgets the thinking of an answer by another model's name, verbatim or not."""
    body = {**claude_code_body(0), "model": model}
    headers = {"user-agent": "claude-cli/2.1.197 (external, cli)"}

    response = door.http.post("http://aircher/v1/messages?beta=true", json=body, headers=headers)

    assert f'"model":"{model}"' in response.text.partition("\n\n")[0]
    assert response.headers["x-aircher-model"] in ("claude-opus-4-8", "gpt-5.5")


def test_traps_19_and_21_tokens_are_counted(door):
    """Whatever the model, with the system prompt and the tools."""
    messages = [{"role": "user", "content": "one two three"}]

    def counted(provider, **more):
        asked = {"model": MODELS[provider], "messages": messages, **more}
        return door.sdk.messages.count_tokens(**asked).input_tokens

    assert counted("claude", system="Be brief.", tools=[READ]) > 0
    sent = door.sim.requests[-1].json
    assert (sent["system"], sent["tools"]) == ("Be brief.", [READ])
    assert 0 < counted("chat") < counted("chat", system="Be brief.")
    assert counted("chat") < counted("chat", tools=[READ])


def test_models_are_listed(door):
    """Each alias, and each provider's."""
    ids = [model.id for model in door.sdk.models.list(limit=1000)]

    assert "first-chat" in ids
    assert door.sdk.models.retrieve("first-chat").id == "first-chat"


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ("rate_limit", 429, "rate_limit_error"),
        ("overloaded", 503, "api_error"),
        ("server", 502, "api_error"),
        ("credit_balance", 402, "billing_error"),
        ("context", 400, "invalid_request_error"),
    ],
)
@pytest.mark.parametrize("provider", ["claude", "chat"])
def test_an_error_is_asked_for_once(door, provider, error, status, kind):
    """Nothing is left to try, so the SDK, which would ask three times, does not."""
    vendor = {"claude": "anthropic", "chat": "openai"}[provider]
    door.sim.faults.add(Fault("error", vendor=vendor, error=error, times=None))
    before = upstream(door)

    with pytest.raises(anthropic.APIStatusError) as caught:
        door.ask(MODELS[provider], "Hi")

    assert (caught.value.status_code, caught.value.body["error"]["type"]) == (status, kind)
    assert upstream(door) == before + 1
    assert provider in str(caught.value)
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_an_unknown_model_is_not_found(door):
    """As at the vendor."""
    with pytest.raises(anthropic.NotFoundError, match="no-such-model"):
        door.ask("no-such-model", "Hi")


@pytest.mark.parametrize("provider", ["claude", "chat", "google"])
@pytest.mark.parametrize("kind", ["cut", "stream_error"])
def test_a_stream_that_breaks_off_raises(door, provider, kind):
    """After what came: never an end that looks like one."""
    door.sim.faults.add(Fault(kind, after=2))
    pieces = []

    with (
        pytest.raises(anthropic.APIError),
        door.sdk.messages.stream(
            model=MODELS[provider],
            max_tokens=100,
            messages=[{"role": "user", "content": "count 9"}],
        ) as stream,
    ):
        pieces.extend(stream.text_stream)

    assert "".join(pieces).strip() == "1 2"


@pytest.mark.parametrize("provider", ["claude", "chat"])
def test_a_cancelled_stream_ends_at_the_vendor(door, provider):
    """The client is gone, so nothing more is billed."""
    door.sim.behave(delay=0.02)
    try:
        with door.sdk.messages.stream(
            model=MODELS[provider],
            max_tokens=4000,
            messages=[{"role": "user", "content": "count 2000"}],
        ) as stream:
            assert next(iter(stream.text_stream))
            received = door.sim.requests[-1]
        wait_until(received.disconnected.is_set, "the vendor sees the end")
    finally:
        door.sim.behave(delay=0.0)
