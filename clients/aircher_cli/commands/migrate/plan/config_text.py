"""Write the new configuration: valid TOML, with a comment that says where each value came from."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from aircher_cli.commands.migrate.plan.sections import Entry, Section, Value

MARKER = '# Carried over from the earlier aircher by "aircher-cli migrate".'
"""The first line; by it a later run recognises its own work. It has no date, so that the same old
files always give the same text."""

_CHECKSUM = "# A later run may replace this file as long as nothing in it is changed ({})."

MAX_BYTES = 64 * 1024
"""The daemon reads no larger file; a test compares the two."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def config_text(sections: Iterable[Section], old_file: str) -> str:
    """Return the text of the file."""
    lines = [
        f"# Made from {_printable(old_file)}. Behind each value is the old key it came from.",
        "# What else can be here is in docs/configuration.md; to check the file:",
        "# aircher-cli config check",
    ]
    for section in sections:
        lines.append("")
        lines += [f"# {_printable(comment)}" for comment in section.comments]
        if section.header:
            lines.append(section.header)
        lines += [_entry_line(entry) for entry in section.entries]
    body = "\n".join(lines) + "\n"
    return f"{MARKER}\n{_CHECKSUM.format(_checksum(body))}\n{body}"


def fit(
    groups: Sequence[tuple[str, list[Section]]], old_file: str
) -> tuple[list[Section], list[str]]:
    """Leave out the last groups of sections until the file is not too large for the daemon.

    Return the sections, and the names of the groups that were left out.
    """
    kept = list(groups)
    left: list[str] = []
    while True:
        sections = [section for _, group in kept for section in group if section.entries]
        is_small = len(config_text(sections, old_file).encode()) <= MAX_BYTES
        if is_small or len(kept) < 2:
            return sections, left
        name, dropped = kept.pop()
        if dropped:
            left.append(name)


def is_unchanged(text: str) -> bool:
    """Return whether a text is from `config_text`, and nothing in it was changed since."""
    marker, _, rest = text.partition("\n")
    checksum, _, body = rest.partition("\n")
    return marker == MARKER and checksum == _CHECKSUM.format(_checksum(body))


def has_same_source(one: str, other: str) -> bool:
    """Return whether two texts from `config_text` were made from files with the same path."""
    return one.splitlines()[2:3] == other.splitlines()[2:3]


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _entry_line(entry: Entry) -> str:
    line = f"{entry.name} = {toml_value(entry.value)}"
    return f"{line}  # {_printable(entry.source)}" if entry.source else line


def toml_value(value: Value) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = format(Decimal(str(value)), "f")
        return text if "." in text else f"{text}.0"
    if isinstance(value, str):
        # JSON's escapes are TOML's, too, except that TOML wants one for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(toml_value(each) for each in value)}]"


def header(*parts: str) -> str:
    """Return a section's header, with quotes where a name needs them."""
    return f"[{'.'.join(p if _BARE.fullmatch(p) else toml_value(p) for p in parts)}]"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
