"""A conversation as Markdown."""

from aircher_cli.commands.chats.transcript import answer_note, settings_line, to_markdown
from aircher_client.conversations import Settings


def test_markdown(talk) -> None:
    """With the system prompt, who answered, and what was cut off."""
    talk("tea", "green?", "yes", model="a/b", system="be short", answered_by="a/b")
    tea = talk("tea", "hot?", "no", system="be short", cut_off="length")
    assert to_markdown(tea) == (
        "# green?\n\n"
        "## system\n\nbe short\n\n"
        "## user\n\ngreen?\n\n## assistant\n\nyes\n\n(a/b)\n\n"
        "## user\n\nhot?\n\n## assistant\n\nno\n\n(cut off: the maximum length was reached)\n"
    )


def test_settings(talk) -> None:
    """Only what was chosen."""
    tea = talk("tea", "green?")
    assert (settings_line(tea), answer_note(tea.turns[0])) == ("", "")
    route = {"providers": ["a", "b"], "no_fallback": True, "key": "work"}
    tea.change(Settings(model="a/b", task="review", route=route))
    expected = "model a/b, task review, key work, no fallback True, providers a, b"
    assert settings_line(tea) == expected


def test_an_empty_one(store) -> None:
    """It has its name."""
    assert to_markdown(store.open("tea")) == "# tea\n"
