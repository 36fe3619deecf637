"""Writes the manual pages, `man1` and `man5` in this folder, which the wheel installs.

The table of all commands in docs/cli.md is written, too.

    .venv/bin/python docs/man/generate.py

The pages come from the program: its commands and their parsers, the JSON Schema of the
configuration, and other pages of `docs`. A test compares them with the files, so run this after a
change of any of these. The output is deterministic.
"""

import shutil
from pathlib import Path

from manpages import all_pages, command_table

FOLDER = Path(__file__).parent


def main() -> None:
    """Replace all pages, and the table."""
    for folder in FOLDER.glob("man[1-9]"):
        shutil.rmtree(folder)
    for page in all_pages():
        file = FOLDER / page.path
        file.parent.mkdir(exist_ok=True)
        file.write_text(page.source)
    overview = FOLDER.parent / "cli.md"
    overview.write_text(command_table.updated(overview.read_text()))


if __name__ == "__main__":
    main()
