"""Base URLs in the form of the new configuration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.migrate.plan.urls import (
    BadUrl,
    base_url,
    can_carry_key,
    is_vendors,
    is_vendors_origin,
    origin,
)
from aircher_cli.commands.migrate.plan.vendors import VENDORS
from aircherd.config.model import _can_carry_key
from aircherd.config.problems import BadValue
from aircherd.config.values import read_base_url

GOOGLE = "https://generativelanguage.googleapis.com/v1beta"


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"),
        ("anthropic", "https://gw.example/claude/v1", "https://gw.example/claude"),
        ("gemini", f"{GOOGLE}/models/{{model}}", GOOGLE),
        ("gemini", f"{GOOGLE}/models/{{model}}/", GOOGLE),
        ("gemini", f"{GOOGLE}/", GOOGLE),
        ("openai", "https://x.example/v1/", "https://x.example/v1"),
        ("openai", "https://x.example/v1/chat/completions", "https://x.example/v1"),
        ("openrouter", "https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("ollama", "http://box:11434/", "http://box:11434"),
        ("ollama", "http://box:11434/api", "http://box:11434"),
        ("ollama", "http://[::1]:11434", "http://[::1]:11434"),
    ],
)
def test_base_url(kind, old, new):
    """What the earlier aircher put behind the base is removed."""
    assert base_url(kind, old) == new


@pytest.mark.parametrize(
    "old",
    [
        "ftp://files.example",
        "x.example/v1",
        "https://user:secret@x.example/v1",
        "https://x.example/v1?key=canary",
        "https://",
        "https://x.example:0/v1",
        "https://x.example:99999/v1",
        "https://[bad/v1",
        "https://x y.example",
        "https://ä.example",
        "https://x.example/sk-canary-0123456789",
        "https://x.example/{model}/v1",
        "https://x.example/" + "v" * 3000,
    ],
)
def test_a_bad_url_is_refused_without_being_repeated(old):
    """The reason does not quote the URL, which may contain a key."""
    with pytest.raises(BadUrl) as caught:
        base_url("openai", old)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


@given(
    st.sampled_from(["openai", "anthropic", "gemini", "ollama"]),
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"https?://[a-z0-9.:\[\]@-]{1,20}(/[a-z0-9{}?#/-]{0,12})?", fullmatch=True),
    ),
)
def test_every_accepted_url_is_accepted_by_the_daemon(kind, old):
    """What is carried over is valid in the new configuration."""
    try:
        url = base_url(kind, old)
    except BadUrl:
        return
    try:
        assert read_base_url(url) == url
    except BadValue:
        pytest.fail(f"{url} is not accepted")
    assert can_carry_key(url) == _can_carry_key(url)


@pytest.mark.parametrize(
    ("provider", "url", "expected"),
    [
        ("ollama", "http://localhost:11434", True),
        ("ollama", "http://127.0.0.1:11434", True),
        ("ollama", "http://box:11434", False),
        ("openai", "https://API.openai.com/v1", True),
        ("openai", "https://api.openai.com", False),
        ("house", "https://api.openai.com/v1", False),
    ],
)
def test_the_vendors_own_url(provider, url, expected):
    """The URL that a provider has anyway is recognised in other spellings."""
    assert is_vendors(provider, url) is expected


def test_origins():
    """A key belongs to scheme, host and port."""
    assert origin("https://x.example/a") == origin("https://X.example:443/b")
    assert origin("https://x.example") != origin("http://x.example")
    assert is_vendors_origin(VENDORS["openai"], "https://api.openai.com/v2")
