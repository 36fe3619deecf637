"""Where a provider's key comes from."""

import pytest

from aircher_cli.commands.migrate.plan.key_source import (
    NEEDS_NO_KEY,
    OLLAMA_VARIABLE,
    PLAIN_HTTP,
    KeySource,
    choose_key_source,
)

OPENAI = "https://api.openai.com/v1"
OWN = "https://own.example/v1"
LOCAL = "http://127.0.0.1:8000/v1"
LAN = "http://10.1.2.3:8000/v1"


def env(name):
    return KeySource(env=name, variables=(name,))


@pytest.mark.parametrize(
    ("name", "url", "variable", "has_key", "expected"),
    [
        # keys are never sent unencrypted
        ("house", LAN, "", False, KeySource(auth_none=True, no_key_reason=PLAIN_HTTP)),
        ("house", LAN, "KEY", True, KeySource(auth_none=True, no_key_reason=PLAIN_HTTP)),
        ("ollama", "http://box:11434", "", True, KeySource(no_key_reason=PLAIN_HTTP)),
        # a variable that would not be used by itself
        ("openai", OPENAI, "MY_KEY", False, env("MY_KEY")),
        ("openai", OWN, "OPENAI_API_KEY", True, env("OPENAI_API_KEY")),
        ("house", LOCAL, "KEY", False, env("KEY")),
        # Ollama
        ("ollama", "http://127.0.0.1:11434", "", False, KeySource(no_key_reason=NEEDS_NO_KEY)),
        ("ollama", "https://box.example", "", True, env(OLLAMA_VARIABLE)),
        # no key anywhere
        ("house", OWN, "", False, KeySource(auth_none=True, no_key_reason=NEEDS_NO_KEY)),
        ("openai", LOCAL, "", False, KeySource(auth_none=True, no_key_reason=NEEDS_NO_KEY)),
        # a stored key, or the vendor's own variable
        ("house", OWN, "", True, KeySource()),
        ("openai", OWN, "", True, KeySource()),
        ("openai", OPENAI, "", False, KeySource(variables=("OPENAI_API_KEY",))),
        ("openai", OPENAI, "OPENAI_API_KEY", True, KeySource(variables=("OPENAI_API_KEY",))),
    ],
)
def test_choose_key_source(name, url, variable, has_key, expected):
    """Each case has its entry, and says whether a key may be stored."""
    kind = "ollama" if name == "ollama" else "openai"
    assert choose_key_source(name, kind, url, variable, has_key=has_key) == expected
