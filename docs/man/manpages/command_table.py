"""The table of all commands in docs/cli.md, between two comments that readers do not see."""

from aircher_cli.registry import COMMANDS

START = "<!-- Made by docs/man/generate.py. -->\n"
END = "<!-- The end of what is made. -->\n"


def updated(page: str) -> str:
    """Return the text of the page with the table of today."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    assert after, "docs/cli.md lacks the comments around the table of commands"
    rows = [f"| `{name}` | {summary} |\n" for name, (_, summary) in COMMANDS.items()]
    return "".join([before, START, "| command | does |\n|---|---|\n", *rows, END, after])
