"""What to do about an error because of keys, as clients read it."""

import pytest

from aircher_client.sign_in import read_sign_in, unseen_variables

NAME = "OPENAI_API_KEY"
NONE: dict[str, object] = {"provider": "openai", "state": "not_configured", "shadowed": []}
REJECTED: dict[str, object] = {
    "provider": "openai",
    "state": "rejected",
    "key": f"env:{NAME}",
    "masked": "…6789",
}


@pytest.mark.parametrize(
    ("rows", "environ", "expected"),
    [
        ([NONE], {NAME: "k-1"}, [NAME]),
        ([NONE], {}, []),
        ([NONE], {NAME: "  "}, []),
        ([{"key": f"env:{NAME}"}], {NAME: "k-1"}, []),
        ([{"source": f"environment variable {NAME}"}], {NAME: "k-1"}, []),
        ([{"shadowed": [f"environment variable {NAME}"]}], {NAME: "k-1"}, []),
        ([{"shadowed": [f"environment variable MY_{NAME}"]}], {NAME: "k-1"}, [NAME]),
        ([{"masked": "…6789"}], {NAME: "k-0123456789abcdef6789"}, []),
        ([{"masked": "…6789"}], {NAME: "another-key-altogether"}, [NAME]),
        ([{"masked": "…"}], {NAME: "k-0123456789abcdef6789"}, [NAME]),
        ([REJECTED], {NAME: "k-0123456789abcdef6789"}, []),
        ([REJECTED], {NAME: "k-0123456789abcdef-new"}, [NAME]),
        ([REJECTED], {NAME: "short"}, []),
        ([{**REJECTED, "masked": "…"}], {NAME: "k-0123456789abcdef-new"}, []),
        ([{**REJECTED, "state": "authenticated"}], {NAME: "k-0123456789abcdef-new"}, []),
    ],
)
def test_unseen_variables(
    rows: list[dict[str, object]], environ: dict[str, str], expected: list[str]
) -> None:
    """A variable is listed if it is set and the daemon has neither it nor its key."""
    assert expected == unseen_variables([NAME], rows, environ)


ANTHROPIC: dict[str, object] = {
    "provider": "anthropic",
    "kind": "anthropic",
    "state": "not_configured",
    "needed": True,
    "model": "anthropic/claude-sonnet-5",
    "env": ["ANTHROPIC_API_KEY"],
    "keys_page": "https://console.example/keys",
    "command": "aircher-cli auth login anthropic",
}
OLLAMA: dict[str, object] = {"provider": "ollama", "kind": "ollama", "state": "not_required"}
DATA: dict[str, object] = {
    "sign_in": {"providers": [ANTHROPIC, OLLAMA], "environment": ["ANTHROPIC_API_KEY", "OTHER"]}
}


def test_sign_in_is_compared_with_the_environment() -> None:
    """A provider has the caller's variables with a key for it; no value is returned."""
    found = read_sign_in(DATA, {"ANTHROPIC_API_KEY": "canary-key-0123456789", "HOME": "/"})
    assert found is not None
    assert found.unseen == ("ANTHROPIC_API_KEY",)
    (needed,) = found.needed
    assert (needed.provider, needed.unseen) == ("anthropic", ("ANTHROPIC_API_KEY",))
    assert (needed.command, needed.is_usable) == ("aircher-cli auth login anthropic", False)
    assert [(each.provider, each.is_usable) for each in found.others] == [("ollama", True)]
    assert "canary" not in repr(found)


@pytest.mark.parametrize("data", [{}, {"sign_in": None}, {"sign_in": "later"}])
def test_an_error_without_sign_in(data: dict[str, object]) -> None:
    """Older daemons, and errors about something else, have none."""
    assert read_sign_in(data, {}) is None


def test_unexpected_values_are_ignored() -> None:
    """A later daemon may send more, and other types."""
    rows = [7, {"provider": "a", "state": "new", "env": "X", "later": {}}]
    found = read_sign_in({"sign_in": {"providers": rows, "environment": None}}, {"X": "k"})
    assert found is not None
    (only,) = found.providers
    assert (only.provider, only.state, only.env, found.unseen) == ("a", "new", (), ())
