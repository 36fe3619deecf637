"""The markup of man(7): text is escaped, and macros stand on lines of their own.

Only what groff and mandoc both know is used. A hyphen is always written as a minus sign, so that
commands can be copied from the page.
"""

import re
import textwrap
from dataclasses import dataclass
from typing import NamedTuple

from aircher_wire.version import __version__

_ESCAPES = str.maketrans(
    {"\\": "\\e", "-": "\\-", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga", "'": "\\(aq"}
)

HEADER = """\
.\\" Made by docs/man/generate.py from the program and its documentation. Do not edit.
"""

LEFT_ALIGNED = ".nh\n.ad l\n"
"""Without hyphenation and without gaps between words: both harm commands and paths."""


@dataclass(frozen=True)
class Page:
    """A manual page: `text` is what follows its title line."""

    name: str
    section: int
    text: str

    @property
    def path(self) -> str:
        """The path of its file below a directory for manual pages."""
        return f"man{self.section}/{self.name}.{self.section}"

    @property
    def source(self) -> str:
        """The content of its file.

        There is no date: the version says which program the page describes, and the file is the
        same on every day it is made.
        """
        title = escape(self.name.upper())
        # A heading begins a paragraph, so that one of its own is too many.
        text = re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", self.text, flags=re.MULTILINE)
        head = f'.TH {title} {self.section} "" "aircher {__version__}" "aircher"\n'
        return f"{HEADER}{head}{LEFT_ALIGNED}{text}"


class Reference(NamedTuple):
    """Another page."""

    name: str
    section: int = 1

    def __str__(self) -> str:
        return f"{bold(self.name)}({self.section})"


def escape(text: str) -> str:
    """Return text that is printed as it is; a line of it may still begin with a dot."""
    plain = text.translate(_ESCAPES)
    return "".join(each if ord(each) < 128 else f"\\[u{ord(each):04X}]" for each in plain)


def bold(text: str) -> str:
    """Return text to be typed as it is."""
    return f"\\fB{escape(text)}\\fR"


def italic(text: str) -> str:
    """Return text to be replaced."""
    return f"\\fI{escape(text)}\\fR"


def fill(marked_up: str) -> str:
    """Break text into lines of a readable source, none of which is taken for a macro."""
    lines = textwrap.wrap(marked_up, 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(_guard, lines))


def _guard(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f".SH {escape(text.upper())}\n"


def subheading(text: str) -> str:
    """Return the heading of a part of a section."""
    return f".SS {escape(text)}\n"


def paragraph(marked_up: str) -> str:
    """Return a paragraph of text that has its markup."""
    return f".PP\n{fill(marked_up)}\n"


def lead(marked_up: str) -> str:
    """Return the first paragraph below a heading."""
    return f"{fill(marked_up)}\n"


def item(tag: str, body: str) -> str:
    """Return a tag and the paragraph that explains it; both have their markup."""
    return f".TP\n{_guard(tag)}\n{fill(body)}\n"


def bullet(body: str) -> str:
    """Return an item of a list."""
    return f".IP \\(bu 2\n{fill(body)}\n"


def indented(blocks: str) -> str:
    """Return blocks that belong to an item."""
    return f".RS\n{blocks}.RE\n"


def example(text: str) -> str:
    """Return lines that are printed as they are, indented."""
    lines = "\n".join(_guard(escape(line)) for line in text.rstrip().splitlines())
    return f".PP\n.RS 4\n.EX\n{lines}\n.EE\n.nh\n.RE\n"


def name_section(name: str, summary: str) -> str:
    """Return the first section, which apropos(1) reads."""
    return f"{heading('name')}{escape(name)} \\- {escape(summary)}\n"


def see_also(*pages: Reference) -> str:
    """Return the last section."""
    ordered = sorted(set(pages), key=lambda page: (page.section, page.name))
    return heading("see also") + ",\n".join(map(str, ordered)) + "\n"
