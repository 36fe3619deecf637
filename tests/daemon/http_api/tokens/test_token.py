"""A token's client: what it may use, and how it ends."""

import re

import pytest
import trio

from aircherd.errors import Forbidden
from aircherd.http_api.tokens.token import PREFIX, TokenClient, digest, make_token
from aircherd.redaction import Redactor
from aircherd.vocabulary.chat import ChatRequest, RouteOptions


def ask(model: str | None = "sonnet", **route: object) -> ChatRequest:
    return ChatRequest(messages=[], model=model, route=RouteOptions(**route))


def test_every_token_is_another_one_and_looks_like_no_vendors_key():
    tokens = {make_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(re.fullmatch(r"ak-air-[A-Za-z0-9]{32}", token) for token in tokens)


def test_only_the_same_token_has_its_digest():
    token = make_token()

    assert digest(token) == digest(str(token))
    assert digest(token) != digest(token[:-1])
    assert len(digest("not even \udcff text")) == 32


def test_the_redactor_knows_every_token_without_having_seen_it():
    token = make_token()

    assert token.removeprefix(PREFIX) not in Redactor().redact(f"Authorization: Bearer {token}")


def test_a_token_without_restrictions_leaves_requests_as_they_are():
    request = ask()

    assert TokenClient(name="zed").restrict(request) is request


@pytest.mark.parametrize(
    ("models", "name", "may"),
    [
        (("sonnet",), "sonnet", True),
        (("sonnet",), "sonnet-2", False),
        (("sonnet",), None, False),
        (("claude-*", "gpt-5"), "claude-opus-5", True),
        (("anthropic/*",), "anthropic/claude-opus-5", True),
        (("anthropic/*",), "openrouter/anthropic/claude", False),
        (("a[b]",), "a[b]", True),
        (None, "whatever", True),
    ],
)
def test_a_token_names_the_models_that_it_was_made_for(models, name, may):
    client = TokenClient(name="zed", models=models)

    assert client.may_name(name) is may
    if may:
        assert client.restrict(ask(name)).model == name
    else:
        with pytest.raises(Forbidden, match="token 'zed' may not use the model"):
            client.restrict(ask(name))


def test_fallbacks_lead_to_no_other_model():
    """A provider that fails may have any other as its `fallback`."""
    client = TokenClient(name="zed", models=("sonnet", "claude-*"))

    assert client.restrict(ask("sonnet")).route.fallbacks == ["sonnet", "claude-*"]
    assert TokenClient(name="zed").restrict(ask()).route.fallbacks is None


def test_only_the_providers_of_a_token_answer():
    client = TokenClient(name="zed", providers=("ollama", "openai"))

    assert client.restrict(ask()).route.providers == ["ollama", "openai"]
    assert client.restrict(ask(providers=["openai", "gemini"])).route.providers == ["openai"]
    with pytest.raises(Forbidden, match="may not use gemini: its providers are ollama, openai"):
        client.restrict(ask(providers=["gemini"]))


def test_the_model_of_a_run_answers_whatever_name_the_tool_has_for_it():
    client = TokenClient(name="claude", model="sonnet")

    assert client.restrict(ask("claude-haiku-4-5-20251001")).model == "sonnet"
    assert client.restrict(ask("text-embedding-3"), keeps_name=True).model == "text-embedding-3"


async def test_what_runs_ends_with_the_token():
    client = TokenClient(name="zed")
    with trio.CancelScope() as scope:
        client.running.add(scope)
        client.end()
        await trio.sleep_forever()

    assert scope.cancelled_caught
    assert not client.is_alive
