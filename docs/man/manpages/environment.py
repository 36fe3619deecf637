"""What several pages say about variables and files, from the tables of `docs`."""

from manpages import roff
from manpages.markdown import blocks, find_section, inline, rows_of


def environment_section() -> str:
    """Return the variables that the program and the daemon read."""
    return roff.heading("environment") + blocks(
        find_section("cli.md", "Environment variables").lines
    )


def files_section() -> str:
    """Return where files are."""
    rows = rows_of(find_section("files.md", "Files").lines)
    return roff.heading("files") + "".join(_file(*row) for row in rows)


def _file(what: str, linux: str, macos: str, moved_by: str) -> str:
    about = [what]
    if macos != linux:
        about.append(f"On macOS: {macos}")
    if moved_by:
        about.append(f"Moved by {moved_by}")
    return roff.item(inline(linux), inline(". ".join(about) + "."))
