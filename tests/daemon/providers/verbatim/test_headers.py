"""Which headers pass, in both directions."""

import pytest

from aircherd.providers.verbatim.headers import merge_headers, shown_headers, shown_type
from helpers.providers.provider_calls import a_provider

PREPARED = [("content-type", "application/json"), ("x-api-key", "k"), ("anthropic-version", "old")]


def merged(*clients: tuple[str, str], **users: str) -> dict[str, str]:
    headers = {name.replace("_", "-"): value for name, value in users.items()}
    provider = a_provider("anthropic", headers=headers)
    prepared = list((dict(PREPARED) | headers).items())
    return dict(merge_headers(provider, prepared, clients))


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"),
        *("openai-organization", "openai-project", "x-goog-user-project"),
        *("host", "connection", "transfer-encoding", "content-length", "te", "upgrade"),
        *("content-type", "accept-encoding", "expect", "user-agent", "origin"),
        *("proxy-authorization", "x-forwarded-for", "sec-fetch-site", "x-aircher-project"),
        *("X-API-Key", "bad name", "", "naïve"),
    ],
)
def test_these_never_pass(name):
    """They belong to a key, an account or a connection, or are no header at all."""
    assert merged((name, "theirs")) == dict(PREPARED)


def test_a_clients_version_replaces_the_adapters_but_not_the_users():
    """A body of another version needs it."""
    assert merged(("anthropic-version", "new"))["anthropic-version"] == "new"
    assert (
        merged(("anthropic-version", "new"), anthropic_version="mine")["anthropic-version"]
        == "mine"
    )
    assert merged(("x-codex-turn", "7"))["x-codex-turn"] == "7"


def test_traps_24_and_25_betas_are_joined():
    """None is lost: the client's come first; of a feature that both have, its version counts."""
    sent = ("anthropic-beta", "context-1m-2025-08-07,effort-2025-11-24")
    found = merged(sent, anthropic_beta="effort-2025-01-01, mine-2026-01-01")
    assert found["anthropic-beta"] == "context-1m-2025-08-07,effort-2025-11-24,mine-2026-01-01"
    assert merged(sent)["anthropic-beta"] == sent[1]


@pytest.mark.parametrize("value", ["a\r\nx-api-key: b", "a\0b", "ak-air-0123456789"])
def test_values_that_would_break_out_or_are_tokens_never_pass(value):
    """A line break would be another header; a token is aircher's own."""
    assert merged(("x-custom", value)) == dict(PREPARED)


def test_clients_see_what_means_something_to_them():
    """Names are in lower case; everything else stays here."""
    headers = [
        (b"Request-Id", b"req_1"),
        (b"anthropic-ratelimit-tokens-remaining", b"7"),
        (b"set-cookie", b"a=b"),
        (b"content-type", b"text/event-stream"),
        (b"anthropic-organization-id", b"org"),
        (b"x-request-id", b"caf\xe9"),
        (b"x-ratelimit-limit-tokens", b"9" * 1000),
    ]
    assert shown_headers(headers, lambda _: False) == (
        ("request-id", "req_1"),
        ("anthropic-ratelimit-tokens-remaining", "7"),
    )


def test_a_key_is_in_no_header_that_clients_see():
    """A provider may repeat it anywhere, in a name as well, which is written as it came."""
    key = "sk-Canary-0123456789"
    headers = [
        (b"x-request-id", b"for sk-Canary-0123456789"),
        (b"X-RateLimit-sk-Canary-0123456789", b"1"),
        (b"x-ratelimit-limit-requests", b"2"),
    ]
    found = shown_headers(headers, lambda text: key in text)
    assert found == (("x-ratelimit-limit-requests", "2"),)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"text/event-stream; charset=utf-8", "text/event-stream; charset=utf-8"),
        (b"application/json;charset=UTF-8", "application/json;charset=UTF-8"),
        (b"application/x-ndjson", "application/x-ndjson"),
        (b"text/html", ""),
        (b"text/html;text/event-stream", ""),
        (b"application/json; x=canary", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_a_reply_has_the_type_of_one(given, shown):
    """Whatever a provider says: no browser must run what it sends, and no key hides in it."""
    assert shown_type(given) == shown
