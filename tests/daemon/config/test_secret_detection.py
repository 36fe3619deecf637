import pytest

from aircherd.config.secret_detection import has_key, is_key_name, is_opaque, key_message, shown


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "key", "apikey", "token", "secret", "password", "API-Key", "ApiKey"),
        *("openai_api_key", "auth_token", "client_secret", "bearer", "passwd", "authorization"),
    ],
)
def test_names_under_which_keys_are_put(name: str) -> None:
    """Large letters, hyphens and underscores make no difference."""
    assert is_key_name(name)


@pytest.mark.parametrize("name", ["kind", "key_command", "max_tokens", "env", "keyboard", "x-team"])
def test_names_under_which_no_key_is_put(name: str) -> None:
    """The form's own names, and others that merely look related."""
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
def test_values_that_give_a_key_away(value: object, expected: bool) -> None:
    """Keys are found at any depth."""
    assert has_key(value) is expected


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
def test_a_name_is_shown_unless_it_may_be_a_key(name: str, expected: str) -> None:
    """What is not plain is quoted, what is long is cut."""
    assert shown(name) == expected


def test_vendors_variables_are_not_opaque() -> None:
    """A variable's name may be long."""
    assert not is_opaque("AZURE_OPENAI_API_KEY_2")


def test_a_very_long_name_is_judged_at_once() -> None:
    """It took more than a minute, which is longer than a test may run."""
    assert not is_opaque("a" * 64 * 1024)
    assert is_opaque("a" * 64 * 1024 + "1")
    assert is_opaque("-0-" + "a" * 15 + "1")
    assert not is_opaque("1-" + "a" * 16)


def test_the_cure_names_the_provider() -> None:
    """The command can be pasted."""
    assert "aircher-cli auth login work" in key_message("work")
    assert "aircher-cli auth login PROVIDER" in key_message(None)
