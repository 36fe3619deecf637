"""Change one entry of the user's file, and leave the rest as he wrote it: comments, order, form.

The only place that writes the configuration, and the only one that imports tomlkit: the daemon
does without it until somebody sets a default model.
"""

from pathlib import Path

from aircherd.config.load import parse_config, read_text_of
from aircherd.files.atomic_file import write_user_file
from aircherd.files.file_worker import Check

_BOM = "\ufeff"


def set_default_model(path: Path, model: str, check: Check) -> None:
    """Set `default_model` in the file at `path`; make the file if there is none.

    What `check` raises ends it: by then the user may have changed the file that was read.

    Raises:
        ConfigInvalid: the file does not hold now, or would not with this entry; it stays as it is.
        OSError: it cannot be written; it stays as it is, as far as `write_user_file` says.
    """
    text = read_text_of(path) or ""
    if text:
        parse_config(text, file=str(path))
    changed = with_default_model(text, model)
    parse_config(changed, file=str(path))
    write_user_file(path, changed.encode(), check=check)


def with_default_model(text: str, model: str) -> str:
    """Return a configuration's text with this `default_model`; `text` must be valid TOML."""
    # 15 ms and 2 MB, for the few who ever need it.
    from tomlkit import item, parse  # noqa: PLC0415

    start = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    document = parse(text)
    if "default_model" in document:
        document["default_model"] = model
        return start + document.as_string()
    return start + _with_line(text, f"default_model = {item(model).as_string()}")


def _with_line(text: str, line: str) -> str:
    """Put a new entry at the top, below a heading comment that stands by itself.

    A comment right above a section belongs to it and stays there.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    heading = next((n for n, old in enumerate(lines) if not old.startswith("#")), len(lines))
    if heading == len(lines):
        before, after = text, ""
        before += end if before and not before.endswith("\n") else ""
    else:
        place = heading + 1 if heading and not lines[heading].strip() else 0
        before, after = "".join(lines[:place]), "".join(lines[place:])
    gap = end if after.strip() else ""
    return f"{before}{line}{end}{gap}{after}"
