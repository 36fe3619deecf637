"""What an entry of the table is given."""

from aircher_cli.commands.run.tools.recipe import Door, named


def test_urls_and_apis_of_a_door():
    """OpenAI's clients want the version in it."""
    door = Door("http://127.0.0.1:7", "TOKEN", provider="anthropic")
    assert door.openai_url == "http://127.0.0.1:7/v1"
    assert door.prefers_anthropic
    assert not door._replace(provider="openai").prefers_anthropic


def test_without_a_model_no_variable_names_one():
    """An empty one would be a name."""
    assert named("", "A") == {}
    assert named("m", "A", "B", prefix="p/") == {"A": "p/m", "B": "p/m"}
