"""Set the default model in the user's file."""

from pathlib import Path

from aircherd.config.edit.entries import Entry, change_entries
from aircherd.config.edit.file_change import change_file
from aircherd.config.load import parse_config
from aircherd.files.file_worker import Check


def set_default_model(path: Path, model: str, check: Check) -> bool:
    """Set `default_model` in the file at `path`; create the file if there is none.

    Returns whether the text changed. `check` may raise to cancel: the caller may have stopped
    waiting for the disk.

    Raises:
        ConfigInvalid: the file is invalid, or would be with this entry; it is unchanged.
        BadRequest: the file changed meanwhile.
        OSError: the file cannot be written; see `write_user_file` for what is left.
    """

    def change(text: str) -> str:
        if text:
            parse_config(text, file=str(path))
        return with_default_model(text, model)

    return change_file(path, change, check)


def with_default_model(text: str, model: str) -> str:
    """Return a configuration's text with this `default_model`; `text` must be valid TOML."""
    return change_entries(text, [Entry(("default_model",), model)])
