"""Tokens in a request do not appear in what a provider's error shows."""

import msgspec
import pytest

from aircherd.providers.error_mapping.request_secrets import redacting
from aircherd.redaction import HIDDEN, Redactor
from aircherd.vocabulary.chat import ChatRequest

TOKEN = 'mcp-canary"7381'


def a_request(**fields: object) -> ChatRequest:
    return msgspec.convert({"messages": [{"role": "user", "content": "x"}], **fields}, ChatRequest)


def vendor(**data: object) -> dict[str, object]:
    text = msgspec.json.encode(data).decode()
    return {"type": "vendor", "api": "responses", "data": text}


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "mcp", "name": "a", "url": "https://a", "token": TOKEN}]},
        {"tools": [{"type": "mcp", "name": "a", "url": "https://a", "token": f"Bearer {TOKEN}"}]},
        {"tools": [vendor(type="mcp", authorization=TOKEN)]},
        {"tools": [vendor(type="mcp", headers={"X-Anything": TOKEN})]},
        {"extra": {"mcp_servers": [{"authorization_token": TOKEN}]}},
        {"extra": {"tools": [{"headers": {"Authorization": f"Bearer {TOKEN}"}}]}},
    ],
)
def test_tokens_are_redacted(fields: dict[str, object]) -> None:
    """As they are, and escaped in the JSON that a provider quotes."""
    redact = redacting(Redactor().redact, a_request(**fields))
    text = f"refused {TOKEN} in {msgspec.json.encode(TOKEN).decode()}"
    assert redact(text) == f'refused {HIDDEN} in "{HIDDEN}"'


def test_other_values_stay() -> None:
    """Limits, names and data that is no JSON hold no secret; a short word is none either."""
    fields = {"tools": [vendor(max_tokens="thousands of them", token="ab"), vendor()]}
    redactor = Redactor()
    assert redacting(redactor.redact, a_request()) == redactor.redact
    redact = redacting(redactor.redact, a_request(**fields, extra={"user": "another one"}))
    text = "another one, thousands of them, ab"
    assert redact(text) == text


def test_data_of_any_shape() -> None:
    """It is checked elsewhere."""
    deep = {"type": "vendor", "api": "chat", "data": "[" * 2000}
    assert redacting(Redactor().redact, a_request(tools=[deep]))("x") == "x"
