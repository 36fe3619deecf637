"""Which adapter speaks a client's API, and where its body goes."""

import json

import pytest

from aircherd.providers.verbatim.passage import Passage
from aircherd.providers.verbatim.speakers import find_speaker, refusal
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.verbatim import VerbatimRequest
from helpers.providers.provider_calls import a_provider, a_request

MESSAGES = {"model": "x", "messages": []}
OTHER = "https://vllm.example/v1"


def url_of(
    provider, dialect, body=MESSAGES, operation="chat", *, model=None, unsaid=None, request=None
):
    sent = VerbatimRequest(
        dialect=dialect, body=json.dumps(body).encode(), operation=operation, unsaid=unsaid
    )
    passage = Passage(sent)
    asked = request or a_request(stream=True)
    found = find_speaker(provider, model or Model(id="m"), asked, passage)
    return None if found is None else found.url.partition("//")[2].partition("/")[2]


@pytest.mark.parametrize(
    ("name", "dialect", "path"),
    [
        ("anthropic", "anthropic", "v1/messages"),
        ("anthropic", "openai_chat", None),
        ("openai", "openai_chat", "v1/chat/completions"),
        ("openai", "openai_responses", "v1/responses"),
        ("openai", "anthropic", None),
        ("openrouter", "openai_chat", "api/v1/chat/completions"),
        ("openrouter", "openai_responses", None),
        ("gemini", "gemini", "v1beta/models/m:streamGenerateContent?alt=sse"),
        ("ollama", "ollama", "api/chat"),
        ("ollama", "openai_chat", None),
    ],
)
def test_chats(name, dialect, path):
    """Each provider speaks its own API, and OpenAI two."""
    assert url_of(a_provider(name), dialect) == path


def test_the_second_api_of_openai():
    """A compatible server has it if the configuration says so; then it has no other."""
    plain, responses = a_provider(base_url=OTHER), a_provider(base_url=OTHER, api="responses")
    assert url_of(plain, "openai_responses") is None
    assert url_of(plain, "openai_chat") == "v1/chat/completions"
    assert url_of(responses, "openai_responses") == "v1/responses"
    assert url_of(responses, "openai_chat") is None
    only_chat = a_provider(api="chat")
    assert url_of(only_chat, "openai_responses") is None
    assert url_of(a_provider(), "openai_chat", model=Model(id="m", api="responses")) is None


def test_openai_is_asked_in_the_api_that_takes_it():
    """It refuses tools for a model that thinks in chat completions, so they are translated."""
    thinker, tools = Model(id="m", reasoning=True), [Tool(name="t", parameters="{}")]
    request = a_request(stream=True)
    asked = type(request)(messages=request.messages, tools=tools)
    assert url_of(a_provider(), "openai_chat", model=thinker, request=asked) is None
    found = url_of(a_provider(), "openai_chat", model=thinker, request=asked, unsaid="tools[1]")
    assert found == "v1/chat/completions"  # it cannot be translated
    compatible = a_provider(base_url=OTHER)
    assert url_of(compatible, "openai_chat", model=thinker, request=asked) is not None


@pytest.mark.parametrize(
    ("provider", "limits", "renamed"),
    [
        (a_provider(), {"max_tokens": 5}, ("max_tokens", "max_completion_tokens")),
        (a_provider(), {"max_completion_tokens": 5}, None),
        (a_provider(), {"max_tokens": 5, "max_completion_tokens": 5}, None),
        (a_provider(), {}, None),
        (a_provider(base_url=OTHER), {"max_tokens": 5}, None),
        (a_provider("openrouter"), {"max_tokens": 5}, None),
    ],
)
def test_the_old_name_of_the_limit_is_replaced_for_openai(provider, limits, renamed):
    """Its newer models refuse it, all of them know the new one; other servers know no other."""
    body = json.dumps(MESSAGES | limits).encode()
    passage = Passage(VerbatimRequest(dialect="openai_chat", body=body))
    found = find_speaker(provider, Model(id="m"), a_request(stream=True), passage)
    assert found is not None
    assert found.renamed == renamed


@pytest.mark.parametrize(
    ("name", "dialect", "body", "path"),
    [
        ("openai", "openai_chat", {"input": "a"}, "v1/embeddings"),
        ("openrouter", "openai_chat", {"input": "a"}, "api/v1/embeddings"),
        ("gemini", "gemini", {"content": {}}, "v1beta/models/m:embedContent"),
        ("gemini", "gemini", {"requests": []}, "v1beta/models/m:batchEmbedContents"),
        ("ollama", "ollama", {"input": "a"}, "api/embed"),
        ("ollama", "ollama", {"prompt": "a"}, "api/embeddings"),
        ("anthropic", "anthropic", {"input": "a"}, None),
        ("openai", "openai_responses", {"input": "a"}, None),
    ],
)
def test_embeddings(name, dialect, body, path):
    """Where a vendor has them."""
    assert url_of(a_provider(name), dialect, body, "embeddings") == path


@pytest.mark.parametrize(
    ("name", "dialect", "path"),
    [
        ("anthropic", "anthropic", "v1/messages/count_tokens"),
        ("openai", "openai_responses", "v1/responses/input_tokens"),
        ("gemini", "gemini", "v1beta/models/m:countTokens"),
        ("openai", "openai_chat", None),
        ("ollama", "ollama", None),
    ],
)
def test_counts(name, dialect, path):
    """Where a vendor has them."""
    assert url_of(a_provider(name), dialect, MESSAGES, "count_tokens") == path


def test_older_questions_of_ollama():
    """A body with a prompt goes to the completions."""
    assert url_of(a_provider("ollama"), "ollama", {"prompt": "a"}) == "api/generate"


def test_what_a_refusal_says():
    """Nothing if the request can be translated; else what cannot, and what API it needs."""

    def said(**fields):
        return refusal(Passage(VerbatimRequest(body=b"{}", **fields)))

    assert said(dialect="anthropic") is None
    assert "tools[0]" in said(dialect="anthropic", unsaid="tools[0]")
    assert "Anthropic's API" in said(dialect="anthropic", unsaid="tools[0]")
    assert said(dialect="gemini", operation="embeddings") == (
        "embeddings: only a provider that has Gemini's API can be asked for them"
    )
