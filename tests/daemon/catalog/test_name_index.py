"""The names of a provider's models."""

import pytest

from aircherd.catalog.name_index import NameIndex, build_name_index


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("gpt-9", ["gpt-9"]),
        ("claude-9", ["anthropic/claude-9"]),
        ("anthropic/claude-9", ["anthropic/claude-9"]),
        ("twin", ["a/twin", "b/twin"]),
        ("llama:latest", ["llama:latest"]),
        ("llama", ["llama:latest"]),
        ("qwen:8b", ["qwen:8b"]),
        ("qwen", []),
        ("both", ["both"]),  # an exact match, although x/both ends the same way
        ("claude", []),
    ],
)
def test_a_bare_name_matches_models_with_and_without_a_prefix(name, matches):
    """Ollama's tag `latest` may be left out."""
    names = ["gpt-9", "anthropic/claude-9", "a/twin", "b/twin", "llama:latest", "qwen:8b"]
    index = NameIndex([*names, "x/both", "both"])
    assert list(index.matches(name)) == matches


def test_without_a_list_the_index_has_all_known_models():
    """It includes the configured ones."""
    assert build_name_index(["a", "b"], None, ["mine", "a"]).names == ("a", "b", "mine")


def test_a_providers_own_list_replaces_the_known_models():
    """Undated names of listed versions stay."""
    listed = {"c-9-20261101": None, "d": None}
    assert build_name_index(["a", "c-9", "c"], listed, ["mine"]).names == (
        "c-9-20261101",
        "d",
        "c-9",
        "mine",
    )


def test_an_empty_list_gives_an_empty_index():
    """A local server may have no models."""
    assert build_name_index(["a"], {}, []).names == ()


def test_short_names_has_full_and_short_names():
    """Each appears once."""
    assert set(NameIndex(["x/a", "a:latest"]).short_names) == {"x/a", "a", "a:latest"}
