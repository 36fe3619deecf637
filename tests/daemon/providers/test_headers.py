"""Keys that fit into a header, and which headers override others."""

import pytest

from aircherd.providers.headers import bearer, call_headers, chat_headers
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import CANARY, a_provider, failure_of


@pytest.mark.parametrize("value", ["", "has space", "tab\t", "new\nline", "umläut", "\x7f"])
def test_unusable_keys_are_refused_unquoted(value: str) -> None:
    """A key that fits into no header is refused without being quoted."""
    failure = failure_of(lambda: bearer(Secret(value)))
    assert FailureClass.AUTH is failure.kind
    assert not value or value not in failure.message


def test_users_headers_override_ours() -> None:
    """Those of the same name, in any case."""
    provider = a_provider(headers={"User-Agent": "mine", "X-Team": "blue"})
    headers = dict(call_headers(provider, [("x-own", "1")]))
    assert (headers["user-agent"], headers["x-team"], headers["x-own"]) == ("mine", "blue", "1")
    assert headers["accept-encoding"] == "identity"


def test_no_key_no_header() -> None:
    """Without a key there is no empty header."""
    assert bearer(Secret(CANARY)) == [("authorization", f"Bearer {CANARY}")]
    assert bearer(None) == []


@pytest.mark.parametrize(
    ("stream", "accept"), [(True, "text/event-stream"), (False, "application/json")]
)
def test_chats_accept_what_they_read(*, stream: bool, accept: str) -> None:
    """A stream of events, or JSON in one piece; the body is JSON."""
    headers = dict(chat_headers(a_provider(), [], stream=stream))
    assert (headers["accept"], headers["content-type"]) == (accept, "application/json")
