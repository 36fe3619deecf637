"""Keys that fit into a header, and whose headers win."""

import pytest

from aircherd.providers.headers import bearer, call_headers, chat_headers
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import CANARY, a_provider, failure_of


@pytest.mark.parametrize("value", ["", "has space", "tab\t", "new\nline", "umläut", "\x7f"])
def test_unusable_keys_are_refused_unquoted(value: str) -> None:
    """A key that no header can hold is refused without being quoted."""
    failure = failure_of(lambda: bearer(Secret(value)))
    assert FailureClass.AUTH is failure.kind
    assert not value or value not in failure.message


def test_users_headers_win() -> None:
    """Headers from the configuration replace ours of the same name, whatever the case."""
    provider = a_provider(headers={"User-Agent": "mine", "X-Team": "blue"})
    headers = dict(call_headers(provider, [("x-own", "1")]))
    assert (headers["user-agent"], headers["x-team"], headers["x-own"]) == ("mine", "blue", "1")
    assert headers["accept-encoding"] == "identity"


def test_no_key_no_header() -> None:
    """A key goes where most vendors want it; a server without keys gets no empty one."""
    assert bearer(Secret(CANARY)) == [("authorization", f"Bearer {CANARY}")]
    assert bearer(None) == []


@pytest.mark.parametrize(
    ("stream", "accept"), [(True, "text/event-stream"), (False, "application/json")]
)
def test_chats_ask_for_what_they_read(*, stream: bool, accept: str) -> None:
    """A stream of events, or JSON in one piece; what is sent is JSON."""
    headers = dict(chat_headers(a_provider(), [], stream=stream))
    assert (headers["accept"], headers["content-type"]) == (accept, "application/json")
