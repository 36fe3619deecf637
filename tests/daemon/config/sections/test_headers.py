import pytest

from aircherd.config.load import parse_config
from helpers.config_problems import problem

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'


def test_headers_keep_their_order() -> None:
    """White space around a value is removed."""
    text = WORK + 'headers = { "X-Team" = " blue ", "HTTP-Referer" = "https://a.example" }'
    headers = parse_config(text, file="c").providers["work"].headers
    assert list(headers.items()) == [("X-Team", "blue"), ("HTTP-Referer", "https://a.example")]


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "Authorization", "x-api-key", "API-Key", "x-goog-api-key", "cookie"),
        *("Proxy-Authorization", "Ocp-Apim-Subscription-Key", "X-Auth-Token"),
    ],
)
def test_header_for_a_key_is_refused(name: str) -> None:
    """The hint says how to store the key; the key is not repeated."""
    line, path, message = problem(f'{WORK}[providers.work.headers]\n"{name}" = "CANARY"')
    assert (line, path) == (5, f"providers.work.headers.{name}")
    assert "`aircher-cli auth login work`" in message
    assert "CANARY" not in message


@pytest.mark.parametrize("value", ["sk-CANARY-123", "Bearer CANARY", "basic CANARY"])
def test_key_in_any_other_header_is_refused(value: str) -> None:
    """It is recognised by its shape."""
    line, _, message = problem(f'{WORK}headers = {{ X-Team = "{value}" }}')
    assert line == 4
    assert "`aircher-cli auth login work`" in message
    assert "CANARY" not in message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('"X Team" = "a"', "not a valid header name"),
        ('"" = "a"', "not a valid header name"),
        ('"X-Tëam" = "a"', "not a valid header name"),
        ('X-Team = "a\\r\\nX-Evil: b"', "control character"),
        ('X-Team = "a\\u0000"', "control character"),
        ('X-Team = "blå"', "plain ASCII"),
        ("X-Team = 5", "not a number"),
        ('Content-Length = "5"', "set by aircher itself"),
        ('Host = "other"', "set by aircher itself"),
        ('X-Team = "a", x-team = "b"', "defined twice"),
    ],
)
def test_invalid_header_is_refused(entry: str, message: str) -> None:
    """At the line of the header."""
    found = problem(f"{WORK}headers = {{ {entry} }}")
    assert found[0] == 4
    assert message in found[2]


def test_headers_must_be_a_table() -> None:
    """A list of lines is refused."""
    line, path, message = problem(WORK + 'headers = ["X-Team: blue"]')
    assert (line, path) == (4, "providers.work.headers")
    assert "must be a section or { ... }, not a list" in message
