import pytest

from aircherd.config.secret_detection import (
    contains_key,
    could_be_key,
    is_key_name,
    key_message,
    safe_name,
)


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "key", "apikey", "token", "secret", "password", "API-Key", "ApiKey"),
        *("openai_api_key", "auth_token", "client_secret", "bearer", "passwd", "authorization"),
    ],
)
def test_names_of_keys_are_recognised(name: str) -> None:
    """Case, hyphens and underscores make no difference."""
    assert is_key_name(name)


@pytest.mark.parametrize("name", ["kind", "key_command", "max_tokens", "env", "keyboard", "x-team"])
def test_other_names_are_not_names_of_keys(name: str) -> None:
    """Names of the schema, and names that merely look similar."""
    assert not is_key_name(name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sk-ant-api03-abcdef", True),
        (["a", {"b": "gsk_abcdefgh"}], True),
        ({"token": 1}, True),
        ("op://vault/x7k2abcdefghijklmnopqrstuv/key", False),
        (5, False),
        ({"a": ["b"]}, False),
    ],
)
def test_keys_in_values_are_found(value: object, expected: bool) -> None:
    """At any depth."""
    assert contains_key(value) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"),
        ("first_byte_timeout", "first_byte_timeout"),
        ("0123456789abcdef0123456789abcdef", "[redacted]"),
        ("sk-ant-abcdef", "[redacted]"),
        ("two words", "'two words'"),
        ("bell\x07", r"'bell\x07'"),
        ("x" * 70, "x" * 64 + "…"),
        ("é", r"'\xe9'"),
    ],
)
def test_name_is_shown_unless_it_could_be_a_key(name: str, expected: str) -> None:
    """Special characters are quoted, long names are shortened."""
    assert safe_name(name) == expected


def test_names_of_variables_could_not_be_keys() -> None:
    """Even long ones."""
    assert not could_be_key("AZURE_OPENAI_API_KEY_2")


def test_very_long_name_is_checked_in_linear_time() -> None:
    """A quadratic check took more than a minute."""
    assert not could_be_key("a" * 64 * 1024)
    assert could_be_key("a" * 64 * 1024 + "1")
    assert could_be_key("-0-" + "a" * 15 + "1")
    assert not could_be_key("1-" + "a" * 16)


def test_key_message_names_the_provider() -> None:
    """So the command can be copied."""
    assert "aircher-cli auth login work" in key_message("work")
    assert "aircher-cli auth login PROVIDER" in key_message(None)
