"""Pictures, files and sound that a user attaches, as each server takes them."""

import base64

import msgspec
import pytest

from aircherd.config.model import Provider
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.openrouter.adapter import OpenRouter
from aircherd.testing.simulator.script import SOUND
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_provider, a_request, body_of, failure_of

Map = dict[str, object]

PDF = base64.b64encode(b"%PDF-1.4\n").decode()
PAPER: Map = {"type": "document", "media_type": "application/pdf", "data": PDF, "name": "a.pdf"}
LINKED: Map = {"type": "document", "url": "https://host/a.pdf"}
WAV: Map = {"type": "audio", "data": SOUND}
FLAC: Map = {"type": "audio", "data": base64.b64encode(b"fLaC\0\0\0\0").decode()}
PCM: Map = {"type": "audio", "data": "AAAA", "media_type": "audio/pcm;rate=24000"}
URI = f"data:application/pdf;base64,{PDF}"

OPENAI = a_provider()
MISTRAL = a_provider(base_url="https://api.mistral.ai/v1")
OTHER = a_provider(base_url="http://gpu-box:8000/v1")
ROUTER = a_provider("openrouter")


def adapter_of(provider: Provider) -> OpenAIChat | OpenRouter:
    return OpenRouter() if provider.kind == "openrouter" else OpenAIChat()


def sent_part(provider: Provider, part: Map) -> object:
    request = a_request({"role": "user", "content": [part]})
    messages = body_of(adapter_of(provider), provider, request)["messages"]
    [message] = msgspec.convert(messages, list[Map])
    [sent] = msgspec.convert(message["content"], list[Map])
    return sent


def file(name: str, data: str) -> Map:
    return {"type": "file", "file": {"filename": name, "file_data": data}}


def sound(data: object, name: str) -> Map:
    return {"type": "input_audio", "input_audio": {"data": data, "format": name}}


@pytest.mark.parametrize(
    ("provider", "part", "sent"),
    [
        *((each, PAPER, file("a.pdf", URI)) for each in (OPENAI, OTHER, ROUTER)),
        *((each, WAV, sound(SOUND, "wav")) for each in (OPENAI, OTHER, ROUTER)),
        *((each, LINKED, file("document.pdf", "https://host/a.pdf")) for each in (OTHER, ROUTER)),
        *((each, FLAC, sound(FLAC["data"], "flac")) for each in (OTHER, ROUTER)),
        *((each, PCM, sound("AAAA", "pcm16")) for each in (OTHER, ROUTER)),
        (
            MISTRAL,
            PAPER,
            {"type": "document_url", "document_url": URI, "document_name": "a.pdf"},
        ),
        (MISTRAL, LINKED, {"type": "document_url", "document_url": "https://host/a.pdf"}),
        (MISTRAL, WAV, {"type": "input_audio", "input_audio": SOUND}),
    ],
)
def test_sent(provider: Provider, part: Map, sent: object) -> None:
    """Each server gets it in its own form."""
    assert sent_part(provider, part) == sent


API = "messages[0]: OpenAI's Chat Completions API"


@pytest.mark.parametrize(
    ("provider", "part", "message"),
    [
        (OPENAI, LINKED, f"{API} does not take a PDF by URL: send its data instead"),
        (OPENAI, FLAC, f"{API} does not take audio/flac, only audio/wav, audio/mpeg"),
        (OPENAI, PCM, f"{API} does not take audio/pcm, only audio/wav, audio/mpeg"),
        (OPENAI, PAPER | {"citations": True}, f"{API} cannot cite a document: leave out its"),
        (OTHER, PAPER | {"citations": True}, "messages[0]: this server cannot cite a document"),
    ],
)
def test_refused(provider: Provider, part: Map, message: str) -> None:
    """What a server has no field for is refused by name."""
    failure = failure_of(lambda: sent_part(provider, part))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message.startswith(message)


def test_marks() -> None:
    """OpenRouter gets marks for the prompt cache on every kind of part; other servers get none."""
    for part in (PAPER, WAV, {"type": "text", "text": "a"}):
        marked = sent_part(ROUTER, part | {"cache": "1h"})
        assert isinstance(marked, dict)
        assert marked["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    request = a_request({"role": "user", "content": [{"type": "text", "text": "a", "cache": True}]})
    sent = body_of(OpenAIChat(), OTHER, request)["messages"]
    assert sent == [{"role": "user", "content": "a"}]


def test_marks_are_limited() -> None:
    """Of more marks than Anthropic takes, the last four are sent, tools first."""
    parts = [{"type": "text", "text": str(n), "cache": True} for n in range(4)]
    request = a_request({"role": "user", "content": parts}, tools=[{"name": "f", "cache": True}])
    body = OpenRouter().encode_chat(ROUTER, request, Model(id="m")).decode()
    assert body.count("cache_control") == 4
    assert body.index("cache_control") < body.index('"tools"')
