import pytest

from aircherd.config.model import DEFAULT_CONFIG, Provider, Route, is_loopback, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.example.com/v1", "https://api.example.com:443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]/v1", "http://[::1]:80"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """The port is always there, letters are small."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("192.168.0.1", False),
        ("127.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_loopback_is_judged_without_a_name_server(host: str, expected: bool) -> None:
    """A doubtful way to write it is not trusted with a key."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://h", True), ("http://h", False), ("http://localhost:1", True)],
)
def test_a_key_needs_https_or_loopback(url: str, expected: bool) -> None:
    """Whatever the kind."""
    assert Provider(name="a", kind="openai", base_url=url).can_carry_key is expected


def test_a_route_is_split_at_the_first_slash() -> None:
    """And is written as it was read."""
    route = Route.parse("openrouter/anthropic/claude")
    assert route == Route("openrouter", "anthropic/claude")
    assert str(route) == "openrouter/anthropic/claude"


@pytest.mark.parametrize("text", ["", "a", "/a", "a/"])
def test_a_route_has_both_sides(text: str) -> None:
    """One alone is nothing."""
    with pytest.raises(ValueError, match="provider/model"):
        Route.parse(text)


def test_the_built_in_providers_are_there_without_a_file() -> None:
    """In the order in which they serve."""
    assert list(DEFAULT_CONFIG.providers) == [
        "anthropic",
        "openai",
        "gemini",
        "openrouter",
        "ollama",
    ]
    assert all(provider.can_carry_key for provider in DEFAULT_CONFIG.providers.values())
