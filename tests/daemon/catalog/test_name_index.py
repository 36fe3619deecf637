"""The names of a provider's models."""

import pytest

from aircherd.catalog.name_index import NameIndex, name_index


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("gpt-9", ["gpt-9"]),
        ("claude-9", ["anthropic/claude-9"]),
        ("anthropic/claude-9", ["anthropic/claude-9"]),
        ("twin", ["a/twin", "b/twin"]),
        ("llama:latest", ["llama:latest"]),
        ("llama", ["llama:latest"]),
        ("qwen:8b", ["qwen:8b"]),
        ("qwen", []),
        ("both", ["both"]),  # called just so: meant, whatever else ends like it
        ("claude", []),
    ],
)
def test_a_bare_name_means_the_models_that_are_called_so(name, meaning):
    """With or without their maker in front; Ollama's `latest` goes without saying."""
    names = ["gpt-9", "anthropic/claude-9", "a/twin", "b/twin", "llama:latest", "qwen:8b"]
    offer = NameIndex([*names, "x/both", "both"])
    assert list(offer.meaning(name)) == meaning


def test_without_a_list_a_provider_offers_all_that_is_known_of_it():
    """And what the user says there is."""
    assert name_index(["a", "b"], None, ["mine", "a"]).names == ("a", "b", "mine")


def test_a_providers_own_list_is_the_measure():
    """What it left out is not offered, but for the undated name of a version it has."""
    listed = {"c-9-20261101": None, "d": None}
    assert name_index(["a", "c-9", "c"], listed, ["mine"]).names == (
        "c-9-20261101",
        "d",
        "c-9",
        "mine",
    )


def test_an_empty_list_is_a_list():
    """A local server without models has none."""
    assert name_index(["a"], {}, []).names == ()


def test_short_names_are_what_people_may_have_meant():
    """Each once."""
    assert set(NameIndex(["x/a", "a:latest"]).short_names) == {"x/a", "a", "a:latest"}
