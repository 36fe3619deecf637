"""Shared by the provider tests: providers, requests, and streams cut into pieces."""

from collections.abc import Callable, Iterable

import msgspec

from aircherd.config.model import DEFAULT_CONFIG, Provider
from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import Adapter, ReplyDecoder
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

CANARY = "sk-canary-0123456789-abcdefghij"


def a_provider(name: str = "openai", **changes: object) -> Provider:
    return msgspec.structs.replace(DEFAULT_CONFIG.providers[name], **changes)


def a_request(*messages: dict[str, object], **fields: object) -> ChatRequest:
    """Return a request as a client would send it."""
    chosen = list(messages) or [{"role": "user", "content": "Hi"}]
    return msgspec.convert({"messages": chosen, **fields}, ChatRequest)


def built_request(
    adapter: Adapter, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
) -> HttpRequest:
    """Return the whole HTTP request of a chat."""
    head = adapter.chat_head(provider, model, key, stream=request.stream)
    return HttpRequest(
        head.method, head.url, head.headers, adapter.encode_chat(provider, request, model)
    )


def sent_body(call: HttpRequest) -> dict[str, object]:
    value = msgspec.json.decode(call.body)
    assert isinstance(value, dict)
    return value


def body_of(adapter: Adapter, provider: Provider, request: ChatRequest) -> dict[str, object]:
    return sent_body(built_request(adapter, provider, request, Model(id="m"), Secret(CANARY)))


def run_decoder(
    decoder: ReplyDecoder, pieces: Iterable[bytes]
) -> tuple[list[ReplyEvent], Failure | None]:
    """Feed `pieces`, close, and return all events, and the failure if there was one."""
    events: list[ReplyEvent] = []
    try:
        for piece in pieces:
            events += decoder.feed(piece)
        while due := decoder.close():
            events += due
    except ProviderFailed as error:
        return events, error.failure
    return events, None


def failure_of(call: Callable[[], object]) -> Failure:
    """Return the failure that `call` raises."""
    try:
        call()
    except ProviderFailed as error:
        return error.failure
    raise AssertionError("it did not fail")


def sse(*data: object) -> bytes:
    """Frame each item as an event; bytes are sent as they are, anything else as JSON."""
    texts = (d if isinstance(d, bytes) else msgspec.json.encode(d) for d in data)
    return b"".join(b"data: " + text + b"\n\n" for text in texts)


def cut_in_two(data: bytes) -> list[list[bytes]]:
    """Return every way to cut `data` in two, and into single bytes."""
    halves = [[data[:at], data[at:]] for at in range(1, len(data))]
    return [*halves, [data[at : at + 1] for at in range(len(data))]]
