"""Change one entry of the user's file and keep everything else: comments, order, formatting.

The only code that writes the configuration, and the only one that imports tomlkit, which the daemon
does not load until a default model is set.
"""

from pathlib import Path

from aircherd.config.load import parse_config, read_text_of
from aircherd.files.atomic_file import write_user_file
from aircherd.files.file_worker import Check

_BOM = "\ufeff"


def set_default_model(path: Path, model: str, check: Check) -> None:
    """Set `default_model` in the file at `path`; create the file if there is none.

    `check` may raise to cancel: the user may have changed the file since it was read.

    Raises:
        ConfigInvalid: the file is invalid, or would be with this entry; it is unchanged.
        OSError: the file cannot be written; see `write_user_file` for what is left.
    """
    text = read_text_of(path) or ""
    if text:
        parse_config(text, file=str(path))
    changed = with_default_model(text, model)
    parse_config(changed, file=str(path))
    write_user_file(path, changed.encode(), check=check)


def with_default_model(text: str, model: str) -> str:
    """Return a configuration's text with this `default_model`; `text` must be valid TOML."""
    # Importing it costs 15 ms and 2 MB, and few users need it.
    from tomlkit import item, parse  # noqa: PLC0415

    start = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    document = parse(text)
    if "default_model" in document:
        document["default_model"] = model
        return start + document.as_string()
    return start + _insert_entry(text, f"default_model = {item(model).as_string()}")


def _insert_entry(text: str, line: str) -> str:
    """Insert an entry at the top, below a heading comment that is followed by a blank line.

    A comment directly above a section belongs to that section and stays there.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    heading = next((n for n, old in enumerate(lines) if not old.startswith("#")), len(lines))
    if heading == len(lines):
        before, after = text, ""
        before += end if before and not before.endswith("\n") else ""
    else:
        index = heading + 1 if heading and not lines[heading].strip() else 0
        before, after = "".join(lines[:index]), "".join(lines[index:])
    gap = end if after.strip() else ""
    return f"{before}{line}{end}{gap}{after}"
