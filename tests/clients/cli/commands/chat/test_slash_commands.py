"""The table of commands and its help. What they do is in test_chat_loop."""

from aircher_cli.commands.chat.slash_commands import COMMANDS, HELP, help_lines

SECOND_NAMES = {"/usage", "/quit"}


def test_help_names_every_command() -> None:
    """/usage and /quit are second names."""
    named = {name.split()[0] for name, _ in HELP}
    assert set(COMMANDS) - named == SECOND_NAMES
    assert named <= set(COMMANDS)


def test_help_fits_any_terminal() -> None:
    """At 40 columns, too."""
    for width in (40, 80):
        lines = ["".join(text for text, _ in line) for line in help_lines(width)]
        assert max(map(len, lines)) < width
