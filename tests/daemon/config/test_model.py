import pytest

from aircherd.config.model import DEFAULT_CONFIG, Provider, Route, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.example.com/v1", "https://api.example.com:443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]/v1", "http://[::1]:80"),
    ],
)
def test_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """The port is always explicit, letters are lower case."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h", True),
        ("http://h", False),
        ("http://localhost:1", True),
        ("http://[::1]", True),
    ],
)
def test_key_needs_https_or_loopback(url: str, expected: bool) -> None:
    """A key is never sent over plain http to another machine."""
    assert Provider(name="a", kind="openai", base_url=url).can_carry_key is expected


def test_route_is_split_at_the_first_slash() -> None:
    """`str` gives the text that was parsed."""
    route = Route.parse("openrouter/anthropic/claude")
    assert route == Route("openrouter", "anthropic/claude")
    assert str(route) == "openrouter/anthropic/claude"


@pytest.mark.parametrize("text", ["", "a", "/a", "a/"])
def test_route_needs_provider_and_model(text: str) -> None:
    """One of them alone is an error."""
    with pytest.raises(ValueError, match="provider/model"):
        Route.parse(text)


def test_built_in_providers_are_in_their_default_order() -> None:
    """Without a file they are the whole configuration."""
    assert list(DEFAULT_CONFIG.providers) == [
        "anthropic",
        "openai",
        "gemini",
        "openrouter",
        "ollama",
    ]
    assert all(provider.can_carry_key for provider in DEFAULT_CONFIG.providers.values())
