"""Change the user's file: validate the new text, then replace the file atomically.

A file that another program changes in the meantime is not overwritten: it is compared with what was
read, right before it is replaced.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from aircher_wire.atomic_file import write_user_file
from aircher_wire.fingerprints import content_hash
from aircherd.config.load import parse_config, read_text_of
from aircherd.errors import BadRequest
from aircherd.files.file_worker import Check


def hash_of_file(path: Path) -> str:
    """Return the `content_hash` of a file, which may be missing.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    try:
        # Checked before it is opened: opening a named pipe would block.
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "it is not a file", str(path))
        with path.open("rb") as file:
            return content_hash(file.read())
    except FileNotFoundError:
        return content_hash(None)


def change_file(path: Path, change: Callable[[str], str], check: Check) -> bool:
    """Replace the file's text by `change(text)`; return whether that is another text.

    The text of a missing file is empty. `check` may raise to cancel.

    Raises:
        ConfigInvalid: the file cannot be read, or the new text is invalid; nothing changed.
        BadRequest: the file changed meanwhile.
        OSError: the file cannot be written; see `write_user_file` for what is left.
    """
    text = read_text_of(path)
    base = content_hash(None if text is None else text.encode())
    return write_text(path, change(text or ""), base, check)


def write_text(path: Path, text: str, base: str | None, check: Check) -> bool:
    """Replace the file's text; return whether it was another one.

    `base` is the `content_hash` of the file that the new text is based on; None replaces any file.
    `check` may raise to cancel.

    Raises:
        ConfigInvalid: the text is invalid; nothing changed.
        BadRequest: the file is not the one that the text is based on.
        OSError: the file cannot be written; see `write_user_file` for what is left.
    """
    parse_config(text, file=str(path))
    found = hash_of_file(path)
    if base is not None and found != base:
        raise _conflict(path)
    if found == content_hash(text.encode()) or (base == found == content_hash(None) and not text):
        return False
    _refuse_read_only(path)

    def last_check() -> None:
        if hash_of_file(path) != found:
            raise _conflict(path)
        check()

    write_user_file(path, text.encode(), check=last_check)
    return True


def write_error(path: Path, error: OSError) -> str:
    """Return the message for a file that cannot be written; it names the file behind a link."""
    target = os.path.realpath(path)
    link = f", a link to {target}," if path.is_symlink() else ""
    hint = ""
    if error.errno == errno.EROFS:
        hint = (
            ". A hardened service writes only to its own directories: edit the file yourself, or "
            f"allow 'ReadWritePaths={Path(target).parent}' with 'systemctl --user edit "
            "aircherd.service'"
        )
    return f"{path}{link} cannot be written: {error.strerror or error}{hint}"


def _conflict(path: Path) -> BadRequest:
    return BadRequest(
        f"{path} was changed by another program meanwhile; nothing was written: try again",
        reason="changed",
    )


def _refuse_read_only(path: Path) -> None:
    """Refuse a file without write permission: replacing it would circumvent the mode.

    Raises:
        PermissionError: the file is read-only.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.stat().st_mode & stat.S_IWUSR:
        # Behind a link there may be a generated file, as home-manager makes them.
        cure = "change it where it is generated" if path.is_symlink() else f"chmod u+w {target}"
        raise PermissionError(0, f"it is read-only: {cure}", str(target))
